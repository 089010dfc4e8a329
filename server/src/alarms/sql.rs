//! Every statement of the room, and its rows.

use releve_shared::alarm::episode::Episode;
use releve_shared::alarm::{AlarmSettings, Kind, Mark, Phase, Position, Way};
use releve_shared::id::{AlarmId, CommandId, DeviceId, MembershipId, OrganisationId, PersonId};
use releve_shared::time::Moment;

use super::place::Place;
use crate::db::{Fault, Row, Tx, Value};

crate::code_columns!(Kind, Phase, Way);

crate::statements! {
    /// The settings that count.
    SETTINGS = "SELECT body FROM alarm_settings WHERE organisation = $1 ORDER BY n DESC LIMIT 1";
    /// All that was ever set, the newest first.
    SETTINGS_HISTORY = "SELECT n, body, changed_by, changed_at FROM alarm_settings
                         WHERE organisation = $1 ORDER BY n DESC LIMIT 50";
    /// Sets anew; the old ones stay.
    ADD_SETTINGS = "INSERT INTO alarm_settings (organisation, n, body, changed_by, account, changed_at)
                    VALUES ($1, (SELECT COALESCE(MAX(s.n), 0) + 1 FROM alarm_settings s
                                  WHERE s.organisation = $1), $2, $3, $4, $5)";
    /// Claims an alarm, whoever asks.
    CLAIM = "UPDATE alarm SET rev = rev + 1 WHERE id = $1
             RETURNING id, organisation, membership, person, device, episode, pressed_at, theoretical,
                       marks";
    /// A new alarm, once.
    ADD = "INSERT INTO alarm (id, organisation, membership, person, device, kind, phase, episode, due_at,
                              pressed_at, raised_at, theoretical, marks, rev)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1) ON CONFLICT (id) DO NOTHING";
    /// Writes where it stands.
    WRITE = "UPDATE alarm SET kind = $1, phase = $2, episode = $3, due_at = $4, pressed_at = $5,
                              raised_at = $6, theoretical = $7, marks = $8
              WHERE id = $9";
    /// Takes alarms that are due, once whichever node asks: the row's lock is held to the commit, and
    /// who waited finds another due time. One that nobody has heard of yet goes before those that only
    /// move on to their next people: a server that comes back late has much of both.
    TAKE_DUE = "UPDATE alarm SET rev = rev + 1
                 WHERE due_at <= $1
                   AND id IN (SELECT a.id FROM alarm a WHERE a.due_at <= $1
                               ORDER BY CASE WHEN a.raised_at IS NULL THEN 0 ELSE 1 END,
                                        a.due_at, a.id LIMIT 32)
                RETURNING id, organisation, membership, person, device, episode, pressed_at,
                          theoretical, marks";
    /// When something is due next, here or in a session.
    NEXT_DUE = "SELECT MIN(d.due_at) FROM (SELECT MIN(due_at) AS due_at FROM alarm
                                            WHERE due_at IS NOT NULL
                                           UNION ALL
                                           SELECT MIN(due_at) AS due_at FROM lone_session
                                            WHERE due_at IS NOT NULL) d";
    /// A line of the trail.
    ADD_ENTRY = "INSERT INTO alarm_entry (alarm, n, what, who, detail, acted_at, at)
                 VALUES ($1, (SELECT COALESCE(MAX(e.n), 0) + 1 FROM alarm_entry e WHERE e.alarm = $1),
                         $2, $3, $4, $5, $6)";
    /// The trail.
    ENTRIES = "SELECT what, who, detail, acted_at, at FROM alarm_entry WHERE alarm = $1 ORDER BY n";
    /// Remembers a report, once.
    ADD_REPORT = "INSERT INTO alarm_report (device, id, n, at) VALUES ($1, $2, $3, $4)
                  ON CONFLICT (device, id) DO NOTHING";
    /// A position.
    ADD_POSITION = "INSERT INTO alarm_position (alarm, n, lat_udeg, lon_udeg, accuracy_m, measured_at,
                                                received_at, way, purpose, delete_at)
                    VALUES ($1, (SELECT COALESCE(MAX(p.n), 0) + 1 FROM alarm_position p
                                  WHERE p.alarm = $1), $2, $3, $4, $5, $6, $7, 'alarm', $8)";
    /// The positions of an alarm, the newest first.
    POSITIONS = "SELECT lat_udeg, lon_udeg, accuracy_m, measured_at, received_at, way, delete_at
                   FROM alarm_position WHERE alarm = $1 ORDER BY measured_at DESC, n DESC LIMIT 100";
    /// Forgets positions whose time is over.
    FORGET_POSITIONS = "DELETE FROM alarm_position WHERE delete_at <= $1";
    /// Forgets ids of reports that no phone sends again.
    FORGET_REPORTS = "DELETE FROM alarm_report WHERE at <= $1";
    /// Keeps the code of a phone.
    ADD_CODE = "INSERT INTO alarm_code (code, device) VALUES ($1, $2) ON CONFLICT (code) DO NOTHING";
    /// The phone of a code.
    BY_CODE = "SELECT device FROM alarm_code WHERE code = $1";

    /// Alarms of an organisation: open ones first, then by their press. `$2` is one of them, or empty;
    /// `$3` to `$4` is a period of presses.
    LIST = "SELECT a.id, a.membership, COALESCE(p.first_name || ' ' || p.last_name, ''),
                   COALESCE(p.phone, ''), a.episode, a.pressed_at, a.theoretical, a.marks
              FROM alarm a LEFT JOIN person p ON p.id = a.person
             WHERE a.organisation = $1 AND ($2 = '' OR a.id = $2)
               AND a.pressed_at >= $3 AND a.pressed_at < $4
             ORDER BY a.pressed_at DESC, a.id DESC LIMIT 1000";
    /// Whether an alarm is known.
    KNOWS = "SELECT COUNT(*) FROM alarm WHERE id = $1";
    /// Whether an alarm was raised.
    IS_RAISED = "SELECT COUNT(*) FROM alarm WHERE id = $1 AND raised_at IS NOT NULL";
    /// Whether somebody has an alarm that was raised and not closed. A test is none: a real one is news
    /// beside it.
    HAS_OPEN = "SELECT COUNT(*) FROM alarm
                 WHERE person = $1 AND raised_at IS NOT NULL AND phase NOT IN ('resolved', 'cancelled')
                   AND kind <> 'test'";
    /// Open alarms of an organisation, the newest first.
    OPEN = "SELECT a.id, a.membership, COALESCE(p.first_name || ' ' || p.last_name, ''),
                   COALESCE(p.phone, ''), a.episode, a.pressed_at, a.theoretical, a.marks
              FROM alarm a LEFT JOIN person p ON p.id = a.person
             WHERE a.organisation = $1
               AND a.phase IN ('armed', 'notifying', 'exhausted', 'acknowledged')
             ORDER BY a.pressed_at DESC, a.id DESC LIMIT 200";
    /// Caregivers at work, and when their last test in a period was.
    TESTED = "SELECT m.id, p.first_name || ' ' || p.last_name,
                     (SELECT MAX(a.pressed_at) FROM alarm a
                       WHERE a.person = m.person AND a.organisation = m.organisation AND a.kind = 'test'
                         AND a.pressed_at >= $1 AND a.pressed_at < $2)
                FROM membership m JOIN person p ON p.id = m.person
               WHERE m.organisation = $3 AND m.state = 'active'
               ORDER BY p.last_name, p.first_name, m.id";
    /// What a message about an alarm must know.
    ABOUT = "SELECT o.name, o.zone,
                    COALESCE(p.first_name || ' ' || p.last_name, ''), COALESCE(p.phone, ''), a.episode,
                    a.pressed_at, a.theoretical
               FROM alarm a JOIN organisation o ON o.id = a.organisation
               LEFT JOIN person p ON p.id = a.person WHERE a.id = $1";
    /// The telephone of a person.
    PHONE = "SELECT phone FROM person WHERE id = $1";
    /// The address of a client of an organisation.
    ADDRESS = "SELECT street, address_more, postal_code, commune FROM client
                WHERE id = $1 AND organisation = $2";
    /// Colleagues whose planning puts them in a commune around a moment.
    NEAR = "SELECT DISTINCT m.id, p.first_name || ' ' || p.last_name, p.phone, v.starts_at, v.ends_at
              FROM visit v JOIN client c ON c.id = v.client
              JOIN membership m ON m.id = v.membership JOIN person p ON p.id = m.person
             WHERE v.organisation = $1 AND v.state <> 'cancelled' AND m.id <> $2
               AND v.starts_at <= $3 AND v.ends_at >= $4
               AND c.postal_code = $5 AND m.state = 'active'
             ORDER BY v.starts_at, m.id LIMIT 20";
    /// Addresses of the office's accounts.
    LOGINS = "SELECT login, name FROM account WHERE organisation = $1 AND state = 'active' ORDER BY id";
}

