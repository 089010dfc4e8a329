//! The scene before every run: two agencies on one server, their homes and planning, and five phones
//! out of their boxes. It is set once in a process, and each run gets a copy: that is what makes
//! thousands of runs cheap.

use std::path::PathBuf;

use releve_core::Step;
use releve_shared::id::{ClientId, MembershipId, OrganisationId, PersonId, VisitId};
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};
use releve_tests::world::desk::{client_input, of, visit_input};
use releve_tests::world::time::{Seeded, Time};
use releve_tests::world::vault::MemoryVault;
use releve_tests::world::{folder, found};
use serde_json::json;
use tempfile::TempDir;

use crate::desk::Desk;
use crate::disk::{Disk, copy};
use crate::phone::{Handset, Leg, copy_files};
use crate::server::Server;

/// Les Tilleuls, where most of it happens.
pub const TILLEULS: usize = 0;
/// Les Lilas, another tenant of the same server.
pub const LILAS: usize = 1;

/// Somebody who works.
#[derive(Clone)]
pub struct Worker {
    /// In which agency.
    pub agency: usize,
    /// The membership.
    pub id: MembershipId,
    /// The person.
    pub person: PersonId,
}

/// A home and the links of its tags.
#[derive(Clone)]
pub struct Home {
    /// Of which agency.
    pub agency: usize,
    /// Who lives there.
    pub client: ClientId,
    /// Id and link of each tag, withdrawn ones too.
    pub tags: Vec<(String, String)>,
}

/// What everybody in a run knows of the town.
#[derive(Clone)]
pub struct Town {
    /// The agencies.
    pub agencies: Vec<OrganisationId>,
    /// Their offices.
    pub desks: Vec<Desk>,
    /// Who works: Amina and Bruno at Les Tilleuls, Carine at Les Lilas.
    pub workers: Vec<Worker>,
    /// Who is helped.
    pub homes: Vec<Home>,
    /// Every visit ever heard of, and whose agency's it is.
    pub visits: Vec<(usize, VisitId)>,
}

/// Whose phone each is.
const PHONES: [usize; 5] = [0, 1, 2, 0, 1];

/// A scene, set and left.
pub struct Scene {
    town: Town,
    database: String,
    folder: TempDir,
    vaults: Vec<MemoryVault>,
    now: Moment,
}

/// A copy of the scene, for one run.
pub struct Set {
    /// The true time.
    pub time: Time,
    /// The town.
    pub town: Town,
    /// The server.
    pub server: Server,
    /// The phones that are in use.
    pub phones: Vec<Handset>,
    /// Where everything is.
    pub folder: TempDir,
}

impl Scene {
    /// Sets the scene on an empty database.
    pub fn set(database: &str) -> Self {
        let (folder, time) = (folder::scratch(), Time::monday());
        let mut server = Server::over(database, &time, Seeded::of(7));
        let mut town = Town {
            agencies: Vec::new(),
            desks: vec![Desk::new("chloe"), Desk::new("denis")],
            workers: Vec::new(),
            homes: Vec::new(),
            visits: Vec::new(),
        };
        let chance = Seeded::of(8);
        town.agencies.push(found(&server.app(), &chance, "Les Tilleuls", "chloe", "Chloé Martin"));
        town.agencies.push(found(&server.app(), &chance, "Les Lilas", "denis", "Denis Robert"));
        for (agency, name) in [(TILLEULS, "Amina"), (TILLEULS, "Bruno"), (LILAS, "Carine")] {
            town.hires(&server, agency, name);
        }
        for (agency, name) in
            [(TILLEULS, "Un"), (TILLEULS, "Deux"), (TILLEULS, "Trois"), (LILAS, "Quatre")]
        {
            let client = client_input("Jeanne", name);
            let row = town.desks[agency].does(&server, "POST", "clients", &client);
            let client = of(&row.expect("a client"), "id");
            town.homes.push(Home { agency, client, tags: Vec::new() });
            town.issues_tag(&server, town.homes.len() - 1);
        }
        let dice = Seeded::of(9);
        for agency in [TILLEULS, TILLEULS, TILLEULS, LILAS] {
            town.plans(&server, agency, time.now(), &dice);
        }
        let mut vaults = Vec::new();
        for (number, worker) in PHONES.into_iter().enumerate() {
            let name = format!("phone{number}");
            let at = folder.path().join(&name);
            let mut phone =
                Handset::open(&time, at, &name, worker, Seeded::of(100 + number as u64));
            let link = town.enrolment(&server, worker);
            phone.enrols(&link).expect("a code");
            settle(&server, &mut phone);
            let _ = phone.closes();
            vaults.push(phone.vault.copy());
        }
        let kept = keep(&server, folder.path());
        server.stops();
        Self { town, database: kept, folder, vaults, now: time.now() }
    }

