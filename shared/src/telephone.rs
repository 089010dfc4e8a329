//! French numbers as they are dialled in France, and as E.164 has them.

/// The country codes whose national numbers are a 0 and nine digits: France, La Réunion and Mayotte,
/// Guadeloupe, Guyane, Martinique.
const CODES: [&str; 5] = ["33", "262", "590", "594", "596"];

/// The country code of a national number of nine digits (its first 0 left out), by ARCEP's numbering
/// plan: in France all are dialled alike, and from elsewhere +33 does not reach overseas.
#[must_use]
pub fn code_of(national: u64) -> u16 {
    // 06 39 is Mayotte's, but for the numbers that plays and demonstrations have.
    if national / 10_000 == 63_998 {
        return 33;
    }
    match (national / 1_000_000, national / 100_000 % 10, national / 10_000 % 10) {
        (590 | 690 | 691, ..) | (598, 7, _) | (709, 0, _) => 590,
        (594 | 694, ..) | (598, 8, _) | (709, 3, 0..=4) => 594,
        (596 | 696 | 697, ..) | (598, 9, _) | (709, 1, _) => 596,
        (262 | 269 | 639 | 692 | 693, ..) | (263, 0 | 1, _) | (268, 8 | 9, _) | (709, 2 | 3, _) => {
            262
        }
        _ => 33,
    }
}

/// How a number in E.164 is dialled in France; `None` for another country's.
#[must_use]
pub fn national(e164: &str) -> Option<String> {
    let digits = e164.strip_prefix('+')?;
    let rest = CODES.iter().find_map(|code| digits.strip_prefix(code).filter(|r| r.len() == 9))?;
    Some(format!("0{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_overseas_has_the_code_of_its_place() {
        let plan = [
            (33, [612_345_678, 563_540_102, 263_512_345, 639_981_020, 756_789_012]),
            (262, [692_123_456, 262_201_010, 263_012_345, 639_691_234, 268_912_345]),
            (590, [690_123_456, 590_820_000, 691_220_000, 709_000_000, 690_000_000]),
            (594, [694_123_456, 594_300_000, 709_300_000, 709_340_000, 694_000_000]),
            (596, [696_123_456, 596_550_000, 697_000_000, 709_100_000, 596_000_000]),
        ];
        for (code, numbers) in plan {
            for number in numbers {
                assert_eq!(code_of(number), code, "{number}");
            }
        }
    }

    #[test]
    fn it_is_dialled_in_france_with_a_zero() {
        assert_eq!(national("+33612345678").as_deref(), Some("0612345678"));
        assert_eq!(national("+262692123456").as_deref(), Some("0692123456"));
        for other in ["+32475123456", "+3361234567", "15", ""] {
            assert_eq!(national(other), None, "{other}");
        }
    }
}
