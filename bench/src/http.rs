//! HTTP/1.1 as a load generator speaks it: bytes made beforehand, one connection kept open.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// A connection that stays open.
pub struct Line {
    stream: BufReader<TcpStream>,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Bytes that came, headers included.
    pub fn bytes(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.head);
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// The bytes of a request.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    if method != "GET" {
        let kind = "content-type: application/json\r\n";
        bytes.extend(format!("{kind}content-length: {}\r\n", body.len()).into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

impl Line {
    pub fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        stream.set_nodelay(true).expect("no delay");
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a patience");
        Self { stream: BufReader::with_capacity(64 * 1024, stream) }
    }

    /// Sends without waiting.
    pub fn send(&mut self, request: &[u8]) {
        self.stream.get_mut().write_all(request).expect("the server takes it");
    }

    /// Waits for one answer.
    pub fn answer(&mut self) -> Answer {
        let head = self.head();
        let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let status = text.get(9..12).and_then(|code| code.parse().ok()).expect("a status");
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
        let mut body = Vec::new();
        if let Some(length) = length {
            body = vec![0; length.trim().parse().expect("a length")];
            self.stream.read_exact(&mut body).expect("a body");
        } else if text.contains("transfer-encoding: chunked") {
            self.chunks(&mut body);
        }
        Answer { status, head, body }
    }

    /// Sends and waits.
    pub fn ask(&mut self, request: &[u8]) -> Answer {
        self.send(request);
        self.answer()
    }

    fn chunks(&mut self, body: &mut Vec<u8>) {
        loop {
            let mut size = String::new();
            self.stream.read_line(&mut size).expect("a chunk");
            let size = usize::from_str_radix(size.trim(), 16).expect("a chunk's size");
            let from = body.len();
            body.resize(from + size, 0);
            self.stream.read_exact(&mut body[from..]).expect("a chunk");
            let mut end = String::new();
            self.stream.read_line(&mut end).expect("a chunk's end");
            if size == 0 {
                return;
            }
        }
    }

    /// The next event of a stream; signs of life are no event.
    pub fn event(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.stream.read_line(&mut line).expect("an event");
            assert!(read > 0, "the server has closed the stream");
            if let Some(data) = line.strip_prefix("data:") {
                return data.trim().to_owned();
            }
        }
    }

    /// The headers of an answer whose body goes on for ever.
    pub fn head(&mut self) -> Vec<u8> {
        let mut head = Vec::new();
        loop {
            let from = head.len();
            let read = self.stream.read_until(b'\n', &mut head).expect("an answer");
            assert!(read > 0, "the server has closed the connection");
            if head[from..] == *b"\r\n" {
                return head;
            }
        }
    }
}
