//! Settings: a TOML file, then `RELEVE__SECTION__NAME` of the environment over it. Secrets come from
//! files, so that they show in no process list.

mod push;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::identity::keys::MasterKey;

pub use push::{Apns, Fcm, Push};

/// All settings, each with a default that serves a trial on one machine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where and how to listen.
    pub server: Server,
    /// Which database.
    pub db: Database,
    /// Where the master key lies.
    pub keys: KeyFiles,
    /// Phones.
    pub phones: Phones,
    /// Desk sign-ins.
    pub sessions: Sessions,
    /// How much is too much.
    pub limits: Limits,
    /// The mail server.
    pub mail: Mail,
    /// The carrier of text messages.
    pub sms: Carrier,
    /// The telephony gateway that places automatic calls.
    pub calls: Carrier,
    /// Pushes to browsers and phones.
    pub push: Push,
    /// Gateways that tell us what they receive.
    pub gateway: Gateway,
    /// What is logged, and how.
    pub log: Log,
    /// Figures for Prometheus.
    pub metrics: Figures,
    /// The master key, read from its file by the command that needs it.
    #[serde(skip)]
    pub master: MasterKey,
}

/// Where and how to listen.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port; port 0 takes any free one.
    pub listen: String,
    /// The address that phones and browsers use, without a final slash. It is written on tags.
    pub public_url: String,
    /// How many proxies stand in front and add to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// Largest body of a request, in bytes, after decompression.
    pub max_body_bytes: usize,
    /// Longest time for an answer, in seconds; streams excepted.
    pub timeout_s: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8470".to_owned(),
            public_url: "http://127.0.0.1:8470".to_owned(),
            trusted_proxies: 0,
            max_body_bytes: 4 * 1024 * 1024,
            timeout_s: 30,
        }
    }
}

impl Server {
    /// Whether browsers reach the server by TLS.
    #[must_use]
    pub fn https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// Which database.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:path` or `postgres://user@host/name`.
    pub url: String,
    /// A file that holds PostgreSQL's password, on its first line.
    pub password_file: Option<PathBuf>,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite:releve-data/releve.db".to_owned(), password_file: None }
    }
}

// The URL may hold a password: only its kind is shown.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.url.split(':').next().unwrap_or_default();
        f.debug_struct("Database").field("kind", &kind).finish_non_exhaustive()
    }
}

/// Where the master key lies (docs/keys.md).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyFiles {
    /// 32 bytes in base64url, readable by the server alone. `serve` makes it when it is absent.
    pub master_file: PathBuf,
    /// The recovery key, 32 bytes in base64url, which seals backups. The first `backup` makes it.
    pub backup_file: PathBuf,
}

impl Default for KeyFiles {
    fn default() -> Self {
        Self {
            master_file: PathBuf::from("releve-data/master.key"),
            backup_file: PathBuf::from("releve-data/backup.key"),
        }
    }
}

/// Phones.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Phones {
    /// How long a phone may show what it holds without hearing from the server, in days: 1 to 30.
    pub lease_days: u8,
    /// The oldest app that is served in full (row W-35).
    pub min_version: String,
    /// How long an enrolment code holds, in minutes.
    pub enrolment_minutes: u16,
}

impl Default for Phones {
    fn default() -> Self {
        Self { lease_days: 7, min_version: "0.1.0".to_owned(), enrolment_minutes: 15 }
    }
}

/// Desk sign-ins.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// A session that is not used ends after this many minutes.
    pub idle_minutes: u32,
    /// Every session ends after this many hours.
    pub absolute_hours: u32,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { idle_minutes: 120, absolute_hours: 12 }
    }
}

/// How much is too much; over it, 429 with `Retry-After`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Failed sign-ins of one account name in fifteen minutes.
    pub sign_ins_per_account: u32,
    /// Sign-ins from one address in fifteen minutes.
    pub sign_ins_per_address: u32,
    /// Sign-ins and enrolments of all in a minute.
    pub sign_ins_overall: u32,
    /// Enrolments tried from one address in fifteen minutes.
    pub enrolments_per_address: u32,
    /// Requests of one phone in a minute.
    pub requests_per_phone: u32,
    /// Reports on the alarm lane of one phone in a minute. A first alarm is never refused by it.
    pub alarm_reports_per_phone: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_ins_per_account: 10,
            sign_ins_per_address: 50,
            sign_ins_overall: 600,
            enrolments_per_address: 60,
            requests_per_phone: 600,
            alarm_reports_per_phone: 240,
        }
    }
}

