//! Push and pull as a phone meets them.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use releve_shared::badge::Method;
use releve_shared::clock::{Anchor, Stamp};
use releve_shared::id::{ClientId, CommandId, DeviceId, MembershipId, OrganisationId, VisitId};
use releve_shared::keys::{Digest, Purpose};
use releve_shared::proof::{ChainHead, GENESIS, link};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{
    Clock, Command, Envelope, Lane, NewsAnswer, NewsRequest, Outcome, PROOF_HEADER, PullAnswer,
    PullRequest, PushAnswer, PushRequest, RowKind, Verdict, request_message, standing,
};
use releve_shared::time::{DAY_MS, HOUR_MS};
use releve_shared::visit::{ClockEvent, ClockKind, ManualReason};
use serde_json::{Value, json};

use crate::testing::{TestPhone, World};

/// Amina of Albi, her phone, and one planned visit.
struct Scene {
    world: World,
    cookie: String,
    albi: OrganisationId,
    membership: MembershipId,
    client: ClientId,
    visit: VisitId,
    phone: TestPhone,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let albi = world.organisation("albi").await;
    let (_, membership) = world.caregiver(albi).await;
    let cookie = world.sign_in("albi").await;
    let client = json!({ "title": "mrs", "first_name": "Jeanne", "last_name": "Roux",
        "street": "3 rue du Port", "postal_code": "81000", "commune": "Albi", "door_code": "B12" });
    let client = world.call("POST", "/api/desk/clients", Some(client), Some(&cookie)).await;
    let client: ClientId = client.body["id"].as_str().unwrap().parse().unwrap();
    let from = world.app.now().0 + HOUR_MS;
    let visit = json!({ "membership": membership, "client": client, "service": "Aide",
        "starts_at": from, "ends_at": from + HOUR_MS });
    let visit = world.call("POST", "/api/desk/visits", Some(visit), Some(&cookie)).await;
    let visit: VisitId = visit.body["visit"]["id"].as_str().unwrap().parse().unwrap();
    let phone = world.enrol(&cookie, membership).await;
    Scene { world, cookie, albi, membership, client, visit, phone }
}

impl Scene {
    /// The next stamp of the phone's chain, in its envelope.
    fn stamp(&self, n: u64, prev: Digest, kind: ClockKind) -> (Envelope, Digest) {
        let now = self.world.app.now();
        let id: CommandId = self.world.app.id();
        let event = ClockEvent {
            id: id.uuid().into(),
            seq: n,
            prev,
            kind,
            membership: self.membership,
            visit: self.visit,
            client: Some(self.client),
            method: Method::Manual,
            tag: None,
            raw_tag: None,
            reason: Some(ManualReason::TagMissing),
            declared_at: None,
            voids: None,
            note: None,
            stamp: Stamp { wall: now, boot: "b".to_owned(), up_ms: 5_000 },
        };
        let event = serde_json::to_string(&event).unwrap();
        let hash = link(prev, &event);
        let command = Command::Clock(Clock { event, note: None, unplanned: None });
        (envelope(id, Lane::Badge, n, &command), hash)
    }

    async fn push(&self, commands: Vec<Envelope>, head: Option<ChainHead>) -> PushAnswer {
        let now = self.world.app.now();
        let anchor = Anchor { boot: "b".into(), up_ms: 4_000, server: now, error_ms: 50, seq: 0 };
        let asked = PushRequest {
            protocol: 1,
            device: self.phone.answer.device,
            epoch: "epoch-1".to_owned(),
            commands,
            anchors: vec![anchor],
            head,
        };
        let asked = serde_json::to_value(asked).unwrap();
        self.world.phone(&self.phone, "/api/phone/push", &asked).await.read()
    }

    async fn pull(&self, held: Option<&PullAnswer>) -> PullAnswer {
        let cursors = held.map_or_else(BTreeMap::new, |held| held.cursors.clone());
        let epoch = held.map_or("epoch-1", |held| &held.epoch);
        self.pull_from(epoch, cursors).await
    }

