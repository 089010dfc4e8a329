//! The router: routes of every room, the layers around them, and errors as answers.

mod around;
mod connections;
mod files;
mod refused;

use std::sync::OnceLock;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{HeaderName, HeaderValue};
use axum::routing::get;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa::openapi::{Info, License, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::app::App;
use crate::{
    alarms, audit, cards, changes, clients, contacts, health, hours, identity, messages, notices,
    people, receipts, requests, retention, services, settings, sync, travel, visits,
};

pub use crate::identity::desk::{Desk, Role};
pub use crate::identity::phone::Phone;
pub use connections::serve;
pub use refused::{Refused, RefusedBody};

/// The documentation page alone sets styles on its elements.
const DOCS_POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Every route that the OpenAPI document tells of.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(description())
        .merge(identity::routes())
        .merge(sync::routes())
        .merge(audit::routes())
        .merge(people::routes())
        .merge(clients::routes())
        .merge(visits::routes())
        .merge(messages::routes())
        .merge(contacts::routes())
        .merge(requests::routes())
        .merge(retention::routes())
        .merge(settings::routes())
        .merge(cards::routes())
        .merge(changes::routes())
        .merge(services::routes())
        .merge(receipts::routes())
        .merge(travel::routes())
        .merge(alarms::routes())
        .merge(notices::routes())
        .merge(hours::routes())
}

fn description() -> OpenApi {
    let mut info = Info::new("Relève", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The desk's interface. Unsafe methods need a session and the same origin. Any answer but \
         2xx is a refusal: a stable code, the field it is about, and when to come back."
            .to_owned(),
    );
    info.license = Some(License::new("EUPL-1.2"));
    OpenApiBuilder::new().info(info).build()
}

/// The OpenAPI document, as `make gen` writes it for the desk.
///
/// # Errors
/// When it cannot be JSON, which is a bug.
pub fn openapi() -> Result<String, serde_json::Error> {
    let mut text = api().into_openapi().to_pretty_json()?;
    text.push('\n');
    Ok(text)
}

/// The routes and the document that tells of them: made once in a process, since that takes longer
/// than all else that a server does when it starts.
fn routes() -> &'static (Router<App>, OpenApi) {
    static ROUTES: OnceLock<(Router<App>, OpenApi)> = OnceLock::new();
    ROUTES.get_or_init(|| api().split_for_parts())
}

/// The whole application as one service.
pub fn router(app: App) -> Router {
    let (api, document) = routes().clone();
    let docs = SwaggerUi::new("/api/docs").url("/api/openapi.json", document);
    let docs = Router::from(docs).layer(header("content-security-policy", DOCS_POLICY));
    let limit = app.config.server.max_body_bytes;
    let timeout = std::time::Duration::from_secs(app.config.server.timeout_s);

    let routed = api
        .merge(Router::new().route("/healthz", get(health::alive)))
        .merge(Router::new().route("/readyz", get(health::ready)))
        .merge(identity::pages())
        .merge(clients::pages())
        .merge(cards::pages())
        .merge(docs)
        .fallback(files::serve)
        .layer(DefaultBodyLimit::max(limit));
    // One stack rather than a layer after another: the router boxes and copies each by itself.
    let around = axum::middleware::from_fn_with_state(app.clone(), around::around);
    let layers = ServiceBuilder::new()
        .layer(around)
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(around::panicked))
        .layer(RequestBodyTimeoutLayer::new(timeout))
        .map_request(around::plain_body)
        .layer(RequestDecompressionLayer::new())
        .map_request(around::plain_body);
    routed.layer(layers).with_state(app)
}

fn header(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )
}
