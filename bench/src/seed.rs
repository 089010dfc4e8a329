//! An agency written straight into a migrated database: what a bench needs and no verb makes fast.

use std::path::Path;

use releve_shared::id::{
    ClientId, DeviceId, EnrolmentId, HomeTagId, MembershipId, PersonId, VisitId,
};
use releve_shared::keys::{Digest, Signer};
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::wire::{Device, now};

/// Workers whose phones make the load.
pub const WORKERS: usize = 500;
/// Phones of the agency: those, and more of workers with fewer visits.
pub const PHONES: usize = 5_000;
/// Visits of each of the others.
const FEW: usize = 20;
/// Workers whose phones write while others are measured.
const SPARE: usize = 12;
/// Visits of each of the former.
const VISITS: usize = 100;
/// Workers with many visits, for growth: 1×, 10×, 100×.
pub const HEAVY: [usize; 3] = [1_000, 10_000, 100_000];
/// Phones that each of those may enrol.
const CODES: usize = 12;
/// Clients of the agency.
const CLIENTS: usize = 1_000;

/// What was written.
pub struct Agency {
    pub workers: Vec<Device>,
    spare: Vec<Device>,
    pub heavy: Vec<Heavy>,
    pub server_key: String,
}

impl Agency {
    /// Phones that nobody else uses.
    pub fn writers(&mut self, n: usize) -> Vec<Device> {
        self.spare.split_off(self.spare.len() - n)
    }
}

/// A worker with many visits, who has codes to enrol phones with.
#[derive(Clone)]
pub struct Heavy {
    pub codes: Vec<String>,
    /// A phone of hers on the wire.
    pub device: Device,
}

fn id<T: From<Uuid>>(kind: u8, n: usize) -> T {
    let mut bytes = [kind; 10];
    bytes[2..10].copy_from_slice(&(n as u64).to_be_bytes());
    T::from(uuid::Builder::from_unix_timestamp_millis(1_790_000_000_000, &bytes).into_uuid())
}

fn tag_key() -> Signer {
    Signer::from_seed(&[77; 32])
}

/// A client of the agency.
pub fn client(n: usize) -> ClientId {
    id(3, n % CLIENTS)
}

/// Fills the database of a server that has an organisation and does not run.
pub fn fill(path: &Path) -> Agency {
    let mut db = Connection::open(path).expect("the database");
    let one = |sql: &str| -> String { db.query_row(sql, [], |row| row.get(0)).expect("a row") };
    let organisation = one("SELECT id FROM organisation");
    let site = one("SELECT id FROM establishment");
    let epoch = one("SELECT epoch FROM instance");
    let server_key = one("SELECT public FROM sealed_key WHERE name = 'server'");
    let tx = db.transaction().expect("a transaction");
    tx.execute(
        "UPDATE sealed_key SET public = ?1 WHERE name LIKE 'tag/%'",
        [tag_key().public().to_string()],
    )
    .expect("the tag key");
    for n in 0..CLIENTS {
        let scope = format!("client/{}", client(n));
        tx.execute(
            "INSERT INTO client (id, organisation, title, first_name, last_name, street, address_more,
                 postal_code, commune, phone, door_code, sections, folded, rev, created_at)
             VALUES (?1, ?2, 'mrs', 'Yvette', ?3, '12 rue des Tilleuls', '2e étage', '81000', 'Albi',
                 '+33536490000', '1234A', '[{\"kind\":\"access\",\"text\":\"Clé chez la voisine, sonner deux fois.\"}]',
                 ?4, 1, 0)",
            params![client(n).to_string(), organisation, format!("Garrigues {n}"), format!("yvette garrigues {n}")],
        )
        .expect("a client");
        tx.execute(
            "INSERT INTO home_tag (id, organisation, client, kind, state, label, key_number, issued_at)
             VALUES (?1, ?2, ?3, 'nfc_static', 'active', 'Porte', 1, 0)",
            params![id::<HomeTagId>(9, n).to_string(), organisation, client(n).to_string()],
        )
        .expect("a tag");
        feed(
            &tx,
            &scope,
            &[("client", client(n).to_string()), ("home_tag", id::<HomeTagId>(9, n).to_string())],
        );
    }
    let mut workers = Vec::new();
    for n in 0..PHONES + SPARE {
        let visits = if n < WORKERS { VISITS } else { FEW };
        workers.push(worker(&tx, (&organisation, &site), n, visits, &epoch));
    }
    let spare = workers.split_off(PHONES);
    let mut heavy = Vec::new();
    for (h, visits) in HEAVY.into_iter().enumerate() {
        let n = PHONES + SPARE + h;
        let device = worker(&tx, (&organisation, &site), n, visits, &epoch);
        let mut codes = Vec::new();
        for c in 0..CODES {
            let code = format!("BENCH{n}X{c}");
            let digest = Digest::of(&[b"releve enrolment 1\0", code.as_bytes()]);
            tx.execute(
                "INSERT INTO enrolment (id, organisation, person, code, created_by, created_at, expires_at, state)
                 VALUES (?1, ?2, ?3, ?4, 'bench', 0, ?5, 'waiting')",
                params![
                    id::<EnrolmentId>(8, n * CODES + c).to_string(),
                    organisation,
                    id::<PersonId>(1, n).to_string(),
                    digest.to_string(),
                    now().plus(DAY_MS).0
                ],
            )
            .expect("a code");
            codes.push(code);
        }
        heavy.push(Heavy { codes, device });
    }
    tx.commit().expect("the agency");
    Agency { workers, spare, heavy, server_key }
}

