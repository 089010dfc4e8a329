//! Texts that people type: checked, and folded for search. Pure.

pub use releve_shared::fold::fold;
use releve_shared::refusal::Refusal;
use releve_shared::telephone;
use unicode_normalization::UnicodeNormalization as _;

/// A field that cannot be taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {refusal}")]
pub struct BadField {
    /// The field's name in the request.
    pub field: &'static str,
    /// Why.
    pub refusal: Refusal,
}

impl BadField {
    /// A field that is missing or not of its kind.
    #[must_use]
    pub fn invalid(field: &'static str) -> Self {
        Self { field, refusal: Refusal::Invalid }
    }
}

impl From<BadField> for crate::http::Refused {
    fn from(bad: BadField) -> Self {
        Self::field(bad.refusal, bad.field)
    }
}

/// Longest name, street, label or role, in characters.
pub const LINE: usize = 120;

/// Longest free text, in characters.
pub const PARAGRAPH: usize = 4_000;

/// A text of one line, trimmed; it may be empty.
///
/// # Errors
/// [`Refusal::TooLong`] above `most` characters, [`Refusal::Invalid`] with control characters.
pub fn line(field: &'static str, text: &str, most: usize) -> Result<String, BadField> {
    checked(field, text, most, |c| c.is_control())
}

/// A text of one line that is not empty.
///
/// # Errors
/// As [`line()`], and [`Refusal::Invalid`] when nothing is left.
pub fn required(field: &'static str, text: &str, most: usize) -> Result<String, BadField> {
    let text = line(field, text, most)?;
    if text.is_empty() { Err(BadField::invalid(field)) } else { Ok(text) }
}

/// A text of several lines; it may be empty.
///
/// # Errors
/// As [`line()`]; line ends and tabs are allowed.
pub fn paragraph(field: &'static str, text: &str) -> Result<String, BadField> {
    checked(field, &text.replace("\r\n", "\n"), PARAGRAPH, |c| {
        c.is_control() && c != '\n' && c != '\t'
    })
}

fn checked(
    field: &'static str,
    text: &str,
    most: usize,
    bad: impl Fn(char) -> bool,
) -> Result<String, BadField> {
    let text = text.trim();
    if text.chars().any(bad) {
        return Err(BadField::invalid(field));
    }
    if text.chars().count() > most {
        return Err(BadField { field, refusal: Refusal::TooLong });
    }
    Ok(text.nfc().collect())
}

/// A telephone number as E.164; numbers without a country are French, and those of overseas get the
/// code of their place, which alone reaches them. Empty stays empty.
///
/// # Errors
/// [`Refusal::Invalid`] for a text that is no telephone number.
pub fn phone(field: &'static str, text: &str) -> Result<String, BadField> {
    let text = line(field, text, 40)?;
    if text.is_empty() {
        return Ok(text);
    }
    let number = phonenumber::parse(Some(phonenumber::country::FR), &text)
        .ok()
        .filter(|number| phonenumber::is_valid(number) || looks_french(number))
        .ok_or(BadField::invalid(field))?;
    if looks_french(&number) {
        let national = number.national().value();
        return Ok(format!("+{}{national}", telephone::code_of(national)));
    }
    Ok(number.format().mode(phonenumber::Mode::E164).to_string())
}

/// Nine digits after +33: ranges are opened faster than tables are renewed.
fn looks_french(number: &phonenumber::PhoneNumber) -> bool {
    number.country().code() == 33
        && (100_000_000..1_000_000_000).contains(&number.national().value())
}

/// What the folded column of a row holds: its texts, and its telephone as it is typed in France too.
#[must_use]
pub fn folded(texts: &[&str], phone: &str) -> String {
    let national = telephone::national(phone).unwrap_or_default();
    fold(&[&texts.join(" "), phone, &national].map(str::to_owned).join(" "))
}

/// What was typed into a search field: the pattern of its longest word for LIKE, and all its words.
///
/// Folding leaves letters, digits and spaces, so that the pattern holds no sign of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// `%word%`; `%` when nothing was typed.
    pub pattern: String,
    words: Vec<String>,
}

impl Search {
    /// Of what was typed.
    #[must_use]
    pub fn of(typed: &str) -> Self {
        let folded = fold(&typed.chars().take(200).collect::<String>());
        let digits = folded.chars().all(|c| c.is_ascii_digit() || c == ' ');
        let words: Vec<String> = if digits {
            Some(folded.replace(' ', "")).filter(|d| !d.is_empty()).into_iter().collect()
        } else {
            folded.split(' ').map(str::to_owned).collect()
        };
        let longest = words.iter().max_by_key(|w| w.len()).cloned();
        let pattern = longest.map_or_else(|| "%".to_owned(), |word| format!("%{word}%"));
        Self { pattern, words }
    }

