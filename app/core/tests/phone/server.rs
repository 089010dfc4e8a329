//! A small server that keeps the promises of sync.md, to hold the phone to its own.

use std::collections::{BTreeMap, BTreeSet};

use releve_core::ports::{Request, Response};
use releve_shared::alarm::{
    AlarmAnswer, AlarmReport, AlarmRequest, AlarmRules, AlarmStatus, PhoneAlarmSettings, SmsRoute,
};
use releve_shared::badge::{HomeTag, TagKey, TagKind, TagState, Token, assurance, parse_link};
use releve_shared::client::{Client, Section, SectionKind, Title};
use releve_shared::clock::{Anchor, locate};
use releve_shared::enrolment::{
    EnrolAnswer, EnrolRequest, EnrolmentLink, Lease, WipeOrder, WipeReceipt,
};
use releve_shared::establishment::Organisation;
use releve_shared::id::*;
use releve_shared::keys::{Digest, PublicKey, Purpose, Signature, Signer};
use releve_shared::lock::LockRules;
use releve_shared::person::{Membership, MembershipState, Person};
use releve_shared::proof::{self, ChainHead};
use releve_shared::refusal::Refusal;
use releve_shared::sync::*;
use releve_shared::time::{DAY_MS, HOUR_MS, Moment, Zone};
use releve_shared::visit::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub const NOON: i64 = 1_795_345_200_000;

pub fn id<T: From<uuid::Uuid>>(n: u128) -> T {
    T::from(uuid::Uuid::from_u128(n))
}

#[derive(Default)]
struct Feed {
    head: u64,
    rows: BTreeMap<(String, String), (u64, Option<String>)>,
}

struct Phone {
    key: PublicKey,
    tokens: Vec<Digest>,
}

pub struct Server {
    pub key: Signer,
    pub tag_key: Signer,
    pub epoch: String,
    pub page: usize,
    pub lease_ms: i64,
    pub blocked: Option<WipeMode>,
    pub min_version: String,
    pub granted: BTreeSet<Scope>,
    pub receipts: Vec<WipeReceipt>,
    pub stamps: Vec<String>,
    pub heads: Vec<ChainHead>,
    pub anchors: Vec<Anchor>,
    pub refuse: BTreeMap<CommandId, Refusal>,
    pub refuse_all: Option<Refusal>,
    pub runs: u64,
    pub signed_out: bool,
    /// Reports of the alarm's line, in the order they came.
    pub alarms: Vec<AlarmReport>,
    pub alarm_status: Option<AlarmStatus>,
    pub sms_route: Option<SmsRoute>,
    /// Paths of the requests that came, in order.
    pub asked: Vec<String>,
    feeds: BTreeMap<Scope, Feed>,
    applied: BTreeMap<Scope, u64>,
    phone: Option<Phone>,
    lanes: BTreeMap<Lane, u64>,
    commands: BTreeMap<CommandId, (Digest, Outcome)>,
}

pub use releve_shared::enrolment::WipeMode;

impl Server {
    pub fn new() -> Self {
        let mut server = Self {
            key: Signer::from_seed(&[1; 32]),
            tag_key: Signer::from_seed(&[2; 32]),
            epoch: "first".into(),
            page: 1_000,
            lease_ms: 7 * DAY_MS,
            blocked: None,
            min_version: "0.1.0".into(),
            granted: BTreeSet::new(),
            receipts: Vec::new(),
            stamps: Vec::new(),
            heads: Vec::new(),
            anchors: Vec::new(),
            refuse: BTreeMap::new(),
            refuse_all: None,
            runs: 0,
            signed_out: false,
            alarms: Vec::new(),
            alarm_status: None,
            sms_route: None,
            asked: Vec::new(),
            feeds: BTreeMap::new(),
            applied: BTreeMap::new(),
            phone: None,
            lanes: BTreeMap::new(),
            commands: BTreeMap::new(),
        };
        let organisation = server.organisation();
        let scope = Scope::organisation(organisation.id);
        server.put(&scope, RowKind::Organisation, organisation.id.to_string(), &organisation);
        let me = Person {
            id: id(7),
            first_name: "Amina".into(),
            last_name: "Benali".into(),
            phone: "+33600000000".into(),
        };
        server.put(&Scope::person(me.id), RowKind::Person, me.id.to_string(), &me);
        let member = Membership {
            id: id(8),
            person: me.id,
            organisation: organisation.id,
            role: "Auxiliaire de vie".into(),
            state: MembershipState::Active,
        };
        server.put(&planning(), RowKind::Membership, member.id.to_string(), &member);
        server
    }

