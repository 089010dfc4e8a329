//! Notices on the phone: tests of whether they arrive (row W-36), and where this phone is reached by
//! push.

use releve_shared::alarm::Channel;
use releve_shared::clock::Stamp;
use releve_shared::id::NoticeTestId;
use releve_shared::notice::{ENDPOINT_LIMIT, NoticeTest, PushTarget, Witness};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{Command, ConfirmTest, RowKind, SetPush, TryNotices};

use crate::core::Core;
use crate::door::Reply;
use crate::fault::Stop;
use crate::store::care;

/// How many of the last tests are shown.
const SHOWN: usize = 3;

impl Core {
    /// Tries every way to this worker; one that has not left yet is enough.
    pub(crate) fn try_notices(&mut self, now: &Stamp) -> Result<Reply, Stop> {
        self.identity()?;
        let waits = self.own_commands()?.iter().any(|one| matches!(one, Command::TryNotices(_)));
        if waits {
            return Ok(Reply::Done);
        }
        self.send_rest(&Command::TryNotices(TryNotices { stamp: now.clone() }), now)
    }

    /// The worker says that a way has arrived; twice is once.
    pub(crate) fn confirm_test(
        &mut self,
        test: NoticeTestId,
        n: u16,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        let (tests, _) = self.notice_tests(now)?;
        let held = tests.iter().find(|one| one.id == test).ok_or(Refusal::NotFound)?;
        let line = held.lines.iter().find(|line| line.n == n).ok_or(Refusal::NotFound)?;
        if line.received_at.is_some() {
            return Ok(Reply::Done);
        }
        self.send_rest(&Command::ConfirmTest(ConfirmTest { test, n, by: Witness::Person }), now)
    }

    /// Keeps where this phone is reached by push.
    pub(crate) fn set_push(
        &mut self,
        target: Option<PushTarget>,
        language: String,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        self.identity()?;
        if target.as_ref().is_some_and(|target| target.endpoint.len() > ENDPOINT_LIMIT) {
            return Err(Refusal::TooLong.into());
        }
        if target.as_ref().is_some_and(|target| !target.has_form()) {
            return Err(Refusal::Invalid.into());
        }
        self.send_rest(&Command::SetPush(SetPush { target, language }), now)
    }

    /// The last tests, the newest first, with what this phone has said of them; and whether one that
    /// was asked for has not left yet.
    pub(crate) fn notice_tests(&mut self, now: &Stamp) -> Result<(Vec<NoticeTest>, bool), Stop> {
        self.identity()?;
        let at = self.measured(now)?.at;
        let own = self.own_commands()?;
        let waiting = own.iter().any(|one| matches!(one, Command::TryNotices(_)));
        let mut tests = match &self.store()?.care {
            Some(db) => care::rows::<NoticeTest>(db, &RowKind::NoticeTest)?,
            None => Vec::new(),
        };
        tests.sort_by_key(|test| std::cmp::Reverse((test.asked_at, test.id)));
        tests.truncate(SHOWN);
        for said in own.iter().filter_map(confirmed) {
            let test = tests.iter_mut().find(|test| test.id == said.test);
            let line = test.and_then(|test| test.lines.iter_mut().find(|line| line.n == said.n));
            if let Some(line) = line.filter(|line| line.received_at.is_none()) {
                line.received_at = Some(at);
                line.received_by = Some(said.by.clone());
            }
        }
        Ok((tests, waiting))
    }

    /// A test that synchronisation has brought has arrived: the phone says so by itself, once.
    pub(crate) fn confirm_arrived(&mut self, now: &Stamp) -> Result<(), Stop> {
        if self.identity().is_err() {
            return Ok(());
        }
        let (tests, _) = self.notice_tests(now)?;
        for test in tests {
            for line in test.lines {
                if line.channel == Channel::App && line.received_at.is_none() {
                    let said = ConfirmTest { test: test.id, n: line.n, by: Witness::Device };
                    self.send_rest(&Command::ConfirmTest(said), now)?;
                }
            }
        }
        Ok(())
    }

    /// The commands that the server has not judged, or that this phone does not show yet.
    fn own_commands(&mut self) -> Result<Vec<Command>, Stop> {
        let store = self.store()?;
        let own = store.memory.own(&store.duty)?;
        let held = own.items.values().filter(|item| !item.left && !item.refused());
        Ok(held.map(|item| item.command()).collect())
    }
}

fn confirmed(command: &Command) -> Option<&ConfirmTest> {
    if let Command::ConfirmTest(said) = command { Some(said) } else { None }
}
