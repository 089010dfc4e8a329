//! Faults on real processes and disks: kills, power cuts, full disks, cut networks, bad lines, crowds,
//! failovers, restores, upgrades, wipes. `make test` runs the short form, `make torture` the long one
//! (docs/reliability.md).

mod alarms;
mod canaries;
mod crowd;
mod disk;
mod failover;
mod kill;
mod line;
mod network;
mod power;
mod restored;
mod upgrade;
mod uploads;
