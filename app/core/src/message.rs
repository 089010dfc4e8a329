//! Messages on the phone: threads as the server and the worker's own acts make them, and when one of
//! them may come in between (rows O-22, O-23, B-14).

use std::collections::BTreeMap;

use releve_shared::clock::{Stamp, locate};
use releve_shared::id::{CommandId, MembershipId, MessageId, ThreadId};
use releve_shared::message::{Author, Message, TEXT_LIMIT, Thread};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{AlertByMail, Command, Lane, ReadMessage, RowKind, WriteMessage};
use releve_shared::time::Moment;
use releve_shared::visit::{Progress, Visit, VisitState};

use crate::core::Core;
use crate::door::{ActState, MessageLine, MustRead, Reply, ThreadLine, ThreadView};
use crate::fault::Stop;
use crate::scene::{Own, Scene, state_of};
use crate::store::{care, outbox, write};

/// Whether a moment is worked: a visit is in progress, or it is the planned time of one that is not
/// over. Outside it no message comes in between (right to disconnect, row B-14); on the way from one
/// home to the next, nobody is to read either.
pub(crate) fn worked<'a>(
    visits: impl IntoIterator<Item = (&'a Visit, Progress)>,
    at: Moment,
) -> bool {
    visits.into_iter().any(|(visit, progress)| {
        let planned = visit.state == VisitState::Planned
            && (visit.starts_at..visit.ends_at).contains(&at)
            && progress.end.is_none();
        progress.in_progress() || planned
    })
}

/// What there is to read, in working time.
pub(crate) struct News {
    pub(crate) unread: u32,
    pub(crate) must_read: Option<MustRead>,
}

impl Core {
    pub(crate) fn read_message(&mut self, message: MessageId, now: &Stamp) -> Result<Reply, Stop> {
        let threads = self.readable_threads(now)?;
        let found = threads.values().flat_map(|held| &held.thread.messages);
        let found = found.into_iter().find(|m| m.id == message).ok_or(Refusal::NotFound)?;
        // Reading twice is reading once.
        if found.from == Author::Office && found.read_at.is_none() {
            let read = ReadMessage { message, stamp: now.clone() };
            self.send_rest(&Command::ReadMessage(read), now)?;
        }
        Ok(Reply::Done)
    }

