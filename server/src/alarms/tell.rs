//! Whom an effect is told to, by which ways. Each message is a row of the outbox, with its own state:
//! one that fails stops no other (row O-33).

use std::collections::BTreeMap;

use releve_shared::alarm::episode::Effect;
use releve_shared::alarm::{AlarmSettings, Channel, Contact, Kind as Why, Tier};
use releve_shared::time::Moment;

use super::sql::{self, Kept};
use crate::db::{Answer, Tx};
use crate::notices::{self, Kind, Urgent};

/// An address of somebody.
type To = (Channel, String);

/// Queues what an effect has to tell.
pub fn tell(
    tx: &mut Tx,
    kept: &Kept,
    set: &AlarmSettings,
    effect: &Effect,
    now: Moment,
) -> Answer<()> {
    let told = kept.episode.as_ref().map_or(0, |episode| episode.told);
    let round = kept.episode.as_ref().and_then(|e| e.due_at).map_or(0, |due| due.0);
    let (kind, part, to) = match effect {
        Effect::Raised(_) => {
            let mut to = preset(set);
            to.extend(browsers(tx, kept)?);
            (Kind::AlarmRaised, "raised".to_owned(), to)
        }
        Effect::Tier(n) => {
            let tier = usize::try_from(*n).ok().and_then(|n| set.tiers.get(n));
            (Kind::AlarmTier, format!("tier{n}"), tier.map(people).unwrap_or_default())
        }
        Effect::Everyone => (Kind::AlarmTier, format!("everyone{round}"), everyone(tx, kept, set)?),
        Effect::Remind => {
            let first = set.tiers.first().map(people).unwrap_or_default();
            (Kind::AlarmOpen, format!("remind{round}"), quiet(first))
        }
        Effect::Acknowledged => {
            (Kind::AlarmTaken, "taken".to_owned(), reached(tx, kept, set, told)?)
        }
        Effect::AllClear => (Kind::AlarmClosed, "closed".to_owned(), reached(tx, kept, set, told)?),
        Effect::Armed
        | Effect::Cancelled
        | Effect::Joined(_)
        | Effect::LateCancel
        | Effect::SaidFine
        | Effect::TestFailed
        | Effect::Refused(_) => return Ok(()),
    };
    let raised = kept.episode.as_ref().and_then(|e| e.raised_at).map_or(0, |at| at.0);
    let test = kept.episode.as_ref().is_some_and(|e| e.kind == Why::Test);
    for ((channel, recipient), name) in to {
        // A test rings no telephone: it shows that words arrive.
        if test && channel == Channel::Call {
            continue;
        }
        let new = Urgent {
            organisation: kept.organisation,
            kind,
            about: kept.id.to_string(),
            part: format!("{raised}/{part}"),
            channel,
            recipient,
            name,
        };
        notices::queue_urgent(tx, &new, now)?;
    }
    Ok(())
}

fn preset(set: &AlarmSettings) -> BTreeMap<To, String> {
    set.mails.iter().map(|mail| ((Channel::Mail, mail.clone()), String::new())).collect()
}

/// The browsers of the office that were let in, whatever their owners wish for the rest.
fn browsers(tx: &mut Tx, kept: &Kept) -> Answer<BTreeMap<To, String>> {
    let all = notices::browsers(tx, kept.organisation)?.into_iter();
    Ok(all.map(|(recipient, name)| ((Channel::Push, recipient), name)).collect())
}

fn people(tier: &Tier) -> BTreeMap<To, String> {
    tier.contacts.iter().flat_map(ways).collect()
}

fn ways(contact: &Contact) -> impl Iterator<Item = (To, String)> + use<> {
    let name = contact.name.clone();
    [
        (Channel::Mail, contact.mail.clone()),
        (Channel::Sms, contact.sms.clone()),
        (Channel::Call, contact.call.clone()),
    ]
    .into_iter()
    .filter(|(_, address)| !address.is_empty())
    .map(move |to| (to, name.clone()))
}

/// Every contact, every preset address, and every account of the office that has an address.
fn everyone(tx: &mut Tx, kept: &Kept, set: &AlarmSettings) -> Answer<BTreeMap<To, String>> {
    let mut all: BTreeMap<To, String> = set.tiers.iter().flat_map(people).collect();
    all.extend(preset(set));
    all.extend(browsers(tx, kept)?);
    for (login, name) in sql::logins(tx, kept.organisation)? {
        if login.parse::<lettre::Address>().is_ok() {
            all.entry((Channel::Mail, login)).or_insert(name);
        }
    }
    Ok(all)
}

/// Who was told so far, by words: nobody is called to hear that all is well.
fn reached(
    tx: &mut Tx,
    kept: &Kept,
    set: &AlarmSettings,
    told: u32,
) -> Answer<BTreeMap<To, String>> {
    // The contact of a call has a number for words too, where the settings know one.
    let tiers = set.tiers.iter().take(usize::try_from(told).unwrap_or(usize::MAX));
    let mut all: BTreeMap<To, String> = tiers.flat_map(people).collect();
    for line in notices::of_alarm(tx, kept.id)? {
        all.entry((line.channel, line.recipient)).or_insert(line.name);
    }
    Ok(quiet(all))
}

fn quiet(all: BTreeMap<To, String>) -> BTreeMap<To, String> {
    all.into_iter().filter(|((channel, _), _)| *channel != Channel::Call).collect()
}
