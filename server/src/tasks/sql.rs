//! Which node does a job.

use releve_shared::time::Moment;

use crate::db::{Fault, Tx};

crate::statements! {
    /// Takes a job that is due, once: whoever comes at the same time waits for this transaction and
    /// then sees that it is done. A time far ahead is a clock that was set back since.
    CLAIM = "INSERT INTO job (name, ran_at) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET ran_at = excluded.ran_at
              WHERE job.ran_at <= $3 OR job.ran_at > $4";
}

/// True when the job is due and is now this transaction's.
pub(super) fn claim(tx: &mut Tx, name: &str, every: i64, now: Moment) -> Result<bool, Fault> {
    let values = [name.into(), now.into(), now.plus(-every).into(), now.plus(every).into()];
    Ok(tx.execute(&CLAIM, &values)? == 1)
}
