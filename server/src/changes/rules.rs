//! How changes add up, pure.

use releve_shared::planning::Picture;
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};

/// What a planning says of a visit, with the address that only a client's sheet gives to a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// What the phone shows.
    pub picture: Picture,
    /// The whole address.
    pub address: String,
}

impl Shown {
    fn same(&self, other: &Self) -> bool {
        self.picture.same(&other.picture) && self.address == other.address
    }
}

/// Whether two states of a visit in a planning are one to the worker.
#[must_use]
pub fn same(one: Option<&Shown>, other: Option<&Shown>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.same(other),
        (None, None) => true,
        (Some(left), None) | (None, Some(left)) => left.picture.cancelled,
    }
}

/// Whether a change is about something still to come.
#[must_use]
pub fn matters(from: Option<&Shown>, to: Option<&Shown>, now: Moment) -> bool {
    [from, to].into_iter().flatten().any(|shown| shown.picture.ends_at > now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use releve_shared::id::ClientId;

    fn at(starts: i64, cancelled: bool) -> Shown {
        let picture = Picture {
            client: ClientId::new(Moment(1), [1; 10]),
            client_label: "Mme Lefèvre".into(),
            place: "Albi".into(),
            starts_at: Moment(starts),
            ends_at: Moment(starts + 10),
            cancelled,
        };
        Shown { picture, address: "1 rue".into() }
    }

    #[test]
    fn what_is_no_change_to_the_worker() {
        assert!(same(Some(&at(1, false)), Some(&at(1, false))));
        assert!(!same(Some(&at(1, false)), Some(&at(2, false))));
        assert!(!same(Some(&at(1, false)), None));
        assert!(same(None, Some(&at(1, true))), "new, and called off at once");
        let moved = Shown { address: "2 rue".into(), ..at(1, false) };
        assert!(!same(Some(&moved), Some(&at(1, false))), "the same commune, another street");
    }

    #[test]
    fn the_past_rings_nobody() {
        assert!(!matters(Some(&at(1, false)), Some(&at(2, false)), Moment(12)));
        assert!(matters(Some(&at(1, false)), Some(&at(5, false)), Moment(12)));
        assert!(matters(Some(&at(5, false)), None, Moment(14)));
    }
}
