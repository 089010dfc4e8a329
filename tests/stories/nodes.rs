//! B-22: several nodes on one PostgreSQL behind one phone.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use postgres::{Client, NoTls};
use releve_core::ports::Request;
use releve_server::app::{Clock as _, SystemClock};
use releve_server::commands::doctor::installation;
use releve_server::tasks::run_due;
use releve_shared::refusal::Refusal;
use releve_shared::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use releve_tests::database::Scratch;
use releve_tests::world::desk::Desk;
use releve_tests::world::link::{Weather, listens};
use releve_tests::world::reading::tap;
use releve_tests::world::server::Server;
use releve_tests::world::time::today_at;
use releve_tests::world::{PASSWORD, World};
use serde_json::Value;

/// No test waits so long but one that fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// The world's own node, and another one over the same database.
fn two_nodes(story: impl Fn(&World, &Server, &Scratch)) {
    let scratch = Scratch::postgres();
    World::on(&scratch, |w| story(w, &w.another_node(), &scratch));
}

fn signed_in(node: &Server) -> Desk {
    let desk = Desk::new(&node.url());
    let _ = desk.sign_in("chloe", PASSWORD).ok();
    desk
}

fn heard(from: &Receiver<String>) -> Vec<String> {
    let line = from.recv_timeout(PATIENCE).expect("a poke");
    let said: Value = serde_json::from_str(line.trim_start_matches("data:")).expect("JSON");
    let scopes = said["scopes"].as_array().expect("scopes").clone();
    scopes.iter().map(|scope| scope.as_str().expect("text").to_owned()).collect()
}

/// Waits for a poke of a scope: others may still be on their way.
fn hears_of(from: &Receiver<String>, scope: &String) {
    while !heard(from).contains(scope) {}
}

/// On a thread of its own, since the client makes a runtime.
fn order(url: &str, orders: &[&str]) {
    let run = || {
        let mut client = Client::connect(url, NoTls).expect("the cluster");
        for order in orders {
            client.batch_execute(order).unwrap_or_else(|e| panic!("{order}: {e}"));
        }
    };
    std::thread::scope(|scope| scope.spawn(run).join()).expect("no panic");
}

const CUT: &str = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                    WHERE application_name = 'releve' AND datname = current_database()";

/// B-22, I3: the phone pushes to one node and pulls from the other; an answer that one node could not
/// give is given by the other; nothing is lost and nothing comes twice.
#[test]
fn a_phone_changes_node_between_push_and_pull() {
    two_nodes(|w, other, _| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.line.leads("/api/phone/pull", &other.url());
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        amina.phone.sync().unwrap();
        assert_eq!((amina.phone.tally(), amina.phone.state().waiting), ((0, 1, 0), 0));
        assert_eq!(
            amina.phone.state().in_progress.map(|p| p.visit),
            Some(visit),
            "what one node took, the other has given back"
        );

        w.time.pass(HOUR_MS);
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        amina.phone.line.weather(Weather::AnswersLost);
        assert!(amina.phone.sync().is_err());
        amina.phone.line.weather(Weather::Clear);
        amina.phone.line.leads("/", &other.url());
        w.time.pass(10 * MINUTE_MS);
        amina.phone.sync().unwrap();
        assert_eq!((amina.phone.tally(), amina.phone.state().waiting), ((0, 2, 0), 0));
        let proof = signed_in(other).get(&format!("/api/desk/visits/{visit}/proof")).ok();
        assert_eq!(proof["stamps"].as_array().unwrap().len(), 2, "{proof}");
        assert_eq!(w.desk.line(visit)["hours"]["badged"], 60);
    });
}

/// B-22, F10: what moves on one node is heard by phones and desks of the other, and by its own once.
#[test]
fn a_poke_on_one_node_is_heard_on_the_other() {
    two_nodes(|w, other, _| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        amina.phone.sync().unwrap();
        let asked = amina.phone.poke_request();
        let (_, path) = asked.url.split_once("/api").unwrap();
        let url = format!("{}/api{path}", other.url());
        let phone = listens(&Request { url, ..asked });
        let there = signed_in(other);
        let (far, near) = (there.listens(), w.desk.listens());

        let visit = w.visit(&amina, &home, today_at(10, 0));
        let hers = format!("membership/{}", amina.caregiver.id);
        // Her phone and a desk on the other node, and a desk on the same one.
        for from in [&phone, &far, &near] {
            hears_of(from, &hers);
        }

        let _ = there.adds_client("Paul", "Morel");
        let next = heard(&near);
        assert!(!next.contains(&hers), "its own poke did not come back: {next:?}");
        assert!(next.iter().any(|scope| scope.starts_with("client/")), "{next:?}");
        amina.phone.sync().unwrap();
        assert!(amina.phone.visit(visit).is_ok());
    });
}

