//! Photos of receipts: after the acts, in parts that resume, without what a camera adds (C11).

use releve_core::door::{Act, ActState};
use releve_core::ports::{Link as _, Request};
use releve_shared::receipt::PART_BYTES;
use releve_shared::refusal::Refusal;
use releve_tests::world::World;
use releve_tests::world::folder::found_in;
use releve_tests::world::link::Weather;
use releve_tests::world::reading::tap;
use releve_tests::world::time::today_at;
use serde_json::json;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A noisy PNG of several parts, and behind it what a camera might add.
fn photo() -> Vec<u8> {
    let mut seed = 7_u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    };
    let pixels: Vec<u8> = (0..420 * 300 * 3).map(|_| noise()).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 420, 300);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk("GPS".to_owned(), "CANARI-43.9289N".to_owned()).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    bytes
}

/// O-19, C11: cut on the way it goes on from where the office is; the desk sees a clean picture.
#[test]
fn a_photo_is_sent_after_the_acts_and_resumes() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        amina.phone.sync().unwrap();
        w.time.until(today_at(8, 0));
        let taken = photo();
        assert!(taken.len() > 3 * PART_BYTES, "several parts: {}", taken.len());
        let picture = STANDARD.encode(&taken);
        amina.phone.offline(|phone| {
            let _ = phone.badges(tap(&home.nfc), Some(visit), false).unwrap();
            let svg = STANDARD.encode("<svg onload=alert(1)>");
            let odd = Act::AddReceipt { visit, picture: svg };
            assert_eq!(phone.act(odd), Err(Refusal::NotAPicture));
            phone.act(Act::AddReceipt { visit, picture }).unwrap();
            let line = &phone.visit(visit).unwrap().receipts[0];
            assert_eq!((&line.state, line.sent_percent), (&ActState::OnPhone, 0));
            assert_eq!(phone.state().waiting, 3, "a stamp, its receipt, and the picture");
        });
        let clear = found_in(amina.phone.folder(), &["CANARI-43".to_owned()]);
        assert!(clear.is_empty(), "in clear on the phone: {clear:?}");

        // The network goes after the announcement and two parts.
        amina.phone.line.cut_after("/api/phone/receipts", 2);
        assert!(amina.phone.sync().is_err());
        let path = format!("/api/desk/visits/{visit}/receipts");
        assert_eq!(w.desk.line(visit)["start"]["kind"], "start", "the acts came first");
        assert_eq!(w.desk.get(&path).ok()[0]["kept_at"], json!(null), "on its way");
        let half = amina.phone.visit(visit).unwrap().receipts[0].sent_percent;
        assert!((1..100).contains(&half), "{half}");
        amina.phone.restart();
        amina.phone.line.weather(Weather::Clear);
        amina.phone.sync().unwrap();
        let receipts = amina.phone.visit(visit).unwrap().receipts;
        assert!(matches!(receipts[0].state, ActState::Received { .. }), "{receipts:?}");
        assert_eq!(amina.phone.state().waiting, 0);
        let tried = amina.phone.line.tried();
        let parts = tried.iter().filter(|path| *path == "/api/phone/receipts").count();
        assert!(
            parts <= taken.len().div_ceil(PART_BYTES) + 1,
            "{parts} parts: from the start again"
        );

        let list = w.desk.get(&path).ok();
        let id = list[0]["id"].as_str().unwrap().to_owned();
        assert!(list[0]["kept_at"].is_i64(), "{list}");
        let request = Request {
            method: "GET",
            url: format!("{}/api/desk/receipts/{id}", w.url()),
            headers: vec![("cookie".to_owned(), w.desk.cookie())],
            body: Vec::new(),
        };
        let came = amina.phone.line.send(&request).unwrap();
        assert_eq!((came.status, came.content_type.as_str()), (200, "image/jpeg"));
        assert!(!came.body.windows(6).any(|w| w == b"CANARI"), "what a camera adds is gone");
        assert!(came.body.starts_with(&[0xff, 0xd8, 0xff]), "encoded again");

        amina.phone.act(Act::DropReceipt { visit, receipt: receipts[0].id }).unwrap();
        amina.phone.sync().unwrap();
        assert!(amina.phone.visit(visit).unwrap().receipts.is_empty());
        assert_eq!(w.desk.get(&path).ok(), json!([]), "taken back");
    });
}
