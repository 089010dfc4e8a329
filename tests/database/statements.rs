//! What replaces compile-time checks: every statement, prepared on both engines.

use releve_server::db::{Db, Shape, Statement, statements};
use releve_tests::database::Scratch;

use crate::{ALL, fault, fresh};

#[test]
fn every_statement_prepares_alike_on_both_engines() {
    let (sqlite, postgres) = (Scratch::sqlite(), Scratch::postgres());
    let (sqlite, postgres) = (fresh(&sqlite), fresh(&postgres));
    let all = [statements(), ALL.to_vec()].concat();
    let mut wrong = Vec::new();
    for statement in &all {
        match (shape(&sqlite, *statement), shape(&postgres, *statement)) {
            (Ok(one), Ok(other)) if one == other => {}
            (one, other) => wrong
                .push(format!("{}\n  SQLite: {one:?}\n  PostgreSQL: {other:?}", statement.name())),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn names_of_statements_are_their_own() {
    let mut names: Vec<_> = statements().iter().map(Statement::name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "a room is listed twice");
}

mod traps {
    releve_server::statements! {
        /// SQLite would bind the first value to `$2`.
        SWAPPED = "SELECT n FROM lane WHERE device = $2 AND name = $1";
        /// Nothing tells PostgreSQL what `$1` is.
        UNTYPED = "SELECT n FROM lane WHERE n = $1 + 1";
        /// NUMERIC in PostgreSQL.
        SUM = "SELECT SUM(n) FROM lane";
    }
}

#[test]
fn what_the_engines_read_differently_is_refused() {
    let (sqlite, postgres) = (Scratch::sqlite(), Scratch::postgres());
    let (sqlite, postgres) = (fresh(&sqlite), fresh(&postgres));
    assert!(shape(&sqlite, traps::SWAPPED).unwrap_err().contains("ascending order"));
    assert!(shape(&postgres, traps::SUM).unwrap_err().contains("cast it"));
    assert!(shape(&postgres, traps::UNTYPED).unwrap_err().contains("CAST($1 AS BIGINT)"));
    let swapped = ["a".into(), "b".into()];
    let run = sqlite.read_blocking(|tx| Ok(tx.query(&traps::SWAPPED, &swapped)?));
    assert!(fault(run).contains("ascending order"));
}

fn shape(db: &Db, statement: Statement) -> Result<Shape, String> {
    db.read_blocking(|tx| Ok(tx.shape(&statement)?)).map_err(|stop| stop.to_string())
}