    pub fn organisation(&self) -> Organisation {
        Organisation {
            id: id(1),
            name: "Aide & Vie du Tarn".into(),
            phone: "+33563000000".into(),
            zone: Zone::named("Europe/Paris").unwrap(),
            end_reminder_min: 5,
            same_callback_min: 5,
            lock: LockRules::default(),
            tag_keys: vec![TagKey { number: 1, public: self.tag_key.public() }],
        }
    }

    /// What the agency asks of the lock of its phones.
    pub fn lock_rules(&mut self, lock: LockRules) {
        let organisation = Organisation { lock, ..self.organisation() };
        let scope = Scope::organisation(organisation.id);
        self.put(&scope, RowKind::Organisation, organisation.id.to_string(), &organisation);
    }

    pub fn link(&self) -> String {
        EnrolmentLink {
            server: "https://r.test".into(),
            code: "C0DE".into(),
            key: self.key.public(),
        }
        .text()
    }

    /// A client with a tag and a visit each day at these hours after noon.
    pub fn client(&mut self, n: u128, last_name: &str, hours: &[i64]) -> ClientId {
        let client = Client {
            id: id(100 + n),
            title: Title::Mrs,
            first_name: "Jeanne".into(),
            last_name: last_name.into(),
            street: "3 rue des Lices".into(),
            address_more: String::new(),
            postal_code: "81000".into(),
            commune: "Albi".into(),
            phone: "+33563111111".into(),
            door_code: "CANARY-4821B".into(),
            sections: vec![Section {
                kind: SectionKind::Health,
                text: "CANARY-diabète".into(),
                title: String::new(),
            }],
            at: None,
        };
        let scope = Scope::client(client.id);
        self.put(&scope, RowKind::Client, client.id.to_string(), &client);
        self.tag(n, TagState::Active);
        for hour in hours {
            self.visit(n, *hour, VisitState::Planned);
        }
        client.id
    }

    pub fn visit(&mut self, n: u128, hour: i64, state: VisitState) -> VisitId {
        let visit = Visit {
            id: visit_id(n, hour),
            membership: id(8),
            client: id(100 + n),
            client_label: format!("Mme CANARY-{n}"),
            place: "Albi".into(),
            service: "Aide au lever".into(),
            starts_at: Moment(NOON + hour * HOUR_MS),
            ends_at: Moment(NOON + (hour + 1) * HOUR_MS),
            state,
            instructions: String::new(),
        };
        self.put(&planning(), RowKind::Visit, visit.id.to_string(), &visit);
        visit.id
    }

    pub fn tag(&mut self, n: u128, state: TagState) {
        let tag = HomeTag { id: id(200 + n), client: id(100 + n), kind: TagKind::Qr, state };
        self.put(&Scope::client(tag.client), RowKind::HomeTag, tag.id.to_string(), &tag);
    }

    pub fn tag_link(&self, n: u128) -> String {
        Token::issue(id(1), id(200 + n), 1, &self.tag_key).link("https://r.test")
    }

    pub fn put<T: Serialize>(&mut self, scope: &Scope, kind: RowKind, id: String, row: &T) {
        self.put_raw(scope, kind, id, Some(serde_json::to_string(row).unwrap()));
    }

    pub fn put_raw(&mut self, scope: &Scope, kind: RowKind, id: String, body: Option<String>) {
        self.granted.insert(scope.clone());
        let feed = self.feeds.entry(scope.clone()).or_default();
        feed.head += 1;
        feed.rows.insert((kind.code().to_owned(), id), (feed.head, body));
    }

    pub fn gone(&mut self, scope: &Scope, kind: RowKind, id: String) {
        self.put_raw(scope, kind, id, None);
    }

    /// As after a restore: it does not know any more what the phone shows.
    pub fn forget_shown(&mut self) {
        self.applied.clear();
    }

    /// Back to an earlier backup: everything after number `n` of each lane is forgotten.
    pub fn restored(&mut self, n: u64) {
        self.epoch = format!("{}+", self.epoch);
        self.lanes.values_mut().for_each(|last| *last = (*last).min(n));
        self.commands.retain(|_, (_, outcome)| outcome.n <= n);
        let kept: BTreeSet<String> = self.commands.keys().map(CommandId::to_string).collect();
        let id_of = |raw: &String| serde_json::from_str::<ClockEvent>(raw).unwrap().id.to_string();
        self.stamps.retain(|raw| kept.contains(&id_of(raw)));
        let last = u64::try_from(self.stamps.len()).unwrap();
        self.heads.retain(|head| head.seq <= last);
        let feed = self.feeds.get_mut(&planning()).unwrap();
        feed.rows.retain(|(kind, id), _| kind != "clock_event" || kept.contains(id));
    }

