//! Distributors of pushes (UnifiedPush): our own `push` plugin on Android. A desktop asks none.

#[cfg(target_os = "android")]
pub(crate) use android::{Pushes, plugin};
#[cfg(not(target_os = "android"))]
pub(crate) use desktop::{Pushes, plugin};

#[cfg(not(target_os = "android"))]
mod desktop {
    use releve_core::ports::{Distributor, Heard};
    use tauri::plugin::TauriPlugin;
    use tauri::{AppHandle, Wry};

    /// A desktop.
    pub(crate) struct Pushes;

    /// Nothing native is needed here.
    pub(crate) fn plugin() -> TauriPlugin<Wry> {
        tauri::plugin::Builder::new("push").build()
    }

    impl Pushes {
        pub(crate) fn new(_app: &AppHandle) -> Self {
            Self
        }

        pub(crate) fn listen(&self, _ring: impl Fn() + Send + Sync + 'static) {}
    }

    impl Distributor for Pushes {
        fn installed(&self) -> Vec<String> {
            Vec::new()
        }

        fn register(&self, _distributor: &str, _token: &str) {}

        fn unregister(&self, _token: &str) {}

        fn heard(&self) -> Vec<Heard> {
            Vec::new()
        }
    }
}

#[cfg(target_os = "android")]
mod android {
    use releve_core::ports::{Distributor, Heard};
    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Serialize};
    use tauri::ipc::Channel;
    use tauri::plugin::{PluginHandle, TauriPlugin};
    use tauri::{AppHandle, Manager as _, Wry};

    /// The Kotlin half, in `app/plugins/push`.
    #[derive(Clone)]
    pub(crate) struct Pushes(PluginHandle<Wry>);

    #[derive(Serialize)]
    struct Asked<'a> {
        distributor: &'a str,
        token: &'a str,
    }

    #[derive(Serialize)]
    struct Listen {
        channel: Channel,
    }

    #[derive(Deserialize)]
    struct Installed {
        distributors: Vec<String>,
    }

    #[derive(Deserialize)]
    struct All {
        heard: Vec<Told>,
    }

    #[derive(Deserialize)]
    struct Told {
        kind: String,
        token: String,
        text: String,
    }

    #[derive(Deserialize)]
    struct Nothing {}

    pub(crate) fn plugin() -> TauriPlugin<Wry> {
        tauri::plugin::Builder::new("push")
            .setup(|app, api| {
                app.manage(Pushes(api.register_android_plugin("fr.releve.push", "PushPlugin")?));
                Ok(())
            })
            .build()
    }

    impl Pushes {
        pub(crate) fn new(app: &AppHandle) -> Self {
            app.state::<Self>().inner().clone()
        }

        /// Calls `ring` whenever something came.
        pub(crate) fn listen(&self, ring: impl Fn() + Send + Sync + 'static) {
            let channel = Channel::new(move |_| {
                ring();
                Ok(())
            });
            let _ = self.run::<Nothing>("listen", Listen { channel });
        }

        fn run<T: DeserializeOwned>(&self, what: &str, with: impl Serialize) -> Option<T> {
            self.0.run_mobile_plugin(what, with).ok()
        }
    }

    impl Distributor for Pushes {
        fn installed(&self) -> Vec<String> {
            self.run::<Installed>("installed", ()).map(|all| all.distributors).unwrap_or_default()
        }

        fn register(&self, distributor: &str, token: &str) {
            let _ = self.run::<Nothing>("register", Asked { distributor, token });
        }

        fn unregister(&self, token: &str) {
            let _ = self.run::<Nothing>("unregister", Asked { distributor: "", token });
        }

        fn heard(&self) -> Vec<Heard> {
            let all = self.run::<All>("heard", ()).map(|all| all.heard).unwrap_or_default();
            all.into_iter().filter_map(Told::read).collect()
        }
    }

    impl Told {
        fn read(self) -> Option<Heard> {
            let Self { kind, token, text } = self;
            match kind.as_str() {
                "endpoint" => Some(Heard::Endpoint { token, endpoint: text }),
                "message" => Some(Heard::Message { token, bytes: Heard::bytes(&text)? }),
                "unregistered" => Some(Heard::Unregistered { token }),
                _ => None,
            }
        }
    }
}
