//! What the core needs of a device. The shell implements it; tests implement it with a world that
//! can be cut, lied to and put to sleep.

use std::sync::Arc;

use releve_shared::alarm::Sample;
use releve_shared::badge::Reading;
use releve_shared::clock::Stamp;
use releve_shared::refusal::Refusal;

pub use crate::door::Timing;

/// The device's clocks.
pub trait Clock: Send {
    /// What the wall and the boot clock say now. The boot clock counts sleep (`CLOCK_BOOTTIME`).
    fn now(&self) -> Stamp;
}

/// The device's source of chance (a CSPRNG).
pub trait Chance: Send {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// A request to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body, empty for a `GET`.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The `content-type` header, lower case; empty when there is none.
    pub content_type: String,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Nothing came back: no network, a time-out, a broken answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer;

/// Asked before each commit whether it may be; "no" is what a kill at that point would be. Only a
/// simulation has one.
pub type Fuse = Arc<dyn Fn() -> bool + Send + Sync>;

/// The way to the server. It blocks; the shell calls it outside the core's thread.
pub trait Link: Send {
    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    /// [`NoAnswer`] when nothing whole came back.
    fn send(&self, request: &Request) -> Result<Response, NoAnswer>;
}

/// A secret of the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secret {
    /// Raw key of the care data: sheets, planning. Behind PIN or biometry where there is one.
    CareKey,
    /// Raw key of the duty data: outbox, stamps, alarm contacts. Bound to the device, no presence.
    DutyKey,
    /// Seed of the device's Ed25519 key.
    DeviceSeed,
    /// The token, and the next one while it is being rotated.
    Token,
    /// The next token, kept before the server is told of it.
    NextToken,
    /// What signs the text message of an alarm, shared with the server.
    SmsKey,
    /// Raw key of the copy that serves an alarm when the databases do not open. No presence.
    AlarmKey,
    /// The device's share of what a PIN opens: the PIN alone opens nothing (row O-03).
    PinShare,
    /// The care data's key once more, given back after fingerprint or face (row O-03).
    PresenceKey,
}

/// The vault failed, or is locked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It wants the worker's presence first.
    #[error("the vault is locked")]
    Locked,
    /// It failed.
    #[error("the vault failed: {0}")]
    Failed(String),
}

/// The device's key store.
pub trait Vault: Send {
    /// The secret, when there is one.
    ///
    /// # Errors
    /// When the vault is locked or fails.
    fn get(&self, secret: Secret) -> Result<Option<Vec<u8>>, VaultError>;

    /// Keeps a secret, durably before it returns.
    ///
    /// # Errors
    /// When the vault is locked or fails.
    fn put(&self, secret: Secret, value: &[u8]) -> Result<(), VaultError>;

    /// Destroys a secret, durably before it returns; no error when there is none.
    ///
    /// # Errors
    /// When the vault fails.
    fn destroy(&self, secret: Secret) -> Result<(), VaultError>;
}

/// Whether fingerprint or face can tell that the worker is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Biometry {
    /// It can.
    Ready,
    /// The hardware is there; the worker has set nothing up in the system's settings.
    NotSetUp,
    /// This device has none.
    None,
}

/// Asks for the worker's fingerprint or face (row O-03).
pub trait Presence: Send + Sync {
    /// Whether it would work.
    fn biometry(&self) -> Biometry;

    /// Asks, and waits for the answer of the system: whether it was the worker.
    fn confirm(&self) -> bool;
}

/// Whether this device can do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Capable {
    /// It can.
    Yes,
    /// With a finger of the worker each time.
    ByHand,
    /// The hardware is there, and switched off.
    Off,
    /// Not at all: no such hardware, no right, or the system forbids it.
    No,
    /// Nobody knows before it is tried.
    Unknown,
}

/// What the management of a fleet has set for the app (row O-02): texts, as they were typed there.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Managed {
    /// The whole text of the desk's QR.
    pub enrolment_link: String,
    /// The address of the server, with …
    pub server_url: String,
    /// … its public key.
    pub server_key: String,
    /// The code of the enrolment.
    pub enrolment_code: String,
    /// A name for the phone.
    pub phone_name: String,
    /// A phone for this app alone.
    pub kiosk: bool,
}

/// What a device can beside the hands of an alarm, and what its fleet has set.
pub trait Device: Send + Sync {
    /// Whether it reads NFC tags.
    fn nfc(&self) -> Capable;

    /// What the management of its fleet has set.
    fn managed(&self) -> Managed;
}

/// Reads codes in pictures.
pub trait CodeReader: Send {
    /// The text of the code in a picture (PNG or JPEG bytes).
    ///
    /// # Errors
    /// [`Refusal::Unreadable`] when there is none, [`Refusal::NotAPicture`].
    fn read(&self, picture: &[u8]) -> Result<Reading, Refusal>;
}

/// Reads NFC tags.
pub trait TagReader: Send {
    /// Waits for a tag at most `wait_ms` and reads its NDEF message, as raw bytes.
    ///
    /// # Errors
    /// [`Refusal::NoNfc`] without a reader, [`Refusal::Unreadable`] when no tag came or it left.
    fn read(&self, wait_ms: u64) -> Result<Vec<u8>, Refusal>;
}

/// A notice that the device is to show at a moment of its boot clock.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// What it is about.
    pub key: String,
    /// When, by the boot clock: a wrong wall clock changes nothing.
    pub up_ms: i64,
    /// Its first line.
    pub title: String,
    /// The rest.
    pub words: String,
}

