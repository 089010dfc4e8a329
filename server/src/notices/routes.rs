//! The desk's routes of "Mes avertissements".

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use releve_shared::id::{MembershipId, NoticeId, NoticeTestId, SubscriptionId};
use releve_shared::notice::{NoticeTest, PushTarget, Wishes, Witness};
use releve_shared::refusal::Refusal;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::mine::{self, Mine};
use super::push;
use super::trial::{self, Line};
use crate::app::App;
use crate::http::{Desk, Refused};
use crate::text::{self, BadField};

/// The room's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(mine, set_wishes))
        .routes(routes!(add_browser))
        .routes(routes!(drop_browser))
        .routes(routes!(try_notices))
        .routes(routes!(read_test))
        .routes(routes!(confirm_test))
}

/// What the signed-in account is told, by which ways, and what was sent to it.
#[utoipa::path(get, path = "/api/desk/notices", operation_id = "my_notices", tag = "notices",
    responses((status = 200, body = Mine)))]
async fn mine(desk: Desk, State(app): State<App>) -> Result<Json<Mine>, Refused> {
    let key = push::vapid(&app).await?.public();
    Ok(Json(app.read(move |tx, _| mine::mine(tx, &desk.by, &key)).await?))
}

/// Chooses the ways and the quiet hours of ordinary notices. Alarms ask none of it.
#[utoipa::path(put, path = "/api/desk/notices", operation_id = "set_wishes", tag = "notices",
    request_body = Wishes, responses((status = 204)))]
async fn set_wishes(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<Wishes>,
) -> Result<StatusCode, Refused> {
    let wishes = typed.checked().map_err(|refusal| Refused::field(refusal, "quiet"))?;
    app.write(move |tx, now| mine::wish(tx, &desk.by, &wishes, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A browser that lets us in.
#[derive(Debug, Deserialize, ToSchema)]
struct BrowserInput {
    /// Where it is reached.
    #[serde(flatten)]
    target: PushTarget,
    /// Its name, in words.
    name: String,
    /// The language it words a push in: `fr` or `en`.
    language: String,
}

/// Lets the account's notices into this browser.
#[utoipa::path(post, path = "/api/desk/notices/browsers", operation_id = "add_browser", tag = "notices",
    request_body = BrowserInput, responses((status = 201)))]
async fn add_browser(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<BrowserInput>,
) -> Result<StatusCode, Refused> {
    let target = push::checked(typed.target, &app.config.push.own_hosts)?;
    let name = text::required("name", &typed.name, text::LINE)?;
    if !matches!(typed.language.as_str(), "fr" | "en") {
        return Err(BadField::invalid("language").into());
    }
    let id: SubscriptionId = app.id();
    app.write(move |tx, now| {
        push::subscribe(tx, &desk.by, id, (&target, &name, &typed.language), now)
    })
    .await?;
    Ok(StatusCode::CREATED)
}

/// Shuts a browser out again.
#[utoipa::path(delete, path = "/api/desk/notices/browsers/{id}", operation_id = "drop_browser",
    tag = "notices", params(("id" = String, Path)), responses((status = 204)))]
async fn drop_browser(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<SubscriptionId>,
) -> Result<StatusCode, Refused> {
    app.write(move |tx, now| push::forget(tx, &desk.by, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom a test goes to.
#[derive(Debug, Deserialize, ToSchema)]
struct TestInput {
    /// A caregiver who tries with us; the account itself without.
    #[serde(default)]
    membership: Option<MembershipId>,
}

/// "Envoyer une notification de test" (row W-36), to oneself or together with a caregiver.
#[utoipa::path(post, path = "/api/desk/notices/tests", operation_id = "try_notices", tag = "notices",
    request_body = TestInput, responses((status = 201, body = NoticeTest)))]
async fn try_notices(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<TestInput>,
) -> Result<(StatusCode, Json<NoticeTest>), Refused> {
    let id: NoticeTestId = app.id();
    let test = app
        .write(move |tx, now| {
            match typed.membership {
                Some(membership) => trial::try_with(tx, &desk.by, membership, id, now)?,
                None => trial::try_mine(tx, &desk.by, id, now)?,
            }
            trial::read(tx, &desk.by, id)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(test)))
}

/// A test, with what was sent and what has arrived by each way.
#[utoipa::path(get, path = "/api/desk/notices/tests/{id}", operation_id = "read_test", tag = "notices",
    params(("id" = String, Path)), responses((status = 200, body = NoticeTest)))]
async fn read_test(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<NoticeTestId>,
) -> Result<Json<NoticeTest>, Refused> {
    Ok(Json(app.read(move |tx, _| trial::read(tx, &desk.by, id)).await?))
}

/// Says that a way of a test has arrived.
#[derive(Debug, Deserialize, ToSchema)]
struct ReceivedInput {
    /// Which way, by its number; or
    #[serde(default)]
    n: Option<u16>,
    /// … by the notice that the browser has got.
    #[serde(default)]
    notice: Option<NoticeId>,
    /// Who says so.
    by: Witness,
}

/// Says that a way of a test has arrived.
#[utoipa::path(post, path = "/api/desk/notices/tests/{id}/received", operation_id = "confirm_test",
    tag = "notices", params(("id" = String, Path)), request_body = ReceivedInput,
    responses((status = 200, body = NoticeTest)))]
async fn confirm_test(
    desk: Desk,
    State(app): State<App>,
    Path(id): Path<NoticeTestId>,
    Json(typed): Json<ReceivedInput>,
) -> Result<Json<NoticeTest>, Refused> {
    let line = match (typed.n, typed.notice) {
        (Some(n), _) => Line::N(n),
        (None, Some(notice)) => Line::Notice(notice),
        (None, None) => return Err(BadField::invalid("n").into()),
    };
    if matches!(typed.by, Witness::Unknown(_)) {
        return Err(Refused::field(Refusal::Invalid, "by"));
    }
    let said = move |tx: &mut crate::db::Tx, now| {
        trial::confirm(tx, &desk.by, id, (&line, &typed.by), now)
    };
    Ok(Json(app.write(said).await?))
}
