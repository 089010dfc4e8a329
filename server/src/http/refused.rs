//! Errors as answers: a refusal with its status, a fault as 500 and a line in the log.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use releve_shared::enrolment::WipeOrder;
use releve_shared::refusal::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::{Fault, Stop};

/// When to come back while the database is away, in seconds.
const AWAY_S: u64 = 2;

/// What a request that is not granted is answered. For phones it is
/// [`releve_shared::sync::SyncRefusal`].
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct RefusedBody {
    /// Why: a stable code, translated by the screens.
    pub refusal: Refusal,
    /// The field it is about.
    #[serde(default)]
    pub field: Option<String>,
    /// When to come back, in seconds.
    #[serde(default)]
    pub retry_after_s: Option<u64>,
    /// The signed order, for a blocked phone only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub wipe: Option<WipeOrder>,
}

/// The refusal that an answer carries, for the count of refusals.
#[derive(Clone)]
pub(super) struct Why(pub(super) Refusal);

/// A request that is not granted.
#[derive(Debug)]
pub enum Refused {
    /// An answer to the user.
    Answer(Box<RefusedBody>),
    /// A body above the limit.
    TooLarge,
    /// Something broke; the user is told to try again.
    Fault(Fault),
}

impl Refused {
    /// A refusal about a field of the request.
    #[must_use]
    pub fn field(refusal: Refusal, field: &str) -> Self {
        Self::body(refusal, |body| body.field = Some(field.to_owned()))
    }

    /// A refusal that ends by itself.
    #[must_use]
    pub fn retry_after(refusal: Refusal, seconds: u64) -> Self {
        Self::body(refusal, |body| body.retry_after_s = Some(seconds))
    }

    /// A refusal to a blocked phone, with the order to wipe.
    #[must_use]
    pub fn wipe(order: Option<WipeOrder>) -> Self {
        Self::body(Refusal::DeviceBlocked, |body| body.wipe = order)
    }

    fn body(refusal: Refusal, fill: impl FnOnce(&mut RefusedBody)) -> Self {
        let mut body = RefusedBody { refusal, field: None, retry_after_s: None, wipe: None };
        fill(&mut body);
        Self::Answer(Box::new(body))
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::body(refusal, |_| ())
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Stop> for Refused {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refusal(refusal) => refusal.into(),
            Stop::Fault(fault) => fault.into(),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let plain = |refusal| RefusedBody { refusal, field: None, retry_after_s: None, wipe: None };
        let (status, body) = match self {
            Self::Answer(body) => (status(&body.refusal), *body),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, plain(Refusal::TooLong)),
            Self::Fault(fault) if fault.passes() => {
                tracing::error!(%fault, "the database is away");
                let mut body = plain(Refusal::TryAgain);
                body.retry_after_s = Some(AWAY_S);
                (StatusCode::SERVICE_UNAVAILABLE, body)
            }
            Self::Fault(fault) => {
                tracing::error!(%fault, "a request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, plain(Refusal::TryAgain))
            }
        };
        let retry = body.retry_after_s.map(HeaderValue::from);
        let why = Why(body.refusal.clone());
        let mut response = (status, Json(body)).into_response();
        response.extensions_mut().insert(why);
        if let Some(retry) = retry {
            response.headers_mut().insert(RETRY_AFTER, retry);
        }
        response
    }
}

/// The status that goes with a refusal; programs read the code, proxies and people the status.
fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Invalid => StatusCode::BAD_REQUEST,
        Refusal::SignInNeeded
        | Refusal::WrongCredentials
        | Refusal::TokenReused
        | Refusal::NotEnrolled => StatusCode::UNAUTHORIZED,
        Refusal::NotAllowed | Refusal::OwnAlarm | Refusal::DeviceBlocked | Refusal::WrongDevice => {
            StatusCode::FORBIDDEN
        }
        Refusal::NotFound | Refusal::EnrolmentOver => StatusCode::NOT_FOUND,
        Refusal::Stale
        | Refusal::Exists
        | Refusal::InUse
        | Refusal::Overlap
        | Refusal::AlreadyEnrolled
        | Refusal::AlarmTaken
        | Refusal::AlarmOver
        | Refusal::AlreadyWatched
        | Refusal::CommandChanged => StatusCode::CONFLICT,
        Refusal::TooManyTries => StatusCode::TOO_MANY_REQUESTS,
        Refusal::TryAgain => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Unreadable
        | Refusal::NotAHomeTag
        | Refusal::TagForged
        | Refusal::TagForeign
        | Refusal::TagRevoked
        | Refusal::TagUnknown
        | Refusal::WrongClient
        | Refusal::TagReplayed
        | Refusal::NoCamera
        | Refusal::NoNfc
        | Refusal::AlreadyStarted
        | Refusal::AlreadyEnded
        | Refusal::NotStarted
        | Refusal::OtherVisitInProgress
        | Refusal::NoVisitPlanned
        | Refusal::VisitCancelled
        | Refusal::ReasonMissing
        | Refusal::TooLateToUndo
        | Refusal::TimeImpossible
        | Refusal::WeakPassword
        | Refusal::LeaseOver
        | Refusal::NotTransmitted
        | Refusal::TooLong
        | Refusal::NotAPicture
        | Refusal::CommandUnknown
        | Refusal::ProofBroken
        | Refusal::UpdateNeeded
        | Refusal::Offline
        | Refusal::NotTheServer
        | Refusal::StorageFull
        | Refusal::StorageBroken
        | Refusal::Unknown(_) => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_never_reaches_the_user_as_text() {
        let response = Refused::from(Fault::new("disk /dev/sda is gone")).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let refused = Refused::retry_after(Refusal::TooManyTries, 30).into_response();
        assert_eq!(refused.headers()[RETRY_AFTER], "30");
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    }
}