    async fn pull_from(
        &self,
        epoch: &str,
        cursors: BTreeMap<releve_shared::sync::Scope, u64>,
    ) -> PullAnswer {
        let asked = PullRequest {
            protocol: 1,
            device: self.phone.answer.device,
            epoch: epoch.to_owned(),
            cursors: cursors.clone(),
            applied: cursors,
            anchors: Vec::new(),
            waiting: 2,
        };
        let asked = serde_json::to_value(asked).unwrap();
        self.world.phone(&self.phone, "/api/phone/pull", &asked).await.read()
    }
}

fn envelope(id: CommandId, lane: Lane, n: u64, command: &Command) -> Envelope {
    Envelope { id, lane, n, body: serde_json::to_string(command).unwrap() }
}

fn genesis() -> Digest {
    Digest::from_bytes(GENESIS)
}

fn kinds(answer: &PullAnswer) -> Vec<String> {
    let mut kinds: Vec<String> = answer.rows.iter().map(|row| row.kind.to_string()).collect();
    kinds.sort();
    kinds
}

/// O-05, O-06, O-08, O-14: planning goes down, a stamp comes up, its outcome names what to wait for.
#[tokio::test]
async fn a_phone_takes_its_planning_and_sends_a_stamp() {
    let scene = scene().await;
    let first = scene.pull(None).await;
    assert!(first.complete);
    let planning = [
        "client",
        "emergency_numbers",
        "membership",
        "organisation",
        "person",
        "retention",
        "visit",
    ];
    assert_eq!(kinds(&first), planning);
    assert!(
        first.lease.verifies(scene.phone.answer.device, &scene.world.app.keys.server().public())
    );
    let again = scene.pull(Some(&first)).await;
    assert_eq!((again.rows.len(), again.complete), (0, true));

    let (start, hash) = scene.stamp(1, genesis(), ClockKind::Start);
    let device = scene.phone.answer.device;
    let head = ChainHead::sign(device, 1, hash, &scene.phone.key);
    let answer = scene.push(vec![start.clone()], Some(head)).await;
    let outcome = &answer.outcomes[0];
    assert_eq!(outcome.verdict, Verdict::Done);
    assert_eq!(answer.last, BTreeMap::from([(Lane::Badge, 1)]));
    let (scope, seq) = outcome.seen.first_key_value().unwrap();
    assert_eq!(scope.as_str(), format!("membership/{}", scene.membership));
    let after = scene.pull(Some(&again)).await;
    assert_eq!(kinds(&after), ["clock_event"]);
    assert!(after.cursors[scope] >= *seq, "C5");

    let month =
        scene.world.call("GET", "/api/desk/proof?month=2027-01", None, Some(&scene.cookie)).await;
    let export: releve_shared::proof::Export = serde_json::from_value(month.body).unwrap();
    assert_eq!(export.check(), Ok((1, 0)), "B-01");
    let list = scene.world.call("GET", "/api/desk/phones", None, Some(&scene.cookie)).await;
    assert_eq!(list.body[0]["waiting"], 2);
}

/// F7: asked in short, nothing new is a few bytes, what is new comes as in a pull, and what the server
/// does not know a phone to show is to be asked at length.
#[tokio::test]
async fn news_are_asked_for_in_short() {
    let scene = scene().await;
    let asks = async |standing: Option<Digest>| {
        let standing = standing.unwrap();
        let asked = NewsRequest { protocol: 1, standing, anchors: Vec::new(), waiting: 2 };
        let asked = serde_json::to_value(asked).unwrap();
        scene.world.phone(&scene.phone, "/api/phone/news", &asked).await
    };
    let first = scene.pull(None).await;
    let held = standing(&first.epoch, &first.cursors);
    assert_ne!(first.standing, Some(held), "the server was not told yet that it is shown");
    assert_eq!(asks(Some(held)).await.refusal(), "invalid");
    let told = scene.pull(Some(&first)).await;
    assert_eq!(told.standing, Some(held));

    let came = asks(told.standing).await;
    let answer: NewsAnswer = serde_json::from_value(came.body.clone()).unwrap();
    assert!(matches!(answer, NewsAnswer::Same { .. }), "{answer:?}");
    assert!(came.body.to_string().len() < 300, "{}", came.body);

    let (start, _) = scene.stamp(1, genesis(), ClockKind::Start);
    scene.push(vec![start], None).await;
    let came: NewsAnswer = asks(told.standing).await.read();
    let NewsAnswer::Page(page) = came else { panic!("something is new") };
    assert_eq!(kinds(&page), ["clock_event"]);
    assert_eq!(page.standing, Some(held), "what is shown was not told yet");
    let after = scene.pull(Some(&page)).await;
    assert_eq!(after.standing, Some(standing(&page.epoch, &page.cursors)));
    assert_eq!(asks(told.standing).await.refusal(), "invalid", "that was before");

    // What is not granted any more is another set of scopes.
    let path = format!("/api/desk/caregivers/{}/transmit", scene.membership);
    let off = Some(json!({ "transmit": false }));
    let came = scene.world.call("PUT", &path, off, Some(&scene.cookie)).await;
    assert!(came.status.is_success(), "{}", came.body);
    assert_eq!(asks(after.standing).await.refusal(), "invalid");
}

