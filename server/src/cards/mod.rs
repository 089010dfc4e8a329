//! The professional card (row O-30): photos and logos from the desk, what phones hold of them, and the
//! public page by which a client checks a code.

mod page;
mod picture;
mod routes;
mod set;
mod sql;

pub use page::{Shown, check};
pub use routes::{pages, routes};
pub use set::{Pictures, card_body, cards_changed, logo, logo_body, photo, set_logo, set_photo};
pub use sql::ALL;

use releve_shared::retention::DataClass;

use crate::retention::{Erase, Kept};

/// What is kept here.
pub const KEPT: &[Kept] = &[Kept {
    class: DataClass::Photos,
    tables: &["staff_photo"],
    count: sql::OLD,
    erase: Erase::Rows(&[sql::FORGET]),
}];

#[cfg(test)]
mod tests;
