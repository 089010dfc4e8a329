//! Photos of receipts (sync.md C11): announced by a command, sent in parts that resume, encoded again
//! without what a camera adds, and seen at the desk.

mod desk;
mod feed;
mod kept;
mod phone;
mod picture;
mod sql;

pub use desk::{ReceiptSheet, list, routes};
pub use feed::body;
pub use kept::{KEPT, forget_visit};
pub use phone::{Taken, add_receipt, drop_receipt, finish, take_part};
pub use sql::ALL;