    /// Every stamp on the server, from a chain that verifies.
    pub fn proven(&self) -> Vec<ClockEvent> {
        if let Some(phone) = &self.phone {
            let raws = self.stamps.iter().map(String::as_str);
            proof::verify(id(9), &phone.key, raws, &self.heads).expect("the chain holds");
        }
        self.stamps.iter().map(|raw| serde_json::from_str(raw).unwrap()).collect()
    }

    pub fn take(&mut self, request: &Request, now: Moment) -> Response {
        let path = request.url.strip_prefix("https://r.test").expect("our server").to_owned();
        let header = |name: &str| {
            request.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
        };
        if path == "/api/phone/wiped" {
            let receipt: WipeReceipt = read(request);
            self.receipts.push(receipt.clone());
            return json(200, &receipt);
        }
        if path == "/api/phone/enrol" {
            return self.enrol(&read(request), now);
        }
        let Some(phone) = &mut self.phone else { return refused(401, Refusal::SignInNeeded) };
        let proof = Signature::parse(&header(PROOF_HEADER).expect("a proof")).unwrap();
        let message = request_message(request.method, &path, &request.body);
        assert!(phone.key.verifies(Purpose::Request, &message, &proof), "{path}: not signed");
        if path == "/api/phone/alarm" {
            // C9: the device's key is enough, whatever became of its tokens.
            assert_eq!(header("authorization"), None, "no token");
            return self.alarm(read(request), now);
        }
        let bearer = header("authorization").expect("a token");
        let token = Digest::of(&[bearer.strip_prefix("Bearer ").unwrap().as_bytes()]);
        match phone.tokens.iter().position(|held| *held == token) {
            None => return refused(401, Refusal::SignInNeeded),
            // The newer one is used: the older dies.
            Some(at) => drop(phone.tokens.drain(..at)),
        }
        if let Some(mode) = self.blocked.clone()
            && (path != "/api/phone/push" || mode == WipeMode::Now)
        {
            let wipe = Some(WipeOrder::sign(id(9), "nonce".into(), mode, &self.key));
            let refusal = Refusal::DeviceBlocked;
            return json(403, &SyncRefusal { refusal, retry_after_s: None, wipe });
        }
        self.asked.push(path.clone());
        match path.as_str() {
            "/api/phone/push" => self.push(&read(request), now),
            "/api/phone/pull" => self.pull(&read(request), now),
            "/api/phone/news" => self.news(&read(request), now),
            "/api/phone/token" => {
                let asked: TokenRequest = read(request);
                let phone = self.phone.as_mut().unwrap();
                if !phone.tokens.contains(&asked.next) {
                    phone.tokens.push(asked.next);
                }
                json(200, &asked)
            }
            other => panic!("{other} is no door of the server"),
        }
    }

    fn alarm(&mut self, asked: AlarmRequest, now: Moment) -> Response {
        assert_eq!(asked.device, id(9));
        let heard = asked.report.id;
        if self.alarms.iter().all(|known| known.id != heard) {
            self.alarms.push(asked.report);
        }
        json(
            200,
            &AlarmAnswer {
                heard,
                server_time: now,
                refused: None,
                marks: Vec::new(),
                status: self.alarm_status.clone(),
                sms: self.sms_route.clone(),
            },
        )
    }

    /// The agency's settings of alarms.
    pub fn alarm_settings(&mut self, rules: AlarmRules, call_number: &str, sms_number: &str) {
        let organisation = self.organisation().id;
        let settings = PhoneAlarmSettings {
            organisation,
            rules,
            call_number: call_number.into(),
            sms_number: sms_number.into(),
        };
        let scope = Scope::organisation(organisation);
        self.put(&scope, RowKind::AlarmSettings, organisation.to_string(), &settings);
    }

    pub fn forget_phone(&mut self) {
        self.phone.as_mut().unwrap().tokens.clear();
    }

