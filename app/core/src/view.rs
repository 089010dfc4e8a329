//! What screens show: functions of the mirror and the phone's own acts.

use releve_shared::client::Client;
use releve_shared::clock::{Measured, Stamp, locate, wall_error};
use releve_shared::hours::{Hours, minutes};
use releve_shared::id::{ClientId, VisitId};
use releve_shared::person::Person;
use releve_shared::refusal::Refusal;
use releve_shared::retention::Retention;
use releve_shared::sync::{Command, RowKind};
use releve_shared::time::{Day, MINUTE_MS, Moment};
use releve_shared::visit::{
    ClockEvent, ClockKind, LATE_MS, Progress, Visit, VisitNotes, VisitState,
};
use serde::de::DeserializeOwned;

use crate::core::{Core, Held};
use crate::door::{
    ActKind, ActLine, Ask, ClientView, DayView, InProgress, LockView, PhoneState, PhoneView,
    PositionLine, PrivacyView, View, VisitLine, VisitView,
};
use crate::fault::Stop;
use crate::scene::{Own, Scene, state_of};
use crate::search::Register;
use crate::sight::Sight;
use crate::store::duty::{Access, Diary, Identity};
use crate::store::outbox::Item;
use crate::store::{Store, care, duty, picture};
use crate::travel;

/// A phone holds this many days back …
pub(crate) const DAYS_BACK: i32 = 7;
/// … and this many ahead (sync.md section 4).
pub(crate) const DAYS_AHEAD: i32 = 28;

impl Core {
    pub(crate) fn view(&mut self, ask: &Ask, now: &Stamp) -> Result<View, Stop> {
        Ok(match ask {
            Ask::Phone => View::Phone(Box::new(self.phone(now)?)),
            Ask::Threads => View::Threads { threads: self.threads(now)? },
            Ask::Thread { id } => View::Thread(self.thread(*id, now)?),
            Ask::Contacts => View::Contacts(self.contacts(now)?),
            Ask::Directory => View::Directory { people: self.directory(now)? },
            Ask::Card => View::Card(Box::new(self.card(now)?)),
            Ask::Requests => View::Requests { requests: self.requests(now)? },
            Ask::NoticeTests => {
                let (tests, waiting) = self.notice_tests(now)?;
                View::NoticeTests { tests, waiting }
            }
            // The device itself is beside the core: see [`crate::phone::Phone::ask`].
            Ask::Device => View::Device(crate::managed::unknown(&self.about.platform)),
            Ask::Hours { month } => View::Hours(self.hours(*month, now)?),
            Ask::Outbox => View::Outbox { acts: self.outbox(now)? },
            Ask::Privacy => View::Privacy(self.privacy(now)?),
            Ask::Day { day } => View::Day(self.day(*day, now)?),
            Ask::Week { day } => View::Week { days: self.week(*day, now)? },
            Ask::Changes => View::Changes { changes: self.changes_to_see(now)? },
            Ask::Visit { id } => View::Visit(Box::new(self.visit(*id, now)?)),
            Ask::Clients => {
                let mut clients = self.readable_rows::<Client>(&RowKind::Client, now)?;
                clients.sort_by(|a, b| {
                    (&a.last_name, &a.first_name, a.id).cmp(&(&b.last_name, &b.first_name, b.id))
                });
                View::Clients { clients }
            }
            Ask::FindClients { text } => self.find_clients(text, now)?,
            Ask::Client { id } => View::Client(self.client(*id, now)?),
        })
    }

