//! What runs at each badge, pull and look at the board finds its rows by an index, on both engines:
//! a scan is not felt in a test, and is in an agency (docs/performance.md).

use postgres::{Client, NoTls};
use releve_server::db::{Statement, statements};
use releve_tests::database::Scratch;
use rusqlite::Connection;

use crate::fresh;

/// The statements of the hot paths, by the ends of their names.
const HOT: &[&str] = &[
    "db::feed::DRAW",
    "db::feed::MOVE",
    "identity::phone::sql::BY_TOKEN",
    "identity::phone::sql::SEEN",
    "identity::phone::sql::SYNCED",
    "identity::phone::sql::LAST_SYNC",
    "identity::phone::sql::CURSORS",
    "identity::phone::sql::CONFIRM",
    "identity::phone::sql::KEEP_ANCHOR",
    "identity::phone::sql::ANCHORS",
    "sync::sql::COMMAND",
    "sync::sql::KEEP",
    "sync::sql::CLAIM",
    "sync::sql::LANES",
    "sync::sql::HEADS",
    "sync::sql::CHANGES",
    "changes::sql::OF_PLANNING",
    "changes::sql::HELD_OF",
    "services::sql::OF_VISIT",
    "services::sql::PLANNED",
    "services::sql::ENDED",
    "contacts::sql::COLLEAGUES",
    "contacts::sql::GOERS",
    "people::sql::GRANTS",
    "people::sql::PLACE",
    "clients::sql::GRANTED",
    "clients::sql::BODY",
    "clients::sql::HELD_VISITS",
    "clients::sql::ON_PHONES",
    "clients::sql::TAG_BODY",
    "alarms::session::sql::WATCHED",
    "visits::sql::CLAIM",
    "visits::sql::MET",
    "visits::sql::HELD_BY",
    "visits::sql::ADD_STAMP",
    "visits::sql::ADD_MEASURE",
    "visits::sql::ADD_HEAD",
    "visits::sql::PREVIOUS",
    "visits::sql::NEAR",
    "visits::sql::UNSURE",
    "visits::sql::STAMP",
    "visits::sql::BODY",
    "visits::sql::ONE",
    "visits::sql::VISIT_STAMPS",
    "visits::sql::BOARD",
    "visits::sql::BOARD_STAMPS",
    "visits::sql::HEARD_OF",
];

fn hot() -> Vec<Statement> {
    let all = statements();
    let named = |end: &&str| {
        let found = all.iter().find(|statement| statement.name().ends_with(&format!("::{end}")));
        *found.unwrap_or_else(|| panic!("no statement {end}"))
    };
    HOT.iter().map(named).collect()
}

#[test]
fn sqlite_scans_no_table() {
    let scratch = Scratch::sqlite();
    drop(fresh(&scratch));
    let db = Connection::open(scratch.file().unwrap()).unwrap();
    let tables: Vec<String> = rows(&db, "SELECT name FROM sqlite_schema WHERE type = 'table'", 0);
    let mut scans = Vec::new();
    for statement in hot() {
        for step in rows(&db, &format!("EXPLAIN QUERY PLAN {}", statement.sql()), 3) {
            // A step of a common table expression, or of a list, is no table.
            let scanned = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
            let Some(scanned) = scanned else { continue };
            let table = tables.iter().any(|table| {
                let named = |before: &str| {
                    let alias = format!("{before} {table} {scanned}");
                    statement
                        .sql()
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" ")
                        .contains(&alias)
                };
                scanned == table || named("FROM") || named("JOIN")
            });
            if table {
                scans.push(format!("{}: {step}", statement.name()));
            }
        }
    }
    assert!(scans.is_empty(), "{}", scans.join("\n"));
}

fn rows(db: &Connection, sql: &str, column: usize) -> Vec<String> {
    let mut statement = db.prepare(sql).unwrap();
    // Unbound parameters are NULL: the plan does not look at them.
    let rows = statement.raw_query().mapped(|row| row.get(column)).collect::<Result<_, _>>();
    rows.unwrap()
}

