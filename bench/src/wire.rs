//! A phone on the wire, without its store: it chains, signs and numbers as the real one does.

use std::collections::BTreeMap;

use releve_shared::badge::Method;
use releve_shared::clock::Stamp;
use releve_shared::id::{ClientId, ClockEventId, CommandId, DeviceId, MembershipId, VisitId};
use releve_shared::keys::{Digest, Purpose, Signer};
use releve_shared::proof::{ChainHead, GENESIS, link, note_digest};
use releve_shared::sync::{
    Clock, Command, Envelope, Lane, NewsRequest, Note, PROOF_HEADER, PullAnswer, PullRequest,
    PushRequest, request_message,
};
use releve_shared::time::Moment;
use releve_shared::visit::{ClockEvent, ClockKind};

use crate::http;

/// A phone that is trusted by the server.
#[derive(Clone)]
pub struct Device {
    pub id: DeviceId,
    pub membership: MembershipId,
    pub visits: Vec<(VisitId, ClientId)>,
    pub key: Signer,
    pub token: String,
    pub epoch: String,
    seq: u64,
    hash: Digest,
    chance: u64,
}

/// The time of the machine.
pub fn now() -> Moment {
    let ms = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    Moment(i64::try_from(ms.as_millis()).expect("a clock"))
}

impl Device {
    pub fn new(id: DeviceId, membership: MembershipId, key: Signer, token: String) -> Self {
        let chance = id.uuid().as_u128() as u64;
        let hash = Digest::from_bytes(GENESIS);
        let (visits, epoch) = (Vec::new(), String::new());
        Self { id, membership, visits, key, token, epoch, seq: 0, hash, chance }
    }

    fn chance(&mut self) -> [u8; 10] {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.chance.to_be_bytes());
        bytes
    }

    /// The next stamp of the chain, as a command: some 400 bytes of JSON and a note.
    fn stamp(&mut self) -> Envelope {
        let at = now();
        let id = ClockEventId::new(at, self.chance());
        let place = usize::try_from(self.seq / 2).expect("a place") % self.visits.len();
        let (visit, client) = self.visits[place];
        let note = Note { salt: "5f2c9a7d01e4b8c3".to_owned(), text: "Tout va bien.".to_owned() };
        let event = ClockEvent {
            id,
            seq: self.seq + 1,
            prev: self.hash,
            kind: if self.seq.is_multiple_of(2) { ClockKind::Start } else { ClockKind::End },
            membership: self.membership,
            visit,
            client: Some(client),
            method: Method::Manual,
            tag: None,
            raw_tag: None,
            reason: None,
            declared_at: None,
            voids: None,
            note: Some(note_digest(&note.salt, &note.text)),
            stamp: Stamp {
                wall: at,
                boot: "3b1f6f0e-9c53-4a53-8d0e-6f0c7a4b2d11".to_owned(),
                up_ms: at.0 % 100_000_000,
            },
        };
        let raw = serde_json::to_string(&event).expect("JSON");
        self.seq += 1;
        self.hash = link(self.hash, &raw);
        let command = Command::Clock(Clock { event: raw, note: Some(note), unplanned: None });
        let body = serde_json::to_string(&command).expect("JSON");
        Envelope { id: CommandId::from(id.uuid()), lane: Lane::Badge, n: self.seq, body }
    }

    /// The bytes of a push of the next `n` stamps.
    pub fn push(&mut self, n: usize) -> Vec<u8> {
        let commands = (0..n).map(|_| self.stamp()).collect();
        let asked = PushRequest {
            protocol: 1,
            device: self.id,
            epoch: self.epoch.clone(),
            commands,
            anchors: Vec::new(),
            head: Some(ChainHead::sign(self.id, self.seq, self.hash, &self.key)),
        };
        self.signed("/api/phone/push", &serde_json::to_vec(&asked).expect("JSON"))
    }

    /// The bytes of a pull from where an answer has left off.
    pub fn pull(&self, held: Option<&PullAnswer>) -> Vec<u8> {
        let cursors = held.map_or_else(BTreeMap::new, |held| held.cursors.clone());
        let asked = PullRequest {
            protocol: 1,
            device: self.id,
            epoch: held.map_or_else(|| self.epoch.clone(), |held| held.epoch.clone()),
            applied: cursors.clone(),
            cursors,
            anchors: Vec::new(),
            waiting: 0,
        };
        self.signed("/api/phone/pull", &serde_json::to_vec(&asked).expect("JSON"))
    }

    /// The bytes that ask for news, of a phone that has said that it shows what an answer holds.
    pub fn news(&self, held: &PullAnswer) -> Vec<u8> {
        let asked = NewsRequest {
            protocol: 1,
            standing: held.standing.expect("a server that knows how"),
            anchors: Vec::new(),
            waiting: 0,
        };
        self.signed("/api/phone/news", &serde_json::to_vec(&asked).expect("JSON"))
    }

    /// The bytes that listen to pokes.
    pub fn pokes(&self) -> Vec<u8> {
        let path = "/api/phone/pokes";
        let proof = self.key.sign(Purpose::Request, &request_message("GET", path, b""));
        let (bearer, proof) = (format!("Bearer {}", self.token), proof.to_string());
        http::request("GET", path, &[("authorization", &bearer), (PROOF_HEADER, &proof)], b"")
    }

    fn signed(&self, path: &str, body: &[u8]) -> Vec<u8> {
        let proof = self.key.sign(Purpose::Request, &request_message("POST", path, body));
        let (bearer, proof) = (format!("Bearer {}", self.token), proof.to_string());
        http::request("POST", path, &[("authorization", &bearer), (PROOF_HEADER, &proof)], body)
    }
}
