//! The door: the whole surface that a screen may use. [`Act`] changes something, [`Ask`] looks.
//!
//! Each type becomes TypeScript (`make gen`); a screen is a function of its [`View`]. Text meant for
//! people is made by the screens: the door speaks in codes, ids and moments.

use releve_shared::badge::{Assurance, Reading};
use releve_shared::client::Client;
use releve_shared::clock::Measured;
use releve_shared::id::{
    ClientId, ClockEventId, MessageId, NoticeTestId, ReceiptId, RequestId, ThreadId, VisitId,
};
use releve_shared::notice::{NoticeTest, PushTarget};
use releve_shared::planning::PlanningChange;
#[cfg(doc)]
use releve_shared::refusal::Refusal;
use releve_shared::request::Asked;
use releve_shared::task::TaskLine;
use releve_shared::time::{Day, Moment};
use releve_shared::travel::Correction;
use releve_shared::visit::{ClockKind, Clocked, ManualReason, Progress, Visit, VisitNotes};
use serde::{Deserialize, Serialize};

mod act;
mod alarm;
mod card;
mod contact;
mod day;
mod device;
mod hours;
mod lock;
mod message;
mod notice;
mod phone;
mod privacy;
mod request;

pub use act::{ActKind, ActLine, ActState};
pub use alarm::{AlarmLook, AlarmView, Means, Place, Press, SessionView, TestView, Ways};
pub use card::CardView;
pub use contact::{CallbackLine, ContactsView, DirectoryLine};
pub use day::{DayView, ReceiptLine, TasksView, TravelLine, VisitView};
pub use device::{DeviceView, ManagedView};
pub use hours::{HoursDay, HoursView, WorkedLine};
pub use lock::LockView;
pub use message::{MessageLine, MustRead, ThreadLine, ThreadView};
pub use notice::{NoticeIn, Timing};
pub use phone::{InProgress, PhoneState, PhoneView};
pub use privacy::{PositionLine, PrivacyView};
pub use request::RequestLine;

