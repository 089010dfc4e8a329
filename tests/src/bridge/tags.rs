//! Where tags come from: a reader plugged in, or a test that holds one up.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use releve_core::ports::TagReader;
use releve_reader::{ReadError, Reader};
use releve_shared::refusal::Refusal;

/// A tag that a test holds up, for the next reading.
#[derive(Default)]
pub struct HeldUp {
    message: Mutex<Option<Vec<u8>>>,
    came: Condvar,
}

impl HeldUp {
    /// Holds up a tag with this NDEF message, as raw bytes.
    pub fn hold_up(&self, message: Vec<u8>) {
        *self.message.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
        self.came.notify_all();
    }
}

impl TagReader for HeldUp {
    fn read(&self, wait_ms: u64) -> Result<Vec<u8>, Refusal> {
        let message = self.message.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut message, _) = self
            .came
            .wait_timeout_while(message, Duration::from_millis(wait_ms), |held| held.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        message.take().ok_or(Refusal::Unreadable)
    }
}

/// The first reader that libnfc finds.
pub struct PluggedIn;

impl TagReader for PluggedIn {
    fn read(&self, wait_ms: u64) -> Result<Vec<u8>, Refusal> {
        let mut reader = Reader::open(None).map_err(|_| Refusal::NoNfc)?;
        let read = reader.read(Duration::from_millis(wait_ms), &|| true);
        read.map(|tag| tag.ndef).map_err(|error| match error {
            ReadError::NoReader | ReadError::Reader(_) => Refusal::NoNfc,
            ReadError::NoTag | ReadError::TakenAway | ReadError::Damaged => Refusal::Unreadable,
            ReadError::NotATag | ReadError::Empty => Refusal::NotAHomeTag,
        })
    }
}
