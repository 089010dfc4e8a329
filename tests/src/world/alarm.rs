//! The alarm lane of a phone, said by hand: what any phone of the protocol may send.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use releve_core::ports::{Request, Secret};
use releve_shared::alarm::{AlarmAnswer, AlarmReport, AlarmRequest, Kind, Position, Report};
use releve_shared::clock::Stamp;
use releve_shared::id::{AlarmId, CommandId, DeviceId, MembershipId, NotAnId};
use releve_shared::keys::{Purpose, Signer};
use releve_shared::sync::{PROTOCOL, request_message};
use releve_shared::time::Moment;

use super::link::{agent, send};
use super::{Worker, World};

/// Where the phone is.
pub const HERE: Position =
    Position { lat_udeg: 43_929_100, lon_udeg: 2_148_200, accuracy_m: Some(12), age_ms: 40_000 };

/// A phone's alarm lane: its key, and no token.
pub struct AlarmLane {
    /// Which phone.
    pub device: DeviceId,
    /// Its key.
    pub key: Signer,
    /// In whose name.
    pub membership: Option<MembershipId>,
    /// The protocol that it speaks.
    pub protocol: u32,
    url: String,
    now: Arc<dyn Fn() -> Moment + Send + Sync>,
    number: AtomicU64,
}

impl AlarmLane {
    /// The lane of a worker's phone.
    #[must_use]
    pub fn of(w: &World, worker: &Worker) -> Self {
        let seed = worker.phone.vault.stolen(Secret::DeviceSeed).expect("a seed");
        let key = Signer::from_seed(&seed.try_into().expect("32 bytes"));
        let phones = w.desk.phones();
        let hers =
            phones.iter().filter(|row| row["person_id"] == worker.caregiver.person.to_string());
        let device = super::desk::of(hers.last().expect("her phone"), "id");
        let time = w.time.clone();
        let now = Arc::new(move || time.now());
        Self { membership: Some(worker.caregiver.id), ..Self::at(w.url(), device, key, now) }
    }

    /// The lane of a phone at a server, with a clock.
    #[must_use]
    pub fn at(
        url: String,
        device: DeviceId,
        key: Signer,
        now: Arc<dyn Fn() -> Moment + Send + Sync>,
    ) -> Self {
        let number = AtomicU64::new(0);
        Self { device, key, membership: None, protocol: PROTOCOL, url, now, number }
    }

    /// The phone's clocks now, or as long ago.
    #[must_use]
    pub fn stamp(&self, ago_ms: i64) -> Stamp {
        let now = (self.now)().plus(-ago_ms);
        Stamp { wall: now, boot: "alarm".to_owned(), up_ms: now.0 - 1_700_000_000_000 }
    }

    /// Makes an id of now.
    pub fn draw<T: FromStr<Err = NotAnId>>(&self) -> T {
        let n = self.number.fetch_add(1, Ordering::SeqCst);
        let mut chance = [0; 10];
        chance[..8].copy_from_slice(&(n + 1).to_be_bytes());
        chance[8..].copy_from_slice(&self.device.uuid().as_bytes()[14..]);
        AlarmId::new((self.now)(), chance).to_string().parse().expect("an id")
    }

    /// The request of a report that was made so long ago.
    #[must_use]
    pub fn request(&self, what: Report, ago_ms: i64) -> AlarmRequest {
        let id: CommandId = self.draw();
        AlarmRequest {
            protocol: self.protocol,
            device: self.device,
            sent: self.stamp(0),
            anchors: Vec::new(),
            report: AlarmReport {
                id,
                n: self.number.load(Ordering::SeqCst),
                membership: self.membership,
                stamp: self.stamp(ago_ms),
                capability: None,
                what,
            },
        }
    }

    /// Sends a request; gives the status and the body.
    #[must_use]
    pub fn sends(&self, request: &AlarmRequest) -> (u16, String) {
        let body = serde_json::to_vec(request).expect("JSON");
        let path = "/api/phone/alarm";
        let proof = self.key.sign(Purpose::Request, &request_message("POST", path, &body));
        let request = Request {
            method: "POST",
            url: format!("{}{path}", self.url),
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("releve-proof".to_owned(), proof.to_string()),
            ],
            body,
        };
        let came = send(&agent(), &request).expect("the server answers");
        (came.status, String::from_utf8_lossy(&came.body).into_owned())
    }

    /// Says something that has just happened.
    pub fn says(&self, what: Report) -> AlarmAnswer {
        self.said(what, 0)
    }

    /// Says something that has happened so long ago.
    pub fn said(&self, what: Report, ago_ms: i64) -> AlarmAnswer {
        let (status, text) = self.sends(&self.request(what, ago_ms));
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).expect("an answer")
    }

    /// A countdown begins.
    pub fn arms(&self, alarm: AlarmId) -> AlarmAnswer {
        let (kind, visit, position) = (Kind::Panic, None, Some(HERE));
        self.says(Report::Armed { alarm, kind, pre_alarm_ms: 10_000, visit, position })
    }

    /// An alarm is raised.
    pub fn raises(&self, alarm: AlarmId, kind: Kind) -> AlarmAnswer {
        self.says(Report::Raised { alarm, kind, visit: None, position: Some(HERE) })
    }
}