    fn phone(&mut self, now: &Stamp) -> Result<PhoneView, Stop> {
        let mut view = PhoneView {
            state: PhoneState::StorageBroken,
            first_name: String::new(),
            last_name: String::new(),
            organisation: String::new(),
            office_phone: String::new(),
            zone: "Europe/Paris".to_owned(),
            server: String::new(),
            now: locate(&[], now, 1, None),
            wall_error_ms: None,
            online: self.engine.online,
            trouble: self.engine.trouble.clone(),
            synced_at: None,
            syncing: self.engine.in_flight.is_some() || self.engine.pulling,
            waiting: 0,
            to_correct: 0,
            in_progress: None,
            changes: 0,
            ring: 0,
            unread: 0,
            must_read: None,
            alarm: self.alarm_view(now),
            notices: self.alarm.senses.timing,
            lock: LockView::default(),
            lease_until: None,
            version: self.about.version.clone(),
        };
        if let Held::Unusable(fault) = &self.held {
            view.trouble = Some(fault.refusal());
            view.office_phone = self.alarm.known.office_number();
            return Ok(view);
        }
        view.now = self.measured(now)?;
        view.wall_error_ms = wall_error(now, &view.now);
        let store = self.store()?;
        let diary = store.memory.fact::<Diary>(&store.duty)?;
        view.synced_at = diary.as_ref().and_then(|diary| diary.synced_at);
        if diary.is_some_and(|diary| diary.damaged) {
            view.trouble = view.trouble.or(Some(Refusal::StorageBroken));
        }
        let Some(identity) = store.memory.fact::<Identity>(&store.duty)? else {
            view.state =
                if self.marker.is_some() { PhoneState::Wiped } else { PhoneState::NotEnrolled };
            return Ok(view);
        };
        view.organisation = identity.organisation.name.clone();
        view.office_phone = identity.organisation.phone.clone();
        view.zone = identity.organisation.zone.name().to_owned();
        view.server.clone_from(&identity.server);
        let access = self.access()?;
        view.lease_until = self.age_lease(now)?.map(|held| held.lease.until);
        let readable = self.may_read(now)?;
        view.lock = self.lock_view(now)?;
        view.state = if view.lock.locked {
            PhoneState::Locked
        } else {
            state(&access, readable, &self.about.version)
        };
        let at = view.now.at;
        let (scene, own) = self.scene(&Sight::between(at, at.plus(1)), now)?;
        view.waiting = count(own.items.values().filter(|item| item.outcome.is_none()))
            + picture::waiting(&self.store()?.duty)?;
        view.to_correct = count(own.items.values().filter(|item| item.refused()));
        view.in_progress = scene.in_progress().map(|(visit, start)| InProgress {
            visit: visit.id,
            client_label: scene.label(visit.id),
            since: start.counts_at(),
            ends_at: visit.ends_at,
            remind_at: remind_at(visit, identity.organisation.end_reminder_min),
        });
        if readable {
            let news = self.news(&scene, &own, view.now.at)?;
            (view.unread, view.must_read) = (news.unread, news.must_read);
            let changes = self.changes_now(&scene, &own, view.now.at)?;
            (view.changes, view.ring) = (changes.unseen, changes.ring);
        }
        if readable && let Some(care_db) = &self.store()?.care {
            let me = identity.person.to_string();
            if let Some(me) = care::row::<Person>(care_db, &RowKind::Person, &me)? {
                (view.first_name, view.last_name) = (me.first_name, me.last_name);
            }
        }
        Ok(view)
    }

    /// Seven days, from the Monday of this week when none is named.
    fn week(&mut self, day: Option<Day>, now: &Stamp) -> Result<Vec<DayView>, Stop> {
        let identity = self.identity()?;
        let today = identity.organisation.zone.day_of(self.measured(now)?.at);
        let first = day.unwrap_or_else(|| today.plus(1 - i32::from(today.weekday())));
        (0..7).map(|n| self.day(Some(first.plus(n)), now)).collect()
    }

    fn day(&mut self, day: Option<Day>, now: &Stamp) -> Result<DayView, Stop> {
        let identity = self.identity()?;
        let zone = &identity.organisation.zone;
        let at = self.measured(now)?.at;
        let today = zone.day_of(at);
        let day = day.unwrap_or(today);
        let (from, to) = zone.bounds(day);
        let (scene, own) = self.open_scene(&Sight::between(from, to), now)?;
        let mut visits: Vec<&Visit> = scene
            .visits
            .values()
            .filter(|visit| {
                visit.starts_at < to && visit.ends_at.max(visit.starts_at.plus(1)) > from
            })
            .collect();
        visits.sort_by_key(|visit| (visit.starts_at, visit.ends_at, visit.id));
        let hours = visits
            .iter()
            .map(|visit| hours_on((from, to), visit, &scene))
            .fold(Hours::default(), Hours::and);
        let next = (day == today).then(|| next_to_do(&visits, &scene, at)).flatten();
        let travel = self.travel_between(&visits, zone, &scene, &own)?;
        Ok(DayView {
            day,
            today,
            from: today.plus(-DAYS_BACK),
            to: today.plus(DAYS_AHEAD),
            visits: visits.into_iter().map(|visit| line(visit, &scene)).collect(),
            next,
            hours,
            travel_min: travel::minutes(&travel),
            travel,
        })
    }

