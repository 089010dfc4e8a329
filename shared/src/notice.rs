//! What somebody of the office wishes to be told, by which ways, and when not (row B-14). Alarms ask
//! none of this: they wait for nothing.

use serde::{Deserialize, Serialize};

use crate::alarm::{Channel, Delivery};
use crate::id::NoticeTestId;
use crate::refusal::Refusal;
use crate::time::{Moment, Zone};
use crate::wire_enum;

/// Longest address of a push service, in bytes.
pub const ENDPOINT_LIMIT: usize = 1_024;

wire_enum! {
    /// What an ordinary notice is about.
    pub enum Topic {
        /// A caregiver has written.
        Message = "message",
        /// A caregiver wishes to be called back.
        Callback = "callback",
        /// A caregiver asks something of the office.
        Request = "request",
    }
}

wire_enum! {
    /// Which service carries pushes to a receiver.
    pub enum PushKind {
        /// Any that speaks Web Push, UnifiedPush with it (RFC 8030, 8291).
        Web = "web",
        /// Google's, for Android phones.
        Fcm = "fcm",
        /// Apple's, for iPhones.
        Apns = "apns",
    }
}

impl Default for PushKind {
    /// What was meant before there were others.
    fn default() -> Self {
        Self::Web
    }
}

/// Where a push reaches a browser or an app, and the keys that close it (RFC 8291).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushTarget {
    /// Through which service.
    #[serde(default)]
    pub kind: PushKind,
    /// The address at the push service; the token that Google or Apple has given.
    pub endpoint: String,
    /// The receiver's public key: an uncompressed point of P-256, in base64url. Empty for a token.
    #[serde(default)]
    pub p256dh: String,
    /// The receiver's secret: 16 bytes in base64url. Empty for a token.
    #[serde(default)]
    pub auth: String,
}

impl PushTarget {
    /// Whether it has the form that its kind says. A token leads nowhere but to its service: nothing of
    /// it may be taken for a path. Whether keys are keys, and an address may be called, is not said.
    #[must_use]
    pub fn has_form(&self) -> bool {
        let token = self.endpoint.as_bytes();
        let short = !token.is_empty() && token.len() <= ENDPOINT_LIMIT;
        let bare = self.p256dh.is_empty() && self.auth.is_empty();
        short
            && match self.kind {
                PushKind::Web => !self.p256dh.is_empty() && !self.auth.is_empty(),
                PushKind::Fcm => {
                    let of = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_:".contains(byte);
                    bare && token.iter().all(of)
                }
                PushKind::Apns => {
                    let hex = token.iter().all(u8::is_ascii_hexdigit);
                    bare && hex && token.len() >= 64 && token.len().is_multiple_of(2)
                }
                PushKind::Unknown(_) => false,
            }
    }
}

wire_enum! {
    /// Who says that a test has arrived.
    pub enum Witness {
        /// The browser or the phone itself.
        Device = "device",
        /// Somebody who has read it.
        Person = "person",
    }
}

/// A test of notices: a line a way (row W-36). For a caregiver in scope `membership/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoticeTest {
    /// Its id.
    pub id: NoticeTestId,
    /// Who of the office has asked, by name; empty when it was she who gets it.
    pub asked_by: String,
    /// When it was asked.
    pub asked_at: Moment,
    /// The ways that are tried.
    pub lines: Vec<TestLine>,
}

/// A way that is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestLine {
    /// Its number in the test, from 0.
    pub n: u16,
    /// By which way.
    pub channel: Channel,
    /// Address, number or browser, in words.
    pub name: String,
    /// Where it is on our side.
    pub state: Delivery,
    /// Why the last attempt failed: a code.
    pub error: Option<String>,
    /// When somebody said that it has arrived.
    pub received_at: Option<Moment>,
    /// Who said so.
    pub received_by: Option<Witness>,
}

/// The ways for one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Wish {
    /// What it is about.
    pub topic: Topic,
    /// Whether a mail is sent.
    pub mail: bool,
    /// Whether the browsers that were let in are told.
    pub push: bool,
}

/// When ordinary notices wait: minutes of the day on the organisation's wall; it may pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quiet {
    /// The first quiet minute.
    pub from_min: u16,
    /// The first minute that is quiet no more.
    pub to_min: u16,
}

