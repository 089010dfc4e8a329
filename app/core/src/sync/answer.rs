//! What came back, told apart: the server's answer, its refusal, or somebody else's words.

use releve_shared::refusal::Refusal;
use releve_shared::sync::SyncRefusal;
use releve_shared::time::SECOND_MS;
use serde::de::DeserializeOwned;

use crate::ports::{NoAnswer, Response};

/// Why an exchange did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No network, a broken server, or somebody in between: try again later.
    Later { why: Refusal, retry_after_ms: Option<i64> },
    /// The server's own word on this phone or this request.
    Refused(Box<SyncRefusal>),
}

/// Reads an answer. Only JSON of the right shape is the server's: a captive portal's page with
/// status 200 is never a success.
pub(crate) fn read<T: DeserializeOwned>(came: &Result<Response, NoAnswer>) -> Result<T, Failure> {
    let Ok(response) = came else { return Err(later(Refusal::Offline)) };
    let json = response.content_type.starts_with("application/json");
    match response.status {
        200..=299 if json => {
            serde_json::from_slice(&response.body).map_err(|_| later(Refusal::NotTheServer))
        }
        400..=499 if json => Err(refusal(response)),
        500..=599 => Err(busy(response)),
        401 | 403 if response.body.is_empty() => Err(bare()),
        _ => Err(later(Refusal::NotTheServer)),
    }
}

/// Whether the server has kept what it was told: it says it back, which a portal between, with a
/// bare 204 or a JSON of its own, does not.
pub(crate) fn accepted<T: DeserializeOwned + PartialEq>(
    came: &Result<Response, NoAnswer>,
    told: &T,
) -> Result<(), Failure> {
    if read::<T>(came)? == *told { Ok(()) } else { Err(later(Refusal::NotTheServer)) }
}

fn refusal(response: &Response) -> Failure {
    match serde_json::from_slice::<SyncRefusal>(&response.body) {
        Ok(said) if matches!(said.refusal, Refusal::TooManyTries | Refusal::TryAgain) => {
            Failure::Later { why: Refusal::TryAgain, retry_after_ms: retry_after_ms(&said) }
        }
        Ok(said) => Failure::Refused(Box::new(said)),
        Err(_) if matches!(response.status, 401 | 403) => bare(),
        Err(_) => later(Refusal::TryAgain),
    }
}

/// A server that cannot answer now: never a refusal, whatever it says; only when to ask again counts.
fn busy(response: &Response) -> Failure {
    let said = serde_json::from_slice::<SyncRefusal>(&response.body).ok();
    let retry_after_ms = said.as_ref().and_then(retry_after_ms);
    Failure::Later { why: Refusal::TryAgain, retry_after_ms }
}

fn retry_after_ms(said: &SyncRefusal) -> Option<i64> {
    let s = said.retry_after_s.and_then(|s| i64::try_from(s).ok())?;
    Some(s.saturating_mul(SECOND_MS))
}

/// A 401 or 403 without a word: sign in again, data kept (sync.md WP1).
fn bare() -> Failure {
    let refusal = Refusal::SignInNeeded;
    Failure::Refused(Box::new(SyncRefusal { refusal, retry_after_s: None, wipe: None }))
}

fn later(why: Refusal) -> Failure {
    Failure::Later { why, retry_after_ms: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(status: u16, content_type: &str, body: &str) -> Result<Response, NoAnswer> {
        Ok(Response { status, content_type: content_type.into(), body: body.into() })
    }

    #[test]
    fn a_captive_portal_is_never_the_server() {
        for status in [200, 302, 401, 403, 404, 511] {
            let page = came(status, "text/html; charset=utf-8", "<html>Bienvenue</html>");
            match read::<serde_json::Value>(&page) {
                Err(Failure::Later { .. }) => {}
                other => panic!("{status}: {other:?}"),
            }
        }
        let almost = came(200, "application/json", "{\"hello\":1}");
        assert_eq!(
            read::<releve_shared::sync::PullAnswer>(&almost),
            Err(later(Refusal::NotTheServer))
        );
    }

    /// T11: what only has to be heard is heard by the server alone.
    #[test]
    fn a_portal_has_not_kept_what_the_server_was_told() {
        let told = serde_json::json!({ "next": "abc" });
        for portal in [
            came(204, "", ""),
            came(200, "", ""),
            came(200, "text/html", "<html>Bienvenue</html>"),
            came(200, "text/html", "{\"next\":\"abc\"}"),
            came(200, "application/json", "{}"),
            came(200, "application/json", "{\"next\":\"other\"}"),
            came(302, "text/html", ""),
            came(511, "text/html", "<html>Bienvenue</html>"),
            came(511, "application/json", "{\"next\":\"abc\"}"),
        ] {
            match accepted(&portal, &told) {
                Err(Failure::Later { .. }) => {}
                other => panic!("{portal:?}: {other:?}"),
            }
        }
        assert_eq!(accepted(&came(200, "application/json", "{\"next\":\"abc\"}"), &told), Ok(()));
    }

    /// T11: a server that is too busy says when to come back, and can say nothing else.
    #[test]
    fn a_busy_server_says_when_to_come_back() {
        let why = Refusal::TryAgain;
        for (status, body, retry_after_ms) in [
            (503, r#"{"refusal":"try_again","retry_after_s":2}"#, Some(2_000)),
            (429, r#"{"refusal":"too_many_tries","retry_after_s":901}"#, Some(901_000)),
            (503, r#"{"refusal":"sign_in_needed","retry_after_s":2}"#, Some(2_000)),
            (503, r#"{"refusal":"try_again"}"#, None),
            (500, r#"{"refusal":"try_again"}"#, None),
            (502, "<html>Bad Gateway</html>", None),
        ] {
            let said = read::<serde_json::Value>(&came(status, "application/json", body));
            assert_eq!(said, Err(Failure::Later { why: why.clone(), retry_after_ms }), "{body}");
        }
    }

    #[test]
    fn a_bare_401_asks_for_a_sign_in_and_nothing_more() {
        for bare_401 in [came(401, "", ""), came(403, "application/json", "{}")] {
            match read::<serde_json::Value>(&bare_401) {
                Err(Failure::Refused(said)) => {
                    assert_eq!((said.refusal, said.wipe), (Refusal::SignInNeeded, None));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
