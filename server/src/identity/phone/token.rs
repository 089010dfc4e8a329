//! Rotation: the phone announces its next token and goes on with the old one until it uses the new.
//! So a lost answer locks nobody out.

use axum::Json;
use axum::extract::State;
use releve_shared::id::DeviceId;
use releve_shared::keys::Digest;
use releve_shared::refusal::Refusal;
use releve_shared::sync::TokenRequest;
use releve_shared::time::Moment;

use super::{Phone, sql};
use crate::app::App;
use crate::db::{Answer, Tx};
use crate::http::Refused;

/// Keeps the digest of the phone's next token, and says it back: a bare success could be a captive
/// portal's. Asking again with the same digest changes nothing.
pub(super) async fn announce(
    State(app): State<App>,
    phone: Phone<TokenRequest>,
) -> Result<Json<TokenRequest>, Refused> {
    phone.must_read()?;
    let (device, shown, next) = (phone.device, phone.token, phone.request.next);
    app.write(move |tx, now| keep(tx, device, shown, next, now)).await?;
    Ok(Json(TokenRequest { next }))
}

fn keep(tx: &mut Tx, device: DeviceId, shown: Digest, next: Digest, now: Moment) -> Answer<()> {
    match sql::token(tx, next)? {
        None => {
            sql::drop_next(tx, device)?;
            sql::add_token(tx, next, device, "next", now)?;
            Ok(())
        }
        // Asked again, perhaps after the first use of the new token.
        Some((owner, state)) if owner == device && (state == "next" || next == shown) => Ok(()),
        Some(_) => Err(Refusal::Invalid.into()),
    }
}
