//! A worker's own hours, told to her phone: planned, badged, retained, with who decided and why.

mod phone;

use axum::routing::post;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    axum::Router::new().route("/api/phone/hours", post(phone::hours)).into()
}
