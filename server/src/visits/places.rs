//! Two homes, and the time that it takes to go from one to the other (security.md, "Home tags").

use releve_shared::clock::{Measured, Quality};
use releve_shared::id::ClientId;
use releve_shared::visit::ClockEvent;

use super::stamps::Raw;
use super::{rules, sql};
use crate::db::{Answer, Tx};

/// How many stamps before and after one are looked at.
const AROUND: u64 = 4;

/// Whether the same phone read the tag of another home too near in time to have been at both. Homes at
/// one address, a couple's say, are one place.
///
/// # Errors
/// Those of the database.
pub fn too_soon(
    tx: &mut Tx,
    event: &ClockEvent,
    raw: &Raw,
    measured: &Measured,
    client: Option<ClientId>,
) -> Answer<bool> {
    let Some(client) = client else { return Ok(false) };
    let (from, to) = (event.seq.saturating_sub(AROUND), event.seq.saturating_add(AROUND));
    let values = [client.into(), raw.device.into(), from.into(), to.into()];
    for row in tx.query(&sql::NEAR, &values)? {
        let quality = Quality::from_code(&row.get::<String>(2)?);
        let other = Measured { at: row.get(0)?, error_ms: row.get(1)?, quality };
        let far = row.get::<i64>(3)? == 1;
        if rules::two_places(measured, &other, far) {
            return Ok(true);
        }
    }
    Ok(false)
}
