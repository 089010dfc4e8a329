//! The office of a simulation: the desk's interface, in the same process.

use releve_core::ports::Request;
use releve_tests::world::PASSWORD;
use serde_json::{Value, json};

use crate::net::{Net, URL};

/// A supervisor who signs in again when the session is over.
pub struct Office {
    net: Net,
    cookie: Option<String>,
}

impl Office {
    /// Before the first sign-in.
    pub fn new(net: &Net) -> Self {
        Self { net: net.clone(), cookie: None }
    }

    /// One request; what is refused gives `None`, what breaks ends the run.
    pub fn does(&mut self, method: &'static str, path: &str, body: &Value) -> Option<Value> {
        let (mut status, mut answer) = self.tries(method, path, body);
        if status == 401 {
            let login = json!({ "login": "chloe", "password": PASSWORD });
            let request = request("POST", "/api/desk/session", &login, None);
            let (said, cookie) = self.net.ask_for_cookie(&request);
            assert_eq!(said.status, 200, "{}", String::from_utf8_lossy(&said.body));
            self.cookie = cookie;
            (status, answer) = self.tries(method, path, body);
        }
        assert!(status < 500 && status != 401, "{method} {path}: {status} {answer}");
        (status < 300).then_some(answer)
    }

    fn tries(&self, method: &'static str, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.net.ask(&request(method, path, body, self.cookie.as_ref()));
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
