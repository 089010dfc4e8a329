//! A push closed for its receiver: RFC 8291 over the content coding `aes128gcm` of RFC 8188, one record.
//! Pure: the key drawn for this push and its salt are arguments.

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes128Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

/// The record size that the header tells; our only record is shorter.
const RECORD: u32 = 4_096;

/// After the text of the last record (RFC 8188, section 2).
const LAST: u8 = 2;

/// What a receiver has given: its key and its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    key: PublicKey,
    auth: [u8; 16],
}

impl Receiver {
    /// Reads them; `None` for what is no point of P-256, or no 16 bytes.
    pub fn read(p256dh: &str, auth: &str) -> Option<Self> {
        let key = PublicKey::from_sec1_bytes(&base64url(p256dh)?).ok()?;
        let auth = base64url(auth)?.try_into().ok()?;
        Some(Self { key, auth })
    }
}

/// Bytes of base64url, with its padding or without: browsers and distributors do both.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let engine = if text.ends_with('=') { URL_SAFE } else { URL_SAFE_NO_PAD };
    engine.decode(text).ok()
}

/// A public key as it travels: the uncompressed point.
pub fn point(key: &PublicKey) -> Vec<u8> {
    key.to_sec1_point(false).as_bytes().to_vec()
}

/// Closes a text for a receiver, filled up to `length` bytes so that its size tells nothing. `None`
/// when the cipher fails, which is a bug.
pub fn close(
    to: &Receiver,
    text: &[u8],
    length: usize,
    drawn: &SecretKey,
    salt: [u8; 16],
) -> Option<Vec<u8>> {
    let own = point(&drawn.public_key());
    let shared = p256::ecdh::diffie_hellman(drawn.to_nonzero_scalar(), to.key.as_affine());
    let mut input = [0; 32];
    let info = [b"WebPush: info\0".as_slice(), &point(&to.key), &own].concat();
    Hkdf::<Sha256>::new(Some(&to.auth), shared.raw_secret_bytes())
        .expand(&info, &mut input)
        .ok()?;

    let keys = Hkdf::<Sha256>::new(Some(&salt), &input);
    let (mut key, mut nonce) = ([0; 16], [0; 12]);
    keys.expand(b"Content-Encoding: aes128gcm\0", &mut key).ok()?;
    keys.expand(b"Content-Encoding: nonce\0", &mut nonce).ok()?;
    let mut record = text.to_vec();
    record.push(LAST);
    record.resize(record.len().max(length), 0);
    let cipher = Aes128Gcm::new(&key.into());
    let closed = cipher.encrypt(&Nonce::from(nonce), record.as_slice()).ok()?;
    let id = u8::try_from(own.len()).ok()?;
    Some([salt.as_slice(), &RECORD.to_be_bytes(), &[id], &own, &closed].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 8291, section 5 and appendix A, byte for byte.
    #[test]
    fn the_example_of_the_standard_comes_out() {
        let drawn = base64url("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").unwrap();
        let drawn = SecretKey::from_slice(&drawn).unwrap();
        let receiver = Receiver::read(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        )
        .unwrap();
        let salt = base64url("DGv6ra1nlYgDCS1FRnbzlw").unwrap().try_into().unwrap();
        let text = b"When I grow up, I want to be a watermelon";
        let closed = close(&receiver, text, 0, &drawn, salt).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(closed),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz\
             AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
                .replace(' ', "")
        );
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let auth = URL_SAFE_NO_PAD.encode([7; 16]);
        let key = point(&SecretKey::from_slice(&[7; 32]).unwrap().public_key());
        let good = URL_SAFE_NO_PAD.encode(&key);
        assert!(Receiver::read(&good, &auth).is_some());
        assert!(Receiver::read(&URL_SAFE.encode(&key), &URL_SAFE.encode([7; 16])).is_some());
        assert!(Receiver::read(&good, &URL_SAFE_NO_PAD.encode([7; 15])).is_none());
        // A point beside the curve would give the drawn key away.
        let mut beside = key;
        if let Some(last) = beside.last_mut() {
            *last ^= 1;
        }
        assert!(Receiver::read(&URL_SAFE_NO_PAD.encode(beside), &auth).is_none());
        assert!(Receiver::read("", &auth).is_none() && Receiver::read("é", "é").is_none());
    }

    #[test]
    fn every_kind_of_push_is_as_long_as_another() {
        let drawn = SecretKey::from_slice(&[9; 32]).unwrap();
        let key = URL_SAFE_NO_PAD.encode(point(&drawn.public_key()));
        let to = Receiver::read(&key, &URL_SAFE_NO_PAD.encode([1; 16])).unwrap();
        let length = |text: &[u8]| close(&to, text, 200, &drawn, [2; 16]).unwrap().len();
        assert_eq!(length(b"a"), length(&[b'b'; 150]));
    }
}
