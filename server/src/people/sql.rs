//! Every statement of the room, and its rows.

use releve_shared::id::{DeviceId, MembershipId, OrganisationId, PersonId};
use releve_shared::person::{Membership, MembershipState, Person};
use releve_shared::sync::Scope;
use releve_shared::time::Moment;

use crate::db::{Fault, Row, Tx};

crate::code_columns!(MembershipState);

crate::statements! {
    /// The caregivers whose folded text holds a pattern.
    LIST = "SELECT m.id, m.person, p.first_name, p.last_name, p.phone, m.role, m.state, m.transmit,
                   m.rev, m.folded,
                   (SELECT COUNT(*) FROM visit v
                     WHERE v.membership = m.id AND v.held = 1),
                   (SELECT COUNT(*) FROM visit v
                     WHERE v.membership = m.id AND v.state = 'planned' AND v.starts_at >= $1),
                   COALESCE((SELECT s.head FROM scope s WHERE s.id = 'membership/' || m.id), 0)
              FROM membership m JOIN person p ON p.id = m.person
             WHERE m.organisation = $2 AND m.folded LIKE $3 AND m.erased_at IS NULL
             ORDER BY m.state, m.folded, m.id";
    /// One of them.
    ONE = "SELECT m.id, m.person, p.first_name, p.last_name, p.phone, m.role, m.state, m.transmit,
                  m.rev, m.folded,
                  (SELECT COUNT(*) FROM visit v
                    WHERE v.membership = m.id AND v.held = 1),
                  (SELECT COUNT(*) FROM visit v
                    WHERE v.membership = m.id AND v.state = 'planned' AND v.starts_at >= $1),
                  COALESCE((SELECT s.head FROM scope s WHERE s.id = 'membership/' || m.id), 0)
             FROM membership m JOIN person p ON p.id = m.person
            WHERE m.organisation = $2 AND m.id = $3";
    /// A new person.
    ADD_PERSON = "INSERT INTO person (id, first_name, last_name, phone) VALUES ($1, $2, $3, $4)";
    /// A new membership at the organisation's first site, not yet transmitted.
    ADD_MEMBERSHIP = "INSERT INTO membership (id, organisation, establishment, person, role, state,
                                              transmit, folded, rev, created_at)
                      VALUES ($1, $2, (SELECT MIN(e.id) FROM establishment e WHERE e.organisation = $2),
                              $3, $4, 'active', 0, $5, 1, $6)";
    /// Claims a membership of an organisation.
    CLAIM = "UPDATE membership SET rev = rev + 1 WHERE id = $1 AND organisation = $2
             RETURNING person, rev, state, transmit";
    /// Writes names and telephone.
    WRITE_PERSON = "UPDATE person SET first_name = $1, last_name = $2, phone = $3 WHERE id = $4";
    /// Writes the rest.
    WRITE_MEMBERSHIP = "UPDATE membership SET role = $1, folded = $2 WHERE id = $3";
    /// Writes the tick of "Transmettre".
    WRITE_TRANSMIT = "UPDATE membership SET transmit = $1 WHERE id = $2";
    /// Ends a membership.
    END = "UPDATE membership SET state = 'ended', transmit = 0, ended_at = $1 WHERE id = $2";
    /// Other memberships of the person: her names are theirs too.
    OTHERS = "SELECT id, role FROM membership WHERE person = $1 AND id <> $2 ORDER BY id";
    /// Writes what a search looks into.
    WRITE_FOLDED = "UPDATE membership SET folded = $1 WHERE id = $2";
    /// What a phone may know of a person.
    PERSON = "SELECT id, first_name, last_name, phone FROM person WHERE id = $1";
    /// What a phone may know of a membership.
    MEMBERSHIP = "SELECT id, person, organisation, role, state FROM membership WHERE id = $1";
    /// A person's memberships, and whether phones may hold a visit there: a cancelled one counts, since a
    /// phone shows it crossed out. One is enough: this is asked at each pull.
    GRANTS = "SELECT m.id, m.organisation, m.state, m.transmit,
                     COALESCE((SELECT v.held FROM visit v WHERE v.membership = m.id AND v.held = 1
                                LIMIT 1), 0)
                FROM membership m WHERE m.person = $1 ORDER BY m.id";
    /// A person's place in a membership, for the judgement of an act.
    PLACE = "SELECT organisation, state, ended_at FROM membership WHERE id = $1 AND person = $2";
    /// The membership of a person at an organisation.
    AT = "SELECT id FROM membership WHERE organisation = $1 AND person = $2";
    /// The phones of an organisation with what they confirm of its plannings, the newest last.
    PHONES = "SELECT d.person, d.id, d.state, d.enrolled_at, d.last_seen_at, c.scope, c.seq,
                     c.confirmed_at
                FROM device d
                LEFT JOIN device_cursor c ON c.device = d.id
               WHERE d.organisation = $1 AND d.state IN ('active', 'blocked')
               ORDER BY d.enrolled_at, d.id";
    /// Those who had left before a moment, and whose names are here.
    OLD = "SELECT COUNT(*), MIN(ended_at) FROM membership
            WHERE organisation = $1 AND ended_at < $2 AND erased_at IS NULL";
    /// Erases what the membership says of them.
    FORGET = "UPDATE membership SET role = '', folded = '', erased_at = $1
               WHERE organisation = $2 AND ended_at < $3 AND erased_at IS NULL RETURNING id, person";
    /// Erases the names of a person who works, or has lately worked, nowhere else.
    FORGET_PERSON = "UPDATE person SET first_name = '', last_name = '(effacé)', phone = ''
                      WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM membership m
                                                     WHERE m.person = person.id AND m.erased_at IS NULL)";
    /// Visits to come of a membership.
    TO_COME = "SELECT COUNT(*) FROM visit WHERE membership = $1 AND state = 'planned' AND ends_at > $2";
}

