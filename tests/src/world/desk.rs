//! The supervisor's browser, without its screens: the desk's interface over a real socket.

use std::sync::Mutex;

use releve_core::ports::Request;
use releve_shared::id::{ClientId, HomeTagId, MembershipId, PersonId, VisitId};
use releve_shared::time::Moment;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::Agent;

use super::link::{agent, listens, send};

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The JSON of a success.
    #[must_use]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        if self.text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&self.text).expect("JSON")
        }
    }

    /// The code of a refusal.
    #[must_use]
    pub fn refusal(&self) -> String {
        assert!((400..500).contains(&self.status), "{} {}", self.status, self.text);
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        body["refusal"].as_str().unwrap_or_else(|| panic!("no refusal: {}", self.text)).to_owned()
    }
}

/// A browser at the desk: its cookie, and nothing else.
pub struct Desk {
    base: String,
    agent: Agent,
    cookie: Mutex<Option<String>>,
    who: Mutex<Option<(String, String)>>,
}

/// A caregiver as the desk knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caregiver {
    /// The membership.
    pub id: MembershipId,
    /// The person.
    pub person: PersonId,
}

/// A home tag as the desk issued it.
#[derive(Clone, Debug)]
pub struct Tag {
    /// Its id.
    pub id: HomeTagId,
    /// What is written on it.
    pub link: String,
    /// Everything that the desk showed once.
    pub issued: Value,
}

