//! Organisations as phones know them. Scope `organisation/<id>`.

use serde::{Deserialize, Serialize};

use crate::badge::TagKey;
use crate::id::OrganisationId;
use crate::lock::LockRules;
use crate::time::Zone;

/// The reminder before the end of a visit of a server that tells none, in minutes.
fn reminder() -> u32 {
    5
}

/// The time within which calls for help are one, of a server that tells none, in minutes.
fn same_callback() -> u32 {
    5
}

/// The tenant: its name, zone and the keys by which phones check its tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its name, as on the door.
    pub name: String,
    /// Telephone of the office; empty when there is none.
    pub phone: String,
    /// Its IANA zone (row O-43).
    pub zone: Zone,
    /// Minutes before the end of a visit at which phones remind of it; 0 for never (row O-42).
    #[serde(default = "reminder")]
    pub end_reminder_min: u32,
    /// Taps of "Rappelez-moi" within so many minutes are one (row O-25).
    #[serde(default = "same_callback")]
    pub same_callback_min: u32,
    /// What it asks of the lock of its phones (row O-03).
    #[serde(default)]
    pub lock: LockRules,
    /// Its tag keys, old ones included until their tags are gone.
    pub tag_keys: Vec<TagKey>,
}
