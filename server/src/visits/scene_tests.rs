//! What the tests of this room stand on: an agency, a worker with a phone, a client with tags, a visit.

use releve_shared::badge::{Method, TagKind};
use releve_shared::clock::Anchor;
use releve_shared::id::{
    ClientId, CommandId, HomeTagId, MembershipId, OrganisationId, PersonId, VisitId,
};
use releve_shared::refusal::Refusal;
use releve_shared::sync::Clock;
use releve_shared::time::{HOUR_MS, Moment, Zone};
use releve_shared::visit::ClockKind;
use serde_json::json;

use crate::clients::{ClientInput, TagInput, sun};
use crate::db::{Answer, Stop, Tx};
use crate::demo::phone::{Act, DemoPhone};
use crate::demo::seed::Seed;
use crate::identity::By;
use crate::testing::World;
use crate::visits::{self, BoardRow, Reception, VisitInput};
use crate::{clients, identity};

pub(super) struct Scene {
    pub world: World,
    pub by: By,
    pub worker: MembershipId,
    pub phone: DemoPhone,
    pub anchors: Vec<Anchor>,
    pub client: ClientId,
    pub tag: HomeTagId,
    pub link: String,
    pub visit: VisitId,
    pub starts_at: Moment,
}

/// Somebody at the desk of an organisation.
pub(super) fn by_of(organisation: OrganisationId) -> By {
    By {
        name: "Claire".into(),
        zone: Zone::named("Europe/Paris").unwrap(),
        ..By::system(organisation)
    }
}

impl Scene {
    /// An hour before a visit of one hour, with a QR tag at the home.
    pub async fn new() -> Self {
        let world = World::new().await;
        let organisation = world.organisation("albi").await;
        let cookie = world.sign_in("albi").await;
        let by = by_of(organisation);
        let (person, worker) = world.caregiver(organisation).await;
        let phone = Self::phone_for(&world, &cookie, (person, worker)).await;
        let client = Self::client_of(&world, &by, "Garrigues").await;
        let (tag, link) = Self::tag_of(&world, &by, client, TagKind::Qr).await;
        let starts_at = world.app.now().plus(HOUR_MS);
        let anchors = vec![phone.anchor(world.app.now())];
        let visit = world.app.id();
        let scene = Self { world, by, worker, phone, anchors, client, tag, link, visit, starts_at };
        let new = scene.input(0);
        scene
            .desk(move |tx, by, now| visits::create(tx, by, visit, &new.check().unwrap(), now))
            .await
            .unwrap();
        scene
    }

    pub async fn phone_for(
        world: &World,
        cookie: &str,
        (person, worker): (PersonId, MembershipId),
    ) -> DemoPhone {
        let enrolled = world.enrol(cookie, worker).await;
        let whose = (enrolled.answer.device, person, worker);
        let seed = Seed::of(enrolled.answer.device.to_string());
        DemoPhone::new(whose, enrolled.key, world.app.now().plus(-HOUR_MS), seed)
    }

    /// A second worker with a phone.
    pub async fn other_worker(&self) -> (MembershipId, DemoPhone) {
        let who = self.world.caregiver(self.by.organisation).await;
        let cookie = self.world.sign_in("albi").await;
        (who.1, Self::phone_for(&self.world, &cookie, who).await)
    }

    pub async fn client_of(world: &World, by: &By, name: &str) -> ClientId {
        let (id, by) = (world.app.id(), by.clone());
        let typed: ClientInput = serde_json::from_value(json!({ "title": "mrs", "first_name": "Yvette",
            "last_name": name, "street": "3 rue Basse", "postal_code": "81000", "commune": "Albi" }))
        .unwrap();
        let new = typed.check().unwrap();
        world.app.write(move |tx, now| clients::create(tx, &by, id, &new, now)).await.unwrap();
        id
    }

    pub async fn tag_of(
        world: &World,
        by: &By,
        client: ClientId,
        kind: TagKind,
    ) -> (HomeTagId, String) {
        let (id, by, keys) = (world.app.id(), by.clone(), world.app.keys.clone());
        let typed = TagInput { kind, label: String::new() };
        let issued = world.app.write(move |tx, now| {
            clients::issue(tx, &by, (&keys, "https://r.example"), client, &typed, id, now)
        });
        (id, issued.await.unwrap().link)
    }

