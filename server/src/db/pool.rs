//! A pool of connections for blocking threads.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::answer::Fault;

/// At most `most` connections, made when wanted and kept.
pub(super) struct Pool<C> {
    state: Mutex<State<C>>,
    freed: Condvar,
    most: usize,
}

struct State<C> {
    idle: Vec<C>,
    lent: usize,
}

impl<C> Pool<C> {
    pub(super) fn new(most: usize) -> Self {
        let state = Mutex::new(State { idle: Vec::new(), lent: 0 });
        Self { state, freed: Condvar::new(), most }
    }

    /// Takes a place, waiting for one when all are taken.
    pub(super) fn take(&self) -> Lent<'_, C> {
        let mut state = self
            .freed
            .wait_while(self.state(), |state| state.lent >= self.most)
            .unwrap_or_else(PoisonError::into_inner);
        state.lent += 1;
        Lent { pool: self, link: state.idle.pop() }
    }

    /// Takes out what is idle, to be dropped where that may block.
    pub(super) fn drain(&self) -> Vec<C> {
        std::mem::take(&mut self.state().idle)
    }

    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the pool, with its connection once made; both return by themselves.
pub(super) struct Lent<'a, C> {
    pool: &'a Pool<C>,
    link: Option<C>,
}

impl<C> Lent<'_, C> {
    /// The connection, made when there is none.
    pub(super) fn link(
        &mut self,
        make: impl FnOnce() -> Result<C, Fault>,
    ) -> Result<&mut C, Fault> {
        match &mut self.link {
            Some(link) => Ok(link),
            none => Ok(none.insert(make()?)),
        }
    }

    /// Throws a broken connection away.
    pub(super) fn discard(&mut self) {
        self.link = None;
    }
}

impl<C> Drop for Lent<'_, C> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.idle.extend(self.link.take());
        state.lent -= 1;
        drop(state);
        self.pool.freed.notify_one();
    }
}
