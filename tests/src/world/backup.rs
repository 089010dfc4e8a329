//! Copies of a server's database, and putting one back in its place.

use std::path::Path;
use std::thread;

use postgres::{Client, NoTls};

/// Copies the database at `url`, which nobody uses meanwhile.
pub fn copy(url: &str) {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let db = rusqlite::Connection::open(path).expect("the database");
        let _ = std::fs::remove_file(kept(path));
        db.execute("VACUUM INTO ?1", [kept(path)]).expect("a copy");
    } else {
        let (server, name) = split(url);
        orders(&server, &[format!("CREATE DATABASE {0} TEMPLATE {name}", kept(&name))]);
    }
}

/// Puts the copy in the place of the database, and draws another epoch, as a restore must.
pub fn put_back(url: &str, epoch: &str) {
    let draw = format!("UPDATE instance SET epoch = '{epoch}'");
    if let Some(path) = url.strip_prefix("sqlite:") {
        for companion in ["-wal", "-shm"] {
            let companion = format!("{path}{companion}");
            if Path::new(&companion).exists() {
                std::fs::remove_file(companion).expect("removed");
            }
        }
        std::fs::rename(kept(path), path).expect("put back");
        rusqlite::Connection::open(path)
            .expect("the database")
            .execute_batch(&draw)
            .expect("an epoch");
    } else {
        let (server, name) = split(url);
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        let make = format!("ALTER DATABASE {0} RENAME TO {name}", kept(&name));
        orders(&server, &[drop, make]);
        orders(url, &[draw]);
    }
}

fn kept(name: &str) -> String {
    format!("{name}_kept")
}

fn split(url: &str) -> (String, String) {
    let (server, name) = url.rsplit_once('/').expect("an address with a name");
    (format!("{server}/postgres"), name.to_owned())
}

/// Gives orders to the tests' PostgreSQL.
///
/// # Panics
/// When one is not followed.
pub fn orders(url: &str, orders: &[String]) {
    tries(url, orders).unwrap_or_else(|e| panic!("{e}"));
}

/// The same for orders that may not be followed; on a thread of its own, since the client makes a
/// runtime.
///
/// # Errors
/// The first that is not followed, and why.
pub fn tries(url: &str, orders: &[String]) -> Result<(), String> {
    let run = || {
        let mut client = Client::connect(url, NoTls).expect("the cluster");
        let mut each = orders.iter();
        each.try_for_each(|order| client.batch_execute(order).map_err(|e| format!("{order}: {e}")))
    };
    thread::scope(|scope| scope.spawn(run).join()).expect("no panic")
}
