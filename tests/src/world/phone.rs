//! A worker's phone: the real core, with the world's clocks, key store and line.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use releve_core::door::{
    Act, ActLine, ActState, Ask, ClientView, DayView, PhoneView, PrivacyView, Reply, View,
    VisitView,
};
use releve_core::{About, Core, Ports, Step};
use releve_shared::badge::Reading;
use releve_shared::client::Client;
use releve_shared::id::{ClientId, ClockEventId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::time::Day;
use releve_shared::visit::{ClockKind, ManualReason, VisitNotes};

use releve_core::ports::{Link, Request, Secret};

use super::link::{Line, Weather};
use super::time::{Hands, Seeded, Time};
use super::vault::MemoryVault;
use crate::bridge::Pretend;

/// A phone that can be cut off, lied to, crashed and started again.
pub struct Phone {
    /// Its clocks.
    pub clocks: Hands,
    /// Its way to the server.
    pub line: Line,
    /// Its key store.
    pub vault: MemoryVault,
    /// What it called and sent in an alarm.
    pub hands: Pretend,
    folder: PathBuf,
    chance: Seeded,
    wire: Wire,
    phone: Mutex<Option<releve_core::Phone>>,
}

/// Makes the link of an app that is opened.
pub type Wire = Box<dyn Fn() -> Box<dyn Link> + Send + Sync>;

impl Phone {
    /// A new phone, nobody's yet.
    #[must_use]
    pub fn new(time: &Time, folder: PathBuf, name: &str, seed: u64) -> Self {
        let line = Line::new(time);
        let held = line.clone();
        let wire: Wire = Box::new(move || Box::new(held.clone()));
        let made = Self { line, ..Self::over(time, folder, name, seed, wire) };
        // The alarm's own line meets the same weather.
        made.restart();
        made
    }

    /// A new phone with another way to the server.
    #[must_use]
    pub fn over(time: &Time, folder: PathBuf, name: &str, seed: u64, wire: Wire) -> Self {
        let made = Self {
            clocks: Hands::of(time, name),
            line: Line::new(time),
            vault: MemoryVault::default(),
            hands: Pretend::default(),
            folder,
            chance: Seeded::of(seed),
            wire,
            phone: Mutex::new(None),
        };
        made.restart();
        made
    }

    /// Where its files are.
    #[must_use]
    pub fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// The app is killed and opened again.
    pub fn restart(&self) {
        let mut held = self.held();
        *held = None;
        let ports = Ports {
            clock: Box::new(self.clocks.clone()),
            chance: Box::new(self.chance.clone()),
            vault: Box::new(self.vault.clone()),
        };
        let about = About { platform: "linux".to_owned(), version: "0.1.0".to_owned() };
        let core = Core::open(self.folder.clone(), ports, about);
        let phone = releve_core::Phone::new(core, (self.wire)());
        let phone = phone
            .with_alarms(Box::new(self.line.clone()), self.hands.all())
            .with_device(Box::new(self.hands.clone()))
            .with_pushes(Box::new(self.hands.clone()));
        *held = Some(phone);
    }

    /// The app is closed; its files stay.
    pub fn close(&self) {
        *self.held() = None;
    }

    /// The whole phone is started again.
    pub fn reboot(&self) {
        self.close();
        self.clocks.reboot();
        self.restart();
    }

    /// Without network for the time of `acts`.
    pub fn offline<T>(&self, acts: impl FnOnce(&Self) -> T) -> T {
        self.line.weather(Weather::Cut);
        let done = acts(self);
        self.line.weather(Weather::Clear);
        done
    }

    /// One of its databases, opened with the key of its vault.
    #[must_use]
    pub fn opened(&self, file: &str, key: Secret) -> rusqlite::Connection {
        let db = rusqlite::Connection::open(self.folder.join(file)).expect("a file");
        let key = self.vault.stolen(key).expect("a key");
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        db.pragma_update(None, "key", format!("x'{hex}'")).expect("a key");
        db
    }

    /// Does something at the door.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn act(&self, act: Act) -> Result<Reply, Refusal> {
        self.held().as_ref().expect("the app is open").act(act)
    }

    /// Looks at something.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn ask(&self, ask: &Ask) -> Result<View, Refusal> {
        self.held().as_ref().expect("the app is open").ask(ask)
    }

    /// Enrols with the text of the desk's QR.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn enrols(&self, link: &str) -> Result<Reply, Refusal> {
        self.act(Act::Enrol { link: link.to_owned(), phone_name: "Téléphone de test".to_owned() })
    }

    /// Sends and fetches now.
    ///
    /// # Errors
    /// What was wrong with the exchange.
    pub fn sync(&self) -> Result<(), Refusal> {
        self.act(Act::SyncNow).map(|_| ())
    }

    /// What its own thread would do now; gives how long it would sleep.
    pub fn lives(&self) -> Step {
        self.held().as_ref().expect("the app is open").sync()
    }

    /// The request that listens to the server's pokes.
    #[must_use]
    pub fn poke_request(&self) -> Request {
        let held = self.held();
        let asked = held.as_ref().expect("the app is open").core().poke_request();
        asked.expect("an enrolled phone")
    }

    /// What the threads of its alarm would do now.
    pub fn beats(&self) {
        let held = self.held();
        let phone = held.as_ref().expect("the app is open");
        for hand in phone.alarm_turn().hands {
            phone.hand(&hand);
        }
        phone.alarm_line();
    }

    /// A reading, for a visit or for none.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn badges(
        &self,
        reading: Reading,
        visit: Option<VisitId>,
        unplanned: bool,
    ) -> Result<Stamped, Refusal> {
        self.act(Act::Badge { reading, visit, unplanned }).map(Stamped::of)
    }

    /// By hand, now.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn by_hand(
        &self,
        visit: VisitId,
        kind: ClockKind,
        reason: Option<ManualReason>,
    ) -> Result<Stamped, Refusal> {
        let note = String::new();
        let (visit, client, declared_at) = (Some(visit), None, None);
        self.act(Act::ClockByHand { visit, client, kind, reason, note, declared_at })
            .map(Stamped::of)
    }

    /// Undoes a stamp.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn undoes(&self, event: ClockEventId) -> Result<(), Refusal> {
        self.act(Act::Undo { event }).map(|_| ())
    }

    /// Writes the notes of a visit.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn notes(
        &self,
        visit: VisitId,
        km_hm: u32,
        cents: u32,
        words: &str,
    ) -> Result<(), Refusal> {
        let notes = VisitNotes {
            distance_hm: Some(km_hm),
            expenses_cents: Some(cents),
            comment: words.to_owned(),
            ..VisitNotes::default()
        };
        self.act(Act::WriteNotes { visit, notes }).map(|_| ())
    }

    /// The phone itself.
    #[must_use]
    pub fn state(&self) -> PhoneView {
        match self.ask(&Ask::Phone) {
            Ok(View::Phone(view)) => *view,
            other => panic!("{other:?}"),
        }
    }

    /// A day of planning.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn day(&self, day: Option<Day>) -> Result<DayView, Refusal> {
        let View::Day(view) = self.ask(&Ask::Day { day })? else { panic!("another view") };
        Ok(view)
    }

    /// A visit's sheet.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn visit(&self, id: VisitId) -> Result<VisitView, Refusal> {
        let View::Visit(view) = self.ask(&Ask::Visit { id })? else { panic!("another view") };
        Ok(*view)
    }

    /// The clients whose sheet it holds.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn clients(&self) -> Result<Vec<Client>, Refusal> {
        let View::Clients { clients } = self.ask(&Ask::Clients)? else { panic!("another view") };
        Ok(clients)
    }

    /// A client's sheet.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn client(&self, id: ClientId) -> Result<ClientView, Refusal> {
        let View::Client(view) = self.ask(&Ask::Client { id })? else { panic!("another view") };
        Ok(view)
    }

    /// The outbox screen.
    #[must_use]
    pub fn outbox(&self) -> Vec<ActLine> {
        match self.ask(&Ask::Outbox) {
            Ok(View::Outbox { acts }) => acts,
            other => panic!("{other:?}"),
        }
    }

    /// How many acts of the outbox screen are in each state: on the phone, received, refused.
    #[must_use]
    pub fn tally(&self) -> (usize, usize, usize) {
        let acts = self.outbox();
        let count =
            |wanted: fn(&ActState) -> bool| acts.iter().filter(|a| wanted(&a.state)).count();
        (
            count(|s| matches!(s, ActState::OnPhone)),
            count(|s| matches!(s, ActState::Received { .. })),
            count(|s| matches!(s, ActState::Refused { .. })),
        )
    }

    /// The privacy screen.
    ///
    /// # Errors
    /// The core's refusal.
    pub fn privacy(&self) -> Result<PrivacyView, Refusal> {
        let View::Privacy(view) = self.ask(&Ask::Privacy)? else { panic!("another view") };
        Ok(view)
    }

    /// Whether a visit is in the planning of its day.
    #[must_use]
    pub fn sees(&self, visit: VisitId) -> bool {
        self.visit(visit).is_ok()
    }

    fn held(&self) -> MutexGuard<'_, Option<releve_core::Phone>> {
        self.phone.lock().expect("the app")
    }
}

/// The full-screen answer to a stamp.
#[derive(Clone, Debug)]
pub struct Stamped {
    /// The stamp.
    pub event: ClockEventId,
    /// Its visit.
    pub visit: VisitId,
    /// Arrival or departure.
    pub kind: ClockKind,
    /// The whole answer.
    pub reply: Reply,
}

impl Stamped {
    fn of(reply: Reply) -> Self {
        let Reply::Clocked { event, visit, kind, .. } = &reply else { panic!("{reply:?}") };
        Self { event: *event, visit: *visit, kind: kind.clone(), reply }
    }
}
