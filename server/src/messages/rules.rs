//! Who is told by mail, and what of a message shows in a list. Pure.

use releve_shared::id::AccountId;

/// An account of the desk, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reachable {
    pub account: AccountId,
    /// What it signs in with: an address of mail, or not.
    pub login: String,
}

/// Whom a caregiver's message is announced to: the one who wrote to her last in the thread, when that
/// account can be reached; else everybody of the office who can (row O-23).
pub fn told(accounts: &[Reachable], last_writer: Option<AccountId>) -> Vec<&str> {
    let reachable = || accounts.iter().filter(|a| is_address(&a.login));
    let writer = reachable().find(|a| Some(a.account) == last_writer);
    writer.map_or_else(
        || reachable().map(|a| a.login.as_str()).collect(),
        |writer| vec![writer.login.as_str()],
    )
}

/// Whether a login is an address of mail, as far as its form tells.
fn is_address(login: &str) -> bool {
    login.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !login.contains([' ', '<', '>', ','])
    })
}

/// Longest beginning of a message in a list, in characters.
const EXCERPT: usize = 120;

/// The beginning of a text, on one line.
pub fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= EXCERPT {
        return line;
    }
    let cut: String = line.chars().take(EXCERPT).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(n: u128, login: &str) -> Reachable {
        Reachable { account: uuid::Uuid::from_u128(n).into(), login: login.to_owned() }
    }

    /// O-23: who answers is told; a thread that nobody of the office began reaches all.
    #[test]
    fn the_one_who_wrote_is_told_else_everybody_who_can_be() {
        let all = [account(1, "a@r.example"), account(2, "chloe"), account(3, "c@r.example")];
        let writer = |n: u128| Some(uuid::Uuid::from_u128(n).into());
        assert_eq!(told(&all, writer(3)), ["c@r.example"]);
        assert_eq!(told(&all, writer(2)), ["a@r.example", "c@r.example"]);
        assert_eq!(told(&all, None), ["a@r.example", "c@r.example"]);
        assert_eq!(told(&all[1..2], None), [] as [&str; 0]);
    }

    #[test]
    fn only_the_form_of_an_address_is_written_to() {
        assert!(is_address("a@b.fr"));
        for none in ["chloe", "@b.fr", "a@bfr", "a b@c.fr", "a@b.fr,c@d.fr", "<a@b.fr", "a@b.fr>"] {
            assert!(!is_address(none), "{none}");
        }
    }

    #[test]
    fn a_text_that_fits_is_shown_whole() {
        let (fits, longer) = ("é".repeat(EXCERPT), "é".repeat(EXCERPT + 1));
        assert_eq!(excerpt(&fits), fits);
        assert_eq!(excerpt(&longer), format!("{fits}…"));
    }

    #[test]
    fn a_list_shows_one_short_line() {
        assert_eq!(excerpt("Bonjour\n\nAmina "), "Bonjour Amina");
        let long = excerpt(&"é ".repeat(200));
        assert!(long.chars().count() <= EXCERPT + 1 && long.ends_with('…'), "{long}");
    }
}