/// An alarm as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: AlarmId,
    pub organisation: OrganisationId,
    pub membership: Option<MembershipId>,
    pub person: Option<PersonId>,
    pub device: Option<DeviceId>,
    /// `None` only before the first event.
    pub episode: Option<Episode>,
    pub pressed_at: Moment,
    pub theoretical: Option<Place>,
    pub marks: Vec<Mark>,
}

fn optional<T: serde::de::DeserializeOwned>(row: &Row, at: usize) -> Result<Option<T>, Fault> {
    match row.get::<Option<String>>(at)? {
        None => Ok(None),
        Some(_) => row.json(at).map(Some),
    }
}

fn kept(row: &Row) -> Result<Kept, Fault> {
    Ok(Kept {
        id: row.get(0)?,
        organisation: row.get(1)?,
        membership: row.get(2)?,
        person: row.get(3)?,
        device: row.get(4)?,
        episode: Some(row.json(5)?),
        pressed_at: row.get(6)?,
        theoretical: optional(row, 7)?,
        marks: row.json(8)?,
    })
}

pub fn claim(tx: &mut Tx, id: AlarmId) -> Result<Option<Kept>, Fault> {
    tx.query_opt(&CLAIM, &[id.into()])?.as_ref().map(kept).transpose()
}

pub fn take_due(tx: &mut Tx, now: Moment) -> Result<Vec<Kept>, Fault> {
    tx.query(&TAKE_DUE, &[now.into()])?.iter().map(kept).collect()
}

