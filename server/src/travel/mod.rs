//! Travel between two visits of a caregiver (row B-21): computed, corrected by her, counted as work.

mod desk;
mod feed;
mod kept;
mod phone;
mod sql;

pub use desk::{TravelList, TravelWay, list, routes};
pub use feed::body;
pub use kept::{KEPT, forget_client, forget_visit};
pub use phone::write_travel;
pub use sql::ALL;
