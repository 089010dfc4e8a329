//! What phones hold of tasks.

use releve_shared::id::VisitId;
use releve_shared::task::VisitTasks;

use super::sql;
use crate::db::{Answer, Fault, Tx};

/// The body of a row of the feed; `None` for a visit without tasks that phones do not hold.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let Ok(visit) = id.parse::<VisitId>() else { return Ok(None) };
    if !sql::held(tx, visit)? {
        return Ok(None);
    }
    let known = sql::of_visit(tx, visit)?;
    let reported = sql::report(tx, visit)?.map(|report| report.tasks);
    if known.is_none() && reported.is_none() {
        return Ok(None);
    }
    let mut tasks = VisitTasks { visit: Some(visit), reported, ..VisitTasks::default() };
    if let Some(known) = known {
        tasks.offered = sql::list_of(tx, known.service, known.version)?;
        tasks.planned = known.planned;
    }
    let json = serde_json::to_string(&tasks).map_err(|e| Fault::of("writing JSON", e))?;
    Ok(Some(json))
}
