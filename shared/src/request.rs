//! What a caregiver asks of the office: an absence, a regularisation, hours contested (row O-29).

use serde::{Deserialize, Serialize};

use crate::id::{MembershipId, RequestId, VisitId};
use crate::refusal::Refusal;
use crate::time::{DAY_MS, Moment};
use crate::wire_enum;

/// Longest text of a request or of its answer, in characters.
pub const TEXT_LIMIT: usize = 1_000;

/// Longest absence.
pub const LONGEST_MS: i64 = 366 * DAY_MS;

wire_enum! {
    /// What is asked for.
    pub enum RequestKind {
        /// Not to work for some time.
        Absence = "absence",
        /// Times or kilometres to be put right.
        Regularisation = "regularisation",
        /// Hours that the office retained and that she does not agree with.
        Contest = "contest",
    }
}

wire_enum! {
    /// Why somebody will be absent; no more is told.
    pub enum AbsenceReason {
        /// Paid leave.
        Leave = "leave",
        /// Leave without pay.
        Unpaid = "unpaid",
        /// A family event.
        Family = "family",
        /// Off sick: the certificate goes its own way.
        Sick = "sick",
        /// Training.
        Training = "training",
        /// Another reason.
        Other = "other",
    }
}

wire_enum! {
    /// Where a request is.
    pub enum RequestState {
        /// The office has not decided.
        Sent = "sent",
        /// Granted.
        Accepted = "accepted",
        /// Not granted; the comment says why.
        Refused = "refused",
        /// Taken back by the one who asked.
        Withdrawn = "withdrawn",
    }
}

/// What is asked, as it is typed on the phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Asked {
    /// What for.
    pub kind: RequestKind,
    /// Why, for an absence.
    pub reason: Option<AbsenceReason>,
    /// From when: of the absence, or of what should have been retained.
    pub starts_at: Moment,
    /// Until when.
    pub ends_at: Moment,
    /// Of which visit, when it is about one.
    pub visit: Option<VisitId>,
    /// In words; it may be empty for an absence.
    pub text: String,
}

impl Asked {
    /// Whether a request can be understood.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a kind of tomorrow, an absence without its reason, hours contested of no
    /// visit, or anything but an absence without a word; [`Refusal::TimeImpossible`] when it ends before it
    /// begins or lasts longer than a year; [`Refusal::TooLong`].
    pub fn check(&self) -> Result<(), Refusal> {
        let missing = match &self.kind {
            RequestKind::Absence => self.reason.is_none(),
            RequestKind::Regularisation => self.text.trim().is_empty(),
            RequestKind::Contest => self.visit.is_none() || self.text.trim().is_empty(),
            RequestKind::Unknown(_) => true,
        };
        if missing || matches!(self.reason, Some(AbsenceReason::Unknown(_))) {
            return Err(Refusal::Invalid);
        }
        if self.text.chars().count() > TEXT_LIMIT {
            return Err(Refusal::TooLong);
        }
        let lasts = self.ends_at.since(self.starts_at);
        if !(0..=LONGEST_MS).contains(&lasts) || (lasts == 0 && self.kind == RequestKind::Absence) {
            return Err(Refusal::TimeImpossible);
        }
        Ok(())
    }
}

/// A request with what has come of it. Scope `membership/<id>`; its id is that of the command that asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfficeRequest {
    /// Its id.
    pub id: RequestId,
    /// Who asks.
    pub membership: MembershipId,
    /// What.
    pub asked: Asked,
    /// When.
    pub asked_at: Moment,
    /// Where it is.
    pub state: RequestState,
    /// Who decided, by name; empty before.
    pub decided_by: String,
    /// When.
    pub decided_at: Option<Moment>,
    /// The office's words; a refusal has some.
    pub comment: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absence() -> Asked {
        Asked {
            kind: RequestKind::Absence,
            reason: Some(AbsenceReason::Leave),
            starts_at: Moment(0),
            ends_at: Moment(DAY_MS),
            visit: None,
            text: String::new(),
        }
    }

    /// O-29: each kind says what it must, and no more is asked.
    #[test]
    fn what_cannot_be_understood_is_refused() {
        assert_eq!(absence().check(), Ok(()));
        let but = |change: fn(&mut Asked)| {
            let mut asked = absence();
            change(&mut asked);
            asked.check()
        };
        assert_eq!(but(|a| a.reason = None), Err(Refusal::Invalid));
        assert_eq!(but(|a| a.ends_at = Moment(0)), Err(Refusal::TimeImpossible));
        assert_eq!(but(|a| a.ends_at = Moment(LONGEST_MS + 1)), Err(Refusal::TimeImpossible));
        assert_eq!(but(|a| a.text = "é".repeat(TEXT_LIMIT + 1)), Err(Refusal::TooLong));
        let word = |a: &mut Asked| a.text = "J'ai oublié de badger".to_owned();
        let regularised = Asked { kind: RequestKind::Regularisation, reason: None, ..absence() };
        assert_eq!(regularised.check(), Err(Refusal::Invalid), "without a word");
        let mut asked = regularised;
        word(&mut asked);
        assert_eq!(asked.check(), Ok(()));
        asked.kind = RequestKind::Contest;
        assert_eq!(asked.check(), Err(Refusal::Invalid), "of no visit");
        asked.visit = Some(VisitId::new(Moment(1), [1; 10]));
        assert_eq!(asked.check(), Ok(()));
    }
}
