//! A carrier of text messages and calls of the stories: real HTTP over a real socket, every request kept.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

/// A request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Method and path with its query.
    pub line: String,
    /// The `Authorization` header; empty when there was none.
    pub authorization: String,
    /// The body.
    pub body: String,
}

/// The carrier; it listens for as long as the process lives.
pub struct Carrier {
    /// Where.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<AtomicU16>,
}

impl Carrier {
    /// Starts on a free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(AtomicU16::new(200));
        let (kept, said) = (Arc::clone(&asked), Arc::clone(&answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Who hangs up early is no matter.
                let _ = take(&stream, &kept, said.load(Ordering::SeqCst));
            }
        });
        Self { address, asked, answer }
    }

    /// The status that it answers with from now on.
    pub fn says(&self, status: u16) {
        self.answer.store(status, Ordering::SeqCst);
    }

    /// What it has taken, oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("requests").clone()
    }
}

fn take(mut stream: &TcpStream, kept: &Mutex<Vec<Asked>>, status: u16) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    lines.read_line(&mut first)?;
    let (mut authorization, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => value.trim().clone_into(&mut authorization),
            "content-length" => length = value.trim().parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    let line = first.rsplit_once(' ').map_or("", |(line, _)| line).to_owned();
    let body = String::from_utf8_lossy(&body).into_owned();
    if status < 300 {
        kept.lock().expect("requests").push(Asked { line, authorization, body });
    }
    let answer =
        format!("HTTP/1.1 {status} so be it\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes())
}
