//! What the offices decide, and what they try at each other's.

use releve_shared::id::VisitId;
use releve_shared::time::HOUR_MS;
use releve_tests::world::desk::client_input;
use releve_tests::world::time::Seeded;
use serde_json::{Value, json};

use crate::phone::Handset;
use crate::run::Run;
use crate::scene::{LILAS, TILLEULS};

/// Most phones of a run.
const PHONES: usize = 6;

impl Run {
    /// An office does something.
    pub fn decides(&mut self) {
        let agency = if self.dice.percent(85) { TILLEULS } else { LILAS };
        let visit = self.a_visit_at(agency);
        match self.dice.below(23) {
            0..7 => {
                let now = self.time.now();
                let visit = self.town.plans(&self.server, agency, now, &self.dice);
                self.trace.says(format!("the office plans {visit}"));
            }
            // Moved in time, to another client, given on to another worker: whatever is drawn.
            7..11 => {
                let body = self.town.a_visit(agency, self.time.now(), &self.dice);
                let _ = self.orders(agency, "PUT", &format!("visits/{visit}"), &body);
            }
            11 => {
                let why = json!({ "reason": "Absente" });
                let _ = self.orders(agency, "POST", &format!("visits/{visit}/cancel"), &why);
            }
            12 => {
                let _ = self.orders(agency, "POST", &format!("visits/{visit}/restore"), &json!({}));
            }
            13 => {
                let _ = self.orders(agency, "POST", &format!("visits/{visit}/accept"), &json!({}));
            }
            14 => {
                let from = self.time.now().plus(-HOUR_MS);
                let body = json!({ "starts_at": from, "ends_at": from.plus(HOUR_MS),
                    "reason": "device", "note": "" });
                let _ = self.orders(agency, "POST", &format!("visits/{visit}/correct"), &body);
            }
            15 => self.transmits(agency),
            16 => {
                let home = self.a_home_of(agency);
                self.town.issues_tag(&self.server, home);
                self.trace.says(format!("the office issues a tag for home {home}"));
            }
            17 => {
                let tags = &self.town.homes[self.a_home_of(agency)].tags;
                let path = format!("tags/{}/revoke", self.dice.pick(tags).expect("tags").0);
                let _ = self.orders(agency, "POST", &path, &json!({ "reason": "Perdu" }));
            }
            18 => {
                let client = self.town.homes[self.a_home_of(agency)].client;
                let body = client_input("Jeanne", &format!("Nom{}", self.dice.below(1000)));
                let _ = self.orders(agency, "PUT", &format!("clients/{client}"), &body);
            }
            19 => self.both_change(agency, visit),
            20 | 21 => self.unpacks(agency),
            _ => self.blocks(agency),
        }
    }

    /// An order, and what came of it.
    fn orders(
        &mut self,
        agency: usize,
        method: &'static str,
        path: &str,
        body: &Value,
    ) -> Option<Value> {
        let done = self.town.desks[agency].does(&self.server, method, path, body);
        self.trace.says(format!("the office: {method} {path}: {}", done.is_some()));
        done
    }

    fn transmits(&mut self, agency: usize) {
        let workers: Vec<_> = self.town.workers.iter().filter(|w| w.agency == agency).collect();
        let path = format!("caregivers/{}/transmit", self.dice.pick(&workers).unwrap().id);
        let transmit = self.dice.percent(60);
        let _ = self.orders(agency, "PUT", &path, &json!({ "transmit": transmit }));
    }

    /// Two supervisors have the same visit on their screens, and both change it: the second is told so.
    fn both_change(&mut self, agency: usize, visit: VisitId) {
        let path = format!("visits/{visit}");
        let Some(seen) = self.orders(agency, "GET", &path, &Value::Null) else { return };
        let mut won = 0;
        for _ in 0..2 {
            let mut body = self.town.a_visit(agency, self.time.now(), &self.dice);
            body["rev"] = seen["rev"].clone();
            won += u32::from(self.orders(agency, "PUT", &path, &body).is_some());
        }
        assert!(won <= 1, "a change made on an old screen has overwritten another of {visit}");
    }

