//! Faults on real processes: kills, bad lines, a restored server, a full disk. `make test` runs the
//! short form, `make torture` the long one (docs/reliability.md).

mod disk;
mod kill;
mod line;
mod restored;
