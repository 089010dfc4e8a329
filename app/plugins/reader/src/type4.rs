//! NFC Forum Type 4 tags (NTAG 424 DNA): files read by ISO 7816-4 commands.

use crate::{Exchange, ReadError};

/// SELECT of the NDEF application, by its registered name.
const APPLICATION: [u8; 13] =
    [0x00, 0xA4, 0x04, 0x00, 0x07, 0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01, 0x00];
/// The capability container's file.
const CONTAINER: [u8; 2] = [0xE1, 0x03];
/// What every reader and tag can carry in one answer.
const CHUNK: u8 = 0x78;
/// Tag of the block that names the NDEF file.
const NDEF_FILE: u8 = 0x04;

/// Reads the NDEF message.
pub(crate) fn message(exchange: &mut Exchange<'_>) -> Result<Vec<u8>, ReadError> {
    apdu(exchange, &APPLICATION)?;
    select(exchange, CONTAINER)?;
    let container = read(exchange, 0, 15)?;
    let [_, _, _, most_high, most_low, _, _, NDEF_FILE, 6, file_high, file_low, ..] =
        *container.as_slice()
    else {
        return Err(ReadError::Damaged);
    };
    let most = u16::from_be_bytes([most_high, most_low]);
    let chunk = u8::try_from(most).unwrap_or(CHUNK).clamp(1, CHUNK);
    select(exchange, [file_high, file_low])?;
    let head = read(exchange, 0, 2)?;
    let [high, low] = *head.as_slice() else { return Err(ReadError::Damaged) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length == 0 {
        return Err(ReadError::Empty);
    }
    let mut message = Vec::with_capacity(length);
    while message.len() < length {
        let left = length - message.len();
        let ask = u8::try_from(left).map_or(chunk, |left| left.min(chunk));
        let at = u16::try_from(message.len() + 2).map_err(|_| ReadError::Damaged)?;
        let part = read(exchange, at, ask)?;
        if part.is_empty() || part.len() > usize::from(ask) {
            return Err(ReadError::Damaged);
        }
        message.extend(part);
    }
    Ok(message)
}

fn select(exchange: &mut Exchange<'_>, [high, low]: [u8; 2]) -> Result<(), ReadError> {
    apdu(exchange, &[0x00, 0xA4, 0x00, 0x0C, 0x02, high, low]).map(drop)
}

fn read(exchange: &mut Exchange<'_>, at: u16, length: u8) -> Result<Vec<u8>, ReadError> {
    let [high, low] = at.to_be_bytes();
    apdu(exchange, &[0x00, 0xB0, high, low, length])
}

/// Sends one command; the data of a successful answer, without its two status bytes.
fn apdu(exchange: &mut Exchange<'_>, command: &[u8]) -> Result<Vec<u8>, ReadError> {
    let mut answer = exchange(command, 258)?;
    let status = (answer.pop(), answer.pop());
    match status {
        (Some(0x00), Some(0x90)) => Ok(answer),
        // 6A82: a chip card without that application or file.
        (Some(0x82), Some(0x6A)) => Err(ReadError::NotATag),
        (Some(_), Some(_)) => Err(ReadError::Damaged),
        _ => Err(ReadError::TakenAway),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_card_is_no_tag() {
        let mut bank = |_: &[u8], _: usize| Ok(vec![0x6A, 0x82]);
        assert_eq!(message(&mut bank), Err(ReadError::NotATag));
    }

    #[test]
    fn a_tag_that_stops_half_way_was_taken_away() {
        let mut left = 2;
        let mut tag = |_: &[u8], _: usize| {
            if left == 0 {
                return Err(ReadError::TakenAway);
            }
            left -= 1;
            Ok(vec![0x90, 0x00])
        };
        assert_eq!(message(&mut tag), Err(ReadError::TakenAway));
    }

    #[test]
    fn a_container_that_makes_no_sense_is_damaged() {
        let mut tag = |sent: &[u8], _: usize| {
            Ok(if sent[1] == 0xB0 { vec![0, 0x90, 0x00] } else { vec![0x90, 0x00] })
        };
        assert_eq!(message(&mut tag), Err(ReadError::Damaged));
    }
}
