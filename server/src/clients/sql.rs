//! Every statement of the room, and its rows.

use releve_shared::badge::{HomeTag, TagKind, TagState};
use releve_shared::client::{Client, Section, SectionKind, Title};
use releve_shared::clock::{Measured, Quality};
use releve_shared::id::{
    ClientId, ClockEventId, HomeTagId, MembershipId, OrganisationId, PersonId,
};
use releve_shared::time::Moment;
use releve_shared::travel::Point;

use super::sections::SectionRule;
use crate::db::{Fault, Row, Tx, Value};

crate::code_columns!(Title, TagKind, TagState);

crate::statements! {
    /// The clients whose folded text holds a pattern.
    LIST = "SELECT c.id, c.title, c.first_name, c.last_name, c.street, c.postal_code, c.commune, c.phone,
                   c.folded,
                   (SELECT COUNT(*) FROM home_tag t WHERE t.client = c.id AND t.state = 'active'),
                   (SELECT MIN(v.starts_at) FROM visit v
                     WHERE v.client = c.id AND v.state = 'planned' AND v.starts_at >= $1)
              FROM client c WHERE c.organisation = $2 AND c.folded LIKE $3 AND c.erased_at IS NULL
              ORDER BY c.folded, c.id";
    /// A client's sheet.
    ONE = "SELECT id, title, first_name, last_name, street, address_more, postal_code, commune, phone,
                  door_code, sections, rev, lat_e6, lon_e6
             FROM client WHERE id = $1 AND organisation = $2 AND erased_at IS NULL";
    /// The same, for a phone that was granted its scope.
    BODY = "SELECT id, title, first_name, last_name, street, address_more, postal_code, commune, phone,
                   door_code, sections, rev, lat_e6, lon_e6
              FROM client WHERE id = $1";
    /// A new client.
    ADD = "INSERT INTO client (id, organisation, title, first_name, last_name, street, address_more,
                               postal_code, commune, phone, door_code, sections, folded, rev, created_at,
                               lat_e6, lon_e6, touched_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $15, $16, $14)";
    /// Claims a client of an organisation.
    CLAIM = "UPDATE client SET rev = rev + 1
              WHERE id = $1 AND organisation = $2 AND erased_at IS NULL
             RETURNING rev, title, last_name, commune";
    /// Writes a sheet.
    WRITE = "UPDATE client SET title = $1, first_name = $2, last_name = $3, street = $4, address_more = $5,
                               postal_code = $6, commune = $7, phone = $8, door_code = $9, sections = $10,
                               folded = $11, lat_e6 = $12, lon_e6 = $13, touched_at = $14
              WHERE id = $15";
    /// Caregivers whose phones may hold a sheet now.
    ON_PHONES = "SELECT DISTINCT p.first_name || ' ' || p.last_name
                   FROM visit v JOIN membership m ON m.id = v.membership JOIN person p ON p.id = m.person
                  WHERE v.client = $1 AND v.organisation = $2 AND v.held = 1 AND m.transmit = 1
                    AND m.state = 'active' ORDER BY 1";
    /// Clients whose sheet was last written, and whose last visit ended, before a moment; the later of
    /// the two is their last contact.
    OLD = "SELECT COUNT(*), MIN(CASE WHEN x.seen > x.touched_at THEN x.seen ELSE x.touched_at END)
             FROM (SELECT c.touched_at, COALESCE((SELECT MAX(v.ends_at) FROM visit v
                                                   WHERE v.client = c.id AND v.state <> 'cancelled'), 0) AS seen
                     FROM client c WHERE c.organisation = $1 AND c.erased_at IS NULL) x
            WHERE x.touched_at < $2 AND x.seen < $2";
    /// Erases all that their sheets say; the row stays for the hours that were worked there.
    FORGET = "UPDATE client SET title = 'none', first_name = '', last_name = '(effacé)', street = '',
                                address_more = '', postal_code = '', commune = '', phone = '',
                                door_code = '', sections = '[]', folded = '', lat_e6 = NULL,
                                lon_e6 = NULL, erased_at = $1
               WHERE organisation = $2 AND touched_at < $3 AND erased_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM visit v WHERE v.client = client.id AND v.ends_at >= $3
                                                         AND v.state <> 'cancelled')
               RETURNING id";
    /// Withdraws the tags of such a home, and what was written on them.
    FORGET_TAGS = "UPDATE home_tag SET state = 'revoked', label = '', uid = NULL, revoke_reason = '',
                                       revoked_at = COALESCE(revoked_at, $1)
                    WHERE client = $2";
    /// Taps of before a moment.
    OLD_TAPS = "SELECT COUNT(*), MIN(t.at) FROM tag_tap t JOIN home_tag h ON h.id = t.tag
                 WHERE h.organisation = $1 AND t.at < $2";
    /// Erases them.
    FORGET_TAPS = "DELETE FROM tag_tap WHERE tag IN (SELECT h.id FROM home_tag h
                                                      WHERE h.organisation = $1) AND at < $2";
    /// The visits whose label on phones names a client.
    HELD_VISITS = "SELECT id, membership FROM visit WHERE client = $1 AND held = 1 ORDER BY id";

    /// Who sees which sections, in an organisation.
    RULES = "SELECT kind, title, caregivers, supervisors FROM section_rule WHERE organisation = $1
              ORDER BY place, kind";
    /// The same, in the organisation of a client.
    RULES_OF = "SELECT r.kind, r.title, r.caregivers, r.supervisors
                  FROM client c JOIN section_rule r ON r.organisation = c.organisation
                 WHERE c.id = $1 ORDER BY r.place, r.kind";
    /// Writes a rule.
    WRITE_RULE = "INSERT INTO section_rule (organisation, kind, title, place, caregivers, supervisors)
                  VALUES ($1, $2, $3, $4, $5, $6)
                  ON CONFLICT (organisation, kind) DO UPDATE SET title = excluded.title,
                    place = excluded.place, caregivers = excluded.caregivers,
                    supervisors = excluded.supervisors";
    /// Every client of an organisation.
    EVERY = "SELECT id FROM client WHERE organisation = $1 ORDER BY id";

    /// A new tag.
    ADD_TAG = "INSERT INTO home_tag (id, organisation, client, kind, state, label, key_number, issued_at)
               VALUES ($1, $2, $3, $4, 'active', $5, $6, $7)";
    /// A client's tags, the newest first.
    TAGS = "SELECT id, client, kind, state, label, uid, issued_at, revoked_at, revoke_reason, last_used_at
              FROM home_tag WHERE organisation = $1 AND client = $2 ORDER BY issued_at DESC, id DESC";
    /// A tag of an organisation.
    TAG = "SELECT id, client, kind, state, label, uid, issued_at, revoked_at, revoke_reason, last_used_at
             FROM home_tag WHERE id = $1 AND organisation = $2";
    /// A tag, for a phone that was granted its scope.
    TAG_BODY = "SELECT id, client, kind, state FROM home_tag WHERE id = $1";
    /// Withdraws a tag; no row means that it was withdrawn already.
    REVOKE = "UPDATE home_tag SET state = 'revoked', revoked_at = $1, revoke_reason = $2
               WHERE id = $3 AND organisation = $4 AND state = 'active' RETURNING client";
    /// Binds a tag to the chip of its first verified tap.
    BIND = "UPDATE home_tag SET uid = $1 WHERE id = $2 AND uid IS NULL";
    /// Remembers the newest use of a tag.
    USED = "UPDATE home_tag SET last_used_at = $1
             WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $3)";

    /// Another tag in use that is known to be the same chip.
    ELSEWHERE = "SELECT id FROM home_tag
                  WHERE organisation = $1 AND uid = $2 AND id <> $3 AND state = 'active' LIMIT 1";
    /// Takes a counter; no row means that it was taken.
    TAKE = "INSERT INTO tag_tap (tag, counter, stamp, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (tag, counter) DO NOTHING RETURNING stamp";
    /// Who took it.
    TAKEN = "SELECT stamp FROM tag_tap WHERE tag = $1 AND counter = $2";
    /// The tap just before a counter, with its newest measure.
    BEFORE = "SELECT t.stamp, k.at, k.error_ms, k.quality, t.counter
                FROM tag_tap t JOIN clock_measure k ON k.event = t.stamp
               WHERE t.tag = $1 AND t.counter < $2
                 AND k.n = (SELECT MAX(l.n) FROM clock_measure l WHERE l.event = t.stamp)
               ORDER BY t.counter DESC LIMIT 1";
    /// The tap just after a counter, with its newest measure.
    AFTER = "SELECT t.stamp, k.at, k.error_ms, k.quality, t.counter
               FROM tag_tap t JOIN clock_measure k ON k.event = t.stamp
              WHERE t.tag = $1 AND t.counter > $2
                AND k.n = (SELECT MAX(l.n) FROM clock_measure l WHERE l.event = t.stamp)
              ORDER BY t.counter LIMIT 1";

    /// The clients that a person's phone may hold: of visits near enough (row O-05), of memberships
    /// that transmit (row O-06). It steps from client to client, whatever the number of their visits; of
    /// an EXISTS, PostgreSQL makes a join that reads all visits that are held.
    GRANTED = "WITH RECURSIVE home (membership, client) AS (
                 SELECT m.id, (SELECT v.client FROM visit v WHERE v.membership = m.id AND v.held = 1
                                ORDER BY v.client LIMIT 1)
                   FROM membership m
                  WHERE m.person = $1 AND m.state = 'active' AND m.transmit = 1
                 UNION ALL
                 SELECT h.membership, (SELECT v.client FROM visit v
                                        WHERE v.membership = h.membership AND v.held = 1
                                          AND v.client > h.client
                                        ORDER BY v.client LIMIT 1)
                   FROM home h WHERE h.client IS NOT NULL)
               SELECT DISTINCT h.client FROM home h
                WHERE h.client IS NOT NULL
                  AND (SELECT v.held FROM visit v
                        WHERE v.membership = h.membership AND v.client = h.client AND v.held = 1
                          AND v.state <> 'cancelled' AND v.starts_at <= $2 AND v.ends_at >= $3
                        LIMIT 1) = 1
                ORDER BY h.client";
}

