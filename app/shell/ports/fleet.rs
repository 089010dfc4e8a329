//! What the device can, what its fleet has set, and the question to a finger or a face: our own
//! `fleet` plugin on Android. A desktop knows none of it and says so.

#[cfg(target_os = "android")]
pub(crate) use android::{Fleet, plugin};
#[cfg(not(target_os = "android"))]
pub(crate) use desktop::{Fleet, plugin};

#[cfg(not(target_os = "android"))]
mod desktop {
    use releve_core::ports::{Biometry, Capable, Device, Managed, Presence};
    use tauri::plugin::TauriPlugin;
    use tauri::{AppHandle, Wry};

    /// A desktop.
    pub(crate) struct Fleet;

    /// Nothing native is needed here.
    pub(crate) fn plugin() -> TauriPlugin<Wry> {
        tauri::plugin::Builder::new("fleet").build()
    }

    impl Fleet {
        pub(crate) fn new(_app: &AppHandle) -> Self {
            Self
        }
    }

    impl Device for Fleet {
        /// A reader may be plugged in at any time.
        fn nfc(&self) -> Capable {
            Capable::Unknown
        }

        fn managed(&self) -> Managed {
            Managed::default()
        }
    }

    impl Presence for Fleet {
        fn biometry(&self) -> Biometry {
            Biometry::None
        }

        fn confirm(&self) -> bool {
            false
        }
    }
}

#[cfg(target_os = "android")]
mod android {
    use releve_core::ports::{Biometry, Capable, Device, Managed, Presence};
    use serde::Deserialize;
    use tauri::plugin::{PluginHandle, TauriPlugin};
    use tauri::{AppHandle, Manager as _, Wry};

    /// The Kotlin half, in `app/plugins/fleet`.
    #[derive(Clone)]
    pub(crate) struct Fleet(PluginHandle<Wry>);

    #[derive(Deserialize)]
    struct Facts {
        nfc: Capable,
        biometry: Biometry,
    }

    #[derive(Deserialize)]
    struct Confirmed {
        confirmed: bool,
    }

    pub(crate) fn plugin() -> TauriPlugin<Wry> {
        tauri::plugin::Builder::new("fleet")
            .setup(|app, api| {
                app.manage(Fleet(api.register_android_plugin("fr.releve.fleet", "FleetPlugin")?));
                Ok(())
            })
            .build()
    }

    impl Fleet {
        pub(crate) fn new(app: &AppHandle) -> Self {
            app.state::<Self>().inner().clone()
        }

        fn facts(&self) -> Option<Facts> {
            self.0.run_mobile_plugin("facts", ()).ok()
        }
    }

    impl Device for Fleet {
        fn nfc(&self) -> Capable {
            self.facts().map_or(Capable::Unknown, |facts| facts.nfc)
        }

        fn managed(&self) -> Managed {
            self.0.run_mobile_plugin("managed", ()).unwrap_or_default()
        }
    }

    impl Presence for Fleet {
        fn biometry(&self) -> Biometry {
            self.facts().map_or(Biometry::None, |facts| facts.biometry)
        }

        fn confirm(&self) -> bool {
            let asked = self.0.run_mobile_plugin::<Confirmed>("confirm", ());
            asked.is_ok_and(|answer| answer.confirmed)
        }
    }
}