/// Something that the worker does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Act {
    /// Enrols this phone with the text of the desk's QR. Needs the network. → [`Reply::Done`]
    Enrol {
        /// The text of the QR.
        link: String,
        /// A name for the phone.
        phone_name: String,
    },
    /// Enrols this phone with what the management of its fleet has set. Needs the network.
    /// → [`Reply::Done`], or [`Refusal::EnrolmentOver`] when that is not enough.
    EnrolManaged {
        /// The code, typed; empty for the one that was set.
        code: String,
        /// A name for the phone.
        phone_name: String,
    },
    /// A tag or code was read: starts or ends a visit. → [`Reply::Clocked`]
    Badge {
        /// What was read.
        reading: Reading,
        /// The visit whose sheet is open, when one is; else the tag picks it.
        visit: Option<VisitId>,
        /// The worker has said yes to "visite non planifiée".
        unplanned: bool,
    },
    /// Starts or ends a visit by hand (rows O-16 to O-18). → [`Reply::Clocked`]
    ClockByHand {
        /// Which visit, or
        visit: Option<VisitId>,
        /// … at which client, for one that nobody had planned.
        client: Option<ClientId>,
        /// Start or end.
        kind: ClockKind,
        /// Why by hand: mandatory.
        reason: Option<ManualReason>,
        /// In words; mandatory when the reason is `other`.
        note: String,
        /// When it was, for a forgotten stamp.
        declared_at: Option<Moment>,
    },
    /// Undoes a stamp within thirty seconds (C10). → [`Reply::Done`]
    Undo {
        /// Which stamp.
        event: ClockEventId,
    },
    /// Writes kilometres, expenses, comment of a visit (row O-19). → [`Reply::Done`]
    WriteNotes {
        /// Which visit.
        visit: VisitId,
        /// All of it.
        notes: VisitNotes,
    },
    /// "J'ai vu": a change of the planning was seen (row O-10). → [`Reply::Done`]
    SawChange {
        /// Of which visit.
        visit: VisitId,
        /// Which change.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        n: i64,
    },
    /// The changes to be seen have rung on this phone (row O-10). → [`Reply::Done`]
    Rang,
    /// Writes what became of a visit's tasks (row O-40). → [`Reply::Done`]
    WriteTasks {
        /// Which visit.
        visit: VisitId,
        /// All of them.
        tasks: Vec<TaskLine>,
    },
    /// Says how the way to a visit was (row B-21). → [`Reply::Done`]
    CorrectTravel {
        /// The visit that it leads to.
        visit: VisitId,
        /// What the worker says; `None` takes it back.
        correction: Option<Correction>,
    },
    /// Keeps the photo of a receipt, to be sent after the acts (sync.md C11). → [`Reply::Done`]
    AddReceipt {
        /// Of which visit.
        visit: VisitId,
        /// JPEG or PNG, in base64.
        picture: String,
    },
    /// Takes a receipt back. → [`Reply::Done`]
    DropReceipt {
        /// Of which visit.
        visit: VisitId,
        /// Which one.
        receipt: ReceiptId,
    },
    /// "J'ai lu": a message of the office was read (row O-22). → [`Reply::Done`]
    ReadMessage {
        /// Which one.
        message: MessageId,
    },
    /// Writes to the office (row O-23). → [`Reply::Done`]
    WriteMessage {
        /// In which thread; `None` begins one.
        thread: Option<ThreadId>,
        /// The words, at most 2,000 characters.
        text: String,
        /// "Alerter par email", for a thread that begins.
        alert: bool,
    },
    /// "Alerter par email" of a thread. → [`Reply::Done`]
    AlertByMail {
        /// Which thread.
        thread: ThreadId,
        /// Whether the office is told by mail.
        alert: bool,
    },
    /// "Rappelez-moi" (row O-25). Asked again within five minutes, it asks once. → [`Reply::Done`]
    CallMe,
    /// Asks the office: an absence, a regularisation, contested hours (row O-29). → [`Reply::Done`]
    AskOffice {
        /// What.
        asked: Asked,
    },
    /// "Envoyer une notification de test" (row W-36). → [`Reply::Done`]
    TryNotices,
    /// Says that a way of a test has arrived. → [`Reply::Done`]
    ConfirmTest {
        /// Of which test.
        test: NoticeTestId,
        /// Which way.
        n: u16,
    },
    /// Keeps where this phone is reached by push, as its distributor told it. → [`Reply::Done`]
    SetPush {
        /// Where; `None` when it is not, any more.
        target: Option<PushTarget>,
        /// The language that the phone speaks: `fr` or `en`.
        language: String,
    },
    /// Takes a request back that the office has not decided. → [`Reply::Done`]
    WithdrawRequest {
        /// Which one.
        request: RequestId,
    },
    /// Fetches the hours of a month as the office holds them. Needs the network. → [`Reply::Done`]
    FetchHours {
        /// A day of the month.
        month: Day,
    },
    /// The alarm (row O-31). Never refused. → [`Reply::Done`]
    Alarm {
        /// How it was begun.
        press: Press,
    },
    /// Cancels a countdown; after zero, "je vais bien", which closes nothing. → [`Reply::Done`],
    /// or [`Refusal::WrongCredentials`] for another code. The code of duress looks like success.
    CancelAlarm {
        /// The code, when one was chosen.
        code: Option<String>,
    },
    /// The end of an alarm was seen. → [`Reply::Done`]
    AlarmSeen,
    /// "Tout va bien": the answer to a question of the session. → [`Reply::Done`]
    AlarmFine {
        /// The worker stays so many minutes longer.
        stay_min: Option<u32>,
    },
    /// Lone work outside the planning begins, under watch. → [`Reply::Done`], or
    /// [`Refusal::AlreadyWatched`].
    StartLoneWork {
        /// How long, in minutes: 5 to 720.
        minutes: u32,
        /// Asked "tout va bien ?" every so many minutes, 5 to 480; `None` asks at the end only.
        every_min: Option<u32>,
        /// Where, in words; may be empty.
        place: String,
    },
    /// It is over. → [`Reply::Done`]
    EndLoneWork,
    /// Chooses the codes of cancelling; none forgets both. → [`Reply::Done`]
    AlarmCodes {
        /// The code that cancels, four to eight digits, and another one that only looks like it.
        codes: Option<(String, String)>,
        /// The code chosen before, when there was one.
        before: Option<String>,
    },
    /// Asks the device for the rights that an alarm needs. → [`Reply::Done`]
    AlarmRights,
    /// From now on these notices and no others (row O-42). → [`Reply::Done`]
    PlanNotices {
        /// At most twenty.
        notices: Vec<NoticeIn>,
    },
    /// Shows a notice outside the screen, now and once. → [`Reply::Done`]
    ShowNotice {
        /// Its first line.
        title: String,
        /// The rest.
        words: String,
    },
    /// Chooses the PIN of the app, or another one (row O-03). → [`Reply::Done`], or
    /// [`Refusal::WeakPassword`] for one that anybody would try first.
    SetPin {
        /// The PIN, of digits.
        pin: String,
        /// The one before, when there is one.
        before: Option<String>,
    },
    /// Does without a PIN from now on. → [`Reply::Done`], or [`Refusal::NotAllowed`] where the agency
    /// asks for one.
    DropPin {
        /// The PIN.
        pin: String,
    },
    /// Unlocks the app with its PIN. → [`Reply::Done`], [`Refusal::WrongCredentials`], or
    /// [`Refusal::TooManyTries`] while a wait lasts: see [`LockView`].
    Unlock {
        /// The PIN.
        pin: String,
    },
    /// Unlocks the app by fingerprint or face. → [`Reply::Done`], or [`Refusal::WrongCredentials`].
    UnlockByPresence,
    /// Lets fingerprint or face unlock the app too. → [`Reply::Done`]
    AllowPresence {
        /// The PIN; `None` ends it.
        pin: Option<String>,
    },
    /// Locks the app now. → [`Reply::Done`]
    LockNow,
    /// The worker has touched the screen: the time before the app locks begins again. → [`Reply::Done`]
    Present,
    /// Sends and fetches now instead of waiting for the next time. → [`Reply::Done`]
    SyncNow,
    /// Signs out of this phone: sends what waits, then destroys what is held. → [`Reply::Done`],
    /// or [`Refusal::Offline`] when acts wait and `even_unsent` is false.
    SignOut {
        /// Give up what could not be sent. The screen has warned, with the number of acts.
        even_unsent: bool,
    },
}

