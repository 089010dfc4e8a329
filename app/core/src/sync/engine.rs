//! When to speak to the server: a state machine of clocks and chance given by the caller.

use releve_shared::clock::Stamp;
use releve_shared::id::ReceiptId;
use releve_shared::keys::Digest;
use releve_shared::refusal::Refusal;
use releve_shared::time::{HOUR_MS, MINUTE_MS, SECOND_MS};

/// A pull at least this often; pokes come sooner.
pub(crate) const PULL_EVERY_MS: i64 = 5 * MINUTE_MS;

/// The longest wait after failures.
const LONGEST_WAIT_MS: i64 = 5 * MINUTE_MS;

/// The shortest time between a failure and the next try, whatever pokes say.
const SHORTEST_WAIT_MS: i64 = SECOND_MS;

/// Over how long phones spread that a busy server told when to come back, at most.
const TOLD_SPREAD_MS: i64 = 30 * SECOND_MS;

/// After a refused access: nothing the phone does will change it soon.
const REFUSED_WAIT_MS: i64 = 15 * MINUTE_MS;

/// Between two tries to listen for pokes, the shortest and the longest, in milliseconds.
const LISTEN_MS: std::ops::RangeInclusive<i64> = 10 * SECOND_MS..=20 * SECOND_MS;

/// How long a phone waits after so many failures in a row, in milliseconds: twice as long each time, up
/// to five minutes, spread by chance so that a thousand phones do not come back at the same moment.
#[must_use]
pub fn wait_after_ms(failures: u32, chance: u8) -> i64 {
    let full = (SECOND_MS << failures.min(9)).min(LONGEST_WAIT_MS);
    (full / 2 + (full / 2) * i64::from(chance) / 255).max(SHORTEST_WAIT_MS)
}

/// How long a phone waits when a server that is too busy named a time, in milliseconds: that time (an hour
/// at most, so that no answer silences a phone), and a part of as much again as it would have waited by
/// itself, up to half a minute: the server is there, but those that it refused must not return as one.
#[must_use]
pub fn wait_when_told_ms(after_ms: i64, failures: u32, chance: u8) -> i64 {
    let spread = (SECOND_MS << failures.min(9)).min(TOLD_SPREAD_MS);
    after_ms.clamp(SHORTEST_WAIT_MS, HOUR_MS) + spread * i64::from(chance) / 255
}

/// How long a phone waits before it listens for pokes again, in milliseconds: every phone of a server
/// that stops loses its stream at the same moment, and chance spreads their return.
#[must_use]
pub fn listen_again_ms(chance: u8) -> i64 {
    let (from, to) = (*LISTEN_MS.start(), *LISTEN_MS.end());
    from + (to - from) * i64::from(chance) / 255
}

/// What an exchange was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// An enrolment.
    Enrol,
    /// Commands up. `told` are the exchanges told with it.
    Push { told: Vec<i64> },
    /// The outbox once more, before a wipe.
    LastPush,
    /// A page down. `told` as above.
    Pull { told: Vec<i64> },
    /// The same in short, of a phone that shows what the server knows it to show.
    News { told: Vec<i64> },
    /// A part of a photo (sync.md C11).
    Picture { receipt: ReceiptId, offset: u64 },
    /// The next token.
    Token,
    /// A wipe is confirmed.
    Receipt,
}

/// The exchange under way.
#[derive(Clone, Debug)]
pub(crate) struct InFlight {
    pub(crate) purpose: Purpose,
    pub(crate) sent: Stamp,
    /// The number of the last stamp when it was sent.
    pub(crate) seq: u64,
}

/// A moment of the boot clock.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Due {
    boot: String,
    up_ms: i64,
}

impl Due {
    fn after(now: &Stamp, ms: i64) -> Self {
        Self { boot: now.boot.clone(), up_ms: now.up_ms.saturating_add(ms) }
    }

    /// A restart of the phone makes everything due.
    fn wait(&self, now: &Stamp) -> i64 {
        if self.boot == now.boot { (self.up_ms - now.up_ms).max(0) } else { 0 }
    }
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing is owed for so many milliseconds.
    Wait(i64),
    /// Send what waits.
    Push,
    /// Fetch.
    Pull,
}

