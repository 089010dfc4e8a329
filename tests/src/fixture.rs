//! What a release leaves behind for the next ones to open: a phone's files with acts that are not sent
//! yet, the server's database, and what both said to each other (`tests/fixtures`).

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use postgres::{Client, NoTls};
use releve_core::door::{Act, ActState};
use releve_core::ports::{Link, NoAnswer, Request, Response, Secret, Vault as _};
use releve_server::db::{Db, migrate};
use releve_shared::time::{HOUR_MS, MINUTE_MS, Moment};
use releve_shared::visit::{ClockKind, ManualReason};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::database::Scratch;
use crate::world::World;
use crate::world::folder;
use crate::world::link::{Line, Weather};
use crate::world::phone::Phone;
use crate::world::reading::tap;
use crate::world::time::today_at;
use crate::world::vault::MemoryVault;

const DUTY: &str = "duty.db";
const CARE: &str = "care.db";
const SERVER: &str = "server.db.gz";
const FACTS: &str = "facts.json";

/// The tables of a SQLite database.
pub const TABLES: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";

const SECRETS: [(&str, Secret); 5] = [
    ("care_key", Secret::CareKey),
    ("duty_key", Secret::DutyKey),
    ("device_seed", Secret::DeviceSeed),
    ("token", Secret::Token),
    ("next_token", Secret::NextToken),
];

/// What stands beside the files.
#[derive(Debug, Serialize, Deserialize)]
pub struct Facts {
    /// The true time when all was closed.
    pub now: Moment,
    /// The keys of the phone, as hex. They open nothing but these files.
    pub vault: BTreeMap<String, String>,
    /// Ids of the acts that the server has.
    pub sent: Vec<String>,
    /// Ids of the acts that wait on the phone.
    pub unsent: Vec<String>,
    /// The visit that was badged and sent: 60 minutes.
    pub sent_visit: String,
    /// The visit whose stamps wait: 45 minutes.
    pub unsent_visit: String,
    /// What phone and server said to each other, as it went over the wire.
    pub wire: Vec<Said>,
}

/// A request as it was sent, and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Said {
    /// `GET` or `POST`.
    pub method: String,
    /// From the first slash.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: String,
    /// Status and JSON of the answer; `None` for a request that never arrived.
    pub answer: Option<(u16, Value)>,
}

/// A line that keeps what went over it.
struct Tape {
    line: Line,
    said: Arc<Mutex<Vec<Said>>>,
}

impl Link for Tape {
    fn send(&self, request: &Request) -> Result<Response, NoAnswer> {
        let came = self.line.send(request);
        let rest = request.url.split_once("://").map_or("", |(_, rest)| rest);
        self.said.lock().expect("the tape").push(Said {
            method: request.method.to_owned(),
            path: rest.find('/').map_or("/", |at| &rest[at..]).to_owned(),
            headers: request.headers.clone(),
            body: String::from_utf8(request.body.clone()).expect("JSON is text"),
            answer: came.as_ref().ok().map(|came| {
                (came.status, serde_json::from_slice(&came.body).unwrap_or(Value::Null))
            }),
        });
        came
    }
}

/// Plays a small life with this build and keeps its files in a new folder.
pub fn makes(to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    let (scratch, home) = (Scratch::sqlite(), folder::scratch());
    let kept = Mutex::new(None);
    World::on(&scratch, |w| {
        let said = Arc::new(Mutex::new(Vec::new()));
        let line = Line::new(&w.time);
        let (tape, over) = (Arc::clone(&said), line.clone());
        let wire = Box::new(move || {
            Box::new(Tape { line: over.clone(), said: Arc::clone(&tape) }) as Box<dyn Link>
        });
        let phone = Phone::over(&w.time, home.path().to_owned(), "phone", 7, wire);
        let facts = life(w, &phone, &line, &said);
        phone.close();
        *kept.lock().expect("facts") = Some(facts);
    });
    let facts: Facts = kept.into_inner().expect("facts").expect("a life");
    for file in [DUTY, CARE] {
        let _ = std::fs::copy(home.path().join(file), to.join(file)).expect("a database");
    }
    let server = to.join("server.db");
    let db = Connection::open(scratch.file().expect("a file")).expect("the database");
    db.execute("VACUUM INTO ?1", [server.display().to_string()]).expect("a copy");
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&std::fs::read(&server).expect("the copy")).expect("packed");
    std::fs::write(to.join(SERVER), packed.finish().expect("packed")).expect("a file");
    std::fs::remove_file(server).expect("the copy");
    let text = serde_json::to_string_pretty(&facts).expect("JSON");
    std::fs::write(to.join(FACTS), text + "\n").expect("a file");
}

