//! Whom to call, on the phone: emergency numbers that are always at hand, "Rappelez-moi", the staff
//! directory (rows O-24 to O-28).

use releve_shared::clock::{Stamp, locate};
use releve_shared::contact::{
    Callback, CallbackState, Colleague, DirectoryEntry, EmergencyNumber, EmergencyNumbers,
    same_callback,
};
use releve_shared::id::CallbackId;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{CallMe, Command, RowKind};
use releve_shared::time::Moment;

use crate::core::Core;
use crate::door::{ActState, CallbackLine, ContactsView, DirectoryLine, Reply};
use crate::fault::Stop;
use crate::scene::{Own, state_of};
use crate::store::{care, duty};

/// What the phone keeps of the emergency numbers, whatever happens to the care data.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Emergency(pub(crate) Vec<EmergencyNumber>);

impl Core {
    /// "Rappelez-moi": asks once, however often it is tapped within the agency's minutes (row O-25).
    pub(crate) fn call_me(&mut self, now: &Stamp) -> Result<Reply, Stop> {
        let within = self.identity()?.organisation.same_callback_min;
        let at = self.measured(now)?.at;
        let asked = self.callbacks(now)?;
        let again = |line: &CallbackLine| {
            !matches!(line.sent, ActState::Refused { .. })
                && same_callback(&line.state, (line.asked_at, at), within)
        };
        if asked.iter().any(again) {
            return Ok(Reply::Done);
        }
        self.send_rest(&Command::CallMe(CallMe { stamp: now.clone() }), now)
    }

    /// Whom to call; never refused to an enrolled phone.
    pub(crate) fn contacts(&mut self, now: &Stamp) -> Result<ContactsView, Stop> {
        self.identity()?;
        let held = duty::get::<Emergency>(&self.store()?.duty)?;
        let emergency = held.map_or_else(EmergencyNumber::national, |held| held.0);
        Ok(ContactsView { emergency, callbacks: self.callbacks(now)? })
    }

    /// The directory and the colleagues, by name.
    pub(crate) fn directory(&mut self, now: &Stamp) -> Result<Vec<DirectoryLine>, Stop> {
        self.identity()?;
        if !self.may_read(now)? {
            return Err(Refusal::LeaseOver.into());
        }
        let Some(db) = &self.store()?.care else { return Ok(Vec::new()) };
        let staff = care::rows::<DirectoryEntry>(db, &RowKind::DirectoryEntry)?;
        let colleagues = care::rows::<Colleague>(db, &RowKind::Colleague)?;
        let mut lines: Vec<DirectoryLine> = staff
            .into_iter()
            .map(|entry| DirectoryLine {
                id: entry.id.to_string(),
                name: entry.name,
                role: entry.role,
                phone: entry.phone,
                colleague: false,
            })
            .chain(colleagues.into_iter().map(|one| DirectoryLine {
                id: one.membership.to_string(),
                name: format!("{} {}", one.first_name, one.last_name),
                role: one.role,
                phone: one.phone,
                colleague: true,
            }))
            .collect();
        lines.sort_by_cached_key(|line| (line.name.to_lowercase(), line.id.clone()));
        Ok(lines)
    }

    fn callbacks(&mut self, now: &Stamp) -> Result<Vec<CallbackLine>, Stop> {
        let within = self.identity()?.organisation.same_callback_min;
        let readable = self.may_read(now)?;
        let store = self.store()?;
        let told = match &store.care {
            Some(db) if readable => care::rows::<Callback>(db, &RowKind::Callback)?,
            Some(_) | None => Vec::new(),
        };
        let own = store.memory.own(&store.duty)?;
        Ok(merged(told, &own, within))
    }
}

/// Keeps what a sync told of the emergency numbers, where clocking keeps what it must know.
pub(crate) fn learn(
    duty_db: &rusqlite::Connection,
    care_db: &rusqlite::Connection,
) -> Result<(), Stop> {
    let told = care::rows::<EmergencyNumbers>(care_db, &RowKind::EmergencyNumbers)?;
    if let Some(EmergencyNumbers { numbers, .. }) = told.into_iter().next() {
        duty::put(duty_db, &Emergency(numbers))?;
    }
    Ok(())
}

/// The requests of the server with the worker's own over them, the newest first.
fn merged(told: Vec<Callback>, own: &Own, within: u32) -> Vec<CallbackLine> {
    let mut lines: Vec<CallbackLine> = told.into_iter().map(line).collect();
    let seq = own.events.last().map_or(1, |event| event.seq);
    for item in own.items.values() {
        let Command::CallMe(asked) = item.command() else { continue };
        let id = CallbackId::from(item.envelope.id.uuid());
        let asked_at = locate(&own.anchors, &asked.stamp, seq, None).at;
        // Once it has left, only the server's word counts; a tap that asked again is the first one's.
        let said = lines.iter().any(|line| {
            line.id == id || same_callback(&line.state, (line.asked_at, asked_at), within)
        });
        if said || (item.left && !item.refused()) {
            continue;
        }
        let (state, sent) = (CallbackState::Requested, state_of(item));
        lines.push(CallbackLine { id, state, asked_at, by: String::new(), done_at: None, sent });
    }
    lines.sort_by_key(|line| std::cmp::Reverse((line.asked_at, line.id)));
    lines
}

fn line(told: Callback) -> CallbackLine {
    let (by, done_at): (String, Option<Moment>) = match told.state {
        CallbackState::CalledBack => (told.called_by, told.called_at),
        CallbackState::Taken => (told.taken_by, told.taken_at),
        CallbackState::Requested | CallbackState::Unknown(_) => (String::new(), None),
    };
    CallbackLine {
        id: told.id,
        state: told.state,
        asked_at: told.asked_at,
        by,
        done_at,
        sent: ActState::Received { at: told.asked_at },
    }
}