    /// Whether a folded column holds every word.
    #[must_use]
    pub fn finds(&self, folded: &str) -> bool {
        self.words.iter().all(|word| folded.contains(word.as_str()))
    }
}

/// A text inside HTML, between tags or in a quoted attribute.
#[must_use]
pub fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_accents_and_order_of_words_do_not_matter() {
        let row = folded(&["Zoé", "D'Aubigné-Lœuil", "Saint-Juéry"], "+33563540102");
        for typed in ["zoe", "AUBIGNÉ", "loeuil zoé", "saint juery", "05 63 54", "+33563", "", "  "]
        {
            assert!(Search::of(typed).finds(&row), "{typed}");
        }
        assert!(Search::of("0692 12").finds(&folded(&["Zoé"], "+262692123456")));
        assert!(!Search::of("zoe carmaux").finds(&row));
        assert_eq!(Search::of("100%_").pattern, "%100%");
    }

    #[test]
    fn telephones_are_kept_as_e164() {
        assert_eq!(phone("phone", "05 63 54 01 02").unwrap(), "+33563540102");
        assert_eq!(phone("phone", "+33 6.12.34.56.78").unwrap(), "+33612345678");
        assert_eq!(phone("phone", "06 39 98 10 20").unwrap(), "+33639981020");
        assert_eq!(phone("phone", "06 92 12 34 56").unwrap(), "+262692123456");
        assert_eq!(phone("phone", "+33 590 82 00 00").unwrap(), "+590590820000");
        assert_eq!(phone("phone", "+262 692 12 34 56").unwrap(), "+262692123456");
        assert_eq!(phone("phone", "+32 475 12 34 56").unwrap(), "+32475123456");
        assert_eq!(phone("phone", " ").unwrap(), "");
        assert_eq!(phone("phone", "call me"), Err(BadField::invalid("phone")));
    }

    /// Whatever number of overseas the library's tables know has its place in our plan.
    #[test]
    fn the_plan_of_overseas_is_that_of_the_tables() {
        let known = |code: u16, national: u32| {
            phonenumber::parse(None, format!("+{code}{national}"))
                .is_ok_and(|number| phonenumber::is_valid(&number))
        };
        let mut told = 0;
        for start in (26_000..27_000)
            .chain(59_000..60_000)
            .chain(63_900..64_000)
            .chain(69_000..70_000)
            .chain(70_900..71_000)
        {
            let national = start * 10_000 + 1_234;
            let places: Vec<u16> =
                [262, 590, 594, 596].into_iter().filter(|code| known(*code, national)).collect();
            // Fiction has numbers that the tables give to Mayotte.
            if let [place] = places[..]
                && start != 63_998
            {
                assert_eq!(telephone::code_of(national.into()), place, "{national}");
                told += 1;
            }
        }
        assert!(told > 1_000, "{told}");
    }

    #[test]
    fn texts_are_trimmed_and_bounded() {
        assert_eq!(required("role", "  Aide à domicile ", LINE).unwrap(), "Aide à domicile");
        assert_eq!(required("role", " \t ", LINE), Err(BadField::invalid("role")));
        assert_eq!(line("role", "a\0b", LINE), Err(BadField::invalid("role")));
        let long = line("role", &"é".repeat(LINE + 1), LINE);
        assert_eq!(long, Err(BadField { field: "role", refusal: Refusal::TooLong }));
        assert_eq!(paragraph("text", "a\r\nb").unwrap(), "a\nb");
    }

    proptest! {
        #[test]
        fn nothing_typed_leaves_a_sign_of_sql_or_html(typed in ".{0,60}") {
            let pattern = Search::of(&typed).pattern;
            let word = pattern.trim_matches('%');
            prop_assert!(word.chars().all(|c| c.is_alphanumeric()), "{}", pattern);
            prop_assert!(!html(&typed).contains(['<', '>', '"', '\'']));
        }

        #[test]
        fn a_text_is_found_by_itself(text in "[a-zA-Zéèàçôœ' -]{1,30}") {
            prop_assert!(Search::of(&text).finds(&folded(&[&text], "")));
        }
    }
}
