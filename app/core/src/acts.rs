//! Acts: decided on what clocking knows, written with their stamp in one transaction.

use releve_shared::badge::{Reading, parse_link};
use releve_shared::clock::Stamp;
use releve_shared::id::{ClockEventId, CommandId, MembershipId, VisitId};
use releve_shared::planted;
use releve_shared::proof::note_digest;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{Clock, Command, Lane, Note, WriteNotes};
use releve_shared::time::Moment;
use releve_shared::visit::{ClockEvent, EARLY_MS, LATE_MS, UNDO_MS, VisitNotes};

use crate::badge::{self, ByHand, Decided, House, NOTE_LIMIT, Now, Tap};
use crate::core::Core;
use crate::door::Reply;
use crate::fault::Stop;
use crate::scene::Scene;
use crate::sight::Sight;
use crate::store::duty::Member;
use crate::store::{chain, duty, outbox, write};

impl Core {
    pub(crate) fn badge(
        &mut self,
        reading: &Reading,
        chosen: Option<VisitId>,
        unplanned: bool,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        let identity = self.identity()?;
        let at = self.measured(now)?.at;
        let fresh = VisitId::new(at, self.id_chance());
        let sight = Sight {
            visits: chosen.into_iter().collect(),
            between: Some((at.plus(-LATE_MS - 1), at.plus(EARLY_MS + 1))),
            tag: parse_link(&reading.text).ok().map(|link| link.token.tag),
            client: None,
        };
        let (scene, own) = self.clocking_scene(&sight, now)?;
        let house =
            House { organisation: identity.organisation.id, keys: &identity.organisation.tag_keys };
        let tap = Tap { reading, chosen, unplanned };
        let decided =
            badge::badge(&scene, &own.events, &house, &tap, &Now { stamp: now, at }, fresh)?;
        drop(own);
        self.clock(&scene, decided, now, at)
    }

    pub(crate) fn by_hand(&mut self, said: &ByHand<'_>, now: &Stamp) -> Result<Reply, Stop> {
        self.identity()?;
        let at = self.measured(now)?.at;
        let fresh = VisitId::new(at, self.id_chance());
        let sight = Sight { visits: said.visit.into_iter().collect(), ..Sight::default() };
        let (scene, _) = self.clocking_scene(&sight, now)?;
        let decided = badge::by_hand(&scene, said, &Now { stamp: now, at }, fresh)?;
        self.clock(&scene, decided, now, at)
    }

    pub(crate) fn undo(&mut self, event: ClockEventId, now: &Stamp) -> Result<Reply, Stop> {
        self.identity()?;
        let at = self.measured(now)?.at;
        let (scene, own) = self.clocking_scene(&Sight::default(), now)?;
        let decided = badge::undo(&own.events, event, now)?;
        drop(own);
        if let Some(decided) = decided {
            self.clock(&scene, decided, now, at)?;
        }
        Ok(Reply::Done)
    }

    pub(crate) fn write_notes(
        &mut self,
        visit: VisitId,
        notes: VisitNotes,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        let VisitNotes { comment, distance_note, report, .. } = &notes;
        if [comment, distance_note, report].iter().any(|t| t.chars().count() > NOTE_LIMIT) {
            return Err(Refusal::TooLong.into());
        }
        self.may_write(visit, now)?;
        let command = Command::Notes(WriteNotes { visit, notes, stamp: now.clone() });
        self.send_badge(&command, now)
    }

    /// Lets through what is written about a visit of hers, until the office has decided.
    pub(crate) fn may_write(&mut self, visit: VisitId, now: &Stamp) -> Result<(), Stop> {
        self.identity()?;
        let (scene, _) = self.clocking_scene(&Sight::of(visit), now)?;
        if !scene.visits.contains_key(&visit) {
            return Err(Refusal::NotFound.into());
        }
        if let Some(care) = &self.store()?.care
            && crate::store::care::decided(care, visit)?
        {
            return Err(Refusal::NotAllowed.into());
        }
        Ok(())
    }

