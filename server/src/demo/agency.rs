//! An agency: its account, caregivers, clients with their tags, and two weeks of visits.

use releve_shared::badge::{Method, TagKind};
use releve_shared::client::{Section, SectionKind, Title};
use releve_shared::id::{
    AccountId, ClientId, HomeTagId, MembershipId, OrganisationId, PersonId, VisitId,
};
use releve_shared::time::{Day, MINUTE_MS, Moment, Zone};

use super::seed::Seed;
use super::{day, names};
use crate::app::App;
use crate::audit::Who;
use crate::clients::{ClientInput, TagInput, sun};
use crate::db::{Answer, Fault};
use crate::identity::desk::Role;
use crate::identity::{
    By, NewAccount, NewOrganisation, add_account, add_organisation, ntag_master, password,
};
use crate::people::CaregiverInput;
use crate::text::BadField;
use crate::visits::VisitInput;
use crate::{clients, people, visits};

/// What an agency is made of.
pub struct Plan {
    pub name: &'static str,
    pub phone: &'static str,
    pub login: &'static str,
    pub supervisor: &'static str,
    pub caregivers: usize,
    pub clients: usize,
}

/// An agency that was made.
#[derive(Clone)]
pub struct Agency {
    pub by: By,
    pub caregivers: Vec<(PersonId, MembershipId)>,
    pub clients: Vec<Home>,
    pub visits: Vec<Planned>,
    pub today: Day,
}

/// A client's home with its tag.
#[derive(Clone)]
pub struct Home {
    pub client: ClientId,
    pub link: String,
    pub method: Method,
    pub chip: Option<Chip>,
}

/// An NTAG 424 DNA at a home.
#[derive(Clone)]
pub struct Chip {
    pub keys: sun::TagKeys,
    pub uid: [u8; 7],
    pub counter: u32,
}

/// A planned visit.
#[derive(Clone, Debug)]
pub struct Planned {
    pub id: VisitId,
    pub caregiver: usize,
    pub client: usize,
    pub starts_at: Moment,
    pub ends_at: Moment,
}

/// Hours of a weekday: hour, minute, length in minutes.
const WEEKDAY: &[(i8, i8, i64)] =
    &[(8, 0, 60), (9, 15, 60), (10, 30, 75), (12, 0, 60), (14, 30, 90), (18, 0, 60)];
/// Hours of a day of the weekend, for half of the caregivers.
const WEEKEND: &[(i8, i8, i64)] = &[(8, 30, 60), (12, 0, 60), (18, 0, 45)];

/// The first caregiver's day, around now: start and length in minutes, and which of her clients. Two
/// visits are behind her, one begins, three are to come.
const HER_DAY: &[(i64, i64, usize)] =
    &[(-195, 60, 2), (-115, 45, 3), (-5, 60, 1), (70, 60, 4), (145, 45, 5), (240, 75, 6)];
/// Where the next two are now.
const NOW: [&[(i64, i64, usize)]; 2] = [&[(-20, 60, 1)], &[(-35, 60, 1)]];

/// Clients that a caregiver goes to.
const CLIENTS_EACH: usize = 7;

/// Makes an agency. The office has planned its two weeks ten days ago.
///
/// # Errors
/// Those of the database.
pub async fn found(app: &App, seed: &Seed, plan: &Plan, now: Moment) -> Answer<Agency> {
    let zone = Zone::named("Europe/Paris").map_err(|e| Fault::of("the demonstration's zone", e))?;
    let today = zone.day_of(now);
    let since = zone.at(today.plus(-10), 9, 0);
    let by = office(app, seed, plan, zone, since).await?;
    day::found(app, seed, &by, since).await?;
    let caregivers = hire(app, seed, plan, &by, since).await?;
    let clients = house(app, seed, plan, &by, since).await?;
    let mut agency = Agency { by, caregivers, clients, visits: Vec::new(), today };
    agency.visits = schedule(&agency, seed, now);
    enter(app, seed, &agency, since).await?;
    Ok(agency)
}

async fn office(app: &App, seed: &Seed, plan: &Plan, zone: Zone, at: Moment) -> Answer<By> {
    let mut seed = seed.part("office");
    let (organisation, account): (OrganisationId, AccountId) = (seed.id(at), seed.id(at));
    let new = NewOrganisation {
        id: organisation,
        name: plan.name.to_owned(),
        phone: plan.phone.to_owned(),
        zone: zone.clone(),
        establishment: seed.id(at),
        // Keys are true secrets, even here.
        chance: app.draw(),
    };
    let opened = NewAccount {
        id: account,
        organisation,
        login: plan.login.to_owned(),
        name: plan.supervisor.to_owned(),
        role: Role::Admin,
        password: password::hash(super::PASSWORD, app.draw())?,
    };
    let keys = app.keys.clone();
    app.db
        .write(move |tx| {
            add_organisation(tx, &keys, &new, at)?;
            add_account(tx, &opened, at)
        })
        .await?;
    let who = Who::Account(account);
    Ok(By { organisation, account, name: plan.supervisor.to_owned(), zone, who })
}

