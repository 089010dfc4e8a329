//! Speaking to the server: the next request, and what its answer changes. The caller sends between
//! the two, outside any lock, so that a badge never waits for the network.

mod token;
mod wiping;

use std::collections::BTreeSet;

use releve_shared::clock::{Anchor, Stamp};
use releve_shared::enrolment::{Lease, WipeMode, WipeReceipt};
use releve_shared::id::CommandId;
use releve_shared::keys::Digest;
use releve_shared::planted;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{NewsAnswer, PullAnswer, PushAnswer, SyncRefusal, standing};
use releve_shared::time::Moment;
use rusqlite::Connection;

use crate::core::{Core, Held};
use crate::fault::Stop;
use crate::lease::Age;
use crate::ports::{NoAnswer, Request, Response, Secret};
use crate::store::duty::{self, Access, Identity, LeaseHeld};
use crate::store::seen::Seen;
use crate::store::wipe::{Confirm, Marker, Stage};
use crate::store::{Store, care, chain, outbox, write};
use crate::sync::answer::{self, Failure};
use crate::sync::apply::{self, Pushed};
use crate::sync::engine::{InFlight, Next, Purpose};
use crate::sync::request;

pub(crate) use token::new_token;

/// What the owner of the core does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this, then call [`Core::answered`] with what came.
    Send(Request),
    /// Nothing is owed for so many milliseconds of boot time; pokes and acts come sooner.
    Wait(i64),
    /// Nothing is owed: nobody is enrolled, or the store cannot be used.
    Idle,
}

impl Core {
    /// The next thing to do. An exchange that was begun and never answered counts as lost.
    pub fn next_request(&mut self) -> Step {
        self.revive();
        self.lock_when_due();
        let now = self.ports.clock.now();
        if self.engine.in_flight.take().is_some() {
            self.fail(Refusal::Offline, None, &now);
        }
        match self.step(&now) {
            Ok(step) => step,
            Err(stop) => {
                let refusal = self.refusal(stop);
                self.fail(refusal, None, &now);
                Step::Wait(self.engine.held_back(&now).unwrap_or(0))
            }
        }
    }

    /// What came back of the request of [`Self::next_request`].
    pub fn answered(&mut self, came: Result<Response, NoAnswer>) {
        let now = self.ports.clock.now();
        let Some(flight) = self.engine.in_flight.take() else { return };
        if let Err(stop) = self.take_answer(&flight, &came, &now) {
            let refusal = self.refusal(stop);
            self.fail(refusal, None, &now);
        }
        self.changed();
    }

    /// Something may have moved on the server: look soon. A lost poke costs time only.
    pub fn poked(&mut self) {
        let now = self.ports.clock.now();
        self.engine.poked(&now);
    }

    /// The server was seen to be there, by a stream of pokes that it has opened: a wait after failures,
    /// which may be of minutes, is over.
    pub fn reached(&mut self) {
        let now = self.ports.clock.now();
        self.engine.reached(&now);
    }

    /// The request that listens to pokes (server-sent events), when somebody is enrolled.
    pub fn poke_request(&mut self) -> Option<Request> {
        let identity = self.identity().ok()?;
        let vault = &*self.ports.vault;
        request::from_vault("GET", &identity.server, "/api/phone/pokes", Vec::new(), vault).ok()
    }

    /// How long to wait before it listens again, in milliseconds: see [`listen_again_ms`].
    ///
    /// [`listen_again_ms`]: crate::listen_again_ms
    #[must_use]
    pub fn listens_again_in_ms(&self) -> u64 {
        let mut chance = [0];
        self.ports.chance.fill(&mut chance);
        let [chance] = chance;
        u64::try_from(crate::listen_again_ms(chance)).unwrap_or_default()
    }

