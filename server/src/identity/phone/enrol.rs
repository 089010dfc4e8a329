//! Enrolment: the desk shows a one-time code as a QR, the phone gives its key and its first token.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Html;
use qrcode::QrCode;
use qrcode::render::svg;
use releve_shared::enrolment::{EnrolAnswer, EnrolRequest, EnrolmentLink, Lease};
use releve_shared::id::{DeviceId, EnrolmentId, MembershipId, PersonId};
use releve_shared::keys::Digest;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::{DAY_MS, MINUTE_MS, Moment};
use serde::Serialize;
use utoipa::ToSchema;

use super::sql;
use crate::app::App;
use crate::audit;
use crate::db::{Answer, Fault, Tx};
use crate::http::{Desk, Refused};
use crate::identity::desk::Address;
use crate::identity::{By, Keys, organisation};
use crate::settings;

/// Longest name of a phone that is kept.
const NAME: usize = 80;

/// An enrolment, shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Enrolment {
    /// Its id.
    id: EnrolmentId,
    /// The text of the QR.
    link: String,
    /// The QR, as an SVG picture.
    qr_svg: String,
    /// Until when the code holds.
    expires_at: Moment,
}

/// How far an enrolment has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum EnrolmentProgress {
    /// The code waits for a phone.
    Waiting,
    /// A phone has used it.
    Used,
    /// Its time is over, or a newer one took its place.
    Expired,
}

/// What the waiting screen asks for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EnrolmentState {
    /// How far it has come.
    state: EnrolmentProgress,
    /// The phone that used it.
    device_id: Option<DeviceId>,
}

/// Opens an enrolment for the phone of a caregiver, in the place of older ones. The path names the
/// membership.
#[utoipa::path(post, path = "/api/desk/caregivers/{id}/enrolments",
    operation_id = "open_enrolment", tag = "phones",
    params(("id" = MembershipId, Path)),
    responses((status = 201, body = Enrolment), (status = 404, body = crate::http::RefusedBody)))]
pub(super) async fn create(
    desk: Desk,
    State(app): State<App>,
    Path(membership): Path<MembershipId>,
) -> Result<(StatusCode, Json<Enrolment>), Refused> {
    let (id, code) = (app.id(), code(app.draw()));
    let minutes = app.config.phones.enrolment_minutes;
    let told = code.clone();
    let expires_at = app
        .write(move |tx, now| {
            let person = sql::person_of(tx, membership, desk.by.organisation)?;
            let person = person.ok_or(Refusal::NotFound)?;
            open(tx, &desk.by, id, person, &told, minutes, now)
        })
        .await?;
    let server = app.config.server.public_url.clone();
    let key = app.keys.server().public();
    let link = EnrolmentLink { server, code, key }.text();
    let qr_svg = qr(&link)?;
    Ok((StatusCode::CREATED, Json(Enrolment { id, link, qr_svg, expires_at })))
}

/// Opens an enrolment whose code the caller has drawn; gives the moment when it ends.
///
/// # Errors
/// Those of the database.
pub fn open(
    tx: &mut Tx,
    by: &By,
    id: EnrolmentId,
    person: PersonId,
    code: &str,
    minutes: u16,
    now: Moment,
) -> Answer<Moment> {
    let new = sql::Enrolment {
        id,
        organisation: by.organisation,
        person,
        expires_at: now.plus(i64::from(minutes) * MINUTE_MS),
        state: "waiting".to_owned(),
        device: None,
    };
    sql::add_enrolment(tx, &new, digest(code), &by.who.to_string(), now)?;
    audit::note(tx, by, "enrolment.open", id, "", now)?;
    Ok(new.expires_at)
}

/// Whether the phone has come.
#[utoipa::path(get, path = "/api/desk/enrolments/{id}", operation_id = "enrolment_state", tag = "phones",
    params(("id" = EnrolmentId, Path)),
    responses((status = 200, body = EnrolmentState)))]
pub(super) async fn state(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<EnrolmentId>,
) -> Result<Json<EnrolmentState>, Refused> {
    let of = desk.by.organisation;
    let (kept, now) = app.read(move |tx, now| Ok((sql::enrolment(tx, id, of)?, now))).await?;
    let kept = kept.ok_or(Refusal::NotFound)?;
    let state = match kept.state.as_str() {
        "used" => EnrolmentProgress::Used,
        "waiting" if now <= kept.expires_at => EnrolmentProgress::Waiting,
        _ => EnrolmentProgress::Expired,
    };
    Ok(Json(EnrolmentState { state, device_id: kept.device }))
}

/// Takes a code back that no phone has used.
#[utoipa::path(delete, path = "/api/desk/enrolments/{id}", operation_id = "cancel_enrolment",
    tag = "phones",
    params(("id" = EnrolmentId, Path)),
    responses((status = 204, description = "Taken back")))]