/// A worker with her planning and a trusted phone.
fn worker(
    tx: &Connection,
    (organisation, site): (&str, &str),
    n: usize,
    visits: usize,
    epoch: &str,
) -> Device {
    let (person, membership): (PersonId, MembershipId) = (id(1, n), id(2, n));
    let device: DeviceId = id(4, n);
    let mut seed = [5; 32];
    seed[..8].copy_from_slice(&(n as u64).to_be_bytes());
    let key = Signer::from_seed(&seed);
    let token = format!("bench-token-{n}");
    let at = now();
    tx.execute(
        "INSERT INTO person (id, first_name, last_name, phone) VALUES (?1, 'Amina', ?2, '+33639980000')",
        params![person.to_string(), format!("Benali {n}")],
    )
    .expect("a person");
    tx.execute(
        "INSERT INTO membership (id, organisation, establishment, person, role, state, transmit, folded, rev, created_at)
         VALUES (?1, ?2, ?3, ?4, 'Aide à domicile', 'active', 1, ?5, 1, 0)",
        params![membership.to_string(), organisation, site, person.to_string(), format!("amina benali {n}")],
    )
    .expect("a membership");
    tx.execute(
        "INSERT INTO device (id, organisation, person, public_key, name, platform, version, state, enrolled_at,
             last_seen_at, waiting, carrier_blocked)
         VALUES (?1, ?2, ?3, ?4, 'Pixel', 'android', '0.1.0', 'active', ?5, ?5, 0, 0)",
        params![device.to_string(), organisation, person.to_string(), key.public().to_string(), at.0],
    )
    .expect("a phone");
    tx.execute(
        "INSERT INTO device_token (digest, device, state, made_at) VALUES (?1, ?2, 'current', ?3)",
        params![Digest::of(&[token.as_bytes()]).to_string(), device.to_string(), at.0],
    )
    .expect("a token");
    feed(tx, &format!("person/{person}"), &[("person", person.to_string())]);
    let mut rows = vec![("membership", membership.to_string())];
    let mut phone = Device::new(device, membership, key, token);
    phone.epoch = epoch.to_owned();
    // Over the days that a phone holds; those of today first, so that small plannings have a today.
    let mut visit_row = tx
        .prepare_cached(
            "INSERT INTO visit (id, organisation, membership, client, service, starts_at, ends_at, state,
                 instructions, held, rev, created_at)
             VALUES (?1, ?2, ?3, ?4, 'Aide à la toilette', ?5, ?6, 'planned', '', 1, 1, 0)",
        )
        .expect("a statement");
    let mut holder = tx
        .prepare_cached("INSERT INTO visit_holder (visit, membership, since) VALUES (?1, ?2, 0)")
        .expect("a statement");
    for v in 0..visits {
        let visit: VisitId = id(6, n * HEAVY[2] + v);
        // At a few homes each, as in life.
        let home = n * 8 + v % 8;
        let starts = starts_at(at, v);
        let (visit_text, home_text) = (visit.to_string(), client(home).to_string());
        visit_row
            .execute(params![
                visit_text,
                organisation,
                membership.to_string(),
                home_text,
                starts.0,
                starts.plus(45 * MINUTE_MS).0
            ])
            .expect("a visit");
        holder.execute(params![visit_text, membership.to_string()]).expect("a holder");
        rows.push(("visit", visit_text));
        phone.visits.push((visit, client(home)));
    }
    feed(tx, &format!("membership/{membership}"), &rows);
    phone
}

/// Fifty of each hundred days' worth today at most: the rest spread over the window of a phone.
fn starts_at(now: Moment, v: usize) -> Moment {
    let day = i64::try_from(v / 50 % 35).expect("a day");
    let day = if day > 28 { 28 - day } else { day };
    let midnight = now.plus(-now.0.rem_euclid(DAY_MS));
    midnight
        .plus(day * DAY_MS + 5 * HOUR_MS + i64::try_from(v % 50).expect("a slot") * 15 * MINUTE_MS)
}

fn feed(tx: &Connection, scope: &str, rows: &[(&str, String)]) {
    tx.execute(
        "INSERT INTO scope (id, head, floor) VALUES (?1, ?2, 0) ON CONFLICT (id) DO UPDATE SET head = excluded.head",
        params![scope, rows.len() as i64],
    )
    .expect("a scope");
    let mut insert = tx
        .prepare_cached(
            "INSERT INTO change (scope, seq, kind, id, gone) VALUES (?1, ?2, ?3, ?4, 0)",
        )
        .expect("a statement");
    for (n, (kind, id)) in rows.iter().enumerate() {
        insert.execute(params![scope, n as i64 + 1, kind, id]).expect("a change");
    }
}
