//! What messages about an alarm say, in French and in English: made when they leave. No word of who is
//! helped or how; the address is there because help must find it (row O-33).

use releve_shared::alarm::{Basis, Kind as Why};
use releve_shared::id::AlarmId;
use releve_shared::time::{MINUTE_MS, Moment, SECOND_MS, Zone};

use super::place::{self, Seen};
use super::sql::{self, About};
use crate::config::MailLanguage;
use crate::db::{Answer, Tx};
use crate::notices::Kind;

/// A message ready to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// For a mail.
    pub subject: String,
    /// For a mail.
    pub text: String,
    /// For a text message or a voice: one line.
    pub short: String,
}

/// What a message of a kind says of an alarm; `None` when the alarm is gone.
///
/// # Errors
/// Those of the database.
pub fn words(
    tx: &mut Tx,
    alarm: AlarmId,
    kind: Kind,
    (language, base): (MailLanguage, &str),
    now: Moment,
) -> Answer<Option<Words>> {
    let Some(about) = sql::about(tx, alarm)? else { return Ok(None) };
    let seen = place::seen(tx, alarm)?.into_iter().next();
    let link = format!("{base}/#/alarms/{alarm}");
    Ok(Some(compose(&about, seen.as_ref(), kind, language, &link, now)))
}

/// A sentence in the language of the settings.
type Say<'a> = &'a dyn Fn(&'static str, &'static str) -> &'static str;

fn compose(
    about: &About,
    seen: Option<&Seen>,
    kind: Kind,
    language: MailLanguage,
    link: &str,
    now: Moment,
) -> Words {
    let say = move |fr, en| match language {
        MailLanguage::Fr => fr,
        MailLanguage::En => en,
    };
    let say: Say<'_> = &say;
    let zone = Zone::named(&about.zone).unwrap_or_else(|_| Zone::utc());
    let who = one_line(if about.name.is_empty() { &about.agency } else { &about.name });
    let what = headline(about, kind, say);
    let subject = format!("{what} - {who}");
    let mut lines = vec![format!("{what}: {who}"), one_line(&about.agency)];
    if !about.phone.is_empty() {
        lines.push(format!("{}: {}", say("Téléphone", "Telephone"), about.phone));
    }
    lines.push(format!("{}: {}", say("Déclenchée", "Triggered"), clock(&zone, about.pressed_at)));
    lines.push(format!("{}: {}", say("Motif", "Reason"), reason(&about.episode.kind, say)));
    lines.push(String::new());
    lines.push(planned(about, &zone, say));
    lines.push(measured(seen, say, now));
    lines.push(String::new());
    if let Some(by) = &about.episode.acknowledged {
        let told = say("Prise en charge par", "Taken in charge by");
        lines.push(format!("{told} {}, {}", one_line(&by.name), clock(&zone, by.at)));
    }
    if let Some(at) = about.episode.fine_at {
        let told = say(
            "« Je vais bien » a été dit depuis le téléphone",
            "“I am fine” was said on the phone",
        );
        lines.push(format!("{told}, {}", clock(&zone, at)));
    }
    lines.push(link.to_owned());
    let short = format!("{what}: {who}, {}. {link}", clock(&zone, about.pressed_at));
    Words { subject, text: lines.join("\n") + "\n", short }
}

fn headline(about: &About, kind: Kind, say: Say<'_>) -> String {
    let test = about.episode.kind == Why::Test;
    let what = match kind {
        Kind::AlarmTaken => say("Alarme prise en charge", "Alarm taken in charge"),
        Kind::AlarmClosed => say("Fin d'alarme", "Alarm closed"),
        Kind::AlarmOpen => say("Alarme toujours ouverte", "Alarm still open"),
        Kind::AlarmRaised
        | Kind::AlarmTier
        | Kind::Message
        | Kind::Callback
        | Kind::Request
        | Kind::Test => say("ALARME travailleur isolé (DATI)", "LONE WORKER ALARM"),
    };
    if test { format!("{} - {what}", say("ESSAI", "TEST")) } else { what.to_owned() }
}

fn reason(kind: &Why, say: Say<'_>) -> &'static str {
    match kind {
        Why::Panic | Why::Unknown(_) => say("bouton d'alarme", "alarm button"),
        Why::Silent => say(
            "alarme silencieuse: ne pas appeler son téléphone",
            "silent alarm: do not ring her phone",
        ),
        Why::Duress => say(
            "sous la contrainte: ne pas appeler son téléphone",
            "under duress: do not ring her phone",
        ),
        Why::MissedCheckIn => say("pas de réponse au contrôle", "no answer to a check-in"),
        Why::NoCheckOut => say("fin d'intervention non pointée", "end of the visit not clocked"),
        Why::Immobility => say("téléphone immobile", "phone without movement"),
        Why::PhoneSilent => say("téléphone muet", "phone silent"),
        Why::Test => say("essai", "test"),
    }
}

/// Theoretical position: the address of the visit, its hours, and on what that rests.
fn planned(about: &About, zone: &Zone, say: Say<'_>) -> String {
    let label = say("Position théorique (planning)", "Theoretical position (planning)");
    let Some(place) = &about.theoretical else {
        return format!("{label}: {}", say("aucune intervention proche", "no visit near"));
    };
    let at = &place.theoretical;
    let parts = [&place.street, &place.address_more, &place.postal_code, &place.commune];
    let address: Vec<String> =
        parts.into_iter().filter(|part| !part.is_empty()).map(|part| one_line(part)).collect();
    let basis = match at.basis {
        Basis::Badged => say("début pointé il y a", "start clocked, age"),
        Basis::Planned | Basis::Unknown(_) => {
            say("intervention prévue, écart", "visit planned, off by")
        }
        Basis::After => say("intervention terminée depuis", "visit over for"),
        Basis::Before => say("prochaine intervention dans", "next visit in"),
    };
    format!(
        "{label}: {} ({} - {}; {basis} {})",
        address.join(", "),
        clock(zone, at.starts_at),
        clock(zone, at.ends_at),
        span(at.age_ms),
    )
}

/// Real position: coordinates, accuracy and age.
fn measured(seen: Option<&Seen>, say: Say<'_>, now: Moment) -> String {
    let label = say("Position réelle (GPS)", "Real position (GPS)");
    let Some(at) = seen else {
        return format!("{label}: {}", say("inconnue", "unknown"));
    };
    let degrees = |udeg: i32| format!("{:.6}", f64::from(udeg) / 1_000_000.0);
    let (lat, lon) = (degrees(at.lat_udeg), degrees(at.lon_udeg));
    let accuracy = at.accuracy_m.map_or_else(
        || say("précision inconnue", "accuracy unknown").to_owned(),
        |m| format!("± {m} m"),
    );
    let age = span(now.since(at.measured_at));
    let old = say("âge", "age");
    let map = format!("https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}");
    format!("{label}: {lat}, {lon} ({accuracy}, {old} {age})\n{map}")
}

fn clock(zone: &Zone, at: Moment) -> String {
    let (hour, minute) = zone.wall(at);
    format!("{} {hour:02}:{minute:02}", zone.day_of(at))
}

fn span(ms: i64) -> String {
    let ms = ms.max(0);
    if ms < 2 * MINUTE_MS {
        format!("{} s", ms / SECOND_MS)
    } else {
        format!("{} min", ms / MINUTE_MS)
    }
}

/// A name is one line: nobody adds a header or a paragraph by it.
fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
