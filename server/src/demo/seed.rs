//! Chance of a demonstration: the same seed gives the same agency.

use releve_shared::keys::Digest;
use releve_shared::time::Moment;

/// A stream of chance: SHA-256 of the seed and a counter.
#[derive(Clone, Debug)]
pub struct Seed {
    name: String,
    drawn: u64,
}

impl Seed {
    /// The stream of a name.
    #[must_use]
    pub fn of(name: impl Into<String>) -> Self {
        Self { name: name.into(), drawn: 0 }
    }

    /// A stream of its own for a part of the work, whatever the others draw.
    #[must_use]
    pub fn part(&self, name: impl std::fmt::Display) -> Self {
        Self::of(format!("{}/{name}", self.name))
    }

    /// The next bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(32) {
            self.drawn += 1;
            let digest = Digest::of(&[self.name.as_bytes(), b"\0", &self.drawn.to_be_bytes()]);
            chunk.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
        }
        bytes
    }

    /// A number below `most`; 0 when `most` is 0.
    pub fn below(&mut self, most: u64) -> u64 {
        u64::from_be_bytes(self.bytes()).checked_rem(most).unwrap_or(0)
    }

    /// A number in `low ..= high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high.saturating_sub(low).saturating_add(1)).unwrap_or(1);
        low.saturating_add(i64::try_from(self.below(width)).unwrap_or(0))
    }

    /// True once in `n`.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of a list.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let at = self.below(list.len() as u64);
        list.get(usize::try_from(at).unwrap_or(0))
    }

    /// An id made at a moment.
    pub fn id<T: From<uuid::Uuid>>(&mut self, at: Moment) -> T {
        let ms = u64::try_from(at.0).unwrap_or(0);
        T::from(uuid::Builder::from_unix_timestamp_millis(ms, &self.bytes()).into_uuid())
    }
}
