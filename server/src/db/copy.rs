//! A whole database, row by row, in a form that both engines write and read: for backups.
//!
//! The only place where SQL is made at run time, out of names that the engine's own catalogue gave.

use std::collections::BTreeSet;

use super::answer::Fault;
use super::statement::Statement;
use super::tx::{Link, Tx};
use super::value::{Row, Value};

/// Rows fetched at a time.
const PAGE: usize = 1_000;
/// Values bound to one INSERT at most; both engines take more.
const BOUND: usize = 1_000;

/// The catalogues, each in its engine's words.
mod sqlite {
    crate::statements! {
        /// Tables.
        TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'
                   ORDER BY rowid";
        /// Which table refers to which.
        LINKS = "SELECT m.name, f.\"table\" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f
                  WHERE m.type = 'table'";
        /// A table's columns.
        COLUMNS = "SELECT name FROM pragma_table_info($1) ORDER BY cid";
        /// What the file says of itself.
        INTEGRITY = "SELECT integrity_check FROM pragma_integrity_check";
        /// Rows that refer to none.
        ORPHANS = "SELECT CAST(COUNT(*) AS BIGINT) FROM pragma_foreign_key_check";
    }
}

/// As above.
mod postgres {
    crate::statements! {
        /// Tables.
        TABLES = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
                   WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1";
        /// Which table refers to which.
        LINKS = "SELECT CAST(c.relname AS TEXT), CAST(p.relname AS TEXT) FROM pg_constraint k
                   JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
                   JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE k.contype = 'f' AND n.nspname = current_schema()";
        /// A table's columns.
        COLUMNS = "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
                    WHERE table_schema = current_schema() AND CAST(table_name AS TEXT) = $1
                    ORDER BY ordinal_position";
    }
}

/// A table, as the catalogue names it and its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    name: String,
    columns: Vec<String>,
}

impl Table {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its columns, in the order of the values of [`Tx::each_row`].
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The same table with these of its columns only; `None` when it has not all of them.
    #[must_use]
    pub fn narrowed(&self, columns: &[String]) -> Option<Self> {
        let own: BTreeSet<&String> = self.columns.iter().collect();
        let all = columns.iter().all(|column| own.contains(column)) && !columns.is_empty();
        all.then(|| Self { name: self.name.clone(), columns: columns.to_vec() })
    }

    fn list(&self) -> String {
        self.columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
    }
}

