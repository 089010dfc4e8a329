//! Photos of receipts (sync.md C11): announced by a command, then sent in parts that resume.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, ReceiptId, VisitId};
use crate::keys::Digest;
use crate::time::Moment;

/// Largest picture that a phone sends, in bytes.
pub const MOST_BYTES: usize = 3 * 1024 * 1024;

/// Bytes of one part, so that a slow network can carry it.
pub const PART_BYTES: usize = 96 * 1024;

/// Most receipts of a visit.
pub const MOST_RECEIPTS: usize = 6;

/// What a picture is, by its first bytes; its name and what the sender calls it say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl PictureKind {
    /// Reads the first bytes; `None` for anything else.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else {
            None
        }
    }
}

/// A receipt as phones know it. Scope `membership/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptRow {
    /// Its id.
    pub id: ReceiptId,
    /// Of which visit.
    pub visit: VisitId,
    /// When the server has it whole; `None` before.
    pub received_at: Option<Moment>,
}

/// `POST /api/phone/receipts`: a part of a picture. Its device key signs it as every request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptPart {
    /// Which phone.
    pub device: DeviceId,
    /// Which receipt; a command has announced it.
    pub receipt: ReceiptId,
    /// Where the part begins.
    pub offset: u64,
    /// The bytes in base64url without padding; empty to ask how far the server is.
    pub data: String,
}

/// The answer: how far the server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptHeld {
    /// Which receipt.
    pub receipt: ReceiptId,
    /// Bytes from the start that the server keeps; the next part begins there.
    pub held: u64,
    /// Whether it is whole and was found to be the picture announced.
    pub whole: bool,
}

/// A command's picture: what the phone promises to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// How many bytes.
    pub size: u64,
}

/// The bytes of a picture that a screen gives as base64, with or without padding; `None` when it is
/// none.
#[must_use]
pub fn bytes_of(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// A part as it travels.
#[must_use]
pub fn travels(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_what_its_first_bytes_say() {
        assert_eq!(PictureKind::sniff(&[0xff, 0xd8, 0xff, 0xe0]), Some(PictureKind::Jpeg));
        assert_eq!(PictureKind::sniff(b"\x89PNG\r\n\x1a\n...."), Some(PictureKind::Png));
        assert_eq!(PictureKind::sniff(b"<svg onload=alert(1)>"), None);
        assert_eq!(PictureKind::sniff(b""), None);
    }
}