/// A client in the list.
pub struct Listed {
    pub id: ClientId,
    pub title: Title,
    pub first_name: String,
    pub last_name: String,
    pub street: String,
    pub postal_code: String,
    pub commune: String,
    pub phone: String,
    pub folded: String,
    pub tags_active: u64,
    pub next_visit_at: Option<Moment>,
}

pub fn list(
    tx: &mut Tx,
    org: OrganisationId,
    pattern: &str,
    now: Moment,
) -> Result<Vec<Listed>, Fault> {
    let rows = tx.query(&LIST, &[now.into(), org.into(), pattern.into()])?;
    rows.iter()
        .map(|r| {
            Ok(Listed {
                id: r.get(0)?,
                title: r.get(1)?,
                first_name: r.get(2)?,
                last_name: r.get(3)?,
                street: r.get(4)?,
                postal_code: r.get(5)?,
                commune: r.get(6)?,
                phone: r.get(7)?,
                folded: r.get(8)?,
                tags_active: r.get(9)?,
                next_visit_at: r.get(10)?,
            })
        })
        .collect()
}

fn client(row: &Row) -> Result<(Client, i64), Fault> {
    let client = Client {
        id: row.get(0)?,
        title: row.get(1)?,
        first_name: row.get(2)?,
        last_name: row.get(3)?,
        street: row.get(4)?,
        address_more: row.get(5)?,
        postal_code: row.get(6)?,
        commune: row.get(7)?,
        phone: row.get(8)?,
        door_code: row.get(9)?,
        sections: row.json::<Vec<Section>>(10)?,
        at: row
            .get::<Option<i32>>(12)?
            .zip(row.get::<Option<i32>>(13)?)
            .and_then(|(lat, lon)| Point::checked(lat, lon)),
    };
    Ok((client, row.get(11)?))
}

