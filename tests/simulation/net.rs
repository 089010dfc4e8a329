//! The way between a phone and the server. An exchange takes two steps, there and back, and anything may
//! happen between them: to the phone, to the server, and to what is on its way.

use releve_core::Step;
use releve_core::ports::{NoAnswer, Request, Response};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{NewsAnswer, PullAnswer, PullRequest, PushRequest};
use releve_shared::time::Moment;

use crate::phone::{Exchange, Leg};
use crate::run::Run;

/// How often each thing befalls a request, in a hundred.
const LOST: u64 = 6;
const LATE: u64 = 6;
const DOUBLED: u64 = 6;
const SCATTERED: u64 = 10;
const SERVER_DIES: u64 = 10;
const ANSWER_LOST: u64 = 6;
const ANSWER_CUT: u64 = 3;
const PORTAL: u64 = 3;

/// How long a request can be held up, in milliseconds: what was superseded two minutes ago is taken
/// for stolen.
const LATEST_MS: i64 = 100_000;

/// A request that the network holds up.
pub struct Mail {
    sent: Moment,
    phone: usize,
    request: Request,
}

impl Run {
    /// The exchange of a phone takes its next step; without one, the phone's own thread wakes up.
    pub fn moves(&mut self, number: usize) {
        match self.phones[number].exchange.take() {
            None if self.phones[number].code.is_some() => self.tries_to_enrol(number),
            None => {
                if self.dice.percent(30) {
                    // "Synchroniser": the worker does not wait for the phone's own time.
                    let _ = self.phones[number].act(releve_core::door::Act::SyncNow);
                }
                let step = self.phones[number].wakes();
                self.trace.step(number, &step);
            }
            Some(Exchange { leg: Leg::Up(request), enrols }) => {
                let came = self.goes_up(number, &request);
                self.trace.answer(number, &came);
                self.phones[number].exchange = Some(Exchange { leg: Leg::Down(came), enrols });
            }
            Some(Exchange { leg: Leg::Down(came), enrols }) => {
                let came = self.comes_down(number, came);
                self.sees_no_other_tenant(number, &came);
                let heard = self.phones[number].hears(came, enrols);
                self.trace.says(format!("phone {number} hears: {heard:?}"));
                if heard == Err(Refusal::EnrolmentOver) {
                    let worker = self.phones[number].worker;
                    self.phones[number].code = Some(self.town.enrolment(&self.server, worker));
                }
                self.sees_no_end_before_its_start(number);
            }
        }
        self.mourns(number);
    }

    /// The worker reads the code again; the office shows another one when it does not hold any more.
    pub fn tries_to_enrol(&mut self, number: usize) {
        let handset = &mut self.phones[number];
        let Some(code) = handset.code.clone() else { return };
        let begun = handset.enrols(&code);
        if begun == Err(Refusal::AlreadyEnrolled) {
            handset.code = None;
        }
        self.trace.says(format!("phone {number} enrols: {begun:?}"));
    }

    pub fn goes_up(&mut self, number: usize, request: &Request) -> Result<Response, NoAnswer> {
        self.takes_time();
        if self.phones[number].line.up || self.dice.percent(LOST) {
            return Err(NoAnswer);
        }
        let request = self.as_spoken(number, request);
        if self.dice.percent(LATE) {
            self.late.push(Mail { sent: self.time.now(), phone: number, request });
            return Err(NoAnswer);
        }
        if self.dice.percent(50) {
            self.late_arrival();
        }
        if self.dice.percent(DOUBLED) {
            let _ = self.server.ask(&request);
        }
        if self.dice.percent(SCATTERED) {
            self.scatters(number, &request);
        }
        if self.dice.percent(SERVER_DIES) {
            let came = self.server.asked_while_dying(&request, &self.dice);
            self.trace.says("the server may die of it".to_owned());
            return came.ok_or(NoAnswer);
        }
        Ok(self.server.ask(&request).0)
    }