impl Desk {
    /// A browser before its sign-in.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            agent: agent(),
            cookie: Mutex::new(None),
            who: Mutex::new(None),
        }
    }

    /// Signs in; and again by itself when a day has passed and the session is over.
    pub fn sign_in(&self, login: &str, password: &str) -> Answer {
        *self.who.lock().expect("who") = Some((login.to_owned(), password.to_owned()));
        let body = json!({ "login": login, "password": password });
        self.call("POST", "/api/desk/session", Some(&body))
    }

    /// The cookie of its session.
    #[must_use]
    pub fn cookie(&self) -> String {
        self.cookie.lock().expect("the cookie").clone().expect("signed in")
    }

    /// One request, whatever the answer.
    pub fn call(&self, method: &'static str, path: &str, body: Option<&Value>) -> Answer {
        let mut headers = vec![("origin".to_owned(), self.base.clone())];
        if let Some(cookie) = self.cookie.lock().expect("the cookie").clone() {
            headers.push(("cookie".to_owned(), cookie));
        }
        let bytes = body.map(|body| {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            serde_json::to_vec(body).expect("JSON")
        });
        let url = format!("{}{path}", self.base);
        let request = Request { method, url, headers, body: bytes.unwrap_or_default() };
        if path == "/api/desk/session" && method == "POST" {
            return self.session(&request);
        }
        let came = send(&self.agent, &request).expect("the server answers");
        let who = self.who.lock().expect("who").take();
        if let (401, Some((login, password))) = (came.status, who.clone())
            && self.sign_in(&login, &password).status == 200
        {
            return self.call(method, path, body);
        }
        *self.who.lock().expect("who") = who;
        Answer { status: came.status, text: String::from_utf8_lossy(&came.body).into_owned() }
    }

    fn session(&self, request: &Request) -> Answer {
        let mut message = ureq::http::Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            message = message.header(name, value);
        }
        let message = message.body(request.body.as_slice()).expect("a request");
        let mut came = self.agent.run(message).expect("the server answers");
        if let Some(set) = came.headers().get("set-cookie").and_then(|v| v.to_str().ok()) {
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
            let pair = set.split(';').next().unwrap_or_default().to_owned();
            *self.cookie.lock().expect("the cookie") = Some(pair);
        }
        let text = came.body_mut().read_to_string().unwrap_or_default();
        Answer { status: came.status().as_u16(), text }
    }

    /// Listens to what moves in the organisation.
    #[must_use]
    pub fn listens(&self) -> std::sync::mpsc::Receiver<String> {
        let cookie = self.cookie.lock().expect("the cookie").clone().expect("signed in");
        let url = format!("{}/api/desk/changes", self.base);
        let headers = vec![("cookie".to_owned(), cookie)];
        listens(&Request { method: "GET", url, headers, body: Vec::new() })
    }

    /// Reads.
    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    /// Acts.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, Some(body))
    }

    /// Changes.
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.call("PUT", path, Some(body))
    }

    /// Adds a caregiver, not transmitted yet.
    pub fn adds_caregiver(&self, first_name: &str, last_name: &str) -> Caregiver {
        let body = json!({ "first_name": first_name, "last_name": last_name,
            "phone": "", "role": "Auxiliaire de vie" });
        let row = self.post("/api/desk/caregivers", &body).ok();
        Caregiver { id: of(&row, "id"), person: of(&row, "person_id") }
    }

    /// Ticks or unticks "Transmettre".
    pub fn transmits(&self, caregiver: MembershipId, transmit: bool) {
        let path = format!("/api/desk/caregivers/{caregiver}/transmit");
        let _ = self.put(&path, &json!({ "transmit": transmit })).ok();
    }

    /// The row of a caregiver's file.
    pub fn caregiver(&self, id: MembershipId) -> Value {
        self.get(&format!("/api/desk/caregivers/{id}")).ok()
    }

    /// The icon of "Transmettre".
    pub fn transmission(&self, id: MembershipId) -> String {
        of(&self.caregiver(id), "transmission")
    }

    /// Adds a client.
    pub fn adds_client(&self, first_name: &str, last_name: &str) -> ClientId {
        of(&self.post("/api/desk/clients", &client_input(first_name, last_name)).ok(), "id")
    }

    /// Issues a tag for a client's home.
    pub fn issues_tag(&self, client: ClientId, kind: &str) -> Tag {
        let body = json!({ "kind": kind, "label": "Entrée" });
        let issued = self.post(&format!("/api/desk/clients/{client}/tags"), &body).ok();
        Tag { id: of(&issued, "id"), link: of(&issued, "link"), issued }
    }

    /// Withdraws a tag.
    pub fn revokes_tag(&self, tag: HomeTagId) {
        let path = format!("/api/desk/tags/{tag}/revoke");
        let _ = self.post(&path, &json!({ "reason": "Perdu" })).ok();
    }

    /// Plans a visit.
    pub fn plans(&self, who: MembershipId, client: ClientId, from: Moment, to: Moment) -> VisitId {
        let row = self.post("/api/desk/visits", &visit_input(who, client, from, to)).ok();
        of(&row["visit"], "id")
    }

    /// One visit with its revision.
    pub fn visit(&self, id: VisitId) -> Value {
        self.get(&format!("/api/desk/visits/{id}")).ok()
    }

    /// Moves a visit, or gives it to somebody else.
    pub fn moves(
        &self,
        id: VisitId,
        who: MembershipId,
        client: ClientId,
        from: Moment,
        to: Moment,
    ) {
        let mut body = visit_input(who, client, from, to);
        body["rev"] = self.visit(id)["rev"].clone();
        let _ = self.put(&format!("/api/desk/visits/{id}"), &body).ok();
    }

    /// Calls a visit off.
    pub fn cancels(&self, id: VisitId) {
        let path = format!("/api/desk/visits/{id}/cancel");
        let rev = self.visit(id)["rev"].clone();
        let _ = self.post(&path, &json!({ "reason": "Hospitalisation", "rev": rev })).ok();
    }

    /// Shows an enrolment QR for a caregiver; gives its text.
    pub fn enrolment(&self, caregiver: MembershipId) -> String {
        let path = format!("/api/desk/caregivers/{caregiver}/enrolments");
        of(&self.post(&path, &json!({})).ok(), "link")
    }

    /// Every line of the control board from a day to another.
    pub fn board(&self, day: &str, to: &str) -> Value {
        self.get(&format!("/api/desk/board?day={day}&to={to}&filter=all")).ok()
    }

    /// The line of a visit on the board, within a month from the world's first day.
    pub fn line(&self, visit: VisitId) -> Value {
        let board = self.board("2026-11-20", "2026-12-15");
        let rows = board["rows"].as_array().expect("rows");
        let found = rows.iter().find(|row| row["visit"]["id"] == visit.to_string());
        found.unwrap_or_else(|| panic!("no line for {visit}")).clone()
    }

    /// The phones of the organisation.
    pub fn phones(&self) -> Vec<Value> {
        self.get("/api/desk/phones").ok().as_array().expect("a list").clone()
    }
}

/// A field of an answer, read as what it is.
#[must_use]
pub fn of<T: DeserializeOwned>(value: &Value, name: &str) -> T {
    serde_json::from_value(value[name].clone()).unwrap_or_else(|e| panic!("{name}: {e} in {value}"))
}

/// What is typed for a client.
#[must_use]
pub fn client_input(first_name: &str, last_name: &str) -> Value {
    json!({
        "title": "mrs", "first_name": first_name, "last_name": last_name,
        "street": "12 rue des Lices", "address_more": "2e étage", "postal_code": "81000",
        "commune": "Albi", "phone": "", "door_code": format!("A{}B", last_name.len()),
        "sections": [{ "kind": "access", "text": format!("Clé chez la voisine de {last_name}") }],
    })
}

/// What is typed for a visit.
#[must_use]
pub fn visit_input(who: MembershipId, client: ClientId, from: Moment, to: Moment) -> Value {
    json!({
        "membership": who, "client": client, "service": "Aide au lever",
        "starts_at": from, "ends_at": to, "instructions": "", "force": true,
    })
}