/// The mail server that takes our mails. Without a host, no mail leaves.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Its name or address; empty for none.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub security: MailSecurity,
    /// Who signs in; empty for nobody.
    pub user: String,
    /// A file that holds the password, on its first line.
    pub password_file: Option<PathBuf>,
    /// Who mails come from: `Name <address>`.
    pub from: String,
    /// The language of mails to the office.
    pub language: MailLanguage,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 587,
            security: MailSecurity::Starttls,
            user: String::new(),
            password_file: None,
            from: "Relève <releve@localhost>".to_owned(),
            language: MailLanguage::Fr,
        }
    }
}

impl Mail {
    /// The password of its file, for who signs in.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn password(&self) -> Result<Option<String>, ConfigError> {
        let path = self.password_file.as_ref().filter(|_| !self.user.is_empty());
        first_line("mail.password_file", path)
    }
}

/// A secret of a file, on its first line; `None` when no file is named.
fn first_line(name: &'static str, path: Option<&PathBuf>) -> Result<Option<String>, ConfigError> {
    let Some(path) = path else { return Ok(None) };
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Secret {
        name,
        path: path.display().to_string(),
        error,
    })?;
    Ok(Some(text.lines().next().unwrap_or_default().to_owned()))
}

/// A carrier of text messages or calls, by its HTTP interface. In `url`, `body` and `authorization` the
/// places `{to}`, `{text}`, `{secret}`, `{notice}` and `{callback}` are filled, escaped as they must be.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Carrier {
    /// Its address; empty for none.
    pub url: String,
    /// How it is asked.
    pub method: Method,
    /// The body, for `post`.
    pub body: String,
    /// What the body is.
    pub content_type: String,
    /// The `Authorization` header; empty for none.
    pub authorization: String,
    /// A file that holds the secret, on its first line.
    pub secret_file: Option<PathBuf>,
}

impl Default for Carrier {
    fn default() -> Self {
        Self {
            url: String::new(),
            method: Method::Post,
            body: String::new(),
            content_type: "application/json".to_owned(),
            authorization: String::new(),
            secret_file: None,
        }
    }
}

impl Carrier {
    /// The secret of its file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn secret(&self) -> Result<Option<String>, ConfigError> {
        first_line("sms.secret_file or calls.secret_file", self.secret_file.as_ref())
    }
}

/// How a carrier is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// All is in the address.
    Get,
    /// There is a body.
    Post,
}

impl Method {
    /// Its name in HTTP.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Gateways that tell us what they receive: text messages of phones, keys pressed on calls.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// A file that holds the secret that they show, on its first line. Without it they are not heard.
    pub secret_file: Option<PathBuf>,
}

impl Gateway {
    /// The secret of its file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn secret(&self) -> Result<Option<String>, ConfigError> {
        let secret = first_line("gateway.secret_file", self.secret_file.as_ref())?;
        // An empty line is no secret: nobody is let through by showing nothing.
        Ok(secret.filter(|secret| !secret.trim().is_empty()))
    }
}

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS from the first byte (port 465).
    Tls,
    /// TLS asked for on a plain connection, and required (port 587).
    Starttls,
    /// None: for a mail server on the same machine.
    None,
}