/// C1, C2: a repeated command is answered word for word; other bytes under its id are refused.
#[tokio::test]
async fn a_command_is_run_once() {
    let scene = scene().await;
    let (start, hash) = scene.stamp(1, genesis(), ClockKind::Start);
    let first = scene.push(vec![start.clone()], None).await;
    scene.world.pass(HOUR_MS);
    for _ in 0..3 {
        let again = scene.push(vec![start.clone(), start.clone()], None).await;
        assert_eq!(again.outcomes, [first.outcomes[0].clone(), first.outcomes[0].clone()]);
    }
    let (other, _) = scene.stamp(1, genesis(), ClockKind::End);
    let forged = Envelope { body: other.body.clone(), ..start.clone() };
    let changed =
        |outcome: &Outcome| outcome.verdict == Verdict::Refused { code: Refusal::CommandChanged };
    assert!(changed(&scene.push(vec![forged], None).await.outcomes[0]), "same id, other bytes");
    assert!(changed(&scene.push(vec![other], None).await.outcomes[0]), "same number, other id");
    let (end, _) = scene.stamp(2, hash, ClockKind::End);
    assert_eq!(scene.push(vec![end], None).await.outcomes[0].verdict, Verdict::Done);
    let log = scene.world.sign_in("albi-admin").await;
    let log = scene.world.call("GET", "/api/desk/audit", None, Some(&log)).await;
    assert!(log.body.to_string().contains("command.alert_changed"));
}

/// C3, C4: a gap stops its lane and no other; a refusal uses its number up.
#[tokio::test]
async fn a_gap_stops_its_lane_only() {
    let scene = scene().await;
    let (_, hash) = scene.stamp(1, genesis(), ClockKind::Start);
    let (second, _) = scene.stamp(2, hash, ClockKind::End);
    let unknown = Envelope {
        id: scene.world.app.id(),
        lane: Lane::Rest,
        n: 1,
        body: r#"{"do":"teleport"}"#.to_owned(),
    };
    let broken =
        Envelope { id: scene.world.app.id(), n: 2, body: "{".to_owned(), ..unknown.clone() };
    let answer = scene.push(vec![second, unknown.clone(), broken], None).await;
    let verdicts: Vec<&Verdict> = answer.outcomes.iter().map(|outcome| &outcome.verdict).collect();
    let refused = |code| Verdict::Refused { code };
    assert_eq!(*verdicts[0], Verdict::Expected { n: 1 });
    assert_eq!(*verdicts[1], refused(Refusal::CommandUnknown));
    assert_eq!(*verdicts[2], refused(Refusal::Invalid));
    assert_eq!(answer.last, BTreeMap::from([(Lane::Badge, 0), (Lane::Rest, 2)]));
    let again = scene.push(vec![unknown], None).await;
    assert_eq!(again.outcomes[0], answer.outcomes[1], "a refusal is final");
}

