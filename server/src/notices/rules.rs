//! Who is told by which way, and when what failed is tried again. Pure.

use releve_shared::alarm::Channel;
use releve_shared::id::{AccountId, SubscriptionId};
use releve_shared::notice::{Topic, Wishes};
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// An account of the office, how it is reached, and what it wishes.
#[derive(Clone, Debug)]
pub struct Person {
    pub account: AccountId,
    /// What it signs in with: an address of mail, or not.
    pub login: String,
    pub wishes: Wishes,
    /// The browsers that were let in, with their names.
    pub browsers: Vec<(SubscriptionId, String)>,
}

/// Where a notice goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct To {
    pub account: Option<AccountId>,
    pub channel: Channel,
    /// An address, a number, or a subscription.
    pub recipient: String,
    pub name: String,
}

/// Who is told of a topic, by which ways: `first` when she wishes it and can be reached, else everybody
/// who does and can (row O-23).
pub fn told<'a>(
    people: &'a [Person],
    first: Option<AccountId>,
    topic: &Topic,
) -> Vec<(&'a Person, To)> {
    let of = |person: &'a Person| ways(person, topic).into_iter().map(move |to| (person, to));
    let hers = people.iter().filter(|person| Some(person.account) == first);
    let hers: Vec<_> = hers.flat_map(of).collect();
    if hers.is_empty() { people.iter().flat_map(of).collect() } else { hers }
}

fn ways(person: &Person, topic: &Topic) -> Vec<To> {
    let wished = person.wishes.ways(topic);
    reached(person).into_iter().filter(|to| wished.contains(&to.channel)).collect()
}

/// Every way to an account, wished or not.
pub fn reached(person: &Person) -> Vec<To> {
    let to = |channel, recipient, name: &str| To {
        account: Some(person.account),
        channel,
        recipient,
        name: name.to_owned(),
    };
    let mail = is_address(&person.login).then(|| to(Channel::Mail, person.login.clone(), ""));
    let browsers = person.browsers.iter();
    let pushes = browsers.map(|(id, name)| to(Channel::Push, id.to_string(), name));
    mail.into_iter().chain(pushes).collect()
}

/// Whether a login is an address of mail, as far as its form tells.
fn is_address(login: &str) -> bool {
    login.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !login.contains([' ', '<', '>', ','])
    })
}

/// How long a node may take for what it has taken; another takes it over then.
pub const LEASE_MS: i64 = 5 * MINUTE_MS;

/// The same for what is urgent: longer than any carrier may take.
pub const URGENT_LEASE_MS: i64 = MINUTE_MS;

/// How long to wait after a failed attempt, the first one being 1, when the carrier asks for so many
/// milliseconds; `None` gives up. What is urgent is not put off by a carrier that is busy.
pub fn wait(urgent: bool, attempts: u32, asked_ms: i64) -> Option<i64> {
    if urgent {
        urgent_wait_after(attempts)
    } else {
        wait_after(attempts).map(|wait| wait.max(asked_ms))
    }
}

/// How long to wait after a failed attempt at what is urgent; `None` gives up: by then the tiers have
/// moved on, and everyone is told again.
fn urgent_wait_after(attempts: u32) -> Option<i64> {
    match attempts {
        0..=2 => Some(5 * SECOND_MS),
        3 | 4 => Some(20 * SECOND_MS),
        5..=8 => Some(MINUTE_MS),
        9..=12 => Some(5 * MINUTE_MS),
        _ => None,
    }
}

/// How long to wait after a failed attempt, the first one being 1; `None` gives up.
fn wait_after(attempts: u32) -> Option<i64> {
    match attempts {
        0 | 1 => Some(MINUTE_MS),
        2 => Some(5 * MINUTE_MS),
        3 => Some(30 * MINUTE_MS),
        4 => Some(2 * HOUR_MS),
        5 => Some(8 * HOUR_MS),
        6 => Some(DAY_MS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use releve_shared::notice::Wish;

    fn person(n: u128, login: &str) -> Person {
        let account = uuid::Uuid::from_u128(n).into();
        Person { account, login: login.to_owned(), wishes: Wishes::default(), browsers: vec![] }
    }

    fn recipients(people: &[Person], first: u128) -> Vec<String> {
        let first = Some(uuid::Uuid::from_u128(first).into());
        told(people, first, &Topic::Message).into_iter().map(|(_, to)| to.recipient).collect()
    }

    /// B-06: a carrier that wants to be left alone for a day does not silence an alarm.
    #[test]
    fn what_is_urgent_is_not_put_off() {
        assert_eq!(wait(true, 1, DAY_MS), Some(5 * SECOND_MS));
        assert_eq!(wait(false, 1, DAY_MS), Some(DAY_MS));
        assert_eq!(wait(false, 1, 0), Some(MINUTE_MS));
    }

    /// O-23: who answers is told; a thread that nobody of the office began reaches all.
    #[test]
    fn the_one_who_wrote_is_told_else_everybody_who_can_be() {
        let all = [person(1, "a@r.example"), person(2, "chloe"), person(3, "c@r.example")];
        assert_eq!(recipients(&all, 3), ["c@r.example"]);
        assert_eq!(recipients(&all, 2), ["a@r.example", "c@r.example"]);
        assert_eq!(recipients(&all, 9), ["a@r.example", "c@r.example"]);
        assert_eq!(recipients(&all[1..2], 9), [] as [&str; 0]);
    }

    /// B-14: each is told by the ways that she wishes; who wishes none leaves it to the others.
    #[test]
    fn each_is_told_by_the_ways_that_she_wishes() {
        let mut all = [person(1, "a@r.example"), person(2, "chloe")];
        let browser: SubscriptionId = uuid::Uuid::from_u128(7).into();
        all[1].browsers = vec![(browser, "Firefox".to_owned())];
        assert_eq!(recipients(&all, 2), [browser.to_string()]);
        let wish = |mail, push| Wishes {
            topics: vec![Wish { topic: Topic::Message, mail, push }],
            quiet: None,
        };
        all[1].wishes = wish(true, false);
        assert_eq!(recipients(&all, 2), ["a@r.example"]);
        all[0].wishes = wish(false, false);
        assert_eq!(recipients(&all, 2), [] as [&str; 0]);
        assert_eq!(told(&all, None, &Topic::Callback).len(), 2, "another topic is another wish");
    }

    #[test]
    fn only_the_form_of_an_address_is_written_to() {
        assert!(is_address("a@b.fr"));
        for none in ["chloe", "@b.fr", "a@bfr", "a b@c.fr", "a@b.fr,c@d.fr", "<a@b.fr", "a@b.fr>"] {
            assert!(!is_address(none), "{none}");
        }
    }

    #[test]
    fn each_wait_is_longer_and_the_last_gives_up() {
        let waits: Vec<_> = (1..=6).map(|n| wait_after(n).unwrap()).collect();
        assert!(waits.is_sorted());
        assert_eq!(waits, [1, 5, 30, 120, 480, 1_440].map(|minutes| minutes * 60_000));
        assert_eq!(
            (wait_after(0), wait_after(7), wait_after(u32::MAX)),
            (Some(60_000), None, None)
        );
        assert_eq!(LEASE_MS, 300_000);
        let waits: Vec<_> = (1..=12).map(|n| urgent_wait_after(n).unwrap()).collect();
        assert!(waits.is_sorted());
        assert_eq!(urgent_wait_after(13), None);
    }
}
