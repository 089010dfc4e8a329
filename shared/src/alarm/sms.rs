//! The text message of a phone without data: `DATI|alarm|caregiver|lat,lon|acc|age_s|kind|hmac`, at
//! most 160 characters of GSM-7, no client data (standards.md 3.8). The office's gateway hands it to
//! the server, which joins it to the same episode.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};

use super::{Kind, Position};
use crate::id::{AlarmId, DeviceId};
use crate::keys::Digest;
use crate::refusal::Refusal;

/// Characters of one message in the GSM 7-bit alphabet (3GPP TS 23.038).
pub const SMS_LIMIT: usize = 160;

/// How many bytes of the HMAC-SHA-256 travel: 96 bits (RFC 2104 section 5 allows half and more of
/// 80 bits; nobody guesses it in the life of an alarm).
const TAG: usize = 12;

/// The secret that a phone shares with the server for its text messages.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsKey([u8; 32]);

impl SmsKey {
    /// Of its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key of a phone, of a secret of the server: HMAC-SHA-256 over the phone's id.
    #[must_use]
    pub fn derive(secret: &[u8; 32], device: DeviceId) -> Self {
        let mut block = Hmac::<sha2::Sha256>::new(&padded(secret));
        block.update(b"releve sms key 1\0");
        block.update(device.uuid().as_bytes());
        Self(block.finalize().into_bytes().into())
    }

    /// Of its text on the wire, base64url.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] when it is not 32 bytes.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(Refusal::Invalid)
    }

    /// Its text on the wire.
    #[must_use]
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    fn mac(&self, signed: &str) -> Hmac<sha2::Sha256> {
        let mut mac = Hmac::<sha2::Sha256>::new(&padded(&self.0));
        mac.update(b"releve dati sms 1\0");
        mac.update(signed.as_bytes());
        mac
    }
}

/// A key as HMAC takes it: filled with zeros to a block (RFC 2104 section 2).
fn padded(key: &[u8; 32]) -> hmac::digest::Key<Hmac<sha2::Sha256>> {
    let mut block = hmac::digest::Key::<Hmac<sha2::Sha256>>::default();
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    block
}

impl std::fmt::Debug for SmsKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmsKey")
    }
}

/// The code by which a text message names its phone, and so its caregiver: eight letters and digits
/// that say nothing to a stranger.
#[must_use]
pub fn caregiver_code(device: DeviceId) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digest = Digest::of(&[b"releve caregiver code 1\0", device.uuid().as_bytes()]);
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from);
    digest.as_bytes().iter().take(8).map(letter).collect()
}

/// What a text message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsText {
    /// Which alarm.
    pub alarm: AlarmId,
    /// [`caregiver_code`] of the phone.
    pub code: String,
    /// Where, when the phone knew.
    pub position: Option<Position>,
    /// Why.
    pub kind: Kind,
}

impl SmsText {
    /// The signed text.
    ///
    /// # Errors
    /// [`Refusal::TooLong`] above [`SMS_LIMIT`], which no alarm of this build reaches.
    pub fn sign(&self, key: &SmsKey) -> Result<String, Refusal> {
        let signed = self.signed();
        let tag = key.mac(&signed).finalize().into_bytes();
        let tag = URL_SAFE_NO_PAD.encode(tag.get(..TAG).unwrap_or_default());
        let text = format!("{signed}|{tag}");
        match septets(&text) {
            Some(length) if length <= SMS_LIMIT => Ok(text),
            _ => Err(Refusal::TooLong),
        }
    }

    fn signed(&self) -> String {
        let (place, accuracy, age) = match &self.position {
            Some(at) => (
                at.text(),
                at.accuracy_m.map(|m| m.min(99_999).to_string()).unwrap_or_default(),
                (at.age_ms / 1_000).clamp(0, 999_999).to_string(),
            ),
            None => Default::default(),
        };
        let (id, code, kind) = (self.alarm.uuid().simple(), &self.code, self.kind.code());
        format!("DATI|{id}|{code}|{place}|{accuracy}|{age}|{kind}")
    }

    /// The code of the phone that a text names, before its signature can be checked.
    #[must_use]
    pub fn code_of(text: &str) -> Option<&str> {
        let text = text.trim();
        text.starts_with("DATI|").then(|| text.split('|').nth(2)).flatten()
    }

