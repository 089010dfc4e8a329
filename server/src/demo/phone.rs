//! A phone as the server sees one: it numbers, chains and signs its stamps. Used by the demonstration
//! and by tests; the real one is `releve-core`.

use releve_shared::badge::Method;
use releve_shared::clock::{Anchor, Stamp};
use releve_shared::id::{
    ClientId, ClockEventId, CommandId, DeviceId, MembershipId, PersonId, VisitId,
};
use releve_shared::keys::{Digest, Signer};
use releve_shared::proof::{ChainHead, GENESIS, link, note_digest};
use releve_shared::sync::{Clock, Note};
use releve_shared::time::Moment;
use releve_shared::visit::{ClockEvent, ClockKind, ManualReason};

use super::seed::Seed;

/// A phone that is enrolled.
#[derive(Clone, Debug)]
pub struct DemoPhone {
    /// Its id.
    pub device: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// In whose name it stamps.
    pub membership: MembershipId,
    /// How far its wall clock is off, in milliseconds.
    pub wall_off: i64,
    key: Signer,
    boot: String,
    booted_at: Moment,
    seq: u64,
    hash: Digest,
    seed: Seed,
}

/// What is stamped.
#[derive(Clone, Debug)]
pub struct Act {
    /// Start, end or void.
    pub kind: ClockKind,
    /// Which visit.
    pub visit: VisitId,
    /// At whose home.
    pub client: ClientId,
    /// How.
    pub method: Method,
    /// What was read.
    pub read: Option<String>,
    /// Why by hand.
    pub reason: Option<ManualReason>,
    /// When the worker says it was.
    pub declared_at: Option<Moment>,
    /// The stamp that a void undoes.
    pub voids: Option<ClockEventId>,
    /// In words.
    pub note: Option<String>,
    /// Whether the phone made the visit up.
    pub unplanned: bool,
}

impl Act {
    /// A stamp by a tag or code that was read.
    #[must_use]
    pub fn read(
        kind: ClockKind,
        visit: VisitId,
        client: ClientId,
        method: Method,
        text: &str,
    ) -> Self {
        let read = Some(text.to_owned());
        Self { read, ..Self::by_hand(kind, visit, client, method, None) }
    }

    /// A stamp by hand.
    #[must_use]
    pub fn manual(kind: ClockKind, visit: VisitId, client: ClientId, reason: ManualReason) -> Self {
        Self::by_hand(kind, visit, client, Method::Manual, Some(reason))
    }

    fn by_hand(
        kind: ClockKind,
        visit: VisitId,
        client: ClientId,
        method: Method,
        reason: Option<ManualReason>,
    ) -> Self {
        Self {
            kind,
            visit,
            client,
            method,
            read: None,
            reason,
            declared_at: None,
            voids: None,
            note: None,
            unplanned: false,
        }
    }
}

impl DemoPhone {
    /// A phone that was started at `booted_at`.
    #[must_use]
    pub fn new(
        (device, person, membership): (DeviceId, PersonId, MembershipId),
        key: Signer,
        booted_at: Moment,
        mut seed: Seed,
    ) -> Self {
        let boot = Digest::from_bytes(seed.bytes()).to_string();
        let hash = Digest::from_bytes(GENESIS);
        Self { device, person, membership, wall_off: 0, key, boot, booted_at, seq: 0, hash, seed }
    }

    /// It was switched off and on again.
    pub fn reboot(&mut self, at: Moment) {
        self.boot = Digest::from_bytes(self.seed.bytes()).to_string();
        self.booted_at = at;
    }

    /// Makes a stamp at a true moment, as the phone writes it.
    ///
    /// # Errors
    /// When the stamp cannot be JSON, which is a bug.
    pub fn stamp(
        &mut self,
        act: &Act,
        at: Moment,
    ) -> Result<(CommandId, Clock), serde_json::Error> {
        let id: ClockEventId = self.seed.id(at);
        let salt = Digest::from_bytes(self.seed.bytes()).to_string();
        let note = act.note.as_ref().map(|text| Note { salt, text: text.clone() });
        let event = ClockEvent {
            id,
            seq: self.seq + 1,
            prev: self.hash,
            kind: act.kind.clone(),
            membership: self.membership,
            visit: act.visit,
            client: Some(act.client),
            method: act.method.clone(),
            tag: None,
            raw_tag: act.read.clone(),
            reason: act.reason.clone(),
            declared_at: act.declared_at,
            voids: act.voids,
            note: note.as_ref().map(|n| note_digest(&n.salt, &n.text)),
            stamp: self.clocks(at),
        };
        let raw = serde_json::to_string(&event)?;
        self.seq += 1;
        self.hash = link(self.hash, &raw);
        let unplanned = act.unplanned.then_some(act.client);
        Ok((CommandId::from(id.uuid()), Clock { event: raw, note, unplanned }))
    }

    /// What its clocks say at a true moment.
    #[must_use]
    pub fn clocks(&self, at: Moment) -> Stamp {
        Stamp {
            wall: at.plus(self.wall_off),
            boot: self.boot.clone(),
            up_ms: at.since(self.booted_at),
        }
    }

    /// What an exchange with the server teaches about its clocks.
    #[must_use]
    pub fn anchor(&self, at: Moment) -> Anchor {
        Anchor {
            boot: self.boot.clone(),
            up_ms: at.since(self.booted_at),
            server: at,
            error_ms: 90,
            seq: self.seq,
        }
    }

    /// The head of its chain, signed.
    #[must_use]
    pub fn head(&self) -> ChainHead {
        ChainHead::sign(self.device, self.seq, self.hash, &self.key)
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> releve_shared::keys::PublicKey {
        self.key.public()
    }
}
