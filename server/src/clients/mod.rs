//! People helped at home: their sheets, and the tags that stay at their homes (rows O-01, O-05, B-04).

mod access;
mod feed;
mod kept;
mod lrp;
mod page;
mod routes;
pub mod sections;
mod sheet;
mod sql;
pub mod sun;
mod tags;
mod tap;

pub use access::{Accesses, accesses};
pub use feed::{body, grants};
pub use kept::KEPT;
pub use routes::{pages, routes};
pub use sheet::{Checked, ClientInput, ClientRow, Sheet, change, create, label, list, read};
pub use sql::ALL;
pub use tags::{Encoding, RevokeInput, TagInput, TagIssued, TagRow, issue, revoke, short_code};
pub use tap::{Found, Neighbour, named, verify};

/// A client's tags, the newest first.
pub use tags::list as tags_of;

#[cfg(test)]
mod tests;
