//! Sending what is due, by SMTP.

use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use releve_shared::time::Moment;

use super::sql::{self, Kept, State};
use super::{Kind, rules, template};
use crate::app::App;
use crate::config::{Mail, MailSecurity};
use crate::db::{Answer, Fault};

/// How long a mail server may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failed {
    /// Another attempt may do better.
    ForNow(&'static str),
    /// None will.
    ForGood(&'static str),
}

/// Sends every mail that is due; gives how many were sent. Mails of a server without a mail server
/// are given up at once, and say so.
///
/// # Errors
/// Those of the database; a mail server that does not answer is no fault.
pub async fn send_due(app: &App) -> Answer<usize> {
    let mut sent = 0;
    loop {
        let taken = app.write(|tx, now| Ok(sql::take(tx, now, now.plus(rules::LEASE_MS))?)).await?;
        if taken.is_empty() {
            return Ok(sent);
        }
        let transport = transport(&app.config.mail)?;
        for notice in taken {
            let came = match &transport {
                Some(transport) => send(app, transport, &notice).await?,
                None => Err(Failed::ForGood("mail_off")),
            };
            sent += usize::from(came.is_ok());
            if let Err(Failed::ForNow(why) | Failed::ForGood(why)) = came {
                tracing::warn!(notice = %notice.id, attempts = notice.attempts, why, "a mail failed");
            }
            app.write(move |tx, now| record(tx, &notice, came, now)).await?;
        }
    }
}

fn record(
    tx: &mut crate::db::Tx,
    notice: &Kept,
    came: Result<(), Failed>,
    now: Moment,
) -> Answer<()> {
    let (state, due, error) = match came {
        Ok(()) => (State::Sent, now, None),
        Err(Failed::ForGood(why)) => (State::GivenUp, now, Some(why)),
        Err(Failed::ForNow(why)) => match rules::wait_after(notice.attempts) {
            Some(wait) => (State::Failed, now.plus(wait), Some(why)),
            None => (State::GivenUp, now, Some(why)),
        },
    };
    sql::record(tx, notice, state, due, (now, error))?;
    Ok(())
}

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

async fn send(app: &App, transport: &Transport, notice: &Kept) -> Answer<Result<(), Failed>> {
    let organisation = notice.organisation;
    let name = app.read(move |tx, _| Ok(sql::name(tx, organisation)?)).await?;
    let message = match compose(app, notice, &name) {
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

fn compose(app: &App, notice: &Kept, organisation: &str) -> Result<Message, Failed> {
    let kind = Kind::from_code(&notice.kind).ok_or(Failed::ForGood("unknown_kind"))?;
    let settings = &app.config.mail;
    let base = app.config.server.public_url.as_str();
    let mail = template::mail(kind, settings.language, organisation, base, &notice.about);
    let host = base.split("://").last().unwrap_or("releve");
    let since = u64::try_from(app.now().0).unwrap_or(0);
    let from: Mailbox = settings.from.parse().map_err(|_| Failed::ForGood("sender"))?;
    let to: Mailbox = notice.recipient.parse().map_err(|_| Failed::ForGood("address"))?;
    Message::builder()
        .from(from)
        .to(to)
        .subject(mail.subject)
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(since))
        // The same at each attempt: a mail that comes twice is known as one.
        .message_id(Some(format!("<{}@{host}>", notice.id)))
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text)
        .map_err(|_| Failed::ForGood("letter"))
}
