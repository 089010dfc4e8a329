//! Changes of a planning that the worker is to acknowledge (row O-10): what she was shown before, and
//! what holds now.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, VisitId};
use crate::time::{DAY_MS, Moment};

/// A visit that comes into a planning rings when it begins at most this long ahead, in milliseconds:
/// the office plans weeks at a time, and that is no alarm.
pub const SOON_MS: i64 = 2 * DAY_MS;

/// What a planning says of a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Picture {
    /// Who is helped.
    pub client: ClientId,
    /// The client in short.
    pub client_label: String,
    /// The commune.
    pub place: String,
    /// Planned start.
    pub starts_at: Moment,
    /// Planned end.
    pub ends_at: Moment,
    /// Called off.
    pub cancelled: bool,
}

impl Picture {
    /// Whether both send the worker to the same client, at the same time, or nowhere. A name that was
    /// spelled better is no change.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        (self.client, &self.place, self.starts_at, self.ends_at, self.cancelled)
            == (other.client, &other.place, other.starts_at, other.ends_at, other.cancelled)
    }
}

/// A change of one visit that the worker has not acknowledged. Scope `membership/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanningChange {
    /// Which visit.
    pub visit: VisitId,
    /// Grows with each change of the visit: an acknowledgement names it.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub n: i64,
    /// As the worker last knew it; `None` for a visit that is new in her planning.
    pub before: Option<Picture>,
    /// As it is now; `None` when it has left her planning.
    pub after: Option<Picture>,
    /// The client's address is another one: the sheet has it.
    pub new_address: bool,
    /// When it was changed last.
    pub changed_at: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_better_spelling_is_no_change() {
        let one = Picture {
            client: ClientId::new(Moment(1), [1; 10]),
            client_label: "Mme Garigues".into(),
            place: "Albi".into(),
            starts_at: Moment(10),
            ends_at: Moment(20),
            cancelled: false,
        };
        assert!(one.same(&Picture { client_label: "Mme Garrigues".into(), ..one.clone() }));
        assert!(!one.same(&Picture { starts_at: Moment(11), ..one.clone() }));
        assert!(!one.same(&Picture { place: "Gaillac".into(), ..one.clone() }));
        assert!(!one.same(&Picture { cancelled: true, ..one.clone() }));
    }
}
