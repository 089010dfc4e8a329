//! Power cuts for SQLite. [`Recording`] notes what SQLite does to the files of some folders: writes,
//! truncations, syncs, names. [`Disk`] plays the notes up to any point and gives the files as a disk
//! that loses unsynced writes could hold them then.
//!
//! So one run of the real product is enough for thousands of cuts, each opened by the product again.

mod disk;
mod notes;
#[expect(unsafe_code, reason = "SQLite takes a VFS as a table of C functions")]
mod vfs;

pub use disk::{Cut, Disk};
pub use notes::{Note, Recording, Strength};
