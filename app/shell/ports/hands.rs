//! What an alarm needs of the device: our own `dati` plugin on Android, nothing on a desktop, where
//! screens offer links.

#[cfg(target_os = "android")]
pub(crate) use android::{hands, plugin};
#[cfg(not(target_os = "android"))]
pub(crate) use desktop::{hands, plugin};

#[cfg(not(target_os = "android"))]
mod desktop {
    use releve_core::Hands;
    use tauri::plugin::TauriPlugin;
    use tauri::{AppHandle, Wry};

    /// Nothing native is needed here.
    pub(crate) fn plugin() -> TauriPlugin<Wry> {
        tauri::plugin::Builder::new("dati").build()
    }

    pub(crate) fn hands(_app: &AppHandle) -> Hands {
        #[cfg(target_os = "linux")]
        let notifier = Box::new(crate::ports::notices::SessionNotices::start());
        #[cfg(not(target_os = "linux"))]
        let notifier = Box::new(releve_core::NoHands);
        Hands { notifier, ..Hands::none() }
    }
}

#[cfg(target_os = "android")]
mod android {
    use releve_core::Hands;
    use releve_core::ports::{
        Ability, Alert, Alerter, Asked, Caller, Feeler, Felt, Fix, Locator, Notice, Notifier,
        Texter, Timing,
    };
    use releve_shared::alarm::Sample;
    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Serialize};
    use tauri::plugin::{PluginHandle, TauriPlugin};
    use tauri::{AppHandle, Manager as _, Wry};

    /// The Kotlin half, in `app/plugins/dati`.
    #[derive(Clone)]
    struct Native(PluginHandle<Wry>);

    #[derive(Serialize)]
    struct Message<'a> {
        number: &'a str,
        words: &'a str,
    }

    #[derive(Serialize)]
    struct Sound {
        alert: &'static str,
        part: u16,
        over: bool,
    }

    #[derive(Deserialize)]
    struct Went {
        way: String,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Abilities {
        call: String,
        text: String,
        place: String,
        notices: String,
        age_ms: Option<i64>,
        feel: String,
        charging: bool,
        timing: Timing,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Found {
        latitude: Option<f64>,
        longitude: Option<f64>,
        accuracy_m: Option<f64>,
        up_ms: Option<i64>,
    }

    #[derive(Serialize)]
    struct Plan<'a> {
        notices: &'a [Notice],
    }

    #[derive(Deserialize)]
    struct Pressed {
        pressed: bool,
    }

    #[derive(Deserialize)]
    struct Movements {
        samples: Vec<Sample>,
        charging: bool,
    }

    #[derive(Deserialize)]
    struct Nothing {}

    pub(crate) fn plugin() -> TauriPlugin<Wry> {
        tauri::plugin::Builder::new("dati")
            .setup(|app, api| {
                app.manage(Native(api.register_android_plugin("fr.releve.dati", "DatiPlugin")?));
                Ok(())
            })
            .build()
    }

    pub(crate) fn hands(app: &AppHandle) -> Hands {
        let native = app.state::<Native>().inner().clone();
        Hands {
            caller: Box::new(native.clone()),
            texter: Box::new(native.clone()),
            locator: Box::new(native.clone()),
            alerter: Box::new(native.clone()),
            feeler: Box::new(native.clone()),
            notifier: Box::new(native),
        }
    }

    impl Native {
        fn run<T: DeserializeOwned>(&self, what: &str, with: impl Serialize) -> Option<T> {
            self.0.run_mobile_plugin(what, with).ok()
        }

        fn went(&self, what: &str, number: &str, words: &str) -> Asked {
            match self.run::<Went>(what, Message { number, words }).map(|went| went.way).as_deref()
            {
                Some("alone") => Asked::Done,
                Some("by_hand") => Asked::Offered,
                Some(_) | None => Asked::Impossible,
            }
        }

        fn abilities(&self) -> Option<Abilities> {
            self.run("abilities", ())
        }
    }

    fn ability(code: Option<String>) -> Ability {
        match code.as_deref() {
            Some("alone") => Ability::Alone,
            Some("by_hand") => Ability::ByHand,
            Some(_) | None => Ability::No,
        }
    }

    impl Caller for Native {
        fn call(&self, number: &str) -> Asked {
            self.went("call", number, "")
        }

        fn ability(&self) -> Ability {
            ability(self.abilities().map(|all| all.call))
        }
    }

    impl Texter for Native {
        fn text(&self, number: &str, words: &str) -> Asked {
            self.went("text", number, words)
        }

        fn ability(&self) -> Ability {
            ability(self.abilities().map(|all| all.text))
        }
    }

    impl Locator for Native {
        fn begin(&self) {
            let _ = self.run::<Nothing>("begin", ());
        }

        fn end(&self) {
            let _ = self.run::<Nothing>("end", ());
        }

        fn last(&self) -> Option<Fix> {
            let found: Found = self.run("last", ())?;
            Some(Fix {
                lat_udeg: millionths(found.latitude?),
                lon_udeg: millionths(found.longitude?),
                accuracy_m: found.accuracy_m.filter(|m| *m > 0.0).map(metres),
                up_ms: found.up_ms?,
            })
        }

        fn ability(&self) -> Ability {
            ability(self.abilities().map(|all| all.place))
        }

        fn age_ms(&self) -> Option<i64> {
            self.abilities()?.age_ms
        }
    }

    impl Alerter for Native {
        fn alert(&self, alert: Alert) {
            let (name, part, over) = match alert {
                Alert::Countdown(part) => ("countdown", part, false),
                Alert::Given => ("given", 0, false),
                Alert::Question => ("question", 0, false),
                Alert::Watching => ("watching", 0, false),
                Alert::Acknowledged => ("acknowledged", 0, false),
                Alert::Quiet => ("quiet", 0, true),
            };
            let _ = self.run::<Nothing>("alert", Sound { alert: name, part, over });
        }

        fn ability(&self) -> Ability {
            ability(self.abilities().map(|all| all.notices))
        }

        fn ask_rights(&self) {
            let _ = self.run::<Abilities>("askRights", ());
        }

        fn pressed(&self) -> bool {
            self.run::<Pressed>("pressed", ()).is_some_and(|told| told.pressed)
        }
    }

    impl Notifier for Native {
        fn plan(&self, notices: &[Notice]) {
            let _ = self.run::<Nothing>("plan", Plan { notices });
        }

        fn show(&self, title: &str, words: &str) {
            let (key, title, words) = ("now".to_owned(), title.to_owned(), words.to_owned());
            let _ = self.run::<Nothing>("show", Notice { key, up_ms: 0, title, words });
        }

        fn timing(&self) -> Timing {
            self.abilities().map(|all| all.timing).unwrap_or_default()
        }
    }

    impl Feeler for Native {
        fn begin(&self) {
            let _ = self.run::<Nothing>("feelBegin", ());
        }

        fn end(&self) {
            let _ = self.run::<Nothing>("feelEnd", ());
        }

        fn felt(&self) -> Felt {
            let felt = self.run::<Movements>("felt", ());
            felt.map(|felt| Felt { samples: felt.samples, charging: felt.charging })
                .unwrap_or_default()
        }

        fn charging(&self) -> bool {
            self.abilities().is_some_and(|all| all.charging)
        }

        fn ability(&self) -> Ability {
            ability(self.abilities().map(|all| all.feel))
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a float is cut to the bounds of a place")]
    fn millionths(degrees: f64) -> i32 {
        (degrees.clamp(-180.0, 180.0) * 1e6).round() as i32
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float is cut to the bounds of a radius"
    )]
    fn metres(radius: f64) -> u32 {
        radius.clamp(0.0, 1e6).ceil() as u32
    }
}
