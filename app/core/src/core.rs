//! The core as its owner holds it: one value, used by one thread at a time.

use std::path::PathBuf;
use std::sync::Arc;

use releve_shared::clock::{Measured, Stamp, locate};
use releve_shared::id::Chance as IdChance;
use releve_shared::refusal::Refusal;

use crate::alarm::Alarm;
use crate::door::{Act, Ask, Reply, View};
use crate::fault::{Fault, Stop};
use crate::lease::Age;
use crate::lock::Watch;
use crate::ports::{Chance, Clock, Fuse, Vault};
use crate::store::duty::{self, Access, Diary, Identity, LeaseHeld};
use crate::store::open::Checkup;
use crate::store::wipe::{self, Marker, Stage};
use crate::store::{Reading, Store, StoreState, write};
use crate::sync::engine::Engine;

/// What the core needs of the device, but for the network.
pub struct Ports {
    /// Its clocks.
    pub clock: Box<dyn Clock>,
    /// Its chance.
    pub chance: Box<dyn Chance>,
    /// Its key store.
    pub vault: Box<dyn Vault>,
}

/// What this app says of itself.
#[derive(Clone, Debug)]
pub struct About {
    /// `android`, `ios`, `linux`.
    pub platform: String,
    /// Its version, `1.2.3`.
    pub version: String,
}

/// A change of what screens show: a number that grows.
pub type Listener = Box<dyn Fn(u64) + Send>;

/// The phone. Storage troubles are states, never panics.
pub struct Core {
    pub(crate) folder: PathBuf,
    pub(crate) ports: Ports,
    pub(crate) about: About,
    pub(crate) held: Held,
    pub(crate) marker: Option<Marker>,
    pub(crate) engine: Engine,
    pub(crate) alarm: Alarm,
    pub(crate) watch: Watch,
    changes: u64,
    listener: Option<Listener>,
    last_fault: Option<String>,
    pub(crate) fuse: Option<Fuse>,
}

/// The store, or why there is none.
pub(crate) enum Held {
    /// Open.
    Open(Box<Store>),
    /// Damaged beyond what can be put aside, or of a newer app.
    Unusable(Fault),
}

impl Core {
    /// Opens the phone's store in a folder, making it when there is none. A wipe that a crash
    /// interrupted goes on first.
    #[must_use]
    pub fn open(folder: PathBuf, ports: Ports, about: About) -> Self {
        Self::open_fused(folder, ports, about, None)
    }

    /// [`Self::open`], with a fuse that a simulation may blow before any commit.
    #[must_use]
    pub fn open_fused(folder: PathBuf, ports: Ports, about: About, fuse: Option<Fuse>) -> Self {
        let mut core = Self {
            folder,
            ports,
            about,
            held: Held::Unusable(Fault::Store("not open".to_owned())),
            marker: None,
            engine: Engine::default(),
            alarm: Alarm::default(),
            watch: Watch::default(),
            changes: 0,
            listener: None,
            last_fault: None,
            fuse,
        };
        if let Err(fault) = core.open_store() {
            core.held = Held::Unusable(core.noted(fault));
            core.alarm_without_store();
        }
        core
    }

    /// Tries again to open a store that a full disk or a busy vault kept closed.
    pub(crate) fn revive(&mut self) {
        let passing = match &self.held {
            Held::Unusable(fault) => !fault.is_damage(),
            Held::Open(_) => false,
        };
        if passing && let Err(fault) = self.open_store() {
            self.held = Held::Unusable(self.noted(fault));
        }
    }

    fn open_store(&mut self) -> Result<(), Fault> {
        std::fs::create_dir_all(&self.folder)?;
        self.marker = wipe::marker(&self.folder)?;
        if self.marker.as_ref().is_some_and(|marker| marker.stage == Stage::Destroying) {
            self.destroy()?;
        }
        self.open_files()
    }

    /// Opens the databases. Clocking learns again what a crash kept it from learning.
    pub(crate) fn open_files(&mut self) -> Result<(), Fault> {
        match self.open_reading(Reading::Quick) {
            // A damaged page was met: all are read, and what is damaged is put aside.
            Err(fault) if fault.is_damage() => self.open_reading(Reading::Whole),
            opened => opened,
        }
    }

