//! Push, pull and pokes (sync.md). No domain of its own: rooms judge, this room carries.

mod dispatch;
mod grants;
mod pokes;
mod pull;
mod push;
mod sql;

use axum::Router;
use axum::routing::{get, post};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub use grants::{body, grants};
pub use sql::ALL;

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    let phones = Router::new()
        .route("/api/phone/push", post(push::push))
        .route("/api/phone/pull", post(pull::pull))
        .route("/api/phone/news", post(pull::news))
        .route("/api/phone/pokes", get(pokes::phone));
    OpenApiRouter::new().routes(routes!(pokes::desk)).merge(phones.into())
}

#[cfg(test)]
mod tests;