/// A whole agency, all that is held or all that is open is no way to find one visit, client or worker:
/// SQLite takes such an index when its estimates are wrong (`db::migrate`).
#[test]
fn sqlite_looks_through_no_agency() {
    let scratch = Scratch::sqlite();
    drop(fresh(&scratch));
    let db = Connection::open(scratch.file().unwrap()).unwrap();
    let mut wide = Vec::new();
    for statement in hot() {
        for step in rows(&db, &format!("EXPLAIN QUERY PLAN {}", statement.sql()), 3) {
            let all = ["(organisation=?)", "(held=?)", "(state=?)", "ANY("];
            if all.iter().any(|way| step.contains(way)) {
                wide.push(format!("{}: {step}", statement.name()));
            }
        }
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

/// The same of PostgreSQL, with an agency in its tables: what it plans depends on what they hold.
#[test]
fn postgresql_looks_through_no_agency() {
    let scratch = Scratch::postgres();
    drop(fresh(&scratch));
    let mut client = Client::connect(scratch.url(), NoTls).unwrap();
    fill(&mut client);
    client.batch_execute("SET plan_cache_mode = force_generic_plan").unwrap();
    let mut wide = Vec::new();
    for statement in hot() {
        let parameters = client.prepare(statement.sql()).unwrap().params().len();
        let nulls = vec!["NULL"; parameters].join(", ");
        client.batch_execute(&format!("PREPARE hot AS {}", statement.sql())).unwrap();
        for row in client.query(&format!("EXPLAIN EXECUTE hot ({nulls})"), &[]).unwrap() {
            let step: String = row.get(0);
            if step.contains("Seq Scan") || looks_through(&step) {
                wide.push(format!("{}: {}", statement.name(), step.trim()));
            }
        }
        client.batch_execute("DEALLOCATE hot").unwrap();
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

/// Whether an index is asked for nothing but an agency, a state or a time.
fn looks_through(step: &str) -> bool {
    let Some((_, asked)) = step.split_once("Index Cond: ") else { return false };
    let wide = ["organisation", "held", "state", "starts_at", "ends_at"];
    // A day of an agency is what its board shows.
    let day = asked.contains("starts_at >=") && asked.contains("starts_at <");
    let column = |one: &str| {
        let bare = one.trim_start_matches('(');
        wide.iter().any(|wide| bare.starts_with(&format!("{wide} ")))
    };
    !day && asked.split(" AND ").all(column)
}

/// Rows in every table, as many of each organisation, worker, client and visit as an agency has, and
/// without sense otherwise: constraints are left out.
fn fill(client: &mut Client) {
    let rows = "
        SET session_replication_role = replica;
        DO $$
        DECLARE held record; target record; columns text; made text;
        BEGIN
          FOR held IN SELECT conrelid::regclass AS held_by, conname FROM pg_constraint
                       WHERE contype = 'c' AND connamespace = current_schema()::regnamespace LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', held.held_by, held.conname);
          END LOOP;
          FOR target IN SELECT table_name AS named FROM information_schema.tables
                         WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' LOOP
            SELECT string_agg(quote_ident(column_name), ', '),
                   string_agg(CASE
                     WHEN column_name IN ('held', 'transmit', 'gone') THEN 'n % 2'
                     WHEN column_name = 'n' THEN '1'
                     WHEN data_type = 'bigint' THEN 'n'
                     WHEN column_name = 'id' THEN format('%L || n', target.named)
                     WHEN column_name IN ('organisation', 'establishment')
                       THEN format('%L || n %% 4', column_name)
                     WHEN column_name IN ('membership', 'person', 'client', 'device')
                       THEN format('%L || n %% 2000', column_name)
                     WHEN column_name = 'state' AND target.named = 'lone_session'
                       THEN 'CASE WHEN n % 100 = 0 THEN ''open'' ELSE ''closed'' END'
                     WHEN column_name = 'state' THEN '''active'''
                     WHEN column_name IN ('kind', 'lane') THEN format('%L', column_name)
                     ELSE format('%L || n', column_name) END, ', ')
              INTO columns, made FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = target.named;
            EXECUTE format('INSERT INTO %I (%s) SELECT %s FROM generate_series(1, %s) n
                            ON CONFLICT DO NOTHING', target.named, columns, made,
                           CASE WHEN target.named IN ('membership', 'person', 'client', 'device')
                                THEN 2000 ELSE 8000 END);
          END LOOP;
        END $$;
        ANALYZE;";
    client.batch_execute(rows).unwrap();
}
