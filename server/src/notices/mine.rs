//! "Mes avertissements": what an account wishes to be told, its browsers, and what was sent to it.

use releve_shared::alarm::{Channel, Delivery};
use releve_shared::id::{AccountId, NoticeId, OrganisationId, SubscriptionId};
use releve_shared::notice::Wishes;
use releve_shared::time::Moment;
use serde::Serialize;
use utoipa::ToSchema;

use super::rules::{self, Person};
use super::{push, sql};
use crate::audit::note;
use crate::db::{Answer, Fault, Tx, Value};
use crate::identity::By;

/// How many of the last notices are shown.
const SHOWN: u32 = 20;

/// What an account sees of its notices.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Mine {
    /// What it wishes.
    wishes: Wishes,
    /// The address that mails go to; `None` when the account signs in without one.
    mail: Option<String>,
    /// The browsers that were let in, the newest first.
    browsers: Vec<Browser>,
    /// The last notices, the newest first.
    recent: Vec<NoticeRow>,
    /// The server's public key for pushes, as a browser takes it.
    key: String,
}

/// A browser that was let in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Browser {
    /// Its id.
    id: SubscriptionId,
    /// Its name, in words.
    name: String,
    /// Its address at the push service: a browser knows itself by it.
    endpoint: String,
    /// Since when.
    since: Moment,
}

/// A notice to an account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NoticeRow {
    /// Its id.
    id: NoticeId,
    /// What it is about: a code.
    kind: String,
    /// By which way.
    channel: Channel,
    /// The address, or the browser's name.
    to: String,
    /// Where it is.
    state: Delivery,
    /// How often it was tried.
    attempts: u32,
    /// Why the last attempt failed: a code.
    error: Option<String>,
    /// When it was queued.
    queued_at: Moment,
    /// When it is tried, or tried again: quiet hours move it.
    due_at: Moment,
    /// When it was sent or given up.
    ended_at: Option<Moment>,
}

/// Reads it.
pub(super) fn mine(tx: &mut Tx, by: &By, key: &str) -> Answer<Mine> {
    let own = one(tx, by)?;
    let mails = rules::reached(&own).into_iter().find(|to| to.channel == Channel::Mail);
    let browsers = push::mine(tx, by)?.into_iter();
    let browsers = browsers.map(|b| Browser {
        id: b.id,
        name: b.name,
        endpoint: b.endpoint,
        since: b.created_at,
    });
    let recent = sql::to_account(tx, by.organisation, by.account, SHOWN)?.into_iter();
    let recent = recent.map(|n| NoticeRow {
        id: n.id,
        kind: n.kind,
        // A browser's recipient is an id, which says nothing to anybody.
        to: if n.channel == Channel::Push { n.name } else { n.recipient },
        channel: n.channel,
        state: n.state,
        attempts: n.attempts,
        error: n.error,
        queued_at: n.queued_at,
        due_at: n.due_at,
        ended_at: n.ended_at,
    });
    Ok(Mine {
        mail: mails.map(|to| to.recipient),
        browsers: browsers.collect(),
        recent: recent.collect(),
        key: key.to_owned(),
        wishes: own.wishes,
    })
}

/// Writes what an account wishes.
pub(super) fn wish(tx: &mut Tx, by: &By, wishes: &Wishes, now: Moment) -> Answer<()> {
    sql::wish(tx, by.organisation, by.account, Value::json(wishes)?)?;
    note(tx, by, "notice.wishes", by.account, "", now)?;
    Ok(())
}

/// The account itself, with what it wishes and how it is reached.
pub(super) fn one(tx: &mut Tx, by: &By) -> Answer<Person> {
    let all = people(tx, by.organisation)?;
    let own = all.into_iter().find(|person| person.account == by.account);
    Ok(own.ok_or_else(|| Fault::new("a session without its account"))?)
}

/// The open accounts of an organisation, with what each wishes and how it is reached.
pub(super) fn people(tx: &mut Tx, organisation: OrganisationId) -> Answer<Vec<Person>> {
    let browsers = push::of_office(tx, organisation)?;
    let of = |account: AccountId| {
        let hers = browsers.iter().filter(|(of, ..)| *of == account);
        hers.map(|(_, id, name)| (*id, name.clone())).collect()
    };
    let mut people = Vec::new();
    for (account, login, wishes) in sql::people(tx, organisation)? {
        let wishes = match wishes {
            Some(text) => {
                serde_json::from_str(&text).map_err(|e| Fault::of("reading wishes", e))?
            }
            None => Wishes::default(),
        };
        people.push(Person { account, login, wishes, browsers: of(account) });
    }
    Ok(people)
}