pub fn next_due(tx: &mut Tx) -> Result<Option<Moment>, Fault> {
    tx.query_one(&NEXT_DUE, &[])?.get(0)
}

/// Adds an alarm; false when it is here already.
pub fn add(tx: &mut Tx, new: &Kept, episode: &Episode) -> Result<bool, Fault> {
    let theoretical = new.theoretical.as_ref().map(Value::json).transpose()?;
    let row = [
        new.id.into(),
        new.organisation.into(),
        new.membership.into(),
        new.person.into(),
        new.device.into(),
        (&episode.kind).into(),
        (&episode.phase).into(),
        Value::json(episode)?,
        episode.due_at.into(),
        new.pressed_at.into(),
        episode.raised_at.into(),
        theoretical.unwrap_or(Value::Null),
        Value::json(&new.marks)?,
    ];
    Ok(tx.execute(&ADD, &row)? == 1)
}

pub fn write(tx: &mut Tx, kept: &Kept, episode: &Episode) -> Result<u64, Fault> {
    let theoretical = kept.theoretical.as_ref().map(Value::json).transpose()?;
    let row = [
        (&episode.kind).into(),
        (&episode.phase).into(),
        Value::json(episode)?,
        episode.due_at.into(),
        kept.pressed_at.into(),
        episode.raised_at.into(),
        theoretical.unwrap_or(Value::Null),
        Value::json(&kept.marks)?,
        kept.id.into(),
    ];
    tx.execute(&WRITE, &row)
}

/// A line of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub what: String,
    pub who: String,
    pub detail: String,
    pub acted_at: Moment,
    pub at: Moment,
}

pub fn add_entry(tx: &mut Tx, alarm: AlarmId, entry: &Entry) -> Result<u64, Fault> {
    let row = [
        alarm.into(),
        (&entry.what).into(),
        (&entry.who).into(),
        (&entry.detail).into(),
        entry.acted_at.into(),
        entry.at.into(),
    ];
    tx.execute(&ADD_ENTRY, &row)
}