    fn visit(&mut self, id: VisitId, now: &Stamp) -> Result<VisitView, Stop> {
        let (scene, own) = self.open_scene(&Sight::of(id), now)?;
        let visit = scene.visits.get(&id).ok_or(Refusal::NotFound)?;
        let retained = scene.retained.get(&id).cloned();
        let identity = self.identity()?;
        let zone = &identity.organisation.zone;
        let (from, to) = zone.bounds(zone.day_of(visit.starts_at));
        let (around, _) = self.open_scene(&Sight::between(from, to), now)?;
        let day: Vec<&Visit> = around.visits.values().collect();
        let ways = self.travel_between(&day, zone, &around, &own)?;
        Ok(VisitView {
            tasks: self.tasks_of(id, &scene, &own)?,
            travel: ways.into_iter().find(|way| way.visit == id),
            receipts: self.receipts_of(id, &own)?,
            change: self.unseen(&own)?.into_iter().find(|change| change.visit == id),
            line: line(visit, &scene),
            stamps: scene.stamps(id),
            notes: notes_of(id, &scene, &own),
            notes_open: retained.is_none(),
            hours: Hours::of(visit, &scene.progress(id), retained.as_ref()),
            retained,
        })
    }

    fn client(&mut self, id: ClientId, now: &Stamp) -> Result<ClientView, Stop> {
        let sight = Sight { client: Some(id), ..Sight::default() };
        let (scene, _) = self.open_scene(&sight, now)?;
        let client = scene.clients.get(&id).cloned().ok_or(Refusal::NotFound)?;
        let mut visits: Vec<&Visit> =
            scene.visits.values().filter(|visit| visit.client == id).collect();
        visits.sort_by_key(|visit| (visit.starts_at, visit.id));
        let visits = visits.into_iter().map(|visit| line(visit, &scene)).collect();
        Ok(ClientView { client, visits })
    }

    fn find_clients(&mut self, text: &str, now: &Stamp) -> Result<View, Stop> {
        self.identity()?;
        if !self.may_read(now)? {
            return Err(Refusal::LeaseOver.into());
        }
        let Store { care, register, .. } = self.store()?;
        let Some(care_db) = care else { return Err(Refusal::LeaseOver.into()) };
        // Only a sync writes the mirror; a register of another state is made again.
        let changes = care_db.total_changes();
        let register = match register {
            Some((at, register)) if *at == changes => register,
            stale => {
                let clients = care::rows::<Client>(care_db, &RowKind::Client)?;
                &mut stale.insert((changes, Register::of(clients))).1
            }
        };
        let found = register.find(text);
        let (more, held) = (saturated(found.more), saturated(register.len()));
        Ok(View::Found { clients: found.clients.into_iter().cloned().collect(), more, held })
    }

    /// Every row of a kind, when what is held may be read.
    fn readable_rows<T: DeserializeOwned>(
        &mut self,
        kind: &RowKind,
        now: &Stamp,
    ) -> Result<Vec<T>, Stop> {
        self.identity()?;
        if !self.may_read(now)? {
            return Err(Refusal::LeaseOver.into());
        }
        Ok(match &self.store()?.care {
            Some(db) => care::rows(db, kind)?,
            None => Vec::new(),
        })
    }

    fn outbox(&mut self, now: &Stamp) -> Result<Vec<ActLine>, Stop> {
        self.identity()?;
        let store = self.store()?;
        let own = store.memory.own(&store.duty)?;
        let sight = Sight { visits: visits_of(&own), ..Sight::default() };
        let (scene, own) = self.scene(&sight, now)?;
        let mut lines: Vec<ActLine> =
            own.items.values().map(|item| act_line(item, &scene, &own)).collect();
        lines.sort_by_key(|line| std::cmp::Reverse((line.at.at, line.id)));
        Ok(lines)
    }

    fn privacy(&mut self, now: &Stamp) -> Result<PrivacyView, Stop> {
        self.identity()?;
        let lease_until = self.age_lease(now)?.map(|held| held.lease.until);
        let store = self.store()?;
        let (mut visits_held, mut clients_held) = (0, 0);
        let mut periods = Vec::new();
        if let Some(care_db) = &store.care {
            visits_held = care::count(care_db, &RowKind::Visit)?;
            clients_held = care::count(care_db, &RowKind::Client)?;
            let told = care::rows::<Retention>(care_db, &RowKind::Retention)?;
            periods = told.into_iter().next().map_or_else(Vec::new, |told| told.periods);
        }
        let stamps_held = count(&store.memory.own(&store.duty)?.events);
        let positions = duty::positions_read(&store.duty)?
            .into_iter()
            .map(|(at, purpose)| PositionLine {
                at,
                purpose,
                erased_at: at.plus(duty::POSITIONS_KEPT_MS),
            })
            .collect();
        Ok(PrivacyView { positions, visits_held, clients_held, stamps_held, lease_until, periods })
    }
}