/// What came of an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Reply {
    /// Done; look again.
    Done,
    /// A stamp is on the phone, safe against a power cut: the full-screen answer.
    Clocked {
        /// The stamp.
        event: ClockEventId,
        /// Which visit.
        visit: VisitId,
        /// Arrival or departure.
        kind: ClockKind,
        /// At whose home, in words; empty when the phone may not know.
        client_label: String,
        /// When, as far as the phone knows.
        measured: Measured,
        /// What it proves.
        assurance: Assurance,
        /// Whether it can still be undone, and for how many milliseconds.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        undo_ms: i64,
    },
}

/// Something that a screen wants to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// The phone itself: on every screen. → [`View::Phone`]
    Phone,
    /// The visits of a day; today when no day is given. → [`View::Day`]
    Day {
        /// Which day, in the organisation's zone.
        day: Option<Day>,
    },
    /// Seven days from one on; from the Monday of this week when no day is given. → [`View::Week`]
    Week {
        /// The first day, in the organisation's zone.
        day: Option<Day>,
    },
    /// The changes of the planning that are to be seen (row O-10). → [`View::Changes`]
    Changes,
    /// One visit. → [`View::Visit`]
    Visit {
        /// Which.
        id: VisitId,
    },
    /// The clients whose sheet this phone holds. → [`View::Clients`]
    Clients,
    /// Those whose words begin like what is typed, one slip of the finger allowed. → [`View::Found`]
    FindClients {
        /// As typed; nothing typed finds them all.
        text: String,
    },
    /// One client. → [`View::Client`]
    Client {
        /// Which.
        id: ClientId,
    },
    /// The threads with the office. → [`View::Threads`]
    Threads,
    /// One thread. → [`View::Thread`]
    Thread {
        /// Which.
        id: ThreadId,
    },
    /// Whom to call, at any time (rows O-24, O-25). → [`View::Contacts`]
    Contacts,
    /// The staff directory and the colleagues (rows O-26, O-27). → [`View::Directory`]
    Directory,
    /// The professional card with the code of this minute (row O-30). → [`View::Card`]
    Card,
    /// What was asked of the office (row O-29). → [`View::Requests`]
    Requests,
    /// The last tests of notices (row W-36). → [`View::NoticeTests`]
    NoticeTests,
    /// What this phone can, and what its fleet has set (rows O-02, O-04). → [`View::Device`]
    Device,
    /// My hours of a month, this one when no day is given: as the phone holds them. → [`View::Hours`]
    Hours {
        /// A day of the month.
        month: Option<Day>,
    },
    /// What waits, what was received, what is to be corrected. → [`View::Outbox`]
    Outbox,
    /// What the employer sees, and every position read (row B-05). → [`View::Privacy`]
    Privacy,
}

