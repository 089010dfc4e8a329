//! NTAG 424 DNA: the changing part of a tap, verified (NXP AN12196, AES and LRP modes), and the keys of
//! each tag, diversified from a master (NXP AN10922, AES-128). Pure.

use aes::Aes128;
use cbc::cipher::{BlockModeDecrypt, KeyInit as _, KeyIvInit};
use cmac::{Cmac, Mac as _};
use releve_shared::badge::SunTap;
use releve_shared::id::HomeTagId;

use super::lrp::Lrp;

/// An AES-128 key.
pub type Key = [u8; 16];

/// The keys of one tag, as an encoder writes them into the chip.
#[derive(Clone, PartialEq, Eq)]
pub struct TagKeys {
    /// Key 0: changes settings and keys. Never used after encoding.
    pub master: Key,
    /// Encrypts PICCData: SDMMetaReadKey.
    pub meta: Key,
    /// Authenticates the tap and encrypts the file part: SDMFileReadKey.
    pub file: Key,
}

/// What a verified tap says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tap {
    /// The chip's UID.
    pub uid: [u8; 7],
    /// How often the chip has been read: SDMReadCtr, 24 bits.
    pub counter: u32,
    /// The file part that was mirrored encrypted, in clear; empty when none was.
    pub file: Vec<u8>,
}

/// A tap that does not verify: other keys, a changed byte, or not PICCData at all.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the changing code of the tag does not verify")]
pub struct Forged;

/// A key diversified from `master` for `input`, by AN10922 section 2.2 (CMAC over `01 ‖ input`).
///
/// `input` is 16 to 31 bytes: shorter ones would need the note's second padding.
#[must_use]
pub fn diversify(master: &Key, input: &[u8]) -> Key {
    debug_assert!((16..=31).contains(&input.len()));
    mac(master, &[&[0x01], input])
}

/// The keys of a tag. Its id stands where AN10922 takes the UID: it is drawn before the chip is known.
#[must_use]
pub fn keys_of(master: &Key, tag: HomeTagId) -> TagKeys {
    let key =
        |number: u8| diversify(master, &[tag.uuid().as_bytes().as_slice(), &[number]].concat());
    TagKeys { master: key(0), meta: key(1), file: key(2) }
}

/// How a chip was set to cipher, for good: both take the same keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// AES-CBC and AES-CMAC: 32 digits of PICCData.
    Aes,
    /// The leakage resilient primitive: 48 digits, of which the first 16 are chance.
    Lrp,
}

/// Verifies a tap, in the mode that the length of its PICCData tells.
///
/// The MAC covers what the tag mirrors between the encrypted file part and the MAC itself
/// (`<enc>&cmac=`), and nothing when no file part is mirrored.
///
/// # Errors
/// [`Forged`], whatever is wrong.
pub fn verify(keys: &TagKeys, tap: &SunTap) -> Result<Tap, Forged> {
    let picc = unhex(&tap.picc).ok_or(Forged)?;
    let (mode, data) = match (<[u8; 16]>::try_from(picc.as_slice()), picc.split_first_chunk::<8>())
    {
        (Ok(mut data), _) => {
            decrypt(&keys.meta, &[0; 16], &mut data)?;
            (Mode::Aes, data)
        }
        (Err(_), Some((chance, data))) => {
            let mut data: [u8; 16] = data.try_into().map_err(|_| Forged)?;
            Lrp::new(&keys.meta).decrypt(0, *chance, &mut data);
            (Mode::Lrp, data)
        }
        (Err(_), None) => return Err(Forged),
    };
    let (tag, rest) = data.split_first().ok_or(Forged)?;
    // UID mirrored (0x80), counter mirrored (0x40), a UID of seven bytes.
    if tag & 0xCF != 0xC7 {
        return Err(Forged);
    }
    let (uid, rest) = rest.split_first_chunk::<7>().ok_or(Forged)?;
    let (counter, _) = rest.split_first_chunk::<3>().ok_or(Forged)?;

    let session = Session::of(mode, &keys.file, uid, counter);
    let covered = tap
        .enc
        .as_ref()
        .map_or_else(String::new, |enc| format!("{}&cmac=", enc.to_ascii_uppercase()));
    let said = unhex(&tap.cmac).ok_or(Forged)?;
    if !same(&session.code(covered.as_bytes()), &said) {
        return Err(Forged);
    }
    let file = match &tap.enc {
        Some(enc) => session.file(unhex(enc).ok_or(Forged)?)?,
        None => Vec::new(),
    };
    let [low, middle, high] = *counter;
    Ok(Tap { uid: *uid, counter: u32::from_le_bytes([low, middle, high, 0]), file })
}

