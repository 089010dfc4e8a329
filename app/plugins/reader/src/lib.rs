//! Reads home tags with a USB or serial NFC reader on the desktop, through libnfc.
//!
//! It hands over the NDEF message as raw bytes; what they mean is `releve-core`'s matter. Knows no
//! Tauri, so that the tests drive it against an emulated PN532 (`tests/src/pn532.rs`).

mod type2;
mod type4;

use std::thread;
use std::time::Duration;

use nfc1::target_info::TargetInfo;
use nfc1::{BaudRate, Context, Device, Modulation, ModulationType, Property, Timeout};

/// What was read from one tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagBytes {
    /// The tag's own number; easily copied, so it proves nothing by itself.
    pub uid: Vec<u8>,
    /// The NDEF message, as it stands on the tag.
    pub ndef: Vec<u8>,
}

/// Why nothing was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No NFC reader is plugged in, or it belongs to another program.
    #[error("no NFC reader answers")]
    NoReader,
    /// The reader stopped answering: unplugged, or in need of a restart.
    #[error("the NFC reader failed: {0}")]
    Reader(String),
    /// No tag came near in the time given.
    #[error("no tag came near the reader")]
    NoTag,
    /// The tag went away before it was read to its end.
    #[error("the tag was taken away too soon")]
    TakenAway,
    /// A card of a kind that carries no NDEF message (a transport or bank card).
    #[error("this card is not an NFC tag that can be read")]
    NotATag,
    /// A tag without an NDEF message.
    #[error("the tag is empty")]
    Empty,
    /// The tag's own description of its memory makes no sense.
    #[error("the tag's memory is damaged")]
    Damaged,
}

/// One exchange with a tag: the bytes sent, then at most `usize` bytes back.
type Exchange<'a> = dyn FnMut(&[u8], usize) -> Result<Vec<u8>, ReadError> + 'a;

/// Time between two looks for a tag.
const POLL: Duration = Duration::from_millis(120);
/// How long a tag may think about one command.
const ANSWER: Duration = Duration::from_millis(500);
/// Bit of SAK that tells a card speaking ISO 14443-4 (NFC Forum Type 4).
const SAK_ISO14443_4: u8 = 0x20;

/// An NFC reader, held until dropped.
pub struct Reader {
    // Before the context: libnfc's devices die before their context.
    device: Device,
    _context: Context,
    /// The tag that was read and has not left since: one tap is one reading.
    lying: Option<Vec<u8>>,
}

impl Reader {
    /// Opens a reader: the named one (libnfc's connection string, as `pn532_uart:/dev/ttyUSB0`), else
    /// the first that libnfc finds by USB, by its configuration file or by `LIBNFC_DEFAULT_DEVICE`.
    ///
    /// # Errors
    /// [`ReadError::NoReader`] when none answers.
    pub fn open(name: Option<&str>) -> Result<Self, ReadError> {
        let mut context = Context::new().map_err(|_| ReadError::NoReader)?;
        let mut device = match name {
            Some(name) => context.open_with_connstring(name),
            None => context.open(),
        }
        .map_err(|_| ReadError::NoReader)?;
        device.initiator_init().map_err(broken)?;
        // Otherwise select would wait for a tag for ever, and nothing could interrupt it.
        device.set_property_bool(Property::InfiniteSelect, false).map_err(broken)?;
        Ok(Self { device, _context: context, lying: None })
    }

    /// Waits for a tag for about `patience` and reads its NDEF message. A tag that was read and still
    /// lies there is not read again. `go_on` is asked between two looks, so that a closed screen ends
    /// the wait.
    ///
    /// # Errors
    /// See [`ReadError`]; after [`ReadError::Reader`] the reader must be opened anew.
    pub fn read(
        &mut self,
        patience: Duration,
        go_on: &dyn Fn() -> bool,
    ) -> Result<TagBytes, ReadError> {
        // Counted in looks, not in clock time: a late answer only costs another look.
        let looks = (patience.as_millis() / POLL.as_millis()).max(1);
        for look in 0..looks {
            if look > 0 {
                thread::sleep(POLL);
            }
            if !go_on() {
                break;
            }
            let found = self.select()?;
            if self.lying.is_some() && self.lying.as_ref() == found.as_ref().map(|(uid, _)| uid) {
                continue;
            }
            self.lying = None;
            if let Some((uid, sak)) = found {
                let ndef = self.message(sak);
                // The answer is known: a tag that left meanwhile cannot be deselected, and need not.
                let _gone = self.device.initiator_deselect_target();
                if ndef.is_ok() {
                    self.lying = Some(uid.clone());
                }
                return ndef.map(|ndef| TagBytes { uid, ndef });
            }
        }
        Err(ReadError::NoTag)
    }

    /// The tag in the field, if any: its UID and its SAK.
    fn select(&mut self) -> Result<Option<(Vec<u8>, u8)>, ReadError> {
        let iso14443a =
            Modulation { modulation_type: ModulationType::Iso14443a, baud_rate: BaudRate::Baud106 };
        let target = match self.device.initiator_select_passive_target(&iso14443a) {
            Ok(target) => target,
            Err(error @ (nfc1::Error::Io | nfc1::Error::NoSuchDeviceFound)) => {
                return Err(broken(error));
            }
            // A tag at the edge of the field answers garbage: look again.
            Err(_) => return Ok(None),
        };
        let TargetInfo::Iso14443a(card) = target.target_info else { return Ok(None) };
        // nfc1 says Ok with an empty UID when there is no tag.
        let uid = card.uid.get(..card.uid_len).unwrap_or_default().to_vec();
        Ok((!uid.is_empty()).then_some((uid, card.sak)))
    }

    fn message(&mut self, sak: u8) -> Result<Vec<u8>, ReadError> {
        let device = &mut self.device;
        let mut exchange = |sent: &[u8], room: usize| {
            device.initiator_transceive_bytes(sent, room, Timeout::Duration(ANSWER)).map_err(
                |error| if error == nfc1::Error::Io { broken(error) } else { ReadError::TakenAway },
            )
        };
        match sak {
            0 => type2::message(&mut exchange),
            sak if sak & SAK_ISO14443_4 != 0 => type4::message(&mut exchange),
            _ => Err(ReadError::NotATag),
        }
    }
}

fn broken(error: nfc1::Error) -> ReadError {
    ReadError::Reader(error.to_string())
}