/// A caregiver as the list shows her, her phone aside.
pub struct Listed {
    pub id: MembershipId,
    pub person: Person,
    pub role: String,
    pub state: MembershipState,
    pub transmit: bool,
    pub rev: i64,
    pub folded: String,
    pub held: u64,
    pub upcoming: u64,
    pub head: u64,
}

fn listed(row: &Row) -> Result<Listed, Fault> {
    let person = Person {
        id: row.get(1)?,
        first_name: row.get(2)?,
        last_name: row.get(3)?,
        phone: row.get(4)?,
    };
    Ok(Listed {
        id: row.get(0)?,
        person,
        role: row.get(5)?,
        state: row.get(6)?,
        transmit: row.get(7)?,
        rev: row.get(8)?,
        folded: row.get(9)?,
        held: row.get(10)?,
        upcoming: row.get(11)?,
        head: row.get(12)?,
    })
}

pub fn list(
    tx: &mut Tx,
    org: OrganisationId,
    pattern: &str,
    now: Moment,
) -> Result<Vec<Listed>, Fault> {
    let rows = tx.query(&LIST, &[now.into(), org.into(), pattern.into()])?;
    rows.iter().map(listed).collect()
}

pub fn one(
    tx: &mut Tx,
    org: OrganisationId,
    id: MembershipId,
    now: Moment,
) -> Result<Option<Listed>, Fault> {
    let row = tx.query_opt(&ONE, &[now.into(), org.into(), id.into()])?;
    row.as_ref().map(listed).transpose()
}

pub fn add_person(tx: &mut Tx, person: &Person) -> Result<u64, Fault> {
    let Person { id, first_name, last_name, phone } = person;
    tx.execute(&ADD_PERSON, &[(*id).into(), first_name.into(), last_name.into(), phone.into()])
}

pub fn add_membership(
    tx: &mut Tx,
    membership: &Membership,
    folded: &str,
    now: Moment,
) -> Result<u64, Fault> {
    let Membership { id, person, organisation, role, .. } = membership;
    let row = [
        (*id).into(),
        (*organisation).into(),
        (*person).into(),
        role.into(),
        folded.into(),
        now.into(),
    ];
    tx.execute(&ADD_MEMBERSHIP, &row)
}

/// A membership claimed for a change; `rev` is already the next one.
pub struct Claimed {
    pub person: PersonId,
    pub rev: i64,
    pub state: MembershipState,
    pub transmit: bool,
}

pub fn claim(tx: &mut Tx, org: OrganisationId, id: MembershipId) -> Result<Option<Claimed>, Fault> {
    let row = tx.query_opt(&CLAIM, &[id.into(), org.into()])?;
    row.map(|r| {
        Ok(Claimed { person: r.get(0)?, rev: r.get(1)?, state: r.get(2)?, transmit: r.get(3)? })
    })
    .transpose()
}

pub fn write(
    tx: &mut Tx,
    id: MembershipId,
    person: &Person,
    role: &str,
    folded: &str,
) -> Result<(), Fault> {
    let Person { id: who, first_name, last_name, phone } = person;
    tx.execute(&WRITE_PERSON, &[first_name.into(), last_name.into(), phone.into(), (*who).into()])?;
    tx.execute(&WRITE_MEMBERSHIP, &[role.into(), folded.into(), id.into()])?;
    Ok(())
}

