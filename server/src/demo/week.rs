//! A week of work: phones that stamp, sync late or with a wrong clock, and the office that decides.

use std::collections::{BTreeMap, VecDeque};

use releve_shared::clock::Anchor;
use releve_shared::enrolment::EnrolRequest;
use releve_shared::id::CommandId;
use releve_shared::keys::{Digest, Signer};
use releve_shared::sync::{AddReceipt, Clock, Scope, WriteNotes, WriteTasks};
use releve_shared::time::{DAY_MS, MINUTE_MS, Moment, SECOND_MS};
use releve_shared::visit::{ClockKind, CorrectionReason, ManualReason, VisitNotes};

use super::agency::{Agency, Home, Planned};
use super::phone::{Act, DemoPhone};
use super::seed::Seed;
use super::{day, names, sql};
use crate::app::App;
use crate::clients::sun;
use crate::db::{Answer, Fault};
use crate::identity::{self, By, phone as phones};
use crate::visits::{self, CorrectInput, Reception, rules::Status};
use crate::{receipts, services};

/// Which caregivers have a phone: all but the last.
const WITH_PHONES: std::ops::RangeInclusive<usize> = 0..=10;
/// Who has signed out of hers since her last visit, and will enrol another.
const CHANGES_PHONE: usize = 0;
/// Whose phone is silent since yesterday evening.
const SILENT: usize = 3;
/// Whose phone was without network, and restarted, two days ago.
const OFFLINE: usize = 5;
/// Whose phone's clock was wrong three days ago.
const WRONG_CLOCK: usize = 6;
/// Whose phone has not confirmed the newest planning.
const PENDING: usize = 7;
/// Who made a visit that nobody had planned, yesterday.
const UNPLANNED: usize = 8;

/// What a phone has made and not sent yet.
#[derive(Clone, Default)]
struct Outbox {
    stamps: Vec<(CommandId, Clock)>,
    notes: Vec<WriteNotes>,
    tasks: Vec<WriteTasks>,
    receipts: Vec<(CommandId, AddReceipt, Vec<u8>)>,
}

/// Plays the past week and today until now.
///
/// # Errors
/// Those of the database.
pub async fn play(app: &App, seed: &Seed, agency: &mut Agency, now: Moment) -> Answer<usize> {
    let mut played = Vec::new();
    for caregiver in WITH_PHONES {
        let seed = seed.part(format!("phone {caregiver}"));
        let mine: Vec<Planned> = agency
            .visits
            .iter()
            .filter(|v| v.caregiver == caregiver && v.starts_at < now)
            .filter(|v| caregiver != CHANGES_PHONE || v.ends_at <= now)
            .cloned()
            .collect();
        if let Some(&owner) = agency.caregivers.get(caregiver) {
            let phone = enrol(app, &seed, agency, owner, now).await?;
            played.push(work(app, seed, agency, (caregiver, phone), &mine, now).await?);
        }
    }
    decide(app, seed, agency, now).await?;
    day::changes(app, agency, now).await?;
    let mut seed = seed.part("last syncs");
    let mut stamps = 0;
    for mut phone in played {
        stamps += phone.stamps;
        if phone.caregiver != SILENT {
            let at = now.plus(-seed.between(1, 4) * MINUTE_MS);
            let behind = u64::from(phone.caregiver == PENDING);
            let (waiting, anchors) = (phone.waiting, &mut phone.anchors);
            sync(app, agency, &phone.phone, waiting, anchors, at, behind).await?;
        }
        if phone.caregiver == CHANGES_PHONE {
            let device = phone.phone.device;
            app.db.write(move |tx| identity::sign_out(tx, device)).await?;
        }
    }
    Ok(stamps)
}

/// A phone after its work: what it still has to send, and what it knows of its clocks.
struct Played {
    caregiver: usize,
    phone: DemoPhone,
    waiting: Outbox,
    anchors: Vec<Anchor>,
    stamps: usize,
}