pub fn one(tx: &mut Tx, org: OrganisationId, id: ClientId) -> Result<Option<(Client, i64)>, Fault> {
    tx.query_opt(&ONE, &[id.into(), org.into()])?.as_ref().map(client).transpose()
}

pub fn body(tx: &mut Tx, id: &str) -> Result<Option<Client>, Fault> {
    let row = tx.query_opt(&BODY, &[id.into()])?;
    row.as_ref().map(|r| Ok(client(r)?.0)).transpose()
}

pub fn add(
    tx: &mut Tx,
    org: OrganisationId,
    client: &Client,
    folded: &str,
    now: Moment,
) -> Result<u64, Fault> {
    let row = [
        client.id.into(),
        org.into(),
        (&client.title).into(),
        (&client.first_name).into(),
        (&client.last_name).into(),
        (&client.street).into(),
        (&client.address_more).into(),
        (&client.postal_code).into(),
        (&client.commune).into(),
        (&client.phone).into(),
        (&client.door_code).into(),
        Value::json(&client.sections)?,
        folded.into(),
        now.into(),
        client.at.map(|at| at.lat_e6).into(),
        client.at.map(|at| at.lon_e6).into(),
    ];
    tx.execute(&ADD, &row)
}

/// A client claimed for a change; `rev` is already the next one.
pub struct Claimed {
    pub rev: i64,
    pub title: Title,
    pub last_name: String,
    pub commune: String,
}

