//! The professional card: a photo from the desk, a code from the phone, a page for the client.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use releve_core::door::{Ask, CardView, View};
use releve_core::ports::Request;
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, MINUTE_MS};
use releve_tests::world::World;
use releve_tests::world::desk::of;
use releve_tests::world::link::{agent, send};
use releve_tests::world::phone::Phone;
use releve_tests::world::time::{day_at, today_at};
use serde_json::json;

fn card(phone: &Phone) -> CardView {
    match phone.ask(&Ask::Card) {
        Ok(View::Card(view)) => *view,
        other => panic!("{other:?}"),
    }
}

/// A square picture of one grey, as a PNG in base64.
fn png(side: u32) -> String {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    let grey = vec![90; usize::try_from(side * side).expect("a size")];
    writer.write_image_data(&grey).expect("a picture");
    writer.finish().expect("the end");
    STANDARD.encode(bytes)
}

/// What a client's own telephone shows.
fn opened(link: &str) -> String {
    let (headers, body) = (Vec::new(), Vec::new());
    let request = Request { method: "GET", url: link.to_owned(), headers, body };
    let came = send(&agent(), &request).expect("the server answers");
    assert_eq!(came.status, 200);
    String::from_utf8_lossy(&came.body).into_owned()
}

/// O-30: shown without network with photo and logo; a client checks the code of now, and neither a
/// photo of an old one, nor one of somebody who has left, nor one of a blocked phone.
#[test]
fn a_card_proves_who_stands_at_the_door_now() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let visit = w.visit(&amina, &home, today_at(8, 0));
        let path = format!("/api/desk/caregivers/{}/photo", amina.caregiver.id);
        let photo = w.desk.put(&path, &json!({ "picture": png(500) })).ok();
        let _ = w.director().put("/api/desk/logo", &json!({ "picture": png(40) })).ok();
        amina.phone.sync().unwrap();
        amina.phone.offline(|phone| {
            let shown = card(phone);
            assert_eq!(
                (shown.first_name.as_str(), shown.organisation.as_str()),
                ("Amina", "Les Tilleuls")
            );
            assert_eq!(shown.photo, photo["picture"].as_str().map(str::to_owned));
            assert!(shown.logo.is_some() && shown.side > 20 && shown.path.starts_with('M'));
            assert!(shown.until > w.time.now());
            w.time.until(shown.until);
            let next = card(phone);
            assert_ne!(next.link, shown.link, "each minute has its own");
            let page = opened(&next.link);
            assert!(page.contains("Carte valide") && page.contains("Amina D."), "{page}");
            assert!(page.contains("Les Tilleuls") && page.contains("data:image/jpeg;base64,"));
            assert!(!page.contains("Diallo"), "no more than the card needs: {page}");
            w.time.pass(4 * MINUTE_MS);
            let stale = opened(&next.link);
            assert!(stale.contains("n'est pas valable") && !stale.contains("Amina"), "{stale}");
        });

        // A wall clock set wrong changes nothing: the phone knows its time.
        amina.phone.clocks.off_by(45 * MINUTE_MS);
        assert!(opened(&card(&amina.phone).link).contains("Carte valide"));
        amina.phone.clocks.off_by(0);

        let held = card(&amina.phone).link;
        let device: String = of(&w.desk.phones()[0], "id");
        w.desk.cancels(visit);
        w.time.until(today_at(12, 0));
        let end = format!("/api/desk/caregivers/{}/end", amina.caregiver.id);
        let _ = w.desk.post(&end, &json!({})).ok();
        let gone = card(&amina.phone);
        assert_ne!(gone.link, held);
        assert!(!opened(&gone.link).contains("Amina"), "she has left");
        amina.phone.sync().unwrap();
        assert_eq!(amina.phone.ask(&Ask::Card).map(|_| ()), Err(Refusal::NotFound));

        let bruno = w.worker("Bruno");
        let _ = w.visit(&bruno, &home, today_at(14, 0));
        bruno.phone.sync().unwrap();
        let good = card(&bruno.phone).link;
        assert!(opened(&good).contains("Bruno D."), "without a photo too");
        let phones = w.desk.phones();
        let his = phones.iter().find(|row| row["id"] != device).expect("his phone");
        let block = json!({ "mode": "now", "sim_number": "", "note": "" });
        let path = format!("/api/desk/phones/{}/block", of::<String>(his, "id"));
        let _ = w.desk.post(&path, &block).ok();
        assert!(!opened(&good).contains("Bruno"), "a blocked phone proves nothing");
    });
}

/// O-30: days without a network change nothing; after the lease a phone presents nobody any more, and one
/// exchange brings the card back (ADR 13).
#[test]
fn a_card_lasts_as_long_as_the_lease() {
    World::each(|w| {
        let amina = w.worker("Amina");
        let home = w.home("Lefèvre");
        let _ = w.visit(&amina, &home, day_at(8, 8, 0));
        let path = format!("/api/desk/caregivers/{}/photo", amina.caregiver.id);
        let _ = w.desk.put(&path, &json!({ "picture": png(500) })).ok();
        amina.phone.sync().unwrap();
        amina.phone.offline(|phone| {
            w.time.pass(6 * DAY_MS);
            phone.restart();
            let shown = card(phone);
            assert!(shown.photo.is_some(), "six days without a network");
            w.time.pass(DAY_MS + MINUTE_MS);
            assert_eq!(phone.ask(&Ask::Card).map(|_| ()), Err(Refusal::LeaseOver));
        });
        amina.phone.sync().unwrap();
        assert!(card(&amina.phone).photo.is_some(), "one exchange is enough");
    });
}