    fn open_reading(&mut self, reading: Reading) -> Result<(), Fault> {
        let stamp = self.ports.clock.now().wall.0;
        let ports = (&*self.ports.vault, &*self.ports.chance);
        match Store::open(&self.folder, ports, stamp, self.fuse.as_ref(), reading) {
            StoreState::Open(mut store) => {
                catch_up(&mut store)?;
                crate::lock::wait_again(&mut store, &self.ports.clock.now())?;
                crate::lock::finish_sealing(&store, &*self.ports.vault)?;
                self.held = Held::Open(store);
                self.alarm_after_start();
                Ok(())
            }
            StoreState::Unusable(fault) => Err(fault),
        }
    }

    /// Does something that the worker does. Never waits for the network; `Enrol`, `SyncNow` and
    /// `SignOut` are begun here and carried through by [`crate::phone::Phone`].
    ///
    /// # Errors
    /// A refusal, with its own sentence on the screen. Nothing is half done.
    pub fn act(&mut self, act: Act) -> Result<Reply, Refusal> {
        // The alarm waits for nothing, a store that opens again least of all.
        if !matches!(act, Act::Alarm { .. } | Act::CancelAlarm { .. }) {
            self.revive();
            self.lock_when_due();
        }
        let shows = !matches!(act, Act::Present);
        let done = self.try_act(act);
        if done.is_ok() && shows {
            self.changed();
        }
        done.map_err(|stop| self.refusal(stop))
    }

    fn try_act(&mut self, act: Act) -> Result<Reply, Stop> {
        let now = self.ports.clock.now();
        match act {
            Act::Badge { reading, visit, unplanned } => {
                self.badge(&reading, visit, unplanned, &now)
            }
            Act::ClockByHand { visit, client, kind, reason, note, declared_at } => {
                let said = crate::badge::ByHand {
                    visit,
                    client,
                    kind: &kind,
                    reason: reason.as_ref(),
                    note: &note,
                    declared_at,
                };
                self.by_hand(&said, &now)
            }
            Act::Undo { event } => self.undo(event, &now),
            Act::WriteNotes { visit, notes } => self.write_notes(visit, notes, &now),
            Act::SawChange { visit, n } => self.saw_change(visit, n, &now),
            Act::Rang => self.rang(&now),
            Act::WriteTasks { visit, tasks } => self.write_tasks(visit, tasks, &now),
            Act::CorrectTravel { visit, correction } => {
                self.correct_travel(visit, correction, &now)
            }
            Act::AddReceipt { visit, picture } => self.add_receipt(visit, &picture, &now),
            Act::DropReceipt { visit, receipt } => self.drop_receipt(visit, receipt, &now),
            Act::ReadMessage { message } => self.read_message(message, &now),
            Act::WriteMessage { thread, text, alert } => {
                self.write_message(thread, &text, alert, &now)
            }
            Act::AlertByMail { thread, alert } => self.alert_by_mail(thread, alert, &now),
            Act::CallMe => self.call_me(&now),
            Act::AskOffice { asked } => self.ask_office(&asked, &now),
            Act::WithdrawRequest { request } => self.withdraw_request(request, &now),
            Act::TryNotices => self.try_notices(&now),
            Act::ConfirmTest { test, n } => self.confirm_test(test, n, &now),
            Act::SetPush { target, language } => self.set_push(target, language, &now),
            Act::Alarm { press } => Ok(self.press_alarm(press, &now)),
            Act::CancelAlarm { code } => self.cancel_alarm(code.as_deref(), &now),
            Act::AlarmSeen => Ok(self.alarm_seen()),
            Act::AlarmFine { stay_min } => self.alarm_fine(stay_min, &now),
            Act::StartLoneWork { minutes, every_min, place } => {
                self.start_lone_work((minutes, every_min), &place, &now)
            }
            Act::EndLoneWork => self.end_lone_work(&now),
            Act::AlarmCodes { codes, before } => {
                self.alarm_codes(codes.as_ref(), before.as_deref(), &now)
            }
            Act::SyncNow => {
                self.engine.asked();
                Ok(Reply::Done)
            }
            Act::SetPin { pin, before } => self.set_pin(&pin, before.as_deref(), &now),
            Act::DropPin { pin } => self.drop_pin(&pin, &now),
            Act::Unlock { pin } => self.unlock(&pin, &now),
            Act::AllowPresence { pin } => self.allow_presence(pin.as_deref(), &now),
            Act::LockNow => self.lock_now(),
            Act::Present => Ok(self.present(&now)),
            // The hands do it; a core alone has none.
            Act::AlarmRights | Act::PlanNotices { .. } | Act::ShowNotice { .. } => Ok(Reply::Done),
            Act::UnlockByPresence => Err(Refusal::WrongCredentials.into()),
            Act::Enrol { .. }
            | Act::EnrolManaged { .. }
            | Act::FetchHours { .. }
            | Act::SignOut { .. } => Err(Refusal::Offline.into()),
        }
    }

