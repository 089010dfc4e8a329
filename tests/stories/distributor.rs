//! A phone with a distributor of pushes (UnifiedPush) and without Google's services: it gives the server
//! an address and keys of its own, opens what comes, and fetches.

use releve_core::ports::Heard;
use releve_server::notices;
use releve_tests::receiver::Receiver;
use releve_tests::world::phone::Phone;
use releve_tests::world::{Worker, World};
use serde_json::json;

fn sends(w: &World) -> usize {
    let app = w.server().as_ref().expect("a server").app.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(notices::send_due(&app)).expect("the jobs")
}

fn writes(w: &World, worker: &Worker) {
    let words = json!({ "to": [worker.caregiver.id], "text": "Mme Lefèvre est hospitalisée" });
    let _ = w.desk.post("/api/desk/threads", &words).ok();
}

fn installs(phone: &Phone, names: &[&str]) {
    let mut all = phone.hands.pretended();
    all.distributors = names.iter().map(|&name| name.to_owned()).collect();
    phone.hands.set(all);
}

/// The distributor tells, and the phone's own thread hears it.
fn tells(phone: &Phone, heard: Heard) {
    let mut all = phone.hands.pretended();
    all.told.push(heard);
    phone.hands.set(all);
    let _ = phone.lives();
}

/// Whether the phone has fetched since the last look.
fn fetched(phone: &Phone) -> bool {
    phone.line.tried().iter().any(|path| matches!(&**path, "/api/phone/news" | "/api/phone/pull"))
}

/// B-14: a message of the office wakes the phone by a push that only this phone can open; nobody else's
/// does. Who is asked, once in each run; what is taken back is told to the server.
#[test]
fn a_distributor_wakes_a_phone() {
    World::each(|w| {
        let service = Receiver::blind();
        let at = |path: &str| format!("http://{}/{path}", service.address);
        let amina = w.worker("Amina");
        let phone = &amina.phone;
        let _ = phone.lives();
        assert!(phone.hands.pretended().registered.is_empty(), "there is none to be asked");
        installs(phone, &["org.example.up"]);
        let _ = (phone.lives(), phone.lives());
        let asked = phone.hands.pretended().registered;
        let [(which, token)] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!(which, "org.example.up");
        let token = || token.clone();
        tells(phone, Heard::Endpoint { token: token(), endpoint: at("up/amina") });

        writes(w, &amina);
        assert_eq!(sends(w), 1);
        let push = service.pushes().pop().expect("a push");
        assert_eq!(push.path, "/up/amina");
        let _ = (phone.lives(), fetched(phone));
        let _ = phone.lives();
        assert!(!fetched(phone), "nobody has told the phone");
        let mut forged = push.closed.clone();
        *forged.last_mut().expect("bytes") ^= 1;
        tells(phone, Heard::Message { token: token(), bytes: forged });
        assert!(!fetched(phone), "not of our server");
        tells(phone, Heard::Message { token: token(), bytes: push.closed });
        assert!(fetched(phone));

        // An address that has moved is told; the app opened again asks again, with the same token.
        tells(phone, Heard::Endpoint { token: token(), endpoint: at("up/moved") });
        phone.restart();
        let _ = (phone.lives(), phone.lives());
        assert_eq!(phone.hands.pretended().registered, [asked[0].clone(), asked[0].clone()]);
        writes(w, &amina);
        assert_eq!(sends(w), 1);
        assert_eq!(service.pushes().pop().expect("a push").path, "/up/moved");

        // What an enrolment before this one has left is taken back; nothing of it is believed.
        tells(phone, Heard::Endpoint { token: "old".to_owned(), endpoint: at("up/old") });
        assert_eq!(phone.hands.pretended().unregistered, ["old"]);

        // Refused: the server is told, and it is asked again the next time the app is opened.
        tells(phone, Heard::Unregistered { token: token() });
        let _ = (phone.lives(), phone.lives());
        writes(w, &amina);
        assert_eq!(sends(w), 0, "this phone is reached by no push");
        assert_eq!(phone.hands.pretended().registered.len(), 2);
        phone.restart();
        let _ = phone.lives();
        let (_, other) = phone.hands.pretended().registered.pop().expect("asked anew");
        assert_ne!(other, token(), "by another token");
        tells(phone, Heard::Endpoint { token: other, endpoint: at("up/again") });
        writes(w, &amina);
        assert_eq!(sends(w), 1);

        // The distributor was taken away.
        installs(phone, &[]);
        let _ = (phone.lives(), phone.lives());
        writes(w, &amina);
        assert_eq!(sends(w), 0);
    });
}
