//! Amina's phone in a world that can be cut, lied to, restarted and filled up.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use releve_core::door::*;
use releve_core::ports::*;
use releve_core::{About, Core, Phone, Ports, Step};
use releve_shared::badge::{Method, Reading};
use releve_shared::clock::Stamp;
use releve_shared::id::{ClockEventId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::time::Moment;
use releve_shared::visit::*;

use crate::hands::TestHands;
use crate::server::{NOON, Server};

/// What the way to the server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Net {
    Up,
    Down,
    /// The request arrives, the answer does not.
    LosesAnswers,
    Portal,
    Bare(u16),
}

pub struct Inner {
    pub now: i64,
    pub boot: u32,
    pub booted_at: i64,
    pub wall_off: i64,
    pub net: Net,
    pub sent: Vec<String>,
    pub vault: BTreeMap<Secret, Vec<u8>>,
    pub vault_locked: bool,
    /// The device's key store answers nothing any more.
    pub vault_fails: bool,
    /// Whether the finger on the sensor is hers.
    pub her_finger: bool,
    pub drawn: u64,
    pub server: Server,
}

#[derive(Clone)]
pub struct Device(pub Arc<Mutex<Inner>>);

impl Clock for Device {
    fn now(&self) -> Stamp {
        let inner = self.0.lock().unwrap();
        Stamp {
            wall: Moment(inner.now + inner.wall_off),
            boot: format!("boot-{}", inner.boot),
            up_ms: inner.now - inner.booted_at,
        }
    }
}

impl Chance for Device {
    fn fill(&self, bytes: &mut [u8]) {
        let mut inner = self.0.lock().unwrap();
        for byte in bytes {
            inner.drawn =
                inner.drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            *byte = inner.drawn.to_be_bytes()[0];
        }
    }
}

impl Vault for Device {
    fn get(&self, secret: Secret) -> Result<Option<Vec<u8>>, VaultError> {
        let inner = self.0.lock().unwrap();
        if inner.vault_fails {
            return Err(VaultError::Failed("no key store".into()));
        }
        if inner.vault_locked && secret == Secret::CareKey {
            return Err(VaultError::Locked);
        }
        Ok(inner.vault.get(&secret).cloned())
    }

    fn put(&self, secret: Secret, value: &[u8]) -> Result<(), VaultError> {
        self.0.lock().unwrap().vault.insert(secret, value.to_vec());
        Ok(())
    }

    fn destroy(&self, secret: Secret) -> Result<(), VaultError> {
        self.0.lock().unwrap().vault.remove(&secret);
        Ok(())
    }
}

impl Presence for Device {
    fn biometry(&self) -> Biometry {
        Biometry::Ready
    }

    fn confirm(&self) -> bool {
        self.0.lock().unwrap().her_finger
    }
}

impl Link for Device {
    fn send(&self, request: &Request) -> Result<Response, NoAnswer> {
        let mut inner = self.0.lock().unwrap();
        let page = |status| {
            let body = b"<html>Bienvenue sur WiFi</html>".to_vec();
            Ok(Response { status, content_type: "text/html".into(), body })
        };
        inner.sent.push(request.url.clone());
        inner.now += 40;
        match inner.net {
            Net::Up | Net::LosesAnswers => {
                let now = Moment(inner.now);
                let answer = inner.server.take(request, now);
                inner.now += 40;
                if inner.net == Net::Up { Ok(answer) } else { Err(NoAnswer) }
            }
            Net::Down => Err(NoAnswer),
            Net::Portal => page(200),
            Net::Bare(status) => {
                Ok(Response { status, content_type: String::new(), body: Vec::new() })
            }
        }
    }
}

pub struct World {
    pub device: Device,
    pub hands: TestHands,
    folder: tempfile::TempDir,
    phone: Option<Phone>,
}

impl World {
    /// A phone out of its box, and a server with two clients.
    pub fn new() -> Self {
        let mut server = Server::new();
        server.client(1, "CANARY-Durand", &[0, 6]);
        server.client(2, "CANARY-Martin", &[2]);
        let inner = Inner {
            now: NOON,
            boot: 1,
            booted_at: NOON - 3_600_000,
            wall_off: 0,
            net: Net::Up,
            sent: Vec::new(),
            vault: BTreeMap::new(),
            vault_locked: false,
            vault_fails: false,
            her_finger: true,
            drawn: 42,
            server,
        };
        let device = Device(Arc::new(Mutex::new(inner)));
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self { device, hands: TestHands::new(), folder, phone: None };
        world.reopen();
        world
    }

