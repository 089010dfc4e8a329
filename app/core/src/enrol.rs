//! Enrolment and sign-out: how a phone becomes somebody's, and stops to be.

use releve_shared::clock::Stamp;
use releve_shared::enrolment::{EnrolAnswer, EnrolRequest, EnrolmentLink};
use releve_shared::id::CommandId;
use releve_shared::keys::Digest;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{Command, Lane};
use releve_shared::visit::ClockEvent;
use rusqlite::Connection;

use crate::core::Core;
use crate::door::Reply;
use crate::exchange::{Step, new_token};
use crate::fault::Stop;
use crate::lease::Age;
use crate::ports::{NoAnswer, Request, Response, Secret};
use crate::store::duty::{self, Access, Diary, Epoch, Identity, LeaseHeld, Pending};
use crate::store::wipe::{self, Marker, Stage};
use crate::store::{chain, outbox, picture, write};
use crate::sync::answer::{self, Failure};
use crate::sync::engine::{InFlight, Purpose};
use crate::sync::request;

/// Longest name of a phone, in characters.
const NAME_LIMIT: usize = 80;

impl Core {
    /// The request of an enrolment. Keys and token are drawn and kept before the server is asked,
    /// so asking again with the same link is the same enrolment.
    ///
    /// # Errors
    /// [`Refusal::EnrolmentOver`] for no enrolment link, [`Refusal::AlreadyEnrolled`].
    pub fn begin_enrolment(&mut self, link: &str, phone_name: &str) -> Result<Request, Refusal> {
        let now = self.ports.clock.now();
        self.try_begin_enrolment(link, phone_name, &now).map_err(|stop| self.refusal(stop))
    }

