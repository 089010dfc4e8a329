//! Every statement of the room.

use releve_shared::id::OrganisationId;
use releve_shared::retention::{DataClass, Period};
use releve_shared::time::Moment;

use super::periods::Erased;
use crate::db::{Fault, Row, Tx};

crate::code_columns!(DataClass);

crate::statements! {
    /// What an organisation has chosen.
    CHOSEN = "SELECT class, days FROM retention WHERE organisation = $1 ORDER BY class";
    /// Writes a choice.
    CHOOSE = "INSERT INTO retention (organisation, class, days) VALUES ($1, $2, $3)
              ON CONFLICT (organisation, class) DO UPDATE SET days = excluded.days";
    /// When the job last looked at each class of each organisation; organisations without a look too.
    LOOKED = "SELECT o.id, r.class, r.ran_at FROM organisation o
                LEFT JOIN retention_run r ON r.organisation = o.id ORDER BY o.id, r.class";
    /// Takes a class that is due, once whichever node asks. A time far ahead is a clock that was set
    /// back since.
    CLAIM = "INSERT INTO retention_run (organisation, class, ran_at, erased) VALUES ($1, $2, $3, 0)
             ON CONFLICT (organisation, class) DO UPDATE SET ran_at = excluded.ran_at, erased = 0
              WHERE retention_run.ran_at <= $4 OR retention_run.ran_at > $5";
    /// Writes how many rows it erased.
    RAN = "UPDATE retention_run SET erased = $1 WHERE organisation = $2 AND class = $3";
    /// When the job last looked at a class, and what it erased.
    LAST_RUN = "SELECT ran_at, erased FROM retention_run WHERE organisation = $1 AND class = $2";
    /// Remembers that something was erased.
    ADD_ERASED = "INSERT INTO retention_erased (organisation, class, at, erased) VALUES ($1, $2, $3, $4)
                  ON CONFLICT (organisation, class, at) DO NOTHING";
    /// What was erased of a class, the newest first.
    ERASED = "SELECT at, erased FROM retention_erased WHERE organisation = $1 AND class = $2
               ORDER BY at DESC LIMIT 12";
    /// Figures of long ago.
    FORGET_ERASED = "DELETE FROM retention_erased WHERE organisation = $1 AND class = $2 AND at < $3";
}

pub fn chosen(tx: &mut Tx, org: OrganisationId) -> Result<Vec<Period>, Fault> {
    let rows = tx.query(&CHOSEN, &[org.into()])?;
    rows.iter().map(|r: &Row| Ok(Period { class: r.get(0)?, days: r.get(1)? })).collect()
}

pub fn choose(tx: &mut Tx, org: OrganisationId, period: &Period) -> Result<u64, Fault> {
    tx.execute(&CHOOSE, &[org.into(), (&period.class).into(), period.days.into()])
}

/// An organisation, and when one of its classes was looked at.
pub type Looked = (OrganisationId, Option<(String, Moment)>);

pub fn looked(tx: &mut Tx) -> Result<Vec<Looked>, Fault> {
    let rows = tx.query(&LOOKED, &[])?;
    let read = |r: &Row| {
        let (class, at): (Option<String>, Option<Moment>) = (r.get(1)?, r.get(2)?);
        Ok((r.get(0)?, class.zip(at)))
    };
    rows.iter().map(read).collect()
}

/// True when the class is due and is now this transaction's.
pub fn claim(
    tx: &mut Tx,
    org: OrganisationId,
    class: &DataClass,
    (every, now): (i64, Moment),
) -> Result<bool, Fault> {
    let times = [now.into(), now.plus(-every).into(), now.plus(every).into()];
    let values = [&[org.into(), class.into()], times.as_slice()].concat();
    Ok(tx.execute(&CLAIM, &values)? == 1)
}

pub fn ran(
    tx: &mut Tx,
    org: OrganisationId,
    class: &DataClass,
    erased: u64,
    (now, figures_before): (Moment, Moment),
) -> Result<(), Fault> {
    tx.execute(&RAN, &[erased.into(), org.into(), class.into()])?;
    tx.execute(&ADD_ERASED, &[org.into(), class.into(), now.into(), erased.into()])?;
    tx.execute(&FORGET_ERASED, &[org.into(), class.into(), figures_before.into()])?;
    Ok(())
}

pub fn last_run(
    tx: &mut Tx,
    org: OrganisationId,
    class: &DataClass,
) -> Result<Option<(Moment, u64)>, Fault> {
    let row = tx.query_opt(&LAST_RUN, &[org.into(), class.into()])?;
    row.map(|r| Ok((r.get(0)?, r.get(1)?))).transpose()
}

pub fn erased(tx: &mut Tx, org: OrganisationId, class: &DataClass) -> Result<Vec<Erased>, Fault> {
    let rows = tx.query(&ERASED, &[org.into(), class.into()])?;
    rows.iter().map(|r: &Row| Ok(Erased { at: r.get(0)?, rows: r.get(1)? })).collect()
}
