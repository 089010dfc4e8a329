//! What the workers do with their phones.

use releve_core::door::{Act, Reply};
use releve_shared::badge::{Method, Reading};
use releve_shared::id::VisitId;
use releve_shared::visit::{ClockKind, ManualReason, VisitNotes};

use crate::run::{Acked, Noted, Run};

impl Run {
    /// Somebody does something with a phone.
    pub fn works(&mut self, number: usize) {
        match self.dice.below(10) {
            0..5 => self.badges(number),
            5 | 6 => self.clocks_by_hand(number),
            7 => self.undoes(number),
            _ => self.writes_notes(number),
        }
        self.mourns(number);
    }

    fn badges(&mut self, number: usize) {
        let agency = self.town.workers[self.phones[number].worker].agency;
        let homes: Vec<_> = self.town.homes.iter().filter(|home| home.agency == agency).collect();
        let home = self.dice.pick(&homes).expect("homes");
        let (_, text) = self.dice.pick(&home.tags).expect("tags").clone();
        let unplanned = self.dice.percent(20);
        let reading = Reading { method: Method::Nfc, text };
        self.stamps(number, Act::Badge { reading, visit: None, unplanned });
    }

    fn clocks_by_hand(&mut self, number: usize) {
        let kind = if self.dice.percent(50) { ClockKind::Start } else { ClockKind::End };
        let (visit, reason) = (Some(self.a_visit_of(number)), Some(ManualReason::TagMissing));
        let (client, note, declared_at) = (None, String::new(), None);
        self.stamps(number, Act::ClockByHand { visit, client, kind, reason, note, declared_at });
    }

    fn stamps(&mut self, number: usize, act: Act) {
        match self.phones[number].act(act) {
            Ok(Reply::Clocked { event, visit, kind, .. }) => {
                self.trace.says(format!("phone {number} stamps {kind:?} of {visit}: {event}"));
                let agency = self.town.workers[self.phones[number].worker].agency;
                if !self.town.visits.contains(&(agency, visit)) {
                    self.town.visits.push((agency, visit));
                }
                self.acked.push(Acked { event, phone: number, at: self.time.now() });
            }
            other => self.trace.says(format!("phone {number} stamps: {other:?}")),
        }
    }

    fn undoes(&mut self, number: usize) {
        let last = self.acked.iter().rev().find(|acked| acked.phone == number);
        if let Some(event) = last.map(|acked| acked.event) {
            let undone = self.phones[number].act(Act::Undo { event });
            self.trace.says(format!("phone {number} undoes {event}: {undone:?}"));
        }
    }

    fn writes_notes(&mut self, number: usize) {
        // Often once more of the visit that the same worker wrote about last, on this phone or another.
        let worker = self.phones[number].worker;
        let mut all = self.noted.iter().rev();
        let last = all.find(|noted| self.phones[noted.phone].worker == worker);
        let again = last.filter(|_| self.dice.percent(70)).map(|noted| noted.visit);
        let visit = again.unwrap_or_else(|| self.a_visit_of(number));
        self.writes_of(number, visit);
    }

    /// Writes about a visit, in words of which there are no others.
    pub fn writes_of(&mut self, number: usize, visit: VisitId) {
        let words = format!("n{}", self.noted.len());
        let notes = VisitNotes {
            distance_hm: Some(12),
            comment: words.clone(),
            report: words.clone(),
            ..VisitNotes::default()
        };
        let done = self.phones[number].act(Act::WriteNotes { visit, notes });
        self.trace.says(format!("phone {number} writes {words} of {visit}: {done:?}"));
        if done.is_ok() {
            self.noted.push(Noted { visit, phone: number, words, at: self.time.now() });
        }
    }

    /// A visit of the phone's agency, mostly one of the last ones.
    pub fn a_visit_of(&self, number: usize) -> VisitId {
        let agency = self.town.workers[self.phones[number].worker].agency;
        let all: Vec<VisitId> =
            self.town.visits.iter().filter(|(of, _)| *of == agency).map(|(_, id)| *id).collect();
        *self.dice.pick(&all).expect("a visit")
    }
}
