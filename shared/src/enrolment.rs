//! Enrolment of a phone by a one-time QR shown on the desk, and what the server promises it.

use serde::{Deserialize, Serialize};

use crate::establishment::Organisation;
use crate::id::{DeviceId, PersonId};
use crate::keys::{Digest, PublicKey, Purpose, Signature, Signer};
use crate::refusal::Refusal;
use crate::time::Moment;
use crate::wire_enum;

/// The link in the enrolment QR: `https://host/e#c=<code>&k=<server key>`. Code and key are in the
/// fragment, which a browser never sends to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentLink {
    /// The server's public address, without a final slash.
    pub server: String,
    /// The one-time code.
    pub code: String,
    /// The server's key, pinned by the phone: it signs leases and wipe orders (sync.md WP1).
    pub key: PublicKey,
}

impl EnrolmentLink {
    /// The text of the QR.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}/e#c={}&k={}", self.server, self.code, self.key)
    }

    /// Reads the text of a QR.
    ///
    /// # Errors
    /// [`Refusal::EnrolmentOver`] for a text that is no enrolment link.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let read = || {
            let (server, fragment) = text.trim().split_once("/e#")?;
            if !(server.starts_with("https://") || server.starts_with("http://")) {
                return None;
            }
            let (code, key) = fragment.strip_prefix("c=")?.split_once("&k=")?;
            (!code.is_empty() && code.len() <= 64).then_some(())?;
            let key = PublicKey::parse(key).ok()?;
            Some(Self { server: server.to_owned(), code: code.to_owned(), key })
        };
        read().ok_or(Refusal::EnrolmentOver)
    }
}

/// `POST /api/phone/enrol`: a phone asks to be enrolled. Asking again with the same code and key
/// gives the same answer, so that a lost answer locks nobody out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The one-time code of the link.
    pub code: String,
    /// The device's public key; its secret never leaves the phone.
    pub device_key: PublicKey,
    /// SHA-256 of the phone's first token, which the phone drew itself.
    pub token: Digest,
    /// A name for the phone, for example its model.
    pub name: String,
    /// `android`, `ios`, `linux`.
    pub platform: String,
    /// The app's version.
    pub version: String,
}

/// The answer to an enrolment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolAnswer {
    /// The phone's id.
    pub device: DeviceId,
    /// Whose phone it is now.
    pub person: PersonId,
    /// For which organisation the enrolment was made.
    pub organisation: Organisation,
    /// The feed's epoch.
    pub epoch: String,
    /// The server's time.
    pub server_time: Moment,
    /// How long the phone may show what it holds.
    pub lease: Lease,
}

/// Until when a phone may show what it holds without hearing from the server (sync.md WP3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// For which phone.
    pub device: DeviceId,
    /// From when.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
    /// By the server's key.
    pub signature: Signature,
}

impl Lease {
    /// Signs a lease.
    #[must_use]
    pub fn sign(device: DeviceId, from: Moment, until: Moment, key: &Signer) -> Self {
        let signature = key.sign(Purpose::Lease, &Self::message(device, from, until));
        Self { device, from, until, signature }
    }

    /// Whether it is for this phone and signed by the pinned key.
    #[must_use]
    pub fn verifies(&self, device: DeviceId, key: &PublicKey) -> bool {
        let message = Self::message(self.device, self.from, self.until);
        self.device == device && key.verifies(Purpose::Lease, &message, &self.signature)
    }

    fn message(device: DeviceId, from: Moment, until: Moment) -> Vec<u8> {
        [device.uuid().as_bytes().as_slice(), &from.0.to_be_bytes(), &until.0.to_be_bytes()]
            .concat()
    }
}

wire_enum! {
    /// How a wipe treats what is still to be sent.
    pub enum WipeMode {
        /// Try once to send the outbox, then wipe.
        AfterSending = "after_sending",
        /// Wipe at once.
        Now = "now",
    }
}

/// An order to destroy a phone's data: signed, never a bare 401 (sync.md WP1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WipeOrder {
    /// Which phone.
    pub device: DeviceId,
    /// One-time text, given back in the receipt.
    pub nonce: String,
    /// At once or after sending.
    pub mode: WipeMode,
    /// By the server's key.
    pub signature: Signature,
}

impl WipeOrder {
    /// Signs an order.
    #[must_use]
    pub fn sign(device: DeviceId, nonce: String, mode: WipeMode, key: &Signer) -> Self {
        let signature = key.sign(Purpose::Wipe, &Self::message(device, &nonce, &mode));
        Self { device, nonce, mode, signature }
    }

    /// Whether it names this phone and is signed by the pinned key.
    #[must_use]
    pub fn verifies(&self, device: DeviceId, key: &PublicKey) -> bool {
        let message = Self::message(self.device, &self.nonce, &self.mode);
        self.device == device && key.verifies(Purpose::Wipe, &message, &self.signature)
    }

    fn message(device: DeviceId, nonce: &str, mode: &WipeMode) -> Vec<u8> {
        [device.uuid().as_bytes().as_slice(), mode.code().as_bytes(), b"\0", nonce.as_bytes()]
            .concat()
    }
}

/// `POST /api/phone/wiped`: the phone confirms, with the order's nonce; no token is left to show.
/// The answer says it back, as no portal would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WipeReceipt {
    /// Which phone.
    pub device: DeviceId,
    /// The order's nonce.
    pub nonce: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(n: u128) -> DeviceId {
        DeviceId::from(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn the_link_of_the_desk_is_read_by_the_phone() {
        let key = Signer::from_seed(&[1; 32]).public();
        let link = EnrolmentLink { server: "https://r.example".into(), code: "AB-CD".into(), key };
        assert_eq!(EnrolmentLink::parse(&link.text()), Ok(link));
        for wrong in ["", "https://r.example", "ftp://r/e#c=1&k=2", "https://r/e#c=&k=2"] {
            assert_eq!(EnrolmentLink::parse(wrong), Err(Refusal::EnrolmentOver), "{wrong}");
        }
    }

    #[test]
    fn only_the_pinned_key_leases_or_wipes_and_only_this_phone() {
        let (server, thief) = (Signer::from_seed(&[1; 32]), Signer::from_seed(&[2; 32]));
        let lease = Lease::sign(device(1), Moment(0), Moment(9), &server);
        assert!(lease.verifies(device(1), &server.public()));
        assert!(!lease.verifies(device(2), &server.public()));
        assert!(!Lease { until: Moment(10), ..lease }.verifies(device(1), &server.public()));
        let order = WipeOrder::sign(device(1), "n".into(), WipeMode::Now, &thief);
        assert!(!order.verifies(device(1), &server.public()));
        let order = WipeOrder::sign(device(1), "n".into(), WipeMode::AfterSending, &server);
        assert!(order.verifies(device(1), &server.public()));
        assert!(!WipeOrder { mode: WipeMode::Now, ..order }.verifies(device(1), &server.public()));
    }
}
