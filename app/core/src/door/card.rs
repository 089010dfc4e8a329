//! The door of the professional card (row O-30).

use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};

/// The card, with a code that a client can check now. Made without network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct CardView {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// As what, in words.
    pub role: String,
    /// The organisation's name.
    pub organisation: String,
    /// The photo: JPEG in base64.
    pub photo: Option<String>,
    /// The organisation's logo: JPEG in base64.
    pub logo: Option<String>,
    /// The address that the code holds.
    pub link: String,
    /// The code's dark modules, as the path of an SVG picture of `side` × `side`.
    pub path: String,
    /// See `path`; the quiet zone around it is the screen's.
    pub side: u32,
    /// When the next code is due: each has its minute.
    pub until: Moment,
}