pub fn entries(tx: &mut Tx, alarm: AlarmId) -> Result<Vec<Entry>, Fault> {
    let read = |r: &Row| {
        Ok(Entry {
            what: r.get(0)?,
            who: r.get(1)?,
            detail: r.get(2)?,
            acted_at: r.get(3)?,
            at: r.get(4)?,
        })
    };
    tx.query(&ENTRIES, &[alarm.into()])?.iter().map(read).collect()
}

/// Remembers a report; false when it was heard before.
pub fn add_report(
    tx: &mut Tx,
    device: DeviceId,
    (id, n): (CommandId, u64),
    now: Moment,
) -> Result<bool, Fault> {
    Ok(tx.execute(&ADD_REPORT, &[device.into(), id.into(), n.into(), now.into()])? == 1)
}

/// A position as it is kept.
#[derive(Clone, Debug)]
pub struct Measured {
    pub lat_udeg: i32,
    pub lon_udeg: i32,
    pub accuracy_m: Option<u32>,
    pub measured_at: Moment,
    pub received_at: Moment,
    pub way: Way,
    pub delete_at: Moment,
}

pub fn add_position(
    tx: &mut Tx,
    alarm: AlarmId,
    at: &Position,
    (measured_at, now): (Moment, Moment),
    (way, delete_at): (&Way, Moment),
) -> Result<u64, Fault> {
    let row = [
        alarm.into(),
        at.lat_udeg.into(),
        at.lon_udeg.into(),
        at.accuracy_m.into(),
        measured_at.into(),
        now.into(),
        way.into(),
        delete_at.into(),
    ];
    tx.execute(&ADD_POSITION, &row)
}

pub fn positions(tx: &mut Tx, alarm: AlarmId) -> Result<Vec<Measured>, Fault> {
    let read = |r: &Row| {
        Ok(Measured {
            lat_udeg: r.get(0)?,
            lon_udeg: r.get(1)?,
            accuracy_m: r.get(2)?,
            measured_at: r.get(3)?,
            received_at: r.get(4)?,
            way: r.get(5)?,
            delete_at: r.get(6)?,
        })
    };
    tx.query(&POSITIONS, &[alarm.into()])?.iter().map(read).collect()
}

pub fn forget(tx: &mut Tx, now: Moment, reports_before: Moment) -> Result<(), Fault> {
    tx.execute(&FORGET_POSITIONS, &[now.into()])?;
    tx.execute(&FORGET_REPORTS, &[reports_before.into()])?;
    Ok(())
}

pub fn add_code(tx: &mut Tx, code: &str, device: DeviceId) -> Result<u64, Fault> {
    tx.execute(&ADD_CODE, &[code.into(), device.into()])
}

pub fn by_code(tx: &mut Tx, code: &str) -> Result<Option<DeviceId>, Fault> {
    tx.query_opt(&BY_CODE, &[code.into()])?.map(|r| r.get(0)).transpose()
}

pub fn settings(tx: &mut Tx, org: OrganisationId) -> Result<Option<AlarmSettings>, Fault> {
    tx.query_opt(&SETTINGS, &[org.into()])?.map(|r| r.json(0)).transpose()
}

/// Settings as they once were: number, settings, by whom, when.
type Was = (u64, AlarmSettings, String, Moment);

pub fn settings_history(tx: &mut Tx, org: OrganisationId) -> Result<Vec<Was>, Fault> {
    let rows = tx.query(&SETTINGS_HISTORY, &[org.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.json(1)?, r.get(2)?, r.get(3)?))).collect()
}

pub fn add_settings(
    tx: &mut Tx,
    org: OrganisationId,
    new: &AlarmSettings,
    (by, account): (&str, &str),
    now: Moment,
) -> Result<u64, Fault> {
    let row = [org.into(), Value::json(new)?, by.into(), account.into(), now.into()];
    tx.execute(&ADD_SETTINGS, &row)
}

/// An alarm in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: AlarmId,
    pub membership: Option<MembershipId>,
    pub name: String,
    pub phone: String,
    pub episode: Episode,
    pub pressed_at: Moment,
    pub theoretical: Option<Place>,
    pub marks: Vec<Mark>,
}

fn listed(row: &Row) -> Result<Listed, Fault> {
    Ok(Listed {
        id: row.get(0)?,
        membership: row.get(1)?,
        name: row.get(2)?,
        phone: row.get(3)?,
        episode: row.json(4)?,
        pressed_at: row.get(5)?,
        theoretical: optional(row, 6)?,
        marks: row.json(7)?,
    })
}