    fn try_begin_enrolment(
        &mut self,
        text: &str,
        phone_name: &str,
        now: &Stamp,
    ) -> Result<Request, Stop> {
        let link = EnrolmentLink::parse(text)?;
        let name: String = phone_name.trim().chars().take(NAME_LIMIT).collect();
        let again = match duty::get::<Identity>(&self.store()?.duty)? {
            None => false,
            // Access was taken away, or the PIN is forgotten: the same worker may come back by a new
            // code, and keeps all that is owed.
            Some(held)
                if held.server_key == link.key
                    && (self.access()?.refused.is_some() || self.is_locked()?) =>
            {
                true
            }
            Some(_) => return Err(Refusal::AlreadyEnrolled.into()),
        };
        let pending = Pending { link: text.trim().to_owned(), phone_name: name.clone() };
        let vault = &*self.ports.vault;
        let chance = &*self.ports.chance;
        let asked = match &self.held {
            crate::core::Held::Open(store) => duty::get::<Pending>(&store.duty)?,
            crate::core::Held::Unusable(_) => None,
        };
        let same = asked.is_some_and(|asked| asked.link == pending.link);
        if !again && (!same || vault.get(Secret::DeviceSeed)?.is_none()) {
            let mut seed = [0; 32];
            chance.fill(&mut seed);
            vault.put(Secret::DeviceSeed, &seed)?;
        }
        if !same || vault.get(Secret::NextToken)?.is_none() {
            vault.put(Secret::NextToken, new_token(chance).as_bytes())?;
        }
        let key = request::device_key(vault)?;
        let token = request::text(vault, Secret::NextToken)?;
        write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &pending)?))?;
        let asked = EnrolRequest {
            code: link.code,
            device_key: key.public(),
            token: Digest::of(&[token.as_bytes()]),
            name,
            platform: self.about.platform.clone(),
            version: self.about.version.clone(),
        };
        self.begin(Purpose::Enrol, now)?;
        let body = request::body(&asked)?;
        Ok(request::signed("POST", &link.server, "/api/phone/enrol", body, None, &key))
    }

    /// What came of [`Self::begin_enrolment`]'s request.
    ///
    /// # Errors
    /// The server's refusal, [`Refusal::Offline`], [`Refusal::NotTheServer`]. Trying again is safe.
    pub fn enrolled(&mut self, came: Result<Response, NoAnswer>) -> Result<Reply, Refusal> {
        let now = self.ports.clock.now();
        let flight = self.engine.in_flight.take();
        let done = self.try_enrolled(flight, &came, &now).map_err(|stop| self.refusal(stop));
        self.changed();
        done
    }

    fn try_enrolled(
        &mut self,
        flight: Option<InFlight>,
        came: &Result<Response, NoAnswer>,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        let answer = match answer::read::<EnrolAnswer>(came) {
            Ok(answer) => answer,
            Err(Failure::Later { why, .. }) => return Err(why.into()),
            Err(Failure::Refused(said)) => return Err(said.refusal.into()),
        };
        let pending = duty::get::<Pending>(&self.store()?.duty)?.ok_or(Refusal::EnrolmentOver)?;
        let link = EnrolmentLink::parse(&pending.link)?;
        // Only the server whose key is in the QR can have signed this.
        if !answer.lease.verifies(answer.device, &link.key) {
            return Err(Refusal::NotTheServer.into());
        }
        let before = duty::get::<Identity>(&self.store()?.duty)?;
        if before.as_ref().is_some_and(|before| before.person != answer.person) {
            return Err(Refusal::AlreadyEnrolled.into());
        }
        let vault = &*self.ports.vault;
        let token = request::text(vault, Secret::NextToken)?;
        vault.put(Secret::Token, token.as_bytes())?;
        let moved = before.is_some_and(|before| before.device != answer.device);
        let identity = Identity {
            server: link.server,
            server_key: link.key,
            device: answer.device,
            person: answer.person,
            organisation: answer.organisation.clone(),
        };
        write(&mut self.store()?.duty, |tx| {
            if moved {
                carry_over(tx)?;
            }
            duty::put(tx, &identity)?;
            // Another epoch than the one known is a restored server: the next push finds out, and
            // offers again what it forgot (C8).
            if duty::get::<Epoch>(tx)?.is_none() {
                duty::put(tx, &Epoch(answer.epoch.clone()))?;
            }
            duty::put(tx, &LeaseHeld { lease: answer.lease.clone(), age: Age::from(now) })?;
            duty::put(tx, &Access::default())?;
            let diary = duty::get::<Diary>(tx)?.unwrap_or_default();
            duty::put(tx, &Diary { token_at: Some(answer.server_time), ..diary })?;
            Ok(duty::forget::<Pending>(tx)?)
        })?;
        if self.is_locked()? {
            self.begin_care_again()?;
        }
        self.know_for_alarms();
        self.ports.vault.destroy(Secret::NextToken)?;
        if self.marker.as_ref().is_some_and(|marker| marker.stage == Stage::Done) {
            wipe::unmark(&self.folder)?;
            self.marker = None;
        }
        if let Some(flight) = flight {
            self.anchored(&flight, answer.server_time, &[], now)?;
        }
        self.engine.worked();
        self.engine.asked();
        Ok(Reply::Done)
    }

    /// The last push of a sign-out, which tells the server of it; `None` when it cannot be sent.
    ///
    /// # Errors
    /// [`Refusal::Offline`] when acts wait and `even_unsent` is false, [`Refusal::NotEnrolled`].
    pub fn begin_sign_out(&mut self, even_unsent: bool) -> Result<Option<Request>, Refusal> {
        let now = self.ports.clock.now();
        self.try_begin_sign_out(even_unsent, &now).map_err(|stop| self.refusal(stop))
    }

    fn try_begin_sign_out(
        &mut self,
        even_unsent: bool,
        now: &Stamp,
    ) -> Result<Option<Request>, Stop> {
        let identity = self.identity()?;
        let db = &self.store()?.duty;
        let unsent = outbox::waiting(db)? + picture::waiting(db)?;
        if unsent > 0 && !even_unsent {
            return Err(Refusal::Offline.into());
        }
        let at = self.measured(now)?.at;
        let id = CommandId::new(at, self.id_chance());
        write(&mut self.store()?.duty, |tx| {
            Ok(outbox::append(tx, id, &Lane::Rest, &Command::SignedOut)?)
        })?;
        self.mark(Marker { confirm: None, stage: Stage::Destroying })?;
        match self.push_step(&identity, now, true)? {
            Step::Send(request) => Ok(Some(request)),
            Step::Wait(_) | Step::Idle => Ok(None),
        }
    }

    /// Destroys what is held, whatever came of the last push.
    ///
    /// # Errors
    /// [`Refusal::TryAgain`] when keys or files resist; it goes on by itself at the next start.
    pub fn signed_out(&mut self) -> Result<Reply, Refusal> {
        self.engine.in_flight = None;
        let done = self.start_destroying();
        done.map(|()| Reply::Done).map_err(|stop| self.refusal(stop))
    }
}

