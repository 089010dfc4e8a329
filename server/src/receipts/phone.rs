//! What phones send: the announcement in its lane, then the parts.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use releve_shared::clock::locate;
use releve_shared::id::{CommandId, DeviceId, ReceiptId, VisitId};
use releve_shared::keys::Digest;
use releve_shared::receipt::{MOST_BYTES, MOST_RECEIPTS, PART_BYTES, ReceiptHeld, ReceiptPart};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{AddReceipt, DropReceipt, RowKind, Scope};
use releve_shared::time::Moment;

use super::picture;
use super::sql::{self, Kept};
use crate::app::App;
use crate::db::{Answer, Fault, Tx};
use crate::http::{Phone, Refused};
use crate::visits::{self, Reception};

/// Takes the announcement of a receipt.
///
/// # Errors
/// [`Refusal::NotFound`] for a visit that was not hers then; [`Refusal::NotAllowed`] once the office
/// has decided; [`Refusal::TooLong`] for too large a picture, or too many of one visit.
pub fn add_receipt(
    tx: &mut Tx,
    from: &Reception<'_>,
    command: CommandId,
    new: &AddReceipt,
) -> Answer<()> {
    let taken = locate(from.anchors, &new.stamp, u64::MAX, Some(from.at));
    let (writer, planning) = visits::writer(tx, from, new.visit, &taken)?;
    let size = usize::try_from(new.promise.size).unwrap_or(usize::MAX);
    if size == 0 || size > MOST_BYTES || sql::count(tx, new.visit)? >= MOST_RECEIPTS as u64 {
        return Err(Refusal::TooLong.into());
    }
    let (_, organisation) = sql::planning(tx, new.visit)?.ok_or(Refusal::NotFound)?;
    let id = ReceiptId::from(command.uuid());
    let kept = Kept {
        id,
        organisation,
        visit: new.visit,
        membership: writer,
        device: from.device,
        digest: new.promise.digest.to_string(),
        size: new.promise.size,
        held: 0,
        state: "waiting".to_owned(),
        taken_at: taken.at,
        kept_at: None,
    };
    sql::add(tx, &kept)?;
    tx.changed(&Scope::membership(planning), &RowKind::Receipt, id);
    Ok(())
}

/// Takes a receipt back, with its picture.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::NotAllowed`] once the office has decided.
pub fn drop_receipt(tx: &mut Tx, from: &Reception<'_>, drop: &DropReceipt) -> Answer<()> {
    let at = locate(from.anchors, &drop.stamp, u64::MAX, Some(from.at));
    let (writer, planning) = visits::writer(tx, from, drop.visit, &at)?;
    let known = sql::one(tx, drop.receipt)?.ok_or(Refusal::NotFound)?;
    if known.visit != drop.visit || known.membership != writer {
        return Err(Refusal::NotFound.into());
    }
    sql::end(tx, drop.receipt, "dropped")?;
    tx.changed(&Scope::membership(planning), &RowKind::Receipt, drop.receipt);
    Ok(())
}

/// `POST /api/phone/receipts`: a part; the answer says where the next one begins.
pub(super) async fn part(
    State(app): State<App>,
    phone: Phone<ReceiptPart>,
) -> Result<Json<ReceiptHeld>, Refused> {
    let part = phone.request.clone();
    if part.device != phone.device {
        return Err(Refusal::WrongDevice.into());
    }
    let bytes = URL_SAFE_NO_PAD.decode(&part.data).map_err(|_| Refusal::Invalid)?;
    if bytes.len() > PART_BYTES {
        return Err(Refusal::TooLong.into());
    }
    let (device, receipt, offset) = (phone.device, part.receipt, part.offset);
    let taken = app.write(move |tx, _| take_part(tx, device, receipt, offset, &bytes)).await?;
    let (held, whole) = match taken {
        Taken::Held(held) => (held, false),
        Taken::Kept(size) => (size, true),
        Taken::Complete(known) => {
            finish(&app, &known).await?;
            (known.size, true)
        }
    };
    Ok(Json(ReceiptHeld { receipt, held, whole }))
}

/// What came of a part.
pub enum Taken {
    /// More is to come, from here.
    Held(u64),
    /// It was whole before.
    Kept(u64),
    /// It was the last one.
    Complete(Box<Kept>),
}

/// Keeps a part when it is the next one; any other changes nothing, so a part that comes twice is one.
///
/// # Errors
/// [`Refusal::NotFound`] for a receipt that this phone has not announced or has taken back;
/// [`Refusal::NotAPicture`] for one that was refused; [`Refusal::TooLong`] beyond what was promised.
pub fn take_part(
    tx: &mut Tx,
    device: DeviceId,
    receipt: ReceiptId,
    offset: u64,
    bytes: &[u8],
) -> Answer<Taken> {
    let known = sql::claim(tx, receipt)?.filter(|known| known.device == device);
    let mut known = known.ok_or(Refusal::NotFound)?;
    match known.state.as_str() {
        "waiting" => {}
        "kept" => return Ok(Taken::Kept(known.size)),
        "refused" => return Err(Refusal::NotAPicture.into()),
        _ => return Err(Refusal::NotFound.into()),
    }
    if offset == known.held && !bytes.is_empty() {
        let held = known.held + bytes.len() as u64;
        if held > known.size {
            return Err(Refusal::TooLong.into());
        }
        sql::add_part(tx, receipt, offset, &STANDARD_NO_PAD.encode(bytes), held)?;
        known.held = held;
    }
    let whole = known.held == known.size;
    Ok(if whole { Taken::Complete(Box::new(known)) } else { Taken::Held(known.held) })
}

/// Makes the picture of the parts, outside a transaction: decoding takes a while.
///
/// # Errors
/// [`Refusal::NotAPicture`] when it is none, or not the one announced.
pub async fn finish(app: &App, known: &Kept) -> Result<(), Refused> {
    let id = known.id;
    let parts = app.read(move |tx, _| Ok(sql::parts(tx, id)?)).await?;
    let promised = known.digest.clone();
    let made = tokio::task::spawn_blocking(move || made_of(&parts, &promised)).await;
    let made = made.map_err(|e| Fault::of("encoding a picture", e))?;
    let (visit, picture) = (known.visit, made.as_ref().ok().cloned());
    app.write(move |tx, now| keep(tx, id, visit, picture.as_deref(), now)).await?;
    made.map(|_| ()).map_err(Refused::from)
}

fn made_of(parts: &[String], promised: &str) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend(STANDARD_NO_PAD.decode(part).map_err(|_| Refusal::NotAPicture)?);
    }
    if Digest::of(&[&bytes]).to_string() != promised {
        return Err(Refusal::NotAPicture);
    }
    Ok(STANDARD_NO_PAD.encode(picture::cleaned(&bytes)?))
}

fn keep(
    tx: &mut Tx,
    id: ReceiptId,
    visit: VisitId,
    picture: Option<&str>,
    now: Moment,
) -> Answer<()> {
    match picture {
        Some(picture) => sql::keep(tx, id, picture, now)?,
        None => sql::end(tx, id, "refused")?,
    }
    if let Some((planning, _)) = sql::planning(tx, visit)? {
        tx.changed(&Scope::membership(planning), &RowKind::Receipt, id);
    }
    Ok(())
}
