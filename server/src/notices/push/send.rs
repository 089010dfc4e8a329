//! One push to one receiver, by the service that it is reached through.

use std::time::Duration;

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use releve_shared::id::SubscriptionId;
use releve_shared::keys::Digest;
use releve_shared::notice::PushKind;
use releve_shared::time::{HOUR_MS, SECOND_MS};
use serde_json::{Value, json};
use ureq::http::Request;

use super::{apns, fcm, sql, web};
use crate::app::App;
use crate::db::Answer;
use crate::notices::Kept;
use crate::notices::send::Failed;

/// How long a push service may take for an answer.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// How long a push service keeps what it cannot hand over, in seconds: an alarm that is an hour old is
/// answered at the desk; a message is worth a day.
const ALARM_TTL_S: u32 = 3_600;
const TTL_S: u32 = 24 * 3_600;

/// How much of an answer is read, in bytes.
const ANSWER_LIMIT: u64 = 64 * 1_024;

/// What a push says, whichever service carries it: what kind of thing waits, and ids.
#[derive(Clone, Debug)]
pub struct Told {
    /// What kind of thing waits: a code.
    pub kind: String,
    /// The notice, the same at each attempt.
    pub notice: String,
    /// The language of the receiver.
    pub language: String,
    /// One about the same thing: a newer one takes the place of one that waits, and nobody can tell what
    /// about.
    pub topic: String,
    /// Whether it waits for nothing.
    pub urgent: bool,
    about: String,
}

impl Told {
    fn of(notice: &Kept, language: String) -> Self {
        let topic = Digest::of(&[notice.kind.as_bytes(), notice.about.as_bytes()]);
        Self {
            kind: notice.kind.clone(),
            notice: notice.id.to_string(),
            language,
            topic: URL_SAFE_NO_PAD.encode(topic.as_bytes().get(..24).unwrap_or_default()),
            urgent: notice.urgent,
            about: notice.about.clone(),
        }
    }

    /// As the receiver reads it.
    pub fn data(&self) -> Value {
        json!({
            "kind": self.kind, "id": self.about, "notice": self.notice, "lang": self.language,
        })
    }

    /// How long a service keeps it, in seconds.
    pub fn ttl_s(&self) -> u32 {
        if self.urgent { ALARM_TTL_S } else { TTL_S }
    }
}

/// Sends a push. A receiver that its service knows no more is forgotten.
///
/// # Errors
/// Those of the database; a service that does not answer is none.
pub async fn send(app: &App, notice: &Kept) -> Answer<Result<(), Failed>> {
    let Ok(id) = notice.recipient.parse::<SubscriptionId>() else {
        return Ok(Err(Failed::ForGood("address")));
    };
    let organisation = notice.organisation;
    let found = app.read(move |tx, _| Ok(sql::target(tx, organisation, id)?)).await?;
    let Some((target, language)) = found else { return Ok(Err(Failed::ForGood("gone"))) };
    let told = Told::of(notice, language);
    let came = match &target.kind {
        PushKind::Web => web::send(app, target, told).await?,
        PushKind::Fcm => fcm::send(app, target, told).await?,
        PushKind::Apns => apns::send(app, target, told).await?,
        PushKind::Unknown(_) => Err(Failed::ForGood("address")),
    };
    if came == Err(Failed::ForGood("gone")) {
        app.write(move |tx, _| Ok(sql::forget_gone(tx, organisation, id)?)).await?;
    }
    Ok(came)
}

/// What a service has answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// How long it wants to be left alone.
    pub after_ms: Option<i64>,
    /// The first bytes of what it says.
    pub body: String,
}

impl Answered {
    /// It is busy: another attempt may do better, after what it asks for.
    pub fn later(&self) -> Failed {
        self.after_ms.map_or(Failed::ForNow("later"), Failed::Later)
    }
}

/// Asks a service of the settings. It blocks.
pub fn asked(request: Request<Vec<u8>>) -> Result<Answered, Failed> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .build();
    asked_by(&config.new_agent(), request)
}

/// Asks a service by an agent. It blocks.
pub fn asked_by(agent: &ureq::Agent, request: Request<Vec<u8>>) -> Result<Answered, Failed> {
    let failed = |error: ureq::Error| {
        let slow = matches!(error, ureq::Error::Timeout(_));
        Failed::ForNow(if slow { "timeout" } else { "unreachable" })
    };
    let mut answer = agent.run(request).map_err(failed)?;
    let (status, after_ms) = (answer.status().as_u16(), wait(answer.headers()));
    // What it says only refines what its status means.
    let body = answer.body_mut().with_config().limit(ANSWER_LIMIT).read_to_string();
    Ok(Answered { status, after_ms, body: body.unwrap_or_default() })
}

/// The wait that a service asks for in seconds, a day at most.
pub fn wait(headers: &HeaderMap) -> Option<i64> {
    let header = headers.get("retry-after")?.to_str().ok()?;
    let seconds: u32 = header.trim().parse().ok()?;
    Some((i64::from(seconds) * SECOND_MS).min(24 * HOUR_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_left_alone_for_a_day_at_most() {
        let after = |text: &'static str| {
            let mut headers = HeaderMap::new();
            let _ = headers.insert("retry-after", text.parse().unwrap());
            let body = String::new();
            Answered { status: 503, after_ms: wait(&headers), body }.later()
        };
        assert_eq!(after("120"), Failed::Later(120_000));
        assert_eq!(after("99999999"), Failed::Later(24 * HOUR_MS));
        assert_eq!(after("soon"), Failed::ForNow("later"));
    }
}
