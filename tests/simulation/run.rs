//! One run of a simulation: what happens, step by step.

use std::sync::Arc;

use releve_core::door::{ActState, PhoneState};
use releve_shared::badge::{Method, Reading};
use releve_shared::id::{ClientId, ClockEventId, MembershipId, OrganisationId, VisitId};
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};
use releve_shared::visit::{ClockKind, ManualReason};
use releve_tests::world::desk::{client_input, of, visit_input};
use releve_tests::world::phone::Phone;
use releve_tests::world::time::{Seeded, Time};
use releve_tests::world::{folder, found};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::checks::device_of;
use crate::net::{Net, SimLink};
use crate::office::Office;

/// Steps of a run; every twentieth run is a long one.
const STEPS: u64 = 20;
const LONG: u64 = 120;

/// A phone of the run.
pub struct Handset {
    /// The phone.
    pub phone: Phone,
    /// Whose: an index of the workers.
    pub worker: usize,
    /// The code of its enrolment.
    link: String,
    /// Blocked by the office.
    pub blocked: bool,
}

/// A stamp that was acknowledged to the worker.
pub struct Acked {
    /// The stamp.
    pub event: ClockEventId,
    /// On which phone: an index.
    pub phone: usize,
}

/// Somebody who works.
pub struct Worker {
    /// The membership.
    pub id: MembershipId,
}

/// A home and the links of its tags.
pub struct Home {
    client: ClientId,
    tags: Vec<(String, String)>,
}

/// A run.
pub struct Run {
    pub time: Time,
    pub net: Net,
    pub office: Office,
    pub dice: Seeded,
    pub workers: Vec<Worker>,
    pub phones: Vec<Handset>,
    pub homes: Vec<Home>,
    pub visits: Vec<VisitId>,
    pub acked: Vec<Acked>,
    pub journal: Vec<String>,
    pub organisation: OrganisationId,
    seed: u64,
    folder: TempDir,
}

impl Run {
    /// Sets the scene: an agency, two workers, two to four phones, three homes.
    pub fn new(seed: u64, database: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (time, dice) = (Time::monday(), Seeded::of(seed));
        let net = Net::new(Arc::new(runtime), database, &time, seed);
        let organisation =
            found(&net.app(), &Seeded::of(seed ^ 0xf0), "Les Tilleuls", "chloe", "Chloé Martin");
        let mut office = Office::new(&net);
        let folder = folder::scratch();
        let mut workers = Vec::new();
        for name in ["Amina", "Bruno"] {
            let body =
                json!({ "first_name": name, "last_name": "Diallo", "phone": "", "role": "Aide" });
            let row = office.does("POST", "/api/desk/caregivers", &body).expect("a caregiver");
            let worker = Worker { id: of(&row, "id") };
            let path = format!("/api/desk/caregivers/{}/transmit", worker.id);
            let _ = office.does("PUT", &path, &json!({ "transmit": true })).expect("ticked");
            workers.push(worker);
        }
        let mut run = Self {
            phones: Vec::new(),
            homes: Vec::new(),
            visits: Vec::new(),
            acked: Vec::new(),
            journal: Vec::new(),
            folder,
            organisation,
            time,
            net,
            office,
            dice,
            workers,
            seed,
        };
        for name in ["Un", "Deux", "Trois"] {
            let client =
                run.office.does("POST", "/api/desk/clients", &client_input("Jeanne", name));
            run.homes.push(Home { client: of(&client.expect("a client"), "id"), tags: Vec::new() });
            run.issues_tag(run.homes.len() - 1);
        }
        for _ in 0..4 {
            run.plans();
        }
        for number in 0..2 + run.dice.below(3) {
            run.unpacks_phone(usize::try_from(number).unwrap());
        }
        run
    }

