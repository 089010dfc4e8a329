//! Finding a client as one types: by the beginnings of words, whatever the accents, with one slip of
//! the finger. Pure.

use std::collections::BTreeMap;

use releve_shared::client::Client;
use releve_shared::fold::fold;
use releve_shared::telephone;

/// Most clients that a search gives; the rest are counted.
pub(crate) const MOST: usize = 50;

/// Words shorter than this must be typed without a slip, in characters.
const SLIP_FROM: usize = 3;

/// How much of what is typed is looked at, in characters.
const LONGEST: usize = 80;

/// The sheets by the words of their names and addresses.
pub(crate) struct Register {
    /// By name.
    clients: Vec<Client>,
    words: Vec<Word>,
}

/// A word, and who has it where.
struct Word {
    letters: Vec<char>,
    holders: Vec<(u32, Place)>,
}

/// Where a word stands in a sheet: the smaller, the more it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    LastName,
    FirstName,
    Address,
}

/// How far a client is from what was typed: slips first, then where the words stand.
type Distance = (u8, u8);

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found<'a> {
    /// The nearest first, then by name; at most [`MOST`].
    pub(crate) clients: Vec<&'a Client>,
    /// How many there are besides.
    pub(crate) more: usize,
}

impl Register {
    /// Of these sheets.
    pub(crate) fn of(mut clients: Vec<Client>) -> Self {
        clients.sort_by(|a, b| {
            (&a.last_name, &a.first_name, a.id).cmp(&(&b.last_name, &b.first_name, b.id))
        });
        let mut words: BTreeMap<String, Vec<(u32, Place)>> = BTreeMap::new();
        for (n, client) in (0_u32..).zip(&clients) {
            let national = telephone::national(&client.phone);
            let texts = [
                (Place::LastName, fold(&client.last_name)),
                (Place::FirstName, fold(&client.first_name)),
                (Place::Address, fold(&client.commune)),
                (Place::Address, fold(&client.street)),
                (Place::Address, fold(&client.postal_code)),
                (Place::Address, national.unwrap_or_default()),
            ];
            for (place, text) in texts {
                for word in text.split_whitespace() {
                    let holders = words.entry(word.to_owned()).or_default();
                    // A word of a name that is one of the address too tells more in the name.
                    if holders.last().is_none_or(|(last, _)| *last != n) {
                        holders.push((n, place));
                    }
                }
            }
        }
        let words = words
            .into_iter()
            .map(|(word, holders)| Word { letters: word.chars().collect(), holders })
            .collect();
        Self { clients, words }
    }

    /// How many sheets there are.
    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }

    /// The clients who have a word for each word typed. All of them when nothing is typed.
    pub(crate) fn find(&self, typed: &str) -> Found<'_> {
        let typed = typed_words(typed);
        let mut near: Vec<Option<Distance>> = vec![Some((0, 0)); self.clients.len()];
        let mut best: Vec<Option<Distance>> = Vec::new();
        for wanted in &typed {
            best.clear();
            best.resize(self.clients.len(), None);
            for word in &self.words {
                let Some(slips) = slips(wanted, &word.letters) else { continue };
                for (n, place) in &word.holders {
                    let there = (slips, *place as u8);
                    if let Some(best) = best.get_mut(*n as usize)
                        && best.is_none_or(|best| there < best)
                    {
                        *best = Some(there);
                    }
                }
            }
            for (near, best) in near.iter_mut().zip(&best) {
                *near = near.zip(*best).map(|(a, b)| (a.0 + b.0, a.1.saturating_add(b.1)));
            }
        }
        let mut found: Vec<(Distance, usize)> = near
            .iter()
            .enumerate()
            .filter_map(|(n, near)| near.map(|distance| (distance, n)))
            .collect();
        let more = found.len().saturating_sub(MOST);
        if more > 0 {
            found.select_nth_unstable(MOST);
            found.truncate(MOST);
        }
        found.sort_unstable();
        let clients = found.into_iter().filter_map(|(_, n)| self.clients.get(n)).collect();
        Found { clients, more }
    }
}

/// The words typed, each in characters. Digits alone are one number: telephones are typed with spaces.
fn typed_words(typed: &str) -> Vec<Vec<char>> {
    let folded = fold(&typed.chars().take(LONGEST).collect::<String>());
    let digits = folded.chars().all(|c| c.is_ascii_digit() || c == ' ');
    let folded = if digits { folded.replace(' ', "") } else { folded };
    folded.split_whitespace().map(|word| word.chars().collect()).collect()
}

