//! Signatures: Ed25519 (RFC 8032) over a named purpose, so that none can stand for another.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, Verifier as _};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// A text that is no key, signature or digest.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a key, a signature or a digest")]
pub struct Malformed;

macro_rules! bytes_as_text {
    ($($(#[$meta:meta])* $name:ident, $len:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(as = "String", export))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $len]);

        impl $name {
            /// Of its raw bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// Its raw bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Of its text: base64url without padding (RFC 4648 section 5).
            ///
            /// # Errors
            /// [`Malformed`] when the text is not that, or not of this length.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Malformed)?;
                bytes.try_into().map(Self).map_err(|_| Malformed)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Malformed;
            fn try_from(text: String) -> Result<Self, Malformed> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )+};
}

bytes_as_text! {
    /// An Ed25519 public key.
    PublicKey, 32;
    /// An Ed25519 signature.
    Signature, 64;
    /// A SHA-256 digest.
    Digest, 32;
}

impl Digest {
    /// The SHA-256 of the parts, one after the other.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = sha2::Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }
}

/// What a signature is for; part of the signed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A home tag's token, by the organisation's tag key.
    HomeTag,
    /// The head of a phone's chain of stamps, by the device's key (row B-01).
    ChainHead,
    /// A phone's request, by the device's key.
    Request,
    /// A reading lease, by the server's key (sync.md WP3).
    Lease,
    /// A wipe order, by the server's key (sync.md WP1).
    Wipe,
    /// A minute of a professional card, by the device's key (row O-30).
    Card,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::HomeTag => b"releve home tag 1\0",
            Self::ChainHead => b"releve chain head 1\0",
            Self::Request => b"releve request 1\0",
            Self::Lease => b"releve lease 1\0",
            Self::Wipe => b"releve wipe 1\0",
            Self::Card => b"releve card 1\0",
        }
    }
}

/// An Ed25519 key that signs. Its seed is a secret: it is never printed.
#[derive(Clone)]
pub struct Signer(ed25519_dalek::SigningKey);

impl Signer {
    /// The key of a seed of 32 bytes of chance, drawn by the caller.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, to be kept in a vault.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message` for `purpose`.
    #[must_use]
    pub fn sign(&self, purpose: Purpose, message: &[u8]) -> Signature {
        Signature(self.0.sign(&[purpose.label(), message].concat()).to_bytes())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public())
    }
}

impl PublicKey {
    /// Whether `signature` is this key's, of `message`, for `purpose`. Malleable forms are refused.
    #[must_use]
    pub fn verifies(&self, purpose: Purpose, message: &[u8], signature: &Signature) -> bool {
        let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&self.0) else { return false };
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        !key.is_weak() && key.verify(&[purpose.label(), message].concat(), &signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_purpose_only() {
        let signer = Signer::from_seed(&[3; 32]);
        let signature = signer.sign(Purpose::Lease, b"until tomorrow");
        let public = signer.public();
        assert!(public.verifies(Purpose::Lease, b"until tomorrow", &signature));
        assert!(!public.verifies(Purpose::Wipe, b"until tomorrow", &signature));
        assert!(!public.verifies(Purpose::Lease, b"until Tomorrow", &signature));
    }

    #[test]
    fn keys_travel_as_text() {
        let key = Signer::from_seed(&[9; 32]).public();
        assert_eq!(PublicKey::parse(&key.to_string()), Ok(key));
        assert_eq!(PublicKey::parse("short"), Err(Malformed));
        assert_eq!(PublicKey::parse("*"), Err(Malformed));
    }
}
