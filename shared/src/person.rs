//! People who work: a person, and the memberships that tie them to employers.

use serde::{Deserialize, Serialize};

use crate::id::{MembershipId, OrganisationId, PersonId};
use crate::wire_enum;

/// A human being as a worker, known once whatever the employers. Scope `person/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// Its id.
    pub id: PersonId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Telephone, as E.164 when it is known to be one; empty when there is none.
    pub phone: String,
}

wire_enum! {
    /// Whether a membership gives access.
    pub enum MembershipState {
        /// At work.
        Active = "active",
        /// Over: nothing is transmitted any more.
        Ended = "ended",
    }
}

/// A person at an employer. Scope `membership/<id>`, which also holds their planning there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Membership {
    /// Its id.
    pub id: MembershipId,
    /// Who.
    pub person: PersonId,
    /// At which organisation.
    pub organisation: OrganisationId,
    /// As what, in words.
    pub role: String,
    /// Whether it gives access.
    pub state: MembershipState,
}

wire_enum! {
    /// The icon of "Transmettre" on a caregiver's file (row O-07).
    pub enum Transmission {
        /// Not ticked, no visit planned, or no phone.
        NotSent = "not_sent",
        /// On its way: the phone has not confirmed the newest planning.
        Pending = "pending",
        /// The phone has confirmed everything.
        Transmitted = "transmitted",
        /// The phone is blocked, or has been silent for longer than its lease.
        Error = "error",
    }
}
