//! Stories with named people, over real sockets and real databases of both engines. Only the time
//! is not real.

mod badge_offline;
mod board;
mod broken;
mod card;
mod changes;
mod clones;
mod contacts;
mod control;
mod given_on;
mod lease;
mod lost_answers;
mod manual;
mod messages;
mod nodes;
mod notes_and_undo;
mod ntag424;
mod passwords;
mod photos;
mod planning;
mod privacy;
mod proof;
mod receipts;
mod requests;
mod restored;
mod retention;
mod sections;
mod tasks;
mod tenants;
mod travel;
mod two_phones;
mod unplanned;
mod wipe;
mod wrong_clock;
mod wrong_tags;
