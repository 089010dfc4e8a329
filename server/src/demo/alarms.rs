//! Who answers an alarm in the demonstration, the alarms and tests of its week; from now on each arrival
//! opens a watch.

use releve_shared::alarm::{
    AlarmReport, AlarmRequest, AlarmSettings, Cause, Contact, Kind, Position, Report, Tier,
};
use releve_shared::clock::Stamp;
use releve_shared::id::{AlarmId, CommandId, MembershipId, PersonId};
use releve_shared::sync::PROTOCOL;
use releve_shared::time::{MINUTE_MS, Moment, SECOND_MS};

use super::agency::Agency;
use super::seed::Seed;
use super::sql;
use crate::alarms::{self, ResolveInput};
use crate::app::App;
use crate::db::{Answer, Tx};
use crate::identity::{self, By, Keys};

/// Who tries the chain in this week; the others have not yet.
const TESTED: std::ops::Range<usize> = 1..8;

/// An alarm of before.
struct Past {
    alarm: AlarmId,
    report: CommandId,
    kind: Kind,
    position: Option<Position>,
    at: Moment,
    /// How long nobody took it in charge.
    unanswered_ms: i64,
    cause: Cause,
    words: &'static str,
}

/// Sets it, after the week was played: phones that do not exist are watched by nobody.
///
/// # Errors
/// Those of the database.
pub async fn play(
    app: &App,
    seed: &Seed,
    agency: &Agency,
    call_number: &str,
    now: Moment,
) -> Answer<()> {
    let contact = |name: &str, mail: &str, sms: &str| Contact {
        name: name.to_owned(),
        mail: mail.to_owned(),
        sms: sms.to_owned(),
        call: String::new(),
    };
    let tier = |contacts| Tier { contacts };
    let settings = AlarmSettings {
        call_number: call_number.to_owned(),
        mails: vec!["astreinte@relais-albi.test".to_owned()],
        tiers: vec![
            tier(vec![contact("Claire Delmas", "claire@relais-albi.test", "+33639980010")]),
            tier(vec![contact("Astreinte", "", "+33639980001")]),
        ],
        ..AlarmSettings::proposed()
    };
    let (by, keys, people) = (agency.by.clone(), app.keys.clone(), agency.caregivers.clone());
    let past = past(seed, agency, now);
    app.db
        .write(move |tx| {
            // Before anybody is named: only the office's own account is told of the past.
            for (who, one) in &past {
                if let Some(person) = people.get(*who) {
                    happened(tx, &keys, &by, *person, one)?;
                }
            }
            alarms::set(tx, &by, &settings, "Démonstration", now)
        })
        .await
}

fn past(seed: &Seed, agency: &Agency, now: Moment) -> Vec<(usize, Past)> {
    let mut seed = seed.part("past");
    let day =
        |ago: i32, hour: i8, minute: i8| agency.by.zone.at(agency.today.plus(-ago), hour, minute);
    let mut all: Vec<(usize, Past)> = TESTED
        .map(|who| {
            let ago = i32::try_from(seed.between(1, 6)).unwrap_or(1);
            let at = day(ago, 13, i8::try_from(who).unwrap_or(0) * 5);
            let test = Past {
                alarm: seed.id(at),
                report: seed.id(at),
                kind: Kind::Test,
                position: None,
                at,
                unanswered_ms: seed.between(9, 40) * SECOND_MS,
                cause: Cause::Test,
                words: "Essai du mois : tout est passé.",
            };
            (who, test)
        })
        .collect();
    let albi =
        Position { lat_udeg: 43_928_700, lon_udeg: 2_147_900, accuracy_m: Some(14), age_ms: 0 };
    for (who, at, unanswered_ms, cause, words) in [
        (2, day(5, 10, 12), 38 * SECOND_MS, Cause::False, "Touche pressée en prenant les clés."),
        (
            4,
            day(2, 18, 31),
            74 * SECOND_MS,
            Cause::Real,
            "Chute dans l'escalier, les pompiers sont venus. Arrêt de trois jours.",
        ),
    ] {
        let (alarm, report) = (seed.id(at), seed.id(at));
        let (kind, position) = (Kind::Panic, Some(albi.clone()));
        all.push((who, Past { alarm, report, kind, position, at, unanswered_ms, cause, words }));
    }
    all.retain(|(_, one)| one.at.plus(20 * MINUTE_MS) < now);
    all.sort_by_key(|(_, one)| one.at);
    all
}

/// Raised on her phone, taken in charge at the desk, closed.
fn happened(
    tx: &mut Tx,
    keys: &Keys,
    by: &By,
    (person, membership): (PersonId, MembershipId),
    one: &Past,
) -> Answer<()> {
    let phone = match sql::phone(tx, person)? {
        Some(device) => identity::signed(tx, device)?,
        None => None,
    };
    let Some(phone) = phone else { return Ok(()) };
    let stamp = Stamp { wall: one.at, boot: one.report.to_string(), up_ms: 0 };
    let (alarm, kind, position) = (one.alarm, one.kind.clone(), one.position.clone());
    let asked = AlarmRequest {
        protocol: PROTOCOL,
        device: phone.device,
        sent: stamp.clone(),
        anchors: Vec::new(),
        report: AlarmReport {
            id: one.report,
            n: u64::try_from(one.at.0).unwrap_or(1),
            membership: Some(membership),
            stamp,
            capability: None,
            what: Report::Raised { alarm, kind, visit: None, position },
        },
    };
    let _ = alarms::hear(tx, keys, &phone, &asked, one.at)?;
    let taken = one.at.plus(one.unanswered_ms);
    alarms::acknowledge(tx, by, alarm, taken)?;
    let input = ResolveInput { cause: one.cause.clone(), reason: one.words.to_owned() };
    alarms::resolve(tx, by, alarm, &input, taken.plus(9 * MINUTE_MS))
}