/// F5, F7: another epoch, or a cursor that cannot be, starts its scope again; what is granted no
/// more is named no more.
#[tokio::test]
async fn cursors_that_cannot_be_start_again() {
    let scene = scene().await;
    let first = scene.pull(None).await;
    let restored = scene.pull_from("another", first.cursors.clone()).await;
    assert_eq!(restored.resets, first.scopes);
    assert_eq!((restored.rows.len(), &restored.epoch), (first.rows.len(), &first.epoch));
    let mut ahead = first.cursors.clone();
    let scope = first.scopes[0].clone();
    ahead.insert(scope.clone(), 99);
    let reset = scene.pull_from("epoch-1", ahead).await;
    assert_eq!(reset.resets, [scope]);

    let path = format!("/api/desk/caregivers/{}/transmit", scene.membership);
    let off = json!({ "transmit": false });
    let came = scene.world.call("PUT", &path, Some(off), Some(&scene.cookie)).await;
    assert!(came.status.is_success(), "{}", came.body);
    let bare = scene.pull(Some(&first)).await;
    let left: Vec<&str> = bare.scopes.iter().map(releve_shared::sync::Scope::as_str).collect();
    assert_eq!(left, [format!("person/{}", scene.phone.answer.person)], "O-06");
}

/// O-05: the sheet leaves the phone a week after the last visit.
#[tokio::test]
async fn a_sheet_leaves_with_the_last_visit() {
    let scene = scene().await;
    let client = format!("client/{}", scene.client);
    let holds = |answer: &PullAnswer| answer.scopes.iter().any(|s| s.as_str() == client);
    assert!(holds(&scene.pull(None).await));
    scene.world.pass(9 * DAY_MS);
    crate::tasks::run_due(&scene.world.app).await.unwrap();
    assert!(!holds(&scene.pull(None).await));
}

