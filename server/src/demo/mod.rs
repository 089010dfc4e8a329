//! `releve-server demo`: fills an empty database with a realistic agency around Albi, in the Tarn.
//!
//! People, streets and numbers are invented; communes and postal codes are real. All of it goes
//! through the verbs of the rooms: stamps are chained, signed, measured and judged as real ones are.
//! The same moment and seed give the same agency; keys are drawn anew each time.

mod agency;
mod alarms;
mod day;
mod names;
pub mod phone;
pub mod seed;
mod sql;
mod talk;
mod week;

use std::fmt;

use releve_shared::enrolment::EnrolmentLink;
use releve_shared::time::{MINUTE_MS, Moment};
use serde::Serialize;

use self::agency::{Agency, Plan, Planned, found};
use self::seed::Seed;
use crate::app::App;
use crate::db::{Answer, Fault};
use crate::identity::{every_organisation, phone as phones};

pub use sql::ALL;

/// The password of the demonstration's accounts.
pub const PASSWORD: &str = "Tilleuls-81-Demo!";

/// Who signs in at the desk.
pub const LOGIN: &str = "demo@releve.test";

/// How long the printed enrolment link holds, in minutes.
const ENROLMENT_MINUTES: u16 = 24 * 60;

/// What a demonstration tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filled {
    /// False when the database was not empty, and nothing was written.
    pub filled: bool,
    /// The desk's address.
    pub desk: String,
    /// Who signs in there.
    pub login: String,
    /// With which password.
    pub password: String,
    /// What was made; `None` when nothing was.
    pub made: Option<Made>,
}

/// What a demonstration has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Made {
    /// The agency's name.
    pub agency: String,
    /// How many caregivers.
    pub caregivers: usize,
    /// How many clients.
    pub clients: usize,
    /// How many visits.
    pub visits: usize,
    /// How many stamps.
    pub stamps: usize,
    /// Who is to enrol a phone.
    pub caregiver: String,
    /// The link of her enrolment: the text of a QR.
    pub enrolment_link: String,
    /// Her visit of now.
    pub visit: String,
    /// When it starts, in milliseconds.
    pub visit_starts_at: Moment,
    /// When it ends, in milliseconds.
    pub visit_ends_at: Moment,
    /// The link of the tag at that client's home: the text of a QR, or of a tag.
    pub tag_link: String,
    /// A client's tag of the other agency, which her phone must refuse.
    pub foreign_tag_link: String,
}

/// Fills the database, when it is empty.
///
/// # Errors
/// Those of the database.
pub async fn run(app: &App, seed: &str) -> Answer<Filled> {
    let now = app.now();
    let desk = app.config.server.public_url.clone();
    let mut told = Filled {
        filled: false,
        desk,
        login: LOGIN.to_owned(),
        password: PASSWORD.to_owned(),
        made: None,
    };
    if app.db.read(|tx| Ok(!every_organisation(tx)?.is_empty())).await? {
        return Ok(told);
    }
    let seed = Seed::of(seed);
    let albi = Plan {
        name: "Relais Albi Services",
        phone: "+33536490000",
        login: LOGIN,
        supervisor: "Claire Delmas",
        caregivers: names::CAREGIVERS.len(),
        clients: 80,
    };
    let gaillac = Plan {
        name: "Les Mains Vertes Gaillac",
        phone: "+33536499900",
        login: "autre@releve.test",
        supervisor: "Paul Escande",
        caregivers: 2,
        clients: 5,
    };
    let mut agency = found(app, &seed.part("albi"), &albi, now).await?;
    let other = found(app, &seed.part("gaillac"), &gaillac, now).await?;
    let stamps = week::play(app, &seed.part("week"), &mut agency, now).await?;
    talk::play(app, &seed.part("talk"), &agency, now).await?;
    alarms::play(app, &seed.part("alarms"), &agency, albi.phone, now).await?;
    told.made = Some(tell(app, &albi, &agency, &other, stamps, now).await?);
    told.filled = true;
    Ok(told)
}

async fn tell(
    app: &App,
    plan: &Plan,
    agency: &Agency,
    other: &Agency,
    stamps: usize,
    now: Moment,
) -> Answer<Made> {
    let missing = || Fault::new("the demonstration has no visit of now");
    let is_now = |v: &&Planned| v.caregiver == 0 && v.starts_at <= now && v.ends_at > now;
    let visit = agency.visits.iter().find(is_now).ok_or_else(missing)?;
    let home = agency.clients.get(visit.client).ok_or_else(missing)?;
    let (person, _) = agency.caregivers.first().copied().ok_or_else(missing)?;
    let foreign = other.clients.first().map(|home| home.link.clone()).unwrap_or_default();

    let code: String = app.draw::<16>().iter().map(|byte| format!("{byte:02X}")).collect();
    let (by, id, told) = (agency.by.clone(), app.id(), code.clone());
    let opening =
        app.db.write(move |tx| phones::open(tx, &by, id, person, &told, ENROLMENT_MINUTES, now));
    opening.await?;
    let server = app.config.server.public_url.clone();
    let link = EnrolmentLink { server, code, key: app.keys.server().public() };
    let (first, last, _) = names::CAREGIVERS.first().copied().unwrap_or_default();
    Ok(Made {
        agency: plan.name.to_owned(),
        caregivers: agency.caregivers.len(),
        clients: agency.clients.len(),
        visits: agency.visits.len(),
        stamps,
        caregiver: format!("{first} {last}"),
        enrolment_link: link.text(),
        visit: visit.id.to_string(),
        visit_starts_at: visit.starts_at,
        visit_ends_at: visit.ends_at,
        tag_link: home.link.clone(),
        foreign_tag_link: foreign,
    })
}

/// In words, for a terminal.
impl fmt::Display for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(made) = &self.made else {
            return writeln!(
                f,
                "This database holds an organisation already: nothing was written.\n\
                 Desk      {}\nTo start again, give an empty folder (--dir).",
                self.desk
            );
        };
        let minutes = made.visit_ends_at.since(made.visit_starts_at) / MINUTE_MS;
        writeln!(
            f,
            "{}: {} caregivers, {} clients, {} visits, {} stamps.",
            made.agency, made.caregivers, made.clients, made.visits, made.stamps
        )?;
        writeln!(f, "Desk      {}", self.desk)?;
        writeln!(f, "Sign-in   {}   {}", self.login, self.password)?;
        writeln!(f, "Phone     {} enrols hers with  {}", made.caregiver, made.enrolment_link)?;
        writeln!(f, "Her visit of now ({minutes} min)  {}", made.visit)?;
        writeln!(f, "Home tag  {}", made.tag_link)
    }
}

#[cfg(test)]
mod tests;
