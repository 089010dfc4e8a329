//! Copies of tags, as the desk sees them: doubts on the board, never a refusal (row B-04).

use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use releve_tests::world::World;
use releve_tests::world::reading::{picture, tap_424};
use releve_tests::world::time::today_at;
use serde_json::{Value, json};

use crate::ntag424::{encoded, stamp};

/// B-04: a chip in LRP mode is verified like the others, and its forgeries are found.
#[test]
fn a_chip_in_lrp_mode_is_verified() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let tag = w.desk.issues_tag(home.client, "ntag424");
        let room = tag.issued["ntag424"]["lrp_url_template"].as_str().expect("how to encode it");
        let chip = encoded(&tag).in_lrp_mode();
        assert_eq!(room.len(), chip.next_link().len(), "the chip mirrors over the zeros");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();

        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap_424(&chip), Some(visit), false).unwrap();
        w.time.pass(HOUR_MS);
        let mut forged = tap_424(&chip.after(1));
        let last = forged.text.pop().unwrap();
        forged.text.push(if last == '0' { '1' } else { '0' });
        let _ = amina.phone.badges(forged, Some(visit), false).unwrap();
        amina.phone.sync().unwrap();
        let line = w.desk.line(visit);
        assert_eq!(stamp(&line, "start"), ("sun".into(), json!([])));
        assert_eq!(stamp(&line, "end"), ("manual".into(), json!(["sun_forged"])));
    });
}

/// B-04: another chip with the tag's keys, and one chip under two tags; both stamps are kept.
#[test]
fn two_chips_for_one_tag_are_a_doubt() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let tag = w.desk.issues_tag(home.client, "ntag424");
        let chip = encoded(&tag);
        let visits: Vec<_> =
            [8, 10].iter().map(|hour| w.visit(&amina, &home, today_at(*hour, 0))).collect();
        amina.phone.sync().unwrap();

        w.time.until(today_at(8, 0));
        let _ = amina.phone.badges(tap_424(&chip), Some(visits[0]), false).unwrap();
        w.time.pass(HOUR_MS);
        let clone = chip.clone().cloned_to([4, 9, 9, 9, 9, 9, 9]).after(7);
        let _ = amina.phone.badges(tap_424(&clone), Some(visits[0]), false).unwrap();
        amina.phone.sync().unwrap();
        let line = w.desk.line(visits[0]);
        assert_eq!(stamp(&line, "start"), ("sun".into(), json!([])));
        assert_eq!(stamp(&line, "end"), ("manual".into(), json!(["sun_two_chips"])));
        assert_eq!(line["status"], "to_check", "a person looks; the hours are kept");
        assert!(line["end"]["measured"]["at"].is_number(), "{line}");

        // The office encodes the same chip for a second tag, and forgets to withdraw the first.
        let second = encoded(&w.desk.issues_tag(home.client, "ntag424")).after(20);
        w.time.until(today_at(10, 0));
        amina.phone.sync().unwrap();
        let _ = amina.phone.badges(tap_424(&second), Some(visits[1]), false).unwrap();
        amina.phone.sync().unwrap();
        let (_, anomalies) = stamp(&w.desk.line(visits[1]), "start");
        assert_eq!(anomalies, json!(["sun_two_chips"]));
        w.desk.revokes_tag(tag.id);
        w.time.pass(HOUR_MS);
        let _ = amina.phone.badges(tap_424(&second.after(21)), Some(visits[1]), false).unwrap();
        amina.phone.sync().unwrap();
        assert_eq!(stamp(&w.desk.line(visits[1]), "end"), ("sun".into(), json!([])));
    });
}

/// B-04: a counter far ahead says that somebody read the tag a lot; the tag itself stays proven.
#[test]
fn a_counter_far_ahead_is_a_doubt() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let chip = encoded(&w.desk.issues_tag(home.client, "ntag424"));
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let first = tap_424(&chip.clone().after(50));
        let _ = amina.phone.badges(first, Some(visit), false).unwrap();
        w.time.pass(HOUR_MS);
        let _ = amina.phone.badges(tap_424(&chip.after(500)), Some(visit), false).unwrap();
        amina.phone.sync().unwrap();
        let line = w.desk.line(visit);
        assert_eq!(stamp(&line, "start"), ("sun".into(), json!([])), "nothing came before it");
        assert_eq!(stamp(&line, "end"), ("sun".into(), json!(["sun_jump"])));
    });
}

/// B-04: photographs of two homes' codes, read from one chair. A couple at one address is one place.
#[test]
fn two_homes_in_no_time_are_a_doubt() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let (her, his, away) = (w.home("Lefèvre"), w.home("Lefèvre"), w.home("Martin"));
        let path = format!("/api/desk/clients/{}", away.client);
        let mut sheet: Value = w.desk.get(&path).ok();
        sheet["street"] = "3 place du Vigan".into();
        let _ = w.desk.put(&path, &sheet).ok();
        let homes = [(&her, 8), (&his, 9), (&away, 10)];
        let visits = homes.map(|(home, hour)| w.visit(&amina, home, today_at(hour, 0)));
        amina.phone.sync().unwrap();

        w.time.until(today_at(8, 0));
        for ((home, _), visit) in homes.into_iter().zip(visits) {
            let code = picture(&home.qr);
            let _ = amina.phone.badges(code.clone(), Some(visit), false).unwrap();
            w.time.pass(HOUR_MS);
            let _ = amina.phone.badges(code, Some(visit), false).unwrap();
            w.time.pass(MINUTE_MS / 6);
        }
        amina.phone.sync().unwrap();
        let start = |visit| stamp(&w.desk.line(visit), "start");
        assert_eq!(start(visits[0]), ("qr".into(), json!([])));
        assert_eq!(start(visits[1]), ("qr".into(), json!([])), "at the same address");
        assert_eq!(start(visits[2]), ("qr".into(), json!(["two_places"])));
        assert_eq!(w.desk.line(visits[2])["status"], "to_check");
        w.time.pass(DAY_MS);
        amina.phone.sync().unwrap();
        assert_eq!(start(visits[2]).1, json!(["two_places"]), "measured again, it stays one doubt");
    });
}
