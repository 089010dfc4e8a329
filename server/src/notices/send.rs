//! Sending what is due: each message by its way, with its state. What is urgent waits for nothing else.

use releve_shared::alarm::Channel;
use releve_shared::id::AlarmId;
use releve_shared::sync::Scope;
use releve_shared::time::Moment;

use super::carrier::{self, Filling};
use super::sql::{self, Kept, Lane, State};
use super::{Kind, mail, push, rules, template, trial};
use crate::alarms;
use crate::app::App;
use crate::db::{Answer, Fault, Tx};

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// Another attempt may do better.
    ForNow(&'static str),
    /// The carrier asks to come back after so many milliseconds.
    Later(i64),
    /// None will.
    ForGood(&'static str),
}

impl Failed {
    fn code(self) -> &'static str {
        match self {
            Self::ForNow(why) | Self::ForGood(why) => why,
            Self::Later(_) => "later",
        }
    }
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub subject: String,
    pub text: String,
    /// One line, for a text message or a voice.
    pub short: String,
}

/// Sends what is due and not urgent, one after the other; gives how many were sent. What has no way in
/// the settings is given up at once, and says so.
///
/// # Errors
/// Those of the database; a carrier that does not answer is no fault.
pub async fn send_due(app: &App) -> Answer<usize> {
    let mut sent = 0;
    loop {
        let until = rules::LEASE_MS;
        let taken = app
            .write(move |tx, now| Ok(sql::take(tx, now, now.plus(until), Lane::Ordinary)?))
            .await?;
        if taken.is_empty() {
            return Ok(sent);
        }
        for notice in taken {
            sent += usize::from(attempt(app, notice).await?);
        }
    }
}

/// Sends what is due of alarms by mail, text message and call, side by side: one that hangs holds no
/// other. Gives how many were sent.
///
/// # Errors
/// Those of the database.
pub async fn send_urgent(app: &App) -> Answer<usize> {
    side_by_side(app, Lane::Urgent).await
}

/// The same by push.
///
/// # Errors
/// Those of the database.
pub async fn send_urgent_pushes(app: &App) -> Answer<usize> {
    side_by_side(app, Lane::UrgentPush).await
}

async fn side_by_side(app: &App, lane: Lane) -> Answer<usize> {
    let pushes = lane == Lane::UrgentPush;
    let mut sent = 0;
    loop {
        if !app.read(move |tx, now| Ok(sql::urgent_waits(tx, now, pushes)?)).await? {
            return Ok(sent);
        }
        let until = rules::URGENT_LEASE_MS;
        let taken =
            app.write(move |tx, now| Ok(sql::take(tx, now, now.plus(until), lane)?)).await?;
        let tried = taken.into_iter().map(|notice| attempt(app, notice));
        for came in futures_util::future::join_all(tried).await {
            sent += usize::from(came?);
        }
    }
}

/// One attempt at a message; true when the carrier has taken it.
async fn attempt(app: &App, notice: Kept) -> Answer<bool> {
    let came = carry(app, &notice).await?;
    if let Err(failed) = came {
        let why = failed.code();
        let (attempts, channel) = (notice.attempts, notice.channel.code());
        tracing::warn!(notice = %notice.id, attempts, channel, why, "a message failed");
    }
    app.metrics.notice(notice.channel.code(), came.is_ok());
    app.write(move |tx, now| record(tx, &notice, came, now)).await?;
    Ok(came.is_ok())
}

async fn carry(app: &App, notice: &Kept) -> Answer<Result<(), Failed>> {
    if notice.channel == Channel::Push {
        return push::send(app, notice).await;
    }
    let letter = match letter(app, notice).await? {
        Ok(letter) => letter,
        Err(failed) => return Ok(Err(failed)),
    };
    match notice.channel {
        Channel::Mail => Ok(mail::send(app, notice, letter).await?),
        Channel::Sms | Channel::Call => {
            let (app, notice) = (app.clone(), notice.clone());
            let sending = tokio::task::spawn_blocking(move || {
                let config = &app.config;
                let calls = notice.channel == Channel::Call;
                let carrier = if calls { &config.calls } else { &config.sms };
                let callback = format!("{}/api/gateway/call", config.server.public_url);
                let (to, notice) = (notice.recipient.as_str(), notice.id.to_string());
                let report = match config.gateway.secret() {
                    Ok(Some(secret)) => {
                        carrier::report_to(&config.server.public_url, &secret, &notice)
                    }
                    Ok(None) | Err(_) => String::new(),
                };
                let (notice, callback, report) = (&*notice, &*callback, &*report);
                let text = &letter.short;
                carrier::send(carrier, &Filling { to, text, notice, callback, report })
            });
            Ok(sending.await.map_err(|e| Fault::of("handing a message to a carrier", e))?)
        }
        Channel::Desk | Channel::App | Channel::Push | Channel::Unknown(_) => {
            Ok(Err(Failed::ForGood("channel_off")))
        }
    }
}

async fn letter(app: &App, notice: &Kept) -> Answer<Result<Letter, Failed>> {
    let Some(kind) = Kind::from_code(&notice.kind) else {
        return Ok(Err(Failed::ForGood("unknown_kind")));
    };
    let language = app.config.mail.language;
    let (about, organisation) = (notice.about.clone(), notice.organisation);
    let base = app.config.server.public_url.clone();
    let name = app.read(move |tx, _| Ok(sql::name(tx, organisation)?)).await?;
    if let Some(mail) = template::mail(kind, language, &name, &base, &about) {
        let short = mail.subject.clone();
        return Ok(Ok(Letter { short, subject: mail.subject, text: mail.text }));
    }
    let Ok(alarm) = about.parse::<AlarmId>() else {
        return Ok(Err(Failed::ForGood("unknown_alarm")));
    };
    let words =
        app.read(move |tx, now| alarms::words(tx, alarm, kind, (language, &base), now)).await?;
    let letter = words.map(|w| Letter { subject: w.subject, text: w.text, short: w.short });
    Ok(letter.ok_or(Failed::ForGood("unknown_alarm")))
}

fn record(tx: &mut Tx, notice: &Kept, came: Result<(), Failed>, now: Moment) -> Answer<()> {
    let asked = if let Err(Failed::Later(ms)) = came { ms } else { 0 };
    let wait = rules::wait(notice.urgent, notice.attempts, asked);
    let error = came.err().map(Failed::code);
    let (state, due) = match came {
        Ok(()) => (State::Sent, now),
        Err(Failed::ForGood(_)) => (State::GivenUp, now),
        Err(Failed::ForNow(_) | Failed::Later(_)) => match wait {
            Some(wait) => (State::Failed, now.plus(wait)),
            None => (State::GivenUp, now),
        },
    };
    sql::record(tx, notice, state, due, (now, error))?;
    if notice.kind == Kind::Test.code() {
        trial::moved(tx, &notice.about)?;
    }
    if notice.urgent {
        // The desk shows each state as it is.
        tx.tell(&Scope::desk(notice.organisation));
    }
    Ok(())
}
