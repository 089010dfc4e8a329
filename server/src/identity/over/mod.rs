//! What is kept of sign-ins and phones, and its end (row B-19).

mod sql;

use releve_shared::retention::DataClass;

use crate::retention::{Erase, Kept};

pub use sql::ALL;

/// What is kept here.
pub const KEPT: &[Kept] = &[
    Kept {
        class: DataClass::Sessions,
        tables: &["session", "enrolment"],
        count: sql::OLD,
        erase: Erase::Rows(&[sql::FORGET_ENROLMENTS, sql::FORGET]),
    },
    Kept {
        class: DataClass::Phones,
        tables: &["device"],
        count: sql::OLD_PHONES,
        erase: Erase::Rows(&[sql::FORGET_PHONES]),
    },
];
