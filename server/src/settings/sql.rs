//! Every statement of the room.

use releve_shared::id::OrganisationId;
use releve_shared::setting::Setting;
use releve_shared::time::Moment;

use super::Change;
use crate::db::{Fault, Row, Tx};
use crate::identity::By;

crate::code_columns!(Setting);

crate::statements! {
    /// What an organisation has chosen.
    CHOSEN = "SELECT value FROM setting WHERE organisation = $1 AND code = $2";
    /// Writes a choice.
    CHOOSE = "INSERT INTO setting (organisation, code, value) VALUES ($1, $2, $3)
              ON CONFLICT (organisation, code) DO UPDATE SET value = excluded.value";
    /// Remembers a change.
    ADD_CHANGE = "INSERT INTO setting_change (organisation, n, code, was, value, reason, changed_by,
                                              account, changed_at)
                  VALUES ($1, (SELECT COALESCE(MAX(c.n), 0) + 1 FROM setting_change c
                                WHERE c.organisation = $1), $2, $3, $4, $5, $6, $7, $8)";
    /// The changes of a setting, the newest first.
    CHANGES = "SELECT was, value, reason, changed_by, changed_at FROM setting_change
                WHERE organisation = $1 AND code = $2 ORDER BY n DESC LIMIT 20";
    /// Changes of before a moment.
    OLD = "SELECT COUNT(*), MIN(changed_at) FROM setting_change
            WHERE organisation = $1 AND changed_at < $2";
    /// Erases them; what is chosen stays.
    FORGET = "DELETE FROM setting_change WHERE organisation = $1 AND changed_at < $2";
}

pub fn chosen(tx: &mut Tx, org: OrganisationId, setting: &Setting) -> Result<Option<i64>, Fault> {
    tx.query_opt(&CHOSEN, &[org.into(), setting.into()])?.map(|r| r.get(0)).transpose()
}

pub fn choose(
    tx: &mut Tx,
    org: OrganisationId,
    setting: &Setting,
    value: i64,
) -> Result<u64, Fault> {
    tx.execute(&CHOOSE, &[org.into(), setting.into(), value.into()])
}

pub fn add_change(
    tx: &mut Tx,
    by: &By,
    code: &str,
    (was, value): (i64, i64),
    reason: &str,
    now: Moment,
) -> Result<u64, Fault> {
    let row = [
        by.organisation.into(),
        code.into(),
        was.into(),
        value.into(),
        reason.into(),
        by.name.as_str().into(),
        by.account.into(),
        now.into(),
    ];
    tx.execute(&ADD_CHANGE, &row)
}

pub fn changes(tx: &mut Tx, org: OrganisationId, code: &str) -> Result<Vec<Change>, Fault> {
    let read = |r: &Row| {
        Ok(Change {
            was: r.get(0)?,
            value: r.get(1)?,
            reason: r.get(2)?,
            changed_by: r.get(3)?,
            changed_at: r.get(4)?,
        })
    };
    tx.query(&CHANGES, &[org.into(), code.into()])?.iter().map(read).collect()
}
