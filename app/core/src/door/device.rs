//! What this phone can, said as it is (row O-04), and what its fleet has set for it (row O-02).

use serde::{Deserialize, Serialize};

use crate::ports::{Biometry, Capable};

/// What this phone can. What only a page knows, as its camera, is not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct DeviceView {
    /// `android`, `ios`, `linux`.
    pub platform: String,
    /// Reads NFC tags.
    pub nfc: Capable,
    /// Shows notices.
    pub notices: Capable,
    /// Calls a number.
    pub call: Capable,
    /// Sends a text message.
    pub text: Capable,
    /// Measures where it is, in an alarm.
    pub place: Capable,
    /// Knows the worker by finger or face.
    pub biometry: Biometry,
    /// What the fleet has set.
    pub managed: ManagedView,
}

/// What the management of a fleet has set for the app. No secret of it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct ManagedView {
    /// All that an enrolment needs is there: see [`super::Act::EnrolManaged`].
    pub ready: bool,
    /// Only the code of the enrolment is missing.
    pub wants_code: bool,
    /// The address of the server; empty when nothing usable was set.
    pub server: String,
    /// A name for the phone; empty when none was set.
    pub phone_name: String,
    /// A phone for this app alone.
    pub kiosk: bool,
}
