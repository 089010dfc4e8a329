//! What people say to each other and ask: threads, requests, who is to be called back, whom to call.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, Rgb, RgbImage};
use releve_shared::clock::Stamp;
use releve_shared::contact::{EmergencyKind, EmergencyNumber};
use releve_shared::id::{CommandId, DirectoryEntryId, MembershipId, MessageId, PersonId, ThreadId};
use releve_shared::request::{AbsenceReason, Asked, RequestKind};
use releve_shared::setting::Setting;
use releve_shared::sync::{AskOffice, CallMe, WriteMessage};
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};
use releve_shared::visit::CorrectionReason;

use super::agency::Agency;
use super::seed::Seed;
use crate::app::App;
use crate::cards;
use crate::contacts::{self, EntryInput};
use crate::db::{Answer, Fault, Tx};
use crate::identity::{By, Keys};
use crate::messages::{self, MessageInput};
use crate::requests::{self, Answered};
use crate::settings;
use crate::visits::{self, CorrectInput, Reception};

/// Numbers of the directory: name, job, telephone.
const STAFF: &[(&str, &str, &str)] = &[
    ("Accueil de l'agence", "Standard, 8 h à 18 h", "05 36 49 00 00"),
    ("Astreinte", "Soirs et fins de semaine", "06 39 98 00 01"),
    ("Nadia Roques", "Infirmière coordinatrice", "06 39 98 00 02"),
    ("Matériel médical du Vigan", "Lits, fauteuils, dépannage", "05 36 49 00 30"),
];

/// Somebody who works, the command that carries what she says, and when she said it.
struct Says {
    person: PersonId,
    command: CommandId,
    at: Moment,
}

/// Plays it.
///
/// # Errors
/// Those of the database.
pub async fn play(app: &App, seed: &Seed, agency: &Agency, now: Moment) -> Answer<()> {
    let mut seed = seed.part("said");
    let (by, people) = (agency.by.clone(), agency.caregivers.clone());
    let ids: Vec<DirectoryEntryId> = STAFF.iter().map(|_| seed.id(now)).collect();
    app.db.write(move |tx| directory(tx, &by, &ids, now)).await?;

    let by = agency.by.clone();
    let sent: Vec<MessageId> = (0..3).map(|_| seed.id(now)).collect();
    let answer: (ThreadId, CommandId) = (seed.id(now), seed.id(now));
    let (keys, told) = (app.keys.clone(), people.clone());
    app.db.write(move |tx| threads(tx, &keys, &by, &told, &sent, answer, now)).await?;

    let (by, keys) = (agency.by.clone(), app.keys.clone());
    let commands: Vec<CommandId> = (0..7).map(|_| seed.id(now)).collect();
    let (told, today) = (people.clone(), agency.by.zone.bounds(agency.today).0);
    app.db.write(move |tx| asked(tx, &keys, &by, &told, &commands, today, now)).await?;

    let (by, keys, told) = (agency.by.clone(), app.keys.clone(), people.clone());
    let commands: [CommandId; 2] = [seed.id(now), seed.id(now)];
    app.db.write(move |tx| contested(tx, &keys, &by, &told, commands, now)).await?;

    for (n, (_, membership)) in people.into_iter().take(6).enumerate() {
        let (by, drawn) = (agency.by.clone(), portrait(n)?);
        app.db.write(move |tx| cards::set_photo(tx, &by, membership, Some(&drawn), now)).await?;
    }
    Ok(())
}

fn directory(tx: &mut Tx, by: &By, ids: &[DirectoryEntryId], now: Moment) -> Answer<()> {
    for (id, (name, role, phone)) in ids.iter().zip(STAFF) {
        let typed =
            EntryInput { name: (*name).into(), role: (*role).into(), phone: (*phone).into() };
        let new = typed.check().map_err(|bad| bad.refusal)?;
        contacts::add(tx, by, *id, &new, now)?;
    }
    let mut numbers = EmergencyNumber::national();
    numbers.truncate(3);
    for (kind, label, phone) in [
        (EmergencyKind::OnCall, "Astreinte", "+33639980001"),
        (EmergencyKind::Switchboard, "Agence", "+33536490000"),
    ] {
        numbers.push(EmergencyNumber { kind, label: label.into(), phone: phone.into() });
    }
    contacts::set_emergency(tx, by, &numbers, now)?;
    settings::set(tx, by, (&Setting::ShareColleagues, 1), "Démonstration", (7, now))
}

