//! A tag whose link changes at each tap: kept by the phone, verified by the server (row B-04).

use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use releve_tests::pn532::Ntag424;
use releve_tests::world::World;
use releve_tests::world::desk::Tag;
use releve_tests::world::reading::tap_424;
use releve_tests::world::time::today_at;
use serde_json::{Value, json};

pub(crate) fn encoded(tag: &Tag) -> Ntag424 {
    let how = &tag.issued["ntag424"];
    let template = how["url_template"].as_str().expect("how to encode it");
    let link = template.split_once("?picc=").expect("a mirror").0;
    assert_eq!(link, tag.link);
    let key = |name: &str| -> [u8; 16] {
        let hex = how[name].as_str().expect("a key");
        let bytes: Vec<u8> = (0..32)
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        bytes.try_into().unwrap()
    };
    Ntag424::new([4, 1, 2, 3, 4, 5, 6], key("meta_read_key"), key("file_read_key"), link)
}

pub(crate) fn stamp(line: &Value, end: &str) -> (Value, Value) {
    (line[end]["assurance"].clone(), line[end]["anomalies"].clone())
}

/// B-04: verified at sync, days later and out of order; the best assurance there is.
#[test]
fn a_changing_tag_is_verified_by_the_server() {
    World::each(|w| {
        let (amina, bruno) = (w.worker("Amina"), w.worker("Bruno"));
        let home = w.home("Lefèvre");
        let tag = w.desk.issues_tag(home.client, "ntag424");
        let chip = encoded(&tag);
        let hers = w.visit(&amina, &home, today_at(8, 0));
        let his = w.visit(&bruno, &home, today_at(14, 0));
        amina.phone.sync().unwrap();
        bruno.phone.sync().unwrap();

        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            let _ = phone.badges(tap_424(&chip), Some(hers), false).unwrap();
            w.time.pass(HOUR_MS);
            let _ = phone.badges(tap_424(&chip.clone().after(1)), Some(hers), false).unwrap();
        });
        w.time.until(today_at(14, 0));
        let _ = bruno.phone.badges(tap_424(&chip.clone().after(2)), Some(his), false).unwrap();
        w.time.pass(HOUR_MS);
        let _ = bruno.phone.badges(tap_424(&chip.clone().after(3)), Some(his), false).unwrap();
        bruno.phone.sync().unwrap();
        // Amina comes back a day later, with lower counters: honest, and taken.
        w.time.pass(DAY_MS);
        amina.phone.sync().unwrap();
        for visit in [hers, his] {
            let line = w.desk.line(visit);
            for end in ["start", "end"] {
                assert_eq!(stamp(&line, end), ("sun".into(), json!([])), "{visit} {end}");
            }
        }
    });
}

/// B-04: the same tap twice, a forged code and a tap read in advance are kept and flagged.
#[test]
fn replays_forgeries_and_taps_read_in_advance_are_flagged() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let tag = w.desk.issues_tag(home.client, "ntag424");
        let chip = encoded(&tag);
        let visits: Vec<_> =
            [8, 10, 12].iter().map(|hour| w.visit(&amina, &home, today_at(*hour, 0))).collect();
        amina.phone.sync().unwrap();

        w.time.until(today_at(8, 0));
        let copied = tap_424(&chip);
        let _ = amina.phone.badges(copied.clone(), Some(visits[0]), false).unwrap();
        w.time.pass(HOUR_MS);
        let _ = amina.phone.badges(copied, Some(visits[0]), false).unwrap();
        amina.phone.sync().unwrap();
        let line = w.desk.line(visits[0]);
        assert_eq!(stamp(&line, "start"), ("sun".into(), json!([])));
        assert_eq!(stamp(&line, "end"), ("manual".into(), json!(["sun_replayed"])));

        w.time.until(today_at(10, 0));
        let mut forged = tap_424(&chip.clone().after(5));
        let last = forged.text.pop().unwrap();
        forged.text.push(if last == '0' { '1' } else { '0' });
        let _ = amina.phone.badges(forged, Some(visits[1]), false).unwrap();
        amina.phone.sync().unwrap();
        let line = w.desk.line(visits[1]);
        assert_eq!(stamp(&line, "start"), ("manual".into(), json!(["sun_forged"])));
        w.time.pass(HOUR_MS);
        let _ =
            amina.phone.badges(tap_424(&chip.clone().after(9)), Some(visits[1]), false).unwrap();

        // A tap read before that one, and used two hours after it.
        w.time.until(today_at(13, 0));
        w.time.pass(MINUTE_MS);
        let _ =
            amina.phone.badges(tap_424(&chip.clone().after(7)), Some(visits[2]), false).unwrap();
        amina.phone.sync().unwrap();
        let (_, anomalies) = stamp(&w.desk.line(visits[2]), "start");
        assert_eq!(anomalies, json!(["sun_out_of_order"]));
    });
}
