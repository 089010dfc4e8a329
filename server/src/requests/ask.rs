//! Asking, from a phone.

use releve_shared::clock::{Stamp, locate};
use releve_shared::id::{CommandId, MembershipId, RequestId};
use releve_shared::refusal::Refusal;
use releve_shared::request::{Asked, OfficeRequest, RequestState};
use releve_shared::sync::{AskOffice, RowKind, Scope, WithdrawRequest};
use releve_shared::time::Moment;

use super::sql;
use crate::db::{Answer, Fault, Tx};
use crate::notices::{self, Kind};
use crate::visits::Reception;
use crate::{contacts, people};

fn moment(from: &Reception<'_>, stamp: &Stamp) -> Moment {
    locate(from.anchors, stamp, u64::MAX, Some(from.at)).at
}

/// Lets through somebody who works here, or did at the time of the act (sync.md C7).
fn at_work(tx: &mut Tx, from: &Reception<'_>, at: Moment) -> Answer<MembershipId> {
    let own = people::membership_of(tx, from.organisation, from.person)?;
    let membership = own.ok_or(Refusal::NotFound)?;
    let place = people::place(tx, membership, from.person)?.ok_or(Refusal::NotFound)?;
    if place.ended_at.is_some_and(|ended| at > ended) {
        return Err(Refusal::NotAllowed.into());
    }
    Ok(membership)
}

/// Takes a request, and queues a mail to her line manager.
///
/// # Errors
/// Those of [`Asked::check`]; [`Refusal::NotFound`] for a visit that is not hers, or somebody who does
/// not work here; [`Refusal::NotAllowed`] after her last day.
pub fn ask(tx: &mut Tx, from: &Reception<'_>, command: CommandId, new: &AskOffice) -> Answer<()> {
    let text = new.asked.text.trim().replace('\0', "\u{fffd}");
    let asked = Asked { text, ..new.asked.clone() };
    asked.check()?;
    let at = moment(from, &new.stamp);
    let membership = at_work(tx, from, at)?;
    if let Some(visit) = asked.visit
        && !sql::has_visit(tx, membership, visit)?
    {
        return Err(Refusal::NotFound.into());
    }
    let request = OfficeRequest {
        id: RequestId::from(command.uuid()),
        membership,
        asked,
        asked_at: at,
        state: RequestState::Sent,
        decided_by: String::new(),
        decided_at: None,
        comment: String::new(),
    };
    if sql::add(tx, from.organisation, &request, from.at)? {
        tx.changed(&Scope::membership(membership), &RowKind::Request, request.id);
        let to = (from.organisation, contacts::line_manager(tx, membership)?);
        notices::tell(tx, to, Kind::Request, request.id, from.at)?;
    }
    Ok(())
}

/// Takes a request back that nobody has decided.
///
/// # Errors
/// [`Refusal::NotFound`] for one that is not hers; [`Refusal::InUse`] once it is decided.
pub fn withdraw(tx: &mut Tx, from: &Reception<'_>, back: &WithdrawRequest) -> Answer<()> {
    let (_, found) = sql::request(tx, back.request)?.ok_or(Refusal::NotFound)?;
    people::place(tx, found.membership, from.person)?.ok_or(Refusal::NotFound)?;
    if found.state == RequestState::Withdrawn {
        return Ok(());
    }
    if !sql::withdraw(tx, found.id, moment(from, &back.stamp))? {
        return Err(Refusal::InUse.into());
    }
    tx.changed(&Scope::membership(found.membership), &RowKind::Request, found.id);
    Ok(())
}

/// The body of a request in the feed; `None` when it is gone.
///
/// # Errors
/// Those of the database.
pub fn body(tx: &mut Tx, id: &str) -> Answer<Option<String>> {
    let id = id.parse().map_err(|e| Fault::of("a feed row's id", e))?;
    let body = sql::request(tx, id)?.map(|(_, request)| serde_json::to_string(&request));
    Ok(body.transpose().map_err(|e| Fault::of("writing JSON", e))?)
}
