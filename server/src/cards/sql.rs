//! Every statement of the room, and its rows.

use releve_shared::card::Card;
use releve_shared::id::{DeviceId, MembershipId, OrganisationId};
use releve_shared::keys::PublicKey;
use releve_shared::time::Moment;

use crate::db::{Fault, Tx};

crate::statements! {
    /// Whether a caregiver is of an organisation.
    OURS = "SELECT id FROM membership WHERE organisation = $1 AND id = $2";
    /// A caregiver's photo.
    PHOTO = "SELECT picture FROM staff_photo WHERE membership = $1";
    /// Writes it.
    WRITE_PHOTO = "INSERT INTO staff_photo (membership, picture, set_at) VALUES ($1, $2, $3)
                   ON CONFLICT (membership) DO UPDATE SET picture = excluded.picture,
                                                         set_at = excluded.set_at";
    /// Removes it.
    DROP_PHOTO = "DELETE FROM staff_photo WHERE membership = $1";
    /// Photos of caregivers who had left before a moment.
    OLD = "SELECT COUNT(*), MIN(m.ended_at) FROM staff_photo f JOIN membership m ON m.id = f.membership
            WHERE m.organisation = $1 AND m.ended_at < $2";
    /// Erases them.
    FORGET = "DELETE FROM staff_photo WHERE membership IN
                (SELECT m.id FROM membership m WHERE m.organisation = $1 AND m.ended_at < $2)";
    /// An organisation's logo.
    LOGO = "SELECT picture FROM logo WHERE organisation = $1";
    /// Writes it.
    WRITE_LOGO = "INSERT INTO logo (organisation, picture, set_at) VALUES ($1, $2, $3)
                  ON CONFLICT (organisation) DO UPDATE SET picture = excluded.picture,
                                                          set_at = excluded.set_at";
    /// Removes it.
    DROP_LOGO = "DELETE FROM logo WHERE organisation = $1";
    /// A card, as the phone of its owner holds it; nothing once she has left.
    CARD = "SELECT m.id, p.first_name, p.last_name, m.role, f.picture
              FROM membership m
              JOIN person p ON p.id = m.person
              LEFT JOIN staff_photo f ON f.membership = m.id
             WHERE m.id = $1 AND m.state = 'active'";
    /// Whose card a phone shows: its key, and the one at work there.
    BEARER = "SELECT d.public_key, d.state, o.id, o.name, p.first_name, p.last_name, m.role, m.id
                FROM device d
                JOIN organisation o ON o.id = d.organisation
                JOIN person p ON p.id = d.person
                LEFT JOIN membership m ON m.person = d.person AND m.organisation = d.organisation
                      AND m.state = 'active'
               WHERE d.id = $1";
}

pub fn ours(tx: &mut Tx, org: OrganisationId, id: MembershipId) -> Result<bool, Fault> {
    Ok(tx.query_opt(&OURS, &[org.into(), id.into()])?.is_some())
}

pub fn photo(tx: &mut Tx, of: MembershipId) -> Result<Option<String>, Fault> {
    tx.query_opt(&PHOTO, &[of.into()])?.map(|r| r.get(0)).transpose()
}

pub fn write_photo(
    tx: &mut Tx,
    of: MembershipId,
    picture: Option<&str>,
    now: Moment,
) -> Result<(), Fault> {
    match picture {
        Some(picture) => tx.execute(&WRITE_PHOTO, &[of.into(), picture.into(), now.into()])?,
        None => tx.execute(&DROP_PHOTO, &[of.into()])?,
    };
    Ok(())
}

pub fn logo(tx: &mut Tx, of: OrganisationId) -> Result<Option<String>, Fault> {
    tx.query_opt(&LOGO, &[of.into()])?.map(|r| r.get(0)).transpose()
}

pub fn write_logo(
    tx: &mut Tx,
    of: OrganisationId,
    picture: Option<&str>,
    now: Moment,
) -> Result<(), Fault> {
    match picture {
        Some(picture) => tx.execute(&WRITE_LOGO, &[of.into(), picture.into(), now.into()])?,
        None => tx.execute(&DROP_LOGO, &[of.into()])?,
    };
    Ok(())
}

pub fn card(tx: &mut Tx, id: &str) -> Result<Option<Card>, Fault> {
    let row = tx.query_opt(&CARD, &[id.into()])?;
    row.map(|r| {
        Ok(Card {
            membership: r.get(0)?,
            first_name: r.get(1)?,
            last_name: r.get(2)?,
            role: r.get(3)?,
            photo: r.get(4)?,
        })
    })
    .transpose()
}

/// Whose card a phone shows.
pub struct Bearer {
    pub key: PublicKey,
    pub trusted: bool,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub first_name: String,
    pub last_name: String,
    /// None once she has left.
    pub at_work: Option<(MembershipId, String)>,
}

pub fn bearer(tx: &mut Tx, device: DeviceId) -> Result<Option<Bearer>, Fault> {
    let Some(r) = tx.query_opt(&BEARER, &[device.into()])? else { return Ok(None) };
    let key: String = r.get(0)?;
    let role: Option<String> = r.get(6)?;
    let membership: Option<MembershipId> = r.get(7)?;
    Ok(Some(Bearer {
        key: PublicKey::parse(&key).map_err(|e| Fault::of("a phone's key", e))?,
        trusted: r.get::<String>(1)? == "active",
        organisation: r.get(2)?,
        organisation_name: r.get(3)?,
        first_name: r.get(4)?,
        last_name: r.get(5)?,
        at_work: membership.zip(role),
    }))
}