pub fn claim(tx: &mut Tx, org: OrganisationId, id: ClientId) -> Result<Option<Claimed>, Fault> {
    let row = tx.query_opt(&CLAIM, &[id.into(), org.into()])?;
    row.map(|r| {
        Ok(Claimed { rev: r.get(0)?, title: r.get(1)?, last_name: r.get(2)?, commune: r.get(3)? })
    })
    .transpose()
}

pub fn write(tx: &mut Tx, client: &Client, folded: &str, now: Moment) -> Result<u64, Fault> {
    let row = [
        (&client.title).into(),
        (&client.first_name).into(),
        (&client.last_name).into(),
        (&client.street).into(),
        (&client.address_more).into(),
        (&client.postal_code).into(),
        (&client.commune).into(),
        (&client.phone).into(),
        (&client.door_code).into(),
        Value::json(&client.sections)?,
        folded.into(),
        client.at.map(|at| at.lat_e6).into(),
        client.at.map(|at| at.lon_e6).into(),
        now.into(),
        client.id.into(),
    ];
    tx.execute(&WRITE, &row)
}

fn rule(row: &Row) -> Result<SectionRule, Fault> {
    Ok(SectionRule {
        kind: SectionKind::from_code(&row.get::<String>(0)?),
        title: row.get(1)?,
        caregivers: row.get(2)?,
        supervisors: row.get(3)?,
    })
}

pub fn rules(tx: &mut Tx, org: OrganisationId) -> Result<Vec<SectionRule>, Fault> {
    tx.query(&RULES, &[org.into()])?.iter().map(rule).collect()
}

pub fn rules_of(tx: &mut Tx, client: ClientId) -> Result<Vec<SectionRule>, Fault> {
    tx.query(&RULES_OF, &[client.into()])?.iter().map(rule).collect()
}

pub fn write_rule(
    tx: &mut Tx,
    org: OrganisationId,
    place: u32,
    rule: &SectionRule,
) -> Result<u64, Fault> {
    let row = [
        org.into(),
        rule.kind.code().into(),
        (&rule.title).into(),
        place.into(),
        rule.caregivers.into(),
        rule.supervisors.into(),
    ];
    tx.execute(&WRITE_RULE, &row)
}

pub fn every(tx: &mut Tx, org: OrganisationId) -> Result<Vec<ClientId>, Fault> {
    tx.query(&EVERY, &[org.into()])?.iter().map(|r| r.get(0)).collect()
}

