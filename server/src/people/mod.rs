//! People who work: caregivers as the office manages them, what of them is transmitted to their
//! phones (rows O-06, O-07), and what their phones may hold.

mod caregiver;
mod feed;
mod kept;
mod phone;
mod routes;
pub mod rules;
mod sql;

pub use caregiver::{
    Caregiver, CaregiverInput, CaregiverRow, change, create, end, get, list, set_transmit,
};
pub use feed::{Place, body, grants, membership_of, place};
pub use kept::KEPT;
pub use routes::routes;
pub use sql::ALL;

#[cfg(test)]
mod tests;
