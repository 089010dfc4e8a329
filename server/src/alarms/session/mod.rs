//! Sessions of lone work: opened by a start stamp or by the worker, put off by her signs, and raised by
//! the server when her phone is silent past their due time (row B-06).

mod sql;

use releve_shared::alarm::episode::Event;
use releve_shared::alarm::{AlarmRules, CheckIn, LoneSession, PLACE_LIMIT, Way};
use releve_shared::id::{LoneSessionId, MembershipId, OrganisationId, VisitId};
use releve_shared::refusal::Refusal;
use releve_shared::sync::Scope;
use releve_shared::time::{DAY_MS, MINUTE_MS, Moment};
use releve_shared::visit::ClockKind;

use super::apply::{Act, Whose, happen};
use super::settings;
use crate::db::{Answer, Tx};
use crate::visits::{self, Reception};

use sql::Kept;

pub use sql::{ALL, Watched, of_alarm, watched};

/// No session is watched longer than a day.
const LONGEST_MS: i64 = DAY_MS;

/// What a phone wants watched.
pub struct Wanted {
    pub id: LoneSessionId,
    pub visit: Option<VisitId>,
    pub ends_in_ms: i64,
    pub check_in: Option<CheckIn>,
    pub place: String,
}

/// The worker opens a session, or her phone does after a start stamp. Known already, it is heard of.
pub fn open(
    tx: &mut Tx,
    whose: &Whose,
    wanted: Wanted,
    (acted_at, now): (Moment, Moment),
) -> Answer<()> {
    let rules = settings(tx, whose.organisation)?.rules;
    let ends_at = acted_at.plus(wanted.ends_in_ms.clamp(0, LONGEST_MS));
    let session = LoneSession {
        id: wanted.id,
        visit: wanted.visit,
        opened_at: acted_at,
        ends_at,
        signed_at: acted_at,
        check_in: wanted
            .check_in
            .filter(|c| (5..=480).contains(&c.every_min))
            .map(|c| CheckIn { grace_min: c.grace_min.clamp(1, 60), ..c }),
        place: wanted.place.trim().chars().take(PLACE_LIMIT).collect(),
    };
    begin(tx, whose, session, &rules, now)
}

fn begin(
    tx: &mut Tx,
    whose: &Whose,
    session: LoneSession,
    rules: &AlarmRules,
    now: Moment,
) -> Answer<()> {
    let (Some(person), Some(device)) = (whose.person, whose.device) else {
        return Err(Refusal::NotFound.into());
    };
    if let Some(known) = sql::claim(tx, session.id)? {
        return hear(tx, known, whose, now);
    }
    // Word that comes late says nothing about now: she has as long as if it had begun when heard of.
    let due = session.server_due(rules, now);
    let new = Kept {
        organisation: whose.organisation,
        membership: whose.membership,
        person,
        device,
        state: "open".to_owned(),
        session,
        heard_at: now,
    };
    sql::add(tx, &new, due)?;
    tx.tell(&Scope::desk(new.organisation));
    Ok(())
}

/// Her phone lives.
pub fn alive(tx: &mut Tx, whose: &Whose, id: LoneSessionId, now: Moment) -> Answer<()> {
    match sql::claim(tx, id)? {
        Some(known) => hear(tx, known, whose, now),
        None => Err(Refusal::NotFound.into()),
    }
}

fn hear(tx: &mut Tx, mut known: Kept, whose: &Whose, now: Moment) -> Answer<()> {
    hers(&known, whose)?;
    if known.state == "open" {
        known.heard_at = known.heard_at.max(now);
        let rules = settings(tx, known.organisation)?.rules;
        let due = known.session.server_due(&rules, known.heard_at);
        sql::write(tx, &known, Some(due))?;
    }
    Ok(())
}

/// She has given a sign herself; after a raise it is said to whoever answers, and watched anew.
pub fn sign(
    tx: &mut Tx,
    whose: &Whose,
    id: LoneSessionId,
    ends_in_ms: Option<i64>,
    (acted_at, now): (Moment, Moment),
) -> Answer<()> {
    let mut known = sql::claim(tx, id)?.ok_or(Refusal::NotFound)?;
    hers(&known, whose)?;
    if known.state == "closed" {
        return Err(Refusal::AlarmOver.into());
    }
    if known.state == "raised" {
        fine(tx, &known, "signed", (acted_at, now))?;
    }
    let until = ends_in_ms.map(|ms| acted_at.plus(ms.clamp(0, LONGEST_MS)));
    known.session = known.session.signed(acted_at, until);
    known.heard_at = known.heard_at.max(now);
    "open".clone_into(&mut known.state);
    let rules = settings(tx, known.organisation)?.rules;
    let due = known.session.server_due(&rules, known.heard_at);
    sql::write(tx, &known, Some(due))?;
    tx.tell(&Scope::desk(known.organisation));
    Ok(())
}

