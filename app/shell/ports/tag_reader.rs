//! NFC tags: a USB or serial reader on a desktop.

use releve_core::ports::TagReader;
use releve_shared::refusal::Refusal;

#[cfg(all(feature = "nfc", desktop))]
pub(crate) use with_libnfc::DeviceTagReader;
#[cfg(not(all(feature = "nfc", desktop)))]
pub(crate) use without::DeviceTagReader;

#[cfg(all(feature = "nfc", desktop))]
mod with_libnfc {
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use releve_reader::{ReadError, Reader};

    use super::{Refusal, TagReader};

    /// The first reader that libnfc finds; looked for at each read, so that it may be plugged in late.
    #[derive(Default)]
    pub(crate) struct DeviceTagReader {
        open: Mutex<Option<Reader>>,
    }

    impl TagReader for DeviceTagReader {
        fn read(&self, wait_ms: u64) -> Result<Vec<u8>, Refusal> {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let mut reader = match open.take() {
                Some(reader) => reader,
                None => Reader::open(None).map_err(refusal)?,
            };
            let read = reader.read(Duration::from_millis(wait_ms), &|| true);
            // A reader that failed is opened anew the next time.
            if !matches!(read, Err(ReadError::Reader(_))) {
                *open = Some(reader);
            }
            read.map(|tag| tag.ndef).map_err(refusal)
        }
    }

    fn refusal(error: ReadError) -> Refusal {
        match error {
            ReadError::NoReader | ReadError::Reader(_) => Refusal::NoNfc,
            ReadError::NoTag | ReadError::TakenAway | ReadError::Damaged => Refusal::Unreadable,
            ReadError::NotATag | ReadError::Empty => Refusal::NotAHomeTag,
        }
    }
}

#[cfg(not(all(feature = "nfc", desktop)))]
mod without {
    use super::{Refusal, TagReader};

    /// No reader on this device by this way; on phones the `badge` plugin reads.
    #[derive(Default)]
    pub(crate) struct DeviceTagReader;

    impl TagReader for DeviceTagReader {
        fn read(&self, _wait_ms: u64) -> Result<Vec<u8>, Refusal> {
            Err(Refusal::NoNfc)
        }
    }
}
