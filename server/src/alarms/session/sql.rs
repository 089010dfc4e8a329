//! Statements of lone work under watch, and their rows.

use releve_shared::alarm::LoneSession;
use releve_shared::id::{AlarmId, DeviceId, LoneSessionId, MembershipId, OrganisationId, PersonId};
use releve_shared::time::Moment;

use crate::db::{Fault, Row, Tx, Value};

crate::statements! {
    /// Claims a session, whoever asks.
    CLAIM = "UPDATE lone_session SET rev = rev + 1 WHERE id = $1
                     RETURNING id, organisation, membership, person, device, state, body, heard_at";
    /// A new session, once.
    ADD = "INSERT INTO lone_session (id, organisation, membership, person, device, state, body,
                                             heard_at, due_at, rev)
                   VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8, 1) ON CONFLICT (id) DO NOTHING";
    /// Writes where it stands.
    WRITE = "UPDATE lone_session SET state = $1, body = $2, heard_at = $3, due_at = $4
                      WHERE id = $5";
    /// Lone work of an organisation that is under watch, or raised and still going on.
    WATCHED = "SELECT s.id, s.membership, p.first_name || ' ' || p.last_name, p.phone, s.state, s.body,
                      s.heard_at
                 FROM lone_session s JOIN person p ON p.id = s.person
                WHERE s.organisation = $1 AND s.state <> 'closed' AND s.heard_at >= $2
                ORDER BY s.heard_at DESC, s.id LIMIT 500";
    /// Where a worker said that she was, for the alarm of her session.
    BODY = "SELECT body FROM lone_session WHERE id = $1 AND organisation = $2";
    /// Takes sessions that are due, once whichever node asks.
    TAKE = "UPDATE lone_session SET state = 'raised', due_at = NULL, rev = rev + 1
                      WHERE state = 'open' AND due_at <= $1
                        AND id IN (SELECT s.id FROM lone_session s
                                    WHERE s.state = 'open' AND s.due_at <= $1
                                    ORDER BY s.due_at, s.id LIMIT 32)
                     RETURNING id, organisation, membership, person, device, state, body, heard_at";
}

/// A session as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    pub organisation: OrganisationId,
    pub membership: Option<MembershipId>,
    pub person: PersonId,
    pub device: DeviceId,
    pub state: String,
    pub session: LoneSession,
    pub heard_at: Moment,
}

fn session(row: &Row) -> Result<Kept, Fault> {
    Ok(Kept {
        organisation: row.get(1)?,
        membership: row.get(2)?,
        person: row.get(3)?,
        device: row.get(4)?,
        state: row.get(5)?,
        session: row.json(6)?,
        heard_at: row.get(7)?,
    })
}

pub fn claim(tx: &mut Tx, id: LoneSessionId) -> Result<Option<Kept>, Fault> {
    tx.query_opt(&CLAIM, &[id.into()])?.as_ref().map(session).transpose()
}

/// A session in a list: whose, her name and number, where it stands, and when her phone was heard.
pub struct Watched {
    pub id: LoneSessionId,
    pub membership: Option<MembershipId>,
    pub name: String,
    pub phone: String,
    pub state: String,
    pub session: LoneSession,
    pub heard_at: Moment,
}

pub fn watched(tx: &mut Tx, org: OrganisationId, since: Moment) -> Result<Vec<Watched>, Fault> {
    let line = |row: &Row| {
        Ok(Watched {
            id: row.get(0)?,
            membership: row.get(1)?,
            name: row.get(2)?,
            phone: row.get(3)?,
            state: row.get(4)?,
            session: row.json(5)?,
            heard_at: row.get(6)?,
        })
    };
    tx.query(&WATCHED, &[org.into(), since.into()])?.iter().map(line).collect()
}

/// The session whose alarm has this id.
pub fn of_alarm(
    tx: &mut Tx,
    org: OrganisationId,
    alarm: AlarmId,
) -> Result<Option<LoneSession>, Fault> {
    tx.query_opt(&BODY, &[alarm.into(), org.into()])?.map(|row| row.json(0)).transpose()
}

pub fn take(tx: &mut Tx, now: Moment) -> Result<Vec<Kept>, Fault> {
    tx.query(&TAKE, &[now.into()])?.iter().map(session).collect()
}

pub fn add(tx: &mut Tx, new: &Kept, due: Moment) -> Result<u64, Fault> {
    let row = [
        new.session.id.into(),
        new.organisation.into(),
        new.membership.into(),
        new.person.into(),
        new.device.into(),
        Value::json(&new.session)?,
        new.heard_at.into(),
        due.into(),
    ];
    tx.execute(&ADD, &row)
}

pub fn write(tx: &mut Tx, kept: &Kept, due: Option<Moment>) -> Result<u64, Fault> {
    let row = [
        (&kept.state).into(),
        Value::json(&kept.session)?,
        kept.heard_at.into(),
        due.into(),
        kept.session.id.into(),
    ];
    tx.execute(&WRITE, &row)
}
