//! What "Transmettre" has come to (rows O-06, O-07). Pure.

use releve_shared::person::{MembershipState, Transmission};
use releve_shared::time::{DAY_MS, Moment};

/// A phone that has not been heard of for longer cannot show what it holds (sync.md WP3).
pub const SILENT_AFTER_MS: i64 = 7 * DAY_MS;

/// What is known of a caregiver's phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phone {
    /// Whether the office has blocked or wiped it.
    pub blocked: bool,
    /// When it was enrolled.
    pub enrolled_at: Moment,
    /// When it was last heard of.
    pub seen_at: Option<Moment>,
    /// The number of the planning that it has confirmed, and when.
    pub applied: Option<(u64, Moment)>,
}

/// What decides whether a caregiver is transmitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmitted<'a> {
    /// Whether the membership gives access.
    pub state: &'a MembershipState,
    /// Whether "Transmettre" is ticked.
    pub ticked: bool,
    /// Visits that phones may hold, cancelled ones aside.
    pub visits: u64,
    /// The newest number of the planning.
    pub head: u64,
    /// The phone, when there is one.
    pub phone: Option<Phone>,
}

/// Whether a caregiver's phone serves her agency: at work there, and ticked. It holds what is the same for
/// everybody (alarm settings, emergency numbers, directory) and may ask for her own hours, planned or not.
#[must_use]
pub fn serves(state: &MembershipState, ticked: bool) -> bool {
    *state == MembershipState::Active && ticked
}

/// Whether a caregiver's planning is granted to her phone (row O-06): both conditions, and at work.
#[must_use]
pub fn granted(state: &MembershipState, ticked: bool, visits: u64) -> bool {
    serves(state, ticked) && visits > 0
}

/// The icon of "Transmettre", and the moment of the phone's acknowledgement.
#[must_use]
pub fn transmission(known: &Transmitted<'_>, now: Moment) -> (Transmission, Option<Moment>) {
    let Some(phone) = &known.phone else { return (Transmission::NotSent, None) };
    let confirmed = phone.applied.map(|(_, at)| at);
    if !granted(known.state, known.ticked, known.visits) {
        return (Transmission::NotSent, None);
    }
    let seen = phone.seen_at.unwrap_or(phone.enrolled_at);
    if phone.blocked || now.since(seen) > SILENT_AFTER_MS {
        return (Transmission::Error, confirmed);
    }
    match phone.applied {
        Some((seq, at)) if seq >= known.head => (Transmission::Transmitted, Some(at)),
        Some(_) | None => (Transmission::Pending, confirmed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(100 * DAY_MS);

    fn phone(applied: Option<u64>) -> Phone {
        let seen_at = Some(NOW.plus(-1_000));
        Phone {
            blocked: false,
            enrolled_at: Moment(0),
            seen_at,
            applied: applied.map(|n| (n, NOW)),
        }
    }

    fn icon(ticked: bool, visits: u64, phone: Option<Phone>) -> Transmission {
        let state = &MembershipState::Active;
        transmission(&Transmitted { state, ticked, visits, head: 5, phone }, NOW).0
    }

    #[test]
    fn o_06_both_conditions_are_needed() {
        assert_eq!(icon(false, 3, Some(phone(Some(5)))), Transmission::NotSent);
        assert_eq!(icon(true, 0, Some(phone(Some(5)))), Transmission::NotSent);
        assert_eq!(icon(true, 3, None), Transmission::NotSent);
        assert!(granted(&MembershipState::Active, true, 1));
        assert!(!granted(&MembershipState::Ended, true, 1));
    }

    #[test]
    fn o_07_the_icon_turns_green_when_the_phone_has_confirmed_everything() {
        assert_eq!(icon(true, 3, Some(phone(None))), Transmission::Pending);
        assert_eq!(icon(true, 3, Some(phone(Some(4)))), Transmission::Pending);
        assert_eq!(icon(true, 3, Some(phone(Some(5)))), Transmission::Transmitted);
        assert_eq!(icon(true, 3, Some(phone(Some(6)))), Transmission::Transmitted);
        let state = &MembershipState::Active;
        let moment = |applied| {
            let phone = Some(phone(applied));
            transmission(&Transmitted { state, ticked: true, visits: 1, head: 5, phone }, NOW).1
        };
        assert_eq!((moment(Some(5)), moment(Some(4)), moment(None)), (Some(NOW), Some(NOW), None));
    }

    #[test]
    fn o_07_a_blocked_or_silent_phone_is_an_error() {
        let blocked = Phone { blocked: true, ..phone(Some(5)) };
        let silent = Phone { seen_at: Some(NOW.plus(-SILENT_AFTER_MS - 1)), ..phone(Some(5)) };
        let never = Phone { seen_at: None, enrolled_at: NOW.plus(-DAY_MS), ..phone(None) };
        assert_eq!(icon(true, 3, Some(blocked)), Transmission::Error);
        assert_eq!(icon(true, 3, Some(silent)), Transmission::Error);
        assert_eq!(icon(true, 3, Some(never)), Transmission::Pending);
        let at_last = Phone { seen_at: Some(NOW.plus(-SILENT_AFTER_MS)), ..phone(Some(5)) };
        assert_eq!(icon(true, 3, Some(at_last)), Transmission::Transmitted);
        let six_days = Phone { seen_at: Some(NOW.plus(-6 * DAY_MS)), ..phone(Some(5)) };
        assert_eq!(
            icon(true, 3, Some(six_days)),
            Transmission::Transmitted,
            "a week without network"
        );
        let long_ago = NOW.plus(-SILENT_AFTER_MS - 1);
        let never = Phone { seen_at: None, enrolled_at: long_ago, ..phone(None) };
        assert_eq!(icon(true, 3, Some(never)), Transmission::Error);
    }
}
