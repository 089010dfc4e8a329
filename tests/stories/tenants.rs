//! Two agencies on one server: neither sees, changes or guesses anything of the other (I9).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use releve_core::door::Act;
use releve_core::ports::{Link as _, Request, Secret};
use releve_shared::id::{ReceiptId, VisitId};
use releve_shared::keys::{Purpose, Signer};
use releve_shared::request::{AbsenceReason, Asked, RequestKind};
use releve_shared::sync::request_message;
use releve_shared::time::HOUR_MS;
use releve_tests::world::desk::{Answer, Desk, of};
use releve_tests::world::link::agent;
use releve_tests::world::phone::Phone;
use releve_tests::world::reading::tap;
use releve_tests::world::time::{day_at, today_at};
use releve_tests::world::{PASSWORD, Worker, World};
use serde_json::{Value, json};

/// Every route of the desk, from the server's own document: method and path.
fn routes(desk: &Desk) -> Vec<(&'static str, String)> {
    let document = desk.get("/api/openapi.json").ok();
    let methods = [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("delete", "DELETE")];
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        if !path.starts_with("/api/desk") || path.ends_with(".css") {
            continue;
        }
        for (name, method) in methods {
            if operations.get(name).is_some() {
                all.push((method, path.clone()));
            }
        }
    }
    assert!(all.len() >= 30, "only {} routes are told of", all.len());
    all
}

/// Ids of one agency, to stand in paths and bodies.
struct Ids {
    caregiver: String,
    client: String,
    tag: String,
    visit: String,
    phone: String,
    enrolment: String,
    thread: String,
    message: String,
    callback: String,
    entry: String,
    request: String,
    service: String,
    receipt: String,
    alarm: String,
    browser: String,
    test: String,
}

impl Ids {
    fn path(&self, path: &str) -> String {
        let place = |word: &str| match word {
            "caregivers" => &self.caregiver,
            "clients" => &self.client,
            "tags" => &self.tag,
            "visits" => &self.visit,
            "phones" => &self.phone,
            "enrolments" => &self.enrolment,
            "threads" => &self.thread,
            "messages" => &self.message,
            "callbacks" => &self.callback,
            "directory" => &self.entry,
            "requests" => &self.request,
            "services" => &self.service,
            "receipts" => &self.receipt,
            "alarms" => &self.alarm,
            "browsers" => &self.browser,
            "tests" => &self.test,
            other => panic!("what is {{id}} in {path}: {other}?"),
        };
        let mut before = "";
        let mut parts = Vec::new();
        for part in path.split('/') {
            parts.push(if part.starts_with('{') { place(before).clone() } else { part.to_owned() });
            before = part;
        }
        let query = match parts.last().map(String::as_str) {
            Some("board") => "?day=2026-11-23&to=2026-11-23&filter=all",
            Some("proof") if !path.contains('{') => "?month=2026-11",
            Some("reports" | "travel") => "?day=2026-11-23&to=2026-11-23",
            Some("history" | "figures") => "?month=2026-11",
            Some("preview") => "?class=messages&days=60",
            Some("visits") => "?from=1795300000000&to=1795600000000",
            _ => "",
        };
        parts.join("/") + query
    }

    /// One body with every field that any route reads.
    fn body(&self, path: &str) -> Value {
        let rules = if path.contains("sections") {
            json!([])
        } else {
            json!(releve_shared::alarm::AlarmRules::default())
        };
        let mut body = json!({
            "first_name": "Eve", "last_name": "Intruse", "phone": "", "role": "Espionne",
            "transmit": true, "title": "mrs", "street": "1 rue", "address_more": "",
            "postal_code": "81000", "commune": "Albi", "door_code": "", "sections": [],
            "kind": "qr", "label": "", "reason": "device", "note": "", "mode": "now",
            "sim_number": "893315", "done": true, "membership": self.caregiver,
            "client": self.client, "service": "Intrusion", "starts_at": today_at(8, 0),
            "ends_at": today_at(9, 0), "instructions": "", "force": true, "rev": 1,
            "visits": [self.visit], "to": [self.caregiver], "text": "Intrusion", "mandatory": true,
            "alert": true, "name": "Intruse", "account": null, "share_colleagues": true,
            "numbers": [], "accept": true, "comment": "", "picture": null, "class": "messages", "days": 365,
        });
        let more = json!({
            "tasks": ["Intrusion"], "minutes": 7, "setting": "tolerance_min", "value": 7, "cause": "false", "call_number": "",
            "sms_number": "", "mails": [], "tiers": [], "rules": rules,
            "topics": [], "quiet": null, "language": "fr", "n": 0, "by": "person",
        });
        if let (Value::Object(body), Value::Object(push)) = (&mut body, push_target()) {
            body.extend(push);
        }
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        body
    }
}