/// What a chip with these keys mirrors at a tap, without a file part: the other side of [`verify`], for
/// demonstrations and tests. `chance` goes into PICCData.
#[must_use]
pub fn mirror(mode: Mode, keys: &TagKeys, uid: [u8; 7], counter: u32, chance: [u8; 8]) -> SunTap {
    let [low, middle, high, _] = counter.to_le_bytes();
    let counter = [low, middle, high];
    let [a, b, c, d, e, ..] = chance;
    let mut data = [&[0xC7], uid.as_slice(), &counter, &[a, b, c, d, e]].concat();
    let picc = match mode {
        Mode::Aes => encrypt(&keys.meta, &data).to_vec(),
        Mode::Lrp => {
            Lrp::new(&keys.meta).encrypt(0, chance, &mut data);
            [&chance, data.as_slice()].concat()
        }
    };
    let code = Session::of(mode, &keys.file, &uid, &counter).code(&[]);
    SunTap { picc: hex(&picc), enc: None, cmac: hex(&code) }
}

/// The keys of one tap, from those of its tag.
enum Session {
    Aes { mac: Key, file: Key, counter: [u8; 3] },
    Lrp { both: Box<Lrp>, counter: [u8; 3] },
}

impl Session {
    fn of(mode: Mode, file_key: &Key, uid: &[u8; 7], counter: &[u8; 3]) -> Self {
        match mode {
            Mode::Aes => {
                let key = |head: [u8; 6]| mac(file_key, &[&head, uid, counter]);
                Self::Aes {
                    mac: key([0x3C, 0xC3, 0x00, 0x01, 0x00, 0x80]),
                    file: key([0xC3, 0x3C, 0x00, 0x01, 0x00, 0x80]),
                    counter: *counter,
                }
            }
            Mode::Lrp => {
                let head: &[u8] = &[0x00, 0x01, 0x00, 0x80];
                let vector = [head, uid, counter, &[0x1E, 0xE1]].concat();
                let key = Lrp::new(file_key).cmac(&vector);
                Self::Lrp { both: Box::new(Lrp::new(&key)), counter: *counter }
            }
        }
    }

    /// SDMMAC: the odd bytes of the whole MAC.
    fn code(&self, covered: &[u8]) -> Vec<u8> {
        let full = match self {
            Self::Aes { mac: key, .. } => mac(key, &[covered]),
            Self::Lrp { both, .. } => both.cmac(covered),
        };
        full.into_iter().skip(1).step_by(2).collect()
    }

    /// SDMENCFileData, in clear.
    fn file(&self, mut data: Vec<u8>) -> Result<Vec<u8>, Forged> {
        match self {
            Self::Aes { file, counter, .. } => decrypt(file, &encrypt(file, counter), &mut data)?,
            Self::Lrp { both, counter: [low, middle, high] } => {
                if !data.len().is_multiple_of(16) {
                    return Err(Forged);
                }
                both.decrypt(1, [*low, *middle, *high, 0, 0, 0], &mut data);
            }
        }
        Ok(data)
    }
}

/// The UID as it is written everywhere: uppercase hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|d| d.len() % 2 == 0)?;
    Some(
        digits
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect(),
    )
}

/// Equal, in a time that does not tell where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

fn mac(key: &Key, parts: &[&[u8]]) -> Key {
    let mut mac = Cmac::<Aes128>::new(&(*key).into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// AES of one block; shorter data is followed by zeros, as in the IV of the encrypted file part.
fn encrypt(key: &Key, data: &[u8]) -> [u8; 16] {
    use aes::cipher::BlockCipherEncrypt as _;
    let mut block = [0; 16];
    for (to, from) in block.iter_mut().zip(data) {
        *to = *from;
    }
    let mut block = block.into();
    Aes128::new(&(*key).into()).encrypt_block(&mut block);
    block.into()
}

/// AES-CBC in place, without padding.
fn decrypt(key: &Key, iv: &[u8; 16], data: &mut [u8]) -> Result<(), Forged> {
    let (blocks, rest) = data.as_chunks_mut::<16>();
    if !rest.is_empty() {
        return Err(Forged);
    }
    let mut cbc = cbc::Decryptor::<Aes128>::new(&(*key).into(), &(*iv).into());
    for block in blocks {
        let mut one = (*block).into();
        cbc.decrypt_block(&mut one);
        *block = one.into();
    }
    Ok(())
}

#[cfg(test)]
#[path = "sun_tests.rs"]
mod tests;