/// With how many slips, none or one, a word begins with what was typed: a letter too many, one
/// missing, another one, or two the wrong way round. `None` when it does not. Numbers allow none.
fn slips(typed: &[char], word: &[char]) -> Option<u8> {
    let same = typed.iter().zip(word).take_while(|(a, b)| a == b).count();
    let (Some(rest), Some(there)) = (typed.get(same..), word.get(same..)) else { return None };
    let (Some((first, after)), number) =
        (rest.split_first(), typed.iter().all(char::is_ascii_digit))
    else {
        return Some(0);
    };
    if number || typed.len() < SLIP_FROM {
        return None;
    }
    let too_many = there.starts_with(after);
    let beyond = there.get(1..);
    let missing = beyond.is_some_and(|beyond| beyond.starts_with(rest));
    let another = beyond.is_some_and(|beyond| beyond.starts_with(after));
    let turned = match (after, there) {
        ([second, after @ ..], [a, b, beyond @ ..]) => {
            second == a && first == b && beyond.starts_with(after)
        }
        _ => false,
    };
    (too_many || missing || another || turned).then_some(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use releve_shared::client::Title;
    use releve_shared::id::ClientId;

    fn client(n: u128, first: &str, last: &str, commune: &str) -> Client {
        Client {
            id: ClientId::from(uuid::Uuid::from_u128(n)),
            title: Title::None,
            first_name: first.into(),
            last_name: last.into(),
            street: "3 rue des Lices".into(),
            address_more: String::new(),
            postal_code: "81000".into(),
            commune: commune.into(),
            phone: "+33563540102".into(),
            door_code: "45A7".into(),
            sections: Vec::new(),
            at: None,
        }
    }

    fn names(register: &Register, typed: &str) -> Vec<String> {
        register.find(typed).clients.iter().map(|client| client.last_name.clone()).collect()
    }

    #[test]
    fn beginnings_accents_and_one_slip() {
        let register = Register::of(vec![
            client(1, "Zoé", "D'Aubigné-Lœuil", "Saint-Juéry"),
            client(2, "Marie", "Garrigues", "Albi"),
            client(3, "Denise", "Ferrer", "Albi"),
            client(4, "Paul", "Mariel", "Carmaux"),
        ]);
        for typed in ["zoe", "AUBIGNÉ", "loeu", "saint juery", "zoe aub", "st"] {
            let found = names(&register, typed);
            assert_eq!(found.is_empty(), typed == "st", "{typed}: {found:?}");
        }
        for slip in ["gar", "gra", "grr", "gaar", "garigues", "garrigeus", "xarrigues"] {
            assert_eq!(
                names(&register, slip).first().map(String::as_str),
                Some("Garrigues"),
                "{slip}"
            );
        }
        assert_eq!(names(&register, "mari"), ["Mariel", "Garrigues"], "last names come first");
        assert_eq!(names(&register, "albi ga"), ["Garrigues"]);
        assert_eq!(names(&register, "ga"), ["Garrigues"], "two letters allow no slip");
        assert_eq!(names(&register, "05 63 54").len(), 4, "telephones are typed with spaces");
        assert!(names(&register, "05 64").is_empty(), "numbers allow no slip");
        assert_eq!(names(&register, "  ").len(), 4);
        assert!(names(&register, "45a7").is_empty(), "door codes are not searched");
    }

    #[test]
    fn the_list_is_bounded_and_counted() {
        let all = (0..60).map(|n| client(n, "Anne", &format!("Dupont {n:02}"), "Albi")).collect();
        let register = Register::of(all);
        let found = register.find("dup");
        assert_eq!((found.clients.len(), found.more, register.len()), (MOST, 10, 60));
        assert_eq!(found.clients.first().map(|c| c.last_name.as_str()), Some("Dupont 00"));
    }

    /// The edit distance of a text to the nearest beginning of a word, by the book.
    fn distance(typed: &[char], word: &[char]) -> usize {
        let mut rows = vec![(0..=word.len()).map(|_| 0).collect::<Vec<usize>>(); typed.len() + 1];
        for i in 0..=typed.len() {
            for j in 0..=word.len() {
                rows[i][j] = if i == 0 {
                    j
                } else if j == 0 {
                    i
                } else {
                    let change = usize::from(typed[i - 1] != word[j - 1]);
                    let mut least = (rows[i - 1][j - 1] + change)
                        .min(rows[i - 1][j] + 1)
                        .min(rows[i][j - 1] + 1);
                    if i > 1 && j > 1 && typed[i - 1] == word[j - 2] && typed[i - 2] == word[j - 1]
                    {
                        least = least.min(rows[i - 2][j - 2] + 1);
                    }
                    least
                };
            }
        }
        rows[typed.len()].iter().copied().min().unwrap_or(typed.len())
    }

    proptest! {
        #[test]
        fn a_slip_is_one_edit(typed in "[abc]{3,6}", word in "[abc]{0,8}") {
            let (typed, word): (Vec<char>, Vec<char>) =
                (typed.chars().collect(), word.chars().collect());
            let by_the_book = distance(&typed, &word);
            let found = slips(&typed, &word);
            prop_assert_eq!(found.map(usize::from), (by_the_book <= 1).then_some(by_the_book));
        }
    }
}
