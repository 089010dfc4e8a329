//! The way to the server: HTTP over TLS by rustls.

use std::io::Read;
use std::time::Duration;

use releve_core::ports::{Link, NoAnswer, Request, Response};
use ureq::{Agent, Body, http};

/// Above any page of a pull.
const LARGEST_ANSWER: u64 = 64 * 1024 * 1024;

/// Blocking HTTP; holds its connections open between calls.
pub(crate) struct HttpLink {
    agent: Agent,
}

impl HttpLink {
    pub(crate) fn new() -> Self {
        // A slow network is the normal one: the answer may take long, the first word may not.
        Self::within(10, 30, 180)
    }

    /// For the alarm: small requests, tried again soon rather than waited for.
    pub(crate) fn impatient() -> Self {
        Self::within(5, 10, 20)
    }

    fn within(connect_s: u64, first_word_s: u64, all_s: u64) -> Self {
        let config = Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(connect_s)))
            .timeout_recv_response(Some(Duration::from_secs(first_word_s)))
            .timeout_global(Some(Duration::from_secs(all_s)))
            // The core judges each status itself; a redirection is a captive portal's.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("releve/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into() }
    }

    /// The events of an answer as they come; `None` when it is not the server that answers, with
    /// success: a captive portal sends a page.
    pub(crate) fn stream(&self, request: &Request) -> Option<impl Read + use<>> {
        let answer = self.run(request).ok()?;
        let events = content_type(&answer).starts_with("text/event-stream");
        (events && answer.status().is_success()).then(|| answer.into_body().into_reader())
    }

    fn run(&self, request: &Request) -> Result<http::Response<Body>, NoAnswer> {
        let mut message = http::Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            message = message.header(name, value);
        }
        let message = message.body(request.body.as_slice()).map_err(|_| NoAnswer)?;
        self.agent.run(message).map_err(|_| NoAnswer)
    }
}

impl Link for HttpLink {
    fn send(&self, request: &Request) -> Result<Response, NoAnswer> {
        let mut answer = self.run(request)?;
        let content_type = content_type(&answer);
        let status = answer.status().as_u16();
        let body = answer
            .body_mut()
            .with_config()
            .limit(LARGEST_ANSWER)
            .read_to_vec()
            .map_err(|_| NoAnswer)?;
        Ok(Response { status, content_type, body })
    }
}

/// The kind of a body, in lower case; empty when it is not told.
fn content_type(answer: &http::Response<Body>) -> String {
    let told = answer.headers().get(http::header::CONTENT_TYPE);
    told.and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase()
}
