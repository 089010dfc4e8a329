//! Every statement of the room.

use releve_shared::id::OrganisationId;
use releve_shared::retention::{DataClass, Period};
use releve_shared::time::Moment;

use crate::db::{Fault, Row, Tx};

crate::code_columns!(DataClass);

crate::statements! {
    /// What an organisation has chosen.
    CHOSEN = "SELECT class, days FROM retention WHERE organisation = $1 ORDER BY class";
    /// Writes a choice.
    CHOOSE = "INSERT INTO retention (organisation, class, days) VALUES ($1, $2, $3)
              ON CONFLICT (organisation, class) DO UPDATE SET days = excluded.days";
    /// When the job last looked at a class, and what it erased.
    LAST_RUN = "SELECT ran_at, erased FROM retention_run WHERE organisation = $1 AND class = $2";
    /// Writes it.
    RAN = "INSERT INTO retention_run (organisation, class, ran_at, erased) VALUES ($1, $2, $3, $4)
           ON CONFLICT (organisation, class) DO UPDATE SET ran_at = excluded.ran_at,
                                                          erased = excluded.erased";
}

pub fn chosen(tx: &mut Tx, org: OrganisationId) -> Result<Vec<Period>, Fault> {
    let rows = tx.query(&CHOSEN, &[org.into()])?;
    rows.iter().map(|r: &Row| Ok(Period { class: r.get(0)?, days: r.get(1)? })).collect()
}

pub fn choose(tx: &mut Tx, org: OrganisationId, period: &Period) -> Result<u64, Fault> {
    tx.execute(&CHOOSE, &[org.into(), (&period.class).into(), period.days.into()])
}

pub fn last_run(
    tx: &mut Tx,
    org: OrganisationId,
    class: &DataClass,
) -> Result<Option<(Moment, u64)>, Fault> {
    let row = tx.query_opt(&LAST_RUN, &[org.into(), class.into()])?;
    row.map(|r| Ok((r.get(0)?, r.get(1)?))).transpose()
}

pub fn ran(
    tx: &mut Tx,
    org: OrganisationId,
    class: &DataClass,
    erased: u64,
    now: Moment,
) -> Result<u64, Fault> {
    tx.execute(&RAN, &[org.into(), class.into(), now.into(), erased.into()])
}
