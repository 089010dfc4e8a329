//! Hands that note what they were asked.

use std::sync::{Arc, Mutex};

use releve_core::Hands;
use releve_core::ports::{
    Ability, Alert, Alerter, Asked, Caller, Feeler, Felt, Fix, Locator, Notice, Notifier, Texter,
    Timing,
};
use releve_shared::alarm::Sample;

pub struct Noted {
    pub call: Asked,
    pub text: Asked,
    pub fix: Option<Fix>,
    pub calls: Vec<String>,
    pub texts: Vec<(String, String)>,
    pub measuring: bool,
    pub looked: u32,
    pub alert: Alert,
    pub feeling: bool,
    /// The shortcut was touched, and nobody has looked yet.
    pub pressed: bool,
    pub planned: Vec<Notice>,
    pub shown: Vec<(String, String)>,
    pub timing: Timing,
    pub charging: bool,
    pub no_sensor: bool,
    /// Felt, and not asked for yet.
    pub samples: Vec<Sample>,
}

#[derive(Clone)]
pub struct TestHands(pub Arc<Mutex<Noted>>);

impl TestHands {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Noted {
            call: Asked::Done,
            text: Asked::Done,
            fix: None,
            calls: Vec::new(),
            texts: Vec::new(),
            measuring: false,
            looked: 0,
            alert: Alert::Quiet,
            feeling: false,
            pressed: false,
            planned: Vec::new(),
            shown: Vec::new(),
            timing: Timing::Exact,
            charging: false,
            no_sensor: false,
            samples: Vec::new(),
        })))
    }

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

    pub fn noted<T>(&self, look: impl FnOnce(&mut Noted) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }
}

fn ability(asked: Asked) -> Ability {
    match asked {
        Asked::Done => Ability::Alone,
        Asked::Offered => Ability::ByHand,
        Asked::Impossible => Ability::No,
    }
}

impl Caller for TestHands {
    fn call(&self, number: &str) -> Asked {
        self.noted(|n| {
            n.calls.push(number.to_owned());
            n.call
        })
    }

    fn ability(&self) -> Ability {
        ability(self.noted(|n| n.call))
    }
}

impl Texter for TestHands {
    fn text(&self, number: &str, words: &str) -> Asked {
        self.noted(|n| {
            n.texts.push((number.to_owned(), words.to_owned()));
            n.text
        })
    }

    fn ability(&self) -> Ability {
        ability(self.noted(|n| n.text))
    }
}

impl Locator for TestHands {
    fn begin(&self) {
        self.noted(|n| n.measuring = true);
    }

    fn end(&self) {
        self.noted(|n| n.measuring = false);
    }

    fn last(&self) -> Option<Fix> {
        self.noted(|n| {
            n.looked += 1;
            n.fix.clone()
        })
    }

    fn ability(&self) -> Ability {
        Ability::Alone
    }

    fn age_ms(&self) -> Option<i64> {
        self.noted(|n| n.fix.as_ref().map(|_| 720_000))
    }
}

impl Alerter for TestHands {
    fn alert(&self, alert: Alert) {
        self.noted(|n| n.alert = alert);
    }

    fn ability(&self) -> Ability {
        Ability::Alone
    }

    fn ask_rights(&self) {}

    fn pressed(&self) -> bool {
        self.noted(|n| std::mem::take(&mut n.pressed))
    }
}

impl Feeler for TestHands {
    fn begin(&self) {
        self.noted(|n| n.feeling = true);
    }

    fn end(&self) {
        self.noted(|n| n.feeling = false);
    }

    fn felt(&self) -> Felt {
        self.noted(|n| Felt { samples: std::mem::take(&mut n.samples), charging: n.charging })
    }

    fn charging(&self) -> bool {
        self.noted(|n| n.charging)
    }

    fn ability(&self) -> Ability {
        if self.noted(|n| n.no_sensor) { Ability::No } else { Ability::Alone }
    }
}

impl Notifier for TestHands {
    fn plan(&self, notices: &[Notice]) {
        self.noted(|n| n.planned = notices.to_vec());
    }

    fn show(&self, title: &str, words: &str) {
        self.noted(|n| n.shown.push((title.to_owned(), words.to_owned())));
    }

    fn timing(&self) -> Timing {
        self.noted(|n| n.timing)
    }
}
