//! One event on one alarm: claimed, judged by the machine, written with its trail, and told to people,
//! in one transaction.

use releve_shared::alarm::episode::{Effect, Event, step};
use releve_shared::alarm::{Mark, Way};
use releve_shared::id::{AlarmId, DeviceId, MembershipId, OrganisationId, PersonId};
use releve_shared::refusal::Refusal;
use releve_shared::sync::Scope;
use releve_shared::time::Moment;

use super::sql::{self, Entry, Kept};
use super::{place, settings, tell};
use crate::db::{Answer, Tx};

/// Whose alarm one is.
#[derive(Clone, Debug)]
pub struct Whose {
    pub organisation: OrganisationId,
    pub membership: Option<MembershipId>,
    pub person: Option<PersonId>,
    pub device: Option<DeviceId>,
    pub marks: Vec<Mark>,
}

/// An event, by whom it came and when it was done.
#[derive(Clone, Debug)]
pub struct Act {
    pub event: Event,
    /// For the trail: a name, `phone`, `sms`, `server`.
    pub who: String,
    /// On the server's clock.
    pub acted_at: Moment,
    /// For the trail.
    pub detail: String,
}

/// An event of a phone, a gateway or a session, on an alarm that may be new.
///
/// # Errors
/// [`Refusal::NotFound`] for the id of somebody else's alarm; the machine's refusal.
pub fn happen(tx: &mut Tx, id: AlarmId, whose: &Whose, act: &Act, now: Moment) -> Answer<()> {
    let known = match sql::claim(tx, id)? {
        Some(known) if known.organisation == whose.organisation && known.person == whose.person => {
            Kept { marks: merged(&known.marks, &whose.marks), ..known }
        }
        Some(_) => return Err(Refusal::NotFound.into()),
        None => Kept {
            id,
            organisation: whose.organisation,
            membership: whose.membership,
            person: whose.person,
            device: whose.device,
            episode: None,
            pressed_at: act.acted_at,
            theoretical: None,
            marks: whose.marks.clone(),
        },
    };
    apply(tx, known, act, now)
}

fn merged(old: &[Mark], new: &[Mark]) -> Vec<Mark> {
    let mut all = [old, new].concat();
    all.sort();
    all.dedup();
    all
}

/// An event on an alarm of an organisation.
///
/// # Errors
/// [`Refusal::NotFound`]; the machine's refusal.
pub fn act(tx: &mut Tx, org: OrganisationId, id: AlarmId, act: &Act, now: Moment) -> Answer<()> {
    let known = sql::claim(tx, id)?.filter(|known| known.organisation == org);
    apply(tx, known.ok_or(Refusal::NotFound)?, act, now)
}

/// An event on a claimed alarm.
pub fn apply(tx: &mut Tx, mut kept: Kept, act: &Act, now: Moment) -> Answer<()> {
    let set = settings(tx, kept.organisation)?;
    let tiers = u32::try_from(set.tiers.len()).unwrap_or(u32::MAX);
    let (next, effects) = step(kept.episode.as_ref(), &act.event, now, (&set.rules, tiers));
    let Some(episode) = next else { return refused(&effects) };
    refused(&effects)?;
    if effects.iter().any(|effect| matches!(effect, Effect::Raised(_))) {
        if kept.episode.as_ref().is_some_and(|before| before.raised_at.is_some()) {
            kept.pressed_at = act.acted_at;
        }
        kept.theoretical = place::planned(tx, kept.organisation, kept.membership, now)?;
    }
    let known = kept.episode.replace(episode.clone());
    if known.is_some() {
        sql::write(tx, &kept, &episode)?;
    } else if !sql::add(tx, &kept, &episode)? {
        // Another node was first with the same alarm: the phone sends again, and joins it.
        return Err(Refusal::TryAgain.into());
    }
    for effect in &effects {
        let entry = entry(effect, act, now);
        sql::add_entry(tx, kept.id, &entry)?;
        tell::tell(tx, &kept, &set, effect, now)?;
    }
    if !effects.is_empty() {
        tx.tell(&Scope::desk(kept.organisation));
    }
    Ok(())
}

fn refused(effects: &[Effect]) -> Answer<()> {
    match effects.iter().find_map(|effect| match effect {
        Effect::Refused(refusal) => Some(refusal.clone()),
        Effect::Armed
        | Effect::Cancelled
        | Effect::Raised(_)
        | Effect::Joined(_)
        | Effect::LateCancel
        | Effect::SaidFine
        | Effect::Tier(_)
        | Effect::Everyone
        | Effect::TestFailed
        | Effect::Acknowledged
        | Effect::Remind
        | Effect::AllClear => None,
    }) {
        Some(refusal) => Err(refusal.into()),
        None => Ok(()),
    }
}

/// The line of the trail of an effect. What follows by itself is the server's.
fn entry(effect: &Effect, act: &Act, now: Moment) -> Entry {
    let hers = |what: &str| (what.to_owned(), act.who.clone(), act.detail.clone(), act.acted_at);
    let ours = |what: String| (what, "server".to_owned(), String::new(), now);
    let (what, who, detail, acted_at) = match effect {
        Effect::Armed => hers("armed"),
        Effect::Cancelled => hers("cancelled"),
        Effect::Raised(Way::Server) => ours("raised:server".to_owned()),
        Effect::Raised(way) => hers(&format!("raised:{way}")),
        Effect::Joined(way) => hers(&format!("joined:{way}")),
        Effect::LateCancel => hers("late_cancel"),
        Effect::SaidFine => hers("fine"),
        Effect::Tier(n) => ours(format!("tier:{}", n.saturating_add(1))),
        Effect::Everyone => ours("everyone".to_owned()),
        Effect::TestFailed => ours("test_failed".to_owned()),
        Effect::Acknowledged => hers("acknowledged"),
        Effect::Remind => ours("remind".to_owned()),
        Effect::AllClear => hers("resolved"),
        Effect::Refused(_) => hers("refused"),
    };
    Entry { what, who, detail, acted_at, at: now }
}

/// A line of the trail that changes nothing else: a note, what came of a call.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn remark(tx: &mut Tx, org: OrganisationId, id: AlarmId, entry: &Entry) -> Answer<()> {
    let known = sql::claim(tx, id)?.filter(|known| known.organisation == org);
    known.ok_or(Refusal::NotFound)?;
    sql::add_entry(tx, id, entry)?;
    tx.tell(&Scope::desk(org));
    Ok(())
}
