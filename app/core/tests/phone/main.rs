//! The phone, as its screens and its server see it: only the public surface, a real store on disk.

// The attribute tells clippy that helpers are tests too.
#[cfg(test)]
mod acts;
#[cfg(test)]
mod alarm;
#[cfg(test)]
mod alarm_broken;
#[cfg(test)]
mod alarm_still;
#[cfg(test)]
mod alarm_ways;
#[cfg(test)]
mod hands;
#[cfg(test)]
mod lock;
#[cfg(test)]
mod property;
#[cfg(test)]
mod server;
#[cfg(test)]
mod store;
#[cfg(test)]
mod sync;
#[cfg(test)]
mod wipe;
#[cfg(test)]
mod world;
