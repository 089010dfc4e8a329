//! Requests to the office on the phone: asked without network, with what has come of them (row O-29).

use std::collections::BTreeMap;

use releve_shared::clock::{Stamp, locate};
use releve_shared::id::{MembershipId, RequestId};
use releve_shared::refusal::Refusal;
use releve_shared::request::{Asked, OfficeRequest, RequestState};
use releve_shared::sync::{AskOffice, Command, RowKind, WithdrawRequest};

use crate::core::Core;
use crate::door::{ActState, Reply, RequestLine};
use crate::fault::Stop;
use crate::scene::{Own, state_of};
use crate::store::care;

impl Core {
    /// Asks the office.
    pub(crate) fn ask_office(&mut self, asked: &Asked, now: &Stamp) -> Result<Reply, Stop> {
        self.identity()?;
        let asked = Asked { text: asked.text.trim().to_owned(), ..asked.clone() };
        asked.check()?;
        self.send_rest(&Command::AskOffice(AskOffice { asked, stamp: now.clone() }), now)
    }

    /// Takes a request back that the office has not decided; twice is once.
    pub(crate) fn withdraw_request(&mut self, id: RequestId, now: &Stamp) -> Result<Reply, Stop> {
        let lines = self.requests(now)?;
        let line = lines.into_iter().find(|line| line.request.id == id).ok_or(Refusal::NotFound)?;
        if line.withdrawing || line.request.state == RequestState::Withdrawn {
            return Ok(Reply::Done);
        }
        if line.request.state != RequestState::Sent {
            return Err(Refusal::InUse.into());
        }
        let back = WithdrawRequest { request: id, stamp: now.clone() };
        self.send_rest(&Command::WithdrawRequest(back), now)
    }

    /// The requests, the newest first.
    pub(crate) fn requests(&mut self, now: &Stamp) -> Result<Vec<RequestLine>, Stop> {
        self.identity()?;
        if !self.may_read(now)? {
            return Err(Refusal::LeaseOver.into());
        }
        let store = self.store()?;
        let told = match &store.care {
            Some(db) => care::rows::<OfficeRequest>(db, &RowKind::Request)?,
            None => Vec::new(),
        };
        let own = store.memory.own(&store.duty)?;
        Ok(merged(told, &own))
    }
}

fn merged(told: Vec<OfficeRequest>, own: &Own) -> Vec<RequestLine> {
    let mut lines: BTreeMap<RequestId, RequestLine> = told
        .into_iter()
        .map(|request| {
            let sent = ActState::Received { at: request.asked_at };
            (request.id, RequestLine { request, sent, withdrawing: false })
        })
        .collect();
    let seq = own.events.last().map_or(1, |event| event.seq);
    let mut items: Vec<_> = own.items.values().collect();
    items.sort_by_key(|item| item.envelope.n);
    for item in items {
        let command = item.command();
        if let Command::AskOffice(new) = command {
            let id = RequestId::from(item.envelope.id.uuid());
            // Once it has left, only the server's word counts: it may have gone.
            if lines.contains_key(&id) || (item.left && !item.refused()) {
                continue;
            }
            let request = OfficeRequest {
                id,
                // The server knows whose it is.
                membership: MembershipId::from(uuid::Uuid::nil()),
                asked: new.asked,
                asked_at: locate(&own.anchors, &new.stamp, seq, None).at,
                state: RequestState::Sent,
                decided_by: String::new(),
                decided_at: None,
                comment: String::new(),
            };
            let line = RequestLine { request, sent: state_of(item), withdrawing: false };
            lines.insert(id, line);
        } else if let Command::WithdrawRequest(back) = command
            && !item.left
            && !item.refused()
            && let Some(line) = lines.get_mut(&back.request)
        {
            line.withdrawing = line.request.state == RequestState::Sent;
        }
    }
    let mut lines: Vec<RequestLine> = lines.into_values().collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.request.asked_at, line.request.id)));
    lines
}
