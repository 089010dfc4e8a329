//! Fuzz targets (T17): every decoder that takes bytes from outside, each as a plain function that must
//! never panic. `tests/fuzz` runs them under cargo-fuzz, `tests/decoders` with the corpus and a fixed
//! number of mutations of it.

use releve_core::code::Pictures;
use releve_core::ports::CodeReader as _;
use releve_server::clients::sun;
use releve_shared::badge::{HomeTag, SunTap, TagKey, assurance, parse_link};
use releve_shared::client::Client;
use releve_shared::clock::{Anchor, locate, wall_error};
use releve_shared::enrolment::{EnrolAnswer, EnrolRequest, EnrolmentLink, WipeReceipt};
use releve_shared::establishment::Organisation;
use releve_shared::hours::minutes;
use releve_shared::id::{DeviceId, OrganisationId, VisitId};
use releve_shared::keys::{Digest, PublicKey, Purpose, Signature, Signer};
use releve_shared::person::Membership;
use releve_shared::proof::Export;
use releve_shared::sync::{
    Clock, ClockedRow, Command, NotesRow, PullAnswer, PullRequest, PushAnswer, PushRequest,
    SyncRefusal, TokenRequest,
};
use releve_shared::time::{Day, Moment, Zone};
use releve_shared::visit::{ClockEvent, Progress, Visit};
use serde::de::DeserializeOwned;

