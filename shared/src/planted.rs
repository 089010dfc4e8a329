//! Planted bugs: mistakes that a line of code makes on purpose, one at a time, to prove that the
//! simulation finds such mistakes (docs/reliability.md T2).
//!
//! Only the feature `planted` has them, and no build of the product has that feature. Without it
//! [`planted!`](crate::planted!) is the constant `false`: nothing of a bug is compiled.

/// Whether the bug of that name is planted in this process.
#[cfg(not(feature = "planted"))]
#[macro_export]
macro_rules! planted {
    ($name:literal) => {
        false
    };
}

/// Whether the bug of that name is planted in this process.
#[cfg(feature = "planted")]
#[macro_export]
macro_rules! planted {
    ($name:literal) => {
        $crate::planted::is($name)
    };
}

#[cfg(feature = "planted")]
static BUG: std::sync::RwLock<Option<&'static str>> = std::sync::RwLock::new(None);

/// Plants a bug, or takes it out.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<&'static str>) {
    if let Ok(mut planted) = BUG.write() {
        *planted = bug;
    }
}

/// Whether the bug of that name is planted.
#[cfg(feature = "planted")]
#[must_use]
pub fn is(name: &str) -> bool {
    BUG.read().is_ok_and(|planted| *planted == Some(name))
}
