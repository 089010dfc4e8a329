//! Who calls a route of the desk: the session's cookie, looked up at each request.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use releve_shared::keys::Digest;
use releve_shared::refusal::Refusal;
use releve_shared::time::{HOUR_MS, MINUTE_MS, Moment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{By, sql};
use crate::app::App;
use crate::audit::Who;
use crate::db::{Answer, Tx};
use crate::http::Refused;

/// What an account may do (docs/roles.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Plans, enrols phones, looks at hours.
    Supervisor,
    /// All of that, and reads the log.
    Admin,
}

impl Role {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
        }
    }

    /// The role of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "supervisor" => Some(Self::Supervisor),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }
}

/// Somebody signed in at the desk.
#[derive(Clone, Debug)]
pub struct Desk {
    /// In whose name verbs act.
    pub by: By,
    /// What they may do.
    pub role: Role,
    pub(super) token: Digest,
}

impl Desk {
    /// Lets through those who have the role, or more.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`].
    pub fn must_be(&self, role: Role) -> Result<(), Refusal> {
        if self.role >= role { Ok(()) } else { Err(Refusal::NotAllowed) }
    }
}

impl FromRequestParts<App> for Desk {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = jar.get(cookie_name(app)).ok_or(Refusal::SignInNeeded)?;
        let token = Digest::of(&[cookie.value().as_bytes()]);
        let sessions = app.config.sessions.clone();
        let idle = i64::from(sessions.idle_minutes) * MINUTE_MS;
        let absolute = i64::from(sessions.absolute_hours) * HOUR_MS;
        let (desk, used_at) =
            app.glance(move |tx, now| find(tx, token, now, idle, absolute)).await?;
        if app.now().since(used_at) > MINUTE_MS {
            app.write(move |tx, now| Ok(sql::use_session(tx, token, now)?)).await?;
        }
        Ok(desk)
    }
}

fn find(
    tx: &mut Tx,
    token: Digest,
    now: Moment,
    idle_ms: i64,
    absolute_ms: i64,
) -> Answer<(Desk, Moment)> {
    let session = sql::session(tx, token)?.ok_or(Refusal::SignInNeeded)?;
    let over = now.since(session.used_at) > idle_ms || now.since(session.created_at) > absolute_ms;
    if over {
        return Err(Refusal::SignInNeeded.into());
    }
    let by = By {
        organisation: session.organisation,
        account: session.account,
        name: session.name,
        zone: session.zone,
        who: Who::Account(session.account),
    };
    Ok((Desk { by, role: session.role, token }, session.used_at))
}

/// `__Host-` binds the cookie to the host and to TLS; browsers refuse it on plain HTTP.
pub(super) fn cookie_name(app: &App) -> &'static str {
    if app.config.server.https() { "__Host-releve" } else { "releve_session" }
}

/// The address that a request comes from, as far as the proxies in front can be trusted.
pub(super) struct Address(pub String);

impl FromRequestParts<App> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let direct = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let direct = direct.map_or_else(|| "local".to_owned(), |peer| peer.0.ip().to_string());
        let hops = app.config.server.trusted_proxies;
        Ok(Self(forwarded(&parts.headers, hops).unwrap_or(direct)))
    }
}

/// Each proxy appends the address that it saw: ours is the last one that a trusted proxy wrote.
fn forwarded(headers: &HeaderMap, hops: usize) -> Option<String> {
    let back = hops.checked_sub(1)?;
    let all = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let list: Vec<&str> = all.flat_map(|value| value.split(',')).map(str::trim).collect();
    list.iter().rev().nth(back).map(|address| (*address).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_cannot_make_up_an_address() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 203.0.113.9".parse().unwrap());
        assert_eq!(forwarded(&headers, 0), None);
        assert_eq!(forwarded(&headers, 1).as_deref(), Some("203.0.113.9"));
        assert_eq!(forwarded(&headers, 3), None);
    }

    #[test]
    fn roles_keep_their_codes() {
        for role in [Role::Supervisor, Role::Admin] {
            assert_eq!(Role::from_code(role.code()), Some(role));
        }
        assert!(Role::Admin > Role::Supervisor);
    }
}