fn threads(
    tx: &mut Tx,
    keys: &Keys,
    by: &By,
    people: &[(PersonId, MembershipId)],
    sent: &[MessageId],
    (thread, command): (ThreadId, CommandId),
    now: Moment,
) -> Answer<()> {
    let who = |n: usize| people.get(n).map(|(_, membership)| *membership);
    let told: [(&[usize], &str, bool, i64); 3] = [
        (&[0, 1, 2, 3], "Réunion d'équipe jeudi à 14 h, à l'agence.", false, 2 * DAY_MS),
        (&[0], "Les gants sont arrivés : passez en prendre une boîte.", false, 26 * HOUR_MS),
        (&[4, 5], "Nouvelle marche à suivre pour les clés : lisez la fiche.", true, 3 * HOUR_MS),
    ];
    for (sending, (to, text, mandatory, ago)) in sent.iter().zip(told) {
        let to: Vec<MembershipId> = to.iter().filter_map(|n| who(*n)).collect();
        let new = MessageInput { text: text.to_owned(), mandatory };
        messages::send(tx, by, *sending, (&to, false), &new, now.plus(-ago))?;
    }
    let Some((person, _)) = people.get(2) else { return Ok(()) };
    let says = Says { person: *person, command, at: now.plus(-40 * MINUTE_MS) };
    let text = "J'aurai dix minutes de retard ce soir, la route est barrée.".to_owned();
    let new = WriteMessage { thread, text, alert: true, stamp: stamp(says.at) };
    messages::write_message(tx, &reception(by, keys, &says), says.command, &new)
}

fn asked(
    tx: &mut Tx,
    keys: &Keys,
    by: &By,
    people: &[(PersonId, MembershipId)],
    commands: &[CommandId],
    today: Moment,
    now: Moment,
) -> Answer<()> {
    let mut commands = commands.iter().copied();
    let mut says = |n: usize, ago: i64| {
        let (person, _) = people.get(n).copied()?;
        Some(Says { person, command: commands.next()?, at: now.plus(-ago) })
    };
    for (n, ago) in [(0, 4 * HOUR_MS), (4, 25 * MINUTE_MS), (6, 8 * MINUTE_MS)] {
        let Some(says) = says(n, ago) else { continue };
        let ask = CallMe { stamp: stamp(says.at) };
        contacts::call_me(tx, &reception(by, keys, &says), says.command, &ask)?;
    }
    let told = contacts::callbacks(tx, by, now)?;
    if let [_, taken, called, ..] = told.as_slice() {
        contacts::take(tx, by, taken.callback.id, now.plus(-5 * MINUTE_MS))?;
        contacts::called(tx, by, called.callback.id, now.plus(-3 * HOUR_MS))?;
    }
    let day = |n: i64| today.plus(n * DAY_MS);
    let absence = |reason, from, to, text: &str| Asked {
        kind: RequestKind::Absence,
        reason: Some(reason),
        starts_at: day(from),
        ends_at: day(to),
        visit: None,
        text: text.to_owned(),
    };
    let wrong = Asked {
        kind: RequestKind::Regularisation,
        reason: None,
        starts_at: day(-1).plus(17 * HOUR_MS),
        ends_at: day(-1).plus(18 * HOUR_MS + 30 * MINUTE_MS),
        visit: None,
        text: "J'ai oublié de badger le départ hier soir.".to_owned(),
    };
    for (n, ago, asked) in [
        (0, 30 * HOUR_MS, absence(AbsenceReason::Leave, 21, 26, "")),
        (5, 5 * HOUR_MS, absence(AbsenceReason::Family, 3, 4, "Mariage de ma sœur.")),
        (2, 20 * HOUR_MS, wrong),
    ] {
        let Some(says) = says(n, ago) else { continue };
        let new = AskOffice { asked, stamp: stamp(says.at) };
        requests::ask(tx, &reception(by, keys, &says), says.command, &new)?;
    }
    if let Some(oldest) = requests::list(tx, by, now)?.first() {
        let answered = Answered { accept: true, comment: "Bonnes vacances !".to_owned() };
        requests::decide(tx, by, oldest.request.id, &answered, now.plus(-2 * HOUR_MS))?;
    }
    Ok(())
}

