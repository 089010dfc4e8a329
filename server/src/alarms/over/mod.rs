//! What is kept of alarms, and its end (row B-19). One that is open is never erased.

mod sql;

use releve_shared::retention::DataClass;

use crate::retention::{Erase, Kept};

pub use sql::ALL;

/// What is kept here.
pub const KEPT: &[Kept] = &[
    Kept {
        class: DataClass::Alarms,
        tables: &["alarm", "alarm_entry"],
        count: sql::OLD,
        erase: Erase::Rows(&[sql::FORGET_THEIR_POSITIONS, sql::FORGET_TRAIL, sql::FORGET]),
    },
    Kept {
        class: DataClass::Alarms,
        tables: &["lone_session"],
        count: sql::OLD_SESSIONS,
        erase: Erase::Rows(&[sql::FORGET_SESSIONS]),
    },
    Kept {
        class: DataClass::Positions,
        tables: &["alarm_position"],
        count: sql::OLD_POSITIONS,
        erase: Erase::Rows(&[sql::FORGET_POSITIONS]),
    },
    Kept {
        class: DataClass::Log,
        tables: &["alarm_settings"],
        count: sql::OLD_SETTINGS,
        erase: Erase::Rows(&[sql::FORGET_SETTINGS]),
    },
];
