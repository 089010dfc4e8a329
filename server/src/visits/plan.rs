//! Planning by the office: create, move, cancel, restore (row O-08).

use releve_shared::id::{ClientId, MembershipId, VisitId};
use releve_shared::planning::SOON_MS;
use releve_shared::planted;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use releve_shared::visit::{Clocked, Progress, VisitState};
use serde::Deserialize;
use utoipa::ToSchema;

use super::rows::{self, Claimed, Plan};
use super::rules;
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::text::{self, BadField};
use crate::{changes, contacts, services};

/// What hangs on a visit under its own id, and goes where it goes.
const HANGS: [RowKind; 4] =
    [RowKind::RetainedPeriod, RowKind::Notes, RowKind::Tasks, RowKind::Travel];

/// What is typed about a visit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct VisitInput {
    /// Whose planning.
    pub membership: MembershipId,
    /// Who is helped.
    pub client: ClientId,
    /// The kind of help, in words.
    pub service: String,
    /// Planned start.
    pub starts_at: Moment,
    /// Planned end.
    pub ends_at: Moment,
    /// What the worker should know for this visit only.
    #[serde(default)]
    pub instructions: String,
    /// Plan it although the worker has another visit at that time.
    #[serde(default)]
    pub force: bool,
    /// The revision that was on the screen, for a change.
    pub rev: Option<i64>,
}

/// The same, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    plan: Plan,
    force: bool,
    rev: Option<i64>,
}

impl VisitInput {
    /// Checks what was typed.
    ///
    /// # Errors
    /// The first field that cannot be taken.
    pub fn check(&self) -> Result<Planned, BadField> {
        rules::period(self.starts_at, self.ends_at)
            .map_err(|refusal| BadField { field: "ends_at", refusal })?;
        let plan = Plan {
            membership: self.membership,
            client: self.client,
            service: text::required("service", &self.service, text::LINE)?,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            instructions: text::paragraph("instructions", &self.instructions)?,
        };
        Ok(Planned { plan, force: self.force, rev: self.rev })
    }
}

/// Plans a visit.
///
/// # Errors
/// [`Refusal::NotFound`] for a worker or client of nobody or of another organisation;
/// [`Refusal::NotAllowed`] for a worker who has left; [`Refusal::Overlap`] unless forced.
pub fn create(tx: &mut Tx, by: &By, id: VisitId, new: &Planned, now: Moment) -> Answer<()> {
    fits(tx, by, id, new, now)?;
    let held = held(by, new.plan.starts_at, now);
    rows::add(tx, by.organisation, id, &new.plan, &VisitState::Planned, held, now)?;
    let tasks = services::planned(tx, by.organisation, id, &new.plan.service)?;
    if held {
        let planning = new.plan.membership;
        tx.changed(&Scope::membership(planning), &RowKind::Visit, id);
        if tasks {
            tx.changed(&Scope::membership(planning), &RowKind::Tasks, id);
        }
        if new.plan.starts_at < now.plus(SOON_MS) {
            let after = changes::shown(tx, id)?;
            changes::noted(tx, by, (id, planning), None, after.as_ref(), now)?;
        }
    }
    contacts::link_moved(tx, by.organisation, new.plan.client, now)?;
    note(tx, by, "visit.create", id, "", now)?;
    Ok(())
}

