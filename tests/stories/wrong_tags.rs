//! Tags and codes that mean nothing here: each has its own answer and a way on.

use releve_shared::badge::{Method, Reading, Token};
use releve_shared::id::HomeTagId;
use releve_shared::keys::Signer;
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, HOUR_MS, Moment};
use releve_shared::visit::{ClockKind, ManualReason};
use releve_tests::world::reading::{look, picture, tap, text};
use releve_tests::world::time::today_at;
use releve_tests::world::{World, paint};

/// O-14: wrong, foreign, forged, unknown and unreadable are told apart, without network.
#[test]
fn each_wrong_tag_has_its_own_answer() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let (home, next_door) = (w.home("Lefèvre"), w.home("Garnier"));
        let visit = w.visit(&amina, &home, today_at(8, 0));
        let _ = w.visit(&amina, &next_door, today_at(10, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));

        let (_, stranger) = w.agency("Autre Rive", "denis");
        let abroad = stranger.adds_client("Paul", "Ferrand");
        let foreign = stranger.issues_tag(abroad, "nfc_static");
        let thief = Signer::from_seed(&[9; 32]);
        let tag = HomeTagId::new(Moment(1), [1; 10]);
        let forged = Token::issue(w.organisation, tag, 1, &thief).link(&w.url());

        amina.phone.offline(|phone| {
            let refused = |reading: Reading, chosen| {
                let refusal = phone.badges(reading, chosen, false).unwrap_err();
                assert_eq!(phone.state().waiting, 0, "a refused reading leaves no act");
                refusal
            };
            assert_eq!(refused(tap(&next_door.nfc), Some(visit)), Refusal::WrongClient);
            assert_eq!(refused(tap(&foreign), Some(visit)), Refusal::TagForeign);
            assert_eq!(refused(text(Method::Nfc, &forged), Some(visit)), Refusal::TagForged);
            let bent = home.qr.link[..home.qr.link.len() - 3].to_owned();
            assert_eq!(refused(text(Method::Qr, &bent), Some(visit)), Refusal::TagForged);
            assert_eq!(refused(text(Method::Qr, "WIFI:S:box;;"), None), Refusal::NotAHomeTag);
            assert_eq!(refused(text(Method::Nfc, " "), None), Refusal::Unreadable);
            assert_eq!(look(&paint::blank_png()), Err(Refusal::Unreadable));
            assert_eq!(look(b"not a picture"), Err(Refusal::NotAPicture));

            // O-16: the way on is by hand, with a reason.
            let none = phone.by_hand(visit, ClockKind::Start, None).unwrap_err();
            assert_eq!(none, Refusal::ReasonMissing);
            let by_hand = phone.by_hand(visit, ClockKind::Start, Some(ManualReason::TagError));
            assert_eq!(by_hand.unwrap().kind, ClockKind::Start);
        });
    });
}

/// O-01: what the office issues and withdraws is usable and refused on the phone, offline afterwards.
#[test]
fn a_tag_is_initialised_and_revoked_from_the_office() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();

        let new = w.desk.issues_tag(home.client, "nfc_static");
        amina.phone.offline(|phone| {
            let early = phone.badges(tap(&new), Some(visit), false).unwrap_err();
            assert_eq!(early, Refusal::TagUnknown, "issued after the last sync");
        });
        w.desk.revokes_tag(home.nfc.id);
        amina.phone.sync().unwrap();

        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            let revoked = phone.badges(tap(&home.nfc), Some(visit), false).unwrap_err();
            assert_eq!(revoked, Refusal::TagRevoked);
            let _ = phone.badges(tap(&new), Some(visit), false).expect("the new tag opens");
            w.time.pass(HOUR_MS);
            let _ =
                phone.badges(picture(&home.qr), Some(visit), false).expect("the code still closes");
        });
        amina.phone.sync().unwrap();
        assert_eq!(w.desk.line(visit)["hours"]["badged"], 60);
    });
}

/// O-01: a stamp made before the phone learnt of the revocation is kept, and flagged.
#[test]
fn a_stamp_with_a_tag_revoked_meanwhile_is_kept_and_flagged() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.desk.revokes_tag(home.nfc.id);
        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
        });
        w.time.pass(DAY_MS);
        amina.phone.sync().unwrap();
        let line = w.desk.line(visit);
        assert_eq!(line["start"]["anomalies"], serde_json::json!(["tag_revoked"]), "{line}");
        assert_eq!(amina.phone.tally(), (0, 1, 0), "a fact is never refused");
    });
}
