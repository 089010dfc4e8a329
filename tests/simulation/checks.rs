//! What must hold once the network has healed (reliability.md I1 to I7, sync.md "Checks").

use std::collections::{BTreeMap, BTreeSet};

use releve_core::door::{ActState, PhoneState};
use releve_core::ports::{Request, Secret};
use releve_server::db::{Fault, Tx};
use releve_server::identity::By;
use releve_shared::hours::Hours;
use releve_shared::id::DeviceId;
use releve_shared::keys::{Digest, Purpose, Signature, Signer};
use releve_shared::proof::{ChainHead, verify};
use releve_shared::sync::{
    PROOF_HEADER, PROTOCOL, PullAnswer, PullRequest, RowKind, Scope, request_message,
};
use releve_shared::visit::{Clocked, Progress};
use serde_json::Value;

use crate::net::URL;
use crate::run::{Handset, Run};

releve_server::statements! {
    EVENTS = "SELECT id, device FROM clock_event";
    RAWS = "SELECT raw FROM clock_event WHERE device = $1 ORDER BY seq, id";
    HEADS = "SELECT seq, hash, signature FROM chain_head WHERE device = $1 ORDER BY seq";
    ABOVE = "SELECT change.scope FROM change JOIN scope ON scope.id = change.scope
             WHERE change.seq > scope.head OR change.seq < 1";
    TWICE = "SELECT scope, seq FROM change GROUP BY scope, seq HAVING COUNT(*) > 1";
    HELD = "SELECT visit.id FROM visit JOIN membership ON membership.id = visit.membership
            WHERE visit.membership = $1 AND visit.held = 1 AND membership.transmit = 1
            AND membership.state = 'active'";
    OUTCOME = "SELECT outcome FROM command WHERE device = $1 AND id = $2";
}

/// A row of a mirror: scope, kind, id; its number and body.
type Mirror = BTreeMap<(String, String, String), (u64, String)>;

impl Run {
    /// Checks everything.
    pub fn checks(&mut self) {
        self.the_feed_is_dense_enough();
        let events = self.events();
        for acked in &self.acked {
            let times = events.get(&acked.event.to_string()).copied().unwrap_or(0);
            let may_be_lost = self.phones[acked.phone].blocked;
            assert!(
                times == 1 || (may_be_lost && times == 0),
                "I1-I3: stamp {} of phone {} is {times} times on the server",
                acked.event,
                acked.phone
            );
        }
        for number in 0..self.phones.len() {
            if self.phones[number].blocked {
                self.is_wiped(number);
            } else {
                self.is_converged(number);
            }
        }
        self.hours_agree();
    }

    fn read<T>(&self, verb: impl Fn(&mut Tx) -> Result<T, Fault>) -> T {
        let read = self.net.app().db.read_blocking(|tx| Ok(verb(tx)?));
        read.unwrap_or_else(|stop| panic!("{stop:?}"))
    }

    fn the_feed_is_dense_enough(&self) {
        let wrong = self.read(|tx| Ok(tx.query(&ABOVE, &[])?.len() + tx.query(&TWICE, &[])?.len()));
        assert_eq!(wrong, 0, "F2: numbers of the feed above their head, or doubled");
    }

    fn events(&self) -> BTreeMap<String, u32> {
        let rows: Vec<String> =
            self.read(|tx| tx.query(&EVENTS, &[])?.iter().map(|row| row.get(0)).collect());
        let mut times = BTreeMap::new();
        for id in rows {
            *times.entry(id).or_default() += 1;
        }
        times
    }

    fn is_wiped(&self, number: usize) {
        let handset = &self.phones[number];
        assert_eq!(handset.phone.state().state, PhoneState::Wiped, "phone {number} was blocked");
        for secret in [Secret::DeviceSeed, Secret::Token, Secret::NextToken] {
            assert_eq!(
                handset.phone.vault.stolen(secret),
                None,
                "I10: phone {number} keeps {secret:?}"
            );
        }
        let (cursors, rows) = mirror_of(handset);
        assert!(cursors.is_empty() && rows.is_empty(), "I10: phone {number} keeps rows");
    }