/// Moves or changes a visit: time, worker, client, service, instructions. Its stamps stay.
///
/// # Errors
/// As [`create`]; [`Refusal::Stale`] when it was changed meanwhile, stamps included;
/// [`Refusal::InUse`] when its stamps are of another worker, or were made at another client's.
pub fn change(tx: &mut Tx, by: &By, id: VisitId, new: &Planned, now: Moment) -> Answer<()> {
    let old = claim(tx, by, id, new.rev)?;
    stays(tx, by, id, &old.plan, &new.plan)?;
    fits(tx, by, id, new, now)?;
    let before = changes::shown(tx, id)?;
    let held = held(by, new.plan.starts_at, now);
    rows::write(tx, id, &new.plan, held)?;
    let tasks = old.plan.service != new.plan.service
        && services::planned(tx, by.organisation, id, &new.plan.service)?;
    let (from, to) = (old.plan.membership, new.plan.membership);
    if from != to {
        rows::release(tx, id, now)?;
        rows::hold(tx, id, to, now)?;
    }
    if old.held && (from != to || !held) && !planted!("given_on_and_kept") {
        leave(tx, id, from);
    }
    if held {
        enter(tx, id, to, from != to || !old.held)?;
        if tasks {
            tx.changed(&Scope::membership(to), &RowKind::Tasks, id);
        }
    }
    let after = changes::shown(tx, id)?;
    if from == to {
        changes::noted(tx, by, (id, to), before.as_ref(), after.as_ref(), now)?;
    } else {
        changes::noted(tx, by, (id, from), before.as_ref(), None, now)?;
        changes::noted(tx, by, (id, to), None, after.as_ref(), now)?;
    }
    for client in [old.plan.client, new.plan.client] {
        contacts::link_moved(tx, by.organisation, client, now)?;
    }
    note(tx, by, "visit.change", id, if from == to { "" } else { "worker" }, now)?;
    Ok(())
}

/// Calls a visit off; the worker keeps seeing it, crossed out.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn cancel(tx: &mut Tx, by: &By, id: VisitId, reason: &str, now: Moment) -> Answer<()> {
    let old = claim(tx, by, id, None)?;
    if old.state != VisitState::Cancelled {
        let before = changes::shown(tx, id)?;
        rows::write_state(tx, id, &VisitState::Cancelled, Some(reason))?;
        announce(tx, id, &old)?;
        told(tx, by, (id, &old), before.as_ref(), now)?;
        contacts::link_moved(tx, by.organisation, old.plan.client, now)?;
        note(tx, by, "visit.cancel", id, "", now)?;
    }
    Ok(())
}

/// Calls a cancelled visit back on.
///
/// # Errors
/// [`Refusal::NotFound`], also when the client's sheet is erased; [`Refusal::Overlap`] when the worker has
/// another visit by now.
pub fn restore(tx: &mut Tx, by: &By, id: VisitId, now: Moment) -> Answer<()> {
    let old = claim(tx, by, id, None)?;
    if old.state == VisitState::Cancelled {
        if !rows::claim_client(tx, by.organisation, old.plan.client, now)? {
            return Err(Refusal::NotFound.into());
        }
        if !rows::overlaps(tx, id, &old.plan)?.is_empty() {
            return Err(Refusal::Overlap.into());
        }
        let before = changes::shown(tx, id)?;
        rows::write_state(tx, id, &VisitState::Planned, None)?;
        announce(tx, id, &old)?;
        told(tx, by, (id, &old), before.as_ref(), now)?;
        contacts::link_moved(tx, by.organisation, old.plan.client, now)?;
        note(tx, by, "visit.restore", id, "", now)?;
    }
    Ok(())
}

/// Moves the window of every organisation: visits whose day has come in are announced, those whose
/// day has left go from the phones (sync.md section 4). Runs each hour; again does nothing.
///
/// # Errors
/// Those of the database.
pub fn roll(tx: &mut Tx, now: Moment) -> Answer<()> {
    for organisation in crate::identity::every_organisation(tx)? {
        let zone = crate::identity::zone(tx, organisation)?;
        let (entered, left) = rows::roll(tx, organisation, rules::window(&zone, now))?;
        for (visit, membership) in entered {
            enter(tx, visit, membership, true)?;
        }
        for (visit, membership) in left {
            leave(tx, visit, membership);
            for (stamp, planning) in rows::stamp_ids(tx, visit)? {
                tx.gone(&Scope::membership(planning), &RowKind::ClockEvent, stamp);
            }
        }
    }
    Ok(())
}

