//! Emulated tags: an NTAG213 and an NTAG 424 DNA, as far as a reader of NDEF messages sees them.

use aes::Aes128;
use aes::cipher::BlockCipherEncrypt;
use cmac::{Cmac, KeyInit, Mac};
use releve_server::clients::sun::{self, Mode, TagKeys};

/// What a chip answers to one command; `None` is silence.
pub(super) type Reply = Option<Vec<u8>>;

/// A tag to put on the emulated reader.
#[derive(Clone, Debug)]
pub enum Tag {
    /// An ordinary tag: its memory, readable and copyable.
    Ntag213(Ntag213),
    /// A tag whose link changes at each tap.
    Ntag424(Ntag424),
}

impl Tag {
    /// What the reader's chip reports when it finds the tag: SENS_RES, SEL_RES, the UID, the ATS.
    pub(super) fn found(&self) -> Vec<u8> {
        let (head, uid, ats): (_, _, &[u8]) = match self {
            Self::Ntag213(tag) => ([0x00, 0x44, 0x00], tag.uid, &[]),
            Self::Ntag424(tag) => {
                ([0x03, 0x44, 0x20], tag.uid, &[0x06, 0x77, 0x77, 0x71, 0x02, 0x80])
            }
        };
        [&head[..], &[7], &uid, ats].concat()
    }

    /// The tag enters the field, or is woken again: a selected file is forgotten.
    pub(super) fn wake(&mut self) {
        if let Self::Ntag424(tag) = self {
            tag.selected = None;
        }
    }

    pub(super) fn answer(&mut self, command: &[u8]) -> Reply {
        match self {
            Self::Ntag213(tag) => tag.answer(command),
            Self::Ntag424(tag) => Some(tag.answer(command)),
        }
    }
}

/// The NDEF message that holds one link.
///
/// # Panics
/// When the link is longer than a short record can hold (254 bytes).
#[must_use]
pub fn link_message(link: &str) -> Vec<u8> {
    let (code, rest) = match (link.strip_prefix("https://"), link.strip_prefix("http://")) {
        (Some(rest), _) => (4, rest),
        (None, Some(rest)) => (3, rest),
        (None, None) => (0, link),
    };
    let length = u8::try_from(rest.len() + 1).expect("a short record");
    [&[0xD1, 0x01, length, b'U', code], rest.as_bytes()].concat()
}

/// An NTAG213: 45 pages of four bytes.
#[derive(Clone, Debug)]
pub struct Ntag213 {
    uid: [u8; 7],
    memory: Vec<u8>,
}

impl Ntag213 {
    /// A tag with one link on it.
    ///
    /// # Panics
    /// When the link does not fit the 144 bytes of the tag.
    #[must_use]
    pub fn with_link(uid: [u8; 7], link: &str) -> Self {
        Self::with_message(uid, &link_message(link))
    }

    /// A tag with any NDEF message on it; an empty one is a tag fresh from the factory.
    ///
    /// # Panics
    /// When the message does not fit the 144 bytes of the tag.
    #[must_use]
    pub fn with_message(uid: [u8; 7], message: &[u8]) -> Self {
        let [a, b, c, d, e, f, g] = uid;
        let mut memory = vec![a, b, c, 0x88 ^ a ^ b ^ c, d, e, f, g, d ^ e ^ f ^ g, 0x48, 0, 0];
        memory.extend([0xE1, 0x10, 0x12, 0x00, 0x03]);
        memory.push(u8::try_from(message.len()).expect("a short message"));
        memory.extend(message);
        memory.push(0xFE);
        assert!(memory.len() <= 160, "{} bytes do not fit an NTAG213", message.len());
        memory.resize(160, 0);
        memory
            .extend([0, 0, 0, 0xBD, 4, 0, 0, 0xFF, 0, 5, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]);
        Self { uid, memory }
    }

    fn answer(&self, command: &[u8]) -> Reply {
        match *command {
            // READ rolls over to page 0 at the end.
            [0x30, page] if page < 45 => {
                let from = usize::from(page) * 4;
                Some(self.memory.iter().cycle().skip(from).take(16).copied().collect())
            }
            [0x60] => Some(vec![0x00, 0x04, 0x04, 0x02, 0x01, 0x00, 0x0F, 0x03]),
            // A refusal of four bits looks like silence to the reader's chip.
            _ => None,
        }
    }
}

/// An NTAG 424 DNA with Secure Dynamic Messaging, in AES or LRP mode: it writes its encrypted UID and
/// counter (`picc`) and a code (`cmac`, over nothing else) into its link at each tap. NXP AN12196.
#[derive(Clone, Debug)]
pub struct Ntag424 {
    uid: [u8; 7],
    meta_key: [u8; 16],
    file_key: [u8; 16],
    link: String,
    lrp: bool,
    counter: u32,
    selected: Option<File>,
    file: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum File {
    Application,
    Container,
    /// Selected but not read since: the next read counts as a tap.
    Untouched,
    Ndef,
}

const DONE: [u8; 2] = [0x90, 0x00];
const NOT_FOUND: [u8; 2] = [0x6A, 0x82];
const NOT_ALLOWED: [u8; 2] = [0x69, 0x85];
const UNKNOWN: [u8; 2] = [0x6D, 0x00];
const PAST_THE_END: [u8; 2] = [0x6B, 0x00];
const CONTAINER: [u8; 23] = [
    0x00, 0x17, 0x20, 0x01, 0x00, 0x00, 0xFF, 0x04, 0x06, 0xE1, 0x04, 0x01, 0x00, 0x00, 0x00, 0x05,
    0x06, 0xE1, 0x05, 0x00, 0x80, 0x82, 0x83,
];

impl Ntag424 {
    /// A tag with its two keys, and the link that its changing part is added to.
    #[must_use]
    pub fn new(uid: [u8; 7], meta_key: [u8; 16], file_key: [u8; 16], link: &str) -> Self {
        let link = link.to_owned();
        let (lrp, counter, selected, file) = (false, 0, None, Vec::new());
        Self { uid, meta_key, file_key, link, lrp, counter, selected, file }
    }

