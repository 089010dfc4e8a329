//! Signing in and out at the desk.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use releve_shared::id::{AccountId, OrganisationId, SessionId};
use releve_shared::keys::Digest;
use releve_shared::refusal::Refusal;
use releve_shared::time::{MINUTE_MS, Moment, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::fold;
use super::desk::{Address, Desk, Role, cookie_name};
use super::organisation::tolerance_ms;
use super::{By, organisation, password, sql};
use crate::app::App;
use crate::audit::{self, Who};
use crate::db::{Answer, Tx};
use crate::http::Refused;

/// What is typed to sign in.
#[derive(Deserialize, ToSchema)]
pub(super) struct SignIn {
    /// The account's name.
    login: String,
    /// Its password.
    password: String,
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// The account.
    account_id: AccountId,
    /// The person's name.
    name: String,
    /// What they may do.
    role: Role,
    /// Where they work.
    organisation: MyOrganisation,
    /// The server's time, so that the desk's clock is the server's.
    server_time: Moment,
}

/// Where somebody works.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MyOrganisation {
    /// Its id.
    id: OrganisationId,
    /// Its name.
    name: String,
    /// Its IANA zone: all times are shown in it.
    zone: Zone,
    /// Telephone of the office.
    phone: String,
    /// How far badged times may be from planned ones without a look, in minutes.
    tolerance_min: i64,
}

impl MyOrganisation {
    fn of(tx: &mut Tx, id: OrganisationId) -> Answer<Self> {
        let known = organisation(tx, id)?;
        Ok(Self {
            id,
            name: known.name,
            zone: known.zone,
            phone: known.phone,
            tolerance_min: tolerance_ms(tx, id)? / MINUTE_MS,
        })
    }
}

/// Signs in. The answer sets the session's cookie.
#[utoipa::path(post, path = "/api/desk/session", tag = "identity", request_body = SignIn,
    responses((status = 200, body = Me), (status = 401, body = crate::http::RefusedBody),
              (status = 429, body = crate::http::RefusedBody)))]
pub(super) async fn sign_in(
    State(app): State<App>,
    Address(address): Address,
    jar: CookieJar,
    Json(typed): Json<SignIn>,
) -> Result<(CookieJar, Json<Me>), Refused> {
    let login = fold(&typed.login);
    app.limits.sign_in(&login, &address, app.now())?;
    let wanted = login.clone();
    let account = app.read(move |tx, _| Ok(sql::account(tx, &wanted)?)).await?;
    let hash = account.as_ref().map(|account| account.password.clone());
    let right = password::verify(&app, typed.password.clone(), hash).await?;
    let Some(account) = account.filter(|_| right) else {
        return Err(Refusal::WrongCredentials.into());
    };
    app.limits.signed_in(&login);
    let renewed = password::renewed(&app, typed.password, account.password.clone()).await?;

    let cookie = URL_SAFE_NO_PAD.encode(app.draw::<32>());
    let token = Digest::of(&[cookie.as_bytes()]);
    let id: SessionId = app.id();
    let me = app
        .write(move |tx, now| {
            sql::add_session(tx, id, account.id, token, now)?;
            if let Some(hash) = &renewed {
                sql::write_password(tx, account.id, hash, &account.password)?;
            }
            let by = By {
                account: account.id,
                who: Who::Account(account.id),
                ..By::system(account.organisation)
            };
            audit::note(tx, &by, "session.open", id, "", now)?;
            Ok(Me {
                account_id: account.id,
                name: account.name.clone(),
                role: account.role,
                organisation: MyOrganisation::of(tx, account.organisation)?,
                server_time: now,
            })
        })
        .await?;
    Ok((jar.add(session_cookie(&app, cookie)), Json(me)))
}

/// Signs out.
#[utoipa::path(delete, path = "/api/desk/session", tag = "identity",
    responses((status = 204, description = "Signed out")))]
pub(super) async fn sign_out(
    State(app): State<App>,
    desk: Desk,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode), Refused> {
    app.write(move |tx, _| Ok(sql::end_session(tx, desk.token)?)).await?;
    Ok((jar.remove(session_cookie(&app, String::new())), StatusCode::NO_CONTENT))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/desk/me", tag = "identity", responses((status = 200, body = Me)))]
pub(super) async fn me(State(app): State<App>, desk: Desk) -> Result<Json<Me>, Refused> {
    let id = desk.by.organisation;
    let (organisation, server_time) =
        app.read(move |tx, now| Ok((MyOrganisation::of(tx, id)?, now))).await?;
    Ok(Json(Me {
        account_id: desk.by.account,
        name: desk.by.name,
        role: desk.role,
        organisation,
        server_time,
    }))
}

/// One's own password, and the next one.
#[derive(Deserialize, ToSchema)]
pub(super) struct PasswordInput {
    /// The present one.
    old: String,
    /// The next one.
    new: String,
}

/// Changes one's own password; the account's other sessions are over.
#[utoipa::path(put, path = "/api/desk/me/password", operation_id = "change_password", tag = "identity",
    request_body = PasswordInput, responses((status = 204, description = "Changed"),
              (status = 422, body = crate::http::RefusedBody)))]
pub(super) async fn change_password(
    State(app): State<App>,
    desk: Desk,
    Address(address): Address,
    Json(typed): Json<PasswordInput>,
) -> Result<StatusCode, Refused> {
    let account = desk.by.account;
    let found = app.read(move |tx, _| Ok(sql::password(tx, account)?)).await?;
    let (login, old) = found.ok_or(Refusal::SignInNeeded)?;
    // A session left open is no licence to guess.
    app.limits.sign_in(&login, &address, app.now())?;
    if !password::verify(&app, typed.old.clone(), Some(old.clone())).await? {
        return Err(Refused::field(Refusal::Invalid, "old"));
    }
    app.limits.signed_in(&login);
    if typed.new == typed.old {
        return Err(Refused::field(Refusal::Exists, "new"));
    }
    password::check(&typed.new).map_err(|refusal| Refused::field(refusal, "new"))?;
    let new = password::hashed(&app, typed.new).await?;
    app.write(move |tx, now| {
        if !sql::write_password(tx, account, &new, &old)? {
            return Err(Refusal::Stale.into());
        }
        sql::end_other_sessions(tx, account, desk.token)?;
        audit::note(tx, &desk.by, "account.password", account, "", now)?;
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends with the browser, and never travels to another site.
fn session_cookie(app: &App, value: String) -> Cookie<'static> {
    Cookie::build((cookie_name(app), value))
        .path("/")
        .http_only(true)
        .secure(app.config.server.https())
        .same_site(SameSite::Strict)
        .build()
}