    pub(crate) fn write_message(
        &mut self,
        thread: Option<ThreadId>,
        text: &str,
        alert: bool,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Err(Refusal::Invalid.into());
        }
        if text.chars().count() > TEXT_LIMIT {
            return Err(Refusal::TooLong.into());
        }
        let threads = self.readable_threads(now)?;
        let thread = match thread {
            Some(known) if threads.contains_key(&known) => known,
            Some(_) => return Err(Refusal::NotFound.into()),
            None => ThreadId::new(self.measured(now)?.at, self.id_chance()),
        };
        let new = WriteMessage { thread, text, alert, stamp: now.clone() };
        self.send_rest(&Command::WriteMessage(new), now)
    }

    pub(crate) fn alert_by_mail(
        &mut self,
        thread: ThreadId,
        alert: bool,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        let threads = self.readable_threads(now)?;
        let held = threads.get(&thread).ok_or(Refusal::NotFound)?;
        if held.thread.alert != alert {
            let wish = AlertByMail { thread, alert, stamp: now.clone() };
            self.send_rest(&Command::AlertByMail(wish), now)?;
        }
        Ok(Reply::Done)
    }

    /// Writes a command that names no visit, under its own lane.
    pub(crate) fn send_rest(&mut self, command: &Command, now: &Stamp) -> Result<Reply, Stop> {
        let id = CommandId::new(self.measured(now)?.at, self.id_chance());
        write(&mut self.store()?.duty, |tx| Ok(outbox::append(tx, id, &Lane::Rest, command)?))?;
        self.engine.wanted_after_act();
        Ok(Reply::Done)
    }

    /// The threads, the newest first.
    pub(crate) fn threads(&mut self, now: &Stamp) -> Result<Vec<ThreadLine>, Stop> {
        let mut lines: Vec<ThreadLine> = self
            .readable_threads(now)?
            .into_values()
            .filter_map(|held| {
                let last = held.lines().pop()?;
                Some(ThreadLine {
                    id: held.thread.id,
                    last,
                    unread: count(held.thread.unread()),
                    mandatory: held.thread.unread().any(|m| m.mandatory),
                })
            })
            .collect();
        lines.sort_by_key(|line| std::cmp::Reverse((line.last.message.sent_at, line.id)));
        Ok(lines)
    }

    /// One thread.
    pub(crate) fn thread(&mut self, id: ThreadId, now: &Stamp) -> Result<ThreadView, Stop> {
        let held = self.readable_threads(now)?.remove(&id).ok_or(Refusal::NotFound)?;
        Ok(ThreadView { id, alert: held.thread.alert, messages: held.lines() })
    }

    /// What there is to read now: nothing outside working time. The caller has checked that it may
    /// be read.
    pub(crate) fn news(&mut self, scene: &Scene, own: &Own, at: Moment) -> Result<News, Stop> {
        let visits = scene.visits.values().map(|visit| (visit, scene.progress(visit.id)));
        if !worked(visits, at) {
            return Ok(News { unread: 0, must_read: None });
        }
        let threads = held(self.mirrored_threads()?, own);
        let unread = threads.values().map(|held| count(held.thread.unread())).sum();
        let mut musts: Vec<(ThreadId, &Message)> = threads
            .values()
            .flat_map(|held| held.thread.unread().map(|m| (held.thread.id, m)))
            .filter(|(_, message)| message.mandatory)
            .collect();
        musts.sort_by_key(|(_, message)| (message.sent_at, message.id));
        let must_read = musts.first().map(|(thread, message)| MustRead {
            thread: *thread,
            message: (*message).clone(),
            more: count(&musts).saturating_sub(1),
        });
        Ok(News { unread, must_read })
    }

    fn readable_threads(&mut self, now: &Stamp) -> Result<BTreeMap<ThreadId, Held>, Stop> {
        self.identity()?;
        if !self.may_read(now)? {
            return Err(Refusal::LeaseOver.into());
        }
        let store = self.store()?;
        let own = store.memory.own(&store.duty)?;
        Ok(held(self.mirrored_threads()?, &own))
    }

    fn mirrored_threads(&mut self) -> Result<Vec<Thread>, Stop> {
        Ok(match &self.store()?.care {
            Some(db) => care::rows::<Thread>(db, &RowKind::Thread)?,
            None => Vec::new(),
        })
    }
}

/// A thread with where the worker's own messages are.
struct Held {
    thread: Thread,
    states: BTreeMap<MessageId, ActState>,
}

impl Held {
    fn lines(&self) -> Vec<MessageLine> {
        let state = |message: &Message| match (&message.from, self.states.get(&message.id)) {
            (Author::Office | Author::Unknown(_), _) => None,
            (Author::Caregiver, Some(state)) => Some(state.clone()),
            (Author::Caregiver, None) => Some(ActState::Received { at: message.sent_at }),
        };
        let lines = self.thread.messages.iter();
        lines.map(|m| MessageLine { state: state(m), message: m.clone() }).collect()
    }
}

