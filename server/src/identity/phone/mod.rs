//! Phones: how they are enrolled, how their requests are trusted, and how they are blocked.

mod block;
mod enrol;
mod list;
mod request;
mod signed;
mod sql;
mod token;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub use enrol::{lease, open, trust};
pub use list::{
    PhoneRow, PhoneState, applied, confirmed, device_key, is_active, keep_anchors, known_anchors,
    phones_of, pulled, sign_out, told_before,
};
pub use request::Phone;
pub use signed::{Signed, signed};
pub use sql::ALL;
pub(super) use sql::forget_tokens;

/// Routes of the desk about phones, and of phones about themselves.
pub(super) fn routes() -> OpenApiRouter<App> {
    let own = axum::Router::new()
        .route("/api/phone/enrol", axum::routing::post(enrol::enrol))
        .route("/api/phone/token", axum::routing::post(token::announce))
        .route("/api/phone/wiped", axum::routing::post(block::wiped));
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(enrol::create))
        .routes(routes!(enrol::state, enrol::cancel))
        .routes(routes!(block::block))
        .routes(routes!(block::carrier_blocked))
        .merge(own.into())
}

/// Public pages about phones.
pub(super) fn pages() -> axum::Router<App> {
    axum::Router::new().route("/e", axum::routing::get(enrol::page))
}
