//! The phone, as its screens and its server see it: only the public surface, a real store on disk.

mod acts;
mod property;
mod server;
mod store;
mod sync;
mod wipe;
mod world;
