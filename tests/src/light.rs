//! A phone on the wire without its store: it enrols, chains, signs and numbers as the real one does, and
//! a thousand of them cost little.

use std::collections::BTreeMap;

use releve_core::ports::Request;
use releve_shared::badge::Method;
use releve_shared::clock::Stamp;
use releve_shared::enrolment::{EnrolAnswer, EnrolRequest, EnrolmentLink};
use releve_shared::id::{ClientId, ClockEventId, CommandId, DeviceId, MembershipId, VisitId};
use releve_shared::keys::{Digest, Purpose, Signer};
use releve_shared::proof::{ChainHead, GENESIS, link};
use releve_shared::sync::{
    Clock, Command, Envelope, Lane, PROOF_HEADER, PROTOCOL, PullRequest, PushRequest,
    request_message,
};
use releve_shared::time::Moment;
use releve_shared::visit::{ClockEvent, ClockKind, ManualReason};
use serde::Serialize;
use ureq::Agent;

use crate::world::link::send;
use crate::world::time::Seeded;

/// What signs the requests of a phone.
#[derive(Clone)]
pub struct Voice {
    /// The device's key.
    pub key: Signer,
    /// Its token.
    pub token: String,
}

impl Voice {
    /// A request with its proof.
    #[must_use]
    pub fn says(&self, server: &str, path: &str, body: &impl Serialize) -> Request {
        let body = serde_json::to_vec(body).expect("JSON");
        self.signed("POST", server, path, body)
    }

    /// The request that listens to pokes.
    #[must_use]
    pub fn listens(&self, server: &str) -> Request {
        self.signed("GET", server, "/api/phone/pokes", Vec::new())
    }

    fn signed(&self, method: &'static str, server: &str, path: &str, body: Vec<u8>) -> Request {
        let proof = self.key.sign(Purpose::Request, &request_message(method, path, &body));
        let headers = vec![
            (PROOF_HEADER.to_owned(), proof.to_string()),
            ("authorization".to_owned(), format!("Bearer {}", self.token)),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        Request { method, url: format!("{server}{path}"), headers, body }
    }
}

/// A phone that is enrolled, and its visit.
pub struct Light {
    /// Its id.
    pub device: DeviceId,
    /// What signs for it.
    pub voice: Voice,
    membership: MembershipId,
    visit: VisitId,
    client: ClientId,
    epoch: String,
    seq: u64,
    hash: Digest,
    chance: Seeded,
}

impl Light {
    /// Enrols by the text of the desk's QR. Its number is its chance.
    #[must_use]
    pub fn enrols(
        agent: &Agent,
        link: &str,
        number: u64,
        (membership, client, visit): (MembershipId, ClientId, VisitId),
    ) -> Self {
        let link = EnrolmentLink::parse(link).expect("a link");
        let chance = Seeded::of(number.wrapping_mul(0x9e37_79b9).wrapping_add(1));
        let mut seed = [0; 32];
        releve_core::ports::Chance::fill(&chance, &mut seed);
        let voice = Voice {
            key: Signer::from_seed(&seed),
            token: Digest::of(&[b"token", &seed]).to_string(),
        };
        let asked = EnrolRequest {
            code: link.code,
            device_key: voice.key.public(),
            token: Digest::of(&[voice.token.as_bytes()]),
            name: format!("Téléphone {number}"),
            platform: "linux".to_owned(),
            version: "0.1.0".to_owned(),
        };
        let mut request = voice.says(&link.server, "/api/phone/enrol", &asked);
        request.headers.retain(|(name, _)| name != "authorization");
        let came = send(agent, &request).expect("the server answers");
        assert_eq!(came.status, 200, "{}", String::from_utf8_lossy(&came.body));
        let answer: EnrolAnswer = serde_json::from_slice(&came.body).expect("an enrolment");
        Self {
            device: answer.device,
            voice,
            membership,
            visit,
            client,
            epoch: answer.epoch,
            seq: 0,
            hash: Digest::from_bytes(GENESIS),
            chance,
        }
    }

    /// The next stamp of its chain, by hand, as a command.
    pub fn stamps(&mut self, kind: ClockKind, at: Moment) -> Envelope {
        let mut bytes = [0; 10];
        releve_core::ports::Chance::fill(&self.chance, &mut bytes);
        let id = ClockEventId::new(at, bytes);
        self.seq += 1;
        let event = ClockEvent {
            id,
            seq: self.seq,
            prev: self.hash,
            kind,
            membership: self.membership,
            visit: self.visit,
            client: Some(self.client),
            method: Method::Manual,
            tag: None,
            raw_tag: None,
            reason: Some(ManualReason::NoNfc),
            declared_at: None,
            voids: None,
            note: None,
            stamp: Stamp { wall: at, boot: self.device.to_string(), up_ms: at.0 % 100_000_000 },
        };
        let raw = serde_json::to_string(&event).expect("JSON");
        self.hash = link(self.hash, &raw);
        let command = Command::Clock(Clock { event: raw, note: None, unplanned: None });
        let body = serde_json::to_string(&command).expect("JSON");
        Envelope { id: CommandId::from(id.uuid()), lane: Lane::Badge, n: self.seq, body }
    }

    /// An upload.
    #[must_use]
    pub fn push(&self, server: &str, commands: &[Envelope]) -> Request {
        let asked = PushRequest {
            protocol: PROTOCOL,
            device: self.device,
            epoch: self.epoch.clone(),
            commands: commands.to_vec(),
            anchors: Vec::new(),
            head: Some(ChainHead::sign(self.device, self.seq, self.hash, &self.voice.key)),
        };
        self.voice.says(server, "/api/phone/push", &asked)
    }

    /// The first page of all that it may hold.
    #[must_use]
    pub fn pull(&self, server: &str) -> Request {
        let asked = PullRequest {
            protocol: PROTOCOL,
            device: self.device,
            epoch: self.epoch.clone(),
            cursors: BTreeMap::new(),
            applied: BTreeMap::new(),
            anchors: Vec::new(),
            waiting: 0,
        };
        self.voice.says(server, "/api/phone/pull", &asked)
    }
}

/// A request as its bytes, for a connection of one's own that ends with the answer.
#[must_use]
pub fn bytes(request: &Request) -> Vec<u8> {
    let rest = request.url.split_once("://").map_or("", |(_, rest)| rest);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut head = format!("{} {path} HTTP/1.1\r\nhost: {host}\r\n", request.method);
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", request.body.len()));
    [head.as_bytes(), &request.body].concat()
}
