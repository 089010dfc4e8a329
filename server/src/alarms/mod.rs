//! The lone worker's alarm (DATI; rows O-31 to O-33, B-06): arming, the dead man's switch, escalation,
//! acknowledgement and end.
//!
//! The rules are a machine of the kernel ([`releve_shared::alarm::episode`]). This room claims an alarm,
//! lets the machine judge one event, writes what comes out with its trail, and queues what people must
//! be told, in one transaction. Due times are columns: any node acts on them, and a restart forgets
//! nothing. The trail is append-only: no statement of this room changes a line of it, and only its end
//! deletes it (`over`).

mod apply;
mod desk;
mod due;
mod figures;
mod gateway;
mod over;
mod phone;
mod place;
mod routes;
mod session;
mod settings;
mod sql;
mod tell;
mod words;

pub use desk::{ResolveInput, acknowledge, resolve};
pub use due::{pause, run_due};
pub use over::{ALL as OVER, KEPT};
pub use phone::hear;
pub use place::tidy;
pub use routes::routes;
pub use session::{ALL as SESSIONS, stamped};
pub use settings::{body, set, settings};
pub use sql::ALL;
pub use words::{Words, words};

#[cfg(test)]
mod tests;
