//! Commands up (sync.md C1 to C9): each with its outcome and its feed, under a savepoint of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use releve_shared::clock::Anchor;
use releve_shared::id::{DeviceId, PersonId};
use releve_shared::keys::Digest;
use releve_shared::planted;
use releve_shared::proof::ChainHead;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{
    Command, Envelope, Lane, Outcome, PUSH_LIMIT, PushAnswer, PushRequest, Scope, Verdict,
};
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

/// Commands that share a transaction: enough to make the commit cheap, few enough that an alarm of
/// another phone does not wait behind them.
const TOGETHER: usize = 64;

/// Where commands come from.
#[derive(Clone)]
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
    let (device, person, keys) = (phone.device, phone.person, app.keys.clone());
    let sender = Sender { device, person, by, keys, anchors: Vec::new() };
    // What needs no database is done here: one thread alone writes.
    let head = asked.head.map(|head| (head.verifies(device, &key), head));
    let read = |envelope: Envelope| {
        let command = serde_json::from_str(&envelope.body).map_err(|_| Refusal::Invalid);
        Read { command, digest: envelope.digest(), envelope }
    };
    let commands: Vec<Read> = asked.commands.into_iter().map(read).collect();
    let all = commands.len();
    let upload = Arc::new(Upload { sender, commands, anchors: asked.anchors, head });
    let mut outcomes = Vec::with_capacity(all);
    let (mut better, mut most) = (false, TOGETHER);
    loop {
        let from = outcomes.len();
        let taken = match part(&app, &upload, from, most, better).await {
            // One of them breaks: from here on each goes alone, so that it takes no other with it.
            Err(stop) if most > 1 && all - from > 1 => {
                tracing::warn!(%stop, "an upload goes on command by command");
                most = 1;
                part(&app, &upload, from, most, better).await?
            }
            other => other?,
        };
        better = taken.better;
        outcomes.extend(taken.outcomes);
        if let Some((epoch, server_time, last)) = taken.end {
            return Ok(Json(PushAnswer { epoch, server_time, outcomes, last }));
        }
    }
}

/// An upload, shared by the transactions that take it.
struct Upload {
    sender: Sender,
    commands: Vec<Read>,
    anchors: Vec<Anchor>,
    /// The signed head, and whether the signature is the phone's.
    head: Option<(bool, ChainHead)>,
}

/// A command as it came, and as it is read.
struct Read {
    envelope: Envelope,
    digest: Digest,
    command: Result<Command, Refusal>,
}

/// What one transaction has taken of an upload.
struct Taken {
    outcomes: Vec<Outcome>,
    /// Whether the upload's exchanges were new.
    better: bool,
    /// Epoch, time and last numbers, once all is taken.
    end: Option<(String, Moment, BTreeMap<Lane, u64>)>,
}

async fn part(
    app: &App,
    upload: &Arc<Upload>,
    from: usize,
    most: usize,
    better: bool,
) -> Answer<Taken> {
    let upload = Arc::clone(upload);
    app.write(move |tx, now| take(tx, &upload, from, most, better, now)).await
}

/// Takes at most `most` commands in one transaction, with the exchanges before the first and the
/// head after the last: a usual upload is one commit.
fn take(
    tx: &mut Tx,
    upload: &Upload,
    from: usize,
    most: usize,
    mut better: bool,
    now: Moment,
) -> Answer<Taken> {
    let Upload { sender, commands, anchors, head } = upload;
    let device = sender.device;
    if from == 0 {
        better |= keep_anchors(tx, device, anchors, now)?;
    }
    let sender = Sender { anchors: known_anchors(tx, device)?, ..sender.clone() };
    let mut outcomes = Vec::new();
    let mut granted = BTreeSet::new();
    for read in commands.iter().skip(from).take(most) {
        outcomes.push(run(tx, &sender, read, &mut granted, now)?);
    }
    if from + outcomes.len() < commands.len() {
        return Ok(Taken { outcomes, better, end: None });
    }
    if let Some((signed, head)) = head {
        if *signed {
            visits::record_head(tx, device, head, now)?;
        } else {
            audit::note(tx, &sender.by, "phone.alert_proof", device, "", now)?;
        }
    }
    if better {
        visits::remeasure(tx, &dispatch::reception(&sender, now))?;
    }
    let lanes = sql::lanes(tx, device)?;
    let last = lanes.into_iter().map(|(lane, due)| (lane, due.saturating_sub(1))).collect();
    Ok(Taken { outcomes, better, end: Some((tx.epoch()?, now, last)) })
}

/// One command: answered from store, or run when its number is due. `granted` holds scopes that were
/// found granted in this transaction: no command takes one away.
fn run(
    tx: &mut Tx,
    from: &Sender,
    read: &Read,
    granted: &mut BTreeSet<Scope>,
    now: Moment,
) -> Answer<Outcome> {
    let envelope = &read.envelope;
    if let Some(known) = stored(tx, from, read, now)? {
        return Ok(known);
    }
    if !sql::claim(tx, from.device, envelope)? {
        // Another node may have run it between the two statements.
        if let Some(known) = stored(tx, from, read, now)? {
            return Ok(known);
        }
        let due = sql::due(tx, from.device, &envelope.lane)?;
        if envelope.n > due {
            return Ok(outcome(envelope, Verdict::Expected { n: due }, now));
        }
        return changed(tx, from, envelope, now);
    }
    let ended = tx.attempt(|tx| {
        let command = read.command.as_ref().map_err(Clone::clone)?;
        dispatch::run(tx, from, envelope, command, now)
    })?;
    let mut outcome = match ended {
        Ok(()) => outcome(envelope, Verdict::Done, now),
        Err(code) => outcome(envelope, Verdict::Refused { code }, now),
    };
    // Only what this phone may hold: it waits for those numbers, and learns of no other scope.
    let mut seen = tx.draw_numbers()?;
    if !seen.keys().all(|scope| granted.contains(scope)) {
        granted.extend(grants::grants(tx, from.person, now)?);
    }
    seen.retain(|scope, _| granted.contains(scope));
    outcome.seen = seen;
    if !planted!("outcome_not_stored") {
        sql::keep(tx, from.device, read.digest, &outcome)?;
    }
    Ok(outcome)
}

/// The stored outcome, word for word; a refusal when the bytes are not the same (C1).
fn stored(tx: &mut Tx, from: &Sender, read: &Read, now: Moment) -> Answer<Option<Outcome>> {
    match sql::command(tx, from.device, read.envelope.id)? {
        None => Ok(None),
        Some((digest, known)) if digest == read.digest.to_string() => Ok(Some(known)),
        Some(_) => changed(tx, from, &read.envelope, now).map(Some),
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
