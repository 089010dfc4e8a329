//! Home tags: what is written on a tag that stays at a client's home, and what a reading is worth.
//!
//! A tag holds `https://<host>/b/<token>`. The token is signed by the organisation, so a phone can
//! check it offline. An NTAG 424 DNA adds a code that changes at each tap; its keys are symmetric,
//! so only the server can verify it (security.md, "Home tags").

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::id::{ClientId, HomeTagId, OrganisationId};
use crate::keys::{Digest, PublicKey, Purpose, Signature, Signer};
use crate::refusal::Refusal;
use crate::wire_enum;

wire_enum! {
    /// How a stamp was made (row O-13).
    pub enum Method {
        /// A tag read by radio.
        Nfc = "nfc",
        /// A code read by the camera or from a picture.
        Qr = "qr",
        /// By hand, with a reason (row O-16).
        Manual = "manual",
    }
}

wire_enum! {
    /// What a stamp proves about the place, best first (row B-04).
    pub enum Assurance {
        /// An NTAG 424 DNA, verified by the server: the tag was there.
        Sun = "sun",
        /// A signed NFC tag, which a determined person could clone.
        NfcStatic = "nfc_static",
        /// A signed QR code, which a photograph copies.
        Qr = "qr",
        /// The worker's word.
        Manual = "manual",
    }
}

wire_enum! {
    /// What a home tag is made of.
    pub enum TagKind {
        /// A printed QR code.
        Qr = "qr",
        /// A signed link on an ordinary NFC tag (NTAG21x).
        NfcStatic = "nfc_static",
        /// An NTAG 424 DNA with its own keys.
        Ntag424 = "ntag424",
    }
}

wire_enum! {
    /// Whether a home tag may be used.
    pub enum TagState {
        /// In use.
        Active = "active",
        /// Withdrawn by the office: lost, replaced, stolen.
        Revoked = "revoked",
    }
}

/// A tag that stays at a client's home and identifies that home, never the worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HomeTag {
    /// Its id, part of the signed token.
    pub id: HomeTagId,
    /// Whose home it names.
    pub client: ClientId,
    /// What it is made of.
    pub kind: TagKind,
    /// Whether it may be used.
    pub state: TagState,
}

/// What came out of a camera or a reader, as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reading {
    /// Radio or camera.
    pub method: Method,
    /// The text of the code, or the link of the tag's NDEF message.
    pub text: String,
}

/// The mirror of a tap on an NTAG 424 DNA (NXP AN12196): hexadecimal, as in the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SunTap {
    /// The encrypted PICCData: UID and counter.
    pub picc: String,
    /// The encrypted part of the file, when the tag mirrors one.
    pub enc: Option<String>,
    /// The eight bytes of SDMMAC.
    pub cmac: String,
}

/// A link read from a tag, taken apart but not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagLink {
    /// The signed part.
    pub token: Token,
    /// The changing part of an NTAG 424 DNA.
    pub sun: Option<SunTap>,
}

/// The first four bytes of the SHA-256 of an organisation's id: enough to tell a foreign tag from a
/// forged one, short enough for an NTAG213.
pub type House = [u8; 4];

/// The house mark of an organisation.
#[must_use]
pub fn house(organisation: OrganisationId) -> House {
    let digest = Digest::of(&[b"releve house 1\0", organisation.uuid().as_bytes()]);
    let [a, b, c, d, ..] = *digest.as_bytes();
    [a, b, c, d]
}

/// The signed content of a home tag: version, key, house and tag id; 86 bytes, 115 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Which of the organisation's tag keys signed it.
    pub key: u8,
    /// The organisation's mark.
    pub house: House,
    /// The tag.
    pub tag: HomeTagId,
    signature: Signature,
}

const VERSION: u8 = 1;

impl Token {
    /// Issues the token of a tag, signed by key number `key` of the organisation.
    #[must_use]
    pub fn issue(organisation: OrganisationId, tag: HomeTagId, key: u8, signer: &Signer) -> Self {
        let house = house(organisation);
        let signature = signer.sign(Purpose::HomeTag, &Self::signed_part(key, house, tag));
        Self { key, house, tag, signature }
    }

