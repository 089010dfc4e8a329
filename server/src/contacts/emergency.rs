//! The emergency numbers of an organisation (row O-24).

use releve_shared::contact::{EMERGENCY_MOST, EmergencyKind, EmergencyNumber};
use releve_shared::id::OrganisationId;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{rules, sql};
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::text::{self, BadField};

/// Longest label, in characters: it stands on a button.
const LABEL: usize = 40;

/// The emergency numbers, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EmergencyInput {
    /// At most five.
    pub numbers: Vec<EmergencyNumber>,
}

impl EmergencyInput {
    /// Checks what was typed.
    ///
    /// # Errors
    /// More than five numbers, or the first field that cannot be taken.
    pub fn check(&self) -> Result<Vec<EmergencyNumber>, BadField> {
        if self.numbers.len() > EMERGENCY_MOST {
            return Err(BadField::invalid("numbers"));
        }
        let number = |typed: &EmergencyNumber| {
            if let EmergencyKind::Unknown(_) = typed.kind {
                return Err(BadField::invalid("kind"));
            }
            Ok(EmergencyNumber {
                kind: typed.kind.clone(),
                label: text::required("label", &typed.label, LABEL)?,
                phone: rules::dialled("phone", &typed.phone)?,
            })
        };
        self.numbers.iter().map(number).collect()
    }
}

/// The emergency numbers of the organisation.
///
/// # Errors
/// Those of the database.
pub fn emergency(tx: &mut Tx, organisation: OrganisationId) -> Answer<EmergencyInput> {
    Ok(EmergencyInput { numbers: sql::emergency(tx, organisation)? })
}

/// Writes them, all at once; phones get them at their next sync.
///
/// # Errors
/// Those of the database.
pub fn set_emergency(tx: &mut Tx, by: &By, numbers: &[EmergencyNumber], now: Moment) -> Answer<()> {
    write(tx, by.organisation, numbers)?;
    let detail = numbers.len().to_string();
    note(tx, by, "emergency.change", by.organisation, &detail, now)?;
    Ok(())
}

/// A new organisation begins with the numbers of the country.
///
/// # Errors
/// Those of the database.
pub fn found(tx: &mut Tx, organisation: OrganisationId) -> Answer<()> {
    write(tx, organisation, &EmergencyNumber::national())
}

fn write(tx: &mut Tx, organisation: OrganisationId, numbers: &[EmergencyNumber]) -> Answer<()> {
    sql::write_emergency(tx, organisation, numbers)?;
    tx.changed(&Scope::organisation(organisation), &RowKind::EmergencyNumbers, organisation);
    Ok(())
}