/// Where a browser that nobody has is reached.
fn push_target() -> Value {
    let key =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    json!({ "endpoint": "https://push.example/a", "p256dh": key, "auth": "BTBZMqHH6r4Tts7J_aSIgg" })
}

fn ids(
    desk: &Desk,
    caregiver: &impl ToString,
    client: &impl ToString,
    tag: &impl ToString,
    visit: &impl ToString,
    receipt: &impl ToString,
) -> Ids {
    let path = format!("/api/desk/caregivers/{}/enrolments", caregiver.to_string());
    let words = json!({ "to": [caregiver.to_string()], "text": "Canari-Lefèvre a déménagé" });
    let thread = desk.post("/api/desk/threads", &words).ok()["threads"][0].clone();
    let thread = thread.as_str().expect("a thread").to_owned();
    let sheet = desk.get(&format!("/api/desk/threads/{thread}")).ok();
    let entry = json!({ "name": "Canari-Lefèvre", "role": "", "phone": "15" });
    let staff = desk.post("/api/desk/directory", &entry).ok();
    let mine = format!("Canari-Lefèvre {}", visit.to_string());
    let services = json!({ "name": mine, "tasks": ["Toilette"] });
    let services = desk.post("/api/desk/services", &services).ok();
    let mut browser = push_target();
    browser["name"] = json!("Canari-Lefèvre");
    browser["language"] = json!("fr");
    assert_eq!(desk.post("/api/desk/notices/browsers", &browser).status, 201);
    Ids {
        browser: of(&desk.get("/api/desk/notices").ok()["browsers"][0], "id"),
        test: of(&desk.post("/api/desk/notices/tests", &json!({})).ok(), "id"),
        service: of(&services[0], "id"),
        receipt: receipt.to_string(),
        entry: of(&staff["entries"][0], "id"),
        request: of(&desk.get("/api/desk/requests").ok()[0], "id"),
        callback: of(&desk.get("/api/desk/callbacks").ok()[0], "id"),
        alarm: of(&desk.post("/api/desk/alarms/test", &json!({})).ok(), "id"),
        message: of(&sheet["messages"][0], "id"),
        thread,
        caregiver: caregiver.to_string(),
        client: client.to_string(),
        tag: tag.to_string(),
        visit: visit.to_string(),
        phone: desk.phones().first().map(|row| of(row, "id")).expect("a phone"),
        enrolment: of(&desk.post(&path, &json!({})).ok(), "id"),
    }
}

/// What somebody asks of the office, so that each list has a row.
fn asks(phone: &Phone) {
    let _ = phone.act(Act::CallMe).unwrap();
    let asked = Asked {
        kind: RequestKind::Absence,
        reason: Some(AbsenceReason::Leave),
        starts_at: day_at(20, 0, 0),
        ends_at: day_at(21, 0, 0),
        visit: None,
        text: "Canari-Lefèvre".to_owned(),
    };
    let _ = phone.act(Act::AskOffice { asked }).unwrap();
}

/// A receipt of a visit, with its picture at the office.
fn photographs(worker: &Worker, visit: VisitId) -> ReceiptId {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&[7]).expect("a pixel");
    writer.finish().expect("a picture");
    let picture = STANDARD.encode(&bytes);
    worker.phone.act(Act::AddReceipt { visit, picture }).expect("a receipt");
    worker.phone.sync().expect("sent");
    worker.phone.visit(visit).expect("the visit").receipts[0].id
}

fn streams(path: &str) -> bool {
    path.ends_with("/changes")
}

fn calls(desk: &Desk, method: &'static str, path: &str, ids: &Ids) -> Answer {
    let body = (method == "POST" || method == "PUT").then(|| ids.body(path));
    desk.call(method, &ids.path(path), body.as_ref())
}

