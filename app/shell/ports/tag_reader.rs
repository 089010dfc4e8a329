//! NFC tags: a USB or serial reader on a desktop, our own `badge` plugin on Android.

#[cfg(target_os = "android")]
pub(crate) use android::{DeviceTagReader, plugin};
#[cfg(not(target_os = "android"))]
pub(crate) use desktop::{DeviceTagReader, plugin};

#[cfg(not(target_os = "android"))]
mod desktop {
    use releve_core::ports::TagReader;
    use releve_shared::refusal::Refusal;
    use tauri::plugin::TauriPlugin;
    use tauri::{AppHandle, Wry};

    /// The first reader that libnfc finds; looked for at each read, so that it may be plugged in late.
    pub(crate) struct DeviceTagReader {
        #[cfg(all(feature = "nfc", desktop))]
        open: std::sync::Mutex<Option<releve_reader::Reader>>,
    }

    /// Nothing native is needed here.
    pub(crate) fn plugin() -> TauriPlugin<Wry> {
        tauri::plugin::Builder::new("badge").build()
    }

    impl DeviceTagReader {
        pub(crate) fn new(_app: &AppHandle) -> Self {
            Self {
                #[cfg(all(feature = "nfc", desktop))]
                open: std::sync::Mutex::new(None),
            }
        }

        /// No link opens a desktop's app.
        pub(crate) fn opened_by_link(&self) -> Option<String> {
            None
        }
    }

    #[cfg(all(feature = "nfc", desktop))]
    impl TagReader for DeviceTagReader {
        fn read(&self, wait_ms: u64) -> Result<Vec<u8>, Refusal> {
            use releve_reader::{ReadError, Reader};
            let mut open = self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let mut reader = match open.take() {
                Some(reader) => reader,
                None => Reader::open(None).map_err(refusal)?,
            };
            let read = reader.read(std::time::Duration::from_millis(wait_ms), &|| true);
            // A reader that failed is opened anew the next time.
            if !matches!(read, Err(ReadError::Reader(_))) {
                *open = Some(reader);
            }
            read.map(|tag| tag.ndef).map_err(refusal)
        }
    }

    #[cfg(all(feature = "nfc", desktop))]
    fn refusal(error: releve_reader::ReadError) -> Refusal {
        use releve_reader::ReadError;
        match error {
            ReadError::NoReader | ReadError::Reader(_) => Refusal::NoNfc,
            ReadError::NoTag | ReadError::TakenAway | ReadError::Damaged => Refusal::Unreadable,
            ReadError::NotATag | ReadError::Empty => Refusal::NotAHomeTag,
        }
    }

    #[cfg(not(all(feature = "nfc", desktop)))]
    impl TagReader for DeviceTagReader {
        fn read(&self, _wait_ms: u64) -> Result<Vec<u8>, Refusal> {
            Err(Refusal::NoNfc)
        }
    }
}

#[cfg(target_os = "android")]
mod android {
    use releve_core::ports::TagReader;
    use releve_shared::refusal::Refusal;
    use serde::{Deserialize, Serialize};
    use tauri::plugin::{PluginHandle, TauriPlugin};
    use tauri::{AppHandle, Manager as _, Wry};

    /// The Kotlin half, in `app/plugins/badge`.
    pub(crate) struct DeviceTagReader(PluginHandle<Wry>);

    struct Native(PluginHandle<Wry>);

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Wait {
        wait_ms: u64,
    }

    #[derive(Deserialize)]
    struct Opened {
        link: Option<String>,
    }

    #[derive(Deserialize)]
    struct Tap {
        /// The NDEF message, in hexadecimal; `None` when no tag came.
        message: Option<String>,
    }

    pub(crate) fn plugin() -> TauriPlugin<Wry> {
        tauri::plugin::Builder::new("badge")
            .setup(|app, api| {
                app.manage(Native(api.register_android_plugin("fr.releve.badge", "BadgePlugin")?));
                Ok(())
            })
            .build()
    }

    impl DeviceTagReader {
        pub(crate) fn new(app: &AppHandle) -> Self {
            Self(app.state::<Native>().0.clone())
        }

        /// The link that the system opened the app with, once: from a tag (Android 16) or from the
        /// camera app, which cannot be told apart.
        pub(crate) fn opened_by_link(&self) -> Option<String> {
            self.0.run_mobile_plugin::<Opened>("link", ()).ok().and_then(|opened| opened.link)
        }
    }

    impl TagReader for DeviceTagReader {
        fn read(&self, wait_ms: u64) -> Result<Vec<u8>, Refusal> {
            let tap: Tap =
                self.0.run_mobile_plugin("read", Wait { wait_ms }).map_err(|_| Refusal::NoNfc)?;
            tap.message.as_deref().and_then(bytes).ok_or(Refusal::Unreadable)
        }
    }

    fn bytes(hex: &str) -> Option<Vec<u8>> {
        let digits: Option<Vec<u8>> =
            hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
        let digits = digits?;
        digits.len().is_multiple_of(2).then(|| {
            digits
                .chunks(2)
                .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
                .collect()
        })
    }
}