/// An hour that was badged and sent, words both ways, and three quarters of an hour that wait.
fn life(w: &World, phone: &Phone, line: &Line, said: &Mutex<Vec<Said>>) -> Facts {
    let caregiver = w.desk.adds_caregiver("Amina", "Diallo");
    w.desk.transmits(caregiver.id, true);
    let _ = phone.enrols(&w.desk.enrolment(caregiver.id)).expect("enrolled");
    let home = w.home("Lefèvre");
    let plans = |hour: i8| {
        let from = today_at(hour, 0);
        w.desk.plans(caregiver.id, home.client, from, from.plus(HOUR_MS))
    };
    let (sent_visit, unsent_visit, _next) = (plans(8), plans(10), plans(14));
    let body = json!({ "to": [caregiver.id], "text": "Nouveau protocole", "mandatory": false });
    let _ = w.desk.post("/api/desk/threads", &body).ok();
    phone.sync().expect("a planning");
    w.time.until(today_at(8, 0));
    let _ = phone.badges(tap(&home.nfc), Some(sent_visit), false).expect("a stamp");
    w.time.pass(HOUR_MS);
    let _ = phone.badges(tap(&home.nfc), Some(sent_visit), false).expect("a stamp");
    phone.notes(sent_visit, 12, 350, "Elle a bien dormi").expect("notes");
    let writes = |text: &str| {
        let act = Act::WriteMessage { thread: None, text: text.to_owned(), alert: false };
        let _ = phone.act(act).expect("a message");
    };
    writes("Je pars chez la suivante");
    phone.sync().expect("an exchange");
    let accept = json!({ "rev": w.desk.line(sent_visit)["rev"] });
    let _ = w.desk.post(&format!("/api/desk/visits/{sent_visit}/accept"), &accept).ok();
    phone.sync().expect("an exchange");

    line.weather(Weather::Cut);
    w.time.until(today_at(10, 0));
    let by_hand = |kind| {
        w.time.pass(MINUTE_MS);
        phone.by_hand(unsent_visit, kind, Some(ManualReason::TagError)).expect("a stamp").event
    };
    let mistaken = by_hand(ClockKind::Start);
    phone.undoes(mistaken).expect("undone");
    let _ = by_hand(ClockKind::Start);
    w.time.pass(44 * MINUTE_MS);
    let _ = by_hand(ClockKind::End);
    phone.notes(unsent_visit, 7, 0, "Sans réseau").expect("notes");
    writes("Écrit sans réseau");
    assert!(phone.sync().is_err(), "nothing arrives");

    let (mut sent, mut unsent) = (Vec::new(), Vec::new());
    for act in phone.outbox() {
        let to = if act.state == ActState::OnPhone { &mut unsent } else { &mut sent };
        to.push(act.id.to_string());
    }
    let vault = SECRETS.iter().filter_map(|(name, secret)| {
        let held = phone.vault.stolen(*secret)?;
        Some(((*name).to_owned(), held.iter().map(|byte| format!("{byte:02x}")).collect()))
    });
    // What was said with a token that is no more cannot be said again.
    let token = String::from_utf8(phone.vault.stolen(Secret::Token).expect("a token"));
    let bearer = format!("Bearer {}", token.expect("text"));
    let mut wire = said.lock().expect("the tape").clone();
    wire.retain(|said| {
        let told = said.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        told.is_none_or(|(_, value)| *value == bearer) && !said.path.ends_with("/token")
    });
    Facts {
        now: w.time.now(),
        vault: vault.collect(),
        sent,
        unsent,
        sent_visit: sent_visit.to_string(),
        unsent_visit: unsent_visit.to_string(),
        wire,
    }
}

