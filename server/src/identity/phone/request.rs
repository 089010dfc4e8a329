//! A phone's request: its token, and the signature of its key over the request. A token alone is
//! worth nothing.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use releve_shared::enrolment::{WipeMode, WipeOrder};
use releve_shared::id::{DeviceId, OrganisationId, PersonId};
use releve_shared::keys::{Digest, PublicKey, Purpose, Signature};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{PROOF_HEADER, request_message};
use releve_shared::time::{MINUTE_MS, Moment};
use serde::de::DeserializeOwned;

use super::sql;
use crate::app::App;
use crate::audit;
use crate::db::{Answer, Tx};
use crate::http::Refused;
use crate::identity::{By, Keys};

/// A superseded token this soon after is a request that the network has delayed; later it is one
/// that somebody has kept.
const LATE_MS: i64 = 2 * MINUTE_MS;

/// The phone behind a request, and what it asks.
#[derive(Clone, Debug)]
pub struct Phone<T = ()> {
    /// Which phone.
    pub device: DeviceId,
    /// Whose phone it is.
    pub person: PersonId,
    /// For which organisation it was enrolled.
    pub organisation: OrganisationId,
    /// Its key.
    pub key: PublicKey,
    /// Whether it may read: a phone that is signed out, or blocked and still sending, may not.
    pub reads: bool,
    /// The token that it has shown.
    pub(super) token: Digest,
    /// What it asks.
    pub request: T,
}

impl<T> Phone<T> {
    /// In whose name its acts are noted.
    #[must_use]
    pub fn by(&self) -> By {
        By::phone(self.organisation, self.device)
    }

    /// The phone, and what it asks.
    pub fn apart(self) -> (Phone, T) {
        let Self { device, person, organisation, key, reads, token, request } = self;
        (Phone { device, person, organisation, key, reads, token, request: () }, request)
    }

    /// Lets through phones that may hold data.
    ///
    /// # Errors
    /// [`Refusal::NotEnrolled`].
    pub fn must_read(&self) -> Result<(), Refusal> {
        if self.reads { Ok(()) } else { Err(Refusal::NotEnrolled) }
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Phone<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let method = request.method().as_str().to_owned();
        let path = request.uri().path().to_owned();
        let token = bearer(request.headers()).ok_or(Refusal::SignInNeeded)?;
        let proof = proof(request.headers());
        let body = Bytes::from_request(request, app).await.map_err(|rejected| {
            let large = rejected.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE;
            if large { Refused::TooLarge } else { Refusal::Invalid.into() }
        })?;
        let message = request_message(&method, &path, &body);
        let pushing = path.ends_with("/push");
        let known = app.glance(move |tx, _| Ok(sql::by_token(tx, token)?)).await?;
        let (device, state, superseded_at) = known.ok_or(Refusal::SignInNeeded)?;
        app.limits.phone(device.id, app.now())?;

        let signed = proof.is_some_and(|p| device.key.verifies(Purpose::Request, &message, &p));
        let shown = Shown { token, state, superseded_at, signed, pushing };
        let keys = app.keys.clone();
        let verdict = if shown.is_plain(&device, app.now()) {
            Verdict::Trusted { reads: true }
        } else {
            let device = device.clone();
            app.write(move |tx, now| judge(tx, &keys, &device, &shown, now)).await?
        };
        let reads = match verdict {
            Verdict::Trusted { reads } => reads,
            Verdict::Refused(refusal) => return Err(refusal.into()),
            Verdict::Wipe(order) => return Err(Refused::wipe(Some(order))),
        };
        let body: &[u8] = if body.is_empty() { b"null" } else { &body };
        let asked = serde_json::from_slice(body).map_err(|_| Refusal::Invalid)?;
        Ok(Self {
            device: device.id,
            person: device.person,
            organisation: device.organisation,
            key: device.key,
            reads,
            token,
            request: asked,
        })
    }
}

/// What came with a request.
struct Shown {
    token: Digest,
    state: String,
    superseded_at: Option<Moment>,
    signed: bool,
    pushing: bool,
}

/// What is made of a request. A refusal is a value here: what it has written must stay.
enum Verdict {
    Trusted { reads: bool },
    Refused(Refusal),
    Wipe(WipeOrder),
}

impl Shown {
    /// The common case, which writes nothing.
    fn is_plain(&self, device: &sql::Device, now: Moment) -> bool {
        self.signed
            && self.state == "current"
            && device.state == "active"
            && now.since(device.last_seen_at) < MINUTE_MS
    }
}

fn judge(
    tx: &mut Tx,
    keys: &Keys,
    device: &sql::Device,
    shown: &Shown,
    now: Moment,
) -> Answer<Verdict> {
    let by = By::phone(device.organisation, device.id);
    if !shown.signed {
        audit::note(tx, &by, "phone.alert_wrong_device", device.id, &shown.state, now)?;
        if shown.state == "old" {
            revoke(tx, device)?;
        }
        return Ok(Verdict::Refused(Refusal::WrongDevice));
    }
    sql::seen(tx, device.id, now)?;
    if let Some(order) = order(keys, device) {
        let sending = shown.pushing && order.mode == WipeMode::AfterSending;
        return Ok(if sending { Verdict::Trusted { reads: false } } else { Verdict::Wipe(order) });
    }
    match device.state.as_str() {
        "active" => {}
        "signed_out" if shown.pushing => return Ok(Verdict::Trusted { reads: false }),
        "revoked" => return Ok(Verdict::Refused(Refusal::TokenReused)),
        _ => return Ok(Verdict::Refused(Refusal::NotEnrolled)),
    }
    match shown.state.as_str() {
        "current" => {}
        "next" => sql::promote(tx, shown.token, device.id, now)?,
        _ => {
            let late = shown.superseded_at.is_some_and(|at| now.since(at) < LATE_MS);
            if late {
                return Ok(Verdict::Refused(Refusal::TryAgain));
            }
            revoke(tx, device)?;
            audit::note(tx, &by, "phone.alert_token_reused", device.id, "", now)?;
            return Ok(Verdict::Refused(Refusal::TokenReused));
        }
    }
    Ok(Verdict::Trusted { reads: true })
}

/// Ends a family of tokens: the phone keeps its data and must be enrolled again.
fn revoke(tx: &mut Tx, device: &sql::Device) -> Answer<()> {
    if device.state == "active" {
        sql::set_state(tx, device.id, "revoked")?;
    }
    Ok(())
}

/// The order of a blocked phone, signed anew at each request.
fn order(keys: &Keys, device: &sql::Device) -> Option<WipeOrder> {
    if device.state != "blocked" {
        return None;
    }
    let (mode, nonce) = (device.wipe_mode.clone()?, device.wipe_nonce.clone()?);
    Some(WipeOrder::sign(device.id, nonce, mode, keys.server()))
}

fn bearer(headers: &HeaderMap) -> Option<Digest> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let token = value.strip_prefix("Bearer ")?.trim();
    Some(Digest::of(&[token.as_bytes()]))
}

fn proof(headers: &HeaderMap) -> Option<Signature> {
    Signature::parse(headers.get(PROOF_HEADER)?.to_str().ok()?).ok()
}
