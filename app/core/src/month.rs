//! My hours: what the office told of a month, and what this phone holds beside it. Looking needs no
//! network; days that are not on the phone are named as such.

use std::collections::BTreeMap;

use releve_shared::clock::Stamp;
use releve_shared::hours::Hours;
use releve_shared::id::VisitId;
use releve_shared::month::{Decided, MonthHours, MonthRequest, VisitHours};
use releve_shared::refusal::Refusal;
use releve_shared::request::{RequestKind, RequestState};
use releve_shared::time::{Day, Moment};
use releve_shared::visit::{Clocked, RetainedPeriod, Visit, VisitState};

use crate::core::Core;
use crate::door::{HoursDay, HoursView, Reply, RequestLine, TravelLine, WorkedLine};
use crate::fault::Stop;
use crate::ports::{NoAnswer, Request, Response};
use crate::scene::Scene;
use crate::sight::Sight;
use crate::store::duty::{self, Diary};
use crate::store::{month, write};
use crate::sync::answer::{self, Failure};
use crate::sync::request;
use crate::travel;
use crate::view::{DAYS_AHEAD, DAYS_BACK};

impl Core {
    /// The request for the hours of a month.
    ///
    /// # Errors
    /// [`Refusal::NotEnrolled`]; [`Refusal::LeaseOver`] when there is nowhere to keep the answer.
    pub fn month_request(&mut self, day: Day) -> Result<Request, Refusal> {
        let now = self.ports.clock.now();
        self.try_month_request(day, &now).map_err(|stop| self.refusal(stop))
    }

    fn try_month_request(&mut self, day: Day, now: &Stamp) -> Result<Request, Stop> {
        let identity = self.identity()?;
        if !self.may_read(now)? {
            return Err(Refusal::LeaseOver.into());
        }
        let asked = MonthRequest { device: identity.device, month: day.month() };
        let (body, vault) = (request::body(&asked)?, &*self.ports.vault);
        Ok(request::from_vault("POST", &identity.server, "/api/phone/hours", body, vault)?)
    }

    /// What came back of the request for a month.
    ///
    /// # Errors
    /// [`Refusal::Offline`], [`Refusal::NotTheServer`], or the server's own refusal.
    pub fn month_told(
        &mut self,
        day: Day,
        came: &Result<Response, NoAnswer>,
    ) -> Result<Reply, Refusal> {
        let kept = self.try_month_told(day, came).map_err(|stop| self.refusal(stop));
        if kept.is_ok() {
            self.changed();
        }
        kept
    }

    fn try_month_told(
        &mut self,
        day: Day,
        came: &Result<Response, NoAnswer>,
    ) -> Result<Reply, Stop> {
        let told = match answer::read::<MonthHours>(came) {
            Ok(told) if told.month == day.month() => told,
            Ok(_) => return Err(Refusal::NotTheServer.into()),
            Err(Failure::Later { why, .. }) => return Err(why.into()),
            Err(Failure::Refused(said)) => return Err(said.refusal.into()),
        };
        let care = self.store()?.care.as_mut().ok_or(Refusal::LeaseOver)?;
        write(care, |tx| Ok(month::keep(tx, &told)?))?;
        Ok(Reply::Done)
    }

    /// My hours of a month.
    pub(crate) fn hours(&mut self, day: Option<Day>, now: &Stamp) -> Result<HoursView, Stop> {
        let identity = self.identity()?;
        let zone = &identity.organisation.zone;
        let at = self.measured(now)?.at;
        let today = zone.day_of(at);
        let first = day.unwrap_or(today).month();
        let next = first.next_month();
        let (from, to) = (zone.bounds(first).0, zone.bounds(next).0);
        let (scene, own) = self.open_scene(&Sight::between(from, to), now)?;
        let held: Vec<&Visit> = scene
            .visits
            .values()
            .filter(|visit| visit.starts_at >= from && visit.starts_at < to)
            .collect();
        let ways = self.travel_between(&held, zone, &scene, &own)?;
        let requests = self.requests(now)?;
        let store = self.store()?;
        let synced_at = duty::get::<Diary>(&store.duty)?.and_then(|diary| diary.synced_at);
        let told = store.care.as_ref().map(|db| month::told(db, first)).transpose()?.flatten();

        let window = (today.plus(-DAYS_BACK), today.plus(DAYS_AHEAD));
        let told_at = told.as_ref().map(|told| told.told_at);
        // What has left the planning since the office told is no hour any more.
        let stands = |line: &VisitHours| {
            let day = zone.day_of(line.starts_at);
            let inside = window.0 <= day && day <= window.1;
            !inside || synced_at.is_none_or(|synced| told_at.is_none_or(|told| told > synced))
        };
        let mut lines: BTreeMap<VisitId, WorkedLine> = BTreeMap::new();
        let mut of_office: BTreeMap<VisitId, VisitHours> = told
            .map(|told| told.visits)
            .unwrap_or_default()
            .into_iter()
            .map(|line| (line.visit, line))
            .collect();
        for visit in held {
            let told = of_office.remove(&visit.id);
            lines.insert(visit.id, here(visit, told, &scene, &ways));
        }
        for (id, line) in of_office {
            if stands(&line) {
                lines.insert(id, elsewhere(line));
            }
        }
        for line in lines.values_mut() {
            line.contest = contest(&requests, line.visit);
        }
        let missing = |edge: Day, inside: bool| (told_at.is_none() && inside).then_some(edge);
        let last = next.plus(-1);
        Ok(summed(
            HoursView {
                month: first,
                before: first.plus(-1).month(),
                after: next,
                today,
                told_at,
                missing_before: missing(window.0.min(next), first < window.0),
                missing_after: missing(window.1.max(first.plus(-1)), last > window.1),
                days: Vec::new(),
                hours: Hours::default(),
                travel_min: 0,
                undecided: 0,
                contested: 0,
            },
            lines.into_values().collect(),
            at,
            |at| zone.day_of(at),
        ))
    }
}

