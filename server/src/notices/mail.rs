//! Mail, by SMTP.

use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::send::{Failed, Letter};
use super::sql::Kept;
use crate::app::App;
use crate::config::{Mail, MailSecurity};
use crate::db::Fault;

/// How long a mail server may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(20);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// The way to the mail server; `None` when there is none in the settings.
fn transport(settings: &Mail) -> Result<Option<Transport>, Fault> {
    let host = settings.host.as_str();
    if host.is_empty() {
        return Ok(None);
    }
    let failed = |e| Fault::of("the mail server's settings", e);
    let builder = match settings.security {
        MailSecurity::Tls => Transport::relay(host).map_err(failed)?,
        MailSecurity::Starttls => Transport::starttls_relay(host).map_err(failed)?,
        MailSecurity::None => Transport::builder_dangerous(host),
    };
    let builder = builder.port(settings.port).timeout(Some(TIMEOUT));
    let secret = settings.password().map_err(|e| Fault::of("the mail server's password", e))?;
    Ok(Some(match secret {
        Some(secret) => {
            builder.credentials(Credentials::new(settings.user.clone(), secret)).build()
        }
        None => builder.build(),
    }))
}

/// What came of a try at the mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailTried {
    /// None is set.
    Off,
    /// It answers, and lets in who signs in.
    Answers,
    /// The settings are not usable.
    Settings(String),
    /// It answers, and does not let us in.
    Refuses(String),
    /// It does not answer, or not as a mail server does.
    Away(String),
}

/// Connects to the mail server of the settings, with TLS and a sign-in as they say, and says NOOP.
/// Nothing is sent.
pub async fn try_mail(settings: &Mail) -> MailTried {
    let transport = match transport(settings) {
        Ok(Some(transport)) => transport,
        Ok(None) => return MailTried::Off,
        Err(fault) => return MailTried::Settings(fault.to_string()),
    };
    match transport.test_connection().await {
        Ok(true) => MailTried::Answers,
        Ok(false) => MailTried::Away("it has hung up".to_owned()),
        Err(error) if error.is_permanent() || error.is_client() => {
            MailTried::Refuses(error.to_string())
        }
        Err(error) => MailTried::Away(error.to_string()),
    }
}

/// Sends a letter.
///
/// # Errors
/// A fault of the settings; a mail server that does not answer is none.
pub async fn send(app: &App, notice: &Kept, letter: Letter) -> Result<Result<(), Failed>, Fault> {
    let Some(transport) = transport(&app.config.mail)? else {
        return Ok(Err(Failed::ForGood("mail_off")));
    };
    let message = match compose(app, notice, letter) {
        Ok(message) => message,
        Err(failed) => return Ok(Err(failed)),
    };
    Ok(match transport.send(message).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() => Err(Failed::ForGood("refused")),
        Err(error) if error.is_timeout() => Err(Failed::ForNow("timeout")),
        Err(error) if error.is_transient() => Err(Failed::ForNow("later")),
        Err(_) => Err(Failed::ForNow("unreachable")),
    })
}

fn compose(app: &App, notice: &Kept, letter: Letter) -> Result<Message, Failed> {
    let settings = &app.config.mail;
    let base = app.config.server.public_url.as_str();
    let host = base.split("://").last().unwrap_or("releve");
    let since = u64::try_from(app.now().0).unwrap_or(0);
    let from: Mailbox = settings.from.parse().map_err(|_| Failed::ForGood("sender"))?;
    let to: Mailbox = notice.recipient.parse().map_err(|_| Failed::ForGood("address"))?;
    Message::builder()
        .from(from)
        .to(to)
        .subject(letter.subject)
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(since))
        // The same at each attempt: a mail that comes twice is known as one.
        .message_id(Some(format!("<{}@{host}>", notice.id)))
        .header(ContentType::TEXT_PLAIN)
        .body(letter.text)
        .map_err(|_| Failed::ForGood("letter"))
}
