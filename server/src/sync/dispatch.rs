//! From a command to the verb that judges it.

use releve_shared::refusal::Refusal;
use releve_shared::sync::{Command, Envelope};
use releve_shared::time::Moment;

use super::push::Sender;
use crate::audit;
use crate::changes;
use crate::contacts;
use crate::db::{Answer, Tx};
use crate::identity;
use crate::messages;
use crate::notices;
use crate::receipts;
use crate::requests;
use crate::services;
use crate::travel;
use crate::visits::{self, Reception};

/// Runs a command, read from its envelope.
pub(super) fn run(
    tx: &mut Tx,
    from: &Sender,
    envelope: &Envelope,
    command: &Command,
    now: Moment,
) -> Answer<()> {
    match command {
        Command::Clock(clock) => {
            visits::record_clock(tx, &reception(from, now), envelope.id, clock)
        }
        Command::Notes(notes) => visits::write_notes(tx, &reception(from, now), notes),
        Command::SawChange(saw) => changes::saw(tx, &reception(from, now), saw),
        Command::Tasks(tasks) => services::write_tasks(tx, &reception(from, now), tasks),
        Command::Travel(way) => travel::write_travel(tx, &reception(from, now), way),
        Command::AddReceipt(new) => {
            receipts::add_receipt(tx, &reception(from, now), envelope.id, new)
        }
        Command::DropReceipt(drop) => receipts::drop_receipt(tx, &reception(from, now), drop),
        Command::ReadMessage(read) => messages::read_message(tx, &reception(from, now), read),
        Command::WriteMessage(new) => {
            messages::write_message(tx, &reception(from, now), envelope.id, new)
        }
        Command::AlertByMail(wish) => messages::alert_by_mail(tx, &reception(from, now), wish),
        Command::CallMe(asked) => contacts::call_me(tx, &reception(from, now), envelope.id, asked),
        Command::AskOffice(new) => requests::ask(tx, &reception(from, now), envelope.id, new),
        Command::WithdrawRequest(back) => requests::withdraw(tx, &reception(from, now), back),
        Command::TryNotices(_) => {
            notices::try_hers(tx, &reception(from, now), envelope.id.uuid().into())
        }
        Command::ConfirmTest(said) => notices::confirm_hers(tx, &reception(from, now), said),
        Command::SetPush(wish) => {
            notices::set_push(tx, &reception(from, now), envelope.id.uuid().into(), wish)
        }
        Command::SignedOut => {
            identity::sign_out(tx, from.device)?;
            audit::note(tx, &from.by, "phone.sign_out", from.device, "", now)?;
            Ok(())
        }
        Command::Unknown => Err(Refusal::CommandUnknown.into()),
    }
}

/// What a room must know of where a command comes from.
pub(super) fn reception(from: &Sender, now: Moment) -> Reception<'_> {
    Reception {
        organisation: from.by.organisation,
        device: from.device,
        person: from.person,
        anchors: &from.anchors,
        at: now,
        keys: &from.keys,
    }
}
