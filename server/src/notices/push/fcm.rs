//! Pushes to Android phones through Google's service (FCM, HTTP v1): data without words, which the app
//! words itself.

use releve_shared::notice::PushTarget;
use serde::Deserialize;
use serde_json::{Value, json};

use super::oauth::{Access, Account};
use super::send::{Answered, Told, asked};
use super::{ACCOUNT, OFF};
use crate::app::App;
use crate::db::{Answer, Fault};
use crate::notices::send::Failed;

/// Sends a push.
///
/// # Errors
/// None but a thread that breaks; a service that does not answer is none.
pub async fn send(app: &App, target: PushTarget, told: Told) -> Answer<Result<(), Failed>> {
    let app = app.clone();
    let came = tokio::task::spawn_blocking(move || handed(&app, &target.endpoint, &told)).await;
    Ok(came.map_err(|e| Fault::of("handing a push to Google's service", e))?)
}

fn handed(app: &App, token: &str, told: &Told) -> Result<(), Failed> {
    let settings = &app.config.push.fcm;
    let Some(file) = &settings.account_file else { return Err(Failed::ForGood(OFF)) };
    let account = Account::read(file).map_err(|why| {
        tracing::error!(why, "push.fcm.account_file");
        Failed::ForNow(ACCOUNT)
    })?;
    let access = app.push_services.google(app.now(), |now| account.access(now))?;
    let url = format!("{}/v1/projects/{}/messages:send", settings.url, account.project_id);
    let request = ureq::http::Request::post(url)
        .header("authorization", format!("Bearer {}", access.token))
        .header("content-type", "application/json")
        .body(message(token, told).to_string().into_bytes())
        .map_err(|_| Failed::ForNow(ACCOUNT))?;
    let came = judged(&asked(request)?);
    if came == Err(Failed::ForNow(ACCOUNT)) {
        app.push_services.google_forgets();
    }
    came
}

/// What is sent: kind and ids. All values of data are texts there.
fn message(token: &str, told: &Told) -> Value {
    let mut android = json!({
        "priority": if told.urgent { "HIGH" } else { "NORMAL" },
        "ttl": format!("{}s", told.ttl_s()),
    });
    // Of ordinary ones that wait, the last of a kind is enough: it wakes the app, which fetches all.
    // The service keeps four such keys for a phone.
    if let (false, Some(android)) = (told.urgent, android.as_object_mut()) {
        let _ = android.insert("collapse_key".to_owned(), told.kind.clone().into());
    }
    json!({ "message": { "token": token, "data": told.data(), "android": android } })
}

/// What an answer means. Only a token that the service says is registered no more is gone: "not found"
/// is said of a project too.
fn judged(answer: &Answered) -> Result<(), Failed> {
    let code = reason(&answer.body);
    match (answer.status, code.as_str()) {
        (200..=299, _) => Ok(()),
        (404, "UNREGISTERED") => Err(Failed::ForGood("gone")),
        (403, "SENDER_ID_MISMATCH") => Err(Failed::ForGood("refused")),
        (408 | 429 | 500..=599, _) => Err(answer.later()),
        // A key taken back, an interface switched off, another project: somebody can mend it.
        (401 | 403 | 404, _) => Err(Failed::ForNow(ACCOUNT)),
        _ => Err(Failed::ForGood("refused")),
    }
}

/// FCM's own code in an answer; empty without one.
fn reason(body: &str) -> String {
    #[derive(Deserialize)]
    struct Body {
        error: Error,
    }
    #[derive(Deserialize)]
    struct Error {
        #[serde(default)]
        details: Vec<Detail>,
    }
    #[derive(Deserialize)]
    struct Detail {
        #[serde(rename = "errorCode", default)]
        code: String,
    }
    let details = serde_json::from_str::<Body>(body).map(|body| body.error.details);
    let mut codes = details.unwrap_or_default().into_iter().map(|detail| detail.code);
    codes.find(|code| !code.is_empty()).unwrap_or_default()
}

impl super::Services {
    /// The access at Google's, a new one when none holds. Of two that ask at once each gets one.
    fn google(
        &self,
        now: releve_shared::time::Moment,
        ask: impl FnOnce(releve_shared::time::Moment) -> Result<Access, Failed>,
    ) -> Result<Access, Failed> {
        let held = super::held(&self.google).clone();
        if let Some(access) = held.filter(|access| access.holds(now)) {
            return Ok(access);
        }
        let access = ask(now)?;
        *super::held(&self.google) = Some(access.clone());
        Ok(access)
    }

    /// The access was refused: another is asked for.
    fn google_forgets(&self) {
        *super::held(&self.google) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_that_is_gone_is_gone() {
        let says = |status: u16, code: &str| {
            let details = if code.is_empty() {
                json!([{ "@type": "type.googleapis.com/google.rpc.Help" }])
            } else {
                json!([{ "@type": "type.googleapis.com/google.rpc.Help" }, { "errorCode": code }])
            };
            let body = json!({ "error": { "code": status, "details": details } }).to_string();
            judged(&Answered { status, after_ms: None, body })
        };
        assert_eq!(says(200, ""), Ok(()));
        assert_eq!(says(404, "UNREGISTERED"), Err(Failed::ForGood("gone")));
        for (status, code) in [(404, ""), (401, "THIRD_PARTY_AUTH_ERROR"), (403, "")] {
            assert_eq!(says(status, code), Err(Failed::ForNow(ACCOUNT)), "{status}");
        }
        assert_eq!(says(403, "SENDER_ID_MISMATCH"), Err(Failed::ForGood("refused")));
        assert_eq!(says(400, "INVALID_ARGUMENT"), Err(Failed::ForGood("refused")));
        for status in [429, 500, 503] {
            assert_eq!(says(status, "UNAVAILABLE"), Err(Failed::ForNow("later")), "{status}");
        }
        let busy = Answered { status: 429, after_ms: Some(9_000), body: "<html>".to_owned() };
        assert_eq!(judged(&busy), Err(Failed::Later(9_000)));
    }
}
