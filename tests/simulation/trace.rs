//! What has happened, in words for whoever looks for a fault, and as a digest: two runs of a seed on
//! SQLite must have the same.

use releve_core::ports::Secret;
use releve_shared::keys::Digest;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::phone::Handset;
use crate::run::Run;

/// A journal.
#[derive(Default)]
pub struct Trace {
    lines: Vec<String>,
    digest: Option<Digest>,
}

impl Trace {
    /// Something has happened.
    pub fn says(&mut self, line: String) {
        self.bytes(line.as_bytes());
        self.lines.push(line);
    }

    /// Something too long for the journal was said.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let so_far = self.digest.map_or_else(String::new, |digest| digest.to_string());
        self.digest = Some(Digest::of(&[so_far.as_bytes(), bytes]));
    }

    /// The journal.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl Run {
    /// The digest of the whole trace and, on SQLite, of every row of every database.
    pub fn digest(&mut self) -> String {
        let mut rows = Vec::new();
        if let Some(file) = self.server.url().strip_prefix("sqlite:") {
            rows.extend(rows_of(&Connection::open(file).expect("a file")));
        }
        for handset in &self.phones {
            rows.extend(files_of(handset));
        }
        for row in rows {
            self.trace.bytes(row.as_bytes());
        }
        self.trace.digest.expect("something has happened").to_string()
    }
}

fn files_of(handset: &Handset) -> Vec<String> {
    let files = [("duty.db", Secret::DutyKey), ("care.db", Secret::CareKey)];
    files.iter().flat_map(|(file, key)| rows_of(&handset.opened(file, *key))).collect()
}

fn rows_of(db: &Connection) -> Vec<String> {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL
                  AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut select = db.prepare(tables).expect("SQL");
    let tables: Vec<String> =
        select.query_map([], |row| row.get(0)).expect("rows").map(Result::unwrap).collect();
    let mut all = Vec::new();
    for table in tables {
        let mut select = db.prepare(&format!("SELECT * FROM {table}")).expect("SQL");
        let width = select.column_count();
        let mut rows = select.query([]).expect("rows");
        let mut of_table = Vec::new();
        while let Some(row) = rows.next().expect("a row") {
            let values: Vec<Value> = (0..width).map(|at| row.get(at).expect("a value")).collect();
            of_table.push(format!("{table}: {values:?}"));
        }
        of_table.sort();
        all.extend(of_table);
    }
    all
}
