//! Who this server is at Google: a service account, and the access that it is given for a word which the
//! account's key has signed (RFC 7523).

use std::path::Path;

use releve_shared::time::{HOUR_MS, MINUTE_MS, Moment, SECOND_MS};
use serde::Deserialize;
use serde_json::json;

use super::jwt;
use super::send::asked;
use crate::notices::send::Failed;

/// What access is asked for: to send pushes, and nothing else.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

/// How long before its end an access is not used any more.
const EARLY_MS: i64 = MINUTE_MS;

/// A service account, as Google's console gives it in a file.
#[derive(Deserialize)]
pub struct Account {
    /// The project whose phones are written to.
    pub project_id: String,
    private_key_id: String,
    private_key: String,
    client_email: String,
    token_uri: String,
}

/// An access that holds for a while.
#[derive(Clone)]
pub struct Access {
    pub token: String,
    until: Moment,
}

impl Access {
    /// Whether it still holds.
    pub fn holds(&self, now: Moment) -> bool {
        now < self.until
    }
}

impl Account {
    /// Reads the file.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let account: Self = serde_json::from_str(&text)
            .map_err(|error| format!("{} is no service account: {error}", path.display()))?;
        if jwt::rsa(&account.private_key).is_none() {
            return Err(format!("{} holds no private key (RSA, PKCS#8)", path.display()));
        }
        Ok(account)
    }

    /// The word that asks for an access.
    fn word(&self, now: Moment) -> Option<String> {
        let seconds = |at: Moment| at.0.div_euclid(SECOND_MS);
        let head = json!({ "alg": "RS256", "typ": "JWT", "kid": self.private_key_id });
        let said = jwt::said(
            &head,
            &json!({
                "iss": self.client_email, "scope": SCOPE, "aud": self.token_uri,
                "iat": seconds(now), "exp": seconds(now.plus(HOUR_MS)),
            }),
        );
        jwt::rs256(&jwt::rsa(&self.private_key)?, &said)
    }

    /// Asks for an access. It blocks.
    pub fn access(&self, now: Moment) -> Result<Access, Failed> {
        let word = self.word(now).ok_or(Failed::ForNow(super::ACCOUNT))?;
        let form = format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={word}"
        );
        let request = ureq::http::Request::post(&self.token_uri)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.into_bytes())
            .map_err(|_| Failed::ForNow(super::ACCOUNT))?;
        let answer = asked(request)?;
        match answer.status {
            200 => {}
            408 | 429 | 500..=599 => return Err(answer.later()),
            _ => return Err(Failed::ForNow(super::ACCOUNT)),
        }
        let given: Given =
            serde_json::from_str(&answer.body).map_err(|_| Failed::ForNow(super::ACCOUNT))?;
        let holds = given.expires_in.clamp(0, 24 * 3_600) * SECOND_MS - EARLY_MS;
        Ok(Access { token: given.access_token, until: now.plus(holds) })
    }
}

/// The answer that gives an access.
#[derive(Deserialize)]
struct Given {
    access_token: String,
    /// In seconds.
    expires_in: i64,
}
