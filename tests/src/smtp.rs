//! A mail server of the stories: real SMTP over a real socket, and every letter kept.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whom the envelope names.
    pub to: Vec<String>,
    /// Headers and text as they came.
    pub raw: String,
}

impl Letter {
    /// The text with the lines that the encoding had cut made whole.
    #[must_use]
    pub fn text(&self) -> String {
        self.raw.replace("=\r\n", "")
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let found = self.raw.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.unwrap_or_default()
    }
}

/// The mail server; it listens for as long as the process lives.
pub struct Sink {
    /// Where.
    pub address: SocketAddr,
    letters: Arc<Mutex<Vec<Letter>>>,
    answer: Arc<AtomicU16>,
}

impl Sink {
    /// Starts on a free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let letters = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(AtomicU16::new(250));
        let (kept, said) = (Arc::clone(&letters), Arc::clone(&answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // One conversation after the other: who hangs up early is no matter.
                let _ = converse(&stream, &kept, &said);
            }
        });
        Self { address, letters, answer }
    }

    /// What it says to each recipient from now on: 250 takes, 450 asks to come later, 550 refuses.
    pub fn says(&self, code: u16) {
        self.answer.store(code, Ordering::SeqCst);
    }

    /// What it has taken, oldest first.
    #[must_use]
    pub fn letters(&self) -> Vec<Letter> {
        self.letters.lock().expect("letters").clone()
    }
}

fn converse(
    stream: &TcpStream,
    kept: &Mutex<Vec<Letter>>,
    said: &AtomicU16,
) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut to = Vec::new();
    out.write_all(b"220 sink ESMTP\r\n")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let verb = line.split_whitespace().next().unwrap_or_default().to_uppercase();
        match verb.as_str() {
            "EHLO" => out.write_all(b"250-sink\r\n250 8BITMIME\r\n")?,
            "RCPT" => {
                let code = said.load(Ordering::SeqCst);
                if code == 250 {
                    let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                    to.push(address.to_owned());
                }
                out.write_all(format!("{code} so be it\r\n").as_bytes())?;
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let mut raw = String::new();
                loop {
                    let mut line = String::new();
                    if lines.read_line(&mut line)? == 0 || line == ".\r\n" {
                        break;
                    }
                    raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                let letter = Letter { to: std::mem::take(&mut to), raw };
                kept.lock().expect("letters").push(letter);
                out.write_all(b"250 kept\r\n")?;
            }
            "QUIT" => {
                out.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => out.write_all(b"250 well\r\n")?,
        }
    }
}
