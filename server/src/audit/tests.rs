//! The log is chained, and a changed byte is named.

use releve_shared::id::AuditId;

use serde_json::json;

use super::{note, seal, verify};
use crate::identity::By;
use crate::testing::{World, sql};

#[tokio::test]
async fn a_changed_entry_is_named() {
    let world = World::new().await;
    let albi = world.organisation("albi").await;
    let by = By::system(albi);
    for n in 0..5 {
        let by = by.clone();
        world.pass(10);
        let id: AuditId = world.app.id();
        world
            .write(move |tx, now| note(tx, &by, "client.read", id, &n.to_string(), now).unwrap())
            .await;
    }
    // The two accounts of the organisation are in the log as well.
    assert_eq!(world.write(|tx, _| seal(tx).unwrap()).await, 7);
    assert_eq!(world.write(|tx, _| seal(tx).unwrap()).await, 0, "once");
    assert_eq!(world.write(|tx, _| verify(tx).unwrap()).await, []);

    let changed = world
        .write(|tx, _| {
            let rows = tx.query(&sql::LIE, &["3".into()]).unwrap();
            rows.first().unwrap().get::<AuditId>(0).unwrap()
        })
        .await;
    let flaws = world.write(|tx, _| verify(tx).unwrap()).await;
    assert_eq!(flaws.len(), 1);
    assert_eq!((flaws[0].organisation, flaws[0].entry), (albi, changed));
}

#[tokio::test]
async fn the_log_belongs_to_its_organisation_and_is_read_in_pages() {
    let world = World::new().await;
    let (albi, _) = (world.organisation("albi").await, world.organisation("gaillac").await);
    let by = By::system(albi);
    world.pass(5);
    world.write(move |tx, now| note(tx, &by, "visit.cancel", "x", "", now).unwrap()).await;
    let (ours, theirs) = (world.sign_in("albi-admin").await, world.sign_in("gaillac-admin").await);
    let client = json!({ "title": "mrs", "first_name": "Denise", "last_name": "Cazals",
        "street": "3 rue Basse", "postal_code": "81000", "commune": "Albi" });
    let caregiver = json!({ "first_name": "Amina", "last_name": "Diallo", "phone": "06 12 34 56 78",
        "role": "Aide" });
    for (path, body) in [("/api/desk/clients", client), ("/api/desk/caregivers", caregiver)] {
        let made = world.call("POST", path, Some(body), Some(&ours)).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let read = async |cookie: &str, query: &str| {
        world.call("GET", &format!("/api/desk/audit{query}"), None, Some(cookie)).await.body
    };
    assert!(!read(&theirs, "").await.to_string().contains("visit.cancel"));
    let all = read(&ours, "").await;
    let all = all.as_array().unwrap().clone();
    let first = read(&ours, "?limit=2").await;
    let last = first[1]["id"].as_str().unwrap();
    let rest = read(&ours, &format!("?before={last}")).await;
    let pages = [first.as_array().unwrap().clone(), rest.as_array().unwrap().clone()].concat();
    assert_eq!(pages, all, "nothing twice, nothing lost");
    let found = |verb: &str| all.iter().find(|entry| entry["verb"] == verb).unwrap();
    assert_eq!(found("visit.cancel")["what"], "visit/x");
    assert!(found("visit.cancel")["whose"].is_null(), "of nobody who is known");
    assert_eq!(found("client.create")["whose"], "Denise Cazals");
    assert_eq!(found("caregiver.create")["whose"], "Amina Diallo");
}
