//! What makes a caregiver's day: services with their tasks, what was done of them, receipts, and a
//! planning that changes.

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use releve_shared::id::CommandId;
use releve_shared::keys::Digest;
use releve_shared::receipt::{PART_BYTES, Promise};
use releve_shared::sync::{AddReceipt, WriteTasks};
use releve_shared::task::{NotDoneReason, TaskLine, TaskState};
use releve_shared::time::{MINUTE_MS, Moment};
use releve_shared::travel::Point;

use super::agency::{Agency, Planned};
use super::names;
use super::phone::DemoPhone;
use super::seed::Seed;
use crate::app::App;
use crate::db::{Answer, Fault};
use crate::identity::By;
use crate::receipts::{self, Taken};
use crate::services::{self, ServiceInput};
use crate::visits::{self, VisitInput};

/// The services with their tasks.
const LISTS: &[(&str, &[&str])] = &[
    ("Aide au lever", &["Lever", "Toilette au lavabo", "Habillage", "Petit-déjeuner", "Lit fait"]),
    ("Aide à la toilette", &["Douche", "Soin de la peau", "Habillage", "Salle de bains rangée"]),
    ("Petit-déjeuner et traitement", &["Petit-déjeuner", "Pilulier présenté", "Vaisselle"]),
    ("Préparation du repas", &["Repas préparé", "Table mise", "Vaisselle", "Eau à portée de main"]),
    ("Aide au repas", &["Repas réchauffé", "Aide à manger", "Vaisselle", "Hydratation"]),
    ("Ménage", &["Sols", "Cuisine", "Sanitaires", "Poubelles", "Poussière"]),
    ("Courses", &["Liste faite avec la personne", "Courses", "Rangement", "Ticket remis"]),
    ("Accompagnement extérieur", &["Promenade", "Rendez-vous", "Pharmacie"]),
    ("Linge et repassage", &["Lessive", "Étendage", "Repassage", "Linge rangé"]),
    ("Aide au coucher", &["Toilette du soir", "Mise en pyjama", "Coucher", "Volets fermés"]),
    ("Repas du soir", &["Repas réchauffé", "Vaisselle", "Eau sur la table de nuit"]),
];

/// Where communes are, in millionths of a degree.
const PLACES: &[(&str, i32, i32)] = &[
    ("Albi", 43_928_900, 2_146_400),
    ("Saint-Juéry", 43_950_000, 2_209_000),
    ("Lescure-d'Albigeois", 43_944_000, 2_171_000),
    ("Le Séquestre", 43_914_000, 2_117_000),
    ("Puygouzon", 43_893_000, 2_167_000),
    ("Cambon", 43_917_000, 2_206_000),
    ("Marssac-sur-Tarn", 43_917_000, 2_029_000),
    ("Castelnau-de-Lévis", 43_939_000, 2_087_000),
    ("Gaillac", 43_901_400, 1_897_100),
    ("Carmaux", 44_051_000, 2_158_000),
];

/// Where a home of a commune is: within a kilometre of its middle.
pub fn place(seed: &mut Seed, commune: &str) -> Option<Point> {
    let (_, lat, lon) = PLACES.iter().find(|(name, _, _)| *name == commune)?;
    let mut off = || i32::try_from(seed.between(-9_000, 9_000)).unwrap_or(0);
    Point::checked(lat + off(), lon + off())
}

/// Makes the services.
pub async fn found(app: &App, seed: &Seed, by: &By, at: Moment) -> Answer<()> {
    let mut seed = seed.part("tasks");
    for (name, tasks) in LISTS {
        let tasks = tasks.iter().map(|task| (*task).to_owned()).collect();
        let typed = ServiceInput { name: (*name).to_owned(), tasks, active: true, rev: None };
        let (by, id) = (by.clone(), seed.id(at));
        let new = typed.check().map_err(|bad| Fault::of("the demonstration's data", bad))?;
        app.db.write(move |tx| services::create(tx, &by, id, &new, at)).await?;
    }
    Ok(())
}