#[tokio::test]
async fn another_phone_and_a_broken_body_change_nothing() {
    let scene = scene().await;
    let asked = json!({ "protocol": 1, "device": DeviceId::from(uuid::Uuid::nil()), "epoch": "",
        "commands": [], "anchors": [], "head": null });
    let came = scene.world.phone(&scene.phone, "/api/phone/push", &asked).await;
    assert_eq!((came.status, came.refusal()), (StatusCode::FORBIDDEN, "wrong_device"));

    let send = async |body: Vec<u8>, signed: &[u8], gzip: bool| {
        let message = request_message("POST", "/api/phone/push", signed);
        let proof = scene.phone.key.sign(Purpose::Request, &message);
        let mut request = Request::post("/api/phone/push")
            .header("authorization", format!("Bearer {}", scene.phone.token))
            .header(PROOF_HEADER, proof.to_string());
        if gzip {
            request = request.header("content-encoding", "gzip");
        }
        scene.world.send(request.body(Body::from(body)).unwrap()).await
    };
    let cut = b"{\"protocol\":1,\"device\":".to_vec();
    let came = send(cut.clone(), &cut, false).await;
    assert_eq!((came.status, came.refusal()), (StatusCode::BAD_REQUEST, "invalid"));
    let came = send(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab".to_vec(), b"", true).await;
    assert_eq!((came.status, came.refusal()), (StatusCode::BAD_REQUEST, "invalid"));
    let huge = vec![b' '; 5 * 1024 * 1024];
    let came = send(huge.clone(), &huge, false).await;
    assert_eq!((came.status, came.refusal()), (StatusCode::PAYLOAD_TOO_LARGE, "too_long"));
    assert_eq!(scene.push(Vec::new(), None).await.last, BTreeMap::new());
}

/// O-44: a blocked phone may still send what it holds, and reads nothing.
#[tokio::test]
async fn a_blocked_phone_sends_and_reads_nothing() {
    let scene = scene().await;
    let path = format!("/api/desk/phones/{}/block", scene.phone.answer.device);
    let block = json!({ "mode": "after_sending" });
    let came = scene.world.call("POST", &path, Some(block), Some(&scene.cookie)).await;
    assert!(came.status.is_success());
    let asked = json!({ "protocol": 1, "device": scene.phone.answer.device, "epoch": "", "cursors": {},
        "applied": {}, "anchors": [], "waiting": 1 });
    let came = scene.world.phone(&scene.phone, "/api/phone/pull", &asked).await;
    assert_eq!((came.status, came.refusal()), (StatusCode::FORBIDDEN, "device_blocked"));
    let (start, _) = scene.stamp(1, genesis(), ClockKind::Start);
    assert_eq!(scene.push(vec![start], None).await.outcomes[0].verdict, Verdict::Done);
    let now = json!({ "mode": "now" });
    scene.world.call("POST", &path, Some(now), Some(&scene.cookie)).await;
    let asked = json!({ "protocol": 1, "device": scene.phone.answer.device, "epoch": "",
        "commands": [], "anchors": [], "head": null });
    let came = scene.world.phone(&scene.phone, "/api/phone/push", &asked).await;
    assert_eq!(came.refusal(), "device_blocked");
}

/// A sign-out is a command like any other: its repeat is answered although nothing is granted any more.
#[tokio::test]
async fn a_signed_out_phone_hears_its_outcome_again() {
    let scene = scene().await;
    let out = envelope(scene.world.app.id(), Lane::Rest, 1, &Command::SignedOut);
    let first = scene.push(vec![out.clone()], None).await;
    assert_eq!(first.outcomes[0].verdict, Verdict::Done);
    assert_eq!(scene.push(vec![out], None).await.outcomes, first.outcomes);
    let asked = json!({ "protocol": 1, "device": scene.phone.answer.device, "epoch": "", "cursors": {},
        "applied": {}, "anchors": [], "waiting": 0 });
    let came = scene.world.phone(&scene.phone, "/api/phone/pull", &asked).await;
    assert_eq!((came.status, came.refusal()), (StatusCode::UNAUTHORIZED, "not_enrolled"));
}

/// F10: a change of the planning pokes the worker's phone and the desk, and nobody else's.
#[tokio::test]
async fn pokes_reach_those_concerned() {
    use futures_util::StreamExt as _;
    let scene = scene().await;
    let gaillac = scene.world.organisation("gaillac").await;
    assert_ne!(gaillac, scene.albi);
    let theirs = scene.world.sign_in("gaillac").await;
    let proof =
        scene.phone.key.sign(Purpose::Request, &request_message("GET", "/api/phone/pokes", b""));
    let phone = Request::get("/api/phone/pokes")
        .header("authorization", format!("Bearer {}", scene.phone.token))
        .header(PROOF_HEADER, proof.to_string());
    let desk = |cookie: &str| Request::get("/api/desk/changes").header("cookie", cookie);
    let mut streams = Vec::new();
    for request in [phone, desk(&scene.cookie), desk(&theirs)] {
        let response = scene.world.raw(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK);
        streams.push(response.into_body().into_data_stream());
    }
    let path = format!("/api/desk/visits/{}/cancel", scene.visit);
    let reason = json!({ "reason": "hospitalisation" });
    let came = scene.world.call("POST", &path, Some(reason), Some(&scene.cookie)).await;
    assert!(came.status.is_success(), "{}", came.body);
    for stream in streams.iter_mut().take(2) {
        let poke = stream.next().await.unwrap().unwrap();
        let poke = String::from_utf8(poke.to_vec()).unwrap();
        assert!(poke.contains(&format!("membership/{}", scene.membership)), "{poke}");
    }
    scene.world.app.stopping.cancel();
    assert!(streams[2].next().await.is_none(), "nothing for another organisation");
}

/// A page holds a thousand rows; the next one goes on from its cursors.
#[tokio::test]
async fn a_large_planning_comes_in_pages() {
    let scene = scene().await;
    let membership = scene.membership;
    scene
        .world
        .write(move |tx, _| {
            let scope = releve_shared::sync::Scope::membership(membership);
            for n in 0..1_500u128 {
                let id = VisitId::from(uuid::Uuid::from_u128(n));
                tx.changed(&scope, &RowKind::Visit, id);
            }
        })
        .await;
    let mut answer = scene.pull(None).await;
    let mut seen = answer.rows.len();
    let mut pages = 1;
    while !answer.complete {
        answer = scene.pull(Some(&answer)).await;
        seen += answer.rows.len();
        pages += 1;
        assert!(pages < 10, "it never ends");
    }
    assert!(seen >= 5, "{seen}");
    let value: Value = serde_json::to_value(&answer.cursors).unwrap();
    assert_eq!(value[format!("membership/{membership}")], json!(1_502));
}