    /// The same tag, set to LRP mode for good.
    #[must_use]
    pub fn in_lrp_mode(mut self) -> Self {
        self.lrp = true;
        self
    }

    /// Another chip, with what was taken out of this one: its keys, its link and its counter.
    #[must_use]
    pub fn cloned_to(mut self, uid: [u8; 7]) -> Self {
        self.uid = uid;
        self
    }

    /// The same tag after that many taps.
    #[must_use]
    pub fn after(mut self, taps: u32) -> Self {
        self.counter = taps;
        self
    }

    /// How often it was tapped.
    #[must_use]
    pub fn taps(&self) -> u32 {
        self.counter
    }

    /// The link as the next tap would show it, without tapping.
    #[must_use]
    pub fn next_link(&self) -> String {
        self.link_at(self.counter + 1)
    }

    fn link_at(&self, counter: u32) -> String {
        let [low, middle, high, _] = counter.to_le_bytes();
        let between = if self.link.contains('?') { '&' } else { '?' };
        if self.lrp {
            // By the server's own primitive, which stands on NXP's vectors; AES is done anew below.
            let keys = TagKeys { master: [0; 16], meta: self.meta_key, file: self.file_key };
            let tap = sun::mirror(Mode::Lrp, &keys, self.uid, counter, [low; 8]);
            return format!("{}{between}picc={}&cmac={}", self.link, tap.picc, tap.cmac);
        }
        let named = [&self.uid[..], &[low, middle, high]].concat();
        // The real chip draws five bytes at random; here they follow from the counter.
        let picc = encrypt(&self.meta_key, &[&[0xC7], &named[..], &[low; 5]].concat());
        let session =
            mac(&self.file_key, &[&[0x3C, 0xC3, 0x00, 0x01, 0x00, 0x80], &named[..]].concat());
        let code: Vec<u8> = mac(&session, &[]).into_iter().skip(1).step_by(2).collect();
        format!("{}{between}picc={}&cmac={}", self.link, hex(&picc), hex(&code))
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        match *command {
            [0x00, 0xA4, 0x04, _, 0x07, 0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01, ..] => {
                self.selected = Some(File::Application);
                DONE.to_vec()
            }
            [0x00, 0xA4, 0x00, _, 0x02, 0xE1, file @ (0x03 | 0x04), ..]
                if self.selected.is_some() =>
            {
                self.selected = Some(if file == 3 { File::Container } else { File::Untouched });
                DONE.to_vec()
            }
            [0x00, 0xA4, ..] => NOT_FOUND.to_vec(),
            [0x00, 0xB0, high, low, length] => {
                self.read(usize::from(u16::from_be_bytes([high, low])), usize::from(length))
            }
            _ => UNKNOWN.to_vec(),
        }
    }

    fn read(&mut self, from: usize, length: usize) -> Vec<u8> {
        if self.selected == Some(File::Untouched) {
            self.counter += 1;
            let message = link_message(&self.link_at(self.counter));
            let length = u16::try_from(message.len()).expect("a short message");
            self.file = [&length.to_be_bytes()[..], &message].concat();
            self.file.resize(256, 0);
            self.selected = Some(File::Ndef);
        }
        let file = match self.selected {
            Some(File::Container) => &CONTAINER[..],
            Some(File::Ndef) => &self.file,
            Some(File::Application | File::Untouched) | None => return NOT_ALLOWED.to_vec(),
        };
        let Some(rest) = file.get(from..) else { return PAST_THE_END.to_vec() };
        [rest.get(..length).unwrap_or(rest), &DONE].concat()
    }
}

/// One block of AES-CBC with a zero vector is plain AES.
fn encrypt(key: &[u8; 16], block: &[u8]) -> [u8; 16] {
    let mut block = aes::Block::try_from(block).expect("one block");
    Aes128::new(&(*key).into()).encrypt_block(&mut block);
    block.into()
}

fn mac(key: &[u8; 16], message: &[u8]) -> [u8; 16] {
    let mut mac = Cmac::<Aes128>::new(&(*key).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NXP AN12196, section "SUN message authentication": all keys zero.
    #[test]
    fn the_code_is_that_of_the_makers_example() {
        let uid = [0x04, 0xDE, 0x5F, 0x1E, 0xAC, 0xC0, 0x40];
        let tag = Ntag424::new(uid, [0; 16], [0; 16], "https://r.example/b/x").after(60);
        let link = tag.next_link();
        assert!(link.ends_with("&cmac=94EED9EE65337086"), "{link}");
    }

    #[test]
    fn each_tap_shows_another_link() {
        let mut tag = Ntag424::new([4; 7], [1; 16], [2; 16], "https://r.example/b/x");
        let tap = |tag: &mut Ntag424| {
            tag.answer(&[0, 0xA4, 4, 0, 7, 0xD2, 0x76, 0, 0, 0x85, 1, 1, 0]);
            tag.answer(&[0, 0xA4, 0, 0x0C, 2, 0xE1, 4]);
            let twice = [tag.answer(&[0, 0xB0, 0, 0, 200]), tag.answer(&[0, 0xB0, 0, 0, 200])];
            assert_eq!(twice[0], twice[1], "one tap shows one link");
            twice[0].clone()
        };
        assert_ne!(tap(&mut tag), tap(&mut tag));
        assert_eq!(tag.taps(), 2);
    }
}
