//! What the office retains of a visit, beside its raw stamps (row O-34).

use releve_shared::id::{AccountId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use releve_shared::visit::{CorrectionReason, Decision, Progress, RetainedPeriod};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::plan::claim;
use super::{rows, rules};
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::{By, tolerance_ms};
use crate::text::{self, BadField};

/// Which version of the visit was on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct AcceptInput {
    /// Its revision.
    pub rev: Option<i64>,
}

/// Other times than the badged ones.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct CorrectInput {
    /// Retained start.
    pub starts_at: Moment,
    /// Retained end.
    pub ends_at: Moment,
    /// Why.
    pub reason: CorrectionReason,
    /// In words, for the worker to read; needed when the reason is `other`.
    #[serde(default)]
    pub note: String,
    /// The revision that was on the screen.
    pub rev: Option<i64>,
}

impl CorrectInput {
    /// Checks what was typed.
    ///
    /// # Errors
    /// The first field that cannot be taken.
    pub fn check(&self) -> Result<Self, BadField> {
        rules::period(self.starts_at, self.ends_at)
            .map_err(|refusal| BadField { field: "ends_at", refusal })?;
        if matches!(self.reason, CorrectionReason::Unknown(_)) {
            return Err(BadField::invalid("reason"));
        }
        let note = text::paragraph("note", &self.note)?;
        if self.reason == CorrectionReason::Other && note.is_empty() {
            return Err(BadField::invalid("note"));
        }
        Ok(Self { note, ..self.clone() })
    }
}

/// Visits to accept together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct AcceptMany {
    /// Which ones.
    pub visits: Vec<VisitId>,
}

/// What came of accepting many, or of taking acceptances back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AcceptedMany {
    /// Accepted now, or taken back now.
    pub accepted: Vec<VisitId>,
    /// Left as they were, and why.
    pub refused: Vec<LeftOut>,
}

/// A visit that was not accepted with the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeftOut {
    /// Which one.
    pub visit: VisitId,
    /// `not_found`; `exists` when it was decided already; `not_started` when a stamp is missing;
    /// `not_allowed` when it is flagged or outside the tolerance: look at it by itself, or when there
    /// is no acceptance to take back.
    pub refusal: Refusal,
}

/// Most visits accepted together.
pub const MANY: usize = 500;

/// Retains the badged times as they are.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Stale`]; [`Refusal::NotStarted`] when a stamp is missing: correct
/// it with a reason instead.
pub fn accept(tx: &mut Tx, by: &By, id: VisitId, rev: Option<i64>, now: Moment) -> Answer<()> {
    let visit = claim(tx, by, id, rev)?;
    let (starts_at, ends_at) = progress(tx, by, id)?.1.period().ok_or(Refusal::NotStarted)?;
    let period = RetainedPeriod {
        visit: id,
        decision: Decision::Accepted,
        starts_at,
        ends_at,
        reason: None,
        note: String::new(),
        decided_by: by.name.clone(),
        decided_at: now,
    };
    retain(tx, by, &visit, &period, "visit.accept")
}

/// Retains other times, with a reason. The raw stamps stay as they are.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Stale`]; [`Refusal::TimeImpossible`] for an end to come.
pub fn correct(tx: &mut Tx, by: &By, id: VisitId, new: &CorrectInput, now: Moment) -> Answer<()> {
    let visit = claim(tx, by, id, new.rev)?;
    if new.ends_at > now {
        return Err(Refusal::TimeImpossible.into());
    }
    let period = RetainedPeriod {
        visit: id,
        decision: Decision::Corrected,
        starts_at: new.starts_at,
        ends_at: new.ends_at,
        reason: Some(new.reason.clone()),
        note: new.note.clone(),
        decided_by: by.name.clone(),
        decided_at: now,
    };
    retain(tx, by, &visit, &period, "visit.correct")
}

/// Accepts the visits that were badged as planned and have nothing to look at; leaves the others.
///
/// # Errors
/// Those of the database.
pub fn accept_many(tx: &mut Tx, by: &By, ids: &[VisitId], now: Moment) -> Answer<AcceptedMany> {
    let mut answer = AcceptedMany::default();
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        match mass_acceptable(tx, by, id)? {
            Ok(()) => {
                accept(tx, by, id, None, now)?;
                answer.accepted.push(id);
            }
            Err(refusal) => answer.refused.push(LeftOut { visit: id, refusal }),
        }
    }
    Ok(answer)
}

/// Takes acceptances back: the visits are to be decided again, and the history keeps both. Corrected
/// ones are left: another correction replaces them.
///
/// # Errors
/// Those of the database.
pub fn reopen(tx: &mut Tx, by: &By, ids: &[VisitId], now: Moment) -> Answer<AcceptedMany> {
    let mut answer = AcceptedMany::default();
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let Some(visit) = rows::claim(tx, by.organisation, id)? else {
            answer.refused.push(LeftOut { visit: id, refusal: Refusal::NotFound });
            continue;
        };
        let last = rows::history(tx, id)?.into_iter().rfind(|known| known.decided.stands());
        let accepted = |known: &rows::Numbered| known.decided.period.decision == Decision::Accepted;
        let Some(last) = last.filter(accepted) else {
            answer.refused.push(LeftOut { visit: id, refusal: Refusal::NotAllowed });
            continue;
        };
        rows::undo_retained(tx, id, last.n, (&by.name, &by.account.to_string()), now)?;
        if visit.held {
            // What stood before it counts again, if anything did.
            let scope = Scope::membership(visit.plan.membership);
            tx.changed(&scope, &RowKind::RetainedPeriod, id);
        }
        note(tx, by, "visit.reopen", id, "", now)?;
        answer.accepted.push(id);
    }
    Ok(answer)
}

/// Whether a visit may be accepted without a look at it.
fn mass_acceptable(tx: &mut Tx, by: &By, id: VisitId) -> Answer<Result<(), Refusal>> {
    let Some(known) = rows::one(tx, by.organisation, id)? else {
        return Ok(Err(Refusal::NotFound));
    };
    if known.retained.is_some() {
        return Ok(Err(Refusal::Exists));
    }
    let (flagged, progress) = progress(tx, by, id)?;
    if progress.period().is_none() {
        return Ok(Err(Refusal::NotStarted));
    }
    let tolerance = tolerance_ms(tx, by.organisation)?;
    let clean = !flagged && rules::as_planned(&known.visit, &progress, tolerance);
    Ok(if clean { Ok(()) } else { Err(Refusal::NotAllowed) })
}

fn progress(tx: &mut Tx, by: &By, id: VisitId) -> Answer<(bool, Progress)> {
    let progress = super::plan::progress(tx, by, id)?;
    Ok((super::board::flagged(&progress), progress))
}

fn retain(
    tx: &mut Tx,
    by: &By,
    visit: &rows::Claimed,
    period: &RetainedPeriod,
    verb: &str,
) -> Answer<()> {
    rows::add_retained(tx, period, &AccountId::to_string(&by.account))?;
    if visit.held {
        tx.changed(
            &Scope::membership(visit.plan.membership),
            &RowKind::RetainedPeriod,
            period.visit,
        );
    }
    let detail = period.reason.as_ref().map_or("", |reason| reason.code());
    note(tx, by, verb, period.visit, detail, period.decided_at)?;
    Ok(())
}
