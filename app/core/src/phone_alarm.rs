//! The alarm in use: the clock with its hands on one thread, its own line to the server on another,
//! each call and text message on one of its own, so that none waits for another (row O-33).

use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use releve_shared::time::MINUTE_MS;

use crate::alarm::{Hand, LineStep, Senses, Turn};
use crate::door::NoticeIn;
use crate::phone::{Bell, Phone};
use crate::ports::{
    Ability, Alert, Alerter, Asked, Caller, Feeler, Felt, Fix, Link, Locator, Notice, Notifier,
    Texter, Timing,
};

/// Most notices that are planned.
const NOTICES: usize = 20;

/// What the core needs of a device for an alarm.
pub struct Hands {
    /// Calls.
    pub caller: Box<dyn Caller>,
    /// Sends text messages.
    pub texter: Box<dyn Texter>,
    /// Measures positions.
    pub locator: Box<dyn Locator>,
    /// Rings and vibrates.
    pub alerter: Box<dyn Alerter>,
    /// Feels movements.
    pub feeler: Box<dyn Feeler>,
    /// Shows notices, with the app closed where the system lets it.
    pub notifier: Box<dyn Notifier>,
}

/// The alarm's own line and hands.
pub(crate) struct Alarms {
    pub(crate) link: Box<dyn Link + Sync>,
    pub(crate) hands: Hands,
    pub(crate) clock_bell: Bell,
    pub(crate) line_bell: Bell,
    wished: std::sync::Mutex<Wished>,
}

/// What the hands were told last.
#[derive(Default)]
struct Wished {
    alert: Option<Alert>,
    locate: bool,
    feel: bool,
}

impl Alarms {
    pub(crate) fn new(link: Box<dyn Link + Sync>, hands: Hands) -> Self {
        Self {
            link,
            hands,
            clock_bell: Bell::default(),
            line_bell: Bell::default(),
            wished: std::sync::Mutex::default(),
        }
    }

    fn wished(&self) -> MutexGuard<'_, Wished> {
        self.wished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn senses(&self) -> Senses {
        let hands = &self.hands;
        Senses {
            call: Some(hands.caller.ability()),
            text: Some(hands.texter.ability()),
            place: Some(hands.locator.ability()),
            // By the minute: a screen must not be drawn anew for each millisecond.
            place_age_ms: hands.locator.age_ms().map(|ms| ms - ms.rem_euclid(MINUTE_MS)),
            notices: Some(hands.alerter.ability()),
            // Outside an alarm no position is looked at.
            fix: if self.wished().locate { hands.locator.last() } else { None },
            feel: Some(hands.feeler.ability()),
            charging: hands.feeler.charging(),
            // Outside lone work under watch no movement is felt.
            felt: if self.wished().feel { Some(hands.feeler.felt()) } else { None },
            timing: hands.notifier.timing(),
            pressed: hands.alerter.pressed(),
        }
    }

    /// Passes on what has changed.
    fn wish(&self, turn: &Turn) {
        let mut wished = self.wished();
        if turn.locate != wished.locate {
            if turn.locate {
                self.hands.locator.begin();
            } else {
                self.hands.locator.end();
            }
            wished.locate = turn.locate;
        }
        if turn.feel != wished.feel {
            if turn.feel {
                self.hands.feeler.begin();
            } else {
                self.hands.feeler.end();
            }
            wished.feel = turn.feel;
        }
        if wished.alert != Some(turn.alert) {
            self.hands.alerter.alert(turn.alert);
            wished.alert = Some(turn.alert);
        }
    }
}

impl Phone {
    /// One turn of the alarm's clock: what is owed to the hands, which the caller passes to
    /// [`Self::hand`], and when to come back.
    pub fn alarm_turn(&self) -> Turn {
        let Some(alarms) = &self.alarms else { return self.core().alarm_turn(Senses::default()) };
        let senses = alarms.senses();
        let turn = self.core().alarm_turn(senses);
        alarms.wish(&turn);
        if !turn.hands.is_empty() {
            alarms.line_bell.ring();
        }
        turn
    }

    /// Does one thing with the hands, and notes what came of it.
    pub fn hand(&self, hand: &Hand) {
        let Some(alarms) = &self.alarms else { return };
        let asked = match hand {
            Hand::Call { number } => alarms.hands.caller.call(number),
            Hand::Text { number, words } => alarms.hands.texter.text(number, words),
        };
        self.core().alarm_tried(hand, asked);
        alarms.line_bell.ring();
    }

    /// Speaks on the alarm's line until nothing more is owed now; gives when to come back, in
    /// milliseconds.
    pub fn alarm_line(&self) -> i64 {
        let Some(alarms) = &self.alarms else { return i64::MAX };
        loop {
            let step = self.core().alarm_request();
            match step {
                LineStep::Send(request) => {
                    let came = alarms.link.send(&request);
                    self.core().alarm_answered(&came);
                    alarms.clock_bell.ring();
                }
                LineStep::Wait(ms) => return ms,
            }
        }
    }