    /// The same, enrolled as Amina's and in step with the server.
    pub fn enrolled() -> Self {
        let world = Self::new();
        let link = world.inner(|i| i.server.link());
        let enrolled = world.act(Act::Enrol { link, phone_name: "Pixel".into() });
        assert_eq!(enrolled, Ok(Reply::Done));
        assert_eq!(world.phone_view().state, PhoneState::Ready);
        world
    }

    pub fn inner<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        look(&mut self.device.0.lock().unwrap())
    }

    pub fn net(&self, net: Net) {
        self.inner(|i| i.net = net);
    }

    pub fn later(&self, ms: i64) {
        self.inner(|i| i.now += ms);
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// The app is killed and opened again.
    pub fn reopen(&mut self) {
        self.reopen_fused(None);
    }

    /// The same, with a fuse before each commit.
    pub fn reopen_fused(&mut self, fuse: Option<Fuse>) {
        self.phone = None;
        let ports = Ports {
            clock: Box::new(self.device.clone()),
            chance: Box::new(self.device.clone()),
            vault: Box::new(self.device.clone()),
        };
        let about = About { platform: "linux".into(), version: "0.1.0".into() };
        let core = Core::open_fused(self.store(), ports, about, fuse);
        let phone = Phone::new(core, Box::new(self.device.clone()));
        let phone = phone.with_presence(Box::new(self.device.clone()));
        self.phone = Some(phone.with_alarms(Box::new(self.device.clone()), self.hands.all()));
    }

    /// The phone is closed, its files can be touched.
    pub fn close(&mut self) {
        self.phone = None;
    }

    /// The phone is switched off and on again.
    pub fn reboot(&mut self) {
        self.phone = None;
        self.inner(|i| {
            i.boot += 1;
            i.booted_at = i.now;
        });
        self.later(5_000);
        self.reopen();
    }

    pub fn phone(&self) -> &Phone {
        self.phone.as_ref().unwrap()
    }

    pub fn act(&self, act: Act) -> Result<Reply, Refusal> {
        self.phone().act(act)
    }

    pub fn sync(&self) -> Step {
        self.later(600_000);
        self.phone().sync()
    }

    pub fn badge(&self, n: u128) -> Result<Reply, Refusal> {
        self.tap(n, None, false)
    }

    pub fn tap(&self, n: u128, visit: Option<VisitId>, unplanned: bool) -> Result<Reply, Refusal> {
        let text = self.inner(|i| i.server.tag_link(n));
        self.act(Act::Badge { reading: Reading { method: Method::Nfc, text }, visit, unplanned })
    }

    pub fn by_hand(
        &self,
        visit: VisitId,
        kind: ClockKind,
        reason: Option<ManualReason>,
        declared_at: Option<Moment>,
    ) -> Result<Reply, Refusal> {
        let (visit, client, note) = (Some(visit), None, String::new());
        self.act(Act::ClockByHand { visit, client, kind, reason, note, declared_at })
    }

    pub fn phone_view(&self) -> PhoneView {
        let View::Phone(view) = self.phone().ask(&Ask::Phone).unwrap() else {
            panic!("another view")
        };
        *view
    }

    pub fn visit(&self, id: VisitId) -> VisitView {
        let View::Visit(view) = self.phone().ask(&Ask::Visit { id }).unwrap() else {
            panic!("another view")
        };
        *view
    }

    pub fn day(&self) -> DayView {
        let View::Day(view) = self.phone().ask(&Ask::Day { day: None }).unwrap() else {
            panic!("another view")
        };
        view
    }

    pub fn outbox(&self) -> Vec<ActLine> {
        let View::Outbox { acts } = self.phone().ask(&Ask::Outbox).unwrap() else {
            panic!("another view")
        };
        acts
    }
}

/// The stamp of a full-screen answer.
pub fn clocked(reply: Result<Reply, Refusal>) -> (ClockEventId, VisitId, ClockKind) {
    match reply {
        Ok(Reply::Clocked { event, visit, kind, .. }) => (event, visit, kind),
        other => panic!("{other:?}"),
    }
}
