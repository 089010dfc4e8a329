//! What caregivers wrote at the end of their visits (row O-35).

use releve_shared::id::{ClientId, MembershipId, VisitId};
use releve_shared::time::{Day, Moment};
use serde::Serialize;
use utoipa::ToSchema;

use super::rows;
use crate::audit::note_reading;
use crate::db::{Answer, Tx};
use crate::http::Role;
use crate::identity::By;
use crate::text::Search;

/// A report in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportRow {
    /// Of which visit.
    pub visit: VisitId,
    /// Whose visit.
    pub membership: MembershipId,
    /// Who wrote it, by name.
    pub caregiver_name: String,
    /// At whose home.
    pub client: ClientId,
    /// By name.
    pub client_name: String,
    /// The kind of help.
    pub service: String,
    /// Planned start of the visit.
    pub starts_at: Moment,
    /// Planned end of the visit.
    pub ends_at: Moment,
    /// What was noted during it.
    pub comment: String,
    /// The report at its end; empty when there is none.
    pub report: String,
    /// When it was written last.
    pub written_at: Moment,
}

/// The reports of the visits of some days, the newest first; of one worker or client when they are
/// named, and with the words typed.
///
/// # Errors
/// Those of the database.
pub fn reports(
    tx: &mut Tx,
    by: &By,
    (day, to): (Day, Day),
    of: (Option<MembershipId>, Option<ClientId>),
    q: &str,
) -> Answer<Vec<ReportRow>> {
    let period = (by.zone.bounds(day).0, by.zone.bounds(to).1);
    let search = Search::of(q);
    let mut rows = rows::reports(tx, by.organisation, period, of)?;
    rows.retain(|row| {
        let texts = [&row.comment, &row.report, &row.caregiver_name, &row.client_name];
        search.finds(&crate::text::folded(&texts.map(String::as_str), ""))
    });
    Ok(rows)
}

/// Notes that somebody has read reports: they tell of health (row B-19). Of one client, it is noted with
/// the client's sheet; of all, with all of them.
pub(super) fn noted(
    tx: &mut Tx,
    by: &By,
    role: Role,
    (day, to): (Day, Day),
    client: Option<ClientId>,
    (rows, now): (&[ReportRow], Moment),
) -> Answer<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let detail = format!("{} {day} {to}", role.code());
    match client {
        Some(client) => note_reading(tx, by, "client.reports", client, &detail, now)?,
        None => note_reading(tx, by, "report.read", "all", &detail, now)?,
    }
    Ok(())
}
