//! Amina, Bruno, Chloé at the desk, their homes, phones, clocks and weather.

pub mod alarm;
pub mod backup;
pub mod desk;
pub mod folder;
pub mod link;
pub mod paint;
pub mod phone;
pub mod reading;
pub mod server;
pub mod time;
pub mod vault;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use releve_server::app::App;
use releve_server::identity::desk::Role;
use releve_server::identity::{
    NewAccount, NewOrganisation, add_account, add_organisation, password,
};
use releve_shared::id::{ClientId, MembershipId, OrganisationId, VisitId};
use releve_shared::time::{HOUR_MS, Moment, Zone};
use tempfile::TempDir;

use crate::database::Scratch;
use desk::{Caregiver, Desk, Tag};
use phone::Phone;
use server::Server;
use time::{Seeded, Time};

/// The password of everybody at a desk.
pub const PASSWORD: &str = "Correct-Horse7-Battery";

/// A world: one server, its agencies, and their phones.
pub struct World {
    /// The true time.
    pub time: Time,
    /// Chloé, supervisor of Les Tilleuls.
    pub desk: Desk,
    /// Les Tilleuls.
    pub organisation: OrganisationId,
    server: Mutex<Option<Server>>,
    database: String,
    chance: Seeded,
    phones: AtomicU64,
    folder: TempDir,
}

releve_server::statements! {
    /// One more membership of a person.
    JOIN = "INSERT INTO membership (id, organisation, establishment, person, role, state, transmit,
                                    folded, rev, created_at)
            VALUES ($1, $2, (SELECT MIN(e.id) FROM establishment e WHERE e.organisation = $2), $3,
                    'Auxiliaire de vie', 'active', 0, 'amina', 1, $4)";
}

/// Somebody who works, and their phone.
pub struct Worker {
    /// As the desk knows them.
    pub caregiver: Caregiver,
    /// Their phone, enrolled.
    pub phone: Phone,
}

/// Somebody who is helped at home, and what hangs beside the door.
pub struct Home {
    /// The client.
    pub client: ClientId,
    /// A printed code.
    pub qr: Tag,
    /// An NTAG213 with a signed link.
    pub nfc: Tag,
}

impl World {
    /// Plays a story on an empty database of each engine in turn.
    pub fn each(story: impl Fn(&Self)) {
        println!("on SQLite");
        Self::on(&Scratch::sqlite(), &story);
        println!("on PostgreSQL");
        Self::on(&Scratch::postgres(), &story);
    }

    /// Plays a story on one database.
    pub fn on(scratch: &Scratch, story: impl Fn(&Self)) {
        let time = Time::monday();
        let chance = Seeded::of(2_026);
        let server = Server::start(scratch.url(), &time, &chance, None);
        let organisation = found(&server.app, &chance, "Les Tilleuls", "chloe", "Chloé Martin");
        let desk = Desk::new(&server.url());
        let world = Self {
            time,
            desk,
            organisation,
            server: Mutex::new(Some(server)),
            database: scratch.url().to_owned(),
            chance,
            phones: AtomicU64::new(0),
            folder: folder::scratch(),
        };
        let _ = world.desk.sign_in("chloe", PASSWORD).ok();
        story(&world);
    }

    /// The server is killed and started again over the same database.
    pub fn restart_server(&self) {
        let mut held = self.server();
        let address = held.as_ref().expect("a server").address();
        *held = None;
        *held = Some(Server::start(&self.database, &self.time, &self.chance, Some(address)));
    }

    /// One more node over the same database.
    #[must_use]
    pub fn another_node(&self) -> Server {
        Server::start(&self.database, &self.time, &self.chance, None)
    }

    /// The jobs of the hour.
    pub fn tend(&self) {
        let now = self.time.now();
        self.server()
            .as_ref()
            .expect("a server")
            .write(move |tx| releve_server::visits::roll(tx, now));
    }

    /// Keeps a copy of the server's database.
    pub fn backup(&self) {
        self.while_down(backup::copy);
    }

    /// Puts the copy in the place of the database.
    pub fn restore(&self) {
        let epoch = format!("{:016x}", self.chance.next());
        self.while_down(|url| backup::put_back(url, &epoch));
    }

    /// The server is killed, something is done to its database, and it comes back.
    pub fn while_down(&self, act: impl FnOnce(&str)) {
        let mut held = self.server();
        let address = held.as_ref().expect("a server").address();
        *held = None;
        act(&self.database);
        *held = Some(Server::start(&self.database, &self.time, &self.chance, Some(address)));
    }