    /// Reads and checks a text.
    ///
    /// # Errors
    /// [`Refusal::Unreadable`] for another shape, [`Refusal::ProofBroken`] when the signature does
    /// not hold.
    pub fn check(text: &str, key: &SmsKey) -> Result<Self, Refusal> {
        let text = text.trim();
        let (signed, tag) = text.rsplit_once('|').ok_or(Refusal::Unreadable)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| Refusal::Unreadable)?;
        if tag.len() != TAG {
            return Err(Refusal::Unreadable);
        }
        key.mac(signed).verify_truncated_left(&tag).map_err(|_| Refusal::ProofBroken)?;
        Self::read(signed).ok_or(Refusal::Unreadable)
    }

    fn read(signed: &str) -> Option<Self> {
        let mut parts = signed.split('|');
        let mut next = || parts.next();
        (next()? == "DATI").then_some(())?;
        let alarm = next()?.parse().ok()?;
        let code = next()?.to_owned();
        let (place, accuracy, age) = (next()?, next()?, next()?);
        let kind = Kind::from_code(next()?);
        let position = if place.is_empty() {
            None
        } else {
            let (lat_udeg, lon_udeg) = Position::parse(place)?;
            let accuracy_m = if accuracy.is_empty() { None } else { Some(accuracy.parse().ok()?) };
            let age_ms = age.parse::<i64>().ok()?.checked_mul(1_000)?;
            Some(Position { lat_udeg, lon_udeg, accuracy_m, age_ms })
        };
        if parts.next().is_some() || position.as_ref().is_some_and(|at| !at.is_possible()) {
            return None;
        }
        Some(Self { alarm, code, position, kind })
    }
}

/// How many septets a text takes in the GSM 7-bit default alphabet; `None` when a character is not in
/// it. `|` and its like take two (3GPP TS 23.038 section 6.2.1.1).
#[must_use]
pub fn septets(text: &str) -> Option<usize> {
    text.chars().try_fold(0_usize, |sum, c| {
        let one = c.is_ascii_alphanumeric()
            || " @$_!\"#%&'()*+,-./:;<=>?¡¿£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤ÄÖÑÜ§äöñüà\n\r".contains(c);
        let two = "|^€{}[]~\\".contains(c);
        let more = if one { 1 } else { two.then_some(2)? };
        sum.checked_add(more)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> SmsKey {
        SmsKey::from_bytes([3; 32])
    }

    fn any_text() -> impl Strategy<Value = SmsText> {
        let position = proptest::option::of((
            -90_000_000..=90_000_000,
            -180_000_000..=180_000_000,
            proptest::option::of(0_u32..100_000),
            0_i64..1_000_000,
        ));
        (any::<u128>(), any::<u128>(), position, 0..Kind::KNOWN.len()).prop_map(
            |(alarm, device, position, kind)| SmsText {
                alarm: AlarmId::from(uuid::Uuid::from_u128(alarm)),
                code: caregiver_code(DeviceId::from(uuid::Uuid::from_u128(device))),
                position: position.map(|(lat_udeg, lon_udeg, accuracy_m, age_s)| Position {
                    lat_udeg,
                    lon_udeg,
                    accuracy_m,
                    age_ms: age_s * 1_000,
                }),
                kind: Kind::from_code(Kind::KNOWN[kind]),
            },
        )
    }

    proptest! {
        /// O-33: whatever is said fits one message, comes back, and no change of it passes.
        #[test]
        fn o_33_a_text_fits_one_message_and_cannot_be_changed(
            said in any_text(), at in any::<prop::sample::Index>(), bit in 0_u8..7,
        ) {
            let text = said.sign(&key()).unwrap();
            prop_assert!(septets(&text).unwrap() <= SMS_LIMIT, "{text}");
            prop_assert_eq!(SmsText::code_of(&text), Some(said.code.as_str()));
            prop_assert_eq!(SmsText::check(&text, &key()).unwrap(), said);
            let mut bytes = text.clone().into_bytes();
            let spot = at.index(bytes.len());
            bytes[spot] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) && changed.trim() != text {
                prop_assert!(SmsText::check(&changed, &key()).is_err(), "{changed}");
            }
            prop_assert!(SmsText::check(&text, &SmsKey::from_bytes([4; 32])).is_err());
        }

        #[test]
        fn no_text_makes_it_fall(text in ".{0,200}") {
            prop_assert!(SmsText::check(&text, &key()).is_err());
        }
    }

    #[test]
    fn pipes_take_two_places() {
        assert_eq!(septets("DATI|é"), Some(7));
        assert_eq!(septets("ê"), None);
    }
}
