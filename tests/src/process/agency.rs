//! An agency on a server process: one worker, her phone, her visits.

use std::collections::BTreeSet;

use releve_core::door::{Act, Ask};
use releve_server::app::{Clock as _, SystemClock};
use releve_shared::id::VisitId;
use releve_shared::time::HOUR_MS;

use super::{PhoneProcess, Place, Said, until};
use crate::world::desk::Desk;

/// An agency with one worker, her phone enrolled, and visits that are due.
pub struct Agency {
    /// The supervisor.
    pub desk: Desk,
    /// The worker's phone.
    pub phone: PhoneProcess,
    /// Her first visit.
    pub visit: VisitId,
    /// All of them, one after the other.
    pub visits: Vec<VisitId>,
}

impl Agency {
    /// Sets it up on a server that runs. `now` is the real time.
    #[must_use]
    pub fn at(place: &Place) -> Self {
        Self::named(place, "worker", 1)
    }

    /// The same with the phone's folder, for several on one server, and with more visits.
    ///
    /// # Panics
    /// Without any visit.
    #[must_use]
    pub fn named(place: &Place, folder: &str, visits: i64) -> Self {
        let desk = place.desk();
        let worker = desk.adds_caregiver("Amina", "Diallo");
        desk.transmits(worker.id, true);
        let client = desk.adds_client("Jeanne", "Lefèvre");
        let start = SystemClock.now();
        let lasts = HOUR_MS / visits;
        let at = |number: i64| start.plus(number * lasts);
        let visits: Vec<VisitId> =
            (0..visits).map(|n| desk.plans(worker.id, client, at(n), at(n + 1))).collect();
        let visit = *visits.first().expect("a visit");
        let phone = PhoneProcess::start(&place.path(folder));
        let link = desk.enrolment(worker.id);
        let _ = phone.act(&Act::Enrol { link, phone_name: "Épreuve".to_owned() }).done();
        until("the planning is there", || {
            visits.iter().all(|&id| matches!(phone.ask(&Ask::Visit { id }), Said::Done(_)))
        });
        Self { desk, phone, visit, visits }
    }

    /// The ids of the stamps that the server has of the visits, as often as it has them.
    #[must_use]
    pub fn on_server(&self) -> Vec<String> {
        let of = |visit: &VisitId| {
            let proof = self.desk.get(&format!("/api/desk/visits/{visit}/proof")).ok();
            let stamps = proof["stamps"].as_array().expect("stamps").clone();
            stamps
                .into_iter()
                .map(|stamp| stamp["clocked"]["id"].as_str().unwrap_or_default().to_owned())
        };
        self.visits.iter().flat_map(of).collect()
    }

    /// What the phone holds and what the server has is the same, once each, and all that was
    /// acknowledged is in it. Gives how many stamps.
    pub fn nothing_lost_nothing_doubled(&self, acknowledged: &BTreeSet<String>) -> usize {
        let held: BTreeSet<String> =
            self.phone.acts().iter().map(|act| act.id.to_string()).collect();
        let lost: Vec<&String> = acknowledged.difference(&held).collect();
        assert!(lost.is_empty(), "acknowledged, and not on the phone: {lost:?}");
        let server = self.on_server();
        let once: BTreeSet<String> = server.iter().cloned().collect();
        assert_eq!(once.len(), server.len(), "doubled on the server");
        assert_eq!(once, held, "the server has what the phone holds");
        server.len()
    }
}