/// The facts of a fixture.
#[must_use]
pub fn facts(of: &Path) -> Facts {
    let text = std::fs::read_to_string(of.join(FACTS)).expect("facts");
    serde_json::from_str(&text).expect("facts")
}

/// Unpacks the server's database.
pub fn unpacks_server(of: &Path, to: &Path) {
    let packed = std::fs::File::open(of.join(SERVER)).expect("a fixture");
    let mut bytes = Vec::new();
    let _ = GzDecoder::new(packed).read_to_end(&mut bytes).expect("unpacked");
    std::fs::write(to, bytes).expect("a file");
}

/// Gives an old phone's files and keys to a phone of this build, which is closed meanwhile.
pub fn gives_to(of: &Path, phone: &Phone, facts: &Facts) {
    phone.close();
    for file in [DUTY, CARE] {
        for companion in ["-wal", "-shm"] {
            // There is none after a good end.
            let _ = std::fs::remove_file(phone.folder().join(format!("{file}{companion}")));
        }
        let _ = std::fs::copy(of.join(file), phone.folder().join(file)).expect("a database");
    }
    fills(&phone.vault, facts);
    phone.restart();
}

fn fills(vault: &MemoryVault, facts: &Facts) {
    for (name, secret) in SECRETS {
        vault.destroy(secret).expect("a vault");
        if let Some(hex) = facts.vault.get(name) {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
            let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
            vault.put(secret, &bytes).expect("a vault");
        }
    }
}

/// The first column of a query.
#[must_use]
pub fn texts(db: &Connection, sql: &str) -> Vec<String> {
    let mut select = db.prepare(sql).expect("a statement");
    select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Puts the rows of a server's SQLite database, under the schema that it has, into an empty PostgreSQL
/// one.
pub fn copies(old: &Connection, url: &str) {
    let names = "SELECT number || ' ' || name FROM migration ORDER BY number";
    let ran: Vec<(i64, String)> = texts(old, names)
        .iter()
        .map(|line| line.split_once(' ').expect("two words"))
        .map(|(number, name)| (number.parse().expect("a number"), name.to_owned()))
        .collect();
    let db = Db::open(url).expect("the new database");
    let made = db.write_blocking(move |tx| Ok(migrate::migrate_as(tx, &ran, Moment(1), "old")?));
    assert!(made.expect("the old schema") > 0);
    drop(db);
    // Rows come in any order here; what refers to what is as it was.
    let mut script = "SET session_replication_role = replica;\n".to_owned();
    for table in texts(old, TABLES).iter().filter(|table| *table != "migration") {
        script.push_str(&format!("DELETE FROM {table};\n"));
        let mut select = old.prepare(&format!("SELECT * FROM {table}")).expect("a statement");
        let columns = select.column_names().collect::<Vec<_>>().join(", ");
        let width = select.column_count();
        let mut rows = select.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let cells: Vec<String> = (0..width)
                .map(|at| match row.get::<_, Cell>(at).expect("a cell") {
                    Cell::Integer(int) => int.to_string(),
                    Cell::Text(text) => format!("'{}'", text.replace('\'', "''")),
                    Cell::Null => "NULL".to_owned(),
                    other => panic!("{other:?}"),
                })
                .collect();
            let cells = cells.join(", ");
            script.push_str(&format!("INSERT INTO {table} ({columns}) VALUES ({cells});\n"));
        }
    }
    let mut client = Client::connect(url, NoTls).expect("the cluster");
    client.batch_execute(&script).expect("the old rows");
}