/// A target: its name, its function, and how many mutations of each file of its corpus a test affords.
pub type Target = (&'static str, fn(&[u8]), usize);

/// Every target.
pub const TARGETS: &[Target] = &[
    ("tag_link", tag_link, 2_000),
    ("ndef", ndef, 2_000),
    ("picture", picture, 8),
    ("sun", sun_message, 500),
    ("enrolment", enrolment, 2_000),
    ("push", push, 500),
    ("feed", feed, 500),
    ("stamp", stamp, 2_000),
    ("proof", proof, 500),
    ("keys", keys, 1_000),
];

/// The text of a code or of a tag: [`parse_link`], and the check of its token.
pub fn tag_link(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(link) = parse_link(&text) else { return };
    let organisation = OrganisationId::new(Moment(1), [1; 10]);
    let key = TagKey { number: link.token.key, public: Signer::from_seed(&[1; 32]).public() };
    let _verdict = link.token.check(organisation, &[key]);
    for method in ["nfc", "qr", "manual", &*text] {
        let _worth = assurance(&releve_shared::badge::Method::from_code(method), Some(&link));
    }
}

/// The NDEF message of a tag.
pub fn ndef(data: &[u8]) {
    if let Ok(reading) = releve_core::ndef::reading(data) {
        tag_link(reading.text.as_bytes());
    }
}

/// A picture, to the code in it.
pub fn picture(data: &[u8]) {
    if let Ok(reading) = Pictures.read(data) {
        tag_link(reading.text.as_bytes());
    }
}

/// The changing part of an NTAG 424 DNA's link, in both modes: `picc`, `enc`, `cmac` in words.
pub fn sun_message(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut words = text.split('/').map(str::to_owned);
    let mut word = || words.next().unwrap_or_default();
    let (picc, enc, cmac) = (word(), word(), word());
    let enc = (!enc.is_empty()).then_some(enc);
    let keys = sun::TagKeys { master: [0; 16], meta: [0; 16], file: [0; 16] };
    let _read = sun::verify(&keys, &SunTap { picc, enc, cmac });
}

/// The text of an enrolment code.
pub fn enrolment(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(link) = EnrolmentLink::parse(&text) {
        let again = EnrolmentLink::parse(&link.text());
        assert_eq!(again.as_ref(), Ok(&link), "what is written is read again");
    }
    let _name = releve_server::text::line("name", &text, releve_server::text::LINE);
}

/// What a phone sends: its requests, the commands inside, and the stamps inside those.
pub fn push(data: &[u8]) {
    let _pull = json::<PullRequest>(data);
    let _token = json::<TokenRequest>(data);
    let _enrol = json::<EnrolRequest>(data);
    let _receipt = json::<WipeReceipt>(data);
    let Some(request) = json::<PushRequest>(data) else { return };
    for envelope in &request.commands {
        let _digest = envelope.digest();
        if let Some(Command::Clock(Clock { event, .. })) = json(envelope.body.as_bytes()) {
            measured(&event, &request.anchors);
        }
    }
}

/// What the server answers, and each row of the feed as what it says it is.
pub fn feed(data: &[u8]) {
    let _push = json::<PushAnswer>(data);
    let _enrol = json::<EnrolAnswer>(data);
    let _refusal = json::<SyncRefusal>(data);
    let Some(answer) = json::<PullAnswer>(data) else { return };
    for row in &answer.rows {
        let body = row.body.as_deref().unwrap_or_default().as_bytes();
        let _client = json::<Client>(body);
        let _tag = json::<HomeTag>(body);
        let _place = json::<Membership>(body);
        let _notes = json::<NotesRow>(body);
        let day = json::<Organisation>(body).map(|organisation| organisation.zone);
        if let Some(visit) = json::<Visit>(body) {
            let zone = day.unwrap_or_else(Zone::utc);
            let _bounds = zone.bounds(zone.day_of(visit.starts_at));
            let _minutes = minutes(visit.starts_at, visit.ends_at);
        }
        if let Some(row) = json::<ClockedRow>(body) {
            let _period = Progress::of([&row.clocked]).period();
        }
    }
}

/// A stamp and the exchanges that place it in time: `[event, anchors]`.
pub fn stamp(data: &[u8]) {
    if let Some((event, anchors)) = json::<(serde_json::Value, Vec<Anchor>)>(data) {
        measured(&event.to_string(), &anchors);
    }
}

/// An export of hours, as `releve-server verify` reads it.
pub fn proof(data: &[u8]) {
    if let Some(export) = json::<Export>(data) {
        let _verdict = export.check();
    }
}

/// Keys, signatures, digests, ids, days and zones in words.
pub fn keys(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let key = PublicKey::parse(&text);
    let signature = Signature::parse(&text);
    if let (Ok(key), Ok(signature)) = (key, signature) {
        let _verdict = key.verifies(Purpose::Request, data, &signature);
    }
    let _digest = Digest::parse(&text);
    let quoted = serde_json::to_vec(&text).unwrap_or_default();
    let _ids = (json::<VisitId>(&quoted), json::<DeviceId>(&quoted));
    let _zone = Zone::named(&text);
    if let Some(day) = json::<Day>(&quoted) {
        let _around = (Zone::utc().bounds(day), day.plus(i32::MAX), day.plus(i32::MIN));
    }
}

fn measured(event: &str, anchors: &[Anchor]) {
    let Some(event) = json::<ClockEvent>(event.as_bytes()) else { return };
    for received in [None, Some(Moment(i64::MIN)), Some(Moment(1_800_000_000_000))] {
        let at = locate(anchors, &event.stamp, event.seq, received);
        let _off = wall_error(&event.stamp, &at);
        let _day = Zone::utc().day_of(at.at);
    }
}

fn json<T: DeserializeOwned>(data: &[u8]) -> Option<T> {
    serde_json::from_slice(data).ok()
}

/// The changes that a fuzzer without coverage makes: drawn from a seed, so that a failure comes again.
pub struct Mutator(u64);

impl Mutator {
    /// The same seed gives the same changes.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        // Xorshift: chance enough to spread changes over a file.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or_default() % end.max(1)
    }

    /// One to four changes to a file: a bit, a byte, a number at the end of its range, a piece cut out,
    /// doubled, or taken from another file.
    #[must_use]
    pub fn change(&mut self, seed: &[u8], other: &[u8]) -> Vec<u8> {
        const ENDS: &[&str] = &[
            "-1",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551615",
            "1e400",
            "null",
            "[]",
            "\u{0}",
            "é",
            "\"",
            "{",
        ];
        let mut data = seed.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(data.len() + 1);
            let to = (at + self.below(16)).min(data.len());
            match self.below(7) {
                0 if at < data.len() => data[at] ^= 1_u8 << self.below(8),
                1 if at < data.len() => data[at] = u8::try_from(self.below(256)).unwrap_or(0),
                2 => drop(data.drain(at..to)),
                3 => data.truncate(at),
                4 => drop(data.splice(at..at, data[at..to].to_vec())),
                5 => {
                    // Over a number where there is one, since that is where ranges are forgotten.
                    let digits = |b: &u8| b.is_ascii_digit();
                    let from = at + data[at..].iter().position(digits).unwrap_or(0);
                    let end = from + data[from..].iter().take_while(|b| digits(b)).count();
                    let word = ENDS[self.below(ENDS.len())];
                    drop(data.splice(from..end, word.bytes()));
                }
                _ => {
                    let from = self.below(other.len() + 1);
                    let end = (from + self.below(64)).min(other.len());
                    drop(data.splice(at..to, other[from..end].iter().copied()));
                }
            }
        }
        data
    }
}
