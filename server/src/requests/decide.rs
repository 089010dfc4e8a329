//! Deciding, at the desk.

use releve_shared::id::RequestId;
use releve_shared::refusal::Refusal;
use releve_shared::request::{OfficeRequest, RequestState, TEXT_LIMIT};
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::{DAY_MS, Moment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sql;
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::text::{self, BadField};

/// How long a decided request stays on the desk's list.
const SHOWN_MS: i64 = 90 * DAY_MS;

/// A request in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RequestRow {
    /// What is asked, and what has come of it.
    #[serde(flatten)]
    pub request: OfficeRequest,
    /// Her first name.
    pub first_name: String,
    /// Her last name.
    pub last_name: String,
    /// Visits of hers planned in the time asked about.
    pub planned_visits: u64,
}

/// What the office decides.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct Answered {
    /// Granted or not.
    pub accept: bool,
    /// In words, for her to read; a refusal needs some.
    #[serde(default)]
    pub comment: String,
}

impl Answered {
    /// Checks what was typed.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a refusal without a word; [`Refusal::TooLong`].
    pub fn check(&self) -> Result<Self, BadField> {
        let comment = text::paragraph("comment", &self.comment)?;
        if comment.chars().count() > TEXT_LIMIT {
            return Err(BadField { field: "comment", refusal: Refusal::TooLong });
        }
        if !self.accept && comment.is_empty() {
            return Err(BadField::invalid("comment"));
        }
        Ok(Self { accept: self.accept, comment })
    }
}

/// The requests of the organisation: those to decide first, the oldest first, then those decided within
/// ninety days.
///
/// # Errors
/// Those of the database.
pub fn list(tx: &mut Tx, by: &By, now: Moment) -> Answer<Vec<RequestRow>> {
    let listed = sql::list(tx, by.organisation, now.plus(-SHOWN_MS))?;
    Ok(listed
        .into_iter()
        .map(|one| RequestRow {
            request: one.request,
            first_name: one.first_name,
            last_name: one.last_name,
            planned_visits: one.planned_visits,
        })
        .collect())
}

/// Grants or refuses. Planning and hours are changed where they are: a decision moves nothing by itself.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Stale`] when it was decided or taken back meanwhile.
pub fn decide(tx: &mut Tx, by: &By, id: RequestId, answered: &Answered, now: Moment) -> Answer<()> {
    let state = if answered.accept { RequestState::Accepted } else { RequestState::Refused };
    let done = sql::decide(tx, (by.organisation, id), &state, (&by.name, &answered.comment), now)?;
    let verb = if answered.accept { "request.accept" } else { "request.refuse" };
    moved(tx, by, id, done, verb, now)
}

/// Takes a decision back: the request is to be decided again.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Stale`] when there is no decision.
pub fn reopen(tx: &mut Tx, by: &By, id: RequestId, now: Moment) -> Answer<()> {
    let done = sql::reopen(tx, (by.organisation, id))?;
    moved(tx, by, id, done, "request.reopen", now)
}

fn moved(tx: &mut Tx, by: &By, id: RequestId, done: bool, verb: &str, now: Moment) -> Answer<()> {
    let found = sql::request(tx, id)?.filter(|(organisation, _)| *organisation == by.organisation);
    let (_, request) = found.ok_or(Refusal::NotFound)?;
    if !done {
        return Err(Refusal::Stale.into());
    }
    tx.changed(&Scope::membership(request.membership), &RowKind::Request, id);
    note(tx, by, verb, id, "", now)?;
    Ok(())
}
