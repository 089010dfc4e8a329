//! A server in memory that answers one phone: what the phone's own figures are measured against, so
//! that neither a network nor a server is in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use releve_core::ports::{Link, NoAnswer, Request, Response};
use releve_shared::badge::{HomeTag, TagKey, TagKind, TagState, Token};
use releve_shared::client::{Client, Section, SectionKind, Title};
use releve_shared::enrolment::{EnrolAnswer, EnrolmentLink, Lease};
use releve_shared::establishment::Organisation;
use releve_shared::id::{ClientId, DeviceId, HomeTagId, MembershipId, PersonId, VisitId};
use releve_shared::keys::Signer;
use releve_shared::person::{Membership, MembershipState, Person};
use releve_shared::sync::{
    Outcome, PAGE_ROWS, PullAnswer, PullRequest, PushAnswer, PushRequest, Row, RowKind, Scope,
    TokenRequest, Verdict,
};
use releve_shared::time::{DAY_MS, MINUTE_MS, Zone};
use releve_shared::visit::{Visit, VisitState};
use serde::Serialize;
use uuid::Uuid;

use crate::wire::now;

/// Visits of each day.
pub const A_DAY: usize = 50;
/// Homes that a worker goes to.
const HOMES: usize = 8;
const URL: &str = "http://canned.test";

const FIRST: [&str; 50] = [
    "Yvette",
    "Denise",
    "Jeanne",
    "Zoé",
    "Renée",
    "Hélène",
    "Thérèse",
    "Odette",
    "Lucienne",
    "Andrée",
    "Simone",
    "Marcelle",
    "Germaine",
    "Geneviève",
    "Colette",
    "Paulette",
    "Françoise",
    "Irène",
    "Noëlle",
    "Aimée",
    "René",
    "André",
    "Marcel",
    "Fernand",
    "Émile",
    "Gérard",
    "Étienne",
    "Hervé",
    "Joël",
    "Noël",
    "Raymond",
    "Roger",
    "Lucien",
    "Henri",
    "Albert",
    "Gaston",
    "Léon",
    "Rémi",
    "Anaïs",
    "Éloïse",
    "Marie",
    "Josiane",
    "Huguette",
    "Ginette",
    "Monique",
    "Claudine",
    "Bernadette",
    "Maryse",
    "Régine",
    "Solange",
];
const LAST: [&str; 100] = [
    "Garrigues",
    "Ferrer",
    "Bénézech",
    "Durand",
    "Martin",
    "Albouy",
    "Cros",
    "Assémat",
    "Vidal",
    "Fabre",
    "Puech",
    "Bousquet",
    "Cabrol",
    "Calmels",
    "Delmas",
    "Azaïs",
    "Roques",
    "Sicard",
    "Teyssier",
    "Rigal",
    "Maurel",
    "Barthès",
    "Combes",
    "Galibert",
    "Gayraud",
    "Lacroix",
    "Malié",
    "Mazars",
    "Négrié",
    "Pagès",
    "Portal",
    "Raynal",
    "Salvan",
    "Séguier",
    "Soulié",
    "Tournier",
    "Vergnes",
    "Viguier",
    "Amalric",
    "Bardou",
    "Blanc",
    "Bonnet",
    "Boyer",
    "Brunet",
    "Carrière",
    "Castan",
    "Cathala",
    "Cazals",
    "Chabbert",
    "Clergue",
    "Cormary",
    "Costes",
    "Daures",
    "Enjalbert",
    "Espitalier",
    "Estève",
    "Fontès",
    "Frayssinet",
    "Gasc",
    "Gau",
    "Gil",
    "Gineste",
    "Houlès",
    "Icard",
    "Jalabert",
    "Julié",
    "Lagarde",
    "Landes",
    "Lavergne",
    "Lautier",
    "Loubière",
    "Maffre",
    "Marty",
    "Massol",
    "Mathieu",
    "Miquel",
    "Molinier",
    "Monteil",
    "Moulin",
    "Nespoulous",
    "Olombel",
    "Oulès",
    "Pélissier",
    "Petit",
    "Prat",
    "Régis",
    "Ricard",
    "Rouquette",
    "Rouanet",
    "Sablayrolles",
    "Sénégas",
    "Serres",
    "Tarroux",
    "Théron",
    "Trouche",
    "Valat",
    "Vayssière",
    "Verdier",
    "Vialelle",
    "Zamora",
];
const COMMUNES: [&str; 10] = [
    "Albi",
    "Castres",
    "Gaillac",
    "Carmaux",
    "Mazamet",
    "Graulhet",
    "Lavaur",
    "Saint-Juéry",
    "Réalmont",
    "Rabastens",
];

