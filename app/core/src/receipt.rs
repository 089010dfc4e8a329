//! Photos of receipts on the phone (sync.md C11): hashed and kept with the act, in one transaction;
//! sent in parts when no act waits, from where the office is.

use releve_shared::clock::Stamp;
use releve_shared::id::{CommandId, ReceiptId, VisitId};
use releve_shared::keys::Digest;
use releve_shared::receipt::{
    MOST_BYTES, MOST_RECEIPTS, PictureKind, Promise, ReceiptHeld, ReceiptPart, ReceiptRow,
    bytes_of, travels,
};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{AddReceipt, Command, DropReceipt, Lane, RowKind};

use crate::core::Core;
use crate::door::{ActState, ReceiptLine, Reply};
use crate::exchange::Step;
use crate::fault::Stop;
use crate::ports::{NoAnswer, Response};
use crate::scene::{Own, state_of};
use crate::store::duty::Identity;
use crate::store::{care, outbox, picture, write};
use crate::sync::answer::{self, Failure};
use crate::sync::engine::Purpose;
use crate::sync::request;

impl Core {
    pub(crate) fn add_receipt(
        &mut self,
        visit: VisitId,
        text: &str,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        let bytes = bytes_of(text).ok_or(Refusal::NotAPicture)?;
        if bytes.len() > MOST_BYTES || PictureKind::sniff(&bytes).is_none() {
            return Err(Refusal::NotAPicture.into());
        }
        self.may_write(visit, now)?;
        let store = self.store()?;
        let own = store.memory.own(&store.duty)?;
        if self.receipts_of(visit, &own)?.len() >= MOST_RECEIPTS {
            return Err(Refusal::TooLong.into());
        }
        let id = CommandId::new(self.measured(now)?.at, self.id_chance());
        let promise = Promise { digest: Digest::of(&[&bytes]), size: bytes.len() as u64 };
        let command = Command::AddReceipt(AddReceipt { visit, promise, stamp: now.clone() });
        write(&mut self.store()?.duty, |tx| {
            picture::add(tx, ReceiptId::from(id.uuid()), visit, &bytes)?;
            Ok(outbox::append(tx, id, &Lane::Badge, &command)?)
        })?;
        self.engine.wanted_after_act();
        Ok(Reply::Done)
    }

    pub(crate) fn drop_receipt(
        &mut self,
        visit: VisitId,
        receipt: ReceiptId,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        self.may_write(visit, now)?;
        let store = self.store()?;
        let own = store.memory.own(&store.duty)?;
        let held = self.receipts_of(visit, &own)?;
        let line = held.into_iter().find(|line| line.id == receipt).ok_or(Refusal::NotFound)?;
        if matches!(line.state, ActState::Refused { .. }) {
            write(&mut self.store()?.duty, |tx| Ok(picture::forget(tx, receipt)?))?;
            return Ok(Reply::Done);
        }
        let id = CommandId::new(self.measured(now)?.at, self.id_chance());
        let command = Command::DropReceipt(DropReceipt { visit, receipt, stamp: now.clone() });
        write(&mut self.store()?.duty, |tx| {
            picture::forget(tx, receipt)?;
            Ok(outbox::append(tx, id, &Lane::Badge, &command)?)
        })?;
        self.engine.wanted_after_act();
        Ok(Reply::Done)
    }

    /// The receipts of a visit, oldest first: those on the phone, and those that the office has.
    pub(crate) fn receipts_of(
        &mut self,
        visit: VisitId,
        own: &Own,
    ) -> Result<Vec<ReceiptLine>, Stop> {
        let store = self.store()?;
        let dropped = |id: ReceiptId| {
            own.items.values().filter(|item| !item.refused()).any(
                |item| matches!(item.command(), Command::DropReceipt(drop) if drop.receipt == id),
            )
        };
        let mut lines: Vec<ReceiptLine> = Vec::new();
        for held in picture::all(&store.duty)?.into_iter().filter(|held| held.visit == visit) {
            let item = own.items.get(&CommandId::from(held.receipt.uuid()));
            let announced = item.map(state_of);
            let state = match announced {
                Some(refused @ ActState::Refused { .. }) => refused,
                Some(ActState::Received { at }) if held.refused => {
                    ActState::Refused { at, code: Refusal::NotAPicture }
                }
                Some(received @ ActState::Received { .. }) if !held.waiting => received,
                Some(_) | None => ActState::OnPhone,
            };
            let percent = held.sent.saturating_mul(100).checked_div(held.size).unwrap_or(0);
            let sent_percent = u32::try_from(percent).unwrap_or(100);
            lines.push(ReceiptLine { id: held.receipt, state, sent_percent });
        }
        if let Some(db) = &store.care {
            for row in care::rows::<ReceiptRow>(db, &RowKind::Receipt)? {
                if row.visit != visit || picture::known(&store.duty, row.id)? {
                    continue;
                }
                let (state, sent_percent) = match row.received_at {
                    Some(at) => (ActState::Received { at }, 100),
                    None => (ActState::OnPhone, 0),
                };
                lines.push(ReceiptLine { id: row.id, state, sent_percent });
            }
        }
        lines.retain(|line| !dropped(line.id));
        lines.sort_by_key(|line| line.id);
        Ok(lines)
    }

    /// The next part of a photo, when there is one to send.
    pub(crate) fn picture_step(
        &mut self,
        identity: &Identity,
        now: &Stamp,
    ) -> Result<Option<Step>, Stop> {
        if self.engine.held_back(now).is_some() || !self.engine.online {
            return Ok(None);
        }
        let Some(part) = picture::next(&self.store()?.duty)? else { return Ok(None) };
        let told = ReceiptPart {
            device: identity.device,
            receipt: part.receipt,
            offset: part.offset,
            data: travels(&part.bytes),
        };
        let (body, vault) = (request::body(&told)?, &*self.ports.vault);
        let path = "/api/phone/receipts";
        let sent = request::from_vault("POST", &identity.server, path, body, vault)?;
        self.begin(Purpose::Picture { receipt: part.receipt, offset: part.offset }, now)?;
        Ok(Some(Step::Send(sent)))
    }

    /// How far the office is now.
    pub(crate) fn part_taken(
        &mut self,
        (receipt, offset): (ReceiptId, u64),
        came: &Result<Response, NoAnswer>,
        now: &Stamp,
    ) -> Result<Option<Failure>, Stop> {
        match answer::read::<ReceiptHeld>(came) {
            Ok(said) if said.receipt == receipt => {
                let duty = &mut self.store()?.duty;
                write(duty, |tx| Ok(picture::sent(tx, receipt, said.held, said.whole)?))?;
                self.engine.worked();
                if !said.whole && said.held == offset {
                    self.fail(Refusal::TryAgain, None, now);
                }
                Ok(None)
            }
            Ok(_) => {
                self.fail(Refusal::NotTheServer, None, now);
                Ok(None)
            }
            // No picture to the office, or none of a visit that it knows: it stays to be seen here.
            Err(Failure::Refused(said)) if is_final(&said.refusal) => {
                write(&mut self.store()?.duty, |tx| Ok(picture::refuse(tx, receipt)?))?;
                self.engine.worked();
                Ok(None)
            }
            Err(failure) => Ok(Some(failure)),
        }
    }
}

fn is_final(refusal: &Refusal) -> bool {
    [Refusal::NotAPicture, Refusal::NotFound, Refusal::TooLong, Refusal::Invalid].contains(refusal)
}
