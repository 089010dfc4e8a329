//! The professional card (row O-30): who somebody is for a new client, and a code that proves it now.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, MembershipId, OrganisationId};
use crate::keys::{PublicKey, Purpose, Signature, Signer};
use crate::time::{MINUTE_MS, Moment};

/// Side of a photo and of a logo, in pixels: they are square.
pub const SIDE: u32 = 320;

/// Largest photo or logo as it is kept, in bytes of JPEG.
pub const PICTURE_BYTES: usize = 64 * 1024;

/// Minutes before and after its own in which a code is good: clocks differ, people are slow.
pub const GOOD_MINUTES: i64 = 2;

/// What a phone shows of its owner. Scope `membership/<id>`; its id is the membership's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Whose.
    pub membership: MembershipId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// As what, in words.
    pub role: String,
    /// The photo set at the desk: JPEG in base64.
    pub photo: Option<String>,
}

/// The logo of an organisation. Scope `organisation/<id>`; its id is the organisation's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    /// Whose.
    pub organisation: OrganisationId,
    /// JPEG in base64.
    pub picture: String,
}

/// A code of a card: a phone says which minute it is, and signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardCode {
    /// Which phone.
    pub device: DeviceId,
    /// Minutes since 1970, by the phone's measured time.
    pub minute: i64,
    signature: Signature,
}

const LENGTH: usize = 16 + 8 + 64;

fn message(device: DeviceId, minute: i64) -> [u8; 24] {
    let mut message = [0; 24];
    let parts = device.uuid().into_bytes().into_iter().chain(minute.to_be_bytes());
    message.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    message
}

impl CardCode {
    /// The code of a minute.
    #[must_use]
    pub fn sign(device: DeviceId, key: &Signer, at: Moment) -> Self {
        let minute = at.0.div_euclid(MINUTE_MS);
        let signature = key.sign(Purpose::Card, &message(device, minute));
        Self { device, minute, signature }
    }

    /// When this code's minute is over, and the next one is due.
    #[must_use]
    pub fn until(&self) -> Moment {
        Moment(self.minute.saturating_add(1).saturating_mul(MINUTE_MS))
    }

    /// As it stands in an address.
    #[must_use]
    pub fn text(&self) -> String {
        let mut bytes = message(self.device, self.minute).to_vec();
        bytes.extend_from_slice(self.signature.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads it back; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == LENGTH)?;
        let (device, rest) = bytes.split_first_chunk::<16>()?;
        let (minute, signature) = rest.split_first_chunk::<8>()?;
        Some(Self {
            device: DeviceId::from(uuid::Uuid::from_bytes(*device)),
            minute: i64::from_be_bytes(*minute),
            signature: Signature::from_bytes(signature.try_into().ok()?),
        })
    }

    /// Whether the phone has signed it, and it is of now.
    #[must_use]
    pub fn holds(&self, key: &PublicKey, now: Moment) -> bool {
        let far = now.0.div_euclid(MINUTE_MS).saturating_sub(self.minute);
        far.abs() <= GOOD_MINUTES
            && key.verifies(Purpose::Card, &message(self.device, self.minute), &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O-30: a code is good around its minute, of its own phone, and whole; a photo of it is not.
    #[test]
    fn a_code_is_good_for_minutes_only() {
        let key = Signer::from_seed(&[7; 32]);
        let device = DeviceId::new(Moment(1), [1; 10]);
        let at = Moment(1_800_000_030_000);
        let code = CardCode::parse(&CardCode::sign(device, &key, at).text()).unwrap();
        assert_eq!(code.device, device);
        let holds = |ms| code.holds(&key.public(), at.plus(ms));
        assert!(holds(0) && holds(2 * MINUTE_MS) && holds(-2 * MINUTE_MS));
        assert!(!holds(3 * MINUTE_MS) && !holds(-3 * MINUTE_MS));
        assert!(!code.holds(&Signer::from_seed(&[8; 32]).public(), at));
        let mut text = code.text();
        text.replace_range(30..31, if text.get(30..31) == Some("A") { "B" } else { "A" });
        assert!(CardCode::parse(&text).is_none_or(|code| !code.holds(&key.public(), at)));
        for strange in ["", "AAAA", "é", &"A".repeat(500)] {
            assert_eq!(CardCode::parse(strange), None);
        }
    }
}