    /// The running server.
    pub fn server(&self) -> MutexGuard<'_, Option<Server>> {
        self.server.lock().expect("the server")
    }

    /// Where phones and browsers find it.
    #[must_use]
    pub fn url(&self) -> String {
        self.server().as_ref().expect("a server").url()
    }

    /// Another agency on the same server, with its own supervisor, signed in.
    #[must_use]
    pub fn agency(&self, name: &str, login: &str) -> (OrganisationId, Desk) {
        let held = self.server();
        let server = held.as_ref().expect("a server");
        let organisation = found(&server.app, &self.chance, name, login, "Denis Robert");
        let desk = Desk::new(&server.url());
        let _ = desk.sign_in(login, PASSWORD).ok();
        (organisation, desk)
    }

    /// One more supervisor of Les Tilleuls.
    pub fn opens_account(&self, login: &str, name: &str) {
        let held = self.server();
        let server = held.as_ref().expect("a server");
        let (now, id, organisation) = (self.time.now(), server.app.id(), self.organisation);
        let (login, name) = (login.to_owned(), name.to_owned());
        server.write(move |tx| {
            let (login, name, password) = (login.clone(), name.clone(), hashed());
            let role = Role::Supervisor;
            let account = NewAccount { id, organisation, login, name, role, password };
            add_account(tx, &account, now)
        });
    }

    /// The director of Les Tilleuls, who reads the log.
    #[must_use]
    pub fn director(&self) -> Desk {
        let desk = Desk::new(&self.url());
        let _ = desk.sign_in("chloe-director", PASSWORD).ok();
        desk
    }

    /// A caregiver of Les Tilleuls with "Transmettre" ticked and a phone enrolled.
    #[must_use]
    pub fn worker(&self, first_name: &str) -> Worker {
        let caregiver = self.desk.adds_caregiver(first_name, "Diallo");
        self.desk.transmits(caregiver.id, true);
        Worker { caregiver, phone: self.phone_of(caregiver) }
    }

    /// Somebody who works for another agency of this server too: no screen joins them yet.
    #[must_use]
    pub fn joins(&self, worker: &Worker, organisation: OrganisationId) -> MembershipId {
        let held = self.server();
        let server = held.as_ref().expect("a server");
        let (person, now) = (worker.caregiver.person, self.time.now());
        let id: MembershipId = server.app.id();
        server.write(move |tx| {
            let row = [id.into(), organisation.into(), person.into(), now.into()];
            Ok(tx.execute(&JOIN, &row)?)
        });
        id
    }

    /// One more phone of a caregiver.
    #[must_use]
    pub fn phone_of(&self, caregiver: Caregiver) -> Phone {
        let phone = self.new_phone();
        let link = self.desk.enrolment(caregiver.id);
        let _ = phone.enrols(&link).expect("enrolled");
        phone
    }

    /// A phone out of its box.
    #[must_use]
    pub fn new_phone(&self) -> Phone {
        let number = self.phones.fetch_add(1, Ordering::SeqCst);
        let name = format!("phone{number}");
        Phone::new(&self.time, self.folder.path().join(&name), &name, 1_000 + number)
    }

    /// A client of Les Tilleuls with a code and a tag beside the door.
    #[must_use]
    pub fn home(&self, last_name: &str) -> Home {
        let client = self.desk.adds_client("Jeanne", last_name);
        Home {
            client,
            qr: self.desk.issues_tag(client, "qr"),
            nfc: self.desk.issues_tag(client, "nfc_static"),
        }
    }

    /// Plans an hour for a worker at a home.
    #[must_use]
    pub fn visit(&self, worker: &Worker, home: &Home, from: Moment) -> VisitId {
        self.desk.plans(worker.caregiver.id, home.client, from, from.plus(HOUR_MS))
    }
}

/// Founds an agency and opens the accounts of its supervisor and its director.
pub fn found(app: &App, chance: &Seeded, name: &str, login: &str, person: &str) -> OrganisationId {
    let app = app.clone();
    let db = app.db.clone();
    let mut keys = [0; 96];
    releve_server::app::Chance::fill(chance, &mut keys);
    let organisation = NewOrganisation {
        id: app.id(),
        name: name.to_owned(),
        phone: "+33563000000".to_owned(),
        zone: Zone::named("Europe/Paris").expect("a zone"),
        establishment: app.id(),
        chance: keys,
    };
    let id = organisation.id;
    let account = |login: String, name: &str, role| NewAccount {
        id: app.id(),
        organisation: id,
        login,
        name: name.to_owned(),
        role,
        password: hashed(),
    };
    let accounts = [
        account(login.to_owned(), person, Role::Supervisor),
        account(format!("{login}-director"), "La direction", Role::Admin),
    ];
    let now = app.now();
    let done = db.write_blocking(move |tx| {
        add_organisation(tx, &app.keys, &organisation, now)?;
        accounts.iter().try_for_each(|account| add_account(tx, account, now))
    });
    done.unwrap_or_else(|stop| panic!("{stop:?}"));
    id
}

/// The hash of [`PASSWORD`], made once: it costs what it should.
fn hashed() -> String {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| password::hash(PASSWORD, [3; 16]).expect("a hash")).clone()
}
