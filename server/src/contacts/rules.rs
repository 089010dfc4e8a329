//! Numbers that may be dialled, short ones included. Pure.

use crate::text::{self, BadField};

/// Longest short number: 3949, 116117.
const SHORT: usize = 6;

/// A number as it is dialled: a short one as it is, any other as E.164.
///
/// # Errors
/// [`releve_shared::refusal::Refusal::Invalid`] for what is no number, and for nothing.
pub fn dialled(field: &'static str, typed: &str) -> Result<String, BadField> {
    let bare: String =
        typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-')).collect();
    if (2..=SHORT).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(bare);
    }
    let number = text::phone(field, typed)?;
    if number.is_empty() { Err(BadField::invalid(field)) } else { Ok(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O-24: what France dials is kept as it is; what nobody can dial is refused.
    #[test]
    fn short_numbers_stay_short() {
        assert_eq!(dialled("phone", " 15 ").unwrap(), "15");
        assert_eq!(dialled("phone", "39 49").unwrap(), "3949");
        assert_eq!(dialled("phone", "116 117").unwrap(), "116117");
        assert_eq!(dialled("phone", "05 63 54 01 02").unwrap(), "+33563540102");
        assert_eq!(dialled("phone", "02 62 90 50 50").unwrap(), "+262262905050");
        for bad in ["", "  ", "1", "SAMU", "15a"] {
            assert_eq!(dialled("phone", bad), Err(BadField::invalid("phone")), "{bad}");
        }
    }
}