    /// Looks at something.
    ///
    /// # Errors
    /// What may not be shown now ([`Refusal::LeaseOver`], [`Refusal::NotEnrolled`]), does not exist
    /// ([`Refusal::NotFound`]) or cannot be read ([`Refusal::StorageBroken`]).
    pub fn ask(&mut self, ask: &Ask) -> Result<View, Refusal> {
        self.revive();
        self.lock_when_due();
        let now = self.ports.clock.now();
        let seen = self.view(ask, &now);
        // A damaged page has been met: what could be put right is, and is looked at again.
        if seen.as_ref().is_err_and(Stop::is_damage) && self.is_open() {
            drop(seen.map_err(|stop| self.refusal(stop)));
            return self.view(ask, &now).map_err(|stop| self.refusal(stop));
        }
        seen.map_err(|stop| self.refusal(stop))
    }

    /// The read-through that a large database needs since it was opened, once. Run it without holding
    /// the core, then tell [`Self::checked`].
    pub fn checkup(&mut self) -> Option<Checkup> {
        match &mut self.held {
            Held::Open(store) => store.checkup.take(),
            Held::Unusable(_) => None,
        }
    }

    /// What came of a [`Checkup`]. A damaged file is put aside; the server has all of it.
    pub fn checked(&mut self, verdict: Result<(), Fault>) {
        if let Err(fault) = verdict {
            drop(self.refusal(Stop::Fault(fault)));
            self.changed();
        }
    }

    fn is_open(&self) -> bool {
        match &self.held {
            Held::Open(_) => true,
            Held::Unusable(_) => false,
        }
    }

    /// A page could not be read: both files are read whole, and a damaged one is put aside.
    fn put_right(&mut self) {
        self.held = Held::Unusable(Fault::Store("being read whole".to_owned()));
        if let Err(fault) = self.open_reading(Reading::Whole) {
            self.held = Held::Unusable(self.noted(fault));
        }
    }

    /// Calls `listener` at each change, with a number that grows. One listener at a time.
    pub fn listen(&mut self, listener: Listener) {
        self.listener = Some(listener);
    }

    /// What the boot clock says.
    pub(crate) fn up_ms(&self) -> i64 {
        self.ports.clock.now().up_ms
    }

    /// How many changes there were.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Why the last exchange did not work, when it did not.
    #[must_use]
    pub fn sync_trouble(&self) -> Option<Refusal> {
        self.engine.trouble.clone()
    }

    /// What broke last, for the log of the shell; never for a screen.
    #[must_use]
    pub fn last_fault(&self) -> Option<&str> {
        self.last_fault.as_deref()
    }

    pub(crate) fn changed(&mut self) {
        self.changes += 1;
        if let Some(listener) = &self.listener {
            listener(self.changes);
        }
    }

    pub(crate) fn refusal(&mut self, stop: Stop) -> Refusal {
        match stop {
            Stop::Refused(refusal) => refusal,
            Stop::Fault(fault) => {
                let fault = self.noted(fault);
                if fault.is_damage() && self.is_open() {
                    self.put_right();
                }
                fault.refusal()
            }
        }
    }

    pub(crate) fn noted(&mut self, fault: Fault) -> Fault {
        self.last_fault = Some(fault.to_string());
        fault
    }

