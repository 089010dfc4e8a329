//! The main job through the app's real window: Tauri, WebKitGTK, libnfc, SQLCipher, HTTP, a server.

mod bus;
mod driver;

use releve_shared::time::{MINUTE_MS, SECOND_MS};
use releve_tests::database::Scratch;
use releve_tests::pn532::{Ntag213, Pn532, Tag};
use releve_tests::world::World;
use releve_tests::world::paint::qr_png;
use releve_tests::world::time::today_at;
use serde_json::json;

use bus::Bus;
use driver::Window;

const UID: [u8; 7] = [0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6];

/// Rows O-05, O-13, O-14, O-20: enrolled by the desk's link, in by a picture of the QR with no
/// network, out by the bytes of a tag, both on the desk.
#[test]
#[ignore = "needs a screen and the built app: scripts/window"]
fn o_14_in_by_a_picture_and_out_by_a_tag_in_the_real_window() {
    World::on(&Scratch::sqlite(), |world| {
        let amina = world.desk.adds_caregiver("Amina", "Diallo");
        world.desk.transmits(amina.id, true);
        let home = world.home("Garrigues");
        let visit = world.desk.plans(amina.id, home.client, today_at(8, 0), today_at(9, 0));

        let here = tempfile::tempdir().expect("a folder");
        let code = here.path().join("code.png");
        std::fs::write(&code, qr_png(&home.qr.link, 6)).expect("a picture");
        let reader = Pn532::plug_in().expect("a reader");

        let window = Window::open(here.path(), &reader.name());
        window.shows("Activer ce téléphone");
        window.types("input[type=url]", &world.desk.enrolment(amina.id));
        window.presses("Continuer");
        window.presses("Activer");
        window.shows("Garrigues");
        window.picture("1-today");

        world.while_down(|_| {
            window.presses("Badger l'arrivée");
            window.types("input[type=file]", &code.to_string_lossy());
            window.shows("Enregistré sur le téléphone");
            window.shows("Arrivée");
            window.picture("2-arrived");
            // A second reading within those thirty seconds would be the same gesture.
            window.shows_no_more("Annuler (");
            world.time.pass(60_000);
            window.presses("Continuer");
            window.shows("En cours depuis");
            window.picture("3-in-progress");
        });

        reader.put(Tag::Ntag213(Ntag213::with_link(UID, &home.nfc.link)));
        window.shows("Kilomètres, frais, compte-rendu");
        window.shows("Départ");
        window.picture("4-left");
        window.presses("Continuer");

        let line = once(|| Some(world.desk.line(visit)).filter(|line| !line["end"].is_null()));
        assert_eq!(
            (&line["start"]["method"], &line["end"]["method"]),
            (&json!("qr"), &json!("nfc"))
        );
    });
}

/// Rows O-31, O-32, O-33: a press in the real window, the countdown, and the alarm exists at the desk.
#[test]
#[ignore = "needs a screen and the built app: scripts/window"]
fn o_33_from_the_press_in_the_real_window_to_the_desk() {
    World::on(&Scratch::sqlite(), |world| {
        let amina = world.desk.adds_caregiver("Amina", "Diallo");
        world.desk.transmits(amina.id, true);
        let home = world.home("Garrigues");
        world.desk.plans(amina.id, home.client, today_at(8, 0), today_at(9, 0));

        let here = tempfile::tempdir().expect("a folder");
        let reader = Pn532::plug_in().expect("a reader");
        let window = Window::open(here.path(), &reader.name());
        window.shows("Activer ce téléphone");
        window.types("input[type=url]", &world.desk.enrolment(amina.id));
        window.presses("Continuer");
        window.presses("Activer");
        window.shows("Garrigues");

        window.presses("DATI");
        window.shows("ANNULER");
        window.picture("5-countdown");
        let alarms = || world.desk.get("/api/desk/alarms").ok();
        let armed = once(|| Some(alarms()).filter(|all| all[0]["phase"] == "armed"));
        assert_eq!(armed[0]["kind"], "panic");
        window.shows("Alarme donnée");
        window.picture("6-alarm");
        let raised = once(|| Some(alarms()).filter(|all| !all[0]["raised_at"].is_null()));
        assert_eq!(raised[0]["id"], armed[0]["id"], "one episode");
        assert_eq!(raised[0]["name"], "Amina Diallo");
    });
}

/// Row O-42: before the end of a visit the desktop itself is told, once, through the session's bus, in
/// words that name nobody.
#[test]
#[ignore = "needs a screen and the built app: scripts/window"]
fn o_42_the_real_window_reminds_through_the_desktop() {
    World::on(&Scratch::sqlite(), |world| {
        let amina = world.desk.adds_caregiver("Amina", "Diallo");
        world.desk.transmits(amina.id, true);
        let home = world.home("Garrigues");
        let now = world.time.now();
        let ends = now.plus(6 * MINUTE_MS);
        world.desk.plans(amina.id, home.client, now.plus(-30 * MINUTE_MS), ends);

        let here = tempfile::tempdir().expect("a folder");
        let code = here.path().join("code.png");
        std::fs::write(&code, qr_png(&home.qr.link, 6)).expect("a picture");
        let reader = Pn532::plug_in().expect("a reader");
        let bus = Bus::start(here.path());
        let window = Window::open_on(here.path(), &reader.name(), Some(&bus.address));
        window.shows("Activer ce téléphone");
        window.types("input[type=url]", &world.desk.enrolment(amina.id));
        window.presses("Continuer");
        window.presses("Activer");
        window.shows("Garrigues");
        window.presses("Badger l'arrivée");
        window.types("input[type=file]", &code.to_string_lossy());
        window.shows("Arrivée");
        window.presses("Continuer");
        let shown = once(|| Some(bus.shown()).filter(|shown| !shown.is_empty()));
        assert_eq!(shown[0].0, "L'intervention se termine bientôt");
        assert!(shown[0].1.contains("Fin prévue à"), "{shown:?}");
        assert!(!format!("{shown:?}").contains("Garrigues"), "others read a locked screen too");
        std::thread::sleep(std::time::Duration::from_millis(3 * SECOND_MS.unsigned_abs()));
        assert_eq!(bus.shown().len(), 1, "once, not by the page and by the system");
    });
}

/// Looks again until it is so; the phone tries by itself within a minute.
fn once<T>(look: impl Fn() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    panic!("it never came to be");
}
