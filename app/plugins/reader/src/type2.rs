//! NFC Forum Type 2 tags (NTAG213, 215, 216): pages of four bytes, an NDEF message in a TLV block.

use crate::{Exchange, ReadError};

/// Command READ: four pages from the one named.
const READ: u8 = 0x30;
/// The page of the capability container; user memory starts on the next one.
const CONTAINER: u8 = 3;
/// First byte of a container that promises NDEF.
const MAGIC: u8 = 0xE1;

const NULL: u8 = 0x00;
const NDEF: u8 = 0x03;
const TERMINATOR: u8 = 0xFE;

/// Reads the NDEF message.
pub(crate) fn message(exchange: &mut Exchange<'_>) -> Result<Vec<u8>, ReadError> {
    let head = read(exchange, CONTAINER)?;
    let [magic, _version, eighths, _access, user @ ..] = head.as_slice() else {
        return Err(ReadError::Damaged);
    };
    if *magic != MAGIC {
        return Err(ReadError::Empty);
    }
    let capacity = usize::from(*eighths) * 8;
    let mut memory = user.to_vec();
    let mut page = CONTAINER + 4;
    loop {
        match find(&memory) {
            Found::Message(bytes) => return Ok(bytes),
            Found::Nothing => return Err(ReadError::Empty),
            Found::NeedsMore if memory.len() >= capacity => return Err(ReadError::Damaged),
            Found::NeedsMore => {
                memory.extend(read(exchange, page)?);
                // A tag of a whole sector (1 kB) has no page number past this one.
                page = page.checked_add(4).ok_or(ReadError::Damaged)?;
            }
        }
    }
}

fn read(exchange: &mut Exchange<'_>, page: u8) -> Result<Vec<u8>, ReadError> {
    let pages = exchange(&[READ, page], 16)?;
    if pages.len() == 16 { Ok(pages) } else { Err(ReadError::TakenAway) }
}

enum Found {
    Message(Vec<u8>),
    Nothing,
    NeedsMore,
}

/// Walks the TLV blocks to the first NDEF message.
fn find(mut memory: &[u8]) -> Found {
    loop {
        let Some((kind, rest)) = memory.split_first() else { return Found::NeedsMore };
        match *kind {
            NULL => memory = rest,
            TERMINATOR => return Found::Nothing,
            kind => {
                let Some((length, rest)) = length(rest) else { return Found::NeedsMore };
                let Some((value, rest)) = rest.split_at_checked(length) else {
                    return Found::NeedsMore;
                };
                match kind {
                    NDEF if value.is_empty() => return Found::Nothing,
                    NDEF => return Found::Message(value.to_vec()),
                    _ => memory = rest,
                }
            }
        }
    }
}

/// One byte, or 0xFF and two bytes.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [0xFF, high, low, rest @ ..] => {
            Some((usize::from(u16::from_be_bytes([*high, *low])), rest))
        }
        [0xFF, ..] | [] => None,
        [length, rest @ ..] => Some((usize::from(*length), rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tag whose memory from page 0 is `memory`, padded with zeros.
    fn tag(
        user: &[u8],
        container: [u8; 4],
    ) -> impl FnMut(&[u8], usize) -> Result<Vec<u8>, ReadError> {
        let mut memory = vec![0; 12];
        memory.extend(container);
        memory.extend(user);
        memory.resize(1100, 0);
        move |sent, _| {
            assert_eq!(sent[0], READ);
            let at = usize::from(sent[1]) * 4;
            Ok(memory[at..at + 16].to_vec())
        }
    }

    const NTAG213: [u8; 4] = [0xE1, 0x10, 0x12, 0x00];

    #[test]
    fn a_message_after_other_blocks_is_found() {
        let mut user = vec![0x00, 0x01, 0x03, 0xA0, 0x0C, 0x34, 0x03, 40];
        user.extend([7; 40]);
        user.push(TERMINATOR);
        assert_eq!(message(&mut tag(&user, NTAG213)), Ok(vec![7; 40]));
    }

    #[test]
    fn a_long_message_has_a_length_of_three_bytes() {
        let mut user = vec![0x03, 0xFF, 0x01, 0x2C];
        user.extend([9; 300]);
        assert_eq!(message(&mut tag(&user, [0xE1, 0x10, 0x3E, 0])), Ok(vec![9; 300]));
    }

    #[test]
    fn empty_damaged_and_unformatted_tags_are_told_apart() {
        assert_eq!(message(&mut tag(&[0x03, 0x00, 0xFE], NTAG213)), Err(ReadError::Empty));
        assert_eq!(message(&mut tag(&[0xFE], NTAG213)), Err(ReadError::Empty));
        assert_eq!(message(&mut tag(&[], [0; 4])), Err(ReadError::Empty));
        assert_eq!(message(&mut tag(&[0x03, 0xFE, 1], NTAG213)), Err(ReadError::Damaged));
    }

    #[test]
    fn a_tag_taken_away_is_said_so() {
        let mut gone = |_: &[u8], _: usize| Err(ReadError::TakenAway);
        assert_eq!(message(&mut gone), Err(ReadError::TakenAway));
        let mut cut = |_: &[u8], _: usize| Ok(vec![0xE1, 0x10]);
        assert_eq!(message(&mut cut), Err(ReadError::TakenAway));
    }
}
