//! What is kept, how long, and its end (row B-19): a period for each class of data, a job that erases
//! what is over, and a report. Rooms declare what they keep ([`Kept`]); this room says when it ends.

mod job;
mod kept;
mod periods;
mod routes;
mod sql;

pub use job::run_due;
pub use kept::{Erase, Kept, Pass, tables};
pub use periods::{ClassRow, Erased, Preview, body, preview, report, set_period};
pub use routes::routes;
pub use sql::ALL;