    /// One more phone out of its box: it enrols in whatever weather there is.
    fn unpacks(&mut self, agency: usize) {
        if self.phones.len() >= PHONES {
            return;
        }
        let number = self.phones.len();
        let all = self.town.workers.iter().enumerate().filter(|(_, w)| w.agency == agency);
        let workers: Vec<usize> = all.map(|(worker, _)| worker).collect();
        let worker = *self.dice.pick(&workers).unwrap();
        let (name, chance) = (format!("new{number}"), Seeded::of(self.dice.next()));
        let mut phone =
            Handset::open(&self.time, self.folder.path().join(&name), &name, worker, chance);
        phone.code = Some(self.town.enrolment(&self.server, worker));
        self.phones.push(phone);
        self.trace.says(format!("phone {number} is unpacked for worker {worker}"));
    }

    /// A phone is reported lost: one at most in a run.
    fn blocks(&mut self, agency: usize) {
        let number = self.a_phone();
        let handset = &self.phones[number];
        let theirs = self.town.workers[handset.worker].agency == agency;
        if !theirs || self.phones.iter().any(|handset| handset.ever_blocked) {
            return;
        }
        let Some(device) = handset.device() else { return };
        let mode = if self.dice.percent(50) { "after_sending" } else { "now" };
        let body = json!({ "mode": mode, "sim_number": "", "note": "" });
        if self.orders(agency, "POST", &format!("phones/{device}/block"), &body).is_some() {
            self.phones[number].blocked = Some(self.time.now());
            self.phones[number].ever_blocked = true;
        }
    }

    /// I9: an office tries what belongs to the other one, by its true ids, and finds nothing.
    pub fn pries(&mut self) {
        let of = if self.dice.percent(50) { TILLEULS } else { LILAS };
        let by = if of == TILLEULS { LILAS } else { TILLEULS };
        let (visit, home) = (self.a_visit_at(of), self.a_home_of(of));
        let (client, tag) = (self.town.homes[home].client, self.town.homes[home].tags[0].0.clone());
        let theirs = self.town.workers.iter().find(|worker| worker.agency == of).unwrap();
        let caregiver = theirs.id;
        let device = self.phones.iter().find(|h| self.town.workers[h.worker].agency == of);
        let device = device.and_then(Handset::device).map(|id| id.to_string()).unwrap_or_default();
        let moved = self.town.a_visit(by, self.time.now(), &self.dice);
        let (none, why) = (json!({}), json!({ "reason": "Absente" }));
        let block = json!({ "mode": "now", "sim_number": "", "note": "" });
        let tries = [
            ("GET", format!("visits/{visit}"), &Value::Null),
            ("GET", format!("visits/{visit}/proof"), &Value::Null),
            ("PUT", format!("visits/{visit}"), &moved),
            ("POST", format!("visits/{visit}/cancel"), &why),
            ("POST", format!("visits/{visit}/accept"), &none),
            ("GET", format!("clients/{client}"), &Value::Null),
            ("GET", format!("clients/{client}/tags"), &Value::Null),
            ("POST", format!("tags/{tag}/revoke"), &why),
            ("GET", format!("caregivers/{caregiver}"), &Value::Null),
            ("POST", format!("caregivers/{caregiver}/enrolments"), &none),
            ("POST", format!("phones/{device}/block"), &block),
        ];
        let (method, path, body) = self.dice.pick(&tries).unwrap();
        let got = self.orders(by, method, path, body);
        assert_eq!(got, None, "I9: the other office may {method} {path}");
    }

    fn a_visit_at(&self, agency: usize) -> VisitId {
        let all: Vec<VisitId> =
            self.town.visits.iter().filter(|(of, _)| *of == agency).map(|(_, id)| *id).collect();
        *self.dice.pick(&all).expect("a visit")
    }

    fn a_home_of(&self, agency: usize) -> usize {
        let all = self.town.homes.iter().enumerate().filter(|(_, home)| home.agency == agency);
        let numbers: Vec<usize> = all.map(|(number, _)| number).collect();
        *self.dice.pick(&numbers).expect("a home")
    }
}