    /// Writes a command that names a visit (sync.md C9).
    pub(crate) fn send_badge(&mut self, command: &Command, now: &Stamp) -> Result<Reply, Stop> {
        let id = CommandId::new(self.measured(now)?.at, self.id_chance());
        write(&mut self.store()?.duty, |tx| Ok(outbox::append(tx, id, &Lane::Badge, command)?))?;
        self.engine.wanted_after_act();
        Ok(Reply::Done)
    }

    /// Writes a stamp: chain and outbox in one transaction, on the disk before it returns.
    fn clock(
        &mut self,
        scene: &Scene,
        decided: Decided,
        now: &Stamp,
        at: Moment,
    ) -> Result<Reply, Stop> {
        let id = ClockEventId::new(at, self.id_chance());
        let mut salt = [0; 16];
        self.ports.chance.fill(&mut salt);
        let salt: String = salt.iter().map(|byte| format!("{byte:02x}")).collect();
        let note = (!decided.note.is_empty()).then(|| Note { salt, text: decided.note.clone() });
        let planned = scene.visits.get(&decided.visit).map(|visit| visit.membership);
        let aged = self.lease_to_write(now)?;
        let store = self.store()?;
        let before = store.duty.total_changes();
        let (event, item) = write(&mut store.duty, |tx| {
            if let Some(held) = &aged {
                duty::put(tx, held)?;
            }
            let member = duty::get::<Member>(tx)?.map(|member| member.0);
            // Nil before the first sync: the server knows whose phone it is.
            let membership =
                planned.or(member).unwrap_or_else(|| MembershipId::from(uuid::Uuid::nil()));
            let (seq, prev) = chain::head(tx)?;
            let event = ClockEvent {
                id,
                seq: seq.saturating_add(1),
                prev,
                kind: decided.kind.clone(),
                membership,
                visit: decided.visit,
                client: decided.client,
                method: decided.method.clone(),
                tag: decided.tag,
                raw_tag: decided.raw_tag.clone(),
                reason: decided.reason.clone(),
                declared_at: decided.declared_at,
                voids: decided.voids,
                note: note.as_ref().map(|note| note_digest(&note.salt, &note.text)),
                stamp: now.clone(),
            };
            let raw = chain::append(tx, &event)?;
            if planted!("half_an_act") {
                tx.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
            }
            let unplanned = if decided.made_up { decided.client } else { None };
            let command = Command::Clock(Clock { event: raw, note: note.clone(), unplanned });
            let item = outbox::append(tx, CommandId::from(id.uuid()), &Lane::Badge, &command)?;
            Ok((event, item))
        })?;
        store.memory.stamped(&store.duty, before, event, item);
        self.engine.wanted_after_act();
        let ends_at = scene.visits.get(&decided.visit).map(|visit| visit.ends_at);
        let ended = scene.progress(decided.visit).end.is_some();
        self.alarm_clocked(&decided.kind, decided.visit, (ends_at, ended), now);
        let told = self.told(id, &decided, now);
        if told.as_ref().is_err_and(Stop::is_damage) {
            // It is saved. The words around it were damaged, and are put aside by now.
            drop(told.map_err(|stop| self.refusal(stop)));
            return self.told(id, &decided, now);
        }
        told
    }

    /// The full-screen answer, read back from the store.
    fn told(&mut self, id: ClockEventId, decided: &Decided, now: &Stamp) -> Result<Reply, Stop> {
        let (scene, _) = self.scene(&Sight::of(decided.visit), now)?;
        let line = scene.stamps(decided.visit).into_iter().find(|line| line.clocked.id == id);
        let clocked = line.ok_or(Refusal::TryAgain)?.clocked;
        let label = scene.label(decided.visit);
        let by_client = decided.client.filter(|_| label.is_empty()).and_then(|client| {
            scene.clients.get(&client).map(|c| format!("{} {}", c.first_name, c.last_name))
        });
        Ok(Reply::Clocked {
            event: id,
            visit: decided.visit,
            kind: clocked.kind,
            client_label: by_client.unwrap_or(label),
            measured: clocked.measured,
            assurance: clocked.assurance,
            undo_ms: UNDO_MS,
        })
    }
}