    fn is_converged(&self, number: usize) {
        let handset = &self.phones[number];
        let state = handset.phone.state();
        assert_eq!(state.state, PhoneState::Ready, "phone {number}: {:?}", state.trouble);
        assert_eq!((state.waiting, state.trouble), (0, None), "I4: phone {number} still owes");

        let device = device_of(handset);
        let (granted, there) = self.all_that_is_granted(handset, device);
        let (cursors, here) = mirror_of(handset);
        for scope in here.keys().map(|(scope, ..)| scope).chain(cursors.iter()) {
            assert!(granted.contains(scope), "F7: phone {number} keeps the lost scope {scope}");
        }
        for (key, row) in &there {
            assert_eq!(here.get(key), Some(row), "I4: phone {number} differs in {key:?}");
        }
        assert_eq!(here.len(), there.len(), "I4: phone {number} has rows of its own");

        let membership = self.workers[handset.worker].id;
        let held: BTreeSet<String> = self.read(|tx| {
            tx.query(&HELD, &[membership.into()])?.iter().map(|row| row.get(0)).collect()
        });
        let scope = Scope::membership(membership).to_string();
        let seen: BTreeSet<String> = here
            .keys()
            .filter(|(of, kind, _)| *of == scope && kind == RowKind::Visit.code())
            .map(|(.., id)| id.clone())
            .collect();
        assert_eq!(seen, held, "I4: phone {number} shows another planning than the office");

        self.proves(handset, device, number);
        self.receipts_are_true(handset, device, number);
    }

    /// B-01: the chain on the server is the phone's whole chain, and its heads hold.
    fn proves(&self, handset: &Handset, device: DeviceId, number: usize) {
        let raws: Vec<String> = self
            .read(|tx| tx.query(&RAWS, &[device.into()])?.iter().map(|row| row.get(0)).collect());
        let heads: Vec<ChainHead> = self.read(|tx| {
            let rows = tx.query(&HEADS, &[device.into()])?;
            rows.iter()
                .map(|row| {
                    let (hash, signature): (String, String) = (row.get(1)?, row.get(2)?);
                    let hash = Digest::parse(&hash).expect("a hash");
                    let signature = Signature::parse(&signature).expect("a signature");
                    Ok(ChainHead { seq: row.get(0)?, hash, signature })
                })
                .collect()
        });
        let key = key_of(handset).public();
        let proved = verify(device, &key, raws.iter().map(String::as_str), &heads);
        assert!(proved.is_ok(), "B-01: phone {number}: {proved:?}");
        let last: i64 = handset
            .phone
            .opened("duty.db", Secret::DutyKey)
            .query_row("SELECT coalesce(max(seq), 0) FROM stamp", [], |row| row.get(0))
            .expect("a number");
        assert_eq!(
            raws.len(),
            usize::try_from(last).unwrap(),
            "I3: phone {number} stamped once each"
        );
    }

    /// B-02: what the outbox screen says is what the server has stored.
    fn receipts_are_true(&self, handset: &Handset, device: DeviceId, number: usize) {
        for act in handset.phone.outbox() {
            let stored: Option<String> = self.read(|tx| {
                let row = tx.query_opt(&OUTCOME, &[device.into(), act.id.into()])?;
                row.map(|row| row.get(0)).transpose()
            });
            let stored: Value =
                serde_json::from_str(&stored.expect("B-02: an outcome")).expect("JSON");
            let text = stored.to_string();
            match &act.state {
                ActState::OnPhone => {
                    panic!("B-02: phone {number} still shows {} as waiting", act.id)
                }
                ActState::Received { .. } => {
                    assert!(text.contains("done"), "B-02: {act:?} is {text}")
                }
                ActState::Refused { code, .. } => {
                    assert!(text.contains(code.code()), "B-02: {act:?} is {text}");
                }
            }
        }
    }

