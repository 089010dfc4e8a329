//! What is counted in the database when somebody asks.

use releve_shared::time::Moment;

use crate::db::{Fault, Tx};

crate::statements! {
    /// Trusted phones: all, and those seen since four moments.
    PHONES = "SELECT COUNT(*),
                     COUNT(CASE WHEN last_seen_at >= $1 THEN 1 END),
                     COUNT(CASE WHEN last_seen_at >= $2 THEN 1 END),
                     COUNT(CASE WHEN last_seen_at >= $3 THEN 1 END),
                     COUNT(CASE WHEN last_seen_at >= $4 THEN 1 END)
                FROM device WHERE state = 'active'";
}

/// How many phones were last seen since each moment, newest first, and how many there are in all.
pub(super) fn phones(tx: &mut Tx, since: [Moment; 4]) -> Result<([i64; 4], i64), Fault> {
    let row = tx.query_one(&PHONES, &since.map(Into::into))?;
    Ok(([row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?], row.get(0)?))
}