async fn hire(
    app: &App,
    seed: &Seed,
    plan: &Plan,
    by: &By,
    at: Moment,
) -> Answer<Vec<(PersonId, MembershipId)>> {
    let mut made = Vec::new();
    for (n, (first, last, role)) in names::CAREGIVERS.iter().take(plan.caregivers).enumerate() {
        let mut seed = seed.part(format!("caregiver {n}"));
        let ids = (seed.id(at), seed.id(at));
        let typed = CaregiverInput {
            first_name: (*first).to_owned(),
            last_name: (*last).to_owned(),
            phone: format!("06 39 98 {:02} {:02}", n + 10, seed.below(100)),
            role: (*role).to_owned(),
            rev: None,
        };
        let (by, new) = (by.clone(), typed.check().map_err(wrong)?);
        // The last one is still to be transmitted (row O-06).
        let transmit = n + 1 < names::CAREGIVERS.len();
        app.db
            .write(move |tx| {
                people::create(tx, &by, &new, ids, at)?;
                people::set_transmit(tx, &by, ids.1, transmit, at)
            })
            .await?;
        made.push(ids);
    }
    Ok(made)
}

async fn house(app: &App, seed: &Seed, plan: &Plan, by: &By, at: Moment) -> Answer<Vec<Home>> {
    let mut homes = Vec::new();
    for n in 0..plan.clients {
        let mut seed = seed.part(format!("client {n}"));
        let (client, tag): (ClientId, HomeTagId) = (seed.id(at), seed.id(at));
        let new = person_helped(&mut seed, n).check().map_err(wrong)?;
        let kind = match n % 10 {
            0 => TagKind::Ntag424,
            1..=3 => TagKind::NfcStatic,
            _ => TagKind::Qr,
        };
        let method = if kind == TagKind::Qr { Method::Qr } else { Method::Nfc };
        let label = if kind == TagKind::Qr {
            "Porte d'entrée, côté intérieur"
        } else {
            "Cadre de la porte"
        };
        let typed = TagInput { kind: kind.clone(), label: label.to_owned() };
        let (by, with, base) = (by.clone(), app.keys.clone(), app.config.server.public_url.clone());
        let (link, master) = app
            .db
            .write(move |tx| {
                clients::create(tx, &by, client, &new, at)?;
                let issued = clients::issue(tx, &by, (&with, &base), client, &typed, tag, at)?;
                Ok((issued.link, ntag_master(tx, &with, by.organisation)?))
            })
            .await?;
        let chip = (kind == TagKind::Ntag424).then(|| Chip {
            keys: sun::keys_of(&master, tag),
            uid: uid(&mut seed),
            counter: 0,
        });
        homes.push(Home { client, link, method, chip });
    }
    Ok(homes)
}

/// NXP's chips have UIDs that begin with 04.
fn uid(seed: &mut Seed) -> [u8; 7] {
    let [a, b, c, d, e, f] = seed.bytes();
    [0x04, a, b, c, d, e, f]
}

fn person_helped(seed: &mut Seed, n: usize) -> ClientInput {
    let woman = !seed.once_in(4);
    let first = if woman { seed.pick(names::WOMEN) } else { seed.pick(names::MEN) };
    let (commune, postal_code) = seed.pick(names::COMMUNES).copied().unwrap_or(("Albi", "81000"));
    let text =
        |seed: &mut Seed, list: &[&str]| seed.pick(list).copied().unwrap_or_default().to_owned();
    let mut sections = vec![(SectionKind::Access, text(seed, names::ACCESS))];
    for (kind, list, rare) in [
        (SectionKind::Habits, names::HABITS, 2),
        (SectionKind::Health, names::HEALTH, 2),
        (SectionKind::Home, names::HOME, 3),
        (SectionKind::Contacts, names::CONTACTS, 2),
    ] {
        if seed.once_in(rare) {
            sections.push((kind, text(seed, list)));
        }
    }
    let flat = seed.once_in(3);
    let code = format!("{:04}{}", seed.below(10_000), if seed.once_in(2) { "A" } else { "B" });
    ClientInput {
        title: if woman { Title::Mrs } else { Title::Mr },
        first_name: first.copied().unwrap_or("Yvette").to_owned(),
        last_name: names::LAST
            .get(n % names::LAST.len())
            .copied()
            .unwrap_or("Garrigues")
            .to_owned(),
        street: format!("{} {}", seed.between(1, 98), text(seed, names::STREETS)),
        address_more: if flat {
            match seed.between(1, 4) {
                1 => "1er étage, porte gauche".to_owned(),
                floor => format!("{floor}e étage, porte gauche"),
            }
        } else {
            String::new()
        },
        postal_code: postal_code.to_owned(),
        commune: commune.to_owned(),
        phone: if seed.once_in(5) {
            String::new()
        } else {
            format!("05 36 49 {:02} {:02}", n, seed.below(100))
        },
        door_code: if flat { code } else { String::new() },
        sections: sections
            .into_iter()
            .map(|(kind, text)| Section { kind, text, title: String::new() })
            .collect(),
        at: day::place(seed, commune),
        rev: None,
    }
}