    fn enrol(&mut self, asked: &EnrolRequest, now: Moment) -> Response {
        match &mut self.phone {
            Some(phone) if phone.key != asked.device_key => {
                return refused(403, Refusal::EnrolmentOver);
            }
            Some(phone) => phone.tokens = vec![asked.token],
            None => self.phone = Some(Phone { key: asked.device_key, tokens: vec![asked.token] }),
        }
        json(
            200,
            &EnrolAnswer {
                device: id(9),
                person: id(7),
                organisation: self.organisation(),
                epoch: self.epoch.clone(),
                server_time: now,
                lease: self.lease(now),
            },
        )
    }

    fn lease(&self, now: Moment) -> Lease {
        Lease::sign(id(9), now, now.plus(self.lease_ms), &self.key)
    }

    fn push(&mut self, push: &PushRequest, now: Moment) -> Response {
        if let Some(refusal) = &self.refuse_all {
            return refused(400, refusal.clone());
        }
        self.anchors.extend(push.anchors.iter().cloned());
        let mut outcomes = Vec::new();
        for envelope in &push.commands {
            let last = self.lanes.entry(envelope.lane.clone()).or_insert(0);
            let outcome = match self.commands.get(&envelope.id) {
                Some((digest, stored)) => {
                    assert_eq!(*digest, envelope.digest(), "same id, other bytes");
                    stored.clone()
                }
                None if envelope.n == *last + 1 => {
                    *last += 1;
                    self.run(envelope, now)
                }
                None => Outcome {
                    id: envelope.id,
                    lane: envelope.lane.clone(),
                    n: envelope.n,
                    verdict: Verdict::Expected { n: *last + 1 },
                    at: now,
                    seen: BTreeMap::new(),
                },
            };
            outcomes.push(outcome);
        }
        if let Some(head) = &push.head
            && head.seq <= u64::try_from(self.stamps.len()).unwrap()
        {
            self.heads.push(head.clone());
        }
        json(
            200,
            &PushAnswer {
                epoch: self.epoch.clone(),
                server_time: now,
                outcomes,
                last: self.lanes.clone(),
            },
        )
    }

    fn run(&mut self, envelope: &Envelope, now: Moment) -> Outcome {
        self.runs += 1;
        let verdict = match self.refuse.get(&envelope.id) {
            Some(code) => Verdict::Refused { code: code.clone() },
            None => {
                self.effect(envelope, now);
                Verdict::Done
            }
        };
        let seen = BTreeMap::from([(planning(), self.feeds[&planning()].head)]);
        let (id, lane, n) = (envelope.id, envelope.lane.clone(), envelope.n);
        let outcome = Outcome { id, lane, n, verdict, at: now, seen };
        self.commands.insert(id, (envelope.digest(), outcome.clone()));
        outcome
    }

    fn effect(&mut self, envelope: &Envelope, now: Moment) {
        match serde_json::from_str(&envelope.body).unwrap() {
            Command::Clock(clock) => {
                let event: ClockEvent = serde_json::from_str(&clock.event).unwrap();
                self.stamps.push(clock.event.clone());
                let known = self.feeds[&planning()]
                    .rows
                    .contains_key(&("visit".into(), event.visit.to_string()));
                let measured = locate(&self.anchors, &event.stamp, event.seq, Some(now));
                if !known && event.kind != ClockKind::Void {
                    let row = Visit {
                        id: event.visit,
                        membership: id(8),
                        client: event.client.or(clock.unplanned).unwrap_or_else(|| id(0)),
                        client_label: "Mme Imprévue".into(),
                        place: "Albi".into(),
                        service: String::new(),
                        starts_at: measured.at,
                        ends_at: measured.at,
                        state: VisitState::Unplanned,
                        instructions: String::new(),
                    };
                    self.put(&planning(), RowKind::Visit, row.id.to_string(), &row);
                }
                let link = event.raw_tag.as_deref().and_then(|raw| parse_link(raw).ok());
                let clocked = Clocked {
                    id: event.id,
                    visit: event.visit,
                    kind: event.kind.clone(),
                    method: event.method.clone(),
                    assurance: assurance(&event.method, link.as_ref()),
                    reason: event.reason.clone(),
                    voids: event.voids,
                    measured,
                    declared_at: event.declared_at,
                    anomalies: Vec::new(),
                };
                let row = ClockedRow { device: id(9), seq: event.seq, received_at: now, clocked };
                self.put(&planning(), RowKind::ClockEvent, event.id.to_string(), &row);
            }
            Command::Notes(notes) => {
                let row = NotesRow { visit: notes.visit, notes: notes.notes, received_at: now };
                self.put(&planning(), RowKind::Notes, notes.visit.to_string(), &row);
            }
            Command::SignedOut => self.signed_out = true,
            Command::SawChange(_)
            | Command::Tasks(_)
            | Command::Travel(_)
            | Command::AddReceipt(_)
            | Command::DropReceipt(_)
            | Command::ReadMessage(_)
            | Command::WriteMessage(_)
            | Command::AlertByMail(_)
            | Command::CallMe(_)
            | Command::AskOffice(_)
            | Command::WithdrawRequest(_)
            | Command::TryNotices(_)
            | Command::ConfirmTest(_)
            | Command::SetPush(_)
            | Command::Unknown => {}
        }
    }