    fn step(&mut self, now: &Stamp) -> Result<Step, Stop> {
        if let Some(marker) = self.marker.clone() {
            match self.wipe_step(&marker, now)? {
                Some(step) => return Ok(step),
                None if matches!(self.held, Held::Unusable(_)) => return Ok(Step::Idle),
                None => {}
            }
        }
        if matches!(self.held, Held::Unusable(_)) {
            return Ok(Step::Idle);
        }
        let store = self.store()?;
        let Some(identity) = store.memory.fact::<Identity>(&store.duty)? else {
            return Ok(Step::Idle);
        };
        let waiting = outbox::waiting(&self.store()?.duty)? > 0;
        match self.engine.next(waiting, now) {
            Next::Wait(ms) => {
                if let Some(step) = self.picture_step(&identity, now)? {
                    return Ok(step);
                }
                Ok(self.token_step(&identity, now)?.unwrap_or(Step::Wait(ms)))
            }
            Next::Push => self.push_step(&identity, now, false),
            Next::Pull => {
                let vault = &*self.ports.vault;
                let Held::Open(store) = &self.held else { return Ok(Step::Idle) };
                let Some(care) = &store.care else {
                    // Without its key there is nowhere to put what would come; that the phone is
                    // blocked, or to be wiped, is heard all the same.
                    self.engine.complete(now);
                    let told = self.announce_token(&identity, now)?;
                    return Ok(told.unwrap_or(Step::Wait(crate::sync::engine::PULL_EVERY_MS)));
                };
                // Once: whatever comes of it, only a whole answer makes the next short question.
                let known = self.engine.standing.take().filter(|_| store.pull.is_none());
                let news = match known {
                    Some(known) => request::news(&store.duty, care, known)?,
                    None => None,
                };
                let (path, body, purpose) = if let Some((news, told)) = news {
                    ("/api/phone/news", request::body(&news)?, Purpose::News { told })
                } else {
                    let (pull, told) =
                        request::pull(&store.duty, care, store.pull.as_ref(), &identity)?;
                    ("/api/phone/pull", request::body(&pull)?, Purpose::Pull { told })
                };
                let request = request::from_vault("POST", &identity.server, path, body, vault)?;
                self.engine.pulling = true;
                self.begin(purpose, now)?;
                Ok(Step::Send(request))
            }
        }
    }

    pub(crate) fn push_step(
        &mut self,
        identity: &Identity,
        now: &Stamp,
        last: bool,
    ) -> Result<Step, Stop> {
        let limit = self.engine.push_limit();
        let key = request::device_key(&*self.ports.vault)?;
        let (mut push, told) = request::push(&self.store()?.duty, identity, &key, limit)?;
        if planted!("retry_with_new_id") && !self.engine.online {
            for command in &mut push.commands {
                command.id = CommandId::new(now.wall, self.id_chance());
            }
        }
        let body = request::body(&push)?;
        let vault = &*self.ports.vault;
        let request =
            request::from_vault("POST", &identity.server, "/api/phone/push", body, vault)?;
        self.begin(if last { Purpose::LastPush } else { Purpose::Push { told } }, now)?;
        Ok(Step::Send(request))
    }

    pub(crate) fn begin(&mut self, purpose: Purpose, now: &Stamp) -> Result<(), Stop> {
        let (seq, _) = match &self.held {
            Held::Open(store) => chain::head(&store.duty)?,
            Held::Unusable(_) => (0, Digest::from_bytes([0; 32])),
        };
        self.engine.in_flight = Some(InFlight { purpose, sent: now.clone(), seq });
        Ok(())
    }

    fn receipt_kept(&self, came: &Result<Response, NoAnswer>) -> Result<(), Failure> {
        let confirm = self.marker.as_ref().and_then(|marker| marker.confirm.as_ref());
        confirm.map_or(Ok(()), |confirm| answer::accepted(came, &confirm.receipt))
    }