impl Tx {
    /// Every table, those that others refer to first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn tables(&mut self) -> Result<Vec<Table>, Fault> {
        let (tables, links, columns) = match self.link {
            Link::Sqlite(_) => (&sqlite::TABLES, &sqlite::LINKS, &sqlite::COLUMNS),
            Link::Postgres(_) => (&postgres::TABLES, &postgres::LINKS, &postgres::COLUMNS),
        };
        let names = self.query(tables, &[])?;
        let names = names.iter().map(|row| row.get(0)).collect::<Result<Vec<String>, _>>()?;
        let links = self.query(links, &[])?;
        let pair = |row: &Row| Ok((row.get(0)?, row.get(1)?));
        let links = links.iter().map(pair).collect::<Result<Vec<(String, String)>, Fault>>()?;
        let mut found = Vec::with_capacity(names.len());
        for name in in_order(names, &links) {
            let rows = self.query(columns, &[name.as_str().into()])?;
            let columns = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
            found.push(Table { name, columns });
        }
        Ok(found)
    }

    /// Hands every row of a table to `each`, some at a time; gives how many there were.
    ///
    /// # Errors
    /// Those of the database and of `each`.
    pub fn each_row(
        &mut self,
        table: &Table,
        each: &mut dyn FnMut(&[Value]) -> Result<(), Fault>,
    ) -> Result<u64, Fault> {
        let (name, list) = (quoted(&table.name), table.list());
        let mut rows = 0_u64;
        let mut page = |found: Vec<Row>, skip: usize| -> Result<usize, Fault> {
            for row in &found {
                each(row.values().get(skip..).unwrap_or_default())?;
            }
            rows = rows.saturating_add(found.len() as u64);
            Ok(found.len())
        };
        match self.link {
            Link::Sqlite(_) => {
                let next = made(format!(
                    "SELECT rowid, {list} FROM {name} WHERE rowid > $1 ORDER BY rowid LIMIT {PAGE}"
                ));
                let mut after = i64::MIN;
                loop {
                    let found = self.query(&next, &[after.into()])?;
                    let Some(last) = found.last() else { break };
                    after = last.get(0)?;
                    page(found, 1)?;
                }
            }
            Link::Postgres(_) => {
                let cursor = quoted(&format!("copy of {}", table.name));
                let open =
                    format!("DECLARE {cursor} NO SCROLL CURSOR FOR SELECT {list} FROM {name}");
                self.batch(&open)?;
                let next = made(format!("FETCH {PAGE} FROM {cursor}"));
                while page(self.query(&next, &[])?, 0)? > 0 {}
                self.batch(&format!("CLOSE {cursor}"))?;
            }
        }
        Ok(rows)
    }

    /// Empties tables, in the order of [`Tx::tables`]. Only for a database that nobody uses yet.
    ///
    /// # Errors
    /// Those of the database.
    pub fn empty(&mut self, tables: &[Table]) -> Result<(), Fault> {
        for table in tables.iter().rev() {
            self.batch(&format!("DELETE FROM {}", quoted(&table.name)))?;
        }
        Ok(())
    }

    /// Adds rows to a table, several by statement.
    ///
    /// # Errors
    /// Those of the database, and a row of another width.
    pub fn put_rows(&mut self, table: &Table, rows: &[Vec<Value>]) -> Result<(), Fault> {
        let width = table.columns.len();
        if rows.iter().any(|row| row.len() != width) {
            return Err(Fault::new(format!("a row of {} has not {width} values", table.name)));
        }
        for some in rows.chunks((BOUND / width.max(1)).max(1)) {
            let mut next = 0;
            let mut tuple = || {
                let values = (0..width).map(|_| {
                    next += 1;
                    format!("${next}")
                });
                format!("({})", values.collect::<Vec<_>>().join(", "))
            };
            let tuples = some.iter().map(|_| tuple()).collect::<Vec<_>>().join(", ");
            let (name, list) = (quoted(&table.name), table.list());
            let add = made(format!("INSERT INTO {name} ({list}) VALUES {tuples}"));
            self.execute(&add, &some.concat())?;
        }
        Ok(())
    }

    /// What the engine itself finds wrong with its file: nothing, on PostgreSQL, which has checked
    /// every reference when it was written.
    ///
    /// # Errors
    /// Those of the database.
    pub fn integrity(&mut self) -> Result<Vec<String>, Fault> {
        if matches!(self.link, Link::Postgres(_)) {
            return Ok(Vec::new());
        }
        let said = self.query(&sqlite::INTEGRITY, &[])?;
        let mut said = said.iter().map(|row| row.get(0)).collect::<Result<Vec<String>, _>>()?;
        said.retain(|line| line != "ok");
        let orphans: i64 = self.query_one(&sqlite::ORPHANS, &[])?.get(0)?;
        if orphans > 0 {
            said.push(format!("{orphans} rows refer to rows that are not there"));
        }
        Ok(said)
    }
}

/// A statement that lives as long as the process: a copy makes two or three for each table.
fn made(sql: String) -> Statement {
    Statement::of_macro("copy", Box::leak(sql.into_boxed_str()))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Tables after those that they refer to; a circle, which we have not, comes as it is.
fn in_order(names: Vec<String>, links: &[(String, String)]) -> Vec<String> {
    let mut left = names;
    let mut done: Vec<String> = Vec::new();
    while !left.is_empty() {
        let (ready, waiting): (Vec<_>, Vec<_>) = left.iter().cloned().partition(|name| {
            let refers = |(from, to): &(String, String)| from == name && to != name;
            links.iter().filter(|link| refers(link)).all(|(_, to)| done.contains(to))
        });
        if ready.is_empty() {
            done.extend(waiting);
            return done;
        }
        done.extend(ready);
        left = waiting;
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_come_after_those_they_refer_to() {
        let names = ["visit", "client", "organisation", "alone"].map(str::to_owned).to_vec();
        let links = [("visit", "client"), ("client", "organisation"), ("visit", "visit")]
            .map(|(from, to)| (from.to_owned(), to.to_owned()));
        assert_eq!(in_order(names, &links), ["organisation", "alone", "client", "visit"]);
    }
}
