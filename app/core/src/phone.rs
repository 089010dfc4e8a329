//! The core in use: several threads act and look, one exchange at a time goes on beside them.
//!
//! The shell holds one [`Phone`] and gives it one thread for [`Phone::live`]; its commands call
//! [`Phone::act`] and [`Phone::ask`] from wherever they are.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use releve_shared::refusal::Refusal;
use releve_shared::time::Day;

use crate::core::Core;
use crate::door::{Act, Ask, DeviceView, Reply, View};
use crate::exchange::Step;
use crate::phone_alarm::{Alarms, Hands};
use crate::ports::{Ability, Biometry, Capable, Device, Distributor, Link, Presence, Request};
use crate::push::{PushHeard, PushWish};

/// The longest sleep of [`Phone::live`]: clocks may jump, so it looks again.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// The core with its way to the server.
pub struct Phone {
    core: Mutex<Core>,
    link: Mutex<Box<dyn Link>>,
    bell: Bell,
    pub(crate) alarms: Option<Alarms>,
    presence: Option<Box<dyn Presence>>,
    device: Option<Box<dyn Device>>,
    pushes: Option<Pushes>,
}

/// The distributors of pushes, and what one was asked in this run.
struct Pushes {
    distributor: Box<dyn Distributor>,
    asked: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    /// As what it was last asked to know this phone.
    token: Option<String>,
    /// It has refused: it is asked again when the app is opened the next time.
    refused: bool,
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
        Self {
            core: Mutex::new(core),
            link: Mutex::new(link),
            bell: Bell::default(),
            alarms: None,
            presence: None,
            device: None,
            pushes: None,
        }
    }

    /// The same, with a way to tell by fingerprint or face that the worker is there.
    #[must_use]
    pub fn with_presence(self, presence: Box<dyn Presence>) -> Self {
        Self { presence: Some(presence), ..self }
    }

    /// The same, with hands for an alarm and a line of its own to the server.
    #[must_use]
    pub fn with_alarms(self, link: Box<dyn Link + Sync>, hands: Hands) -> Self {
        Self { alarms: Some(Alarms::new(link, hands)), ..self }
    }

    /// The same, with what the device tells of itself.
    #[must_use]
    pub fn with_device(self, device: Box<dyn Device>) -> Self {
        Self { device: Some(device), ..self }
    }

    /// The same, with the apps that hand pushes over.
    #[must_use]
    pub fn with_pushes(self, distributor: Box<dyn Distributor>) -> Self {
        Self { pushes: Some(Pushes { distributor, asked: Mutex::default() }), ..self }
    }

    /// The core, for as long as the guard lives. Never hold it while the network is awaited.
    pub fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something that the worker does. Only `Enrol`, `FetchHours`, `SyncNow` and
    /// `SignOut` wait for the network.
    ///
    /// # Errors
    /// See [`Core::act`]; [`Refusal::Offline`] and the like when the network was needed.
    pub fn act(&self, act: Act) -> Result<Reply, Refusal> {
        match act {
            Act::Enrol { link, phone_name } => self.enrol(&link, &phone_name),
            Act::EnrolManaged { code, phone_name } => {
                let managed = self.device.as_ref().map(|device| device.managed());
                let link = managed.unwrap_or_default().link(&code).ok_or(Refusal::EnrolmentOver)?;
                self.enrol(&link, &phone_name)
            }
            Act::SignOut { even_unsent } => self.sign_out(even_unsent),
            Act::FetchHours { month } => self.fetch_hours(month),
            Act::UnlockByPresence => self.unlock_by_presence(),
            Act::AllowPresence { pin: Some(pin) } => {
                if !self.confirms() {
                    return Err(Refusal::WrongCredentials);
                }
                self.core().act(Act::AllowPresence { pin: Some(pin) })
            }
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
            Act::Present => self.core().act(Act::Present),
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
            | Act::AlarmCodes { .. }
            | Act::SetPin { .. }
            | Act::DropPin { .. }
            | Act::Unlock { .. }
            | Act::AllowPresence { pin: None }
            | Act::LockNow => {
                let reply = self.core().act(act);
                self.ring();
                reply
            }
        }
    }

    /// Whether it was the worker, by fingerprint or face. The core is not held meanwhile: an alarm
    /// waits for nobody.
    fn confirms(&self) -> bool {
        self.presence.as_ref().is_some_and(|presence| presence.confirm())
    }

    fn unlock_by_presence(&self) -> Result<Reply, Refusal> {
        if !self.core().opens_by_presence() || !self.confirms() {
            return Err(Refusal::WrongCredentials);
        }
        let reply = self.core().unlock_present();
        self.ring();
        reply
    }

    /// Looks at something.
    ///
    /// # Errors
    /// See [`Core::ask`].
    pub fn ask(&self, ask: &Ask) -> Result<View, Refusal> {
        if matches!(ask, Ask::Phone) {
            let biometry = self.presence.as_ref().map(|presence| presence.biometry());
            self.core().watch.biometry = biometry.unwrap_or(Biometry::None);
        }
        let mut view = self.core().ask(ask)?;
        if let View::Device(view) = &mut view {
            self.tell_of_device(view);
        }
        Ok(view)
    }

    fn tell_of_device(&self, view: &mut DeviceView) {
        if let Some(device) = &self.device {
            view.nfc = device.nfc();
            view.managed = device.managed().view();
        }
        if let Some(presence) = &self.presence {
            view.biometry = presence.biometry();
        }
        if let Some(alarms) = &self.alarms {
            let hands = &alarms.hands;
            view.call = able(hands.caller.ability());
            view.text = able(hands.texter.ability());
            view.place = able(hands.locator.ability());
            view.notices = able(hands.alerter.ability());
        }
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

    /// A distributor of pushes has told something: [`Self::live`] hears it.
    pub fn pushed(&self) {
        self.bell.ring();
    }

    /// Hears the distributors, and asks one for an address, once in each run: it may be another by now.
    /// What cannot be kept is told again the next time.
    fn attend_pushes(&self) {
        let Some(Pushes { distributor, asked }) = &self.pushes else { return };
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        for heard in distributor.heard() {
            let follows = self.core().push_heard(&heard).unwrap_or(PushHeard::Nothing);
            match follows {
                PushHeard::Nothing => {}
                PushHeard::Fetch => self.core().poked(),
                PushHeard::Refused => asked.refused = true,
                PushHeard::Stranger => distributor.unregister(heard.token()),
            }
        }
        if asked.refused {
            return;
        }
        let wish = self.core().push_wish(&distributor.installed());
        if let Ok(Some(PushWish { distributor: which, token })) = wish
            && asked.token.as_ref() != Some(&token)
        {
            distributor.register(&which, &token);
            asked.token = Some(token);
        }
    }

    /// Speaks to the server until nothing more is owed now, and tells when to come back.
    pub fn sync(&self) -> Step {
        self.attend_pushes();
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

    fn fetch_hours(&self, month: Day) -> Result<Reply, Refusal> {
        let link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let request = self.core().month_request(month)?;
        let came = link.send(&request);
        self.core().month_told(month, &came)
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

fn able(ability: Ability) -> Capable {
    match ability {
        Ability::Alone => Capable::Yes,
        Ability::ByHand => Capable::ByHand,
        Ability::No => Capable::No,
    }
}
