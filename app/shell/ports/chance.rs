//! The device's source of chance.

use releve_core::ports::Chance;

/// The system's generator.
pub(crate) struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // Keys and ids without chance would be worse than no app.
            eprintln!("Relève stops: this device gives no random numbers.");
            std::process::abort();
        }
    }
}