    /// The keys of a chip.
    pub async fn chip_keys(&self, tag: HomeTagId) -> sun::TagKeys {
        let (keys, of) = (self.world.app.keys.clone(), self.by.organisation);
        let master = self.world.app.read(move |tx, _| identity::ntag_master(tx, &keys, of)).await;
        sun::keys_of(&master.unwrap(), tag)
    }

    /// What the office types for a visit that begins `minutes` after the scene's.
    pub fn input(&self, minutes: i64) -> VisitInput {
        let starts_at = self.starts_at.plus(minutes * 60_000);
        VisitInput {
            membership: self.worker,
            client: self.client,
            service: "Toilette".into(),
            starts_at,
            ends_at: starts_at.plus(HOUR_MS),
            instructions: String::new(),
            force: false,
            rev: None,
        }
    }

    /// A verb of the desk, now.
    pub async fn desk<T: Send + 'static>(
        &self,
        verb: impl Fn(&mut Tx, &By, Moment) -> Answer<T> + Send + Sync + 'static,
    ) -> Result<T, Refusal> {
        let by = self.by.clone();
        self.world.app.write(move |tx, now| verb(tx, &by, now)).await.map_err(|stop| match stop {
            Stop::Refusal(refusal) => refusal,
            Stop::Fault(fault) => panic!("{fault}"),
        })
    }

    /// Minutes after the start of the visit.
    pub fn at(&self, minutes: i64) -> Moment {
        self.starts_at.plus(minutes * 60_000)
    }

    /// A stamp by the QR code of the home.
    pub fn by_code(&self, kind: ClockKind) -> Act {
        Act::read(kind, self.visit, self.client, Method::Qr, &self.link)
    }

    /// The scene's phone makes a stamp and sends it at once.
    pub async fn stamps(&mut self, act: &Act, minutes: i64) -> (CommandId, Clock) {
        let at = self.at(minutes);
        let made = self.phone.stamp(act, at).unwrap();
        self.sends(&made, minutes).await.unwrap();
        made
    }

    /// The server gets a stamp of the scene's phone, with the anchors known.
    pub async fn sends(&self, made: &(CommandId, Clock), minutes: i64) -> Result<(), Refusal> {
        self.sends_from(&self.phone, &self.anchors, made, minutes).await
    }

    pub async fn sends_from(
        &self,
        phone: &DemoPhone,
        anchors: &[Anchor],
        (command, clock): &(CommandId, Clock),
        minutes: i64,
    ) -> Result<(), Refusal> {
        let (phone, anchors, command, clock) =
            (phone.clone(), anchors.to_vec(), *command, clock.clone());
        self.receives(&phone, &anchors, minutes, move |tx, from| {
            visits::record_clock(tx, from, command, &clock)
        })
        .await
    }

    /// What the server does when it hears a phone.
    pub async fn receives(
        &self,
        phone: &DemoPhone,
        anchors: &[Anchor],
        minutes: i64,
        verb: impl Fn(&mut Tx, &Reception<'_>) -> Answer<()> + Send + Sync + 'static,
    ) -> Result<(), Refusal> {
        let (keys, anchors, at) = (self.world.app.keys.clone(), anchors.to_vec(), self.at(minutes));
        let (device, person) = (phone.device, phone.person);
        self.desk(move |tx, by, _| {
            let organisation = by.organisation;
            let from =
                Reception { organisation, device, person, anchors: &anchors, at, keys: &keys };
            verb(tx, &from)
        })
        .await
    }

    /// The visit as the board shows it, at a moment.
    pub async fn row(&self, minutes: i64) -> BoardRow {
        self.row_of(self.visit, minutes).await
    }

    pub async fn row_of(&self, visit: VisitId, minutes: i64) -> BoardRow {
        let at = self.at(minutes);
        self.desk(move |tx, by, _| visits::one(tx, by, visit, at)).await.unwrap()
    }
}
