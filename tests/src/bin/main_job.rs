//! The main job, once, through a real phone: `main_job --folder F --enrolment LINK --tag LINK [--foreign LINK]`.
//!
//! For `make demo`: each step is said in French, and the phone stays enrolled in its folder.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use releve_core::code::Pictures;
use releve_core::door::{Act, ActState, Ask, PhoneState, Reply, View};
use releve_core::ndef;
use releve_core::ports::CodeReader as _;
use releve_shared::badge::Reading;
use releve_shared::id::VisitId;
use releve_shared::refusal::Refusal;
use releve_shared::time::{MINUTE_MS, Moment, Zone};
use releve_shared::visit::ClockKind;
use releve_tests::bridge::Device;
use releve_tests::pn532::link_message;
use releve_tests::world::paint::qr_png;

/// She came in this long ago: a second reading at once would be the same gesture.
const STAY_MS: i64 = 35 * MINUTE_MS;

const USAGE: &str = "main_job --folder FOLDER --enrolment LINK --tag LINK [--foreign LINK]";

struct Job {
    folder: PathBuf,
    enrolment: String,
    tag: String,
    foreign: Option<String>,
}

fn main() -> ExitCode {
    match read(std::env::args().skip(1)).and_then(|job| run(&job)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("  ✗ {why}");
            ExitCode::FAILURE
        }
    }
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Job, String> {
    let (mut folder, mut enrolment, mut tag, mut foreign) = (None, None, None, None);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or(format!("{argument} attend une valeur.\n{USAGE}"))?;
        match argument.as_str() {
            "--folder" => folder = Some(PathBuf::from(value)),
            "--enrolment" => enrolment = Some(value),
            "--tag" => tag = Some(value),
            "--foreign" => foreign = Some(value),
            other => return Err(format!("{other} est inconnu.\n{USAGE}")),
        }
    }
    let missing = |what: &str| format!("il manque {what}.\n{USAGE}");
    Ok(Job {
        folder: folder.ok_or_else(|| missing("--folder"))?,
        enrolment: enrolment.ok_or_else(|| missing("--enrolment"))?,
        tag: tag.ok_or_else(|| missing("--tag"))?,
        foreign,
    })
}

fn run(job: &Job) -> Result<(), String> {
    let device = Device::open(&job.folder, Arc::new(|| {}), false)?;
    let phone = device.phone();
    phone
        .act(Act::Enrol {
            link: job.enrolment.clone(),
            phone_name: "Téléphone de démonstration".into(),
        })
        .map_err(said("Enrôlement du téléphone"))?;
    let View::Phone(mine) = phone.ask(&Ask::Phone).map_err(said("Lecture du téléphone"))? else {
        return Err("le téléphone ne dit rien de lui".to_owned());
    };
    if mine.state != PhoneState::Ready {
        return Err(format!("le téléphone n’est pas prêt : {:?}", mine.state));
    }
    let zone = Zone::named(&mine.zone).map_err(|error| error.to_string())?;
    let hour = |at: Moment| {
        let (hour, minute) = zone.wall(at);
        format!("{hour:02}:{minute:02}")
    };
    let worker = format!("{} {}", mine.first_name, mine.last_name);
    step(&format!(
        "Le téléphone de {worker} est enrôlé chez {}, planning reçu.",
        mine.organisation
    ));

    device.knobs.cut.store(true, Ordering::Relaxed);
    step("Plus de réseau : le téléphone est coupé du serveur.");

    if let Some(foreign) = &job.foreign {
        let reading = Pictures.read(&qr_png(foreign, 4)).map_err(said("Lecture de la photo"))?;
        match badge(&device, reading) {
            Err(Refusal::TagForeign) => step("Le badge d’une autre agence est refusé, hors ligne."),
            other => {
                return Err(format!("le badge d’une autre agence n’est pas refusé : {other:?}"));
            }
        }
    }

    device.knobs.shift_ms.store(-STAY_MS, Ordering::Relaxed);
    let photo = qr_png(&job.tag, 4);
    let reading = Pictures.read(&photo).map_err(said("Lecture de la photo"))?;
    let start = badge(&device, reading).map_err(said("Arrivée"))?;
    expect(&start, &ClockKind::Start)?;
    step(&format!(
        "Arrivée chez {} à {} : photo du code QR lue ({} octets), signature vérifiée hors ligne, enregistrée.",
        start.label,
        hour(start.at),
        photo.len()
    ));

    device.knobs.shift_ms.store(0, Ordering::Relaxed);
    let message = link_message(&job.tag);
    let reading = ndef::reading(&message).map_err(said("Lecture du badge NFC"))?;
    let end = badge(&device, reading).map_err(said("Départ"))?;
    expect(&end, &ClockKind::End)?;
    step(&format!(
        "Départ à {} : message NDEF du badge NFC lu ({} octets), enregistré sur le téléphone.",
        hour(end.at),
        message.len()
    ));
    let (waiting, _) = states(&device)?;
    step(&format!("{waiting} pointages attendent sur le téléphone, chaînés et signés."));

    device.restart()?;
    if states(&device)?.0 != waiting {
        return Err("l’application a perdu un pointage en redémarrant".to_owned());
    }
    step("L’application est tuée puis rouverte : rien n’est perdu.");

    device.knobs.cut.store(false, Ordering::Relaxed);
    device.phone().act(Act::SyncNow).map_err(said("Synchronisation"))?;
    match states(&device)? {
        (0, received) if received >= 2 => {}
        (waiting, received) => {
            return Err(format!("{received} pointages reçus, {waiting} encore en attente"));
        }
    }
    let View::Visit(sheet) = device
        .phone()
        .ask(&Ask::Visit { id: end.visit })
        .map_err(said("Lecture de l’intervention"))?
    else {
        return Err("l’intervention ne se laisse pas lire".to_owned());
    };
    let (planned, badged) = (sheet.hours.planned, sheet.hours.badged);
    step(&format!(
        "Le réseau revient : le bureau a reçu l’arrivée et le départ. Prévu {planned} min, pointé {badged} min."
    ));
    Ok(())
}

#[derive(Debug)]
struct Stamped {
    visit: VisitId,
    kind: ClockKind,
    label: String,
    at: Moment,
}

fn badge(device: &Device, reading: Reading) -> Result<Stamped, Refusal> {
    match device.phone().act(Act::Badge { reading, visit: None, unplanned: false })? {
        Reply::Clocked { visit, kind, client_label, measured, .. } => {
            Ok(Stamped { visit, kind, label: client_label, at: measured.at })
        }
        Reply::Done => Err(Refusal::TryAgain),
    }
}

fn expect(stamped: &Stamped, kind: &ClockKind) -> Result<(), String> {
    if stamped.kind == *kind { Ok(()) } else { Err(format!("{} au lieu de {kind}", stamped.kind)) }
}

/// How many acts wait, and how many were received.
fn states(device: &Device) -> Result<(usize, usize), String> {
    match device.phone().ask(&Ask::Outbox) {
        Ok(View::Outbox { acts }) => {
            let received =
                acts.iter().filter(|act| matches!(act.state, ActState::Received { .. })).count();
            let waiting = acts.iter().filter(|act| act.state == ActState::OnPhone).count();
            Ok((waiting, received))
        }
        other => Err(format!("la boîte d’envoi ne se laisse pas lire : {other:?}")),
    }
}

fn said(what: &str) -> impl Fn(Refusal) -> String {
    move |refusal| format!("{what} : refusé ({refusal})")
}

fn step(text: &str) {
    println!("  ✓ {text}");
}
