//! What gateways tell us: the text messages that phones have sent, and what somebody has pressed on an
//! automatic call. They show the secret of the settings.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use releve_shared::alarm::episode::Event;
use releve_shared::alarm::{SmsText, Way};
use releve_shared::id::NoticeId;
use releve_shared::keys::Digest;
use releve_shared::refusal::Refusal;
use releve_shared::time::Moment;
use serde::Deserialize;

use super::apply::{self, Act, Whose, happen};
use super::phone::marks_of;
use super::place;
use super::sql;
use crate::app::App;
use crate::audit;
use crate::db::{Answer, Tx};
use crate::http::Refused;
use crate::identity::{self, By, Keys};
use crate::{notices, people};

/// A text message that the office's gateway has received.
#[derive(Debug, Deserialize)]
pub(super) struct Received {
    /// Who sent it, by number.
    #[serde(default)]
    from: String,
    /// Its words.
    text: String,
}

/// `POST /api/gateway/sms`.
pub(super) async fn sms(
    State(app): State<App>,
    headers: HeaderMap,
    Json(received): Json<Received>,
) -> Result<StatusCode, Refused> {
    take(app, &headers, received).await
}

/// `GET /api/gateway/sms?from=…&text=…`, as kannel asks.
pub(super) async fn sms_by_get(
    State(app): State<App>,
    headers: HeaderMap,
    Query(received): Query<Received>,
) -> Result<StatusCode, Refused> {
    take(app, &headers, received).await
}

/// What kannel says of a text message that it has taken (its `dlr-url`).
#[derive(Debug, Deserialize)]
pub(super) struct Reported {
    /// The notice that it was.
    notice: NoticeId,
    /// What came of it, in kannel's numbers.
    state: u32,
}

/// `GET /api/gateway/sms/report?notice=…&state=…`, as kannel asks.
pub(super) async fn report(
    State(app): State<App>,
    headers: HeaderMap,
    Query(said): Query<Reported>,
) -> Result<StatusCode, Refused> {
    trusted(&app, &headers)?;
    app.write(move |tx, now| notices::reported(tx, said.notice, said.state, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn take(app: App, headers: &HeaderMap, received: Received) -> Result<StatusCode, Refused> {
    trusted(&app, headers)?;
    let keys = app.keys.clone();
    let verdict = app
        .write(move |tx, now| match tx.attempt(|tx| joined(tx, &keys, &received, now))? {
            Ok(()) => Ok(None),
            Err(refusal) => {
                forged(tx, &received, now)?;
                Ok(Some(refusal))
            }
        })
        .await?;
    match verdict {
        None => Ok(StatusCode::NO_CONTENT),
        Some(refusal) => Err(refusal.into()),
    }
}

/// A signed text of a phone: it raises, or joins the episode that another way has raised.
fn joined(tx: &mut Tx, keys: &Keys, received: &Received, now: Moment) -> Answer<()> {
    let code = SmsText::code_of(&received.text).ok_or(Refusal::Unreadable)?;
    let device = sql::by_code(tx, code)?.ok_or(Refusal::Unreadable)?;
    let said = SmsText::check(&received.text, &keys.sms(device))?;
    let phone = identity::signed(tx, device)?.ok_or(Refusal::Unreadable)?;
    let membership = people::membership_of(tx, phone.organisation, phone.person)?;
    let whose = Whose {
        organisation: phone.organisation,
        membership,
        person: Some(phone.person),
        device: Some(device),
        marks: marks_of(&phone),
    };
    // A text may be delayed by hours: it never begins anew what a person has closed.
    let event = Event::Raised { kind: said.kind, way: Way::Sms, acted_at: Moment(i64::MIN) };
    let act = Act { event, who: "sms".to_owned(), acted_at: now, detail: received.from.clone() };
    happen(tx, said.alarm, &whose, &act, now)?;
    place::keep(tx, said.alarm, said.position.as_ref(), (now, now), &Way::Sms)
}

/// A text that names a phone of ours and does not verify is told to its office.
fn forged(tx: &mut Tx, received: &Received, now: Moment) -> Answer<()> {
    let Some(code) = SmsText::code_of(&received.text) else { return Ok(()) };
    let Some(device) = sql::by_code(tx, code)? else { return Ok(()) };
    if let Some(phone) = identity::signed(tx, device)? {
        let by = By::system(phone.organisation);
        audit::note(tx, &by, "alarm.alert_sms_forged", device, "", now)?;
    }
    Ok(())
}

/// What somebody has pressed on an automatic call.
#[derive(Debug, Deserialize)]
pub(super) struct Pressed {
    /// The notice that the call was for.
    notice: NoticeId,
    /// The key: `1` takes the alarm in charge.
    key: String,
}

/// `POST /api/gateway/call`.
pub(super) async fn call(
    State(app): State<App>,
    headers: HeaderMap,
    Json(pressed): Json<Pressed>,
) -> Result<StatusCode, Refused> {
    trusted(&app, &headers)?;
    if pressed.key != "1" {
        return Ok(StatusCode::NO_CONTENT);
    }
    let notice = pressed.notice;
    app.write(move |tx, now| {
        let called = notices::called(tx, notice)?.ok_or(Refusal::NotFound)?;
        let known = sql::claim(tx, called.alarm)?.ok_or(Refusal::NotFound)?;
        let hers = match known.person {
            Some(person) => sql::phone(tx, person)?,
            None => None,
        };
        let event = Event::Acknowledge {
            id: format!("call:{}", called.recipient),
            name: called.name.clone(),
            worker: hers.as_deref() == Some(called.recipient.as_str()),
        };
        let act = Act { event, who: called.name, acted_at: now, detail: "call".to_owned() };
        apply::apply(tx, known, &act, now)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets through who shows the secret of the settings, as a bearer or as a password.
fn trusted(app: &App, headers: &HeaderMap) -> Result<(), Refused> {
    let secret = app.config.gateway.secret().map_err(|error| {
        tracing::error!(%error, "the gateway's secret cannot be read");
        Refusal::NotFound
    })?;
    let secret = secret.ok_or(Refusal::NotFound)?;
    let shown = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(shown);
    let shown = shown.ok_or(Refusal::SignInNeeded)?;
    // Digests of equal length: comparing them tells nothing of the secret.
    if Digest::of(&[shown.as_bytes()]) == Digest::of(&[secret.as_bytes()]) {
        Ok(())
    } else {
        Err(Refusal::SignInNeeded.into())
    }
}

fn shown(header: &str) -> Option<String> {
    if let Some(bearer) = header.strip_prefix("Bearer ") {
        return Some(bearer.trim().to_owned());
    }
    let basic = STANDARD.decode(header.strip_prefix("Basic ")?.trim()).ok()?;
    let text = String::from_utf8(basic).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}