/// A week back, today and a week ahead. The first caregiver begins today, the last one tomorrow; the
/// first three are with a client now.
fn schedule(agency: &Agency, seed: &Seed, now: Moment) -> Vec<Planned> {
    let zone = &agency.by.zone;
    let mut visits = Vec::new();
    let mut seed = seed.part("schedule");
    for caregiver in 0..agency.caregivers.len() {
        let client = |slot: usize| (caregiver * CLIENTS_EACH + slot) % agency.clients.len();
        let five = now.plus(-now.0.rem_euclid(5 * MINUTE_MS));
        let around = match caregiver {
            0 => HER_DAY,
            n => NOW.get(n - 1).copied().unwrap_or_default(),
        };
        let around: Vec<Planned> = around
            .iter()
            .map(|(from, length, slot)| {
                let starts_at = five.plus(from * MINUTE_MS);
                let ends_at = starts_at.plus(length * MINUTE_MS);
                // The second of her clients has a tag that both a camera and a reader can read.
                Planned { id: seed.id(now), caregiver, client: client(*slot), starts_at, ends_at }
            })
            .collect();
        let begins = match caregiver {
            0 => now,
            n if n + 1 == names::CAREGIVERS.len() => zone.bounds(agency.today).1,
            _ => Moment(0),
        };
        visits.extend(around.iter().cloned());
        for n in -7..=6_i32 {
            let day = agency.today.plus(n);
            let weekend = day.weekday() > 5;
            if (weekend && caregiver % 2 == 1) || (caregiver == 0 && n == 0) {
                continue;
            }
            let slots = if weekend { WEEKEND } else { WEEKDAY };
            for (slot, (hour, minute, length)) in slots.iter().enumerate() {
                let starts_at = zone.at(day, *hour, *minute);
                let ends_at = starts_at.plus(length * MINUTE_MS);
                let meets = around.iter().any(|v| {
                    starts_at < v.ends_at.plus(10 * MINUTE_MS)
                        && ends_at > v.starts_at.plus(-10 * MINUTE_MS)
                });
                let rotated = slot + usize::try_from(n + 7).unwrap_or(0);
                let id = seed.id(now);
                if !meets && starts_at >= begins {
                    let client = client(rotated % CLIENTS_EACH);
                    visits.push(Planned { id, caregiver, client, starts_at, ends_at });
                }
            }
        }
    }
    visits.sort_by_key(|v| (v.starts_at, v.id));
    visits
}

async fn enter(app: &App, seed: &Seed, agency: &Agency, at: Moment) -> Answer<()> {
    let mut seed = seed.part("services");
    let mut planned = Vec::new();
    for visit in &agency.visits {
        let (hour, _) = agency.by.zone.wall(visit.starts_at);
        let time = match hour {
            0..11 => 0,
            11..14 => 1,
            14..17 => 2,
            _ => 3,
        };
        let services = names::SERVICES.get(time).copied().unwrap_or_default();
        let membership = agency.caregivers.get(visit.caregiver).map(|(_, m)| *m);
        let client = agency.clients.get(visit.client).map(|home| home.client);
        let (Some(membership), Some(client)) = (membership, client) else { continue };
        let instructions = if seed.once_in(9) {
            "Courses : liste sur le frigo.".to_owned()
        } else {
            String::new()
        };
        let typed = VisitInput {
            membership,
            client,
            service: seed.pick(services).copied().unwrap_or("Aide à domicile").to_owned(),
            starts_at: visit.starts_at,
            ends_at: visit.ends_at,
            instructions,
            force: false,
            rev: None,
        };
        planned.push((visit.id, typed.check().map_err(wrong)?));
    }
    let chunks: Vec<Vec<_>> = planned.chunks(200).map(<[_]>::to_vec).collect();
    for chunk in chunks {
        let by = agency.by.clone();
        app.db
            .write(move |tx| {
                chunk.iter().try_for_each(|(id, new)| visits::create(tx, &by, *id, new, at))
            })
            .await?;
    }
    Ok(())
}

/// What the demonstration types is right; when it is not, that is a bug.
fn wrong(bad: BadField) -> Fault {
    Fault::of("the demonstration's data", bad)
}