/// Whether phones hold a visit of that start.
pub(super) fn held(by: &By, starts_at: Moment, now: Moment) -> bool {
    let (from, to) = rules::window(&by.zone, now);
    (from..to).contains(&starts_at)
}

/// The worker is claimed first, since her other visits are judged with this one.
fn fits(tx: &mut Tx, by: &By, id: VisitId, new: &Planned, now: Moment) -> Answer<()> {
    let at_work = rows::claim_worker(tx, by.organisation, new.plan.membership)?;
    if !at_work.ok_or(Refusal::NotFound)? {
        return Err(Refusal::NotAllowed.into());
    }
    if !rows::claim_client(tx, by.organisation, new.plan.client, now)? {
        return Err(Refusal::NotFound.into());
    }
    if !new.force && !rows::overlaps(tx, id, &new.plan)?.is_empty() {
        return Err(Refusal::Overlap.into());
    }
    Ok(())
}

/// What was badged stays with the worker and the client of whom it tells: a visit with stamps that
/// stand is given to nobody else, but may come back to the one who made them (ADR 0007).
fn stays(tx: &mut Tx, by: &By, id: VisitId, old: &Plan, new: &Plan) -> Answer<()> {
    if old.membership == new.membership && old.client == new.client {
        return Ok(());
    }
    let progress = progress(tx, by, id)?;
    let standing: Vec<_> = [progress.start, progress.end].into_iter().flatten().collect();
    let made = rows::stamp_ids(tx, id)?;
    let mut makers = made.iter().filter(|(stamp, _)| standing.iter().any(|s| s.id == *stamp));
    let foreign = makers.any(|(_, maker)| *maker != new.membership);
    if foreign || (old.client != new.client && !standing.is_empty()) {
        return Err(Refusal::InUse.into());
    }
    Ok(())
}

/// How far a visit has come, from all its stamps.
pub(super) fn progress(tx: &mut Tx, by: &By, id: VisitId) -> Answer<Progress> {
    let stamps = rows::visit_stamps(tx, by.organisation, id)?;
    let stamps: Vec<Clocked> = stamps.into_iter().map(|row| row.clocked).collect();
    Ok(Progress::of(&stamps))
}

/// Claims a visit; refuses when it is not at the revision that was on the screen.
pub(super) fn claim(tx: &mut Tx, by: &By, id: VisitId, rev: Option<i64>) -> Answer<Claimed> {
    let claimed = rows::claim(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
    if rev.is_some_and(|rev| rev + 1 != claimed.rev) && !planted!("old_screen_wins") {
        return Err(Refusal::Stale.into());
    }
    Ok(claimed)
}

fn announce(tx: &mut Tx, id: VisitId, visit: &Claimed) -> Answer<()> {
    if visit.held {
        enter(tx, id, visit.plan.membership, false)?;
    }
    Ok(())
}

/// Notes for the worker what has become of her visit (row O-10).
fn told(
    tx: &mut Tx,
    by: &By,
    (id, visit): (VisitId, &Claimed),
    before: Option<&changes::Shown>,
    now: Moment,
) -> Answer<()> {
    let after = changes::shown(tx, id)?;
    changes::noted(tx, by, (id, visit.plan.membership), before, after.as_ref(), now)
}

/// `all` when what hangs on the visit comes into the planning with it.
fn enter(tx: &mut Tx, id: VisitId, planning: MembershipId, all: bool) -> Answer<()> {
    let scope = Scope::membership(planning);
    tx.changed(&scope, &RowKind::Visit, id);
    if all {
        for kind in HANGS {
            tx.changed(&scope, &kind, id);
        }
        for (stamp, planning) in rows::stamp_ids(tx, id)? {
            tx.changed(&Scope::membership(planning), &RowKind::ClockEvent, stamp);
        }
    }
    Ok(())
}

fn leave(tx: &mut Tx, id: VisitId, planning: MembershipId) {
    let scope = Scope::membership(planning);
    tx.gone(&scope, &RowKind::Visit, id);
    for kind in HANGS {
        tx.gone(&scope, &kind, id);
    }
}