/// When to remind of the end of a visit in progress (row O-42).
fn remind_at(visit: &Visit, minutes: u32) -> Option<Moment> {
    let planned = visit.state == VisitState::Planned && minutes > 0;
    planned.then(|| visit.ends_at.plus(-i64::from(minutes) * MINUTE_MS))
}

/// What the app can do, from what the server said and what the lease allows.
fn state(access: &Access, readable: bool, version: &str) -> PhoneState {
    match &access.refused {
        Some(Refusal::UpdateNeeded) => PhoneState::UpdateNeeded,
        Some(_) => PhoneState::SignInNeeded,
        None if older(version, &access.min_version) => PhoneState::UpdateNeeded,
        None if readable => PhoneState::Ready,
        None => PhoneState::LeaseOver,
    }
}

/// Whether a version `1.2.3` is older than another; never, when one of them is no version.
fn older(version: &str, least: &str) -> bool {
    let parts = |text: &str| -> Option<Vec<u64>> {
        text.split('.').map(|part| part.parse().ok()).collect()
    };
    matches!((parts(version), parts(least)), (Some(have), Some(need)) if have < need)
}

fn line(visit: &Visit, scene: &Scene) -> VisitLine {
    let progress = scene.progress(visit.id);
    VisitLine {
        visit: Visit { client_label: scene.label(visit.id), ..visit.clone() },
        client: scene.clients.get(&visit.client).cloned(),
        button: button(visit, &progress),
        progress,
    }
}

fn button(visit: &Visit, progress: &Progress) -> Option<ClockKind> {
    match (&progress.start, &progress.end) {
        (_, Some(_)) => None,
        (Some(_), None) => Some(ClockKind::End),
        // Unplanned without a stamp: it was undone.
        (None, None) if matches!(visit.state, VisitState::Cancelled | VisitState::Unplanned) => {
            None
        }
        (None, None) => Some(ClockKind::Start),
    }
}

/// The visit of the big button: in progress, else the first one still to do.
fn next_to_do(visits: &[&Visit], scene: &Scene, at: Moment) -> Option<VisitId> {
    if let Some((visit, _)) = scene.in_progress() {
        return Some(visit.id);
    }
    visits
        .iter()
        .filter(|visit| visit.ends_at.plus(LATE_MS) >= at)
        .find(|visit| button(visit, &scene.progress(visit.id)) == Some(ClockKind::Start))
        .map(|visit| visit.id)
}

/// The share of a visit's hours that falls on the day of these bounds.
fn hours_on((start, end): (Moment, Moment), visit: &Visit, scene: &Scene) -> Hours {
    let share = |period: Option<(Moment, Moment)>| {
        period.map_or(0, |(from, to)| minutes(from.max(start), to.min(end)))
    };
    let planned = match visit.state {
        VisitState::Planned => Some((visit.starts_at, visit.ends_at)),
        VisitState::Cancelled | VisitState::Unplanned | VisitState::Unknown(_) => None,
    };
    let retained = scene.retained.get(&visit.id).map(|r| (r.starts_at, r.ends_at));
    Hours {
        planned: share(planned),
        badged: share(scene.progress(visit.id).period()),
        retained: share(retained),
    }
}

/// The worker's own words, when they are newer than the server's.
fn notes_of(visit: VisitId, scene: &Scene, own: &Own) -> VisitNotes {
    own.items
        .values()
        .filter(|item| !item.left && !item.refused())
        .filter_map(|item| match item.command() {
            Command::Notes(written) if written.visit == visit => {
                Some((item.envelope.n, written.notes))
            }
            Command::Notes(_)
            | Command::Clock(_)
            | Command::SawChange(_)
            | Command::Tasks(_)
            | Command::Travel(_)
            | Command::AddReceipt(_)
            | Command::DropReceipt(_)
            | Command::ReadMessage(_)
            | Command::WriteMessage(_)
            | Command::AlertByMail(_)
            | Command::CallMe(_)
            | Command::AskOffice(_)
            | Command::WithdrawRequest(_)
            | Command::TryNotices(_)
            | Command::ConfirmTest(_)
            | Command::SetPush(_)
            | Command::SignedOut
            | Command::Unknown => None,
        })
        .max_by_key(|(n, _)| *n)
        .map(|(_, notes)| notes)
        .or_else(|| scene.notes.get(&visit).cloned())
        .unwrap_or_default()
}