/// The server knows this phone under a new id, since a restore has lost the old one: everything still
/// held, acknowledged or not, starts a new chain and new lanes there, under the same ids (C8).
fn carry_over(tx: &Connection) -> Result<(), Stop> {
    let held = outbox::all(tx)?;
    let mut numbers = Vec::new();
    for item in &held {
        if let Command::Clock(clock) = item.command() {
            numbers.push(serde_json::from_str::<ClockEvent>(&clock.event)?.seq);
        }
    }
    outbox::clear(tx)?;
    chain::begin_again(tx, &numbers)?;
    for item in held {
        let mut command = item.command();
        if let Command::Clock(clock) = &mut command {
            let event: ClockEvent = serde_json::from_str(&clock.event)?;
            let (seq, prev) = chain::head(tx)?;
            let event = ClockEvent { seq: seq.saturating_add(1), prev, ..event };
            clock.event = chain::append(tx, &event)?;
        }
        outbox::append(tx, item.envelope.id, &item.envelope.lane, &command)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use releve_shared::badge::Method;
    use releve_shared::clock::Anchor;
    use releve_shared::id::ClockEventId;
    use releve_shared::keys::Signer;
    use releve_shared::proof;
    use releve_shared::sync::{Clock, Outcome, Verdict};
    use releve_shared::time::Moment;
    use releve_shared::visit::ClockKind;

    use crate::store::open::{self, Opened};

    fn id<T: From<uuid::Uuid>>(n: u128) -> T {
        T::from(uuid::Uuid::from_u128(n))
    }

    fn stamp(tx: &Connection, n: u128) -> Result<(), Stop> {
        let (seq, prev) = chain::head(tx)?;
        let event = ClockEvent {
            id: ClockEventId::from(uuid::Uuid::from_u128(n)),
            seq: seq + 1,
            prev,
            kind: ClockKind::Start,
            membership: id(1),
            visit: id(2),
            client: None,
            method: Method::Manual,
            tag: None,
            raw_tag: None,
            reason: None,
            declared_at: None,
            voids: None,
            note: None,
            stamp: Stamp { wall: Moment(5), boot: "a".into(), up_ms: 7 },
        };
        let event = chain::append(tx, &event)?;
        let command = Command::Clock(Clock { event, note: None, unplanned: None });
        outbox::append(tx, id(n), &Lane::Badge, &command)?;
        Ok(())
    }

    #[test]
    fn c8_everything_held_begins_a_new_chain_under_a_new_device() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("duty.db");
        let Ok(Opened::Ready { mut db, .. }) = open::open(&path, &[7; 32], open::DUTY, 0, u64::MAX)
        else {
            panic!("a new file opens");
        };
        write(&mut db, |tx| {
            (11..=13).try_for_each(|n| stamp(tx, n))?;
            let received = Outcome {
                id: id(11),
                lane: Lane::Badge,
                n: 1,
                verdict: Verdict::Done,
                at: Moment(9),
                seen: std::collections::BTreeMap::new(),
            };
            Ok(outbox::record(tx, &received)?)
        })
        .unwrap();
        write(&mut db, |tx| carry_over(tx)).unwrap();

        let items = outbox::all(&db).unwrap();
        let sent: Vec<_> = items.iter().map(|i| (i.envelope.id, i.envelope.n)).collect();
        let again = [(id(11), 1), (id(12), 2), (id(13), 3)];
        assert_eq!(sent, again, "the same ids, numbers from 1, what a restore forgot included");
        assert!(items.iter().all(|item| item.outcome.is_none()), "all of it is offered again");
        let raws: Vec<String> = items
            .iter()
            .map(|item| match item.command() {
                Command::Clock(clock) => clock.event,
                Command::Notes(_)
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
                | Command::Unknown => panic!("a stamp"),
            })
            .collect();
        let key = Signer::from_seed(&[4; 32]).public();
        proof::verify(id(9), &key, raws.iter().map(String::as_str), &[]).unwrap();
    }

    /// CK2: an exchange that came after a stamp must not be taken for one before it.
    #[test]
    fn c8_exchanges_keep_their_place_among_the_stamps_of_a_new_chain() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("duty.db");
        let Ok(Opened::Ready { mut db, .. }) = open::open(&path, &[7; 32], open::DUTY, 0, u64::MAX)
        else {
            panic!("a new file opens");
        };
        let exchange = |seq: u64| Anchor {
            boot: format!("start {seq}"),
            up_ms: 0,
            server: Moment(1_000_000 * i64::try_from(seq).unwrap()),
            error_ms: 5,
            seq,
        };
        write(&mut db, |tx| {
            chain::learn(tx, &exchange(0))?;
            (11..=13).try_for_each(|n| stamp(tx, n))?;
            chain::learn(tx, &exchange(3))?;
            stamp(tx, 14)?;
            // The first one was acknowledged so long ago that nothing of it is held any more.
            tx.execute("DELETE FROM command WHERE n = 1", [])?;
            Ok(())
        })
        .unwrap();
        write(&mut db, |tx| carry_over(tx)).unwrap();
        let anchors = chain::anchors(&db).unwrap();
        let places: Vec<u64> = anchors.iter().map(|(_, anchor, _)| anchor.seq).collect();
        assert_eq!(places, [0, 2], "after none, and after the two that are held of three");
    }
}