/// I9: every route × {nobody, another agency, a worker's phone}: no foreign success, no foreign byte.
#[test]
fn no_route_gives_anything_of_another_agency() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Canari-Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        w.time.pass(HOUR_MS);
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        asks(&amina.phone);
        let receipt = photographs(&amina, visit);
        let ours = ids(&w.desk, &amina.caregiver.id, &home.client, &home.nfc.id, &visit, &receipt);

        let _ = w.agency("Autre Rive", "denis");
        let theirs = Desk::new(&w.url());
        let _ = theirs.sign_in("denis-director", PASSWORD).ok();
        let nobody = Desk::new(&w.url());
        let canaries = ["Canari-Lef", "Diallo", "Amina"];
        let own_ids = [&ours.caregiver, &ours.client, &ours.visit, &ours.phone];
        let before = w.desk.line(visit);
        for (method, path) in routes(&w.desk) {
            if path == "/api/desk/session" || streams(&path) {
                continue;
            }
            let said = calls(&nobody, method, &path, &ours);
            assert_eq!(said.status, 401, "nobody: {method} {path}: {}", said.text);

            let said = calls(&theirs, method, &path, &ours);
            let foreign = path.contains('{');
            let refused = (400..500).contains(&said.status);
            assert!(
                !foreign || refused,
                "another agency: {method} {path}: {} {}",
                said.status,
                said.text
            );
            assert!(said.status < 500, "{method} {path}: {}", said.text);
            for canary in canaries {
                assert!(
                    !said.text.contains(canary),
                    "another agency sees {canary}: {method} {path}"
                );
            }
            // An id that was sent may be said again in a refusal.
            for id in own_ids.into_iter().filter(|_| method == "GET") {
                assert!(!said.text.contains(id), "another agency sees {id}: {method} {path}");
            }
        }
        assert_eq!(w.desk.line(visit), before, "and nothing has changed");
        assert!(w.desk.get("/api/desk/clients?q=Intruse").ok().as_array().unwrap().is_empty());

        // A worker's token opens nothing of the desk, and writes nothing there; nor once blocked.
        let token = String::from_utf8(amina.phone.vault.stolen(Secret::Token).unwrap()).unwrap();
        let tries = |whose: &str| {
            let mut tried = 0;
            for (method, path) in routes(&w.desk) {
                if path == "/api/desk/session" || streams(&path) {
                    continue;
                }
                let body = if method == "GET" { Value::Null } else { ours.body(&path) };
                let request = Request {
                    method,
                    url: format!("{}{}", w.url(), ours.path(&path)),
                    headers: vec![
                        ("authorization".to_owned(), format!("Bearer {token}")),
                        ("origin".to_owned(), w.url()),
                        ("content-type".to_owned(), "application/json".to_owned()),
                    ],
                    body: serde_json::to_vec(&body).unwrap(),
                };
                let came = releve_tests::world::link::send(&agent(), &request).unwrap();
                assert_eq!(came.status, 401, "{whose}: {method} {path}");
                tried += u32::from(method != "GET");
            }
            assert!(tried > 15, "only {tried} writing routes");
        };
        tries("a worker's token");
        assert_eq!(w.desk.line(visit), before, "and nothing has changed");

        // The control: at home, every reading route answers with what was sought.
        let director = w.director();
        for (method, path) in routes(&w.desk) {
            if method == "GET" && !streams(&path) {
                let said = calls(&director, method, &path, &ours);
                assert_eq!(said.status, 200, "at home: {path}: {}", said.text);
            }
        }

        let block = json!({ "mode": "now", "sim_number": "", "note": "" });
        let _ = w.desk.post(&format!("/api/desk/phones/{}/block", ours.phone), &block).ok();
        let blocked = w.desk.line(visit);
        tries("a blocked phone's token");
        assert_eq!(w.desk.line(visit), blocked, "and nothing has changed");
    });
}