/// A visit of the mirror, with what the office told besides.
fn here(visit: &Visit, told: Option<VisitHours>, scene: &Scene, ways: &[TravelLine]) -> WorkedLine {
    let progress = scene.progress(visit.id);
    let retained = scene.retained.get(&visit.id);
    let way: Vec<TravelLine> = ways.iter().filter(|way| way.visit == visit.id).cloned().collect();
    let known = way
        .iter()
        .any(|way| way.corrected.or(Some(way.computed)).is_some_and(|leg| leg.minutes.is_some()));
    let told_min = told.as_ref().map_or(0, |told| told.travel_min);
    let (cancel_reason, replanned, decisions) =
        told.map(|told| (told.cancel_reason, told.replanned, told.decisions)).unwrap_or_default();
    WorkedLine {
        visit: visit.id,
        client_label: scene.label(visit.id),
        service: visit.service.clone(),
        starts_at: visit.starts_at,
        ends_at: visit.ends_at,
        state: visit.state.clone(),
        cancel_reason: cancel_reason.filter(|_| visit.state == VisitState::Cancelled),
        hours: Hours::of(visit, &progress, retained),
        started: progress.start.as_ref().map(Clocked::counts_at),
        ended: progress.end.as_ref().map(Clocked::counts_at),
        travel_min: if known { travel::minutes(&way) } else { told_min },
        decisions: brought_up(decisions, retained),
        replanned,
        contest: None,
        held: true,
    }
}

/// The decisions that the office told, after the one that the mirror shows now.
fn brought_up(mut told: Vec<Decided>, now: Option<&RetainedPeriod>) -> Vec<Decided> {
    match now {
        Some(period) => {
            let newest = told.iter().rfind(|decided| decided.stands());
            if newest.is_none_or(|decided| decided.period != *period) {
                let period = period.clone();
                told.push(Decided { period, undone_by: None, undone_at: None });
            }
        }
        None => told.retain(|decided| !decided.stands()),
    }
    told
}

/// A visit that only the office's word is known of.
fn elsewhere(told: VisitHours) -> WorkedLine {
    WorkedLine {
        visit: told.visit,
        client_label: told.client_label,
        service: told.service,
        starts_at: told.starts_at,
        ends_at: told.ends_at,
        state: told.state,
        cancel_reason: told.cancel_reason,
        started: told.started,
        ended: told.ended,
        hours: told.hours,
        travel_min: told.travel_min,
        decisions: told.decisions,
        replanned: told.replanned,
        contest: None,
        held: false,
    }
}

/// The newest contest of a visit that was not taken back.
fn contest(requests: &[RequestLine], visit: VisitId) -> Option<RequestLine> {
    let of = |line: &&RequestLine| {
        line.request.asked.kind == RequestKind::Contest
            && line.request.asked.visit == Some(visit)
            && line.request.state != RequestState::Withdrawn
            && !line.withdrawing
    };
    requests.iter().find(of).cloned()
}

/// Groups lines by day, and adds up.
fn summed(
    mut view: HoursView,
    mut lines: Vec<WorkedLine>,
    now: Moment,
    day_of: impl Fn(Moment) -> Day,
) -> HoursView {
    lines.sort_by_key(|line| (line.starts_at, line.ends_at, line.visit));
    for line in lines {
        let day = day_of(line.starts_at);
        view.hours = view.hours.and(line.hours);
        // A way that is still to come is no work yet.
        let travel_min = if line.starts_at <= now { line.travel_min } else { 0 };
        view.travel_min += travel_min;
        let decided = line.decisions.iter().any(Decided::stands);
        view.undecided += u32::from(line.ended.is_some() && !decided);
        let open = |contest: &RequestLine| contest.request.state == RequestState::Sent;
        view.contested += u32::from(line.contest.as_ref().is_some_and(open));
        match view.days.last_mut().filter(|held| held.day == day) {
            Some(held) => {
                held.hours = held.hours.and(line.hours);
                held.travel_min += travel_min;
                held.visits.push(line);
            }
            None => {
                view.days.push(HoursDay { day, hours: line.hours, travel_min, visits: vec![line] })
            }
        }
    }
    view
}
