//! The outbox of mail, without a mail server; with one: tests/stories/messages.rs.

use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};

use super::*;
use crate::config::Config;
use crate::testing::World;

async fn world(host: &str, port: u16) -> (World, OrganisationId) {
    let mut config = Config::default();
    host.clone_into(&mut config.mail.host);
    config.mail.port = port;
    config.mail.security = crate::config::MailSecurity::None;
    let world = World::with(config).await;
    let organisation = world.organisation("albi").await;
    (world, organisation)
}

async fn queued(world: &World, organisation: OrganisationId, times: u8) {
    world
        .write(move |tx, now| {
            for _ in 0..times {
                let recipient = "a@r.example".to_owned();
                let to = rules::To {
                    account: None,
                    channel: Channel::Mail,
                    recipient,
                    name: String::new(),
                };
                queue(tx, organisation, &to, (Kind::Message, "t1"), (now, now)).unwrap();
            }
        })
        .await;
}

async fn states(world: &World) -> Vec<(State, u32, Option<String>)> {
    let told = world.write(|tx, _| about(tx, Kind::Message, "t1").unwrap()).await;
    told.into_iter().map(|(state, _, attempts, error)| (state, attempts, error)).collect()
}

#[tokio::test]
async fn without_a_mail_server_a_mail_is_given_up_and_says_so() {
    let (world, organisation) = world("", 25).await;
    queued(&world, organisation, 3).await;
    assert_eq!(states(&world).await, [(State::Queued, 0, None)], "one waits, not three");
    assert_eq!(send_due(&world.app).await.unwrap(), 0);
    assert_eq!(states(&world).await, [(State::GivenUp, 1, Some("mail_off".to_owned()))]);
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_again_and_then_no_more() {
    // A port that nobody listens on: taken, and let go.
    let port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let (world, organisation) = world("127.0.0.1", port).await;
    queued(&world, organisation, 1).await;
    send_due(&world.app).await.unwrap();
    send_due(&world.app).await.unwrap();
    let why = Some("unreachable".to_owned());
    assert_eq!(states(&world).await, [(State::Failed, 1, why.clone())], "not before its time");
    for (n, wait) in
        [MINUTE_MS, 5 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 8 * HOUR_MS].iter().enumerate()
    {
        world.pass(*wait);
        send_due(&world.app).await.unwrap();
        assert_eq!(states(&world).await[0].1, u32::try_from(n).unwrap() + 2);
    }
    world.pass(DAY_MS);
    send_due(&world.app).await.unwrap();
    assert_eq!(states(&world).await, [(State::GivenUp, 7, why)]);
}

#[tokio::test]
async fn what_one_node_has_taken_no_other_takes_until_its_lease_is_over() {
    let (world, organisation) = world("", 25).await;
    queued(&world, organisation, 1).await;
    let take = || {
        world.write(|tx, now| {
            sql::take(tx, now, now.plus(rules::LEASE_MS), sql::Lane::Ordinary).unwrap().len()
        })
    };
    assert_eq!(take().await, 1);
    assert_eq!(take().await, 0);
    world.pass(rules::LEASE_MS);
    assert_eq!(take().await, 1, "a node that died gives it back");
}
