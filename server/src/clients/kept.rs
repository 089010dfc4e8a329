//! What is kept of clients, and its end (row B-19): the sheet goes, with the words of their visits; the
//! hours that were worked there stay, without a name.

use releve_shared::id::ClientId;
use releve_shared::retention::DataClass;
use releve_shared::sync::{RowKind, Scope};

use super::sql;
use crate::db::{Answer, Tx};
use crate::retention::{Erase, Kept, Pass};
use crate::{changes, services, travel, visits};

/// What is kept here.
pub const KEPT: &[Kept] = &[
    Kept {
        class: DataClass::Sheets,
        tables: &["client", "home_tag"],
        count: sql::OLD,
        erase: Erase::By(forget),
    },
    Kept {
        class: DataClass::Hours,
        tables: &["tag_tap"],
        count: sql::OLD_TAPS,
        erase: Erase::Rows(&[sql::FORGET_TAPS]),
    },
];

fn forget(tx: &mut Tx, pass: &Pass) -> Answer<u64> {
    let values = [pass.now.into(), pass.organisation.into(), pass.before.into()];
    let gone = tx.query(&sql::FORGET, &values)?;
    for row in &gone {
        let client: ClientId = row.get(0)?;
        tx.execute(&sql::FORGET_TAGS, &[pass.now.into(), client.into()])?;
        visits::forget_client(tx, client)?;
        services::forget_client(tx, client)?;
        travel::forget_client(tx, client)?;
        changes::forget_client(tx, client)?;
        tx.changed(&Scope::client(client), &RowKind::Client, client);
    }
    Ok(gone.len() as u64)
}
