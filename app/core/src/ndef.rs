//! NDEF messages of home tags: bytes as they stand on the tag, to the link in them.

use ndef_rs::payload::UriPayload;
use ndef_rs::{NdefMessage, NdefRecord, TNF};
use releve_shared::badge::{Method, Reading};
use releve_shared::refusal::Refusal;

/// The largest message that any tag of ours can hold, in bytes.
const LARGEST: usize = 8 * 1024;

/// The link of a tag's NDEF message: its first URI record, alone or in a smart poster.
///
/// # Errors
/// [`Refusal::Unreadable`] for bytes that are no message, [`Refusal::NotAHomeTag`] for a message
/// without a link.
pub fn reading(message: &[u8]) -> Result<Reading, Refusal> {
    let text = link(message, true)?.ok_or(Refusal::NotAHomeTag)?;
    Ok(Reading { method: Method::Nfc, text })
}

fn link(message: &[u8], posters: bool) -> Result<Option<String>, Refusal> {
    if message.len() > LARGEST || !lengths_fit(message) {
        return Err(Refusal::Unreadable);
    }
    let message = NdefMessage::decode(message).map_err(|_| Refusal::Unreadable)?;
    for record in message.records() {
        let well_known = record.tnf() == TNF::WellKnown;
        match record.record_type() {
            b"U" if well_known => return uri(record).map(Some),
            b"Sp" if well_known && posters => {
                if let Some(inside) = link(record.payload(), false)? {
                    return Ok(Some(inside));
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

fn uri(record: &NdefRecord) -> Result<String, Refusal> {
    // The library reads the first byte of the payload without looking whether there is one.
    if record.payload().is_empty() {
        return Err(Refusal::Unreadable);
    }
    let uri = UriPayload::try_from(record).map_err(|_| Refusal::Unreadable)?;
    Ok(uri.full_uri())
}

/// Whether each record's lengths stay inside the message: the library makes room for whatever a
/// record claims, up to four gigabytes, before it looks.
fn lengths_fit(message: &[u8]) -> bool {
    let mut rest = message;
    while let [flags, kind, tail @ ..] = rest {
        let (payload, tail) = match (flags & 0x10 != 0, tail) {
            (true, [short, tail @ ..]) => (usize::from(*short), tail),
            (false, [a, b, c, d, tail @ ..]) => {
                let long = u32::from_be_bytes([*a, *b, *c, *d]);
                (usize::try_from(long).unwrap_or(usize::MAX), tail)
            }
            (true | false, _) => return false,
        };
        let (id, tail) = match (flags & 0x08 != 0, tail) {
            (true, [id, tail @ ..]) => (usize::from(*id), tail),
            (true, []) => return false,
            (false, tail) => (0, tail),
        };
        let body = payload.saturating_add(usize::from(*kind)).saturating_add(id);
        match tail.get(body..) {
            Some(next) => rest = next,
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(records: &[NdefRecord]) -> Vec<u8> {
        NdefMessage::from(records).to_buffer().unwrap()
    }

    fn uri_record(uri: &str) -> NdefRecord {
        let payload = UriPayload::from_string(uri);
        NdefRecord::builder().tnf(TNF::WellKnown).payload(&payload).build().unwrap()
    }

    #[test]
    fn the_link_of_a_tag_is_read_whatever_its_abbreviation() {
        for link in ["https://releve.example/b/AbC", "https://www.x.fr/b/1", "http://10.0.0.1/b/2"]
        {
            let read = reading(&message(&[uri_record(link)])).unwrap();
            assert_eq!((read.method, read.text.as_str()), (Method::Nfc, link));
        }
    }

    #[test]
    fn a_long_link_and_a_smart_poster_are_read() {
        let long = format!("https://releve.example/b/{}", "x".repeat(400));
        let plain = message(&[uri_record(&long)]);
        assert_eq!(reading(&plain).unwrap().text, long);
        let poster = ndef_rs::payload::SmartPosterPayload::from_string(plain);
        let record = NdefRecord::builder().tnf(TNF::WellKnown).payload(&poster).build().unwrap();
        assert_eq!(reading(&message(&[record])).unwrap().text, long);
    }

    #[test]
    fn what_holds_no_link_is_said_to_be_none() {
        // A text record, an empty record, a URI record without a byte, half a message.
        let text = [0xD1, 0x01, 0x05, b'T', 0x02, b'f', b'r', b'a', b'b'];
        assert_eq!(reading(&text), Err(Refusal::NotAHomeTag));
        assert_eq!(reading(&[0xD0, 0, 0]), Err(Refusal::NotAHomeTag));
        assert_eq!(reading(&[0xD1, 1, 0, b'U']), Err(Refusal::Unreadable));
        let whole = message(&[uri_record("https://releve.example/b/AbC")]);
        assert_eq!(reading(&whole[..whole.len() - 3]), Err(Refusal::Unreadable));
        assert_eq!(reading(&[]), Err(Refusal::Unreadable));
        assert_eq!(reading(&[0xC1, 1, 0xFF, 0xFF, 0xFF, 0xFF, b'U']), Err(Refusal::Unreadable));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = reading(&bytes);
        }

        #[test]
        fn a_damaged_message_never_panics(at: prop::sample::Index, byte: u8) {
            let mut bytes = message(&[uri_record("https://releve.example/b/AbC")]);
            let spot = at.index(bytes.len());
            bytes[spot] = byte;
            let _ = reading(&bytes);
        }
    }
}