    /// A copy of it for the run of a seed.
    pub fn copied(&self, seed: u64, dice: &Seeded) -> Set {
        let folder = folder::scratch();
        let time = Time::monday();
        let mut phones = Vec::new();
        // Each agency has a phone; a second one of Amina and of Bruno is in use in some runs.
        let numbers = (0..PHONES.len()).filter(|number| *number < 3 || dice.percent(35));
        for number in numbers.collect::<Vec<_>>() {
            let name = format!("phone{number}");
            let at = folder.path().join(&name);
            copy_files(&self.folder.path().join(&name).join("0"), &at.join("0"));
            let (vault, chance) =
                (self.vaults[number].copy(), Seeded::of(seed.wrapping_mul(31) + number as u64));
            phones.push(Handset::with(&time, at, &name, PHONES[number], chance, vault));
        }
        // Only now: the phones' clocks have run since before the scene was set.
        time.until(self.now);
        let disk = Disk::of(&self.database, folder.path(), &seed.to_string());
        let server = Server::start(disk, &time, Seeded::of(seed ^ 0x5e4e));
        Set { time, town: self.town.clone(), server, phones, folder }
    }
}

/// A copy of the database that nobody has open: a run begins with it.
fn keep(server: &Server, folder: &std::path::Path) -> String {
    match server.url().strip_prefix("sqlite:") {
        Some(file) => {
            let kept = folder.join("kept.db");
            copy(&PathBuf::from(file), &kept);
            format!("sqlite:{}", kept.display())
        }
        None => server.url(),
    }
}

/// Sends and fetches until nothing is owed, over a perfect line.
pub fn settle(server: &Server, phone: &mut Handset) {
    for _ in 0..500 {
        if let Some(exchange) = phone.exchange.take() {
            let came = match exchange.leg {
                Leg::Up(request) => Ok(server.ask(&request).0),
                Leg::Down(came) => came,
            };
            phone.hears(came, exchange.enrols).expect("enrolled over a perfect line");
        }
        match phone.wakes() {
            Step::Send(_) | Step::Wait(0) => {}
            Step::Wait(_) | Step::Idle => return,
        }
    }
    panic!("a phone and its server speak for ever");
}

impl Town {
    fn hires(&mut self, server: &Server, agency: usize, name: &str) {
        let body =
            json!({ "first_name": name, "last_name": "Diallo", "phone": "", "role": "Aide" });
        let desk = &mut self.desks[agency];
        let row = desk.does(server, "POST", "caregivers", &body).expect("a caregiver");
        let (id, person): (MembershipId, _) = (of(&row, "id"), of(&row, "person_id"));
        let path = format!("caregivers/{id}/transmit");
        let ticked = desk.does(server, "PUT", &path, &json!({ "transmit": true }));
        ticked.expect("ticked");
        self.workers.push(Worker { agency, id, person });
    }

    /// The office shows the code of an enrolment.
    pub fn enrolment(&mut self, server: &Server, worker: usize) -> String {
        let Worker { agency, id, .. } = self.workers[worker];
        let path = format!("caregivers/{id}/enrolments");
        let shown = self.desks[agency].does(server, "POST", &path, &json!({}));
        of(&shown.expect("an enrolment"), "link")
    }

    /// The office issues a tag for a home.
    pub fn issues_tag(&mut self, server: &Server, home: usize) {
        let Home { agency, client, .. } = self.homes[home];
        let body = json!({ "kind": "nfc_static", "label": "" });
        let path = format!("clients/{client}/tags");
        let row = self.desks[agency].does(server, "POST", &path, &body).expect("a tag");
        self.homes[home].tags.push((of(&row, "id"), of(&row, "link")));
    }

    /// The office plans a visit.
    pub fn plans(&mut self, server: &Server, agency: usize, now: Moment, dice: &Seeded) -> VisitId {
        let body = self.a_visit(agency, now, dice);
        let row = self.desks[agency].does(server, "POST", "visits", &body).expect("a visit");
        let visit = of(&row["visit"], "id");
        self.visits.push((agency, visit));
        visit
    }

    /// What an office would type for a visit: mostly around now, else from yesterday to five weeks ahead.
    pub fn a_visit(&self, agency: usize, now: Moment, dice: &Seeded) -> serde_json::Value {
        let workers: Vec<&Worker> = self.workers.iter().filter(|w| w.agency == agency).collect();
        let homes: Vec<&Home> = self.homes.iter().filter(|h| h.agency == agency).collect();
        let (worker, home) = (dice.pick(&workers).unwrap(), dice.pick(&homes).unwrap());
        let below = |limit| i64::try_from(dice.below(limit)).unwrap();
        let away = if dice.percent(75) {
            below(8) * HOUR_MS - 2 * HOUR_MS
        } else {
            below(36) * DAY_MS - DAY_MS
        };
        let from = Moment((now.0 + away) / MINUTE_MS * MINUTE_MS);
        visit_input(worker.id, home.client, from, from.plus(HOUR_MS))
    }
}