/// All that somebody wishes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Wishes {
    /// A line a topic; a topic without a line is told by every way.
    pub topics: Vec<Wish>,
    /// When ordinary notices wait; never, without.
    pub quiet: Option<Quiet>,
}

impl Wishes {
    /// Checked: each topic once and known, and quiet hours that are hours.
    ///
    /// # Errors
    /// [`Refusal::Invalid`].
    pub fn checked(self) -> Result<Self, Refusal> {
        let once =
            |at: usize, wish: &Wish| self.topics.iter().skip(at + 1).all(|w| w.topic != wish.topic);
        let topics = self
            .topics
            .iter()
            .enumerate()
            .all(|(at, wish)| !matches!(wish.topic, Topic::Unknown(_)) && once(at, wish));
        let quiet = self
            .quiet
            .is_none_or(|q| q.from_min < DAY_MIN && q.to_min < DAY_MIN && q.from_min != q.to_min);
        if topics && quiet { Ok(self) } else { Err(Refusal::Invalid) }
    }

    /// The ways by which a topic is told.
    #[must_use]
    pub fn ways(&self, topic: &Topic) -> Vec<Channel> {
        let wish = self.topics.iter().find(|wish| wish.topic == *topic);
        let (mail, push) = wish.map_or((true, true), |wish| (wish.mail, wish.push));
        let ways = [(mail, Channel::Mail), (push, Channel::Push)];
        ways.into_iter().filter(|(on, _)| *on).map(|(_, way)| way).collect()
    }

    /// When an ordinary notice of `now` may leave: at once, or when the quiet hours are over.
    #[must_use]
    pub fn due(&self, now: Moment, zone: &Zone) -> Moment {
        self.quiet.and_then(|quiet| quiet.ends(now, zone)).unwrap_or(now)
    }
}

/// Minutes of a day on the wall.
const DAY_MIN: u16 = 24 * 60;

