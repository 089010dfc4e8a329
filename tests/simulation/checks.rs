//! What must hold once the network has healed (reliability.md I1 to I10; sync.md "Checks"), and
//! some of it at every moment.

use std::collections::{BTreeMap, BTreeSet};

use releve_core::door::{ActLine, ActState, PhoneState};
use releve_core::ports::{Request, Secret};
use releve_server::db::{Fault, Tx};
use releve_server::identity::By;
use releve_shared::hours::Hours;
use releve_shared::id::DeviceId;
use releve_shared::keys::{Digest, Purpose, Signature};
use releve_shared::proof::{ChainHead, verify};
use releve_shared::sync::{
    PROOF_HEADER, PROTOCOL, PullAnswer, PullRequest, RowKind, Scope, request_message,
};
use releve_shared::time::Moment;
use releve_shared::visit::{ClockKind, Clocked, Progress};

use crate::phone::Handset;
use crate::run::{Noted, Run};
use crate::server::URL;

releve_server::statements! {
    EVENTS = "SELECT id FROM clock_event";
    MEASURES = "SELECT k.at, k.error_ms, k.quality FROM clock_measure k
                WHERE k.event = $1 AND k.n = (SELECT MAX(l.n) FROM clock_measure l WHERE l.event = $1)";
    RAWS = "SELECT raw FROM clock_event WHERE device = $1 ORDER BY seq, id";
    HEADS = "SELECT seq, hash, signature FROM chain_head WHERE device = $1 ORDER BY seq";
    ABOVE = "SELECT change.scope FROM change JOIN scope ON scope.id = change.scope
             WHERE change.seq > scope.head OR change.seq < 1";
    TWICE = "SELECT scope, seq FROM change GROUP BY scope, seq HAVING COUNT(*) > 1";
    HELD = "SELECT visit.id FROM visit JOIN membership ON membership.id = visit.membership
            WHERE visit.membership = $1 AND visit.held = 1 AND membership.transmit = 1
            AND membership.state = 'active'";
    OUTCOME = "SELECT outcome FROM command WHERE device = $1 AND id = $2";
    NOTES = "SELECT comment FROM visit_notes WHERE visit = $1";
}

/// Moments closer than this may be told apart wrongly: half the time of a slow exchange on each phone.
const NOTES_APART_MS: i64 = 10_000;

/// A row of a mirror: scope, kind, id; its number and body.
type Mirror = BTreeMap<(String, String, String), (u64, String)>;

impl Run {
    /// Everything.
    pub fn checks(&mut self) {
        self.the_feed_is_dense_enough();
        self.every_stamp_is_there_once();
        self.every_moment_is_true();
        self.the_last_notes_stand();
        self.every_alarm_is_raised_once();
        let mut converged = BTreeMap::new();
        for number in 0..self.phones.len() {
            let wiped = self.phones[number].state().state == PhoneState::Wiped;
            let blocked = self.phones[number].blocked.is_some();
            assert!(!wiped || self.phones[number].ever_blocked, "WP1: phone {number} was wiped");
            if wiped || blocked {
                self.is_wiped(number);
            } else {
                converged.insert(number, self.is_converged(number));
            }
        }
        converged.retain(|number, _| !self.phones[*number].ever_blocked);
        self.hours_agree(&converged);
    }

    /// I1, after a kill: what the worker was told is saved is on the phone.
    pub fn kept_its_word(&mut self, number: usize) {
        if self.phones[number].ever_blocked {
            return;
        }
        let held: BTreeSet<String> =
            self.phones[number].outbox().iter().map(|act| act.id.to_string()).collect();
        for acked in self.acked.iter().filter(|acked| acked.phone == number) {
            let event = acked.event.to_string();
            assert!(held.contains(&event), "I1: phone {number} has lost {event}");
        }
    }

    /// I6, at any moment: nobody sees an end without any start.
    pub fn sees_no_end_before_its_start(&mut self, number: usize) {
        let Some((_, visit)) = self.dice.pick(&self.town.visits).copied() else { return };
        let Ok(sheet) = self.phones[number].visit(visit) else { return };
        let kinds = |kind: ClockKind| {
            let stands = |line: &&releve_core::door::StampLine| {
                line.clocked.kind == kind && !matches!(line.state, ActState::Refused { .. })
            };
            sheet.stamps.iter().filter(stands).count()
        };
        assert!(
            kinds(ClockKind::End) == 0 || kinds(ClockKind::Start) > 0,
            "I6: phone {number} sees an end of {visit} before its start: {:?} {:?}",
            sheet.stamps,
            self.phones[number].outbox()
        );
    }

