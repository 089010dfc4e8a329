//! A phone's hands on a machine that has none: what a test allows, and what was called and sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use releve_core::Hands;
use releve_core::ports::{
    Ability, Alert, Alerter, Asked, Biometry, Caller, Capable, Device, Distributor, Feeler, Felt,
    Fix, Heard, Locator, Managed, Notice, Notifier, Presence, Texter, Timing,
};
use releve_shared::alarm::Sample;
use serde::{Deserialize, Serialize};

/// What the hands can, and what they did.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pretended {
    /// `alone`, `by_hand`, or nothing.
    pub call: String,
    /// The same, for text messages.
    pub text: String,
    /// The same, for notices.
    pub notices: String,
    /// What the management of a fleet has set.
    pub managed: Managed,
    /// Whether the finger on the sensor is the worker's; `None` where there is no sensor.
    pub finger: Option<bool>,
    /// Latitude and longitude in millionths of a degree, and the radius in metres.
    pub place: Option<(i32, i32, u32)>,
    /// Numbers called, in order.
    pub calls: Vec<String>,
    /// Numbers and words sent, in order.
    pub texts: Vec<(String, String)>,
    /// Whether a position is being measured.
    pub measuring: bool,
    /// How often one was looked at.
    pub looked: u32,
    /// What was heard, each once, in order.
    pub heard: Vec<String>,
    /// How movements are felt: `alone`, `by_hand`, or nothing.
    pub feel: String,
    /// On its charger.
    pub charging: bool,
    /// Whether movements are being felt.
    pub feeling: bool,
    /// Felt, and not asked for yet.
    pub samples: Vec<Sample>,
    /// The alarm's shortcut was touched, and nobody has looked yet.
    pub pressed: bool,
    /// How well notices keep their time.
    pub timing: Timing,
    /// Notices planned: key, boot clock, title, words.
    pub planned: Vec<(String, i64, String, String)>,
    /// Notices shown at once, in order.
    pub shown: Vec<(String, String)>,
    /// The apps that hand pushes over, by name.
    pub distributors: Vec<String>,
    /// What they were asked: the distributor and the token.
    pub registered: Vec<(String, String)>,
    /// Tokens that they were asked to forget.
    pub unregistered: Vec<String>,
    /// What they told, and nobody has heard yet.
    #[serde(skip)]
    pub told: Vec<Heard>,
    /// The boot clock of the position; the phone's own, at the moment it was set.
    pub up_ms: i64,
}

/// The hands of one phone. Clones share it.
#[derive(Clone, Default)]
pub struct Pretend(Arc<Mutex<Pretended>>);

impl Pretend {
    /// What they can, and what they did.
    #[must_use]
    pub fn pretended(&self) -> Pretended {
        self.held().clone()
    }

    /// From now on this.
    pub fn set(&self, able: Pretended) {
        *self.held() = able;
    }

    /// All the hands of a phone.
    #[must_use]
    pub fn all(&self) -> Hands {
        Hands {
            caller: Box::new(self.clone()),
            texter: Box::new(self.clone()),
            locator: Box::new(self.clone()),
            alerter: Box::new(self.clone()),
            feeler: Box::new(self.clone()),
            notifier: Box::new(self.clone()),
        }
    }

    fn held(&self) -> MutexGuard<'_, Pretended> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ability(word: &str) -> Ability {
    match word {
        "alone" => Ability::Alone,
        "by_hand" => Ability::ByHand,
        _ => Ability::No,
    }
}

fn asked(word: &str) -> Asked {
    match ability(word) {
        Ability::Alone => Asked::Done,
        Ability::ByHand => Asked::Offered,
        Ability::No => Asked::Impossible,
    }
}

impl Caller for Pretend {
    fn call(&self, number: &str) -> Asked {
        let mut held = self.held();
        held.calls.push(number.to_owned());
        asked(&held.call)
    }

    fn ability(&self) -> Ability {
        ability(&self.held().call)
    }
}

impl Texter for Pretend {
    fn text(&self, number: &str, words: &str) -> Asked {
        let mut held = self.held();
        held.texts.push((number.to_owned(), words.to_owned()));
        asked(&held.text)
    }

    fn ability(&self) -> Ability {
        ability(&self.held().text)
    }
}

impl Locator for Pretend {
    fn begin(&self) {
        self.held().measuring = true;
    }

    fn end(&self) {
        self.held().measuring = false;
    }

    fn last(&self) -> Option<Fix> {
        let mut held = self.held();
        held.looked += 1;
        let up_ms = held.up_ms;
        let (lat_udeg, lon_udeg, accuracy_m) = held.place?;
        Some(Fix { lat_udeg, lon_udeg, accuracy_m: Some(accuracy_m), up_ms })
    }

    fn ability(&self) -> Ability {
        if self.held().place.is_some() { Ability::Alone } else { Ability::No }
    }

    fn age_ms(&self) -> Option<i64> {
        self.held().place.map(|_| 12 * 60_000)
    }
}

impl Alerter for Pretend {
    fn alert(&self, alert: Alert) {
        let name = match alert {
            Alert::Countdown(_) => "countdown",
            Alert::Given => "given",
            Alert::Acknowledged => "acknowledged",
            Alert::Question => "question",
            Alert::Watching => "watching",
            Alert::Quiet => "quiet",
        };
        let mut held = self.held();
        if held.heard.last().is_none_or(|last| last != name) {
            held.heard.push(name.to_owned());
        }
    }

    fn ability(&self) -> Ability {
        ability(&self.held().notices)
    }

    fn ask_rights(&self) {
        self.held().notices = "alone".to_owned();
    }

    fn pressed(&self) -> bool {
        std::mem::take(&mut self.held().pressed)
    }
}

impl Feeler for Pretend {
    fn begin(&self) {
        self.held().feeling = true;
    }

    fn end(&self) {
        self.held().feeling = false;
    }

    fn felt(&self) -> Felt {
        let mut held = self.held();
        Felt { samples: std::mem::take(&mut held.samples), charging: held.charging }
    }

    fn charging(&self) -> bool {
        self.held().charging
    }

    fn ability(&self) -> Ability {
        ability(&self.held().feel)
    }
}

impl Notifier for Pretend {
    fn plan(&self, notices: &[Notice]) {
        let line = |n: &Notice| (n.key.clone(), n.up_ms, n.title.clone(), n.words.clone());
        self.held().planned = notices.iter().map(line).collect();
    }

    fn show(&self, title: &str, words: &str) {
        self.held().shown.push((title.to_owned(), words.to_owned()));
    }

    fn timing(&self) -> Timing {
        self.held().timing
    }
}

impl Device for Pretend {
    fn nfc(&self) -> Capable {
        Capable::Unknown
    }

    fn managed(&self) -> Managed {
        self.held().managed.clone()
    }
}

impl Presence for Pretend {
    fn biometry(&self) -> Biometry {
        if self.held().finger.is_some() { Biometry::Ready } else { Biometry::None }
    }

    fn confirm(&self) -> bool {
        self.held().finger == Some(true)
    }
}

impl Distributor for Pretend {
    fn installed(&self) -> Vec<String> {
        self.held().distributors.clone()
    }

    fn register(&self, distributor: &str, token: &str) {
        self.held().registered.push((distributor.to_owned(), token.to_owned()));
    }

    fn unregister(&self, token: &str) {
        self.held().unregistered.push(token.to_owned());
    }

    fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.held().told)
    }
}