    pub fn comes_down(
        &mut self,
        number: usize,
        came: Result<Response, NoAnswer>,
    ) -> Result<Response, NoAnswer> {
        self.takes_time();
        let mut answer = came?;
        if self.phones[number].line.down || self.dice.percent(ANSWER_LOST) {
            return Err(NoAnswer);
        }
        if self.dice.percent(ANSWER_CUT) {
            answer.body.truncate(answer.body.len() / 2);
        }
        if self.dice.percent(PORTAL) {
            let status = *self.dice.pick(&[200, 204, 302, 401, 403, 511]).unwrap();
            let body = if self.dice.percent(50) { b"<html>Bienvenue".to_vec() } else { Vec::new() };
            answer = Response { status, content_type: "text/html".to_owned(), body };
        }
        Ok(answer)
    }

    /// One held-up request arrives, in any order; a connection lives for two minutes at most. Nobody
    /// hears its answer.
    pub fn late_arrival(&mut self) {
        let oldest = self.time.now().plus(-LATEST_MS);
        self.late.retain(|mail| mail.sent >= oldest);
        if !self.late.is_empty() {
            let which = usize::try_from(self.dice.below(self.late.len() as u64)).unwrap();
            let mail = self.late.swap_remove(which);
            let _ = self.server.ask(&mail.request);
            self.trace.says(format!("a late request of phone {} arrives", mail.phone));
        }
    }

    /// A phone that was not updated yet says so in its pulls (sync.md F9).
    fn as_spoken(&self, number: usize, request: &Request) -> Request {
        let handset = &self.phones[number];
        let older = || {
            let mut pull: PullRequest = serde_json::from_slice(&request.body).ok()?;
            pull.protocol = pull.protocol.checked_sub(1)?;
            handset.signed_again(request, serde_json::to_vec(&pull).ok()?)
        };
        let spoken = if handset.outdated { older() } else { None };
        spoken.unwrap_or_else(|| request.clone())
    }

    /// Before an upload arrives, pieces of it do, in any order, as another build of the app might cut
    /// it: a server runs each command once and in its turn, whatever comes (sync.md C3).
    fn scatters(&mut self, number: usize, request: &Request) {
        let Ok(push) = serde_json::from_slice::<PushRequest>(&request.body) else { return };
        for _ in 0..2 {
            let mut piece = PushRequest { head: None, ..push.clone() };
            piece.commands.retain(|_| self.dice.percent(50));
            if self.dice.percent(50) {
                piece.commands.reverse();
            }
            let body = serde_json::to_vec(&piece).expect("JSON");
            if let Some(piece) = self.phones[number].signed_again(request, body) {
                let came = self.server.ask(&piece).0;
                self.trace.says(format!("a piece of an upload arrives: {}", came.status));
            }
        }
    }

    /// An exchange takes up to two seconds each way.
    fn takes_time(&mut self) {
        self.time.pass(i64::try_from(self.dice.below(2_000)).unwrap());
    }

    /// I9, F8: on the wire, nothing of another tenant, and no row of a scope that is not granted.
    fn sees_no_other_tenant(&self, number: usize, came: &Result<Response, NoAnswer>) {
        let Ok(answer) = came else { return };
        let page = serde_json::from_slice::<PullAnswer>(&answer.body).ok();
        let page = page.or_else(|| match serde_json::from_slice(&answer.body).ok()? {
            NewsAnswer::Page(page) => Some(*page),
            NewsAnswer::Same { .. } => None,
        });
        let Some(page) = page else { return };
        let may = self.ever_granted(number);
        for scope in page.scopes.iter().chain(page.rows.iter().map(|row| &row.scope)) {
            assert!(may.contains(scope), "I9: phone {number} is told of {scope}");
            assert!(page.scopes.contains(scope), "F8: phone {number} is sent a row of {scope}");
        }
    }
}

impl crate::trace::Trace {
    /// What a phone does when it wakes up.
    pub fn step(&mut self, number: usize, step: &Step) {
        match step {
            Step::Send(request) => {
                self.bytes(&request.body);
                self.says(format!("phone {number} sends {}", request.url));
            }
            Step::Wait(_) | Step::Idle => self.says(format!("phone {number}: {step:?}")),
        }
    }

    /// What came of a request.
    pub fn answer(&mut self, number: usize, came: &Result<Response, NoAnswer>) {
        if let Ok(answer) = came {
            self.bytes(&answer.body);
        }
        let status = came.as_ref().ok().map(|answer| answer.status);
        self.says(format!("phone {number}: its request got {status:?}"));
    }
}