/// The language of mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailLanguage {
    /// French.
    Fr,
    /// English.
    En,
}

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`.
    pub level: String,
    /// `json` for machines, `text` for people.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Json }
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Lines for people.
    Text,
}

/// Figures for Prometheus.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Figures {
    /// Address and port of `/metrics`; none when empty. Whoever reaches it may read it.
    pub listen: String,
}

/// Settings that cannot be used, in words for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file or a variable is not what it should be.
    #[error("the settings cannot be read: {0}")]
    Unreadable(#[from] config::ConfigError),
    /// A value is outside its limits.
    #[error("the setting {name} is {value}: {why}")]
    Wrong {
        /// Which one.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it must be.
        why: &'static str,
    },
    /// A file of a secret cannot be read.
    #[error("the file {path} of the setting {name} cannot be read: {error}")]
    Secret {
        /// Which setting.
        name: &'static str,
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
}

impl Config {
    /// Reads `file` (when given, it must exist) and the environment, and checks every value.
    ///
    /// # Errors
    /// What is wrong, naming the setting.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut sources = config::Config::builder();
        if let Some(path) = file {
            sources = sources.add_source(config::File::from(path).format(config::FileFormat::Toml));
        }
        let environment = config::Environment::with_prefix("RELEVE")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true);
        let read: Self = sources.add_source(environment).build()?.try_deserialize()?;
        read.checked()
    }

    /// Trims and checks what was read.
    ///
    /// # Errors
    /// What is wrong, naming the setting.
    pub fn checked(mut self) -> Result<Self, ConfigError> {
        let url = self.server.public_url.trim_end_matches('/').to_owned();
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#', ' '])) {
            return Err(ConfigError::Wrong {
                name: "server.public_url",
                value: url,
                why: "it must be https://host or http://host, without a path",
            });
        }
        self.server.public_url = url;
        if !(1..=30).contains(&self.phones.lease_days) {
            return Err(ConfigError::Wrong {
                name: "phones.lease_days",
                value: self.phones.lease_days.to_string(),
                why: "a phone may be away for 1 to 30 days",
            });
        }
        if !(self.db.url.starts_with("sqlite:") || self.db.url.starts_with("postgres")) {
            return Err(ConfigError::Wrong {
                name: "db.url",
                value: self.db.url.split(':').next().unwrap_or_default().to_owned(),
                why: "it must begin with sqlite: or postgres://",
            });
        }
        Ok(self)
    }

    /// Whom push services may write to about this server.
    #[must_use]
    pub fn push_subject(&self) -> String {
        if self.push.subject.is_empty() {
            self.server.public_url.clone()
        } else {
            self.push.subject.clone()
        }
    }

    /// The database's address, with the password of its file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn database_url(&self) -> Result<String, ConfigError> {
        let Some(path) = &self.db.password_file else { return Ok(self.db.url.clone()) };
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Secret {
            name: "db.password_file",
            path: path.display().to_string(),
            error,
        })?;
        let password = text.lines().next().unwrap_or_default();
        let escaped: String = password.bytes().map(escape).collect();
        Ok(match self.db.url.split_once('@') {
            Some((user, host)) => format!("{user}:{escaped}@{host}"),
            None => self.db.url.clone(),
        })
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn escape(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Config, ConfigError> {
        let sources = config::Config::builder()
            .add_source(config::File::from_str(toml, config::FileFormat::Toml));
        sources.build()?.try_deserialize::<Config>()?.checked()
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let told = |toml: &str| read(toml).unwrap_err().to_string();
        assert!(told("[phones]\nlease_days = 31").contains("phones.lease_days is 31"));
        assert!(told("[server]\npublic_url = \"releve.example\"").contains("server.public_url"));
        assert!(told("[db]\nurl = \"mysql://x\"").contains("sqlite: or postgres"));
        assert!(told("[server]\nlisten_to = 3").contains("listen_to"));
    }

    #[test]
    fn a_password_comes_from_its_file_and_shows_nowhere() {
        let path = std::env::temp_dir().join(format!("releve-password-{}", std::process::id()));
        std::fs::write(&path, "s@cret/\n").unwrap();
        let toml = format!("[db]\nurl = \"postgres://r@h/d\"\npassword_file = {path:?}");
        let config = read(&toml).unwrap();
        assert_eq!(config.database_url().unwrap(), "postgres://r:s%40cret%2F@h/d");
        assert!(!format!("{config:?}").contains("r@h"));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn the_defaults_serve_a_trial() {
        let config = read("").unwrap();
        assert_eq!(config.phones.lease_days, 7);
        assert!(!config.server.https());
    }
}
