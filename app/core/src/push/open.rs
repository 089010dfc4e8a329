//! A push as it came, opened (RFC 8291).

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes128Gcm, Nonce};
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

/// Bytes of a salt, of a record's length, and of a public key's.
const HEAD: usize = 16 + 4 + 1;

/// The public half of a secret as it travels; `None` when it is no secret.
pub(crate) fn public(secret: &[u8; 32]) -> Option<Vec<u8>> {
    Some(point(&SecretKey::from_slice(secret).ok()?.public_key()))
}

fn point(key: &PublicKey) -> Vec<u8> {
    key.to_sec1_point(false).as_bytes().to_vec()
}

/// The text of a push that was closed for a secret; `None` for anything else.
pub(crate) fn open(closed: &[u8], secret: &[u8; 32], auth: &[u8; 16]) -> Option<Vec<u8>> {
    let secret = SecretKey::from_slice(secret).ok()?;
    let (head, rest) = closed.split_at_checked(HEAD)?;
    let (salt, length) = (head.get(..16)?, usize::from(*head.last()?));
    let (id, sealed) = rest.split_at_checked(length)?;
    let sender = PublicKey::from_sec1_bytes(id).ok()?;
    let shared = p256::ecdh::diffie_hellman(secret.to_nonzero_scalar(), sender.as_affine());
    let info = [b"WebPush: info\0".as_slice(), &point(&secret.public_key()), id].concat();
    let mut input = [0; 32];
    let mixed = Hkdf::<Sha256>::new(Some(auth), shared.raw_secret_bytes());
    mixed.expand(&info, &mut input).ok()?;
    let keys = Hkdf::<Sha256>::new(Some(salt), &input);
    let (mut key, mut nonce) = ([0; 16], [0; 12]);
    keys.expand(b"Content-Encoding: aes128gcm\0", &mut key).ok()?;
    keys.expand(b"Content-Encoding: nonce\0", &mut nonce).ok()?;
    let cipher = Aes128Gcm::new(&key.into());
    let mut text = cipher.decrypt(&Nonce::from(nonce), sealed).ok()?;
    // One record, its end marked, filled up behind.
    let end = text.iter().rposition(|byte| *byte != 0)?;
    if text.get(end) != Some(&2) {
        return None;
    }
    text.truncate(end);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// The example of RFC 8291, section 5.
    #[test]
    fn the_example_of_the_standard_opens() {
        let secret = bytes("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94").try_into().unwrap();
        let auth = bytes("BTBZMqHH6r4Tts7J_aSIgg").try_into().unwrap();
        let closed = bytes(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz\
             AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
        );
        let text = open(&closed, &secret, &auth).unwrap();
        assert_eq!(text, b"When I grow up, I want to be a watermelon");
        let mut other = auth;
        other[0] ^= 1;
        assert_eq!(open(&closed, &secret, &other), None, "not shared with us");
        for end in 0..closed.len() {
            assert_eq!(open(&closed[..end], &secret, &auth), None, "cut at {end}");
        }
        for at in 0..closed.len() {
            let mut changed = closed.clone();
            changed[at] ^= 0x10;
            // The record's length is not looked at: there is one record.
            let of_length = (16..20).contains(&at);
            assert_eq!(open(&changed, &secret, &auth).is_some(), of_length, "changed at {at}");
        }
    }
}
