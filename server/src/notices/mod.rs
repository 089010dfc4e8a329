//! The outbox of mail: queued in the transaction of what causes it, sent by the jobs, with its states.
//!
//! A mail holds no health data and no words of anybody: it says that something waits, at which
//! organisation, and where to look (row O-23).

mod rules;
mod send;
mod sql;
mod template;

use releve_shared::id::{NoticeId, OrganisationId};
use releve_shared::keys::Digest;
use releve_shared::time::Moment;

use crate::db::{Answer, Tx};

pub use send::send_due;
pub use sql::{ALL, Kept, State, about};

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A caregiver has written; about a thread.
    Message,
    /// A caregiver wishes to be called back; about a callback.
    Callback,
    /// A caregiver asks something of the office; about a request.
    Request,
}

impl Kind {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Callback => "callback",
            Self::Request => "request",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Message, Self::Callback, Self::Request].into_iter().find(|kind| kind.code() == code)
    }
}

/// Queues a mail to an address, unless one about the same thing still waits for its first attempt.
///
/// # Errors
/// Those of the database.
pub fn queue(
    tx: &mut Tx,
    (organisation, recipient): (OrganisationId, &str),
    kind: Kind,
    about: impl std::fmt::Display,
    now: Moment,
) -> Answer<()> {
    let about = about.to_string();
    if sql::waits(tx, kind, &about, recipient)? {
        return Ok(());
    }
    // Its id follows from what it is: a transaction may run twice.
    let mut chance = [0; 10];
    let digest = Digest::of(&[kind.code().as_bytes(), about.as_bytes(), recipient.as_bytes()]);
    chance.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    let new = Kept {
        id: NoticeId::new(now, chance),
        organisation,
        kind: kind.code().to_owned(),
        about,
        recipient: recipient.to_owned(),
        attempts: 0,
    };
    sql::add(tx, &new, now)?;
    Ok(())
}

/// How many notices an organisation holds, and the oldest.
///
/// # Errors
/// Those of the database.
pub fn held(tx: &mut Tx, organisation: OrganisationId) -> Answer<(u64, Option<Moment>)> {
    Ok(sql::held(tx, organisation)?)
}

/// Erases the notices that had ended, or were queued and never sent, before a moment. Gives how many.
///
/// # Errors
/// Those of the database.
pub fn forget(tx: &mut Tx, organisation: OrganisationId, before: Moment) -> Answer<u64> {
    Ok(sql::forget(tx, organisation, before)?)
}

#[cfg(test)]
mod tests;