    /// I7: hours on each phone that holds a visit and its stamps, on the board, and computed from the
    /// raw proof.
    fn hours_agree(&self) {
        let now = self.time.now();
        let by = By::system(self.organisation);
        let workers: BTreeMap<DeviceId, usize> =
            self.handsets().map(|handset| (device_of(handset), handset.worker)).collect();
        let mirrors: Vec<_> =
            self.handsets().map(|handset| (handset, mirror_of(handset).1)).collect();
        for visit in &self.visits {
            let known = self.net.app().db.read_blocking(|tx| {
                let row = releve_server::visits::one(tx, &by, *visit, now)?;
                Ok((row, releve_server::visits::proof(tx, &by, *visit)?))
            });
            // Made up on a phone that was wiped before it could tell.
            let Ok((row, proof)) = known else { continue };
            let stamps: Vec<Clocked> =
                proof.stamps.iter().map(|stamp| stamp.clocked.clone()).collect();
            let exported = {
                let stands = proof.retained.iter().rfind(|known| known.undone_at.is_none());
                Hours::of(&row.visit, &Progress::of(&stamps), stands.map(|known| &known.period))
            };
            assert_eq!(row.hours, exported, "I7: board and export of {visit}");
            for (handset, mirror) in &mirrors {
                // Given to somebody else meanwhile, a phone keeps its own stamps and nothing more; and
                // another worker's stamps are not hers to see.
                let hers =
                    proof.stamps.iter().all(|s| workers.get(&s.device) == Some(&handset.worker));
                let id = visit.to_string();
                let held =
                    mirror.keys().any(|(_, kind, of)| kind == RowKind::Visit.code() && *of == id);
                if hers && held {
                    let sheet = handset.phone.visit(*visit).expect("a visit of the mirror");
                    assert_eq!(sheet.hours, row.hours, "I7: a phone and the board of {visit}");
                }
            }
        }
    }

    /// The phones that were not blocked.
    fn handsets(&self) -> impl Iterator<Item = &Handset> {
        self.phones.iter().filter(|handset| !handset.blocked)
    }

    /// A whole pull from nothing, as this phone.
    fn all_that_is_granted(
        &self,
        handset: &Handset,
        device: DeviceId,
    ) -> (BTreeSet<String>, Mirror) {
        let token = handset.phone.vault.stolen(Secret::Token).expect("a token");
        let token = String::from_utf8(token).expect("a token");
        let epoch = self.read(Tx::epoch);
        let mut cursors = BTreeMap::new();
        let mut rows = Mirror::new();
        loop {
            let pull = PullRequest {
                protocol: PROTOCOL,
                device,
                epoch: epoch.clone(),
                cursors,
                applied: BTreeMap::new(),
                anchors: Vec::new(),
                waiting: 0,
            };
            let body = serde_json::to_vec(&pull).expect("JSON");
            let message = request_message("POST", "/api/phone/pull", &body);
            let proof = key_of(handset).sign(Purpose::Request, &message);
            let headers = vec![
                ("authorization".to_owned(), format!("Bearer {token}")),
                (PROOF_HEADER.to_owned(), proof.to_string()),
                ("content-type".to_owned(), "application/json".to_owned()),
            ];
            let url = format!("{URL}/api/phone/pull");
            let answer = self.net.ask(&Request { method: "POST", url, headers, body });
            assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
            let page: PullAnswer = serde_json::from_slice(&answer.body).expect("a page");
            for row in page.rows {
                let body = row.body.expect("F6: a pull from 0 skips tombstones");
                rows.insert((row.scope.to_string(), row.kind.to_string(), row.id), (row.seq, body));
            }
            cursors = page.cursors;
            if page.complete {
                return (page.scopes.iter().map(Scope::to_string).collect(), rows);
            }
        }
    }
}

fn key_of(handset: &Handset) -> Signer {
    let seed = handset.phone.vault.stolen(Secret::DeviceSeed).expect("a key");
    Signer::from_seed(&seed.try_into().expect("32 bytes"))
}

/// The device's id, from the phone's own store.
pub fn device_of(handset: &Handset) -> DeviceId {
    let text: String = handset
        .phone
        .opened("duty.db", Secret::DutyKey)
        .query_row("SELECT value FROM fact WHERE name = 'identity'", [], |row| row.get(0))
        .expect("an identity");
    let identity: Value = serde_json::from_str(&text).expect("JSON");
    identity["device"].as_str().expect("an id").parse().expect("an id")
}

fn mirror_of(handset: &Handset) -> (BTreeSet<String>, Mirror) {
    let db = handset.phone.opened("care.db", Secret::CareKey);
    let mut select = db.prepare("SELECT scope FROM cursor").expect("SQL");
    let cursors =
        select.query_map([], |row| row.get(0)).expect("rows").map(Result::unwrap).collect();
    let mut select = db
        .prepare(
            "SELECT name, kind, id, seq, body FROM mirror JOIN scope ON scope.n = mirror.scope",
        )
        .expect("SQL");
    let rows = select
        .query_map([], |row| {
            let seq: i64 = row.get(3)?;
            let key = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((key, (u64::try_from(seq).unwrap_or(0), row.get(4)?)))
        })
        .expect("rows")
        .map(Result::unwrap)
        .collect();
    (cursors, rows)
}
