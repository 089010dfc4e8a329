//! Text messages and automatic calls, by a carrier's HTTP interface: an address, a method and a body
//! with places to fill (docs/admin-guide.md; kannel's `sendsms` is one of them).

use std::time::Duration;

use super::send::Failed;
use crate::config::{Carrier, ConfigError};

/// How long a carrier may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What fills the places.
pub struct Filling<'a> {
    /// The number, international.
    pub to: &'a str,
    /// One line of words.
    pub text: &'a str,
    /// The notice: what a callee has pressed comes back with it.
    pub notice: &'a str,
    /// Where that comes back.
    pub callback: &'a str,
    /// Where kannel says what came of a text message; empty while gateways are not heard.
    pub report: &'a str,
}

/// Where kannel says what came of a text message: it puts its own code in the place of `%d`, and shows
/// the secret of gateways, which the address holds.
pub fn report_to(public_url: &str, secret: &str, notice: &str) -> String {
    let Some((scheme, host)) = public_url.split_once("://") else { return String::new() };
    let secret = percent(secret);
    format!("{scheme}://releve:{secret}@{host}/api/gateway/sms/report?notice={notice}&state=%d")
}

/// Hands a message to a carrier. It blocks.
pub fn send(settings: &Carrier, filling: &Filling<'_>) -> Result<(), Failed> {
    if settings.url.is_empty() {
        return Err(Failed::ForGood("carrier_off"));
    }
    let secret = settings.secret().map_err(unreadable)?.unwrap_or_default();
    let fill = |template: &str, escape: fn(&str) -> String| {
        let places = [
            ("{to}", filling.to),
            ("{text}", filling.text),
            ("{notice}", filling.notice),
            ("{callback}", filling.callback),
            ("{report}", filling.report),
            ("{secret}", secret.as_str()),
        ];
        filled(template, &places, escape)
    };
    let url = fill(&settings.url, percent);
    let body = if settings.content_type.contains("json") {
        fill(&settings.body, json)
    } else {
        fill(&settings.body, percent)
    };
    let authorization = fill(&settings.authorization, str::to_owned);
    ask(settings, &url, &authorization, body)
}

fn ask(settings: &Carrier, url: &str, authorization: &str, body: String) -> Result<(), Failed> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    let mut request = ureq::http::Request::builder().method(settings.method.name()).uri(url);
    if !authorization.is_empty() {
        request = request.header("authorization", authorization);
    }
    if !body.is_empty() {
        request = request.header("content-type", &settings.content_type);
    }
    let request = request.body(body).map_err(|_| Failed::ForGood("carrier_settings"))?;
    match agent.run(request) {
        Ok(answer) => match answer.status().as_u16() {
            200..=299 => Ok(()),
            408 | 425 | 429 | 500..=599 => Err(Failed::ForNow("later")),
            _ => Err(Failed::ForGood("refused")),
        },
        Err(ureq::Error::Timeout(_)) => Err(Failed::ForNow("timeout")),
        Err(_) => Err(Failed::ForNow("unreachable")),
    }
}

fn unreadable(error: ConfigError) -> Failed {
    tracing::error!(%error, "a carrier's secret cannot be read");
    Failed::ForNow("carrier_secret")
}

/// Fills the places of a template, each value escaped; what a value holds is never filled again.
fn filled(template: &str, places: &[(&str, &str)], escape: fn(&str) -> String) -> String {
    let mut made = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        made.push_str(before);
        if let Some((name, value)) = places.iter().find(|(name, _)| from.starts_with(name)) {
            made.push_str(&escape(value));
            rest = from.get(name.len()..).unwrap_or_default();
        } else {
            made.push('{');
            rest = from.get(1..).unwrap_or_default();
        }
    }
    made.push_str(rest);
    made
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn percent(text: &str) -> String {
    let one = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(one).collect()
}

/// The inside of a JSON string.
fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_place() {
        let places = [("{to}", "+33 6"), ("{text}", "\"a\" & {to}\n")];
        assert_eq!(
            filled("http://g/?to={to}&text={text}", &places, percent),
            "http://g/?to=%2B33%206&text=%22a%22%20%26%20%7Bto%7D%0A"
        );
        let body = filled(r#"{"to":"{to}","text":"{text}"}"#, &places, json);
        let read: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(read["text"], "\"a\" & {to}\n");
    }
}
