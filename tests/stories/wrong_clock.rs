//! Phones whose clocks are wrong: hours are not falsified, and the board says how well time is known.

use releve_shared::clock::Quality;
use releve_shared::time::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use serde_json::Value;

fn measured(line: &Value, end: &str) -> (i64, Option<i64>, String) {
    let measured = &line[end]["measured"];
    let quality = measured["quality"].as_str().expect("a stamp").to_owned();
    (measured["at"].as_i64().expect("a moment"), measured["error_ms"].as_i64(), quality)
}

/// B-03: 1970, and three days either way, without a restart: exact within the stated error.
#[test]
fn a_wrong_wall_clock_changes_no_hours() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let homes = [w.home("Un"), w.home("Deux"), w.home("Trois")];
        let visits: Vec<_> = homes
            .iter()
            .zip([8, 10, 12])
            .map(|(home, hour)| w.visit(&amina, home, today_at(hour, 0)))
            .collect();
        amina.phone.sync().unwrap();
        amina.phone.offline(|phone| {
            for ((home, visit), hour) in homes.iter().zip(&visits).zip([8, 10, 12]) {
                w.time.until(today_at(hour, 0));
                match hour {
                    8 => phone.clocks.set_wall(Moment(0)),
                    10 => phone.clocks.off_by(3 * DAY_MS),
                    _ => phone.clocks.off_by(-3 * DAY_MS),
                }
                let _ = phone.badges(tap(&home.nfc), Some(*visit), false).unwrap();
                w.time.pass(HOUR_MS);
                let _ = phone.badges(tap(&home.nfc), Some(*visit), false).unwrap();
            }
            assert!(
                phone.state().wall_error_ms.is_some(),
                "the worker is told that the clock is wrong"
            );
        });
        w.time.pass(DAY_MS);
        amina.phone.sync().unwrap();
        for (visit, hour) in visits.iter().zip([8, 10, 12]) {
            let line = w.desk.line(*visit);
            for (end, truth) in [("start", today_at(hour, 0)), ("end", today_at(hour + 1, 0))] {
                let (at, error, quality) = measured(&line, end);
                assert_eq!(quality, Quality::Exact.code());
                let error = error.expect("an error is stated");
                assert!((at - truth.0).abs() <= error, "{hour} {end}: off by {}", at - truth.0);
                assert!(error <= MINUTE_MS, "stated error of {error} ms");
                assert!(line[end]["anomalies"].to_string().contains("wall_wrong"), "{line}");
            }
            assert_eq!(line["hours"]["badged"], 60);
        }
    });
}

/// B-03: restarted offline with a lying clock: between two exchanges, and said to be so.
#[test]
fn after_a_restart_the_time_is_bracketed() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        let known = w.time.now();
        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            phone.reboot();
            phone.clocks.off_by(-2 * DAY_MS);
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            phone.reboot();
        });
        w.time.until(today_at(10, 0));
        amina.phone.sync().unwrap();
        let (at, error, quality) = measured(&w.desk.line(visit), "start");
        assert_eq!(quality, Quality::Bracketed.code());
        let error = error.expect("bounded");
        assert!((at - today_at(8, 0).0).abs() <= error, "{at} ± {error}");
        assert!(at >= known.0 - MINUTE_MS && at <= today_at(10, 0).0);
    });
}

/// B-03: a phone that was never heard of since its restart only claims.
#[test]
fn a_right_clock_after_a_restart_is_kept_as_it_says() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        amina.phone.offline(|phone| {
            phone.reboot();
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            w.time.pass(HOUR_MS);
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            assert_eq!(phone.visit(visit).unwrap().hours.badged, 60);
            phone.reboot();
        });
        w.time.pass(HOUR_MS);
        amina.phone.sync().unwrap();
        assert_eq!(w.desk.line(visit)["hours"]["badged"], 60);
    });
}
