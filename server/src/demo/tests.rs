use releve_shared::badge::parse_link;
use releve_shared::enrolment::EnrolmentLink;
use releve_shared::time::Day;
use serde_json::{Value, json};

use super::*;
use crate::testing::World;

async fn filled() -> (World, Filled) {
    let world = World::new().await;
    let told = run(&world.app, "test").await.unwrap();
    (world, told)
}

async fn sign_in(world: &World, login: &str) -> String {
    let typed = json!({ "login": login, "password": PASSWORD });
    let came = world.call("POST", "/api/desk/session", Some(typed), None).await;
    assert_eq!(came.status, 200, "{}", came.body);
    came.cookie.unwrap()
}

/// The agency of the demonstration, looked at by its supervisor; the other one sees nothing of it.
#[tokio::test]
async fn o_34_a_realistic_agency_is_there_to_be_looked_at() {
    let (world, told) = filled().await;
    let made = told.made.as_ref().unwrap();
    assert_eq!((made.caregivers, made.clients), (12, 80));
    assert!(made.visits > 700 && made.stamps > 500, "{made:?}");
    assert!(EnrolmentLink::parse(&made.enrolment_link).is_ok());
    assert!(parse_link(&made.tag_link).is_ok());
    assert!(told.to_string().contains(LOGIN));

    let cookie = sign_in(&world, LOGIN).await;
    let get = async |path: &str| {
        let came = world.call("GET", path, None, Some(&cookie)).await;
        assert_eq!(came.status, 200, "{path}: {}", came.body);
        came.body
    };
    // B-06: who answers is named, and each arrival from now on opens a watch.
    let alarms = get("/api/desk/alarms/settings").await;
    assert_eq!(alarms["settings"]["rules"]["sessions"], true);
    assert_eq!(alarms["settings"]["tiers"].as_array().map(Vec::len), Some(2));
    let today = releve_shared::time::Zone::named("Europe/Paris").unwrap().day_of(world.app.now());
    let months = std::collections::BTreeSet::from([today.plus(-6).month(), today.month()]);
    let mut seen = [0, 0, 0];
    for month in months {
        let month: String = month.to_string().chars().take(7).collect();
        let told = get(&format!("/api/desk/alarms/figures?month={month}")).await;
        for (n, of) in seen.iter_mut().zip(["real", "mistaken", "tests"]) {
            *n += told[of].as_i64().unwrap();
        }
    }
    assert_eq!(seen, [1, 1, 7], "the alarms of a week, each answered and closed");
    assert_eq!(get("/api/desk/alarms").await, json!([]), "none is open");
    let board = get(&format!("/api/desk/board?day={}&to={}", today.plus(-7), today)).await;
    let mut seen: std::collections::BTreeMap<String, u32> = std::collections::BTreeMap::new();
    for row in board["rows"].as_array().unwrap() {
        *seen.entry(row["status"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for status in ["in_progress", "to_check", "done", "accepted", "corrected"] {
        assert!(seen.contains_key(status), "{status} is missing: {seen:?}");
    }
    assert!(board["totals"]["badged"].as_i64().unwrap() > 10_000);
    let anomalies: String = board["rows"].to_string();
    for flag in ["manual", "forgotten", "unplanned", "wall_wrong"] {
        assert!(anomalies.contains(&format!("\"{flag}\"")), "no {flag}: {seen:?}");
    }
    assert!(!anomalies.contains("chain_broken") && !anomalies.contains("no_access"));
    for assurance in ["sun", "nfc_static", "qr", "manual"] {
        assert!(anomalies.contains(&format!("\"assurance\":\"{assurance}\"")), "no {assurance}");
    }
    for quality in ["exact", "bracketed"] {
        assert!(anomalies.contains(&format!("\"quality\":\"{quality}\"")), "no {quality}");
    }

    // Who tries the phone has a whole day: what is behind is badged, what comes is to come.
    let hers = |status: &str| {
        let rows = board["rows"].as_array().unwrap().iter();
        let of_hers = rows.filter(|row| row["caregiver_name"] == made.caregiver.as_str());
        of_hers.filter(|row| row["status"] == status).count()
    };
    assert!(hers("in_progress") == 0 && hers("no_phone") <= 2, "{board}");
    let badged = hers("done") + hers("to_check") + hers("accepted") + hers("corrected");
    assert!((1..=2).contains(&badged), "{badged}");
    let cards = get("/api/desk/clients").await.to_string();
    assert!(!cards.contains("1e étage"));

    let requests = get("/api/desk/requests").await;
    let contests: Vec<_> =
        requests.as_array().unwrap().iter().filter(|r| r["asked"]["kind"] == "contest").collect();
    let states: Vec<&str> = contests.iter().map(|r| r["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["sent", "accepted"], "one waits for an answer: {contests:?}");
    assert!(made.caregiver.starts_with(contests[0]["first_name"].as_str().unwrap()));

    let caregivers = get("/api/desk/caregivers").await;
    let icons: Vec<&str> = caregivers
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["transmission"].as_str().unwrap())
        .collect();
    for icon in ["not_sent", "pending", "transmitted"] {
        assert!(icons.contains(&icon), "O-07: no {icon} in {icons:?}");
    }
    let month: String = Day::to_string(&today.plus(-3)).chars().take(7).collect();
    let export = get(&format!("/api/desk/proof?month={month}")).await;
    let export: releve_shared::proof::Export = serde_json::from_value(export).unwrap();
    let (checked, unsigned) = export.check().unwrap();
    assert!(checked > 100 && unsigned == 0, "{checked} {unsigned}");

    let other = sign_in(&world, "autre@releve.test").await;
    let theirs = world.call("GET", "/api/desk/clients", None, Some(&other)).await;
    assert_eq!(theirs.body.as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_database_that_is_not_empty_is_left_alone() {
    let world = World::new().await;
    world.organisation("albi").await;
    let told = run(&world.app, "test").await.unwrap();
    assert!(!told.filled && told.made.is_none());
    assert!(told.to_string().contains("nothing was written"));
}

#[tokio::test]
async fn the_same_moment_and_seed_give_the_same_agency() {
    let ((one, first), (two, second)) = (filled().await, filled().await);
    let same = |told: &Filled| {
        let made = told.made.clone().unwrap();
        (made.visits, made.stamps, made.visit, made.visit_starts_at)
    };
    assert_eq!(same(&first), same(&second));
    let clients = async |world: &World| -> Value {
        let cookie = sign_in(world, LOGIN).await;
        world.call("GET", "/api/desk/clients", None, Some(&cookie)).await.body
    };
    assert_eq!(clients(&one).await, clients(&two).await);
}
