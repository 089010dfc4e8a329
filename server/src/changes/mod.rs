//! Changes of a planning, until the caregiver has seen them (row O-10): several of one visit are one,
//! and what comes back to what she knew is none.

mod desk;
mod feed;
mod kept;
mod note;
mod phone;
pub mod rules;
mod sql;

pub use desk::{ChangeRow, list, routes};
pub use feed::body;
pub use kept::{KEPT, forget_client, forget_visit};
pub use note::{Shown, noted, of_client, shown};
pub use phone::saw;
pub use sql::{ALL, of_planning};

#[cfg(test)]
mod tests;