async fn enrol(
    app: &App,
    seed: &Seed,
    agency: &Agency,
    (person, membership): (releve_shared::id::PersonId, releve_shared::id::MembershipId),
    now: Moment,
) -> Answer<DemoPhone> {
    let mut seed = seed.part("enrol");
    let at = agency.by.zone.at(agency.today.plus(-8), 10, 0).min(now);
    let key = Signer::from_seed(&seed.bytes());
    let code = Digest::from_bytes(seed.bytes()).to_string();
    let models = ["Pixel 7", "Galaxy A15", "Redmi Note 13", "Moto g54", "Fairphone 5"];
    let asked = EnrolRequest {
        code: code.clone(),
        device_key: key.public(),
        // Nobody has the token: these phones are played, not real.
        token: Digest::from_bytes(app.draw()),
        name: seed.pick(&models).copied().unwrap_or("Pixel 7").to_owned(),
        platform: "android".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let (by, keys, ids) = (agency.by.clone(), app.keys.clone(), (seed.id(at), seed.id(at)));
    let days = app.config.phones.lease_days;
    let answer = app
        .db
        .write(move |tx| {
            phones::open(tx, &by, ids.0, person, &code, 15, at)?;
            phones::trust(tx, &keys, &asked, ids.1, days, at)
        })
        .await?;
    let booted_at = at.plus(-seed.between(0, 5 * DAY_MS));
    Ok(DemoPhone::new((answer.device, person, membership), key, booted_at, seed.part("chain")))
}

/// One worker's visits, one after the other.
async fn work(
    app: &App,
    mut seed: Seed,
    agency: &mut Agency,
    (caregiver, mut phone): (usize, DemoPhone),
    visits: &[Planned],
    now: Moment,
) -> Answer<Played> {
    let (by, zone) = (agency.by.clone(), agency.by.zone.clone());
    let (mut waiting, mut anchors, mut stamps) = (Outbox::default(), Vec::new(), 0);
    let mut restarted = false;
    for (n, visit) in visits.iter().enumerate() {
        let days_ago = (-8..=0).find(|n| zone.day_of(visit.starts_at) == agency.today.plus(*n));
        let offline = caregiver == OFFLINE && days_ago == Some(-2);
        phone.wall_off =
            if caregiver == WRONG_CLOCK && days_ago == Some(-3) { 7 * MINUTE_MS } else { 0 };
        let silent = caregiver == SILENT && days_ago == Some(0);
        if silent {
            continue;
        }
        if offline && n % 3 == 2 && !restarted {
            phone.reboot(visit.starts_at.plus(-10 * MINUTE_MS));
            restarted = true;
        }
        let current = visit.ends_at > now.plus(-MINUTE_MS);
        let Some(home) = agency.clients.get_mut(visit.client) else { continue };
        let last = perform(&mut phone, &mut seed, visit, home, &mut waiting, current, now)?;
        if !current && !waiting.stamps.is_empty() {
            written(app, &phone, &mut seed, (&by, visit), &mut waiting, last).await?;
        }
        if caregiver == UNPLANNED && days_ago == Some(-1) && n % 6 == 4 {
            surprise(&mut phone, &mut seed, home, last, &mut waiting)?;
        }
        stamps += waiting.stamps.len();
        let next = visits.get(n + 1).map_or(now, |next| next.starts_at);
        let until =
            if offline { zone.at(agency.today.plus(-2), 20, 30) } else { last.plus(2 * MINUTE_MS) };
        if !offline || next > until {
            let at = until.max(last.plus(MINUTE_MS)).min(now);
            if offline {
                phone.reboot(at.plus(-5 * MINUTE_MS));
            }
            sync(app, agency, &phone, std::mem::take(&mut waiting), &mut anchors, at, 0).await?;
        }
    }
    Ok(Played { caregiver, phone, waiting, anchors, stamps })
}

/// The stamps of one visit; gives the moment of the last.
fn perform(
    phone: &mut DemoPhone,
    seed: &mut Seed,
    visit: &Planned,
    home: &mut Home,
    waiting: &mut Outbox,
    current: bool,
    now: Moment,
) -> Answer<Moment> {
    let roll = seed.below(100);
    if roll < 2 && !current {
        return Ok(visit.ends_at);
    }
    let late = if (2..9).contains(&roll) { seed.between(8, 20) } else { 0 };
    let off = |seed: &mut Seed, low: i64, high: i64| {
        seed.between(low * MINUTE_MS, high * MINUTE_MS) + seed.between(0, 59) * SECOND_MS
    };
    let begun =
        visit.starts_at.plus(late * MINUTE_MS + off(seed, -4, 3)).min(now.plus(-2 * MINUTE_MS));
    let mut start = tap(ClockKind::Start, seed, visit, home);
    if (9..15).contains(&roll) {
        let reasons = [ManualReason::TagError, ManualReason::Camera, ManualReason::TagMissing];
        let reason = seed.pick(&reasons).cloned().unwrap_or(ManualReason::Other);
        start = Act::manual(ClockKind::Start, visit.id, home.client, reason);
    }
    let mut write = |act: &Act, at: Moment| -> Answer<()> {
        let made = phone.stamp(act, at).map_err(|e| Fault::of("writing a stamp", e))?;
        waiting.stamps.push(made);
        Ok(())
    };
    write(&start, begun)?;
    if current {
        return Ok(begun);
    }
    let drift = if (15..22).contains(&roll) { seed.between(-25, 25) } else { 0 };
    let ended =
        visit.ends_at.plus(drift * MINUTE_MS + off(seed, -3, 4)).max(begun.plus(5 * MINUTE_MS));
    let ended = ended.min(now);
    let mut made_at = ended;
    let end = match roll {
        // Forgotten at the door, told afterwards.
        22..25 => {
            made_at = ended.plus(35 * MINUTE_MS).min(now);
            let by_hand =
                Act::manual(ClockKind::End, visit.id, home.client, ManualReason::Forgotten);
            Act {
                declared_at: Some(ended), note: Some("Oublié en partant.".to_owned()), ..by_hand
            }
        }
        // The same tap again: a chip's counter cannot be used twice.
        25 if home.chip.is_some() => Act { kind: ClockKind::End, ..start },
        _ => tap(ClockKind::End, seed, visit, home),
    };
    write(&end, made_at)?;
    if seed.once_in(5) {
        let comment = seed.pick(names::COMMENTS).copied().unwrap_or_default().to_owned();
        let distance_hm = u32::try_from(seed.between(8, 140)).ok().filter(|_| seed.once_in(2));
        let notes = VisitNotes { distance_hm, comment, ..VisitNotes::default() };
        waiting.notes.push(WriteNotes { visit: visit.id, notes, stamp: phone.clocks(made_at) });
    }
    Ok(made_at)
}

/// What was written about a visit that is over: tasks, now and then words and a receipt.
async fn written(
    app: &App,
    phone: &DemoPhone,
    seed: &mut Seed,
    (by, visit): (&By, &Planned),
    waiting: &mut Outbox,
    at: Moment,
) -> Answer<()> {
    let (by, id) = (by.clone(), visit.id);
    let planned = app.db.read(move |tx| Ok(services::sheet(tx, &by, id)?.planned)).await?;
    if !planned.is_empty() {
        waiting.tasks.push(day::report(seed, phone, visit, &planned, at));
    }
    if seed.once_in(6) {
        let report = seed.pick(names::REPORTS).copied().unwrap_or_default().to_owned();
        let distance_hm = u32::try_from(seed.between(12, 90)).ok();
        let distance_note = day::detour(seed);
        let paid = seed.once_in(2);
        let expenses_cents = if paid { u32::try_from(seed.between(310, 2_400)).ok() } else { None };
        let comment = String::new();
        let notes = VisitNotes { distance_hm, expenses_cents, comment, distance_note, report };
        waiting.notes.push(WriteNotes { visit: visit.id, notes, stamp: phone.clocks(at) });
        if paid {
            waiting.receipts.push(day::receipt(seed, phone, visit, at)?);
        }
    }
    Ok(())
}

/// A reading of the home's tag: the printed code, the tag's link, or the chip's changing link.
fn tap(kind: ClockKind, seed: &mut Seed, visit: &Planned, home: &mut Home) -> Act {
    let mut text = home.link.clone();
    if let Some(chip) = &mut home.chip {
        chip.counter += 1;
        let mirror = sun::mirror(sun::Mode::Aes, &chip.keys, chip.uid, chip.counter, seed.bytes());
        text = format!("{text}?picc={}&cmac={}", mirror.picc, mirror.cmac);
    }
    Act::read(kind, visit.id, home.client, home.method.clone(), &text)
}

/// A visit that nobody had planned: the neighbour fell, say.
fn surprise(
    phone: &mut DemoPhone,
    seed: &mut Seed,
    home: &mut Home,
    after: Moment,
    waiting: &mut Outbox,
) -> Answer<()> {
    let starts_at = after.plus(12 * MINUTE_MS);
    let ends_at = starts_at.plus(25 * MINUTE_MS);
    let made_up = Planned { id: seed.id(starts_at), caregiver: 0, client: 0, starts_at, ends_at };
    for (kind, at) in [(ClockKind::Start, starts_at), (ClockKind::End, ends_at)] {
        let act = Act { unplanned: true, ..tap(kind, seed, &made_up, home) };
        waiting.stamps.push(phone.stamp(&act, at).map_err(|e| Fault::of("writing a stamp", e))?);
    }
    Ok(())
}

/// What a push and a pull do on the server.
async fn sync(
    app: &App,
    agency: &Agency,
    phone: &DemoPhone,
    sent: Outbox,
    anchors: &mut Vec<Anchor>,
    at: Moment,
    behind: u64,
) -> Answer<()> {
    anchors.push(phone.anchor(at));
    let pictures: Vec<(CommandId, Vec<u8>)> =
        sent.receipts.iter().map(|(command, _, bytes)| (*command, bytes.clone())).collect();
    let sender = phone.clone();
    let (keys, phone, told) = (app.keys.clone(), phone.clone(), anchors.clone());
    let organisation = agency.by.organisation;
    app.db
        .write(move |tx| {
            let from = Reception {
                organisation,
                device: phone.device,
                person: phone.person,
                anchors: &told,
                at,
                keys: &keys,
            };
            let newest = told.split_at(told.len().saturating_sub(1)).1;
            identity::keep_anchors(tx, phone.device, newest, at)?;
            for (command, clock) in &sent.stamps {
                visits::record_clock(tx, &from, *command, clock)?;
            }
            for notes in &sent.notes {
                visits::write_notes(tx, &from, notes)?;
            }
            for tasks in &sent.tasks {
                services::write_tasks(tx, &from, tasks)?;
            }
            for (command, receipt, _) in &sent.receipts {
                receipts::add_receipt(tx, &from, *command, receipt)?;
            }
            if !sent.stamps.is_empty() {
                visits::record_head(tx, phone.device, &phone.head(), at)?;
            }
            visits::remeasure(tx, &from)?;
            tx.draw_numbers()?;
            let scope = Scope::membership(phone.membership);
            let head = sql::head(tx, &scope)?;
            let applied = BTreeMap::from([(scope, head.saturating_sub(behind))]);
            identity::pulled(tx, (organisation, phone.device), 0, &applied, at)
        })
        .await?;
    for (command, bytes) in pictures {
        day::send(app, &sender, command, &bytes).await?;
    }
    Ok(())
}

/// The office's mornings: what was badged as planned is accepted, some of the rest is decided.
async fn decide(app: &App, seed: &Seed, agency: &Agency, now: Moment) -> Answer<()> {
    let mut seed = seed.part("office decides");
    let zone = &agency.by.zone;
    for days_ago in [-7, -6, -5, -4, -3, -2_i32] {
        let day = agency.today.plus(days_ago);
        let at = zone.at(day.plus(1), 9, 5).min(now);
        let by = agency.by.clone();
        let board = app
            .db
            .read(move |tx| visits::board(tx, &by, day, day, visits::Filter::All, at))
            .await?;
        let ids = board.rows.iter().map(|row| row.visit.id).collect::<Vec<_>>();
        let by = agency.by.clone();
        app.db.write(move |tx| visits::accept_many(tx, &by, &ids, at)).await?;
        let mut left: VecDeque<_> = board.rows.into();
        while let Some(row) = left.pop_front() {
            let open = matches!(row.status, Status::ToCheck | Status::Late | Status::Silent);
            if !open || seed.once_in(3) {
                continue;
            }
            let (by, id) = (agency.by.clone(), row.visit.id);
            let whole = row.start.is_some() && row.end.is_some();
            if whole && !seed.once_in(4) {
                app.db.write(move |tx| visits::accept(tx, &by, id, None, at)).await?;
                continue;
            }
            let (reason, note) = match (&row.start, &row.end) {
                (Some(_), Some(_)) => (CorrectionReason::ClientRequest, "Vu avec la famille."),
                (None, Some(_)) => (CorrectionReason::NoArrival, ""),
                (Some(_), None) => (CorrectionReason::NoDeparture, ""),
                (None, None) => (CorrectionReason::NoStamp, "Visite confirmée par téléphone."),
            };
            let new = CorrectInput {
                starts_at: row.visit.starts_at,
                ends_at: row.visit.ends_at,
                reason,
                note: note.to_owned(),
                rev: None,
            };
            app.db.write(move |tx| visits::correct(tx, &by, id, &new, at)).await?;
        }
    }
    Ok(())
}
