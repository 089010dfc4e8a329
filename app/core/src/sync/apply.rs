//! What the server's answers change in the store. The only writer of the mirror.

use std::collections::{BTreeMap, BTreeSet};

use releve_shared::alarm::PhoneAlarmSettings;
use releve_shared::clock::Stamp;
use releve_shared::establishment::Organisation;
use releve_shared::person::{Membership, MembershipState, Person};
use releve_shared::planted;
use releve_shared::sync::{Lane, PullAnswer, PushAnswer, RowKind, Scope, Verdict};
use releve_shared::time::Moment;
use rusqlite::Connection;

use crate::alarm::WorkerName;
use crate::fault::Stop;
use crate::store::care::{Applied, Pull};
use crate::store::duty::{Diary, Epoch, Identity, Member};
use crate::store::{care, chain, duty, known, outbox, shrink, write};

/// Pages that took longer than this to come are written down before the last one is here, so that a
/// phone that is stopped meanwhile goes on where it was: by then fetching again costs more than writing.
/// In milliseconds of boot time.
const KEEP_AFTER_MS: i64 = 50;

/// What a push came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// Verdicts were given, or the lanes put right: go on.
    GoOn,
    /// The server took nothing and nothing changed: wait before the next try.
    Stuck,
}

/// Keeps the verdicts of a push. A lane that the server is behind in is offered again from the
/// number it names; after a restore, all lanes are, after its last numbers (C3, C8).
pub(crate) fn pushed(db: &mut Connection, answer: &PushAnswer) -> Result<Pushed, Stop> {
    write(db, |tx| {
        let mut moved = answer.outcomes.is_empty();
        let known = duty::get::<Epoch>(tx)?;
        let restored = known.as_ref().is_some_and(|known| known.0 != answer.epoch)
            && !planted!("epoch_ignored");
        if restored || known.is_none() {
            duty::put(tx, &Epoch(answer.epoch.clone()))?;
        }
        let mut behind: BTreeMap<Lane, u64> = BTreeMap::new();
        if restored {
            for lane in outbox::lanes(tx)? {
                let last = answer.last.get(&lane).copied().unwrap_or(0);
                behind.insert(lane, last.saturating_add(1));
            }
            chain::tell_again(tx)?;
        }
        for outcome in &answer.outcomes {
            match &outcome.verdict {
                Verdict::Done | Verdict::Refused { .. } => {
                    outbox::record(tx, outcome)?;
                    moved = true;
                }
                Verdict::Expected { n } => {
                    let from = behind.entry(outcome.lane.clone()).or_insert(*n);
                    *from = (*from).min(*n);
                }
            }
        }
        for (lane, from) in &behind {
            // Verdicts of this very answer are below what the server expects: they stay.
            moved |= outbox::offer_again(tx, lane, *from)? > 0;
        }
        Ok(if moved { Pushed::GoOn } else { Pushed::Stuck })
    })
}

/// Takes a page, asked for at `sent`, into the pull under way. Complete, it becomes visible all at once (F4), and what
/// clocking must learn of it is given.
pub(crate) fn page(
    care_db: &mut Connection,
    under_way: &mut Option<Pull>,
    answer: PullAnswer,
    (sent, now): (&Stamp, &Stamp),
) -> Result<Option<Applied>, Stop> {
    let granted: BTreeSet<Scope> = answer.scopes.into_iter().collect();
    // Whatever fails from here on, the pull begins again from what is shown.
    let mut pull = under_way.take().filter(|p| p.epoch == answer.epoch).unwrap_or_default();
    let applied = care::cursors(care_db)?;
    let shown = care::shown(care_db)?;
    if !shown.epoch.is_empty() && shown.epoch != answer.epoch {
        pull.resets.extend(applied.keys().cloned());
    }
    pull.epoch = answer.epoch;
    // A scope lost on one page and back on a later one starts again from 0.
    pull.resets.extend(applied.into_keys().filter(|scope| !granted.contains(scope)));
    pull.add(answer.rows, &answer.resets);
    pull.cursors = answer.cursors;
    if answer.complete {
        let applied = write(care_db, |tx| Ok(care::apply(tx, pull, &granted)?))?;
        if applied.left {
            shrink(care_db)?;
        }
        return Ok(Some(applied));
    }
    if pull.slow(sent, now, KEEP_AFTER_MS) {
        write(care_db, |tx| Ok(pull.keep(tx)?))?;
    }
    *under_way = Some(pull);
    Ok(None)
}

/// After a complete pull: clocking learns what it must know, and acts whose effect is shown leave
/// the outbox (C5). Inside a transaction of the duty data.
pub(crate) fn settle(
    tx: &Connection,
    care_db: &Connection,
    applied: &Applied,
    granted: &BTreeSet<Scope>,
    now: Moment,
) -> Result<(), Stop> {
    let reached = care::cursors(care_db)?;
    let diary = duty::get::<Diary>(tx)?.unwrap_or_default();
    if diary.known == applied.before {
        known::learn(tx, &applied.news)?;
        learn_names(tx, care_db)?;
    } else {
        learn_all(tx, care_db)?;
    }
    outbox::let_go(tx, &reached, granted, now)?;
    chain::prune(tx, now)?;
    duty::forget_positions(tx, now)?;
    let known = care::shown(care_db)?.state;
    Ok(duty::put(tx, &Diary { synced_at: Some(now), damaged: false, known, ..diary })?)
}

/// Copies all that clocking must know when the care data is locked.
pub(crate) fn learn_all(tx: &Connection, care_db: &Connection) -> Result<(), Stop> {
    known::forget(tx)?;
    known::learn(tx, &care::all_news(care_db)?)?;
    learn_names(tx, care_db)
}

/// The organisation with its keys, and in whose name this phone clocks.
fn learn_names(tx: &Connection, care_db: &Connection) -> Result<(), Stop> {
    crate::contact::learn(tx, care_db)?;
    let Some(identity) = duty::get::<Identity>(tx)? else { return Ok(()) };
    let organisation = care::rows::<Organisation>(care_db, &RowKind::Organisation)?
        .into_iter()
        .find(|organisation| organisation.id == identity.organisation.id);
    let member = care::rows::<Membership>(care_db, &RowKind::Membership)?
        .into_iter()
        .filter(|member| member.state == MembershipState::Active)
        .find(|member| member.organisation == identity.organisation.id)
        .map(|member| Member(member.id));
    if let Some(organisation) = organisation
        && organisation != identity.organisation
    {
        duty::put(tx, &Identity { organisation, ..identity.clone() })?;
    }
    if let Some(member) = member
        && duty::get::<Member>(tx)? != Some(member.clone())
    {
        duty::put(tx, &member)?;
    }
    let me = care::rows::<Person>(care_db, &RowKind::Person)?;
    let me = me.into_iter().find(|person| person.id == identity.person);
    let name = me.map(|me| WorkerName(format!("{} {}", me.first_name, me.last_name)));
    if let Some(name) = name
        && duty::get::<WorkerName>(tx)?.as_ref() != Some(&name)
    {
        duty::put(tx, &name)?;
    }
    let settings = care::rows::<PhoneAlarmSettings>(care_db, &RowKind::AlarmSettings)?
        .into_iter()
        .find(|settings| settings.organisation == identity.organisation.id);
    if let Some(settings) = settings
        && duty::get::<PhoneAlarmSettings>(tx)?.as_ref() != Some(&settings)
    {
        duty::put(tx, &settings)?;
    }
    Ok(())
}