/// When to speak to the server.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    pub(crate) in_flight: Option<InFlight>,
    failures: u32,
    not_before: Option<Due>,
    pull_due: Option<Due>,
    wanted: bool,
    /// Pages are still to come.
    pub(crate) pulling: bool,
    /// What the server knows that this phone shows: a phone that does so asks for news in short.
    pub(crate) standing: Option<Digest>,
    /// The server's epoch moved: it must say which numbers it still has.
    pub(crate) ask_numbers: bool,
    /// Most commands in a push; halved when one is refused as a whole, so that nothing wedges.
    push_limit: Option<usize>,
    /// Whether the last exchange worked.
    pub(crate) online: bool,
    /// Why it did not.
    pub(crate) trouble: Option<Refusal>,
}

impl Engine {
    /// What is owed, given whether acts wait.
    pub(crate) fn next(&self, waiting: bool, now: &Stamp) -> Next {
        if let Some(wait) = self.held_back(now) {
            return Next::Wait(wait);
        }
        if waiting || self.ask_numbers {
            return Next::Push;
        }
        let due = self.pull_due.as_ref().map_or(0, |due| due.wait(now));
        if self.wanted || self.pulling || due == 0 { Next::Pull } else { Next::Wait(due) }
    }

    /// How long a failure still holds everything back.
    pub(crate) fn held_back(&self, now: &Stamp) -> Option<i64> {
        self.not_before.as_ref().map(|due| due.wait(now)).filter(|wait| *wait > 0)
    }

    /// Something may have changed: look soon. A failure a moment ago still counts.
    pub(crate) fn poked(&mut self, now: &Stamp) {
        self.wanted = true;
        if let Some(held) = self.held_back(now) {
            self.not_before = Some(Due::after(now, held.min(SHORTEST_WAIT_MS)));
        }
    }

    /// The server was seen to be there: a wait after failures is over, and they count no more. One after a
    /// refusal is not.
    pub(crate) fn reached(&mut self, now: &Stamp) {
        if !self.online && self.held_back(now).is_some() {
            self.poked(now);
        }
        self.failures = 0;
    }

    /// An act waits: send it soon, and fetch what it changes.
    pub(crate) fn wanted_after_act(&mut self) {
        self.wanted = true;
    }

    /// The worker asks for it: at once.
    pub(crate) fn asked(&mut self) {
        self.wanted = true;
        self.not_before = None;
    }

    /// The server answered as it should.
    pub(crate) fn worked(&mut self) {
        self.failures = 0;
        self.not_before = None;
        self.online = true;
        self.trouble = None;
    }

    /// Commands were taken: fetch what they changed.
    pub(crate) fn pushed(&mut self) {
        self.wanted = true;
        self.ask_numbers = false;
        self.push_limit = None;
    }

    /// Everything is here; the next look is in some minutes.
    pub(crate) fn complete(&mut self, now: &Stamp) {
        self.pulling = false;
        self.wanted = false;
        self.pull_due = Some(Due::after(now, PULL_EVERY_MS));
    }

    /// The server does not know what this phone shows: the long question is next.
    pub(crate) fn asks_at_length(&mut self) {
        self.pulling = true;
    }

    /// It failed: see [`wait_after_ms`], and [`wait_when_told_ms`] when the server named a time.
    pub(crate) fn failed(
        &mut self,
        why: Refusal,
        retry_after_ms: Option<i64>,
        chance: u8,
        now: &Stamp,
    ) {
        self.failures = self.failures.saturating_add(1);
        let wait = match retry_after_ms {
            Some(after_ms) => wait_when_told_ms(after_ms, self.failures, chance),
            None => wait_after_ms(self.failures, chance),
        };
        self.not_before = Some(Due::after(now, wait));
        self.online = false;
        self.trouble = Some(why);
    }

    /// The server speaks, and says no to this phone.
    pub(crate) fn refused(&mut self, why: Refusal, now: &Stamp) {
        self.not_before = Some(Due::after(now, REFUSED_WAIT_MS));
        self.online = true;
        self.trouble = Some(why);
    }

    /// Most commands in the next push.
    pub(crate) fn push_limit(&self) -> usize {
        self.push_limit.unwrap_or(releve_shared::sync::PUSH_LIMIT)
    }

