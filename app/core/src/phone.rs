//! The core in use: several threads act and look, one exchange at a time goes on beside them.
//!
//! The shell holds one [`Phone`] and gives it one thread for [`Phone::live`]; its commands call
//! [`Phone::act`] and [`Phone::ask`] from wherever they are.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use releve_shared::refusal::Refusal;

use crate::core::Core;
use crate::door::{Act, Ask, Reply, View};
use crate::exchange::Step;
use crate::phone_alarm::{Alarms, Hands};
use crate::ports::{Link, Request};

/// The longest sleep of [`Phone::live`]: clocks may jump, so it looks again.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// The core with its way to the server.
pub struct Phone {
    core: Mutex<Core>,
    link: Mutex<Box<dyn Link>>,
    bell: Bell,
    pub(crate) alarms: Option<Alarms>,
}

/// Wakes a loop.
#[derive(Default)]
pub(crate) struct Bell {
    state: Mutex<BellState>,
    rung: Condvar,
}

#[derive(Default)]
struct BellState {
    rung: bool,
    stopped: bool,
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).rung = true;
        self.rung.notify_all();
    }

    pub(crate) fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        self.rung.notify_all();
    }

    /// Waits for a ring, at most so long; `false` when the loop is to end.
    pub(crate) fn wait(&self, most: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = |state: &mut BellState| !state.rung && !state.stopped;
        let (mut state, _) = self
            .rung
            .wait_timeout_while(state, most, quiet)
            .unwrap_or_else(PoisonError::into_inner);
        state.rung = false;
        !state.stopped
    }
}

impl Phone {
    /// A phone of an open core and a link.
    #[must_use]
    pub fn new(core: Core, link: Box<dyn Link>) -> Self {
        Self { core: Mutex::new(core), link: Mutex::new(link), bell: Bell::default(), alarms: None }
    }

    /// The same, with hands for an alarm and a line of its own to the server.
    #[must_use]
    pub fn with_alarms(self, link: Box<dyn Link + Sync>, hands: Hands) -> Self {
        Self { alarms: Some(Alarms::new(link, hands)), ..self }
    }

    /// The core, for as long as the guard lives. Never hold it while the network is awaited.
    pub fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something that the worker does. Only `Enrol`, `SyncNow` and `SignOut` wait for the
    /// network.
    ///
    /// # Errors
    /// See [`Core::act`]; [`Refusal::Offline`] and the like when the network was needed.
    pub fn act(&self, act: Act) -> Result<Reply, Refusal> {
        match act {
            Act::Enrol { link, phone_name } => self.enrol(&link, &phone_name),
            Act::SignOut { even_unsent } => self.sign_out(even_unsent),
            Act::AlarmRights => {
                self.ask_rights();
                Ok(Reply::Done)
            }
            Act::PlanNotices { notices } => {
                self.plan_notices(&notices);
                Ok(Reply::Done)
            }
            Act::ShowNotice { title, words } => {
                self.show_notice(&title, &words);
                Ok(Reply::Done)
            }
            Act::SyncNow => {
                self.core().act(Act::SyncNow)?;
                self.sync();
                self.core().sync_trouble().map_or(Ok(Reply::Done), Err)
            }
            Act::Badge { .. }
            | Act::ClockByHand { .. }
            | Act::Undo { .. }
            | Act::WriteNotes { .. }
            | Act::SawChange { .. }
            | Act::Rang
            | Act::WriteTasks { .. }
            | Act::CorrectTravel { .. }
            | Act::AddReceipt { .. }
            | Act::DropReceipt { .. }
            | Act::ReadMessage { .. }
            | Act::WriteMessage { .. }
            | Act::AlertByMail { .. }
            | Act::CallMe
            | Act::AskOffice { .. }
            | Act::WithdrawRequest { .. }
            | Act::TryNotices
            | Act::ConfirmTest { .. }
            | Act::SetPush { .. }
            | Act::Alarm { .. }
            | Act::CancelAlarm { .. }
            | Act::AlarmSeen
            | Act::AlarmFine { .. }
            | Act::StartLoneWork { .. }
            | Act::EndLoneWork
            | Act::AlarmCodes { .. } => {
                let reply = self.core().act(act);
                self.ring();
                reply
            }
        }
    }

    /// Looks at something.
    ///
    /// # Errors
    /// See [`Core::ask`].
    pub fn ask(&self, ask: &Ask) -> Result<View, Refusal> {
        self.core().ask(ask)
    }

    /// Something may have moved on the server.
    pub fn poked(&self) {
        self.core().poked();
        self.ring();
    }

    /// The server was seen to be there: see [`Core::reached`].
    pub fn reached(&self) {
        self.core().reached();
        self.ring();
    }

    /// Speaks to the server until nothing more is owed now, and tells when to come back.
    pub fn sync(&self) -> Step {
        let link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        self.sync_over(&**link)
    }

    /// Keeps the phone in step with the server, until [`Self::stop`]. For a thread of its own.
    pub fn live(&self) {
        loop {
            let sleep = match self.sync() {
                Step::Wait(ms) => {
                    Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(LONGEST_SLEEP)
                }
                Step::Send(_) | Step::Idle => LONGEST_SLEEP,
            };
            self.check();
            if !self.bell.wait(sleep) {
                return;
            }
        }
    }

    /// Reads a large database through, when that was put off; others act and look meanwhile.
    pub fn check(&self) {
        let due = self.core().checkup();
        if let Some(checkup) = due {
            let verdict = checkup.run();
            self.core().checked(verdict);
        }
    }

    /// Ends [`Self::live`] and [`Self::live_alarms`] after the exchanges under way.
    pub fn stop(&self) {
        self.bell.stop();
        if let Some(alarms) = &self.alarms {
            alarms.clock_bell.stop();
            alarms.line_bell.stop();
        }
    }

    fn ring(&self) {
        self.bell.ring();
        self.ring_alarms();
    }

    fn sync_over(&self, link: &dyn Link) -> Step {
        loop {
            let step = self.core().next_request();
            match step {
                Step::Send(request) => {
                    let came = link.send(&request);
                    self.core().answered(came);
                }
                Step::Wait(0) => {}
                Step::Wait(_) | Step::Idle => return step,
            }
        }
    }

    fn enrol(&self, text: &str, phone_name: &str) -> Result<Reply, Refusal> {
        let link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let request: Request = self.core().begin_enrolment(text, phone_name)?;
        let came = link.send(&request);
        let reply = self.core().enrolled(came)?;
        self.sync_over(&**link);
        self.ring();
        Ok(reply)
    }

    fn sign_out(&self, even_unsent: bool) -> Result<Reply, Refusal> {
        let link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        self.core().act(Act::SyncNow)?;
        self.sync_over(&**link);
        let last = self.core().begin_sign_out(even_unsent)?;
        if let Some(request) = last {
            // Whatever comes of it: the worker has decided.
            let _ = link.send(&request);
        }
        self.core().signed_out()
    }
}