    /// Plays it to the end and checks everything.
    pub fn plays(mut self) {
        self.net.faulty(true);
        let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..if self.seed.is_multiple_of(20) { LONG } else { STEPS } {
                self.step();
            }
            self.heals();
            self.checks();
        }));
        if let Err(panic) = played {
            let journal = self.journal.join("\n  ");
            eprintln!("seed {} failed; what had happened:\n  {journal}", self.seed);
            std::panic::resume_unwind(panic);
        }
    }

    fn unpacks_phone(&mut self, number: usize) {
        let worker = number % self.workers.len();
        let path = format!("/api/desk/caregivers/{}/enrolments", self.workers[worker].id);
        let link = of(&self.office.does("POST", &path, &json!({})).expect("an enrolment"), "link");
        let name = format!("phone{number}");
        let net = self.net.clone();
        let wire = Box::new(move || -> Box<dyn releve_core::ports::Link> {
            Box::new(SimLink(net.clone()))
        });
        let seed = self.seed.wrapping_mul(31).wrapping_add(number as u64);
        let phone = Phone::over(&self.time, self.folder.path().join(&name), &name, seed, wire);
        self.phones.push(Handset { phone, worker, link, blocked: false });
        // Answers may be lost here too: it is tried until it is known to have worked.
        self.enrols(number);
    }

    fn enrols(&mut self, number: usize) {
        let handset = &self.phones[number];
        for _ in 0..30 {
            if handset.phone.state().state != PhoneState::NotEnrolled {
                return;
            }
            let done = handset.phone.enrols(&handset.link);
            self.journal.push(format!("phone {number} enrols: {:?}", done.err()));
        }
        panic!("phone {number} cannot be enrolled");
    }

    fn step(&mut self) {
        let phone = usize::try_from(self.dice.below(self.phones.len() as u64)).unwrap();
        match self.dice.below(100) {
            0..30 => self.lives(phone),
            30..55 => self.acts(phone),
            55..67 => {
                let span = [MINUTE_MS, 20 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS];
                let most = *self.dice.pick(&span).unwrap();
                let ms = i64::try_from(self.dice.below(u64::try_from(most).unwrap())).unwrap();
                self.time.pass(ms);
                self.journal.push(format!("{:?}", self.time.now()));
            }
            67..85 => self.decides(),
            85..88 => {
                self.phones[phone].phone.restart();
                self.journal.push(format!("phone {phone} is killed"));
            }
            88..90 => {
                self.phones[phone].phone.reboot();
                self.journal.push(format!("phone {phone} is rebooted"));
            }
            90..93 => {
                let off =
                    i64::try_from(self.dice.below(6 * DAY_MS.unsigned_abs())).unwrap() - 3 * DAY_MS;
                self.phones[phone].phone.clocks.off_by(off);
                self.journal.push(format!("phone {phone}: the clock is {off} ms wrong"));
            }
            93..95 => {
                self.net.restart();
                self.journal.push("the server is killed".to_owned());
            }
            95..98 => self.net.late_arrival(),
            _ => self.tends(),
        }
    }

    /// The phone's own thread wakes up, or the worker asks for it.
    fn lives(&mut self, phone: usize) {
        let handset = &self.phones[phone];
        if self.dice.percent(50) {
            let done = handset.phone.sync();
            self.journal.push(format!("phone {phone} syncs: {:?}", done.err()));
        } else {
            let step = handset.phone.lives();
            self.journal.push(format!("phone {phone} lives: {step:?}"));
        }
        self.in_order(phone);
        // The app may die right after it.
        let handset = &self.phones[phone];
        if self.dice.percent(5) {
            handset.phone.restart();
        }
    }

    fn acts(&mut self, number: usize) {
        let home = self.dice.pick(&self.homes).expect("homes");
        let tag = self.dice.pick(&home.tags).map(|(_, link)| link.clone()).expect("tags");
        let phone = &self.phones[number].phone;
        let visit = self.dice.pick(&self.visits).copied();
        let before = phone.state().waiting;
        let done = match self.dice.below(10) {
            0..5 => {
                let unplanned = self.dice.percent(20);
                phone.badges(Reading { method: Method::Nfc, text: tag }, None, unplanned)
            }
            5 | 6 => {
                let kind = if self.dice.percent(50) { ClockKind::Start } else { ClockKind::End };
                match visit {
                    Some(visit) => phone.by_hand(visit, kind, Some(ManualReason::TagMissing)),
                    None => return,
                }
            }
            7 => {
                let mine = self.acked.iter().rev().find(|acked| acked.phone == number);
                if let Some(event) = mine.map(|acked| acked.event) {
                    let undone = phone.undoes(event);
                    self.journal.push(format!("phone {number} undoes {event}: {:?}", undone.err()));
                }
                return;
            }
            _ => {
                if let Some(visit) = visit {
                    let noted = phone.notes(visit, 12, 300, "Pain");
                    self.journal.push(format!("phone {number} notes {visit}: {:?}", noted.err()));
                }
                return;
            }
        };
        match done {
            Ok(stamped) => {
                self.journal.push(format!(
                    "phone {number} stamps {:?} of {}: {}",
                    stamped.kind, stamped.visit, stamped.event
                ));
                assert_eq!(phone.state().waiting, before + 1, "an act said to be saved waits");
                if !self.visits.contains(&stamped.visit) {
                    self.visits.push(stamped.visit);
                }
                self.acked.push(Acked { event: stamped.event, phone: number });
                // I1: it is there after a kill.
                if self.dice.percent(10) {
                    phone.restart();
                    assert_eq!(phone.state().waiting, before + 1, "I1: an act survives a kill");
                }
            }
            Err(refusal) => self.journal.push(format!("phone {number} stamps: {refusal}")),
        }
    }

    fn decides(&mut self) {
        let visit = self.dice.pick(&self.visits).copied();
        let worker = self.dice.pick(&self.workers).expect("workers").id;
        match (self.dice.below(20), visit) {
            (0..7, _) | (_, None) => self.plans(),
            (7..10, Some(visit)) => {
                let body = self.a_visit();
                let done = self.office.does("PUT", &format!("/api/desk/visits/{visit}"), &body);
                self.journal.push(format!("the office moves {visit}: {}", done.is_some()));
            }
            (10 | 11, Some(visit)) => {
                self.orders(&format!("visits/{visit}/cancel"), json!({ "reason": "Absente" }))
            }
            (12, Some(visit)) => self.orders(&format!("visits/{visit}/restore"), json!({})),
            (13, Some(visit)) => self.orders(&format!("visits/{visit}/accept"), json!({})),
            (14, Some(visit)) => {
                let from = self.time.now().plus(-HOUR_MS);
                let body = json!({ "starts_at": from, "ends_at": from.plus(HOUR_MS), "reason": "device", "note": "" });
                self.orders(&format!("visits/{visit}/correct"), body);
            }
            (15, _) => {
                let transmit = self.dice.percent(60);
                let path = format!("/api/desk/caregivers/{worker}/transmit");
                let _ = self.office.does("PUT", &path, &json!({ "transmit": transmit }));
                self.journal.push(format!("the office transmits {worker}: {transmit}"));
            }
            (16, _) => {
                let home = usize::try_from(self.dice.below(self.homes.len() as u64)).unwrap();
                self.issues_tag(home);
            }
            (17, _) => {
                let home = self.dice.pick(&self.homes).expect("homes");
                let id = self.dice.pick(&home.tags).expect("tags").0.clone();
                self.orders(&format!("tags/{id}/revoke"), json!({ "reason": "Perdu" }));
            }
            (18, _) => {
                let client = self.dice.pick(&self.homes).expect("homes").client;
                let body = client_input("Jeanne", &format!("Nom{}", self.dice.below(1000)));
                let _ = self.office.does("PUT", &format!("/api/desk/clients/{client}"), &body);
                self.journal.push(format!("the office changes {client}"));
            }
            _ => self.blocks(),
        }
    }

    fn blocks(&mut self) {
        // One phone at most, and not in every run.
        if self.dice.percent(60) || self.phones.iter().any(|handset| handset.blocked) {
            return;
        }
        let number = usize::try_from(self.dice.below(self.phones.len() as u64)).unwrap();
        let device = device_of(&self.phones[number]);
        let body = json!({ "mode": "after_sending", "sim_number": "", "note": "" });
        self.orders(&format!("phones/{device}/block"), body);
        self.phones[number].blocked = true;
        self.journal.push(format!("phone {number} is blocked"));
    }

    fn orders(&mut self, path: &str, body: Value) {
        let done = self.office.does("POST", &format!("/api/desk/{path}"), &body);
        self.journal.push(format!("the office: {path}: {}", done.is_some()));
    }

    fn plans(&mut self) {
        let body = self.a_visit();
        let row = self.office.does("POST", "/api/desk/visits", &body).expect("a visit");
        let visit: VisitId = of(&row["visit"], "id");
        self.journal.push(format!("the office plans {visit}"));
        self.visits.push(visit);
    }

    fn a_visit(&self) -> Value {
        let worker = self.dice.pick(&self.workers).expect("workers").id;
        let home = self.dice.pick(&self.homes).expect("homes");
        // From yesterday to five weeks ahead, mostly around now.
        let away = if self.dice.percent(75) {
            i64::try_from(self.dice.below(8)).unwrap() * HOUR_MS - 2 * HOUR_MS
        } else {
            i64::try_from(self.dice.below(36)).unwrap() * DAY_MS - DAY_MS
        };
        let from = Moment((self.time.now().0 + away) / MINUTE_MS * MINUTE_MS);
        visit_input(worker, home.client, from, from.plus(HOUR_MS))
    }

    fn issues_tag(&mut self, home: usize) {
        let path = format!("/api/desk/clients/{}/tags", self.homes[home].client);
        let body = json!({ "kind": "nfc_static", "label": "" });
        let row = self.office.does("POST", &path, &body).expect("a tag");
        self.homes[home].tags.push((of(&row, "id"), of(&row, "link")));
    }

    /// The jobs of the hour.
    pub fn tends(&mut self) {
        let now = self.time.now();
        let app = self.net.app();
        let rolled = app.db.write_blocking(move |tx| releve_server::visits::roll(tx, now));
        rolled.unwrap_or_else(|stop| panic!("{stop:?}"));
        self.journal.push("the window rolls".to_owned());
    }

    /// The network heals; every phone is left alone for half an hour.
    fn heals(&mut self) {
        self.journal.push("the network heals".to_owned());
        self.net.faulty(false);
        for _ in 0..5 {
            self.net.late_arrival();
        }
        self.tends();
        for _ in 0..6 {
            self.time.pass(16 * MINUTE_MS);
            for (number, handset) in self.phones.iter().enumerate() {
                let step = handset.phone.lives();
                self.journal.push(format!("phone {number} lives: {step:?}"));
            }
        }
    }

    /// I6 while it runs: nobody sees an end without any start.
    fn in_order(&self, number: usize) {
        let phone = &self.phones[number].phone;
        if phone.state().state != PhoneState::Ready {
            return;
        }
        for _ in 0..3 {
            let Some(visit) = self.dice.pick(&self.visits) else { return };
            let Ok(sheet) = phone.visit(*visit) else { continue };
            let kinds = |kind: ClockKind| {
                let stands = |line: &&releve_core::door::StampLine| {
                    line.clocked.kind == kind && !matches!(line.state, ActState::Refused { .. })
                };
                sheet.stamps.iter().filter(stands).count()
            };
            assert!(
                kinds(ClockKind::End) == 0 || kinds(ClockKind::Start) > 0,
                "I6: phone {number} sees an end of {visit} before its start"
            );
        }
    }
}