/// It is over. An alarm that it has raised stays, and hears that she has ended it.
pub fn close(
    tx: &mut Tx,
    whose: &Whose,
    id: LoneSessionId,
    what: &str,
    (acted_at, now): (Moment, Moment),
) -> Answer<()> {
    let Some(mut known) = sql::claim(tx, id)? else { return Ok(()) };
    hers(&known, whose)?;
    if known.state == "raised" {
        fine(tx, &known, what, (acted_at, now))?;
    }
    "closed".clone_into(&mut known.state);
    sql::write(tx, &known, None)?;
    tx.tell(&Scope::desk(known.organisation));
    Ok(())
}

fn reopen(tx: &mut Tx, whose: &Whose, id: LoneSessionId, now: Moment) -> Answer<()> {
    let Some(mut known) = sql::claim(tx, id)? else { return Ok(()) };
    hers(&known, whose)?;
    if known.state == "closed" {
        "open".clone_into(&mut known.state);
        known.heard_at = known.heard_at.max(now);
        let rules = settings(tx, known.organisation)?.rules;
        let due = known.session.server_due(&rules, known.heard_at);
        sql::write(tx, &known, Some(due))?;
    }
    Ok(())
}

fn hers(known: &Kept, whose: &Whose) -> Result<(), Refusal> {
    let same = known.organisation == whose.organisation && Some(known.person) == whose.person;
    if same { Ok(()) } else { Err(Refusal::NotFound) }
}

fn fine(tx: &mut Tx, known: &Kept, what: &str, (acted_at, now): (Moment, Moment)) -> Answer<()> {
    let event = Event::Fine;
    let act = Act { event, who: "phone".to_owned(), acted_at, detail: what.to_owned() };
    happen(tx, known.session.alarm(), &whose(known), &act, now)
}

fn whose(known: &Kept) -> Whose {
    Whose {
        organisation: known.organisation,
        membership: known.membership,
        person: Some(known.person),
        device: Some(known.device),
        marks: Vec::new(),
    }
}

/// Raises what is due in silence. Gives how many.
pub fn raise_due(tx: &mut Tx, now: Moment) -> Answer<usize> {
    let due = sql::take(tx, now)?;
    for known in &due {
        let rules = settings(tx, known.organisation)?.rules;
        let next = known.session.due(&rules);
        let acted_at = next.raise_at.min(now);
        let event = Event::Raised { kind: next.kind, way: Way::Server, acted_at };
        let detail = "session".to_owned();
        let act = Act { event, who: "server".to_owned(), acted_at, detail };
        happen(tx, known.session.alarm(), &whose(known), &act, now)?;
    }
    Ok(due.len())
}

/// A stamp of a visit: with the agency's setting a start opens a session; an end, or a start that is
/// undone, closes it.
///
/// # Errors
/// Those of the database.
pub fn stamped(
    tx: &mut Tx,
    from: &Reception<'_>,
    (organisation, membership, visit): (OrganisationId, MembershipId, VisitId),
    kind: &ClockKind,
    at: Moment,
) -> Answer<()> {
    let whose = Whose {
        organisation,
        membership: Some(membership),
        person: Some(from.person),
        device: Some(from.device),
        marks: Vec::new(),
    };
    let id = LoneSessionId::from(visit.uuid());
    match kind {
        ClockKind::Start => {
            let rules = settings(tx, organisation)?.rules;
            if !rules.sessions {
                return Ok(());
            }
            let ends_at = visits::planned_end(tx, organisation, visit)?;
            let ends_at = ends_at.unwrap_or(at).max(at.plus(MINUTE_MS));
            // A start of long ago, told today, is watched by nobody.
            if ends_at.plus(LONGEST_MS) < from.at {
                return Ok(());
            }
            let session = LoneSession::of_visit(visit, at, ends_at, &rules);
            begin(tx, &whose, session, &rules, from.at)
        }
        // An end that is undone: she is still there.
        ClockKind::Void if visits::progress(tx, organisation, visit)?.in_progress() => {
            reopen(tx, &whose, id, from.at)
        }
        ClockKind::End | ClockKind::Void => close(tx, &whose, id, kind.code(), (at, from.at)),
        ClockKind::Unknown(_) => Ok(()),
    }
}