pub fn list(
    tx: &mut Tx,
    org: OrganisationId,
    (from, to): (Moment, Moment),
) -> Result<Vec<Listed>, Fault> {
    let values = [org.into(), "".into(), from.into(), to.into()];
    tx.query(&LIST, &values)?.iter().map(listed).collect()
}

pub fn one(tx: &mut Tx, org: OrganisationId, id: AlarmId) -> Result<Option<Listed>, Fault> {
    let values = [org.into(), id.into(), Moment(i64::MIN).into(), Moment(i64::MAX).into()];
    tx.query_opt(&LIST, &values)?.as_ref().map(listed).transpose()
}

pub fn open(tx: &mut Tx, org: OrganisationId) -> Result<Vec<Listed>, Fault> {
    tx.query(&OPEN, &[org.into()])?.iter().map(listed).collect()
}

/// A caregiver at work, and her last test in a period.
type Tested = (MembershipId, String, Option<Moment>);

pub fn tested(
    tx: &mut Tx,
    org: OrganisationId,
    (from, to): (Moment, Moment),
) -> Result<Vec<Tested>, Fault> {
    let rows = tx.query(&TESTED, &[from.into(), to.into(), org.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).collect()
}

/// What a message about an alarm must know.
#[derive(Clone, Debug)]
pub struct About {
    pub agency: String,
    pub zone: String,
    pub name: String,
    pub phone: String,
    pub episode: Episode,
    pub pressed_at: Moment,
    pub theoretical: Option<Place>,
}

pub fn about(tx: &mut Tx, id: AlarmId) -> Result<Option<About>, Fault> {
    let row = tx.query_opt(&ABOUT, &[id.into()])?;
    row.map(|r| {
        Ok(About {
            agency: r.get(0)?,
            zone: r.get(1)?,
            name: r.get(2)?,
            phone: r.get(3)?,
            episode: r.json(4)?,
            pressed_at: r.get(5)?,
            theoretical: optional(&r, 6)?,
        })
    })
    .transpose()
}

pub fn phone(tx: &mut Tx, person: PersonId) -> Result<Option<String>, Fault> {
    tx.query_opt(&PHONE, &[person.into()])?.map(|r| r.get(0)).transpose()
}

/// Street, more of it, postal code and commune of a client.
pub fn address(
    tx: &mut Tx,
    org: OrganisationId,
    client: releve_shared::id::ClientId,
) -> Result<Option<[String; 4]>, Fault> {
    let row = tx.query_opt(&ADDRESS, &[client.into(), org.into()])?;
    row.map(|r| Ok([r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?])).transpose()
}

/// A colleague by her planning: who, telephone, from when to when.
type Near = (MembershipId, String, String, Moment, Moment);

pub fn near(
    tx: &mut Tx,
    org: OrganisationId,
    but: Option<MembershipId>,
    (from, to): (Moment, Moment),
    postal_code: &str,
) -> Result<Vec<Near>, Fault> {
    let but = but.map(|id| id.to_string()).unwrap_or_default();
    let row = [org.into(), but.into(), to.into(), from.into(), postal_code.into()];
    let read = |r: &Row| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?));
    tx.query(&NEAR, &row)?.iter().map(read).collect()
}

/// Sign-ins and names of the office's accounts.
pub fn logins(tx: &mut Tx, org: OrganisationId) -> Result<Vec<(String, String)>, Fault> {
    let rows = tx.query(&LOGINS, &[org.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

pub fn knows(tx: &mut Tx, alarm: AlarmId) -> Result<bool, Fault> {
    Ok(tx.query_one(&KNOWS, &[alarm.into()])?.get::<u64>(0)? > 0)
}

pub fn is_raised(tx: &mut Tx, alarm: AlarmId) -> Result<bool, Fault> {
    Ok(tx.query_one(&IS_RAISED, &[alarm.into()])?.get::<u64>(0)? > 0)
}

pub fn has_open(tx: &mut Tx, person: PersonId) -> Result<bool, Fault> {
    Ok(tx.query_one(&HAS_OPEN, &[person.into()])?.get::<u64>(0)? > 0)
}