/// Every visit that the phone's own acts name.
fn visits_of(own: &Own) -> Vec<VisitId> {
    let noted = own.items.values().filter_map(|item| match item.command() {
        Command::Notes(notes) => Some(notes.visit),
        Command::SawChange(saw) => Some(saw.visit),
        Command::Tasks(tasks) => Some(tasks.visit),
        Command::Travel(way) => Some(way.visit),
        Command::AddReceipt(new) => Some(new.visit),
        Command::DropReceipt(drop) => Some(drop.visit),
        Command::Clock(_)
        | Command::ReadMessage(_)
        | Command::WriteMessage(_)
        | Command::AlertByMail(_)
        | Command::CallMe(_)
        | Command::AskOffice(_)
        | Command::WithdrawRequest(_)
        | Command::TryNotices(_)
        | Command::ConfirmTest(_)
        | Command::SetPush(_)
        | Command::SignedOut
        | Command::Unknown => None,
    });
    own.events.iter().map(|event| event.visit).chain(noted).collect()
}

fn act_line(item: &Item, scene: &Scene, own: &Own) -> ActLine {
    let plain = |what, visit, at| (what, visit, at, None);
    let claimed = |stamp: &Stamp, seq| {
        let received = item.outcome.as_ref().map(|outcome| outcome.at);
        locate(&own.anchors, stamp, seq, received)
    };
    // What is not in the chain comes after every stamp made before it.
    let said = |stamp: &Stamp| claimed(stamp, own.events.last().map_or(1, |event| event.seq));
    let nobody_knows = || {
        let at = item.outcome.as_ref().map_or(Moment(0), |outcome| outcome.at);
        Measured { at, error_ms: None, quality: releve_shared::clock::Quality::Claimed }
    };
    let (what, visit, at, method) = match item.command() {
        Command::Clock(clock) => match serde_json::from_str::<ClockEvent>(&clock.event) {
            Ok(event) => {
                let what = match event.kind {
                    ClockKind::Start => ActKind::Start,
                    ClockKind::End => ActKind::End,
                    ClockKind::Void => ActKind::Void,
                    ClockKind::Unknown(_) => ActKind::Other,
                };
                (what, Some(event.visit), claimed(&event.stamp, event.seq), Some(event.method))
            }
            Err(_) => plain(ActKind::Other, None, nobody_knows()),
        },
        Command::Notes(notes) => plain(ActKind::Notes, Some(notes.visit), said(&notes.stamp)),
        Command::SawChange(saw) => plain(ActKind::Change, Some(saw.visit), said(&saw.stamp)),
        Command::Tasks(tasks) => plain(ActKind::Tasks, Some(tasks.visit), said(&tasks.stamp)),
        Command::Travel(way) => plain(ActKind::Travel, Some(way.visit), said(&way.stamp)),
        Command::AddReceipt(new) => plain(ActKind::Receipt, Some(new.visit), said(&new.stamp)),
        Command::DropReceipt(drop) => {
            plain(ActKind::ReceiptDropped, Some(drop.visit), said(&drop.stamp))
        }
        Command::ReadMessage(read) => plain(ActKind::Read, None, said(&read.stamp)),
        Command::WriteMessage(new) => plain(ActKind::Message, None, said(&new.stamp)),
        Command::AlertByMail(wish) => plain(ActKind::Alert, None, said(&wish.stamp)),
        Command::CallMe(asked) => plain(ActKind::CallMe, None, said(&asked.stamp)),
        Command::AskOffice(new) => plain(ActKind::Request, None, said(&new.stamp)),
        Command::WithdrawRequest(back) => plain(ActKind::Request, None, said(&back.stamp)),
        Command::TryNotices(asked) => plain(ActKind::NoticeTest, None, said(&asked.stamp)),
        Command::ConfirmTest(_) | Command::SetPush(_) => {
            plain(ActKind::NoticeTest, None, nobody_knows())
        }
        Command::SignedOut => plain(ActKind::SignOut, None, nobody_knows()),
        Command::Unknown => plain(ActKind::Other, None, nobody_knows()),
    };
    let client_label = visit.map_or_else(String::new, |visit| scene.label(visit));
    ActLine { id: item.envelope.id, what, visit, client_label, at, method, state: state_of(item) }
}

fn saturated(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn count<T>(of: impl IntoIterator<Item = T>) -> u32 {
    saturated(of.into_iter().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(older("0.9.0", "0.10.0"));
        assert!(!older("0.10.0", "0.10.0"));
        assert!(!older("1.0.0", ""));
        assert!(!older("dev", "9.0.0"));
    }
}
