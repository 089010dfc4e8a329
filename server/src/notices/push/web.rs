//! Pushes to browsers, and to phones through a distributor of UnifiedPush: closed for the receiver
//! (RFC 8030, 8291, 8292).

use releve_shared::notice::PushTarget;
use ureq::http::{Request, Uri};
use ureq::unversioned::transport::DefaultConnector;

use super::ece::{self, Receiver};
use super::guard::{Guarded, endpoint, service};
use super::send::{Answered, TIMEOUT, Told, asked_by};
use super::vapid;
use crate::app::App;
use crate::db::{Answer, Fault};
use crate::notices::send::Failed;

/// What every push is filled up to, in bytes.
const LENGTH: usize = 256;

/// Closes and sends a push.
///
/// # Errors
/// Those of the database; a service that does not answer is none.
pub async fn send(app: &App, target: PushTarget, told: Told) -> Answer<Result<(), Failed>> {
    let own = app.config.push.own_hosts.clone();
    let uri = endpoint(&target.endpoint, &own);
    let receiver = Receiver::read(&target.p256dh, &target.auth);
    let (Some(uri), Some(receiver)) = (uri, receiver) else {
        return Ok(Err(Failed::ForGood("address")));
    };
    let drawn = vapid::draw(app)?;
    let text = told.data().to_string();
    let body = ece::close(&receiver, text.as_bytes(), LENGTH, &drawn, app.draw());
    let body = body.ok_or_else(|| Fault::new("closing a push"))?;
    let pair = vapid::vapid(app).await?;
    let authorization = pair.header(&service(&uri), &app.config.push_subject(), app.now());
    let request = request(&uri, &told, &authorization, body);
    let Ok(request) = request else { return Ok(Err(Failed::ForGood("address"))) };
    let asked = tokio::task::spawn_blocking(move || asked_by(&agent(&own), request));
    let came = asked.await.map_err(|e| Fault::of("handing a push to its service", e))?;
    Ok(came.and_then(|answer| judged(&answer)))
}

fn request(
    uri: &Uri,
    told: &Told,
    authorization: &str,
    body: Vec<u8>,
) -> Result<Request<Vec<u8>>, ureq::http::Error> {
    Request::post(uri)
        .header("authorization", authorization)
        .header("content-encoding", "aes128gcm")
        .header("content-type", "application/octet-stream")
        .header("ttl", told.ttl_s())
        .header("urgency", if told.urgent { "high" } else { "normal" })
        .header("topic", &told.topic)
        .body(body)
}

fn agent(own: &[String]) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        // A proxy would look the name up itself, behind the guard's back.
        .proxy(None)
        .build();
    ureq::Agent::with_parts(config, DefaultConnector::default(), Guarded::new(own))
}

/// What an answer means (RFC 8030, sections 5 and 7.3).
fn judged(answer: &Answered) -> Result<(), Failed> {
    match answer.status {
        200..=299 => Ok(()),
        404 | 410 => Err(Failed::ForGood("gone")),
        408 | 425 | 429 | 500..=599 => Err(answer.later()),
        413 => Err(Failed::ForGood("too_long")),
        _ => Err(Failed::ForGood("refused")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_meaning() {
        let says = |status: u16, after_ms: Option<i64>| {
            judged(&Answered { status, after_ms, body: String::new() })
        };
        assert_eq!(says(201, None), Ok(()));
        for gone in [404, 410] {
            assert_eq!(says(gone, None), Err(Failed::ForGood("gone")));
        }
        assert_eq!(says(429, None), Err(Failed::ForNow("later")));
        assert_eq!(says(429, Some(120_000)), Err(Failed::Later(120_000)));
        assert_eq!(says(413, None), Err(Failed::ForGood("too_long")));
        // A redirection is not followed: it would lead past the guard.
        for refused in [301, 307, 400, 401, 403] {
            assert_eq!(says(refused, None), Err(Failed::ForGood("refused")));
        }
    }
}
