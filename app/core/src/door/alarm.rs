//! The lone worker's alarm at the door: a part of [`super::PhoneView`], since every screen shows it.

use releve_shared::alarm::{Able, Phase, PhoneTry, Told};
use releve_shared::id::{AlarmId, LoneSessionId, VisitId};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};

/// How an alarm is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Press {
    /// The button was pressed.
    Pressed,
    /// It was held: nothing shows, nothing sounds (aggression).
    Held,
    /// A test of the whole chain.
    Test,
}

/// The alarm on this phone. Always there: the line of means is never guessed (row B-06).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct AlarmView {
    /// Whether somebody would be told: the phone is enrolled.
    pub ready: bool,
    /// What the screen shows of it now.
    pub look: AlarmLook,
    /// What would work right now.
    pub means: Means,
    /// Whom the phone calls; empty for nobody.
    pub call_number: String,
    /// How long the button that cancels is held, in milliseconds.
    pub long_press_ms: u32,
    /// Whether cancelling asks for a code.
    pub code: bool,
    /// The stretch of lone work under watch.
    pub session: Option<SessionView>,
    /// The last test, and whether one is due: once a month.
    pub test: TestView,
}

/// What the screen shows of an alarm. A hidden one shows nothing: neither does this say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum AlarmLook {
    /// The button only.
    Quiet,
    /// Time to cancel.
    Counting {
        /// Which alarm.
        alarm: AlarmId,
        /// Milliseconds to zero.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        left_ms: i64,
        /// Milliseconds from the press to zero.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        all_ms: i64,
        /// A test.
        test: bool,
        /// The phone itself began it, since no answer came.
        unanswered: bool,
        /// The phone itself began it, since it lies still.
        still: bool,
    },
    /// The alarm is given.
    Given {
        /// Which alarm.
        alarm: AlarmId,
        /// A test.
        test: bool,
        /// What became of each way.
        ways: Ways,
        /// Where it stands at the office; `None` until the server has answered.
        phase: Option<Phase>,
        /// Who has taken it in charge, by name.
        acknowledged_by: Option<String>,
        /// When.
        acknowledged_at: Option<Moment>,
        /// Whom the server has told.
        told: Vec<Told>,
        /// "Je vais bien" was said.
        fine: bool,
        /// The position told last.
        place: Option<Place>,
    },
    /// The office has closed it; shown until the worker has seen it.
    Closed {
        /// Which alarm.
        alarm: AlarmId,
        /// A test.
        test: bool,
        /// Who had taken it in charge, by name.
        acknowledged_by: Option<String>,
        /// When it was closed.
        at: Option<Moment>,
    },
}

/// What became of the ways of an alarm: each goes on whatever the others do (row O-33).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Ways {
    /// The call; `None` when none was wanted.
    pub call: Option<PhoneTry>,
    /// Whether the server has heard; it is told again and again until then.
    pub heard: bool,
    /// The text message; `None` while none is needed.
    pub text: Option<PhoneTry>,
    /// The text message itself, for the composer: when the phone may not send it.
    pub text_link: Option<String>,
}

/// A measured position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Place {
    /// Radius in metres, when the device says.
    pub accuracy_m: Option<u32>,
    /// How old it is, in milliseconds.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub age_ms: i64,
}

/// "Appel ✓ SMS ✓ données ✗ GPS 12 min": what an alarm could use right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Means {
    /// The call: `yes` by itself, `maybe` with a finger, `no`.
    pub call: Able,
    /// The text message, in the same words.
    pub text: Able,
    /// The server has answered lately.
    pub data: Able,
    /// Positions can be measured.
    pub place: Able,
    /// How old the device's last position is, in milliseconds.
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub place_age_ms: Option<i64>,
    /// Notices show when another app is in front.
    pub notices: Able,
    /// A phone that lies still is noticed; `None` when the agency does not want it.
    pub still: Option<Able>,
}

/// A stretch of lone work under watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct SessionView {
    /// Its id.
    pub id: LoneSessionId,
    /// Of which visit; `None` for one that the worker has opened herself.
    pub visit: Option<VisitId>,
    /// Where, in her words; empty for a visit.
    pub place: String,
    /// When it should end.
    pub ends_at: Option<Moment>,
    /// Minutes between two questions; `None` when only its end is asked about.
    pub every_min: Option<u32>,
    /// "Tout va bien ?" waits for an answer.
    pub asks: bool,
    /// Milliseconds to the next question, or to the alarm when it is asked.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub left_ms: i64,
}

/// The monthly test of the alarm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct TestView {
    /// When the last one was made.
    pub at: Option<Moment>,
    /// Whether it came to its end: heard, acknowledged, closed.
    pub whole: bool,
    /// Who had answered it.
    pub by: Option<String>,
    /// A month has passed since the last whole one.
    pub due: bool,
}