    /// The text of the token: base64url without padding.
    #[must_use]
    pub fn text(&self) -> String {
        let mut bytes = Self::signed_part(self.key, self.house, self.tag);
        bytes.extend_from_slice(self.signature.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The link to write on the tag, under the server's public address (`https://host`).
    #[must_use]
    pub fn link(&self, base: &str) -> String {
        format!("{}/b/{}", base.trim_end_matches('/'), self.text())
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (head, signature) = bytes.split_at_checked(22)?;
        let (version, rest) = head.split_first()?;
        let (key, rest) = rest.split_first()?;
        let (house, tag) = rest.split_at_checked(4)?;
        if *version != VERSION {
            return None;
        }
        Some(Self {
            key: *key,
            house: house.try_into().ok()?,
            tag: HomeTagId::from(uuid::Uuid::from_slice(tag).ok()?),
            signature: Signature::from_bytes(signature.try_into().ok()?),
        })
    }

    fn signed_part(key: u8, house: House, tag: HomeTagId) -> Vec<u8> {
        let mut bytes = vec![VERSION, key];
        bytes.extend_from_slice(&house);
        bytes.extend_from_slice(tag.uuid().as_bytes());
        bytes
    }

    /// Checks the token offline, with the keys of the organisation that the phone serves.
    ///
    /// # Errors
    /// [`Refusal::TagForeign`] for another organisation's, [`Refusal::TagUnknown`] when its key is
    /// newer than this phone's list, [`Refusal::TagForged`] when the signature does not hold.
    pub fn check(&self, organisation: OrganisationId, keys: &[TagKey]) -> Result<(), Refusal> {
        if self.house != house(organisation) {
            return Err(Refusal::TagForeign);
        }
        let key = keys.iter().find(|k| k.number == self.key).ok_or(Refusal::TagUnknown)?;
        let part = Self::signed_part(self.key, self.house, self.tag);
        if key.public.verifies(Purpose::HomeTag, &part, &self.signature) {
            Ok(())
        } else {
            Err(Refusal::TagForged)
        }
    }
}

/// A public key of an organisation, by which its phones check tags offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TagKey {
    /// Its number, written in each token.
    pub number: u8,
    /// The key.
    pub public: PublicKey,
}

/// Takes the text of a code or tag apart.
///
/// # Errors
/// [`Refusal::Unreadable`] for an empty text, [`Refusal::NotAHomeTag`] for one that is no link of
/// ours, [`Refusal::TagForged`] for a link whose token is damaged.
pub fn parse_link(text: &str) -> Result<TagLink, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::Unreadable);
    }
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .ok_or(Refusal::NotAHomeTag)?;
    let (_host, path) = rest.split_once('/').ok_or(Refusal::NotAHomeTag)?;
    let (_, tail) = format!("/{path}")
        .split_once("/b/")
        .map(|(before, tail)| (before.to_owned(), tail.to_owned()))
        .ok_or(Refusal::NotAHomeTag)?;
    let (token, query) = tail.split_once('?').unwrap_or((&tail, ""));
    let token = Token::parse(token).ok_or(Refusal::TagForged)?;
    Ok(TagLink { token, sun: sun_of(query) })
}

/// `picc`, `enc` and `cmac` are the names that the product writes on its NTAG 424 DNA tags.
fn sun_of(query: &str) -> Option<SunTap> {
    let value = |name: &str| {
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(k, _)| *k == name)
    };
    let hex = |text: &str| text.len() <= 512 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let picc = value("picc")?.1;
    let cmac = value("cmac")?.1;
    let enc = value("enc").map(|(_, v)| v.to_owned());
    (hex(picc) && hex(cmac) && enc.as_deref().is_none_or(hex)).then(|| SunTap {
        picc: picc.to_owned(),
        enc,
        cmac: cmac.to_owned(),
    })
}

