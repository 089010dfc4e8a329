//! A pool of connections for blocking threads.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;

use super::answer::{Fault, Kind};

/// How long to wait for a place: well under the time that a request is given.
const PATIENCE: Duration = Duration::from_secs(10);

/// At most `most` connections, made when wanted and kept.
pub(super) struct Pool<C> {
    state: Mutex<State<C>>,
    freed: Condvar,
    most: usize,
    in_use: Gauge,
}

struct State<C> {
    idle: Vec<C>,
    lent: usize,
}

impl<C> Pool<C> {
    pub(super) fn new(most: usize, in_use: Gauge) -> Self {
        let state = Mutex::new(State { idle: Vec::new(), lent: 0 });
        Self { state, freed: Condvar::new(), most, in_use }
    }

    /// Takes a place, waiting for one when all are taken; a fault that passes when none came free.
    pub(super) fn take(&self) -> Result<Lent<'_, C>, Fault> {
        let (mut state, waited) = self
            .freed
            .wait_timeout_while(self.state(), PATIENCE, |state| state.lent >= self.most)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            let what = format!("all {} connections to the database are taken", self.most);
            return Err(Fault::new(what).with(Kind::Lost));
        }
        state.lent += 1;
        self.in_use.inc();
        Ok(Lent { pool: self, link: state.idle.pop() })
    }

    /// Takes a place when one is free.
    pub(super) fn take_now(&self) -> Option<Lent<'_, C>> {
        let mut state = self.state();
        if state.lent >= self.most {
            return None;
        }
        state.lent += 1;
        self.in_use.inc();
        Some(Lent { pool: self, link: state.idle.pop() })
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
        self.pool.in_use.dec();
        drop(state);
        self.pool.freed.notify_one();
    }
}