/// The threads of the server with the worker's own acts over them.
fn held(mirrored: Vec<Thread>, own: &Own) -> BTreeMap<ThreadId, Held> {
    let mut threads: BTreeMap<ThreadId, Held> = mirrored
        .into_iter()
        .map(|thread| (thread.id, Held { thread, states: BTreeMap::new() }))
        .collect();
    let mut items: Vec<_> = own.items.values().collect();
    items.sort_by_key(|item| item.envelope.n);
    let at = |stamp: &Stamp| {
        let seq = own.events.last().map_or(1, |event| event.seq);
        locate(&own.anchors, stamp, seq, None).at
    };
    for item in items {
        match item.command() {
            Command::WriteMessage(new) => {
                let id = MessageId::from(item.envelope.id.uuid());
                // Once acknowledged and left, only the server's word counts: it may have gone.
                if item.left && !item.refused() && !threads.contains_key(&new.thread) {
                    continue;
                }
                let held = threads.entry(new.thread).or_insert_with(|| begun(&new));
                let told = held.thread.messages.iter().any(|m| m.id == id);
                if !told && (!item.left || item.refused()) {
                    held.thread.messages.push(message(id, &new, at(&new.stamp)));
                }
                held.states.insert(id, state_of(item));
            }
            Command::ReadMessage(read) if !item.refused() => {
                let all = threads.values_mut().flat_map(|held| &mut held.thread.messages);
                for found in all.filter(|m| m.id == read.message && m.read_at.is_none()) {
                    found.read_at = Some(at(&read.stamp));
                }
            }
            Command::AlertByMail(wish) if !item.left && !item.refused() => {
                if let Some(held) = threads.get_mut(&wish.thread) {
                    held.thread.alert = wish.alert;
                }
            }
            Command::ReadMessage(_)
            | Command::AlertByMail(_)
            | Command::CallMe(_)
            | Command::AskOffice(_)
            | Command::WithdrawRequest(_)
            | Command::TryNotices(_)
            | Command::ConfirmTest(_)
            | Command::SetPush(_)
            | Command::Clock(_)
            | Command::Notes(_)
            | Command::SawChange(_)
            | Command::Tasks(_)
            | Command::Travel(_)
            | Command::AddReceipt(_)
            | Command::DropReceipt(_)
            | Command::SignedOut
            | Command::Unknown => {}
        }
    }
    for held in threads.values_mut() {
        held.thread.messages.sort_by_key(|m| (m.sent_at, m.id));
    }
    threads
}

/// A thread that this phone began.
fn begun(new: &WriteMessage) -> Held {
    // The server knows whose it is.
    let membership = MembershipId::from(uuid::Uuid::nil());
    let thread = Thread { id: new.thread, membership, alert: new.alert, messages: Vec::new() };
    Held { thread, states: BTreeMap::new() }
}

fn message(id: MessageId, new: &WriteMessage, at: Moment) -> Message {
    Message {
        id,
        from: Author::Caregiver,
        author: String::new(),
        text: new.text.clone(),
        mandatory: false,
        sent_at: at,
        read_at: None,
    }
}

fn count<T>(of: impl IntoIterator<Item = T>) -> u32 {
    u32::try_from(of.into_iter().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use releve_shared::id::{ClientId, VisitId};

    fn visit(state: VisitState) -> Visit {
        Visit {
            id: VisitId::new(Moment(1), [1; 10]),
            membership: MembershipId::new(Moment(1), [1; 10]),
            client: ClientId::new(Moment(1), [1; 10]),
            client_label: String::new(),
            place: String::new(),
            service: String::new(),
            starts_at: Moment(1_000),
            ends_at: Moment(2_000),
            state,
            instructions: String::new(),
        }
    }

    /// B-14, O-22: the first worked minute is the first, the last is the last, and nothing else is.
    #[test]
    fn only_the_time_of_a_visit_is_worked() {
        let at = |state: VisitState, ms| worked([(&visit(state), Progress::default())], Moment(ms));
        assert!(!at(VisitState::Planned, 999));
        assert!(at(VisitState::Planned, 1_000));
        assert!(at(VisitState::Planned, 1_999));
        assert!(!at(VisitState::Planned, 2_000));
        assert!(!at(VisitState::Cancelled, 1_500));
        assert!(!worked([], Moment(1_500)), "no visit, no work");
    }
}