    fn take_answer(
        &mut self,
        flight: &InFlight,
        came: &Result<Response, NoAnswer>,
        now: &Stamp,
    ) -> Result<(), Stop> {
        match &flight.purpose {
            Purpose::Push { told } => match answer::read::<PushAnswer>(came) {
                Ok(push) => {
                    self.anchored(flight, push.server_time, told, now)?;
                    let pushed = apply::pushed(&mut self.store()?.duty, &push)?;
                    self.welcome()?;
                    self.engine.worked();
                    match pushed {
                        Pushed::GoOn => self.engine.pushed(),
                        Pushed::Stuck => self.fail(Refusal::TryAgain, None, now),
                    }
                    Ok(())
                }
                Err(failure) => {
                    if matches!(&failure, Failure::Refused(said) if is_about_request(&said.refusal))
                    {
                        self.engine.shrink_push();
                    }
                    self.not_answered(failure, now)
                }
            },
            Purpose::Pull { told } => match answer::read::<PullAnswer>(came) {
                Ok(pull) => self.pulled(flight, pull, told, now),
                Err(failure) => self.not_answered(failure, now),
            },
            Purpose::News { told } => match answer::read::<NewsAnswer>(came) {
                Ok(NewsAnswer::Page(page)) => self.pulled(flight, *page, told, now),
                Ok(NewsAnswer::Same { server_time, lease, min_version }) => {
                    match self.nothing_new(server_time, lease, min_version)? {
                        Some(same) => self.pulled(flight, same, told, now),
                        None => self.anchored(flight, server_time, told, now),
                    }
                }
                Err(Failure::Refused(said)) if !is_about_phone(&said) => {
                    self.engine.asks_at_length();
                    Ok(())
                }
                Err(failure) => self.not_answered(failure, now),
            },
            Purpose::Token => match self.token_kept(came)? {
                Ok(next) => {
                    self.ports.vault.put(Secret::Token, &next)?;
                    let at = self.measured(now)?.at;
                    self.token_changed(at)?;
                    self.engine.worked();
                    Ok(())
                }
                Err(failure) => self.not_answered(failure, now),
            },
            Purpose::LastPush => {
                if let Ok(push) = answer::read::<PushAnswer>(came) {
                    apply::pushed(&mut self.store()?.duty, &push)?;
                }
                self.start_destroying()
            }
            Purpose::Receipt => match self.receipt_kept(came) {
                Ok(()) => {
                    self.engine.worked();
                    self.at_stage(Stage::Done)
                }
                // A server that does not know the order any more has nothing left to hear.
                Err(Failure::Refused(said)) if said.refusal == Refusal::NotFound => {
                    self.engine.worked();
                    self.at_stage(Stage::Done)
                }
                // Nothing is held any more that a refusal could be about.
                Err(Failure::Refused(said)) => {
                    self.fail(said.refusal, None, now);
                    Ok(())
                }
                Err(failure @ Failure::Later { .. }) => self.not_answered(failure, now),
            },
            Purpose::Picture { receipt, offset } => {
                match self.part_taken((*receipt, *offset), came, now)? {
                    Some(failure) => self.not_answered(failure, now),
                    None => Ok(()),
                }
            }
            Purpose::Enrol => Ok(()),
        }
    }

    /// The page that "nothing is new" stands for: all that is shown stays. `None` while it is locked.
    fn nothing_new(
        &mut self,
        server_time: Moment,
        lease: Lease,
        min_version: String,
    ) -> Result<Option<PullAnswer>, Stop> {
        let Some(care_db) = &self.store()?.care else { return Ok(None) };
        let (epoch, cursors) = (care::shown(care_db)?.epoch, care::cursors(care_db)?);
        Ok(Some(PullAnswer {
            standing: Some(standing(&epoch, &cursors)),
            epoch,
            server_time,
            scopes: cursors.keys().cloned().collect(),
            resets: Vec::new(),
            rows: Vec::new(),
            cursors,
            complete: true,
            lease,
            min_version,
        }))
    }

    fn pulled(
        &mut self,
        flight: &InFlight,
        pull: PullAnswer,
        told: &[i64],
        now: &Stamp,
    ) -> Result<(), Stop> {
        let identity = self.identity()?;
        if !pull.lease.verifies(identity.device, &identity.server_key) {
            self.fail(Refusal::NotTheServer, None, now);
            return Ok(());
        }
        let (server, epoch, min_version) =
            (pull.server_time, pull.epoch.clone(), pull.min_version.clone());
        let lease = LeaseHeld { lease: pull.lease.clone(), age: Age::from(now) };
        let standing = pull.standing;
        let granted: BTreeSet<_> = pull.scopes.iter().cloned().collect();
        let anchor = anchor(flight, server, now);
        let store = self.store()?;
        store.seen = Seen::default();
        let Store { duty: db, care: Some(care_db), pull: under_way, .. } = store else {
            return self.anchored(flight, server, told, now);
        };
        let paged = apply::page(care_db, under_way, pull, (&flight.sent, now));
        // One transaction: whatever came of the page, the exchange and the lease are learnt.
        write(db, |tx| {
            learn_exchange(tx, anchor.as_ref(), told)?;
            duty::put(tx, &lease)?;
            duty::put(tx, &Access { refused: None, min_version })?;
            match &paged {
                Ok(Some(applied)) => apply::settle(tx, care_db, applied, &granted, server),
                Ok(None) | Err(_) => Ok(()),
            }
        })?;
        let complete = paged?.is_some();
        let known = store.memory.fact::<duty::Epoch>(&store.duty)?;
        if complete {
            self.know_for_alarms();
        }
        self.engine.worked();
        self.engine.ask_numbers = known.is_none_or(|known| known.0 != epoch);
        self.engine.standing = standing.filter(|_| complete);
        if !complete {
            self.engine.pulling = true;
            return Ok(());
        }
        self.engine.complete(now);
        self.confirm_arrived(now)
    }