/// What a reading is worth before the server has verified it: a radio tap with a changing code
/// counts as `sun` and stays to be confirmed (security.md).
#[must_use]
pub fn assurance(method: &Method, link: Option<&TagLink>) -> Assurance {
    match (method, link) {
        (Method::Nfc, Some(TagLink { sun: Some(_), .. })) => Assurance::Sun,
        (Method::Nfc, Some(_)) => Assurance::NfcStatic,
        (Method::Qr, Some(_)) => Assurance::Qr,
        (Method::Nfc | Method::Qr | Method::Manual | Method::Unknown(_), _) => Assurance::Manual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Moment;
    use proptest::prelude::*;

    fn agency(n: u8) -> (OrganisationId, Signer, Vec<TagKey>) {
        let signer = Signer::from_seed(&[n; 32]);
        let keys = vec![TagKey { number: 1, public: signer.public() }];
        (OrganisationId::new(Moment(1), [n; 10]), signer, keys)
    }

    #[test]
    fn a_signed_tag_is_checked_offline() {
        let (organisation, signer, keys) = agency(1);
        let tag = HomeTagId::new(Moment(5), [2; 10]);
        let link = Token::issue(organisation, tag, 1, &signer).link("https://releve.example/");
        let read = parse_link(&link).unwrap();
        assert_eq!(read.token.tag, tag);
        assert_eq!(read.token.check(organisation, &keys), Ok(()));
        assert!(link.len() < "https://releve.example/b/".len() + 120, "too long for an NTAG213");
    }

    #[test]
    fn foreign_forged_and_newer_keys_are_told_apart() {
        let (ours, signer, keys) = agency(1);
        let (theirs, their_signer, _) = agency(2);
        let tag = HomeTagId::new(Moment(5), [2; 10]);
        let foreign = Token::issue(theirs, tag, 1, &their_signer);
        assert_eq!(foreign.check(ours, &keys), Err(Refusal::TagForeign));
        let forged = Token::issue(ours, tag, 1, &their_signer);
        assert_eq!(forged.check(ours, &keys), Err(Refusal::TagForged));
        let newer = Token::issue(ours, tag, 2, &signer);
        assert_eq!(newer.check(ours, &keys), Err(Refusal::TagUnknown));
    }

    #[test]
    fn what_is_not_a_home_tag_is_said_to_be_none() {
        assert_eq!(parse_link("  "), Err(Refusal::Unreadable));
        assert_eq!(parse_link("WIFI:S:box;;"), Err(Refusal::NotAHomeTag));
        assert_eq!(parse_link("https://example.org/menu"), Err(Refusal::NotAHomeTag));
        assert_eq!(parse_link("https://example.org/b/abc"), Err(Refusal::TagForged));
    }

    #[test]
    fn a_tap_of_an_ntag_424_keeps_its_changing_part() {
        let (organisation, signer, _) = agency(1);
        let token = Token::issue(organisation, HomeTagId::new(Moment(5), [2; 10]), 1, &signer);
        let link = format!("{}?picc=EF96&cmac=94EE", token.link("https://r.example"));
        let read = parse_link(&link).unwrap();
        assert_eq!(read.sun.as_ref().unwrap().cmac, "94EE");
        assert_eq!(assurance(&Method::Nfc, Some(&read)), Assurance::Sun);
        assert_eq!(assurance(&Method::Qr, Some(&read)), Assurance::Qr);
        assert_eq!(assurance(&Method::Manual, None), Assurance::Manual);
    }

    #[test]
    fn only_short_hexadecimal_is_a_changing_part() {
        let tap = |picc: &str, enc: Option<&str>, cmac: &str| SunTap {
            picc: picc.to_owned(),
            enc: enc.map(str::to_owned),
            cmac: cmac.to_owned(),
        };
        assert_eq!(sun_of("picc=EF96&cmac=94ee"), Some(tap("EF96", None, "94ee")));
        assert_eq!(sun_of("cmac=94&x=1&enc=CE&picc=EF"), Some(tap("EF", Some("CE"), "94")));
        let longest = "A".repeat(512);
        let query = format!("picc={longest}&cmac=94");
        assert_eq!(sun_of(&query), Some(tap(&longest, None, "94")));
        for wrong in [
            "",
            "picc=EF96",
            "cmac=94EE",
            "picc=EG&cmac=94",
            "picc=EF&cmac=9 ",
            "picc=EF&cmac=94&enc=x",
        ] {
            assert_eq!(sun_of(wrong), None, "{wrong}");
        }
        for long in [
            format!("picc={longest}A&cmac=94"),
            format!("picc=EF&cmac={longest}A"),
            format!("picc=EF&cmac=94&enc={longest}A"),
        ] {
            assert_eq!(sun_of(&long), None);
        }
    }

    #[test]
    fn a_token_is_as_long_as_its_documentation_says_and_of_its_version() {
        let (organisation, signer, _) = agency(1);
        let tag = HomeTagId::new(Moment(5), [2; 10]);
        let text = Token::issue(organisation, tag, 1, &signer).text();
        assert_eq!(text.len(), 115);
        let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        assert_eq!((bytes.len(), Token::parse(&text).map(|token| token.tag)), (86, Some(tag)));
        bytes[0] = VERSION + 1;
        assert_eq!(Token::parse(&URL_SAFE_NO_PAD.encode(&bytes)), None);
        assert_ne!(house(organisation), house(agency(2).0));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,300}") {
            let _ = parse_link(&text);
            let _ = parse_link(&format!("https://h/b/{text}"));
        }

        #[test]
        fn a_flipped_bit_never_passes(byte in 0usize..86, bit in 0u8..8) {
            let (organisation, signer, keys) = agency(1);
            let tag = HomeTagId::new(Moment(5), [2; 10]);
            let text = Token::issue(organisation, tag, 1, &signer).text();
            let mut bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
            bytes[byte] ^= 1 << bit;
            let link = format!("https://h/b/{}", URL_SAFE_NO_PAD.encode(bytes));
            let verdict = parse_link(&link).and_then(|l| l.token.check(organisation, &keys));
            prop_assert!(verdict.is_err());
        }
    }
}