impl Quiet {
    /// When the quiet hours that `at` lies in are over; `None` outside them.
    #[must_use]
    pub fn ends(&self, at: Moment, zone: &Zone) -> Option<Moment> {
        let (hour, minute) = zone.wall(at);
        let wall = u16::try_from(i16::from(hour) * 60 + i16::from(minute)).unwrap_or(0);
        let before_end = wall < self.to_min;
        let inside = if self.from_min < self.to_min {
            self.from_min <= wall && before_end
        } else {
            self.from_min <= wall || before_end
        };
        if !inside {
            return None;
        }
        let today = zone.day_of(at);
        let day = if before_end { today } else { today.plus(1) };
        let part = |n: u16| i8::try_from(n).unwrap_or(0);
        // The hour that the clock repeats in autumn: its end was passed once already.
        Some(zone.at(day, part(self.to_min / 60), part(self.to_min % 60)).max(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY_MS, Day, MINUTE_MS};
    use proptest::prelude::*;

    fn paris() -> Zone {
        Zone::named("Europe/Paris").unwrap()
    }

    fn at(day: &str, hour: i8, minute: i8) -> Moment {
        paris().at(Day::parse(day).unwrap(), hour, minute)
    }

    const NIGHT: Quiet = Quiet { from_min: 20 * 60, to_min: 7 * 60 + 30 };

    /// B-14: the evening and the small hours wait for the same morning.
    #[test]
    fn a_night_ends_in_the_morning() {
        let morning = at("2026-11-24", 7, 30);
        assert_eq!(NIGHT.ends(at("2026-11-23", 20, 0), &paris()), Some(morning));
        assert_eq!(NIGHT.ends(at("2026-11-24", 3, 0), &paris()), Some(morning));
        assert_eq!(NIGHT.ends(morning, &paris()), None);
        assert_eq!(NIGHT.ends(at("2026-11-23", 19, 59), &paris()), None);
        let noon = Quiet { from_min: 12 * 60, to_min: 14 * 60 };
        assert_eq!(noon.ends(at("2026-11-23", 13, 0), &paris()), Some(at("2026-11-23", 14, 0)));
        assert_eq!(noon.ends(at("2026-11-23", 14, 0), &paris()), None);
    }

    /// B-14, T9: the night when the clock is set back is an hour longer, the other one shorter.
    #[test]
    fn the_nights_of_another_hour_end_on_the_wall() {
        let autumn = NIGHT.ends(at("2026-10-24", 22, 0), &paris()).unwrap();
        assert_eq!(autumn.since(at("2026-10-24", 22, 0)), (9 * 60 + 30 + 60) * MINUTE_MS);
        let spring = NIGHT.ends(at("2026-03-28", 22, 0), &paris()).unwrap();
        assert_eq!(spring.since(at("2026-03-28", 22, 0)), (9 * 60 + 30 - 60) * MINUTE_MS);
    }

    /// What a phone of before says still means Web Push; a token is a token.
    #[test]
    fn a_target_has_the_form_of_its_kind() {
        let said = r#"{"endpoint":"https://push.example/a","p256dh":"BA","auth":"BB"}"#;
        let web: PushTarget = serde_json::from_str(said).unwrap();
        assert!(web.kind == PushKind::Web && web.has_form());
        let token = |kind, endpoint: &str| PushTarget {
            kind,
            endpoint: endpoint.to_owned(),
            p256dh: String::new(),
            auth: String::new(),
        };
        assert!(token(PushKind::Fcm, "cX1:APA91bH_q-We").has_form());
        assert!(token(PushKind::Apns, &"0a".repeat(32)).has_form());
        for (kind, bad) in [
            (PushKind::Fcm, "a/../b"),
            (PushKind::Fcm, ""),
            (PushKind::Apns, "abcd"),
            (PushKind::Apns, &"0g".repeat(32)),
            (PushKind::Apns, &"a".repeat(65)),
            (PushKind::Web, "https://push.example/a"),
            (PushKind::from_code("pigeon"), "x"),
        ] {
            assert!(!token(kind.clone(), bad).has_form(), "{kind} {bad}");
        }
        let mut keyed = token(PushKind::Fcm, "a");
        keyed.auth = "b".to_owned();
        assert!(!keyed.has_form());
    }

    #[test]
    fn what_nobody_has_said_is_told_by_every_way() {
        let mut wishes = Wishes::default();
        assert_eq!(wishes.ways(&Topic::Message), [Channel::Mail, Channel::Push]);
        wishes.topics = vec![Wish { topic: Topic::Message, mail: false, push: true }];
        assert_eq!(wishes.ways(&Topic::Message), [Channel::Push]);
        assert_eq!(wishes.ways(&Topic::Request).len(), 2);
        assert_eq!(wishes.due(Moment(7), &paris()), Moment(7));
    }

    #[test]
    fn wishes_that_are_none_are_refused() {
        let with = |topics, quiet| Wishes { topics, quiet }.checked();
        let wish = |topic| Wish { topic, mail: true, push: true };
        assert!(with(vec![wish(Topic::Message), wish(Topic::Request)], Some(NIGHT)).is_ok());
        assert!(with(vec![wish(Topic::Message), wish(Topic::Message)], None).is_err());
        assert!(with(vec![wish(Topic::from_code("weather"))], None).is_err());
        assert!(with(vec![], Some(Quiet { from_min: 60, to_min: 60 })).is_err());
        assert!(with(vec![], Some(Quiet { from_min: 60, to_min: DAY_MIN })).is_err());
    }

    proptest! {
        /// B-14: quiet hours end, never in the past, within a day and the hour of the clock, and are
        /// over when they end.
        #[test]
        fn quiet_hours_end(from in 0..DAY_MIN, to in 0..DAY_MIN, ms in 1_700_000_000_000_i64..1_900_000_000_000) {
            prop_assume!(from != to);
            let (quiet, now) = (Quiet { from_min: from, to_min: to }, Moment(ms));
            if let Some(end) = quiet.ends(now, &paris()) {
                prop_assert!(end >= now && end.since(now) <= DAY_MS + 60 * MINUTE_MS);
                let (hour, minute) = paris().wall(end);
                let wall = i64::from(hour) * 60 + i64::from(minute);
                // In the gap of spring the end is the first minute after it.
                prop_assert!(end == now || wall >= i64::from(to) && wall <= i64::from(to) + 60);
            }
        }
    }
}
