//! What is kept of what was sent, and its end (row B-19).

use releve_shared::retention::DataClass;

use super::{sql, trial};
use crate::retention::{Erase, Kept};

/// What is kept here.
pub const KEPT: &[Kept] = &[
    Kept {
        class: DataClass::Notices,
        tables: &["notice"],
        count: sql::OLD,
        erase: Erase::Rows(&[sql::FORGET]),
    },
    Kept {
        class: DataClass::Notices,
        tables: &["notice_test", "notice_test_line"],
        count: trial::OLD,
        erase: Erase::By(trial::forget),
    },
];
