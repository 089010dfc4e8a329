//! What of a message shows in a list. Pure.

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