    /// Keeps the alarm alive until [`Self::stop`]: two threads, whose handles are given back.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn live_alarms(self: &Arc<Self>) -> std::io::Result<Vec<thread::JoinHandle<()>>> {
        let (clock, line) = (Arc::clone(self), Arc::clone(self));
        Ok(vec![
            thread::Builder::new().name("alarm".to_owned()).spawn(move || clock.alarm_clock())?,
            thread::Builder::new().name("alarm-line".to_owned()).spawn(move || line.line_loop())?,
        ])
    }

    fn alarm_clock(self: &Arc<Self>) {
        let Some(alarms) = &self.alarms else { return };
        loop {
            let turn = self.alarm_turn();
            for hand in turn.hands {
                let (phone, again) = (Arc::clone(self), hand.clone());
                let work = move || phone.hand(&hand);
                if thread::Builder::new().name("alarm-hand".to_owned()).spawn(work).is_err() {
                    // No thread left: in turn is better than not at all.
                    self.hand(&again);
                }
            }
            if !alarms.clock_bell.wait(span(turn.wait_ms)) {
                return;
            }
        }
    }

    fn line_loop(&self) {
        let Some(alarms) = &self.alarms else { return };
        loop {
            let wait = self.alarm_line();
            if !alarms.line_bell.wait(span(wait)) {
                return;
            }
        }
    }

    /// Wakes both loops: something has happened.
    pub(crate) fn ring_alarms(&self) {
        if let Some(alarms) = &self.alarms {
            alarms.clock_bell.ring();
            alarms.line_bell.ring();
        }
    }

    /// The app was brought to the front, perhaps by the alarm's shortcut: looks at once.
    pub fn woken(&self) {
        self.ring_alarms();
    }

    /// Plans notices with the device, by its own clock.
    pub(crate) fn plan_notices(&self, wished: &[NoticeIn]) {
        let Some(alarms) = &self.alarms else { return };
        let up_ms = self.core().up_ms();
        let at = |notice: &NoticeIn| Notice {
            key: notice.key.clone(),
            up_ms: up_ms.saturating_add(notice.in_ms.max(0)),
            title: notice.title.clone(),
            words: notice.words.clone(),
        };
        let notices: Vec<Notice> = wished.iter().take(NOTICES).map(at).collect();
        alarms.hands.notifier.plan(&notices);
    }

    pub(crate) fn show_notice(&self, title: &str, words: &str) {
        if let Some(alarms) = &self.alarms {
            alarms.hands.notifier.show(title, words);
        }
    }

    /// Asks the device for the rights that an alarm needs.
    pub(crate) fn ask_rights(&self) {
        if let Some(alarms) = &self.alarms {
            alarms.hands.alerter.ask_rights();
            self.ring_alarms();
        }
    }
}

fn span(ms: i64) -> Duration {
    // Clocks may jump: never longer than a minute.
    Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(Duration::from_secs(60))
}

/// A device without any hand: a desktop. Screens offer links instead.
pub struct NoHands;

impl Caller for NoHands {
    fn call(&self, _number: &str) -> Asked {
        Asked::Impossible
    }

    fn ability(&self) -> Ability {
        Ability::No
    }
}

impl Texter for NoHands {
    fn text(&self, _number: &str, _words: &str) -> Asked {
        Asked::Impossible
    }

    fn ability(&self) -> Ability {
        Ability::No
    }
}

impl Locator for NoHands {
    fn begin(&self) {}

    fn end(&self) {}

    fn last(&self) -> Option<Fix> {
        None
    }

    fn ability(&self) -> Ability {
        Ability::No
    }

    fn age_ms(&self) -> Option<i64> {
        None
    }
}

impl Alerter for NoHands {
    fn alert(&self, _alert: Alert) {}

    fn ability(&self) -> Ability {
        Ability::No
    }

    fn ask_rights(&self) {}

    fn pressed(&self) -> bool {
        false
    }
}

impl Notifier for NoHands {
    fn plan(&self, _notices: &[Notice]) {}

    fn show(&self, _title: &str, _words: &str) {}

    fn timing(&self) -> Timing {
        Timing::Never
    }
}

impl Feeler for NoHands {
    fn begin(&self) {}

    fn end(&self) {}

    fn felt(&self) -> Felt {
        Felt::default()
    }

    fn charging(&self) -> bool {
        false
    }

    fn ability(&self) -> Ability {
        Ability::No
    }
}

impl Hands {
    /// Of a device that has none.
    #[must_use]
    pub fn none() -> Self {
        Self {
            caller: Box::new(NoHands),
            texter: Box::new(NoHands),
            locator: Box::new(NoHands),
            alerter: Box::new(NoHands),
            feeler: Box::new(NoHands),
            notifier: Box::new(NoHands),
        }
    }
}
