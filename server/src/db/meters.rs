//! What the database layer measures of itself.

use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// Clones share their figures.
#[derive(Clone, Debug)]
pub struct Meters {
    /// Verbs in one commit (SQLite only: PostgreSQL groups commits itself).
    pub(super) batch: Histogram,
    /// How long a COMMIT took, its fsync included.
    commit: Histogram,
    /// Verbs that wait for the writer.
    pub(super) queue: Gauge,
    /// Connections in use: all of PostgreSQL, the readers of SQLite.
    pub(super) in_use: Gauge,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            batch: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
            commit: Histogram::new(exponential_buckets(0.000_1, 2.5, 12)),
            queue: Gauge::default(),
            in_use: Gauge::default(),
        }
    }
}

impl Meters {
    /// Adds these figures to those of a node.
    pub fn register(&self, to: &mut Registry) {
        to.register("commit_batch", "Transactions in one commit", self.batch.clone());
        let help = "How long a commit took, fsync included";
        to.register_with_unit("commit", help, Unit::Seconds, self.commit.clone());
        to.register("writer_queue", "Transactions that wait for the writer", self.queue.clone());
        let help = "Connections to the database in use";
        to.register("connections_in_use", help, self.in_use.clone());
    }

    pub(super) fn committed(&self, took: Duration) {
        self.commit.observe(took.as_secs_f64());
    }
}
