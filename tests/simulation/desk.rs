//! The browser of an office: the desk's interface, in the same process.

use releve_core::ports::Request;
use releve_tests::world::PASSWORD;
use serde_json::{Value, json};

use crate::server::{Server, URL};

/// A supervisor who signs in again when the session is over.
#[derive(Clone)]
pub struct Desk {
    login: &'static str,
    cookie: Option<String>,
}

impl Desk {
    /// Before the first sign-in.
    pub fn new(login: &'static str) -> Self {
        Self { login, cookie: None }
    }

    /// One request; what is refused gives `None`, what breaks ends the run.
    pub fn does(
        &mut self,
        server: &Server,
        method: &'static str,
        path: &str,
        body: &Value,
    ) -> Option<Value> {
        let path = format!("/api/desk/{path}");
        let (mut status, mut answer) = self.tries(server, method, &path, body);
        if status == 401 {
            let login = json!({ "login": self.login, "password": PASSWORD });
            let (said, cookie) = server.ask(&request("POST", "/api/desk/session", &login, None));
            assert_eq!(said.status, 200, "{}", String::from_utf8_lossy(&said.body));
            self.cookie = cookie;
            (status, answer) = self.tries(server, method, &path, body);
        }
        assert!(status < 500 && status != 401, "{method} {path}: {status} {answer}");
        (status < 300).then_some(answer)
    }

    fn tries(
        &self,
        server: &Server,
        method: &'static str,
        path: &str,
        body: &Value,
    ) -> (u16, Value) {
        let (answer, _) = server.ask(&request(method, path, body, self.cookie.as_ref()));
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }
}

fn request(method: &'static str, path: &str, body: &Value, cookie: Option<&String>) -> Request {
    let mut headers = vec![("origin".to_owned(), URL.to_owned())];
    headers.extend(cookie.map(|cookie| ("cookie".to_owned(), cookie.clone())));
    let body = if method == "GET" {
        Vec::new()
    } else {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        serde_json::to_vec(body).expect("JSON")
    };
    Request { method, url: format!("{URL}{path}"), headers, body }
}
