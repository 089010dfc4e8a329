//! Commands up (sync.md C1 to C9): each in a transaction of its own, with its outcome and its feed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use releve_shared::clock::Anchor;
use releve_shared::id::{DeviceId, PersonId};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{Envelope, Lane, Outcome, PUSH_LIMIT, PushAnswer, PushRequest, Verdict};
use releve_shared::time::Moment;
use tracing::Instrument as _;

use super::{dispatch, grants, sql};
use crate::app::App;
use crate::audit;
use crate::db::{Answer, Tx};
use crate::http::{Phone, Refused};
use crate::identity::{By, Keys, keep_anchors, known_anchors};
use crate::visits;

/// Longest name of a lane, since an unknown one is kept as it came.
const LANE: usize = 20;

/// Where commands come from.
pub(super) struct Sender {
    pub device: DeviceId,
    pub person: PersonId,
    pub by: By,
    pub keys: Keys,
    /// Every exchange with the phone, the newest ones included.
    pub anchors: Vec<Anchor>,
}

/// `POST /api/phone/push`.
pub(super) async fn push(
    State(app): State<App>,
    phone: Phone<PushRequest>,
) -> Result<Json<PushAnswer>, Refused> {
    let span = tracing::info_span!("push", commands = phone.request.commands.len());
    let answer = received(app.clone(), phone).instrument(span).await?;
    for outcome in &answer.outcomes {
        if let Verdict::Refused { code } = &outcome.verdict {
            app.metrics.command_refused(code);
        }
    }
    Ok(answer)
}

async fn received(app: App, phone: Phone<PushRequest>) -> Result<Json<PushAnswer>, Refused> {
    let (by, key) = (phone.by(), phone.key);
    let asked = phone.request;
    if asked.device != phone.device {
        return Err(Refusal::WrongDevice.into());
    }
    if asked.commands.len() > PUSH_LIMIT {
        return Err(Refusal::TooLong.into());
    }
    if asked.commands.iter().any(|command| command.lane.code().len() > LANE) {
        return Err(Refusal::Invalid.into());
    }
    let told = asked.anchors;
    let device = phone.device;
    let (anchors, better) = app
        .write(move |tx, now| {
            let better = keep_anchors(tx, device, &told, now)?;
            Ok((known_anchors(tx, device)?, better))
        })
        .await?;
    let keys = app.keys.clone();
    let from = Arc::new(Sender { device, person: phone.person, by, keys, anchors });

    let mut outcomes = Vec::with_capacity(asked.commands.len());
    for envelope in asked.commands {
        let from = Arc::clone(&from);
        outcomes.push(app.write(move |tx, now| run(tx, &from, &envelope, now)).await?);
    }
    let head = asked.head;
    let answer = app
        .write(move |tx, now| {
            if let Some(head) = &head {
                if head.verifies(from.device, &key) {
                    visits::record_head(tx, from.device, head, now)?;
                } else {
                    audit::note(tx, &from.by, "phone.alert_proof", from.device, "", now)?;
                }
            }
            if better {
                visits::remeasure(tx, &dispatch::reception(&from, now))?;
            }
            let lanes = sql::lanes(tx, from.device)?;
            let last: BTreeMap<Lane, u64> =
                lanes.into_iter().map(|(lane, due)| (lane, due.saturating_sub(1))).collect();
            let outcomes = outcomes.clone();
            Ok(PushAnswer { epoch: tx.epoch()?, server_time: now, outcomes, last })
        })
        .await?;
    Ok(Json(answer))
}

/// One command: answered from store, or run when its number is due.
fn run(tx: &mut Tx, from: &Sender, envelope: &Envelope, now: Moment) -> Answer<Outcome> {
    if let Some(known) = stored(tx, from, envelope, now)? {
        return Ok(known);
    }
    if !sql::claim(tx, from.device, envelope)? {
        // Another node may have run it between the two statements.
        if let Some(known) = stored(tx, from, envelope, now)? {
            return Ok(known);
        }
        let due = sql::due(tx, from.device, &envelope.lane)?;
        if envelope.n > due {
            return Ok(outcome(envelope, Verdict::Expected { n: due }, now));
        }
        return changed(tx, from, envelope, now);
    }
    let ended = tx.attempt(|tx| dispatch::run(tx, from, envelope, now))?;
    let mut outcome = match ended {
        Ok(()) => outcome(envelope, Verdict::Done, now),
        Err(code) => outcome(envelope, Verdict::Refused { code }, now),
    };
    // Only what this phone may hold: it waits for those numbers, and learns of no other scope.
    let granted = grants::grants(tx, from.person, now)?;
    outcome.seen = tx.draw_numbers()?;
    outcome.seen.retain(|scope, _| granted.contains(scope));
    sql::keep(tx, from.device, envelope.digest(), &outcome)?;
    Ok(outcome)
}

/// The stored outcome, word for word; a refusal when the bytes are not the same (C1).
fn stored(tx: &mut Tx, from: &Sender, envelope: &Envelope, now: Moment) -> Answer<Option<Outcome>> {
    match sql::command(tx, from.device, envelope.id)? {
        None => Ok(None),
        Some((digest, known)) if digest == envelope.digest().to_string() => Ok(Some(known)),
        Some(_) => changed(tx, from, envelope, now).map(Some),
    }
}

/// An id or a number that comes again with other bytes: refused, and reported to the office.
fn changed(tx: &mut Tx, from: &Sender, envelope: &Envelope, now: Moment) -> Answer<Outcome> {
    audit::note(tx, &from.by, "command.alert_changed", envelope.id, "", now)?;
    Ok(outcome(envelope, Verdict::Refused { code: Refusal::CommandChanged }, now))
}

fn outcome(envelope: &Envelope, verdict: Verdict, at: Moment) -> Outcome {
    let Envelope { id, lane, n, .. } = envelope;
    Outcome { id: *id, lane: lane.clone(), n: *n, verdict, at, seen: BTreeMap::new() }
}