/// What was done at a visit.
pub fn report(
    seed: &mut Seed,
    phone: &DemoPhone,
    visit: &Planned,
    tasks: &[String],
    at: Moment,
) -> WriteTasks {
    let line = |label: &String, done: bool| TaskLine {
        label: label.clone(),
        planned: true,
        state: if done { TaskState::Done } else { TaskState::NotDone },
        reason: (!done).then_some(NotDoneReason::Refused),
        why: String::new(),
    };
    let mut lines: Vec<TaskLine> = tasks.iter().map(|t| line(t, !seed.once_in(9))).collect();
    if seed.once_in(4) {
        let label = "Courrier relevé".to_owned();
        let why = String::new();
        lines.push(TaskLine { label, planned: false, state: TaskState::Done, reason: None, why });
    }
    WriteTasks { visit: visit.id, tasks: lines, stamp: phone.clocks(at) }
}

/// A receipt as a camera sees one: lines of a till on white paper.
fn till(seed: &mut Seed) -> Answer<Vec<u8>> {
    let mut paper = RgbImage::from_pixel(360, 520, Rgb([249, 248, 243]));
    for row in 0..18_u32 {
        let (left, right) = (30, 60 + u32::try_from(seed.between(60, 200)).unwrap_or(90));
        for y in 30 + row * 26..38 + row * 26 {
            for x in (left..right).chain(300..336) {
                if let Some(pixel) = paper.get_pixel_mut_checked(x, y) {
                    *pixel = Rgb([60, 60, 66]);
                }
            }
        }
    }
    let mut bytes = Vec::new();
    paper
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 80))
        .map_err(|e| Fault::of("drawing a receipt", e))?;
    Ok(bytes)
}

/// A receipt and its picture, as a phone would send them.
pub fn receipt(
    seed: &mut Seed,
    phone: &DemoPhone,
    visit: &Planned,
    at: Moment,
) -> Answer<(CommandId, AddReceipt, Vec<u8>)> {
    let bytes = till(seed)?;
    let promise = Promise { digest: Digest::of(&[&bytes]), size: bytes.len() as u64 };
    let new = AddReceipt { visit: visit.id, promise, stamp: phone.clocks(at) };
    Ok((seed.id(at), new, bytes))
}

/// Sends the picture of a receipt that was announced.
pub async fn send(app: &App, phone: &DemoPhone, receipt: CommandId, bytes: &[u8]) -> Answer<()> {
    let (device, id) = (phone.device, receipt.uuid().into());
    for (n, part) in bytes.chunks(PART_BYTES).enumerate() {
        let (offset, part) = ((n * PART_BYTES) as u64, part.to_vec());
        let taken =
            app.db.write(move |tx| receipts::take_part(tx, device, id, offset, &part)).await?;
        if let Taken::Complete(known) = taken {
            let kept = receipts::finish(app, &known).await;
            kept.map_err(|_| Fault::new("the demonstration's receipt is no picture"))?;
        }
    }
    Ok(())
}

/// What a caregiver noted of a way, in words.
pub fn detour(seed: &mut Seed) -> String {
    seed.pick(names::DETOURS).copied().unwrap_or_default().to_owned()
}

/// The office has changed some of what is to come; not all of it was seen.
pub async fn changes(app: &App, agency: &Agency, now: Moment) -> Answer<()> {
    for (caregiver, skipped, minutes) in [(0, 2, 30), (1, 1, 0), (4, 1, -45), (6, 1, 60)] {
        let mine = agency.visits.iter().filter(|visit| visit.caregiver == caregiver);
        let Some(id) = mine
            .filter(|visit| visit.starts_at > now.plus(20 * MINUTE_MS))
            .nth(skipped)
            .map(|visit| visit.id)
        else {
            continue;
        };
        let by = agency.by.clone();
        app.db
            .write(move |tx| {
                let visit = visits::one(tx, &by, id, now)?.visit;
                if minutes == 0 {
                    return visits::cancel(tx, &by, id, "Hospitalisation", now);
                }
                let typed = VisitInput {
                    membership: visit.membership,
                    client: visit.client,
                    service: visit.service,
                    starts_at: visit.starts_at.plus(minutes * MINUTE_MS),
                    ends_at: visit.ends_at.plus(minutes * MINUTE_MS),
                    instructions: visit.instructions,
                    force: true,
                    rev: None,
                };
                let new =
                    typed.check().map_err(|bad| Fault::of("the demonstration's data", bad))?;
                visits::change(tx, &by, id, &new, now)
            })
            .await?;
    }
    Ok(())
}