    /// Every scope that may ever be granted to a phone.
    pub fn ever_granted(&self, number: usize) -> BTreeSet<Scope> {
        let worker = &self.town.workers[self.phones[number].worker];
        let homes = self.town.homes.iter().filter(|home| home.agency == worker.agency);
        let mut scopes: BTreeSet<Scope> = homes.map(|home| Scope::client(home.client)).collect();
        scopes.insert(Scope::person(worker.person));
        scopes.insert(Scope::membership(worker.id));
        scopes.insert(Scope::organisation(self.town.agencies[worker.agency]));
        let colleagues = self.town.workers.iter().filter(|other| other.agency == worker.agency);
        scopes.extend(colleagues.map(|other| Scope::colleague(other.id)));
        scopes
    }

    /// I1 to I3: what was acknowledged to the worker is on the server, once.
    fn every_stamp_is_there_once(&self) {
        let events = self.events();
        for acked in &self.acked {
            let times = events.get(&acked.event.to_string()).copied().unwrap_or(0);
            let may_be_lost = self.phones[acked.phone].ever_blocked;
            assert!(
                times == 1 || (may_be_lost && times == 0),
                "I1-I3: stamp {} of phone {} is {times} times on the server",
                acked.event,
                acked.phone
            );
        }
    }

    /// CK2: a measured moment is the true one, within its error, whatever the phone's clock showed.
    fn every_moment_is_true(&self) {
        for acked in &self.acked {
            let row = self.read(|tx| tx.query_opt(&MEASURES, &[acked.event.into()]));
            let Some(row) = row else { continue };
            let (at, error): (Moment, Option<i64>) = (row.get(0).unwrap(), row.get(1).unwrap());
            let off = at.since(acked.at).abs();
            assert!(
                error.is_none_or(|error| off <= error + 1),
                "CK2: stamp {} is {off} ms from the truth, not {error:?}",
                acked.event
            );
        }
    }

