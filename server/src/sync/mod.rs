//! Push, pull and pokes (sync.md). No domain of its own: rooms judge, this room carries.

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