pub fn held_visits(tx: &mut Tx, client: ClientId) -> Result<Vec<(String, MembershipId)>, Fault> {
    let rows = tx.query(&HELD_VISITS, &[client.into()])?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

/// A tag with all that the office knows of it.
#[derive(Clone, Debug)]
pub struct Tag {
    pub id: HomeTagId,
    pub client: ClientId,
    pub kind: TagKind,
    pub state: TagState,
    pub label: String,
    pub uid: Option<String>,
    pub issued_at: Moment,
    pub revoked_at: Option<Moment>,
    pub revoke_reason: Option<String>,
    pub last_used_at: Option<Moment>,
}

fn tag_of(row: &Row) -> Result<Tag, Fault> {
    Ok(Tag {
        id: row.get(0)?,
        client: row.get(1)?,
        kind: row.get(2)?,
        state: row.get(3)?,
        label: row.get(4)?,
        uid: row.get(5)?,
        issued_at: row.get(6)?,
        revoked_at: row.get(7)?,
        revoke_reason: row.get(8)?,
        last_used_at: row.get(9)?,
    })
}

pub fn add_tag(
    tx: &mut Tx,
    org: OrganisationId,
    tag: &HomeTag,
    label: &str,
    key_number: u8,
    now: Moment,
) -> Result<u64, Fault> {
    let row = [
        tag.id.into(),
        org.into(),
        tag.client.into(),
        (&tag.kind).into(),
        label.into(),
        key_number.into(),
        now.into(),
    ];
    tx.execute(&ADD_TAG, &row)
}

pub fn tags(tx: &mut Tx, org: OrganisationId, client: ClientId) -> Result<Vec<Tag>, Fault> {
    tx.query(&TAGS, &[org.into(), client.into()])?.iter().map(tag_of).collect()
}

pub fn tag(tx: &mut Tx, org: OrganisationId, id: HomeTagId) -> Result<Option<Tag>, Fault> {
    tx.query_opt(&TAG, &[id.into(), org.into()])?.as_ref().map(tag_of).transpose()
}

pub fn tag_body(tx: &mut Tx, id: &str) -> Result<Option<HomeTag>, Fault> {
    let row = tx.query_opt(&TAG_BODY, &[id.into()])?;
    row.map(|r| Ok(HomeTag { id: r.get(0)?, client: r.get(1)?, kind: r.get(2)?, state: r.get(3)? }))
        .transpose()
}

pub fn revoke(
    tx: &mut Tx,
    org: OrganisationId,
    id: HomeTagId,
    reason: &str,
    now: Moment,
) -> Result<Option<ClientId>, Fault> {
    let row = tx.query_opt(&REVOKE, &[now.into(), reason.into(), id.into(), org.into()])?;
    row.map(|r| r.get(0)).transpose()
}

pub fn bind(tx: &mut Tx, id: HomeTagId, uid: &str) -> Result<u64, Fault> {
    tx.execute(&BIND, &[uid.into(), id.into()])
}

pub fn used(tx: &mut Tx, id: HomeTagId, at: Moment) -> Result<u64, Fault> {
    tx.execute(&USED, &[at.into(), id.into(), at.into()])
}

/// Whether another tag in use is known to be this chip.
pub fn elsewhere(
    tx: &mut Tx,
    org: OrganisationId,
    uid: &str,
    tag: HomeTagId,
) -> Result<bool, Fault> {
    Ok(tx.query_opt(&ELSEWHERE, &[org.into(), uid.into(), tag.into()])?.is_some())
}

/// Takes a counter for a stamp; the stamp that has it is given back.
pub fn take(
    tx: &mut Tx,
    tag: HomeTagId,
    counter: u32,
    stamp: ClockEventId,
    at: Moment,
) -> Result<ClockEventId, Fault> {
    let row = [tag.into(), counter.into(), stamp.into(), at.into()];
    match tx.query_opt(&TAKE, &row)? {
        Some(taken) => taken.get(0),
        None => tx.query_one(&TAKEN, &[tag.into(), counter.into()])?.get(0),
    }
}

/// A tap next to another in the order of counters.
pub struct Neighbour {
    /// The stamp that used it.
    pub stamp: ClockEventId,
    /// What the chip counted.
    pub counter: u32,
    /// When.
    pub measured: Measured,
}

fn neighbour(row: &Row) -> Result<Neighbour, Fault> {
    let quality = Quality::from_code(&row.get::<String>(3)?);
    let measured = Measured { at: row.get(1)?, error_ms: row.get(2)?, quality };
    Ok(Neighbour { stamp: row.get(0)?, counter: row.get(4)?, measured })
}

pub fn before(tx: &mut Tx, tag: HomeTagId, counter: u32) -> Result<Option<Neighbour>, Fault> {
    tx.query_opt(&BEFORE, &[tag.into(), counter.into()])?.as_ref().map(neighbour).transpose()
}

pub fn after(tx: &mut Tx, tag: HomeTagId, counter: u32) -> Result<Option<Neighbour>, Fault> {
    tx.query_opt(&AFTER, &[tag.into(), counter.into()])?.as_ref().map(neighbour).transpose()
}

pub fn granted(
    tx: &mut Tx,
    person: PersonId,
    (latest_start, earliest_end): (Moment, Moment),
) -> Result<Vec<ClientId>, Fault> {
    let rows = tx.query(&GRANTED, &[person.into(), latest_start.into(), earliest_end.into()])?;
    rows.iter().map(|r| r.get(0)).collect()
}