    /// The store.
    pub(crate) fn store(&mut self) -> Result<&mut Store, Stop> {
        match &mut self.held {
            Held::Open(store) => Ok(store),
            Held::Unusable(fault) => Err(fault.refusal().into()),
        }
    }

    /// Who this phone is.
    pub(crate) fn identity(&mut self) -> Result<Arc<Identity>, Stop> {
        let store = self.store()?;
        let identity = store.memory.fact::<Identity>(&store.duty)?;
        Ok(identity.ok_or(Refusal::NotEnrolled)?)
    }

    /// The best guess of a moment by the phone's clocks, for an act that would come next.
    pub(crate) fn measured(&mut self, now: &Stamp) -> Result<Measured, Stop> {
        let store = self.store()?;
        let own = store.memory.own(&store.duty)?;
        Ok(locate(&own.anchors, now, own.seq().saturating_add(1), None))
    }

    /// Ten bytes of chance for an id.
    pub(crate) fn id_chance(&self) -> IdChance {
        let mut bytes = [0; 10];
        self.ports.chance.fill(&mut bytes);
        bytes
    }

    /// Lets the lease grow older. Written at most once a minute: a screen must not cost a write.
    pub(crate) fn age_lease(&mut self, now: &Stamp) -> Result<Option<LeaseHeld>, Stop> {
        if let Some(older) = self.lease_to_write(now)? {
            // A full disk must not keep the worker from looking; the next look tries again.
            match write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &older)?)) {
                Ok(()) | Err(Stop::Refused(_)) => {}
                Err(Stop::Fault(fault)) => drop(self.noted(fault)),
            }
            return Ok(Some(older));
        }
        Ok(self.lease()?.map(|held| LeaseHeld { age: held.age.seen(now), ..(*held).clone() }))
    }

    /// The lease as old as it is now, when that is worth a write.
    pub(crate) fn lease_to_write(&mut self, now: &Stamp) -> Result<Option<LeaseHeld>, Stop> {
        Ok(self.lease()?.and_then(|held| {
            let age: Age = held.age.seen(now);
            held.age.far_from(&age).then(|| LeaseHeld { age, ..(*held).clone() })
        }))
    }

    fn lease(&mut self) -> Result<Option<Arc<LeaseHeld>>, Stop> {
        let store = self.store()?;
        Ok(store.memory.fact::<LeaseHeld>(&store.duty)?)
    }

    /// Whether what is held may be read.
    pub(crate) fn may_read(&mut self, now: &Stamp) -> Result<bool, Stop> {
        let leased = self.age_lease(now)?.is_some_and(|held| held.holds(now));
        Ok(leased && self.store()?.care.is_some())
    }

    /// What the server last said of this phone's access.
    pub(crate) fn access(&mut self) -> Result<Access, Stop> {
        let store = self.store()?;
        let access = store.memory.fact::<Access>(&store.duty)?;
        Ok(access.map(|access| (*access).clone()).unwrap_or_default())
    }
}

/// Clocking learns from the mirror when a crash fell between the two databases.
pub(crate) fn catch_up(store: &mut Store) -> Result<(), Fault> {
    let Store { duty: db, care, kept_aside, .. } = store;
    let diary = duty::get::<Diary>(db)?.unwrap_or_default();
    let state = care.as_ref().map(crate::store::care::shown).transpose()?;
    let behind = state.as_ref().is_some_and(|shown| shown.state > diary.known);
    if !behind && !*kept_aside {
        return Ok(());
    }
    let learned = write(db, |tx| {
        if let (true, Some(care)) = (behind, care.as_ref()) {
            crate::sync::apply::learn_all(tx, care)?;
        }
        let known = state.as_ref().map_or(0, |shown| shown.state);
        let damaged = diary.damaged || *kept_aside;
        Ok(duty::put(tx, &Diary { known, damaged, ..diary })?)
    });
    match learned {
        Ok(()) => Ok(()),
        Err(Stop::Fault(fault)) => Err(fault),
        Err(Stop::Refused(refusal)) => Err(Fault::Store(refusal.to_string())),
    }
}