    /// Of two phones, the later writing stands, whatever the order of arrival. Only where nothing else
    /// may decide: one worker's notes, on phones whose clocks were never in doubt.
    fn the_last_notes_stand(&mut self) {
        let mut done: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, noted) in self.noted.iter().enumerate() {
            done.entry(noted.visit.to_string()).or_default().push(index);
        }
        for (visit, notes) in done {
            let notes: Vec<&Noted> = notes.into_iter().map(|index| &self.noted[index]).collect();
            let of = |noted: &&Noted| &self.phones[noted.phone];
            let sure = notes.iter().all(|noted| {
                !of(noted).rebooted
                    && !of(noted).ever_blocked
                    && of(noted).worker == of(&notes[0]).worker
            });
            let row = self.read(|tx| tx.query_opt(&NOTES, &[visit.as_str().into()]));
            let Some(row) = row.filter(|_| sure && !self.restored) else { continue };
            let stands: String = row.get(0).unwrap();
            let stands = notes.iter().find(|noted| noted.words == stands).expect("its words");
            for other in &notes {
                let later = other.at.since(stands.at) > NOTES_APART_MS;
                assert!(
                    !later || other.phone == stands.phone || self.is_refused(other),
                    "the notes {} stand over the later {}",
                    stands.words,
                    other.words
                );
            }
        }
    }

    /// Whether the server has refused these notes, by the phone that wrote them.
    fn is_refused(&self, noted: &Noted) -> bool {
        let db = self.phones[noted.phone].opened("duty.db", Secret::DutyKey);
        let words = format!("%\"{}\"%", noted.words);
        let outcome: Option<String> = db
            .query_row("SELECT outcome FROM command WHERE body LIKE ?1", [words], |row| row.get(0))
            .expect("its command");
        outcome.is_none_or(|outcome| outcome.contains("refused"))
    }

    pub fn read<T>(&self, verb: impl Fn(&mut Tx) -> Result<T, Fault>) -> T {
        let read = self.server.app().db.read_blocking(|tx| Ok(verb(tx)?));
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

    fn is_wiped(&mut self, number: usize) {
        let handset = &mut self.phones[number];
        assert_eq!(handset.state().state, PhoneState::Wiped, "phone {number} was blocked");
        for secret in
            [Secret::DeviceSeed, Secret::Token, Secret::NextToken, Secret::SmsKey, Secret::AlarmKey]
        {
            assert_eq!(handset.vault.stolen(secret), None, "I10: phone {number} keeps {secret:?}");
        }
        let (cursors, rows) = mirror_of(handset);
        assert!(cursors.is_empty() && rows.is_empty(), "I10: phone {number} keeps rows");
        let known = ["care.db", "duty.db", "wipe.json"];
        let strange: Vec<String> = handset.files();
        let mut strange = strange.iter().filter(|n| !known.iter().any(|k| n.starts_with(k)));
        assert_eq!(strange.next(), None, "I10: phone {number} keeps a file");
        let aside = handset.files().iter().any(|name| name.contains("aside"));
        assert!(!aside, "I10: phone {number} keeps a damaged file");
    }

    /// Gives its device and its mirror.
    fn is_converged(&mut self, number: usize) -> (DeviceId, Mirror) {
        let state = self.phones[number].state();
        assert_eq!(state.state, PhoneState::Ready, "phone {number}: {:?}", state.trouble);
        assert_eq!((state.waiting, state.trouble), (0, None), "I4: phone {number} still owes");

        let acts = self.phones[number].outbox();
        let handset = &self.phones[number];
        let device = handset.device().expect("enrolled");
        let (granted, there) = self.all_that_is_granted(handset, device);
        let (cursors, here) = mirror_of(handset);
        for scope in here.keys().map(|(scope, ..)| scope).chain(cursors.iter()) {
            assert!(granted.contains(scope), "F7: phone {number} keeps the lost scope {scope}");
        }
        for (key, row) in &there {
            assert_eq!(here.get(key), Some(row), "I4: phone {number} differs in {key:?}");
        }
        assert_eq!(here.len(), there.len(), "I4: phone {number} has rows of its own");

        let membership = self.town.workers[handset.worker].id;
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
        self.receipts_are_true(&acts, device, number);
        (device, here)
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
        let key = handset.key().expect("a key").public();
        let proved = verify(device, &key, raws.iter().map(String::as_str), &heads);
        assert!(proved.is_ok(), "B-01: phone {number}: {proved:?}");
        let last: i64 = handset
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
    fn receipts_are_true(&self, acts: &[ActLine], device: DeviceId, number: usize) {
        for act in acts {
            let text: Option<String> = self.read(|tx| {
                let row = tx.query_opt(&OUTCOME, &[device.into(), act.id.into()])?;
                row.map(|row| row.get(0)).transpose()
            });
            let text = text.unwrap_or_else(|| panic!("B-02: no outcome of {act:?}"));
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
    fn hours_agree(&mut self, converged: &BTreeMap<usize, (DeviceId, Mirror)>) {
        let now = self.time.now();
        let workers: BTreeMap<DeviceId, usize> = converged
            .iter()
            .map(|(number, (device, _))| (*device, self.phones[*number].worker))
            .collect();
        for (agency, visit) in self.town.visits.clone() {
            let by = By::system(self.town.agencies[agency]);
            let known = self.server.app().db.read_blocking(|tx| {
                let row = releve_server::visits::one(tx, &by, visit, now)?;
                Ok((row, releve_server::visits::proof(tx, &by, visit)?))
            });
            // Made up on a phone that was wiped before it could tell.
            let Ok((row, proof)) = known else { continue };
            if proof.stamps.is_empty() && proof.retained.is_empty() {
                continue;
            }
            let stamps: Vec<Clocked> =
                proof.stamps.iter().map(|stamp| stamp.clocked.clone()).collect();
            let exported = {
                let stands = proof.retained.iter().rfind(|known| known.undone_at.is_none());
                Hours::of(&row.visit, &Progress::of(&stamps), stands.map(|known| &known.period))
            };
            assert_eq!(row.hours, exported, "I7: board and export of {visit}");
            for (number, (_, mirror)) in converged {
                // Given to somebody else meanwhile, a phone keeps its own stamps and nothing more; and
                // another worker's stamps are not hers to see.
                let handset = &mut self.phones[*number];
                let hers =
                    proof.stamps.iter().all(|s| workers.get(&s.device) == Some(&handset.worker));
                let id = visit.to_string();
                let held =
                    mirror.keys().any(|(_, kind, of)| kind == RowKind::Visit.code() && *of == id);
                if hers && held {
                    let sheet = handset.visit(visit).expect("a visit of the mirror");
                    assert_eq!(sheet.hours, row.hours, "I7: a phone and the board of {visit}");
                }
            }
        }
    }

    /// A whole pull from nothing, as this phone.
    fn all_that_is_granted(
        &self,
        handset: &Handset,
        device: DeviceId,
    ) -> (BTreeSet<String>, Mirror) {
        let token = handset.vault.stolen(Secret::Token).expect("a token");
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
            let proof = handset.key().expect("a key").sign(Purpose::Request, &message);
            let headers = vec![
                ("authorization".to_owned(), format!("Bearer {token}")),
                (PROOF_HEADER.to_owned(), proof.to_string()),
                ("content-type".to_owned(), "application/json".to_owned()),
            ];
            let url = format!("{URL}/api/phone/pull");
            let (answer, _) = self.server.ask(&Request { method: "POST", url, headers, body });
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

fn mirror_of(handset: &Handset) -> (BTreeSet<String>, Mirror) {
    let db = handset.opened("care.db", Secret::CareKey);
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
