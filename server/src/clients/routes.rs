//! The desk's routes of clients and their tags.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::Html;
use releve_shared::id::{ClientId, HomeTagId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access;
use super::page;
use super::sections;
use super::sheet::{self, ClientInput, ClientRow, Sheet};
use super::tags::{self, RevokeInput, TagInput, TagIssued, TagRow};
use crate::app::App;
use crate::http::{Desk, Refused};
use crate::text;

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, change))
        .routes(routes!(list_tags, issue_tag))
        .routes(routes!(revoke_tag))
        .routes(routes!(print_tag))
        .routes(routes!(sheet_css))
        .merge(access::routes())
        .merge(sections::routes())
}

/// Public pages of the room.
pub fn pages() -> axum::Router<App> {
    axum::Router::new().route("/b/{token}", axum::routing::get(tag_page))
}

/// What a browser shows that was sent to a home tag's link: whose it is, true or forged, is not said.
async fn tag_page() -> Html<&'static str> {
    Html(include_str!("tag.html"))
}

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
struct Typed {
    /// Words of a name, a street, a commune or a telephone.
    #[serde(default)]
    q: String,
}

/// The clients of the organisation.
#[utoipa::path(get, path = "/api/desk/clients", operation_id = "list_clients", tag = "clients",
    params(Typed), responses((status = 200, body = Vec<ClientRow>)))]
async fn list(
    desk: Desk,
    State(app): State<App>,
    Query(typed): Query<Typed>,
) -> Result<Json<Vec<ClientRow>>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, now| sheet::list(tx, &by, &typed.q, now)).await?))
}

/// Adds a client.
#[utoipa::path(post, path = "/api/desk/clients", operation_id = "create_client", tag = "clients",
    request_body = ClientInput, responses((status = 201, body = Sheet)))]
async fn create(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<ClientInput>,
) -> Result<(StatusCode, Json<Sheet>), Refused> {
    let (by, role, new, id) = (desk.by, desk.role, typed.check()?, app.id());
    let sheet = app
        .write(move |tx, now| {
            sheet::create(tx, &by, id, &new, now)?;
            sheet::read(tx, &by, role, id, now)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(sheet)))
}

/// A client's sheet; reading it is noted.
#[utoipa::path(get, path = "/api/desk/clients/{id}", operation_id = "get_client", tag = "clients",
    params(("id" = String, Path)), responses((status = 200, body = Sheet)))]
async fn read(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<ClientId>,
) -> Result<Json<Sheet>, Refused> {
    let (by, role) = (desk.by, desk.role);
    Ok(Json(app.write(move |tx, now| sheet::read(tx, &by, role, id, now)).await?))
}

/// Changes a client's sheet.
#[utoipa::path(put, path = "/api/desk/clients/{id}", operation_id = "change_client", tag = "clients",
    params(("id" = String, Path)), request_body = ClientInput, responses((status = 200, body = Sheet)))]
async fn change(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<ClientId>,
    Json(typed): Json<ClientInput>,
) -> Result<Json<Sheet>, Refused> {
    let (by, role, new) = (desk.by, desk.role, typed.check()?);
    let sheet = app
        .write(move |tx, now| {
            sheet::change(tx, &by, role, id, &new, now)?;
            sheet::read(tx, &by, role, id, now)
        })
        .await?;
    Ok(Json(sheet))
}

/// A client's tags, the newest first.
#[utoipa::path(get, path = "/api/desk/clients/{id}/tags", operation_id = "list_tags", tag = "clients",
    params(("id" = String, Path)), responses((status = 200, body = Vec<TagRow>)))]
async fn list_tags(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<ClientId>,
) -> Result<Json<Vec<TagRow>>, Refused> {
    let (by, with) = (desk.by, app.clone());
    let rows =
        app.read(move |tx, _| tags::list(tx, &by, &with.keys, &with.config.server.public_url, id));
    Ok(Json(rows.await?))
}

/// Issues a tag for a client's home (row O-01).
#[utoipa::path(post, path = "/api/desk/clients/{id}/tags", operation_id = "issue_tag", tag = "clients",
    params(("id" = String, Path)), request_body = TagInput, responses((status = 201, body = TagIssued)))]
async fn issue_tag(
    desk: Desk,
    State(app): State<App>,
    Path(client): Path<ClientId>,
    Json(typed): Json<TagInput>,
) -> Result<(StatusCode, Json<TagIssued>), Refused> {
    let (by, new, id, with) = (desk.by, typed.check()?, app.id(), app.clone());
    let issued = app.write(move |tx, now| {
        let keys = (&with.keys, with.config.server.public_url.as_str());
        tags::issue(tx, &by, keys, client, &new, id, now)
    });
    Ok((StatusCode::CREATED, Json(issued.await?)))
}

/// Withdraws a tag.
#[utoipa::path(post, path = "/api/desk/tags/{id}/revoke", operation_id = "revoke_tag", tag = "clients",
    params(("id" = String, Path)), request_body = RevokeInput, responses((status = 204)))]
async fn revoke_tag(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<HomeTagId>,
    Json(typed): Json<RevokeInput>,
) -> Result<StatusCode, Refused> {
    let by = desk.by;
    let reason = text::required("reason", &typed.reason, text::LINE)?;
    app.write(move |tx, now| tags::revoke(tx, &by, id, &reason, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A page that is kept nowhere: it tells whose home a code opens.
const NOT_KEPT: (HeaderName, &str) = (CACHE_CONTROL, "no-store");

/// The A4 sheet of a tag, to print.
#[utoipa::path(get, path = "/api/desk/tags/{id}/sheet", operation_id = "print_tag", tag = "clients",
    params(("id" = String, Path)), responses((status = 200, body = String, content_type = "text/html")))]
async fn print_tag(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<HomeTagId>,
) -> Result<([(HeaderName, &'static str); 1], Html<String>), Refused> {
    let (by, with) = (desk.by, app.clone());
    let page = app.read(move |tx, _| {
        page::page(tx, &by, (&with.keys, with.config.server.public_url.as_str()), id)
    });
    Ok(([NOT_KEPT], Html(page.await?)))
}

/// The styles of the A4 sheet.
#[utoipa::path(get, path = "/api/desk/tags/sheet.css", operation_id = "sheet_css", tag = "clients",
    responses((status = 200, body = String, content_type = "text/css")))]
async fn sheet_css() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], page::CSS)
}