pub(super) async fn cancel(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<EnrolmentId>,
) -> Result<StatusCode, Refused> {
    let of = desk.by.organisation;
    app.write(move |tx, _| {
        sql::enrolment(tx, id, of)?.ok_or(Refusal::NotFound)?;
        Ok(sql::cancel(tx, id, of)?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A phone asks to be enrolled. Asking again with the same code, key and token gives the same answer.
pub(super) async fn enrol(
    State(app): State<App>,
    Address(address): Address,
    Json(asked): Json<EnrolRequest>,
) -> Result<Json<EnrolAnswer>, Refused> {
    app.limits.enrol(&address, app.now())?;
    let id = app.id();
    let keys = app.keys.clone();
    let days = app.config.phones.lease_days;
    let answer = app.write(move |tx, now| trust(tx, &keys, &asked, id, days, now)).await?;
    Ok(Json(answer))
}

/// Enrols a phone by its code: the first use of it, or the same phone asking again.
///
/// # Errors
/// [`Refusal::EnrolmentOver`], [`Refusal::AlreadyEnrolled`] or [`Refusal::DeviceBlocked`].
pub fn trust(
    tx: &mut Tx,
    keys: &Keys,
    asked: &EnrolRequest,
    id: DeviceId,
    lease_days: u8,
    now: Moment,
) -> Answer<EnrolAnswer> {
    let enrolment = sql::by_code(tx, digest(&asked.code))?.ok_or(Refusal::EnrolmentOver)?;
    let known = sql::by_key(tx, asked.device_key)?;
    let device = match enrolment.state.as_str() {
        "used" => again(tx, asked, &enrolment, known, now)?,
        "waiting" if now <= enrolment.expires_at => {
            let device = first(tx, asked, &enrolment, known, id, now)?;
            if !sql::use_code(tx, enrolment.id, device)? {
                return Err(Refusal::EnrolmentOver.into());
            }
            let by = By::phone(enrolment.organisation, device);
            audit::note(tx, &by, "phone.enrol", device, "", now)?;
            tx.changed(&Scope::person(enrolment.person), &RowKind::Person, enrolment.person);
            device
        }
        _ => return Err(Refusal::EnrolmentOver.into()),
    };
    let days = settings::lease_days(tx, enrolment.organisation, lease_days)?;
    Ok(EnrolAnswer {
        device,
        person: enrolment.person,
        organisation: organisation(tx, enrolment.organisation)?,
        epoch: tx.epoch()?,
        server_time: now,
        lease: lease(keys, device, days, now),
    })
}

/// The first use of a code: a new phone, or one that lost its trust and comes back with its key, so
/// that its chain of stamps goes on.
fn first(
    tx: &mut Tx,
    asked: &EnrolRequest,
    enrolment: &sql::Enrolment,
    known: Option<sql::Device>,
    id: DeviceId,
    now: Moment,
) -> Answer<DeviceId> {
    let name: String = asked.name.chars().filter(|c| !c.is_control()).take(NAME).collect();
    let short = |text: &str| text.chars().filter(char::is_ascii_graphic).take(NAME).collect();
    let (platform, version): (String, String) = (short(&asked.platform), short(&asked.version));
    let said = sql::Described { name: &name, platform: &platform, version: &version };
    let device = match known {
        Some(device) if device.person != enrolment.person => {
            return Err(Refusal::AlreadyEnrolled.into());
        }
        Some(device) if matches!(device.state.as_str(), "blocked" | "wiped") => {
            return Err(Refusal::DeviceBlocked.into());
        }
        Some(device) => {
            sql::renew_device(tx, device.id, enrolment.organisation, &said, now)?;
            sql::drop_tokens(tx, device.id)?;
            device.id
        }
        None => {
            let device = sql::Device {
                id,
                organisation: enrolment.organisation,
                person: enrolment.person,
                key: asked.device_key,
                state: "active".to_owned(),
                last_seen_at: now,
                wipe_mode: None,
                wipe_nonce: None,
            };
            sql::add_device(tx, &device, &said, now)?;
            id
        }
    };
    if !sql::add_token(tx, asked.token, device, "current", now)? {
        return Err(Refusal::Invalid.into());
    }
    Ok(device)
}

/// A code that was used: the same phone may ask again, since the answer may have been lost.
fn again(
    tx: &mut Tx,
    asked: &EnrolRequest,
    enrolment: &sql::Enrolment,
    known: Option<sql::Device>,
    now: Moment,
) -> Answer<DeviceId> {
    let same = known.filter(|d| Some(d.id) == enrolment.device && d.state == "active");
    let device = same.ok_or(Refusal::EnrolmentOver)?;
    match sql::token(tx, asked.token)? {
        Some((owner, state)) if owner == device.id && state != "old" => Ok(device.id),
        // It lost the token that it had drawn; within the code's time it may draw another.
        None if now <= enrolment.expires_at => {
            sql::drop_tokens(tx, device.id)?;
            sql::add_token(tx, asked.token, device.id, "current", now)?;
            Ok(device.id)
        }
        Some(_) | None => Err(Refusal::EnrolmentOver.into()),
    }
}

/// A lease from now on.
#[must_use]
pub fn lease(keys: &Keys, device: DeviceId, days: u8, now: Moment) -> Lease {
    Lease::sign(device, now, now.plus(i64::from(days) * DAY_MS), keys.server())
}

/// Sixteen letters and digits that are not mistaken for each other: 80 bits (Crockford's base 32).
fn code(chance: [u8; 16]) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'0');
    let letters: Vec<u8> = chance.iter().map(letter).collect();
    let groups = letters.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join("-")
}

/// What is kept of a code, however it was typed.
fn digest(code: &str) -> Digest {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    Digest::of(&[b"releve enrolment 1\0", plain.to_ascii_uppercase().as_bytes()])
}

fn qr(text: &str) -> Result<String, Fault> {
    let code = QrCode::new(text.as_bytes()).map_err(|e| Fault::of("drawing a QR code", e))?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(240, 240).build())
}

/// What a browser shows that was sent to an enrolment link. The code is in the fragment, which never
/// comes here.
pub(super) async fn page() -> Html<&'static str> {
    Html(include_str!("enrol.html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_easy_to_read_and_forgiving_to_type() {
        let code = code([7; 16]);
        assert_eq!(code, "7777-7777-7777-7777");
        assert_eq!(digest("abcd-efgh"), digest(" ABCD EFGH"));
        assert_ne!(digest("abcd-efgh"), digest("abcd-efgj"));
    }

    #[test]
    fn the_qr_is_a_picture() {
        assert!(qr("https://releve.example/e#c=1&k=2").unwrap().contains("<svg"));
    }
}