pub fn others(
    tx: &mut Tx,
    person: PersonId,
    but: MembershipId,
) -> Result<Vec<(MembershipId, String)>, Fault> {
    let rows = tx.query(&OTHERS, &[person.into(), but.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

pub fn write_folded(tx: &mut Tx, id: MembershipId, folded: &str) -> Result<u64, Fault> {
    tx.execute(&WRITE_FOLDED, &[folded.into(), id.into()])
}

pub fn write_transmit(tx: &mut Tx, id: MembershipId, transmit: bool) -> Result<u64, Fault> {
    tx.execute(&WRITE_TRANSMIT, &[transmit.into(), id.into()])
}

pub fn end(tx: &mut Tx, id: MembershipId, now: Moment) -> Result<u64, Fault> {
    tx.execute(&END, &[now.into(), id.into()])
}

pub fn to_come(tx: &mut Tx, id: MembershipId, now: Moment) -> Result<u64, Fault> {
    tx.query_one(&TO_COME, &[id.into(), now.into()])?.get(0)
}

pub fn person(tx: &mut Tx, id: &str) -> Result<Option<Person>, Fault> {
    let row = tx.query_opt(&PERSON, &[id.into()])?;
    row.map(|r| {
        Ok(Person { id: r.get(0)?, first_name: r.get(1)?, last_name: r.get(2)?, phone: r.get(3)? })
    })
    .transpose()
}

pub fn membership(tx: &mut Tx, id: &str) -> Result<Option<Membership>, Fault> {
    let row = tx.query_opt(&MEMBERSHIP, &[id.into()])?;
    row.map(|r| {
        Ok(Membership {
            id: r.get(0)?,
            person: r.get(1)?,
            organisation: r.get(2)?,
            role: r.get(3)?,
            state: r.get(4)?,
        })
    })
    .transpose()
}

/// A membership as far as grants go.
pub struct Granted {
    pub id: MembershipId,
    pub organisation: OrganisationId,
    pub state: MembershipState,
    pub transmit: bool,
    pub held: u64,
}

pub fn memberships(tx: &mut Tx, person: PersonId) -> Result<Vec<Granted>, Fault> {
    let rows = tx.query(&GRANTS, &[person.into()])?;
    rows.iter()
        .map(|r| {
            Ok(Granted {
                id: r.get(0)?,
                organisation: r.get(1)?,
                state: r.get(2)?,
                transmit: r.get(3)?,
                held: r.get(4)?,
            })
        })
        .collect()
}

/// A person's place at an organisation.
pub struct Place {
    /// Where.
    pub organisation: OrganisationId,
    /// Whether it gives access now.
    pub state: MembershipState,
    /// Since when it does not.
    pub ended_at: Option<Moment>,
}

pub fn place(tx: &mut Tx, id: MembershipId, person: PersonId) -> Result<Option<Place>, Fault> {
    let row = tx.query_opt(&PLACE, &[id.into(), person.into()])?;
    row.map(|r| Ok(Place { organisation: r.get(0)?, state: r.get(1)?, ended_at: r.get(2)? }))
        .transpose()
}

pub fn at(
    tx: &mut Tx,
    org: OrganisationId,
    person: PersonId,
) -> Result<Option<MembershipId>, Fault> {
    tx.query_opt(&AT, &[org.into(), person.into()])?.map(|r| r.get(0)).transpose()
}

/// A line of what a phone confirms.
pub struct Confirmed {
    pub person: PersonId,
    pub device: DeviceId,
    pub blocked: bool,
    pub enrolled_at: Moment,
    pub seen_at: Moment,
    pub cursor: Option<(Scope, u64, Moment)>,
}

pub fn phones(tx: &mut Tx, org: OrganisationId) -> Result<Vec<Confirmed>, Fault> {
    let rows = tx.query(&PHONES, &[org.into()])?;
    rows.iter()
        .map(|r| {
            let cursor = match r.get::<Option<Scope>>(5)? {
                Some(scope) => Some((scope, r.get(6)?, r.get(7)?)),
                None => None,
            };
            Ok(Confirmed {
                person: r.get(0)?,
                device: r.get(1)?,
                blocked: r.get::<String>(2)? == "blocked",
                enrolled_at: r.get(3)?,
                seen_at: r.get(4)?,
                cursor,
            })
        })
        .collect()
}
