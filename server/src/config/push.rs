//! The settings of pushes.

use std::path::PathBuf;

use serde::Deserialize;

/// Pushes to browsers and phones: Web Push and UnifiedPush, and the services of Google and Apple.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Push {
    /// Google's, for Android phones.
    pub fcm: Fcm,
    /// Apple's, for iPhones.
    pub apns: Apns,
    /// Whom a push service may write to about this server, `mailto:…` or `https://…`; the public
    /// address when empty.
    pub subject: String,
    /// Push services in one's own network: these alone may be private, and without TLS. `host` or
    /// `host:port`, with commas between them; no other port of a host is open.
    #[serde(deserialize_with = "list")]
    pub own_hosts: Vec<String>,
}

/// Google's service for Android phones (FCM, HTTP v1).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fcm {
    /// The file of a service account that may send messages, as Google's console gives it; none is sent
    /// without.
    pub account_file: Option<PathBuf>,
    /// Where the service is.
    pub url: String,
}

impl Default for Fcm {
    fn default() -> Self {
        Self { account_file: None, url: "https://fcm.googleapis.com".to_owned() }
    }
}

/// Apple's service for iPhones (APNs, with a provider token).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Apns {
    /// The file of the key (`.p8`) as Apple gives it; none is sent without.
    pub key_file: Option<PathBuf>,
    /// The key's name at Apple's.
    pub key_id: String,
    /// The team whose key it is.
    pub team_id: String,
    /// The app's name at Apple's.
    pub topic: String,
    /// Where the service is; `https://api.sandbox.push.apple.com` for an app built to be tried.
    pub url: String,
}

impl Default for Apns {
    fn default() -> Self {
        Self {
            key_file: None,
            key_id: String::new(),
            team_id: String::new(),
            topic: "fr.releve.app".to_owned(),
            url: "https://api.push.apple.com".to_owned(),
        }
    }
}

/// A list, or a text with commas: the environment knows no lists.
fn list<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        List(Vec<String>),
        Text(String),
    }
    let parts = match Either::deserialize(from)? {
        Either::List(parts) => parts,
        Either::Text(text) => text.split(',').map(str::to_owned).collect(),
    };
    let trimmed = parts.iter().map(|part| part.trim().to_owned());
    Ok(trimmed.filter(|part| !part.is_empty()).collect())
}