/// Tells the worker something outside the screen, with the app closed where the system lets it.
pub trait Notifier: Send + Sync {
    /// From now on these and no others: what was planned before and is not among them is cancelled.
    fn plan(&self, notices: &[Notice]);

    /// Shows one now, once.
    fn show(&self, title: &str, words: &str);

    /// How well it keeps the time.
    fn timing(&self) -> Timing;
}

/// What a distributor of pushes tells (UnifiedPush).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// An address at which this phone is reached.
    Endpoint {
        /// What the phone is known by.
        token: String,
        /// The address.
        endpoint: String,
    },
    /// A push, as it came.
    Message {
        /// What the phone is known by.
        token: String,
        /// Closed.
        bytes: Vec<u8>,
    },
    /// The phone is known no more.
    Unregistered {
        /// What it was known by.
        token: String,
    },
}

impl Heard {
    /// The bytes of a push in hexadecimal, as a native half hands them over.
    #[must_use]
    pub fn bytes(hex: &str) -> Option<Vec<u8>> {
        let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
        if !rest.is_empty() {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
        pairs.iter().map(byte).collect()
    }

    /// What the phone is known by.
    #[must_use]
    pub fn token(&self) -> &str {
        match self {
            Self::Endpoint { token, .. }
            | Self::Message { token, .. }
            | Self::Unregistered { token } => token,
        }
    }
}

/// The apps that hand pushes to others: the worker has installed one, or none.
pub trait Distributor: Send + Sync {
    /// Those that are installed, each by its name among the system's.
    fn installed(&self) -> Vec<String>;

    /// Asks one for an address, which comes later, by [`Self::heard`].
    fn register(&self, distributor: &str, token: &str);

    /// Asks all to forget a token.
    fn unregister(&self, token: &str);

    /// What was told since the last look, oldest first.
    fn heard(&self) -> Vec<Heard>;
}

/// What came of asking the device to call or to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is done: the call has begun, the message has left.
    Done,
    /// The system's own screen is open, and waits for the worker's finger.
    Offered,
    /// This device cannot, or may not.
    Impossible,
}

/// What a device can do for an alarm, as far as it knows without trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// By itself.
    Alone,
    /// With a finger of the worker: the dialler, the composer.
    ByHand,
    /// Not at all: no such hardware, no right, no SIM.
    No,
}

/// Calls a number, loudspeaker on (row O-33).
pub trait Caller: Send + Sync {
    /// Calls.
    fn call(&self, number: &str) -> Asked;

    /// Whether it would work.
    fn ability(&self) -> Ability;
}

/// Sends an SMS when the data network fails.
pub trait Texter: Send + Sync {
    /// Sends, or opens the composer.
    fn text(&self, number: &str, words: &str) -> Asked;

    /// Whether it would work.
    fn ability(&self) -> Ability;
}

/// A position that the device has measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Latitude in millionths of a degree, north positive (WGS 84).
    pub lat_udeg: i32,
    /// Longitude in millionths of a degree, east positive.
    pub lon_udeg: i32,
    /// Radius of 68 % confidence, in metres; `None` when the device does not say.
    pub accuracy_m: Option<u32>,
    /// When it was measured, by the boot clock: milliseconds since the start of the device.
    pub up_ms: i64,
}

/// Measures where the phone is: between [`Locator::begin`] and [`Locator::end`] and never else.
pub trait Locator: Send + Sync {
    /// An alarm has begun: measure, often.
    fn begin(&self);

    /// It is over: measure no more.
    fn end(&self);

    /// The newest position since the beginning, or the last one that the device held then.
    fn last(&self) -> Option<Fix>;

    /// Whether it would work.
    fn ability(&self) -> Ability;

    /// How old the device's last position is, in milliseconds. Reads no position.
    fn age_ms(&self) -> Option<i64>;
}

/// What was felt since the device was last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Felt {
    /// In the order of their time.
    pub samples: Vec<Sample>,
    /// The phone is on its charger: nobody carries it.
    pub charging: bool,
}

/// Feels movements: between [`Feeler::begin`] and [`Feeler::end`] and never else.
pub trait Feeler: Send + Sync {
    /// Lone work is under watch: feel, a few times a second.
    fn begin(&self);

    /// It is over.
    fn end(&self);

    /// What was felt since it was last asked.
    fn felt(&self) -> Felt;

    /// Whether the phone is on its charger.
    fn charging(&self) -> bool;

    /// Whether it would work; by hand is: with the app in front only.
    fn ability(&self) -> Ability;
}

/// What the worker is to hear and to feel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alert {
    /// The countdown runs, so far (0 to 1000): beeps that rise, a vibration.
    Countdown(u16),
    /// The alarm was given, and nobody has acknowledged it yet.
    Given,
    /// Somebody has acknowledged it: once, then quiet.
    Acknowledged,
    /// A question waits for an answer: "tout va bien ?".
    Question,
    /// Lone work is under watch: nothing sounds, and the system lets the app live.
    Watching,
    /// Nothing. Also the whole of a silent alarm.
    Quiet,
}

/// Rings and vibrates where no screen can: the app is behind, the phone is locked.
pub trait Alerter: Send + Sync {
    /// From now on this, until another is asked; [`Alert::Countdown`] comes anew as it goes on.
    fn alert(&self, alert: Alert);

    /// Whether notices show.
    fn ability(&self) -> Ability;

    /// Asks the worker for the rights that an alarm needs, where the system wants it.
    fn ask_rights(&self);

    /// Whether the alarm was pressed outside the app, on its shortcut or tile, since last asked (row
    /// O-31).
    fn pressed(&self) -> bool;
}