/// What a screen shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum View {
    /// See [`Ask::Phone`].
    Phone(Box<PhoneView>),
    /// See [`Ask::Day`].
    Day(DayView),
    /// See [`Ask::Week`].
    Week {
        /// In order.
        days: Vec<DayView>,
    },
    /// See [`Ask::Changes`].
    Changes {
        /// The soonest visit first.
        changes: Vec<PlanningChange>,
    },
    /// See [`Ask::Visit`].
    Visit(Box<VisitView>),
    /// See [`Ask::Clients`].
    Clients {
        /// By name.
        clients: Vec<Client>,
    },
    /// See [`Ask::FindClients`].
    Found {
        /// The nearest first, then by name; at most fifty.
        clients: Vec<Client>,
        /// How many there are besides.
        more: u32,
        /// How many sheets this phone holds.
        held: u32,
    },
    /// See [`Ask::Client`].
    Client(ClientView),
    /// See [`Ask::Threads`].
    Threads {
        /// The newest first.
        threads: Vec<ThreadLine>,
    },
    /// See [`Ask::Thread`].
    Thread(ThreadView),
    /// See [`Ask::Contacts`].
    Contacts(ContactsView),
    /// See [`Ask::Directory`].
    Directory {
        /// By name.
        people: Vec<DirectoryLine>,
    },
    /// See [`Ask::Card`].
    Card(Box<CardView>),
    /// See [`Ask::Requests`].
    Requests {
        /// The newest first.
        requests: Vec<RequestLine>,
    },
    /// See [`Ask::NoticeTests`].
    NoticeTests {
        /// The newest first.
        tests: Vec<NoticeTest>,
        /// Whether one that was asked for has not reached the office yet.
        waiting: bool,
    },
    /// See [`Ask::Device`].
    Device(DeviceView),
    /// See [`Ask::Hours`].
    Hours(HoursView),
    /// See [`Ask::Outbox`].
    Outbox {
        /// Newest first.
        acts: Vec<ActLine>,
    },
    /// See [`Ask::Privacy`].
    Privacy(PrivacyView),
}

/// A visit in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct VisitLine {
    /// The visit.
    pub visit: Visit,
    /// The client's sheet, when this phone holds it.
    pub client: Option<Client>,
    /// How far it has come: what is on the phone included.
    pub progress: Progress,
    /// What the big button would do; `None` when the visit is over or cancelled.
    pub button: Option<ClockKind>,
}

/// A stamp of a visit, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct StampLine {
    /// The stamp.
    pub clocked: Clocked,
    /// Where it is.
    pub state: ActState,
    /// Milliseconds left to undo it; 0 when over.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub undo_ms: i64,
}

/// A client's sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct ClientView {
    /// The client.
    pub client: Client,
    /// My visits there, in order of start.
    pub visits: Vec<VisitLine>,
}