/// Hours that were corrected, and that their caregivers contest: the first waits for an answer.
fn contested(
    tx: &mut Tx,
    keys: &Keys,
    by: &By,
    people: &[(PersonId, MembershipId)],
    commands: [CommandId; 2],
    now: Moment,
) -> Answer<()> {
    for ((n, answered), command) in [(0, false), (3, true)].into_iter().zip(commands) {
        let Some((person, membership)) = people.get(n).copied() else { continue };
        let period = (now.plus(-6 * DAY_MS), now);
        let worked = visits::within(tx, by, period, (Some(membership), None), now)?;
        let last = worked.iter().rfind(|row| row.end.is_some() && row.visit.ends_at <= now);
        let Some(visit) = last.map(|row| row.visit.clone()) else { continue };
        let after = |minutes: i64| visit.ends_at.plus(minutes * MINUTE_MS).min(now);
        let times = |ends_at: Moment, note: &str| CorrectInput {
            starts_at: visit.starts_at,
            ends_at,
            reason: CorrectionReason::ClientRequest,
            note: note.to_owned(),
            rev: None,
        };
        let short =
            times(visit.ends_at.plus(-15 * MINUTE_MS), "Départ plus tôt, selon la famille.");
        visits::correct(tx, by, visit.id, &short, after(5))?;
        let says = Says { person, command, at: after(10) };
        let asked = Asked {
            kind: RequestKind::Contest,
            reason: None,
            starts_at: visit.starts_at,
            ends_at: visit.ends_at,
            visit: Some(visit.id),
            text: "Je suis restée jusqu'au bout : la voisine m'a vue partir.".to_owned(),
        };
        let new = AskOffice { asked, stamp: stamp(says.at) };
        requests::ask(tx, &reception(by, keys, &says), command, &new)?;
        if answered {
            let comment = "Vous avez raison, c'est corrigé.".to_owned();
            let decided = after(15);
            let whole = times(visit.ends_at, "Après votre contestation.");
            visits::correct(tx, by, visit.id, &whole, decided)?;
            let answer = Answered { accept: true, comment };
            requests::decide(tx, by, command.uuid().into(), &answer, decided)?;
        }
    }
    Ok(())
}

fn reception<'a>(by: &By, keys: &'a Keys, says: &Says) -> Reception<'a> {
    Reception {
        organisation: by.organisation,
        device: releve_shared::id::DeviceId::from(uuid::Uuid::nil()),
        person: says.person,
        anchors: &[],
        at: says.at,
        keys,
    }
}

/// A wall clock that is right: nothing else is known of these phones.
fn stamp(at: Moment) -> Stamp {
    Stamp { wall: at, boot: "demo".to_owned(), up_ms: 0 }
}

/// Nobody's face: head and shoulders in a colour of their own.
fn portrait(n: usize) -> Answer<String> {
    const SIDE: u32 = 160;
    const SHADES: [[u8; 3]; 6] = [
        [141, 85, 54],
        [224, 172, 105],
        [198, 134, 66],
        [241, 194, 155],
        [109, 66, 41],
        [255, 219, 190],
    ];
    let skin = SHADES.get(n % SHADES.len()).copied().unwrap_or([200; 3]);
    let shirt = [[11, 90, 83], [138, 83, 0], [60, 70, 140]].get(n % 3).copied().unwrap_or([0; 3]);
    let inside = |x: u32, y: u32, (cx, cy): (i64, i64), (rx, ry): (i64, i64)| {
        let (dx, dy) = (i64::from(x) - cx, i64::from(y) - cy);
        dx * dx * ry * ry + dy * dy * rx * rx <= rx * rx * ry * ry
    };
    let drawn = RgbImage::from_fn(SIDE, SIDE, |x, y| {
        Rgb(if inside(x, y, (80, 70), (30, 38)) {
            skin
        } else if inside(x, y, (80, 60), (38, 44)) {
            [50, 35, 30]
        } else if inside(x, y, (80, 170), (62, 56)) {
            shirt
        } else {
            [221, 232, 230]
        })
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    drawn.write_to(&mut bytes, ImageFormat::Jpeg).map_err(|e| Fault::of("a portrait", e))?;
    Ok(STANDARD.encode(bytes.into_inner()))
}