    /// A push was refused as a whole: the next one is smaller.
    pub(crate) fn shrink_push(&mut self) {
        self.push_limit = Some((self.push_limit() / 2).max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use releve_shared::time::Moment;

    fn at(up_ms: i64) -> Stamp {
        Stamp { wall: Moment(0), boot: "a".into(), up_ms }
    }

    proptest! {
        /// Never more than one try a second, never longer than some minutes, whatever happens.
        #[test]
        fn failures_wait_at_least_a_second_and_at_most_minutes(
            chances in prop::collection::vec(any::<u8>(), 1..40),
            poke: bool,
        ) {
            let mut engine = Engine::default();
            let mut now = 0;
            for chance in chances {
                engine.failed(Refusal::Offline, None, chance, &at(now));
                if poke {
                    engine.poked(&at(now));
                }
                let Next::Wait(wait) = engine.next(true, &at(now)) else {
                    return Err(TestCaseError::fail("does not wait"));
                };
                prop_assert!((SHORTEST_WAIT_MS..=LONGEST_WAIT_MS).contains(&wait), "{}", wait);
                now += wait;
                prop_assert_eq!(engine.next(true, &at(now)), Next::Push);
            }
        }
    }

    /// T11: after an hour without a server, a phone that sees it again does not wait out its five minutes.
    #[test]
    fn a_server_that_is_there_again_ends_a_long_wait() {
        let mut engine = Engine::default();
        for _ in 0..12 {
            engine.failed(Refusal::Offline, None, 255, &at(0));
        }
        assert_eq!(engine.next(true, &at(0)), Next::Wait(LONGEST_WAIT_MS));
        engine.reached(&at(0));
        assert_eq!(engine.next(true, &at(0)), Next::Wait(SHORTEST_WAIT_MS));
        assert_eq!(engine.next(true, &at(SHORTEST_WAIT_MS)), Next::Push);
        // Refused there in a crowd, it waits as after a first failure.
        engine.failed(Refusal::TryAgain, None, 255, &at(SHORTEST_WAIT_MS));
        assert_eq!(engine.next(true, &at(SHORTEST_WAIT_MS)), Next::Wait(2 * SECOND_MS));
    }

    /// T11: phones that failed together do not come back together: whatever the number of failures,
    /// no tenth of the span of their waits holds more than a fifth of them.
    #[test]
    fn chance_spreads_the_phones_that_come_back() {
        let spread = |waits: Vec<i64>, from: i64, to: i64| {
            let tenth = (to - from) / 10 + 1;
            for place in 0..10 {
                let (low, high) = (from + place * tenth, from + (place + 1) * tenth);
                let inside = waits.iter().filter(|wait| (low..high).contains(*wait)).count();
                assert!(inside <= waits.len() / 5, "{inside} between {low} and {high} ms");
            }
        };
        for failures in 1..12 {
            let waits: Vec<i64> = (0..=255).map(|chance| wait_after_ms(failures, chance)).collect();
            let (first, last) = (waits[0], waits[255]);
            assert!(first >= SHORTEST_WAIT_MS && last <= LONGEST_WAIT_MS, "{first} {last}");
            assert!(last >= 2 * first - 1, "half of the wait is chance");
            spread(waits, first, last);
        }
        for failures in 1..12 {
            let told = |chance| wait_when_told_ms(2_000, failures, chance);
            let waits: Vec<i64> = (0..=255).map(told).collect();
            let (first, last) = (waits[0], waits[255]);
            assert!(first == 2_000 && (4_000..=32_000).contains(&last), "{first} {last}");
            spread(waits, first, last);
        }
        assert_eq!(wait_when_told_ms(i64::MAX, 1, 0), HOUR_MS, "no answer silences a phone");
        assert_eq!(wait_when_told_ms(-1, 1, 0), SHORTEST_WAIT_MS);
        let again: Vec<i64> = (0..=255).map(listen_again_ms).collect();
        assert_eq!((again[0], again[255]), (10_000, 20_000));
        spread(again, 10_000, 20_000);
    }

    #[test]
    fn acts_go_up_before_pages_come_down_and_a_restart_makes_all_due() {
        let mut engine = Engine::default();
        engine.complete(&at(5));
        assert_eq!(engine.next(false, &at(5)), Next::Wait(PULL_EVERY_MS));
        engine.poked(&at(5));
        assert_eq!(engine.next(false, &at(5)), Next::Pull);
        assert_eq!(engine.next(true, &at(5)), Next::Push);
        engine.refused(Refusal::SignInNeeded, &at(5));
        assert_eq!(engine.next(true, &at(5)), Next::Wait(REFUSED_WAIT_MS));
        engine.reached(&at(5));
        assert_eq!(engine.next(true, &at(5)), Next::Wait(REFUSED_WAIT_MS), "it has said no");
        let restarted = Stamp { boot: "b".into(), ..at(1) };
        assert_eq!(engine.next(true, &restarted), Next::Push);
        engine.asked();
        assert_eq!(engine.next(true, &at(5)), Next::Push);
    }
}