    fn pull(&mut self, pull: &PullRequest, now: Moment) -> Response {
        self.anchors.extend(pull.anchors.iter().cloned());
        if pull.epoch == self.epoch {
            self.applied.extend(pull.applied.clone());
        }
        let (mut resets, mut rows, mut cursors) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut complete = true;
        for scope in &self.granted {
            let feed = &self.feeds[scope];
            let mut cursor = pull.cursors.get(scope).copied().unwrap_or(0);
            if pull.epoch != self.epoch || cursor > feed.head {
                if cursor > 0 {
                    resets.push(scope.clone());
                }
                cursor = 0;
            }
            let mut new: Vec<_> = feed.rows.iter().filter(|(_, (seq, _))| *seq > cursor).collect();
            new.sort_by_key(|(_, (seq, _))| *seq);
            let room = self.page.saturating_sub(rows.len());
            let all = new.len() <= room;
            complete &= all;
            for ((kind, id), (seq, body)) in new.into_iter().take(room) {
                if body.is_none() && cursor == 0 {
                    continue;
                }
                let kind = RowKind::from_code(kind);
                rows.push(Row {
                    scope: scope.clone(),
                    seq: *seq,
                    kind,
                    id: id.clone(),
                    body: body.clone(),
                });
            }
            let reached = rows.iter().filter(|row| row.scope == *scope).map(|row| row.seq).max();
            cursors.insert(scope.clone(), if all { feed.head } else { reached.unwrap_or(cursor) });
        }
        json(
            200,
            &PullAnswer {
                epoch: self.epoch.clone(),
                server_time: now,
                scopes: self.granted.iter().cloned().collect(),
                resets,
                rows,
                cursors,
                complete,
                lease: self.lease(now),
                min_version: self.min_version.clone(),
                standing: complete.then(|| standing(&self.epoch, &self.shown())),
            },
        )
    }

    /// What the phone has said that it shows, of what is granted.
    fn shown(&self) -> BTreeMap<Scope, u64> {
        let known = self.applied.iter().filter(|(scope, _)| self.granted.contains(*scope));
        known.map(|(scope, seq)| (scope.clone(), *seq)).collect()
    }

    fn news(&mut self, asked: &NewsRequest, now: Moment) -> Response {
        let shown = self.shown();
        if asked.standing != standing(&self.epoch, &shown) {
            return refused(400, Refusal::Invalid);
        }
        let whole = PullRequest {
            protocol: asked.protocol,
            device: id(9),
            epoch: self.epoch.clone(),
            cursors: shown.clone(),
            applied: shown.clone(),
            anchors: asked.anchors.clone(),
            waiting: asked.waiting,
        };
        let page = self.pull(&whole, now);
        let page: PullAnswer = serde_json::from_slice(&page.body).expect("a page");
        if page.rows.is_empty() && page.resets.is_empty() && page.cursors == shown {
            let PullAnswer { server_time, lease, min_version, .. } = page;
            return json(200, &NewsAnswer::Same { server_time, lease, min_version });
        }
        json(200, &NewsAnswer::Page(Box::new(page)))
    }
}

pub fn planning() -> Scope {
    Scope::membership(id(8))
}

pub fn visit_id(n: u128, hour: i64) -> VisitId {
    id(1_000 * n + u128::try_from(500 + hour).unwrap())
}

fn read<T: DeserializeOwned>(request: &Request) -> T {
    serde_json::from_slice(&request.body).expect("a request of the protocol")
}

fn json<T: Serialize>(status: u16, body: &T) -> Response {
    let content_type = "application/json".to_owned();
    Response { status, content_type, body: serde_json::to_vec(body).unwrap() }
}

fn refused(status: u16, refusal: Refusal) -> Response {
    json(status, &SyncRefusal { refusal, retry_after_s: None, wipe: None })
}
