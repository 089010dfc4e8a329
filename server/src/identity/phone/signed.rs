//! A phone known by its key alone: what an alarm needs, since it is heard of phones that no token
//! serves any more (sync.md C9).

use axum::http::HeaderMap;
use releve_shared::id::{DeviceId, OrganisationId, PersonId};
use releve_shared::keys::{PublicKey, Purpose, Signature};
use releve_shared::sync::{PROOF_HEADER, request_message};

use super::sql;
use crate::db::{Answer, Tx};

/// A phone of which only the key speaks.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Which phone.
    pub device: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// For which organisation it was enrolled.
    pub organisation: OrganisationId,
    /// `active`, `blocked`, `wiped`, `signed_out`, `revoked`.
    pub state: String,
    key: PublicKey,
}

impl Signed {
    /// Whether its key has signed this `POST`.
    #[must_use]
    pub fn vouches(&self, path: &str, headers: &HeaderMap, body: &[u8]) -> bool {
        let proof = headers.get(PROOF_HEADER).and_then(|value| value.to_str().ok());
        let message = request_message("POST", path, body);
        proof
            .and_then(|text| Signature::parse(text).ok())
            .is_some_and(|proof| self.key.verifies(Purpose::Request, &message, &proof))
    }

    /// Whether it may be told anything but that it was heard.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.state == "active"
    }
}

/// The phone of an id; nothing of it is trusted before [`Signed::vouches`].
///
/// # Errors
/// Those of the database.
pub fn signed(tx: &mut Tx, id: DeviceId) -> Answer<Option<Signed>> {
    let found = sql::device(tx, id)?;
    Ok(found.map(|device| Signed {
        device: device.id,
        person: device.person,
        organisation: device.organisation,
        state: device.state,
        key: device.key,
    }))
}
