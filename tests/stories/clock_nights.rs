//! T9: nights of 7, 8 and 9 hours, over a leap day and a new year, on phones whose clocks are wrong or
//! are set back in mid-visit. Hours are equal everywhere (I7), and a wrong clock is flagged.

use releve_shared::hours::Hours;
use releve_shared::time::{Day, HOUR_MS, Moment};
use releve_shared::visit::Progress;
use releve_tests::world::World;
use releve_tests::world::reading::tap;
use releve_tests::world::time::{Hands, paris};
use serde_json::Value;

/// What befalls a phone's wall clock in a night.
#[derive(Clone, Copy, Debug)]
enum Wall {
    Right,
    /// Nobody has set it.
    Of1970,
    /// Somebody takes it for wrong at three in the morning and sets it back by an hour.
    SetBack,
}

impl Wall {
    fn before(self, clocks: &Hands) {
        match self {
            Self::Right | Self::SetBack => clocks.off_by(0),
            Self::Of1970 => clocks.set_wall(Moment(0)),
        }
    }

    fn at_three(self, clocks: &Hands) {
        if let Self::SetBack = self {
            clocks.off_by(-HOUR_MS);
        }
    }
}

/// From 22:00 to 06:00 by the clocks on the wall, and the minutes that were worked.
const NIGHTS: &[(&str, i64)] = &[
    ("2026-12-31", 480),
    // Clocks go from 02:00 to 03:00, and in October from 03:00 to 02:00.
    ("2027-03-27", 420),
    ("2027-10-30", 540),
    ("2028-02-28", 480),
    ("2028-02-29", 480),
];

/// T9, I7, B-03.
#[test]
fn nights_have_their_true_length_whatever_the_clocks() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        for ((day, minutes), wall) in NIGHTS.iter().zip([
            Wall::Of1970,
            Wall::SetBack,
            Wall::SetBack,
            Wall::Right,
            Wall::Of1970,
        ]) {
            let day = Day::parse(day).unwrap();
            let at = |days: i32, hour: i8| paris().at(day.plus(days), hour, 0);
            let (from, to) = (at(0, 22), at(1, 6));
            w.time.until(at(0, 20));
            w.tend();
            let visit = w.desk.plans(amina.caregiver.id, home.client, from, to);
            wall.before(&amina.phone.clocks);
            amina.phone.sync().unwrap();
            amina.phone.offline(|phone| {
                w.time.until(from);
                let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
                w.time.until(at(1, 3));
                wall.at_three(&phone.clocks);
                w.time.until(to);
                let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
                let hours = phone.visit(visit).unwrap().hours;
                assert_eq!((hours.planned, hours.badged), (*minutes, *minutes), "{day} {wall:?}");
            });
            amina.phone.sync().unwrap();

            let board = w.desk.board(&day.to_string(), &day.plus(1).to_string());
            let rows = board["rows"].as_array().expect("rows");
            let shown = |row: &&Value| row["visit"]["id"] == visit.to_string();
            let line = rows.iter().find(shown).expect("its line");
            let hours = amina.phone.visit(visit).unwrap().hours;
            assert_eq!(hours.badged, *minutes, "{day} {wall:?}: after the sync");
            assert_eq!(line["hours"], serde_json::to_value(hours).unwrap(), "{day}: the board");
            assert_eq!(of_the_proof(w, line, visit.to_string().as_str()), hours, "{day}: proof");

            let flagged = |end: &str| line[end]["anomalies"].to_string().contains("wall_wrong");
            let expected = match wall {
                Wall::Right => (false, false),
                Wall::Of1970 => (true, true),
                Wall::SetBack => (false, true),
            };
            assert_eq!((flagged("start"), flagged("end")), expected, "{day} {wall:?}: {line}");
        }
    });
}

/// The hours, computed from the raw stamps that the proof of the visit shows.
fn of_the_proof(w: &World, line: &Value, visit: &str) -> Hours {
    let proof = w.desk.get(&format!("/api/desk/visits/{visit}/proof")).ok();
    let stamps: Vec<_> = proof["stamps"]
        .as_array()
        .expect("stamps")
        .iter()
        .map(|stamp| serde_json::from_value(stamp["clocked"].clone()).expect("a stamp"))
        .collect();
    let row = serde_json::from_value(line["visit"].clone()).expect("a visit");
    Hours::of(&row, &Progress::of(&stamps), None)
}
