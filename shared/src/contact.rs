//! How a caregiver reaches people: emergency numbers, "Rappelez-moi", the staff directory (rows O-24
//! to O-28).

use serde::{Deserialize, Serialize};

use crate::id::{CallbackId, DirectoryEntryId, MembershipId, OrganisationId};
use crate::time::{MINUTE_MS, Moment};
use crate::wire_enum;

/// Most emergency numbers of an organisation (row O-24).
pub const EMERGENCY_MOST: usize = 5;

wire_enum! {
    /// What an emergency number is: its icon.
    pub enum EmergencyKind {
        /// Fire brigade.
        Fire = "fire",
        /// Medical emergencies.
        Samu = "samu",
        /// Police.
        Police = "police",
        /// A number that is written to, for those who cannot speak or hear.
        Text = "text",
        /// The organisation's on-call person.
        OnCall = "on_call",
        /// The organisation's switchboard.
        Switchboard = "switchboard",
        /// Another one.
        Other = "other",
    }
}

/// A number of the emergency screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmergencyNumber {
    /// Its icon, and whether it is called or written to.
    pub kind: EmergencyKind,
    /// What it is, in words.
    pub label: String,
    /// As it is dialled: a short number, or E.164.
    pub phone: String,
}

impl EmergencyNumber {
    /// The numbers of France that everybody may dial: 15, 18, 17, 112 and 114.
    #[must_use]
    pub fn national() -> Vec<Self> {
        let number = |kind, label: &str, phone: &str| Self {
            kind,
            label: label.to_owned(),
            phone: phone.to_owned(),
        };
        vec![
            number(EmergencyKind::Samu, "SAMU", "15"),
            number(EmergencyKind::Fire, "Pompiers", "18"),
            number(EmergencyKind::Police, "Police", "17"),
            number(EmergencyKind::Other, "Urgences", "112"),
            number(EmergencyKind::Text, "Urgences par SMS", "114"),
        ]
    }
}

/// The emergency numbers of an organisation, in order; at most [`EMERGENCY_MOST`]. Scope
/// `organisation/<id>`; its id is the organisation's. No care data: a phone shows it at any time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyNumbers {
    /// Whose.
    pub organisation: OrganisationId,
    /// In order.
    pub numbers: Vec<EmergencyNumber>,
}

wire_enum! {
    /// Where a request to be called back is (row O-25).
    pub enum CallbackState {
        /// Asked for.
        Requested = "requested",
        /// Somebody of the office will call.
        Taken = "taken",
        /// Somebody has called.
        CalledBack = "called_back",
    }
}

/// "Rappelez-moi". Scope `membership/<id>`; its id is that of the command that asked first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Callback {
    /// Its id.
    pub id: CallbackId,
    /// Who is to be called.
    pub membership: MembershipId,
    /// Where it is.
    pub state: CallbackState,
    /// When it was asked for first.
    pub asked_at: Moment,
    /// Who of the office took it, by name; empty before.
    pub taken_by: String,
    /// When.
    pub taken_at: Option<Moment>,
    /// Who called, by name; empty before.
    pub called_by: String,
    /// When.
    pub called_at: Option<Moment>,
}

/// Whether a tap at a moment asks again what a request already asks, and is no new one; `within` is the
/// agency's own, in minutes.
#[must_use]
pub fn same_callback(state: &CallbackState, (asked_at, at): (Moment, Moment), within: u32) -> bool {
    let within_ms = i64::from(within).saturating_mul(MINUTE_MS);
    *state != CallbackState::CalledBack && at.since(asked_at).abs() <= within_ms
}

/// Somebody of the staff directory, as the office manages it. Scope `organisation/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DirectoryEntry {
    /// Its id.
    pub id: DirectoryEntryId,
    /// Who, or which service.
    pub name: String,
    /// As what, in words.
    pub role: String,
    /// Telephone: a short number, or E.164.
    pub phone: String,
}

/// A colleague with a common client (row O-27). In a scope of its own, `colleague/<membership>`: granted
/// while the two share a client, and to nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colleague {
    /// Which membership.
    pub membership: MembershipId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// As what, in words.
    pub role: String,
    /// Telephone; empty when there is none.
    pub phone: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O-24: what a new organisation begins with fits, and is what France dials.
    #[test]
    fn the_national_numbers_fit() {
        let numbers: Vec<String> =
            EmergencyNumber::national().into_iter().map(|n| n.phone).collect();
        assert_eq!(numbers, ["15", "18", "17", "112", "114"]);
        assert!(numbers.len() <= EMERGENCY_MOST);
    }

    /// O-25: five minutes are one request, whichever came first; one that was answered is over.
    #[test]
    fn taps_within_five_minutes_are_one_request() {
        let first = Moment(1_000_000_000);
        let same = |state, ms| same_callback(&state, (first, first.plus(ms)), 5);
        let five = 5 * MINUTE_MS;
        assert!(same(CallbackState::Requested, 0));
        assert!(same(CallbackState::Taken, five));
        assert!(same(CallbackState::Requested, -five), "it came late");
        assert!(!same(CallbackState::Requested, five + 1));
        assert!(!same(CallbackState::CalledBack, 1));
    }
}