/// The planning and the sheets of one worker.
pub struct Canned {
    key: Signer,
    organisation: Organisation,
    rows: Vec<Row>,
    scopes: Vec<Scope>,
}

fn id<T: From<Uuid>>(kind: u8, n: usize) -> T {
    let mut bytes = [kind; 10];
    bytes[2..10].copy_from_slice(&(n as u64).to_be_bytes());
    T::from(uuid::Builder::from_unix_timestamp_millis(1_790_000_000_000, &bytes).into_uuid())
}

fn tag_key() -> Signer {
    Signer::from_seed(&[77; 32])
}

/// The link of the tag at a client's home.
pub fn tag_of(home: ClientId) -> String {
    let n = (0..HOMES).find(|n| id::<ClientId>(3, *n) == home).expect("a home of the bench");
    Token::issue(id(1, 0), id(9, n), 1, &tag_key()).link(URL)
}

fn sheet(n: usize) -> Client {
    Client {
        id: id(3, n),
        title: Title::Mrs,
        first_name: FIRST[n / LAST.len() % FIRST.len()].to_owned(),
        last_name: LAST[n % LAST.len()].to_owned(),
        street: format!("{} rue des Tilleuls", n % 90 + 1),
        address_more: "2ᵉ étage".to_owned(),
        postal_code: "81000".to_owned(),
        commune: COMMUNES[n % COMMUNES.len()].to_owned(),
        phone: format!("+335{:08}", 63_000_000 + n),
        door_code: "1234A".to_owned(),
        sections: vec![Section {
            kind: SectionKind::Access,
            title: String::new(),
            text: "Clé chez la voisine, sonner deux fois.".to_owned(),
        }],
        at: None,
    }
}

impl Canned {
    /// A worker with so many visits, fifty a day around today, and so many clients' sheets.
    pub fn new(visits: usize, clients: usize) -> Arc<Self> {
        let key = Signer::from_seed(&[1; 32]);
        let zone = Zone::named("Europe/Paris").expect("a zone");
        let organisation = Organisation {
            id: id(1, 0),
            name: "Aide & Vie du Tarn".to_owned(),
            phone: "+33563000000".to_owned(),
            zone: zone.clone(),
            end_reminder_min: 5,
            same_callback_min: 5,
            lock: releve_shared::lock::LockRules::default(),
            tag_keys: vec![TagKey { number: 1, public: tag_key().public() }],
        };
        let mut canned =
            Self { key, organisation: organisation.clone(), rows: Vec::new(), scopes: Vec::new() };
        let scope = Scope::organisation(organisation.id);
        canned.put(&scope, RowKind::Organisation, organisation.id.to_string(), &organisation);
        let (person, member): (PersonId, MembershipId) = (id(2, 0), id(4, 0));
        let me = Person {
            id: person,
            first_name: "Amina".to_owned(),
            last_name: "Benali".to_owned(),
            phone: "+33639980000".to_owned(),
        };
        canned.put(&Scope::person(person), RowKind::Person, person.to_string(), &me);
        for n in 0..clients {
            let client = sheet(n);
            let scope = Scope::client(client.id);
            canned.put(&scope, RowKind::Client, client.id.to_string(), &client);
            if n < HOMES {
                let (tag, kind) = (id::<HomeTagId>(9, n), TagKind::NfcStatic);
                let row = HomeTag { id: tag, client: client.id, kind, state: TagState::Active };
                canned.put(&scope, RowKind::HomeTag, tag.to_string(), &row);
            }
        }
        let planning = Scope::membership(member);
        let membership = Membership {
            id: member,
            person,
            organisation: organisation.id,
            role: "Aide à domicile".to_owned(),
            state: MembershipState::Active,
        };
        canned.put(&planning, RowKind::Membership, member.to_string(), &membership);
        let today = zone.day_of(now());
        for v in 0..visits {
            // Today, tomorrow, yesterday, in two days …: whatever the hour, today is full.
            let days = i32::try_from(v / A_DAY).expect("a day");
            let day = today.plus(if days % 2 == 0 { -days / 2 } else { days / 2 + 1 });
            let minutes = i64::try_from(v % A_DAY).expect("a slot") * 15;
            let starts = zone.at(day, 6, 0).plus(minutes * MINUTE_MS);
            let home = sheet(v % HOMES);
            let visit = Visit {
                id: id::<VisitId>(6, v),
                membership: member,
                client: home.id,
                client_label: format!("Mme {}", home.last_name),
                place: home.commune,
                service: "Aide à la toilette".to_owned(),
                starts_at: starts,
                ends_at: starts.plus(45 * MINUTE_MS),
                state: VisitState::Planned,
                instructions: String::new(),
            };
            canned.put(&planning, RowKind::Visit, visit.id.to_string(), &visit);
        }
        Arc::new(canned)
    }

