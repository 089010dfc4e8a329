//! A PN532 NFC reader, emulated on a pseudo-terminal, for libnfc's `pn532_uart` driver.
//!
//! It speaks the chip's frames (NXP UM0701-02) and holds at most one tag, put and removed by the
//! test: a real end-to-end path through libnfc without hardware.

mod tag;

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

pub use tag::{Ntag213, Ntag424, Tag, link_message};

/// The emulated reader; unplugged when dropped.
pub struct Pn532 {
    path: String,
    field: Arc<Mutex<Field>>,
    unplugged: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    // Held open, or the other end would see a hang-up between two openings.
    _terminal: OwnedFd,
}

/// What lies on the reader.
#[derive(Default)]
struct Field {
    tag: Option<Tag>,
    /// The tag leaves after that many more exchanges.
    leaves_after: Option<usize>,
}

impl Pn532 {
    /// Plugs a reader in, with no tag on it.
    ///
    /// # Errors
    /// When the machine has no pseudo-terminal left.
    pub fn plug_in() -> io::Result<Self> {
        let chip = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&chip)?;
        unlockpt(&chip)?;
        let path = ptsname(&chip, Vec::new())?.to_string_lossy().into_owned();
        let terminal = rustix::fs::open(&*path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
        let mut raw = tcgetattr(&terminal)?;
        raw.make_raw();
        tcsetattr(&terminal, OptionalActions::Now, &raw)?;

        let field = Arc::new(Mutex::new(Field::default()));
        let unplugged = Arc::new(AtomicBool::new(false));
        let thread = {
            let (field, unplugged) = (Arc::clone(&field), Arc::clone(&unplugged));
            std::thread::spawn(move || serve(chip, &field, &unplugged))
        };
        Ok(Self { path, field, unplugged, thread: Some(thread), _terminal: terminal })
    }

    /// The terminal that it is plugged into.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its name for libnfc.
    #[must_use]
    pub fn name(&self) -> String {
        format!("pn532_uart:{}", self.path)
    }

    /// Puts a tag on the reader, in place of the one there.
    pub fn put(&self, tag: Tag) {
        *hold(&self.field) = Field { tag: Some(tag), leaves_after: None };
    }

    /// Puts a tag on the reader, which is pulled away after that many exchanges of data.
    pub fn put_for(&self, tag: Tag, exchanges: usize) {
        *hold(&self.field) = Field { tag: Some(tag), leaves_after: Some(exchanges) };
    }

    /// Takes the tag away and hands it over, with the counter it has now.
    #[must_use]
    pub fn take(&self) -> Option<Tag> {
        hold(&self.field).tag.take()
    }
}

impl Drop for Pn532 {
    fn drop(&mut self) {
        self.unplugged.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

fn hold(field: &Mutex<Field>) -> MutexGuard<'_, Field> {
    field.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The chip: answers commands until unplugged.
fn serve(chip: OwnedFd, field: &Mutex<Field>, unplugged: &AtomicBool) {
    let mut chip = File::from(chip);
    let mut heard = Vec::new();
    while !unplugged.load(Ordering::Acquire) {
        let patience = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        let mut ready = [PollFd::new(&chip, PollFlags::IN)];
        if !matches!(poll(&mut ready, Some(&patience)), Ok(1..)) {
            continue;
        }
        let mut bytes = [0; 512];
        let Ok(count) = chip.read(&mut bytes) else { return };
        heard.extend_from_slice(&bytes[..count]);
        while let Some(frame) = next_frame(&mut heard) {
            let Some((0xD4, [command, parameters @ ..])) =
                frame.split_first().map(|(t, r)| (*t, r))
            else {
                continue;
            };
            let answer = match hold(field).answer(*command, parameters) {
                Some(data) => framed(&[&[0xD5, command + 1], &data[..]].concat()),
                None => framed(&[0x7F]),
            };
            if chip.write_all(&[&ACK[..], &answer].concat()).is_err() {
                return;
            }
        }
    }
}

const ACK: [u8; 6] = [0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00];
/// Status of an exchange that no tag answered.
const SILENCE: u8 = 0x01;

impl Field {
    /// The data of the chip's answer; `None` for a command that it does not know.
    fn answer(&mut self, command: u8, parameters: &[u8]) -> Option<Vec<u8>> {
        match command {
            // Diagnose: echoes. GetFirmwareVersion: a PN532 v1.6. GetGeneralStatus: field on.
            0x00 => Some(parameters.to_vec()),
            0x02 => Some(vec![0x32, 0x01, 0x06, 0x07]),
            0x04 => Some(vec![0x00, 0x01, 0x00, 0x80]),
            // ReadRegister: all zero. WriteRegister, SAMConfiguration, RFConfiguration and such.
            0x06 => Some(vec![0; parameters.len() / 2]),
            0x08 | 0x10 | 0x12 | 0x14 | 0x32 => Some(Vec::new()),
            // InDeselect, InRelease, InSelect, PowerDown: done.
            0x16 | 0x44 | 0x52 | 0x54 => Some(vec![0x00]),
            // InListPassiveTarget, at 106 kbit/s type A.
            0x4A => Some(match &mut self.tag {
                Some(tag) if parameters.get(1) == Some(&0x00) => {
                    tag.wake();
                    [&[0x01, 0x01], &tag.found()[..]].concat()
                }
                Some(_) | None => vec![0x00],
            }),
            // InDataExchange carries the target's number first; InCommunicateThru does not.
            0x40 => Some(self.exchange(parameters.get(1..).unwrap_or_default())),
            0x42 => Some(self.exchange(parameters)),
            _ => None,
        }
    }

    fn exchange(&mut self, command: &[u8]) -> Vec<u8> {
        match self.leaves_after.as_mut() {
            Some(0) => self.tag = None,
            Some(left) => *left -= 1,
            None => {}
        }
        match self.tag.as_mut().and_then(|tag| tag.answer(command)) {
            Some(data) => [&[0x00], &data[..]].concat(),
            None => vec![SILENCE],
        }
    }
}

/// Takes the next frame's content out of what was heard; wake-up bytes and the host's own
/// acknowledgements are skipped.
fn next_frame(heard: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        let start = heard.windows(2).position(|pair| pair == [0x00, 0xFF])?;
        let (length, head) = match *heard.get(start + 2..)? {
            [0x00, 0xFF, ..] => {
                heard.drain(..start + 4);
                continue;
            }
            [0xFF, 0xFF, high, low, _, ..] => (usize::from(u16::from_be_bytes([high, low])), 5),
            [0xFF, 0xFF, ..] => return None,
            [length, _, ..] => (usize::from(length), 2),
            _ => return None,
        };
        let from = start + 2 + head;
        let frame = heard.get(from..from + length)?.to_vec();
        // The checksum's byte has to be there too.
        heard.get(from + length)?;
        heard.drain(..=from + length);
        return Some(frame);
    }
}

/// A frame around `data`; the extended form past 255 bytes.
fn framed(data: &[u8]) -> Vec<u8> {
    let sum =
        |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg();
    let mut frame = vec![0x00, 0x00, 0xFF];
    match u8::try_from(data.len()) {
        Ok(length) => frame.extend([length, length.wrapping_neg()]),
        Err(_) => {
            let length = u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes();
            frame.extend([0xFF, 0xFF, length[0], length[1], sum(&length)]);
        }
    }
    frame.extend_from_slice(data);
    frame.extend([sum(data), 0x00]);
    frame
}