/// B-22: every connection is cut, between two acts and for good: requests go on, whoever listens is
/// poked once since anything may have moved, and then hears as before.
#[test]
fn cut_connections_are_made_again() {
    two_nodes(|w, other, scratch| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        let there = signed_in(other);
        let far = there.listens();
        order(scratch.url(), &[CUT]);
        // A poke without a scope: anything may have moved.
        while !heard(&far).is_empty() {}

        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        amina.phone.sync().expect("other connections take over");
        let hers = format!("membership/{}", amina.caregiver.id);
        hears_of(&far, &hers);
        assert_eq!(amina.phone.tally(), (0, 1, 0));
    });
}

/// B-22: while the database is away every answer is "try again", which phones do; then all is well.
#[test]
fn a_database_that_is_away_is_waited_for() {
    two_nodes(|w, _, scratch| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        let (server, name) = scratch.url().rsplit_once('/').unwrap();
        let server = format!("{server}/postgres");
        let doors = |open: bool| format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {open}");
        let cut = CUT.replace("current_database()", &format!("'{name}'"));
        order(&server, &[&doors(false), &cut]);

        let answer = w.desk.get("/api/desk/phones");
        assert_eq!(answer.status, 503, "{}", answer.text);
        let said: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!((&said["refusal"], &said["retry_after_s"]), (&"try_again".into(), &2.into()));
        assert_eq!(amina.phone.sync(), Err(Refusal::TryAgain));
        assert_eq!(amina.phone.tally(), (1, 0, 0), "it waits, and is not called received");

        order(&server, &[&doors(true)]);
        // It was told two seconds, and chance adds at most as much after a first failure.
        w.time.pass(4 * SECOND_MS);
        amina.phone.sync().expect("it works again");
        assert_eq!(amina.phone.tally(), (0, 1, 0));
        assert_ne!(w.desk.line(visit)["start"], Value::Null);
    });
}

/// B-22: each job is done once, by whichever node asks; the next time is due for both.
#[test]
fn jobs_are_taken_once() {
    two_nodes(|w, other, _| {
        let here = w.server().as_ref().expect("a server").app.clone();
        let there = other.app.clone();
        let both = || {
            let runs = [&here, &there].map(|app| {
                let app = app.clone();
                move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build();
                    runtime.expect("a runtime").block_on(run_due(&app)).expect("done")
                }
            });
            let mut done: Vec<_> = std::thread::scope(|scope| {
                let runs = runs.map(|run| scope.spawn(run));
                runs.into_iter().flat_map(|run| run.join().expect("no panic")).collect()
            });
            done.sort_unstable();
            done
        };
        assert_eq!(both(), ["retention", "roll", "seal", "tidy", "tidy_alarms"]);
        assert!(both().is_empty(), "nothing is due");
        w.time.pass(MINUTE_MS);
        assert_eq!(both(), ["seal"]);
        w.time.pass(25 * HOUR_MS);
        assert_eq!(both(), ["retention", "roll", "seal", "tidy", "tidy_alarms"]);
    });
}

/// B-22: `doctor` says that this cluster, which is made to be thrown away, would forget.
#[test]
fn doctor_looks_at_postgresql() {
    two_nodes(|w, other, scratch| {
        let mut config = other.app.config.clone();
        scratch.url().clone_into(&mut config.db.url);
        let look = |now| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(installation(config.clone(), now))
        };
        let said = format!("{:?}", look(SystemClock.now()));
        for wanted in ["fsync = off", "synchronous_commit = off", "database's clock agrees"] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
        assert!(
            format!("{:?}", look(w.time.now().plus(HOUR_MS * 24 * 900))).contains("days apart")
        );
    });
}

/// B-22: two nodes that start at once on an empty database: one makes it, both serve, of one epoch.
#[test]
fn two_nodes_start_together_on_an_empty_database() {
    let scratch = Scratch::postgres();
    let start = || {
        let time = releve_tests::world::time::Time::monday();
        Server::start(scratch.url(), &time, &releve_tests::world::time::Seeded::of(7), None)
    };
    let nodes = std::thread::scope(|scope| {
        let both = [scope.spawn(start), scope.spawn(start)];
        both.map(|node| node.join().expect("it starts"))
    });
    let epochs = nodes.each_ref().map(|node| node.read(|tx| Ok(tx.epoch()?)));
    assert_eq!(epochs[0], epochs[1]);
    for node in &nodes {
        let ready = Desk::new(&node.url()).get("/readyz");
        assert_eq!(ready.status, 200, "{}", ready.text);
    }
}
