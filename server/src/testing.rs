//! The world of this crate's own tests: an application over a fresh database, with a clock to set and
//! chance from a seed.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use releve_shared::enrolment::{EnrolAnswer, EnrolRequest, EnrolmentLink};
use releve_shared::id::{AccountId, EstablishmentId, MembershipId, OrganisationId, PersonId};
use releve_shared::keys::{Digest, Purpose, Signer};
use releve_shared::sync::{PROOF_HEADER, RowKind, Scope, request_message};
use releve_shared::time::{Moment, Zone};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt;

use crate::app::{App, Chance, Clock};
use crate::config::Config;
use crate::db::{Db, Tx};
use crate::http;
use crate::identity::desk::Role;
use crate::identity::{NewAccount, NewOrganisation, add_account, add_organisation, password};

/// The password of every account.
pub(crate) const PASSWORD: &str = "Trois-Merles-4-Pies";

/// A clock to set, and chance from a seed.
#[derive(Default)]
pub(crate) struct Fake {
    ms: AtomicI64,
    drawn: AtomicU64,
}

impl Clock for Fake {
    fn now(&self) -> Moment {
        Moment(self.ms.load(Ordering::SeqCst))
    }
}

impl Chance for Fake {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let n = self.drawn.fetch_add(1, Ordering::SeqCst);
            let digest = Digest::of(&[&n.to_be_bytes()]);
            chunk.copy_from_slice(&digest.as_bytes()[..chunk.len()]);
        }
    }
}

pub(crate) struct World {
    pub app: App,
    pub fake: Arc<Fake>,
    folder: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A phone of a test: what it keeps in its vault.
pub(crate) struct TestPhone {
    pub answer: EnrolAnswer,
    pub key: Signer,
    pub token: String,
}

/// What came back.
pub(crate) struct Came {
    pub status: StatusCode,
    pub cookie: Option<String>,
    pub body: Value,
}

impl Came {
    pub(crate) fn read<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{}: {}", self.status, self.body);
        serde_json::from_value(self.body.clone()).unwrap()
    }

    pub(crate) fn refusal(&self) -> &str {
        self.body["refusal"].as_str().unwrap_or_default()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        static WORLDS: AtomicU64 = AtomicU64::new(0);
        let n = WORLDS.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("releve-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let db = Db::open(&format!("sqlite:{}", folder.join("test.db").display())).unwrap();
        let fake = Arc::new(Fake::default());
        fake.ms.store(1_800_000_000_000, Ordering::SeqCst);
        db.migrate(fake.now(), "epoch-1".to_owned()).await.unwrap();
        let (clock, chance) = (Arc::clone(&fake), Arc::clone(&fake));
        let app = App::new(db, clock, chance, config).await.unwrap();
        Self { app, fake, folder }
    }

    pub(crate) fn pass(&self, ms: i64) {
        self.fake.ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// An organisation with a supervisor and an admin, logins `<name>` and `<name>-admin`.
    pub(crate) async fn organisation(&self, name: &str) -> OrganisationId {
        let id: OrganisationId = self.app.id();
        let new = NewOrganisation {
            id,
            name: name.to_owned(),
            phone: String::new(),
            zone: Zone::named("Europe/Paris").unwrap(),
            establishment: self.app.id::<EstablishmentId>(),
            chance: self.app.draw(),
        };
        let hash = password::hash(PASSWORD, self.app.draw()).unwrap();
        let account = |login: &str, role| NewAccount {
            id: self.app.id::<AccountId>(),
            organisation: id,
            login: login.to_owned(),
            name: login.to_uppercase(),
            role,
            password: hash.clone(),
        };
        let accounts =
            [account(name, Role::Supervisor), account(&format!("{name}-admin"), Role::Admin)];
        let keys = self.app.keys.clone();
        self.write(move |tx, now| {
            add_organisation(tx, &keys, &new, now).unwrap();
            for account in &accounts {
                add_account(tx, account, now).unwrap();
            }
        })
        .await;
        id
    }

    /// A caregiver of an organisation.
    pub(crate) async fn caregiver(&self, of: OrganisationId) -> (PersonId, MembershipId) {
        let (person, membership): (PersonId, MembershipId) = (self.app.id(), self.app.id());
        self.write(move |tx, now| {
            tx.execute(&sql::PERSON, &[person.into()]).unwrap();
            let values = [membership.into(), of.into(), person.into(), now.into()];
            tx.execute(&sql::MEMBERSHIP, &values).unwrap();
            tx.changed(&Scope::person(person), &RowKind::Person, person);
            tx.changed(&Scope::membership(membership), &RowKind::Membership, membership);
        })
        .await;
        (person, membership)
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx, Moment) -> T + Send + Sync + 'static,
    ) -> T {
        self.app.write(move |tx, now| Ok(work(tx, now))).await.unwrap()
    }

    /// The cookie of a signed-in account.
    pub(crate) async fn sign_in(&self, login: &str) -> String {
        let typed = serde_json::json!({ "login": login, "password": PASSWORD });
        let came = self.call("POST", "/api/desk/session", Some(typed), None).await;
        assert_eq!(came.status, StatusCode::OK, "{}", came.body);
        came.cookie.unwrap()
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        cookie: Option<&str>,
    ) -> Came {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.header("content-type", "application/json").body(body).unwrap();
        self.send(request).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Came {
        let response = self.raw(request).await;
        let status = response.status();
        let cookie = response.headers().get("set-cookie");
        let cookie = cookie.map(|c| c.to_str().unwrap().split(';').next().unwrap().to_owned());
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Came { status, cookie, body }
    }

    pub(crate) async fn raw(&self, request: Request<Body>) -> Response<Body> {
        http::router(self.app.clone()).oneshot(request).await.unwrap()
    }

    /// Enrols a phone through the desk.
    pub(crate) async fn enrol(&self, cookie: &str, membership: MembershipId) -> TestPhone {
        let path = format!("/api/desk/caregivers/{membership}/enrolments");
        let came = self.call("POST", &path, None, Some(cookie)).await;
        let link = EnrolmentLink::parse(came.body["link"].as_str().unwrap()).unwrap();
        let key = Signer::from_seed(&self.app.draw());
        let token = format!("token-{}", self.app.draw::<1>()[0]);
        let asked = asked(&link.code, &key, &token);
        let came = self.call("POST", "/api/phone/enrol", Some(asked), None).await;
        TestPhone { answer: came.read(), key, token }
    }

    /// A signed request of a phone.
    pub(crate) async fn phone(&self, phone: &TestPhone, path: &str, body: &Value) -> Came {
        self.phone_with(phone, &phone.token, &phone.key, path, body).await
    }

    pub(crate) async fn phone_with(
        &self,
        _: &TestPhone,
        token: &str,
        key: &Signer,
        path: &str,
        body: &Value,
    ) -> Came {
        let body = body.to_string();
        let proof = key.sign(Purpose::Request, &request_message("POST", path, body.as_bytes()));
        let request = Request::post(path)
            .header("authorization", format!("Bearer {token}"))
            .header(PROOF_HEADER, proof.to_string())
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }
}

pub(crate) fn asked(code: &str, key: &Signer, token: &str) -> Value {
    serde_json::to_value(EnrolRequest {
        code: code.to_owned(),
        device_key: key.public(),
        token: Digest::of(&[token.as_bytes()]),
        name: "Pixel 7".to_owned(),
        platform: "android".to_owned(),
        version: "0.1.0".to_owned(),
    })
    .unwrap()
}

pub(crate) mod sql;
