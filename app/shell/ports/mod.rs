//! What the core needs of a device, on this one.

pub(crate) mod chance;
pub(crate) mod clock;
pub(crate) mod fleet;
pub(crate) mod hands;
pub(crate) mod link;
#[cfg(target_os = "linux")]
pub(crate) mod notices;
pub(crate) mod pushes;
pub(crate) mod tag_reader;
pub(crate) mod vault;
