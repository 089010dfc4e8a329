//! One push to one receiver.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use releve_shared::id::SubscriptionId;
use releve_shared::keys::Digest;
use releve_shared::time::{HOUR_MS, SECOND_MS};
use ureq::http::{Request, Response, Uri};
use ureq::unversioned::transport::DefaultConnector;

use super::ece::{self, Receiver};
use super::guard::{Guarded, endpoint, service};
use super::{sql, vapid};
use crate::app::App;
use crate::db::{Answer, Fault};
use crate::notices::Kept;
use crate::notices::send::Failed;

/// How long a push service may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// How long a push service keeps what it cannot hand over, in seconds: an alarm that is an hour old is
/// answered at the desk; a message is worth a day.
const ALARM_TTL_S: u32 = 3_600;
const TTL_S: u32 = 24 * 3_600;

/// What every push is filled up to, in bytes.
const LENGTH: usize = 256;

/// Closes and sends a push. A receiver that its service knows no more is forgotten.
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
    let own = app.config.push.own_hosts.clone();
    let uri = endpoint(&target.endpoint, &own);
    let receiver = Receiver::read(&target.p256dh, &target.auth);
    let (Some(uri), Some(receiver)) = (uri, receiver) else {
        return Ok(Err(Failed::ForGood("address")));
    };
    let text = serde_json::json!({
        "kind": notice.kind, "id": notice.about, "notice": notice.id, "lang": language,
    })
    .to_string();
    let drawn = vapid::draw(app)?;
    let body = ece::close(&receiver, text.as_bytes(), LENGTH, &drawn, app.draw());
    let body = body.ok_or_else(|| Fault::new("closing a push"))?;
    let pair = vapid::vapid(app).await?;
    let authorization = pair.header(&service(&uri), &app.config.push_subject(), app.now());
    let request = request(&uri, notice, &authorization, body);
    let Ok(request) = request else { return Ok(Err(Failed::ForGood("address"))) };
    let asked = tokio::task::spawn_blocking(move || ask(request, &own));
    let came = asked.await.map_err(|e| Fault::of("handing a push to its service", e))?;
    if came == Err(Failed::ForGood("gone")) {
        app.write(move |tx, _| Ok(sql::forget_gone(tx, organisation, id)?)).await?;
    }
    Ok(came)
}

fn request(
    uri: &Uri,
    notice: &Kept,
    authorization: &str,
    body: Vec<u8>,
) -> Result<Request<Vec<u8>>, ureq::http::Error> {
    let (urgency, ttl) = if notice.urgent { ("high", ALARM_TTL_S) } else { ("normal", TTL_S) };
    // A newer push about the same thing takes the place of one that waits; nobody can tell what about.
    let topic = Digest::of(&[notice.kind.as_bytes(), notice.about.as_bytes()]);
    let topic = URL_SAFE_NO_PAD.encode(topic.as_bytes().get(..24).unwrap_or_default());
    Request::post(uri)
        .header("authorization", authorization)
        .header("content-encoding", "aes128gcm")
        .header("content-type", "application/octet-stream")
        .header("ttl", ttl)
        .header("urgency", urgency)
        .header("topic", topic)
        .body(body)
}

fn ask(request: Request<Vec<u8>>, own: &[String]) -> Result<(), Failed> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        // A proxy would look the name up itself, behind the guard's back.
        .proxy(None)
        .build();
    let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), Guarded::new(own));
    match agent.run(request) {
        Ok(answer) => judged(&answer),
        Err(ureq::Error::Timeout(_)) => Err(Failed::ForNow("timeout")),
        Err(_) => Err(Failed::ForNow("unreachable")),
    }
}

/// What an answer means (RFC 8030, sections 5 and 7.3).
fn judged<B>(answer: &Response<B>) -> Result<(), Failed> {
    match answer.status().as_u16() {
        200..=299 => Ok(()),
        404 | 410 => Err(Failed::ForGood("gone")),
        408 | 425 | 429 | 500..=599 => Err(match wait(answer) {
            Some(ms) => Failed::Later(ms),
            None => Failed::ForNow("later"),
        }),
        413 => Err(Failed::ForGood("too_long")),
        _ => Err(Failed::ForGood("refused")),
    }
}

/// The wait that a service asks for in seconds, a day at most.
fn wait<B>(answer: &Response<B>) -> Option<i64> {
    let header = answer.headers().get("retry-after")?.to_str().ok()?;
    let seconds: u32 = header.trim().parse().ok()?;
    Some((i64::from(seconds) * SECOND_MS).min(24 * HOUR_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_meaning() {
        let says = |status: u16, after: Option<&str>| {
            let mut answer = Response::builder().status(status);
            if let Some(after) = after {
                answer = answer.header("retry-after", after);
            }
            judged(&answer.body(()).unwrap())
        };
        assert_eq!(says(201, None), Ok(()));
        for gone in [404, 410] {
            assert_eq!(says(gone, None), Err(Failed::ForGood("gone")));
        }
        assert_eq!(says(429, None), Err(Failed::ForNow("later")));
        assert_eq!(says(429, Some("120")), Err(Failed::Later(120_000)));
        assert_eq!(says(503, Some("99999999")), Err(Failed::Later(24 * HOUR_MS)));
        assert_eq!(says(503, Some("soon")), Err(Failed::ForNow("later")));
        assert_eq!(says(413, None), Err(Failed::ForGood("too_long")));
        // A redirection is not followed: it would lead past the guard.
        for refused in [301, 307, 400, 401, 403] {
            assert_eq!(says(refused, None), Err(Failed::ForGood("refused")));
        }
    }
}
