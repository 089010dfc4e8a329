//! What is kept, how long, and its end (row B-19): a period for each class of data, a job that erases
//! what is over, and a report. Rooms erase their own rows; this room says when.

mod job;
mod periods;
mod routes;
mod sql;

pub use job::purge;
pub use periods::{ClassRow, body, report, set_period};
pub use routes::routes;
pub use sql::ALL;