    fn put<T: Serialize>(&mut self, scope: &Scope, kind: RowKind, id: String, row: &T) {
        if self.scopes.last() != Some(scope) {
            self.scopes.push(scope.clone());
        }
        let seq = self.rows.len() as u64 + 1;
        let body = Some(serde_json::to_string(row).expect("JSON"));
        self.rows.push(Row { scope: scope.clone(), seq, kind, id, body });
    }

    /// The text of the QR.
    pub fn link(&self) -> String {
        let (server, code) = (URL.to_owned(), "C0DE".to_owned());
        EnrolmentLink { server, code, key: self.key.public() }.text()
    }

    /// Rows of the feed.
    pub fn records(&self) -> usize {
        self.rows.len()
    }

    /// What a search of names looks at.
    pub fn names(&self) -> Vec<String> {
        let sheets = self.rows.iter().filter(|row| row.kind == RowKind::Client);
        sheets
            .filter_map(|row| serde_json::from_str::<Client>(row.body.as_ref()?).ok())
            .map(|c| format!("{} {} {} {}", c.last_name, c.first_name, c.commune, c.street))
            .collect()
    }

    fn lease(&self) -> Lease {
        Lease::sign(id::<DeviceId>(5, 0), now(), now().plus(7 * DAY_MS), &self.key)
    }

    fn pull(&self, asked: &PullRequest) -> Vec<u8> {
        // Numbers are those of the list: the furthest cursor says how far the phone has come.
        let from = asked.cursors.values().copied().max().unwrap_or(0) as usize;
        let to = (from + PAGE_ROWS).min(self.rows.len());
        let rows = self.rows[from..to].to_vec();
        let mut cursors: BTreeMap<Scope, u64> = asked.cursors.clone();
        for row in &rows {
            cursors.insert(row.scope.clone(), row.seq);
        }
        json(&PullAnswer {
            epoch: "canned".to_owned(),
            server_time: now(),
            scopes: self.scopes.clone(),
            resets: Vec::new(),
            rows,
            cursors,
            complete: to == self.rows.len(),
            lease: self.lease(),
            min_version: "0.1.0".to_owned(),
            standing: None,
        })
    }
}

/// The way to it.
pub struct CannedLink(pub Arc<Canned>);

impl Link for CannedLink {
    fn send(&self, request: &Request) -> Result<Response, NoAnswer> {
        let path = request.url.strip_prefix(URL).expect("the canned server");
        let body = match path {
            "/api/phone/enrol" => json(&EnrolAnswer {
                device: id(5, 0),
                person: id(2, 0),
                organisation: self.0.organisation.clone(),
                epoch: "canned".to_owned(),
                server_time: now(),
                lease: self.0.lease(),
            }),
            "/api/phone/pull" => self.0.pull(&read(request)),
            "/api/phone/token" => json(&read::<TokenRequest>(request)),
            "/api/phone/push" => {
                let asked: PushRequest = read(request);
                let done = |envelope: &releve_shared::sync::Envelope| Outcome {
                    id: envelope.id,
                    lane: envelope.lane.clone(),
                    n: envelope.n,
                    verdict: Verdict::Done,
                    at: now(),
                    seen: BTreeMap::new(),
                };
                json(&PushAnswer {
                    epoch: "canned".to_owned(),
                    server_time: now(),
                    outcomes: asked.commands.iter().map(done).collect(),
                    last: BTreeMap::new(),
                })
            }
            other => panic!("{other} is no door of the server"),
        };
        Ok(Response { status: 200, content_type: "application/json".to_owned(), body })
    }
}

fn read<T: serde::de::DeserializeOwned>(request: &Request) -> T {
    serde_json::from_slice(&request.body).expect("a request of the protocol")
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("JSON")
}
