//! `POST /api/phone/alarm`: heard of any phone whose key signs, whatever the office has said of it, and
//! in no queue (sync.md C4, C9).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use releve_shared::alarm::episode::Event;
use releve_shared::alarm::{
    AlarmAnswer, AlarmReport, AlarmRequest, AlarmStatus, Delivery, Mark, Report, SmsRoute, Told,
    Way, caregiver_code,
};
use releve_shared::clock::{Stamp, locate};
use releve_shared::id::{AlarmId, PersonId};
use releve_shared::planted;
use releve_shared::refusal::Refusal;
use releve_shared::sync::PROTOCOL;
use releve_shared::time::Moment;

use super::apply::{Act, Whose, happen, remark};
use super::place;
use super::session::{self, Wanted};
use super::sql::{self, Entry};
use crate::app::App;
use crate::db::{Answer, Tx};
use crate::http::Refused;
use crate::identity::{self, Keys, Signed};
use crate::{notices, people};

/// Hears a report.
pub(super) async fn alarm(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<AlarmAnswer>, Refused> {
    let asked: AlarmRequest = serde_json::from_slice(&body).map_err(|_| Refusal::Invalid)?;
    let device = asked.device;
    let phone = app.read(move |tx, _| identity::signed(tx, device)).await?;
    let phone = phone.ok_or(Refusal::NotEnrolled)?;
    if !phone.vouches("/api/phone/alarm", &headers, &body) {
        return Err(Refusal::WrongDevice.into());
    }
    if let Err(much) = app.limits.alarm_lane(device, app.now()) {
        let (report, person) = (asked.report.what.clone(), phone.person);
        if !app.read(move |tx, _| first_alarm(tx, &report, person)).await? {
            return Err(much);
        }
    }
    let keys = app.keys.clone();
    let answer = app.write(move |tx, now| hear(tx, &keys, &phone, &asked, now)).await?;
    app.metrics.alarm_heard(answer.refused.as_ref());
    Ok(Json(answer))
}

/// Whether a report begins or raises an alarm that nobody here knows of yet, of somebody who has none
/// open: however much her phone has said before, such a one is heard. One that is known is refused
/// without harm: it is here, and the phone says it again.
///
/// # Errors
/// Those of the database.
fn first_alarm(tx: &mut Tx, report: &Report, person: PersonId) -> Answer<bool> {
    match report {
        Report::Armed { alarm, .. } => Ok(!sql::knows(tx, *alarm)? && !sql::has_open(tx, person)?),
        // Armed already, it is raised now: that is news, unless it was raised.
        Report::Raised { alarm, .. } => {
            Ok(!sql::is_raised(tx, *alarm)? && !sql::has_open(tx, person)?)
        }
        Report::Cancelled { .. }
        | Report::At { .. }
        | Report::Fine { .. }
        | Report::Tried { .. }
        | Report::Alive { .. }
        | Report::Opened { .. }
        | Report::Signed { .. }
        | Report::Closed { .. }
        | Report::Unknown => Ok(false),
    }
}

/// Hears a report in one transaction: what it changes, and the answer.
///
/// # Errors
/// Those of the database. A refusal is part of the answer: the report is heard all the same.
pub fn hear(
    tx: &mut Tx,
    keys: &Keys,
    phone: &Signed,
    asked: &AlarmRequest,
    now: Moment,
) -> Answer<AlarmAnswer> {
    let report = &asked.report;
    identity::keep_anchors(tx, phone.device, &asked.anchors, now)?;
    let whose = whose(tx, phone, asked)?;
    let acted_at = acted_at(tx, phone, (&asked.sent, &report.stamp), now)?;
    let first = sql::add_report(tx, phone.device, (report.id, report.n), now)?;
    let refused = if first {
        tx.attempt(|tx| judge(tx, &whose, report, (acted_at, now)))?.err()
    } else {
        None
    };
    if refused == Some(Refusal::TryAgain) {
        return Err(Refusal::TryAgain.into());
    }
    let status = match report.what.alarm() {
        Some(alarm) => status(tx, &whose, alarm, phone.reads())?,
        None => None,
    };
    let sms = if phone.reads() {
        let code = caregiver_code(phone.device);
        sql::add_code(tx, &code, phone.device)?;
        Some(SmsRoute { code, key: keys.sms(phone.device).text() })
    } else {
        None
    };
    let marks = whose.marks;
    Ok(AlarmAnswer { heard: report.id, server_time: now, refused, marks, status, sms })
}

/// In whose name it comes: the employer whose planning it names, if it is hers.
fn whose(tx: &mut Tx, phone: &Signed, asked: &AlarmRequest) -> Answer<Whose> {
    let named = match asked.report.membership {
        Some(id) => people::place(tx, id, phone.person)?.map(|place| (id, place)),
        None => None,
    };
    let (organisation, membership, ended) = match named {
        Some((id, place)) => (place.organisation, Some(id), place.ended_at.is_some()),
        None => {
            let own = people::membership_of(tx, phone.organisation, phone.person)?;
            (phone.organisation, own, false)
        }
    };
    let mut marks = marks_of(phone);
    if asked.protocol < PROTOCOL {
        marks.push(Mark::Old);
    }
    if ended {
        marks.push(Mark::Ended);
    }
    let (person, device) = (Some(phone.person), Some(phone.device));
    Ok(Whose { organisation, membership, person, device, marks })
}

/// What the office has said of a phone.
pub(super) fn marks_of(phone: &Signed) -> Vec<Mark> {
    match phone.state.as_str() {
        "blocked" => vec![Mark::Blocked],
        "signed_out" => vec![Mark::SignedOut],
        "revoked" => vec![Mark::Revoked],
        "wiped" => vec![Mark::Wiped],
        _ => Vec::new(),
    }
}

/// When an act was done, on the server's clock: by how long it has waited on the phone when that was not
/// restarted; else by its anchors. Never after its reception.
fn acted_at(
    tx: &mut Tx,
    phone: &Signed,
    (sent, stamp): (&Stamp, &Stamp),
    now: Moment,
) -> Answer<Moment> {
    let waited = sent.up_ms.saturating_sub(stamp.up_ms);
    if sent.boot == stamp.boot && waited >= 0 {
        return Ok(now.plus(waited.saturating_neg()));
    }
    let anchors = identity::known_anchors(tx, phone.device)?;
    Ok(locate(&anchors, stamp, u64::MAX, Some(now)).at)
}

fn judge(
    tx: &mut Tx,
    whose: &Whose,
    report: &AlarmReport,
    (acted_at, now): (Moment, Moment),
) -> Answer<()> {
    let happens = |tx: &mut Tx, alarm: AlarmId, event: Event| {
        let detail = report.capability.as_ref().map(serde_json::to_string).transpose();
        let detail = detail.ok().flatten().unwrap_or_default();
        let act = Act { event, who: "phone".to_owned(), acted_at, detail };
        happen(tx, alarm, whose, &act, now)
    };
    match &report.what {
        Report::Armed { alarm, kind, pre_alarm_ms, position, .. } => {
            let wait_ms = if planted!("alarm_early") { 0 } else { *pre_alarm_ms };
            let zero_at = acted_at.plus(wait_ms.clamp(0, LONGEST_PRE_ALARM_MS));
            happens(tx, *alarm, Event::Armed { kind: kind.clone(), zero_at })?;
            place::keep(tx, *alarm, position.as_ref(), (acted_at, now), &Way::Phone)
        }
        Report::Cancelled { alarm } => happens(tx, *alarm, Event::Cancelled),
        Report::Raised { alarm, kind, position, .. } => {
            let event = Event::Raised { kind: kind.clone(), way: Way::Phone, acted_at };
            happens(tx, *alarm, event)?;
            place::keep(tx, *alarm, position.as_ref(), (acted_at, now), &Way::Phone)
        }
        Report::At { alarm, position } => {
            noted(tx, whose, *alarm, ("position", String::new()), (acted_at, now))?;
            place::keep(tx, *alarm, Some(position), (acted_at, now), &Way::Phone)
        }
        Report::Fine { alarm } => happens(tx, *alarm, Event::Fine),
        Report::Tried { alarm, channel, came } => {
            noted(tx, whose, *alarm, ("tried", format!("{channel}:{came}")), (acted_at, now))
        }
        Report::Opened { session, visit, ends_in_ms, check_in, place } => {
            let (id, visit, ends_in_ms) = (*session, *visit, *ends_in_ms);
            let (check_in, place) = (check_in.clone(), place.clone());
            let wanted = Wanted { id, visit, ends_in_ms, check_in, place };
            session::open(tx, whose, wanted, (acted_at, now))
        }
        Report::Signed { session, ends_in_ms } => {
            session::sign(tx, whose, *session, *ends_in_ms, (acted_at, now))
        }
        Report::Closed { session } => {
            session::close(tx, whose, *session, "closed", (acted_at, now))
        }
        Report::Alive { session: Some(session), .. } => session::alive(tx, whose, *session, now),
        Report::Alive { session: None, .. } => Ok(()),
        Report::Unknown => Err(Refusal::CommandUnknown.into()),
    }
}

/// Longest countdown that a phone may ask to be held: the longest of the settings.
const LONGEST_PRE_ALARM_MS: i64 = 300_000;

fn noted(
    tx: &mut Tx,
    whose: &Whose,
    alarm: AlarmId,
    (what, detail): (&str, String),
    (acted_at, at): (Moment, Moment),
) -> Answer<()> {
    let who = "phone".to_owned();
    remark(
        tx,
        whose.organisation,
        alarm,
        &Entry { what: what.to_owned(), who, detail, acted_at, at },
    )
}

/// How an alarm stands, for her phone; who answers is told to a phone that may read.
fn status(tx: &mut Tx, whose: &Whose, alarm: AlarmId, reads: bool) -> Answer<Option<AlarmStatus>> {
    let Some(known) = sql::claim(tx, alarm)? else { return Ok(None) };
    let Some(episode) = known.episode.filter(|_| known.person == whose.person) else {
        return Ok(None);
    };
    let mut told: Vec<Told> = Vec::new();
    if reads {
        for line in notices::of_alarm(tx, alarm)? {
            count(&mut told, line.channel, line.state);
        }
    }
    let taken = episode.acknowledged.filter(|_| reads);
    Ok(Some(AlarmStatus {
        alarm,
        hidden: episode.kind.is_hidden(),
        phase: episode.phase,
        acknowledged_at: taken.as_ref().map(|by| by.at),
        acknowledged_by: taken.map(|by| by.name),
        resolved_at: episode.resolved.map(|end| end.by.at),
        told,
    }))
}

fn count(told: &mut Vec<Told>, channel: releve_shared::alarm::Channel, state: Delivery) {
    match told.iter_mut().find(|t| t.channel == channel && t.state == state) {
        Some(line) => line.count = line.count.saturating_add(1),
        None => told.push(Told { channel, state, count: 1 }),
    }
}
