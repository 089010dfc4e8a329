//! One's own password at the desk.

use releve_tests::world::desk::Desk;
use releve_tests::world::{PASSWORD, World};
use serde_json::json;

/// The old one is asked, a weak one is refused, the other sessions end, and this one goes on.
#[test]
fn a_password_is_changed_by_its_owner_alone() {
    const NEXT: &str = "Trois-Merles-4-Pies";
    World::each(|w| {
        let (here, elsewhere) = (Desk::new(&w.url()), Desk::new(&w.url()));
        let _ = here.sign_in("chloe", PASSWORD).ok();
        let _ = elsewhere.sign_in("chloe", PASSWORD).ok();
        let change = |old: &str, new: &str| {
            here.put("/api/desk/me/password", &json!({ "old": old, "new": new }))
        };
        let field = |said: &releve_tests::world::desk::Answer| {
            let body: serde_json::Value = serde_json::from_str(&said.text).unwrap();
            (
                body["refusal"].as_str().unwrap().to_owned(),
                body["field"].as_str().unwrap().to_owned(),
            )
        };
        assert_eq!(field(&change("Wrong-Horse7-Battery", NEXT)), ("invalid".into(), "old".into()));
        assert_eq!(field(&change(PASSWORD, "court")), ("weak_password".into(), "new".into()));
        assert_eq!(field(&change(PASSWORD, PASSWORD)), ("exists".into(), "new".into()));
        assert_eq!(change(PASSWORD, NEXT).status, 204);
        assert_eq!(here.get("/api/desk/me").status, 200, "this session goes on");
        assert_eq!(elsewhere.get("/api/desk/me").status, 401, "the others are over");
        let stranger = Desk::new(&w.url());
        assert_eq!(stranger.sign_in("chloe", PASSWORD).status, 401);
        let _ = stranger.sign_in("chloe", NEXT).ok();
        let audit = w.director().get("/api/desk/audit?limit=20").ok().to_string();
        assert!(audit.contains("account.password") && !audit.contains(NEXT), "{audit}");
    });
}