    /// Keeps what the exchange taught about the clocks (CK2).
    pub(crate) fn anchored(
        &mut self,
        flight: &InFlight,
        server: Moment,
        told: &[i64],
        now: &Stamp,
    ) -> Result<(), Stop> {
        let anchor = anchor(flight, server, now);
        write(&mut self.store()?.duty, |tx| learn_exchange(tx, anchor.as_ref(), told))
    }

    /// The server has answered this phone as its own: earlier refusals are over.
    fn welcome(&mut self) -> Result<(), Stop> {
        let access = self.access()?;
        match access.refused {
            None | Some(Refusal::UpdateNeeded) => Ok(()),
            Some(_) => write(&mut self.store()?.duty, |tx| {
                Ok(duty::put(tx, &Access { refused: None, ..access })?)
            }),
        }
    }

    fn not_answered(&mut self, failure: Failure, now: &Stamp) -> Result<(), Stop> {
        match failure {
            Failure::Later { why, retry_after_ms } => {
                self.fail(why, retry_after_ms, now);
                Ok(())
            }
            Failure::Refused(said) => self.refused_by_server(*said, now),
        }
    }

    fn refused_by_server(&mut self, said: SyncRefusal, now: &Stamp) -> Result<(), Stop> {
        if let Some(order) = &said.wipe {
            let identity = self.identity()?;
            if order.verifies(identity.device, &identity.server_key) {
                let receipt = WipeReceipt { device: order.device, nonce: order.nonce.clone() };
                let stage = match order.mode {
                    WipeMode::Now => Stage::Destroying,
                    WipeMode::AfterSending | WipeMode::Unknown(_) => Stage::Sending,
                };
                let confirm = Some(Confirm { server: identity.server.clone(), receipt });
                return self.mark(Marker { confirm, stage });
            }
        }
        if said.refusal == Refusal::SignInNeeded && planted!("any_401_wipes") {
            return self.start_destroying();
        }
        if !is_about_access(&said.refusal) {
            self.fail(said.refusal, None, now);
            return Ok(());
        }
        let access = Access { refused: Some(said.refusal.clone()), ..self.access()? };
        write(&mut self.store()?.duty, |tx| Ok(duty::put(tx, &access)?))?;
        if said.refusal == Refusal::UpdateNeeded {
            // Pulls are refused, badges go on.
            self.engine.worked();
            self.engine.complete(now);
            self.engine.trouble = Some(said.refusal);
        } else {
            self.engine.refused(said.refusal, now);
        }
        Ok(())
    }

    pub(crate) fn fail(&mut self, why: Refusal, retry_after_ms: Option<i64>, now: &Stamp) {
        let mut chance = [0];
        self.ports.chance.fill(&mut chance);
        let [chance] = chance;
        self.engine.failed(why, retry_after_ms, chance, now);
    }
}

/// What an exchange teaches about the clocks; nothing when the phone was started again meanwhile.
fn anchor(flight: &InFlight, server: Moment, now: &Stamp) -> Option<Anchor> {
    let took = now.up_ms.saturating_sub(flight.sent.up_ms);
    let same_start = now.boot == flight.sent.boot && took >= 0;
    same_start.then(|| Anchor {
        boot: now.boot.clone(),
        up_ms: flight.sent.up_ms.saturating_add(took / 2),
        server,
        // Half the way there and back, and the rounding of both.
        error_ms: took / 2 + 1,
        seq: flight.seq,
    })
}

fn learn_exchange(tx: &Connection, anchor: Option<&Anchor>, told: &[i64]) -> Result<(), Stop> {
    chain::told(tx, told)?;
    if let Some(anchor) = anchor {
        chain::learn(tx, anchor)?;
    }
    Ok(())
}

/// Whether a refusal would meet any request of this phone, in short or at length.
fn is_about_phone(said: &SyncRefusal) -> bool {
    said.wipe.is_some() || is_about_access(&said.refusal)
}

/// A refusal of this phone, which lasts: its screens say so.
fn is_about_access(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::SignInNeeded
            | Refusal::DeviceBlocked
            | Refusal::WrongDevice
            | Refusal::TokenReused
            | Refusal::NotAllowed
            | Refusal::UpdateNeeded
    )
}

/// A refusal of the request itself, which a smaller one may escape.
fn is_about_request(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Invalid | Refusal::TooLong | Refusal::Unknown(_))
}