/// O-44: a blocked phone with its own key and token writes and reads nothing, on any route of phones.
#[test]
fn a_blocked_phone_writes_and_reads_nothing() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let secret = |which| amina.phone.vault.stolen(which).unwrap();
        let token = String::from_utf8(secret(Secret::Token)).unwrap();
        let key = Signer::from_seed(&secret(Secret::DeviceSeed).try_into().unwrap());
        let device: String = of(&w.desk.phones()[0], "id");
        let calls = |path: &str, body: &Value| {
            let (method, body) = if body.is_null() {
                ("GET", Vec::new())
            } else {
                ("POST", serde_json::to_vec(body).unwrap())
            };
            let proof = key.sign(Purpose::Request, &request_message(method, path, &body));
            let request = Request {
                method,
                url: format!("{}{path}", w.url()),
                headers: vec![
                    ("authorization".to_owned(), format!("Bearer {token}")),
                    ("content-type".to_owned(), "application/json".to_owned()),
                    ("releve-proof".to_owned(), proof.to_string()),
                ],
                body,
            };
            let came = releve_tests::world::link::send(&agent(), &request).unwrap();
            (came.status, String::from_utf8_lossy(&came.body).into_owned())
        };
        let pull = json!({ "protocol": 1, "device": device, "epoch": "", "cursors": {}, "applied": {},
            "anchors": [], "waiting": 0 });
        let push = json!({ "protocol": 1, "device": device, "epoch": "", "anchors": [], "commands": [],
            "head": null });
        let next = json!({ "next": releve_shared::keys::Digest::of(&[b"next"]) });
        let part = json!({ "device": device, "receipt": device, "offset": 0, "data": "" });
        let month = json!({ "device": device, "month": "2026-11-01" });
        let (status, said) = calls("/api/phone/pull", &pull);
        assert_eq!(status, 200, "before: {said}");

        let block = json!({ "mode": "now", "sim_number": "", "note": "" });
        let _ = w.desk.post(&format!("/api/desk/phones/{device}/block"), &block).ok();
        for (path, body) in [
            ("/api/phone/pull", &pull),
            ("/api/phone/push", &push),
            ("/api/phone/token", &next),
            ("/api/phone/receipts", &part),
            ("/api/phone/hours", &month),
            ("/api/phone/pokes", &Value::Null),
        ] {
            let (status, said) = calls(path, body);
            assert_eq!(status, 403, "{path}: {said}");
            assert!(said.contains("device_blocked") && !said.contains("Lefèvre"), "{path}: {said}");
        }
        assert_eq!(w.desk.line(visit)["start"], Value::Null);
    });
}

/// B-01: no route changes a raw stamp: all of them are tried by those who may the most.
#[test]
fn no_route_changes_a_raw_stamp() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        asks(&amina.phone);
        let receipt = photographs(&amina, visit);
        let ours = ids(&w.desk, &amina.caregiver.id, &home.client, &home.nfc.id, &visit, &receipt);
        let raw = |w: &World| {
            let proof = w.desk.get(&format!("/api/desk/visits/{visit}/proof")).ok();
            let stamps = proof["stamps"].as_array().expect("stamps").clone();
            stamps.into_iter().map(|stamp| stamp["raw"].clone()).collect::<Vec<_>>()
        };
        let before = raw(w);
        assert_eq!(before.len(), 1);
        let mut done = 0;
        for (method, path) in routes(&w.desk) {
            if path != "/api/desk/session" && !streams(&path) {
                let said = calls(&w.desk, method, &path, &ours);
                assert!(said.status < 500, "{method} {path}: {}", said.text);
                done += u32::from(said.status < 300);
            }
        }
        assert!(done > 15, "only {done} routes did anything");
        assert_eq!(raw(w), before);
    });
}

/// A token on another device is worth nothing, and so is a signature of another request.
#[test]
fn a_stolen_token_opens_nothing() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();
        let secret =
            |worker: &releve_tests::world::Worker, which| worker.phone.vault.stolen(which).unwrap();
        let token = String::from_utf8(secret(&amina, Secret::Token)).unwrap();
        let key =
            |worker| Signer::from_seed(&secret(worker, Secret::DeviceSeed).try_into().unwrap());
        let device: String = of(&w.desk.phones()[0], "id");
        let body = json!({ "protocol": 1, "device": device, "epoch": "", "cursors": {}, "applied": {},
            "anchors": [], "waiting": 0 });
        let body = serde_json::to_vec(&body).unwrap();
        let pull = |signer: &Signer, path: &str, signed: &[u8]| {
            let proof = signer.sign(Purpose::Request, &request_message("POST", path, signed));
            let request = Request {
                method: "POST",
                url: format!("{}/api/phone/pull", w.url()),
                headers: vec![
                    ("authorization".to_owned(), format!("Bearer {token}")),
                    ("content-type".to_owned(), "application/json".to_owned()),
                    ("releve-proof".to_owned(), proof.to_string()),
                ],
                body: body.clone(),
            };
            let came = amina.phone.line.send(&request).unwrap();
            (came.status, String::from_utf8_lossy(&came.body).into_owned())
        };
        for (status, said) in [
            pull(&key(&bruno), "/api/phone/pull", &body),
            pull(&key(&amina), "/api/phone/push", &body),
            pull(&key(&amina), "/api/phone/pull", b"{}"),
        ] {
            assert!(status == 401 || status == 403, "{status} {said}");
            assert!(!said.contains("Lefèvre"), "{said}");
        }
    });
}
