//! A session bus with one service on it, which notes the notices that it is asked to show. As much of
//! D-Bus (its specification, "Message Protocol" and "Authentication Protocol") as such a call needs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Whoever asks is let in.
const OK: &[u8] = b"OK 0123456789abcdef0123456789abcdef\r\n";

/// Title and words of each notice, in order.
pub type Shown = Arc<Mutex<Vec<(String, String)>>>;

/// The bus, for as long as the test runs.
pub struct Bus {
    /// For `DBUS_SESSION_BUS_ADDRESS`.
    pub address: String,
    shown: Shown,
}

impl Bus {
    /// Listens in a folder.
    pub fn start(folder: &Path) -> Self {
        let path = folder.join("bus");
        let listener = UnixListener::bind(&path).expect("a socket");
        let shown = Shown::default();
        let notes = Arc::clone(&shown);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let notes = Arc::clone(&notes);
                std::thread::spawn(move || serve(stream, &notes));
            }
        });
        Self { address: format!("unix:path={}", path.display()), shown }
    }

    /// What was shown so far.
    pub fn shown(&self) -> Vec<(String, String)> {
        self.shown.lock().expect("the notes").clone()
    }
}

/// One program on the bus, until it leaves; `None` is the end of it.
fn serve(mut stream: UnixStream, shown: &Shown) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    reader.read_exact(&mut [0]).ok()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let said: &[u8] = match line.split_whitespace().next()? {
            "AUTH" if line.split_whitespace().count() == 3 => OK,
            // Who it is comes with the next line.
            "AUTH" if line.contains("EXTERNAL") => b"DATA\r\n",
            "AUTH" => b"REJECTED EXTERNAL\r\n",
            "DATA" => OK,
            "BEGIN" => break,
            _ => b"ERROR\r\n",
        };
        stream.write_all(said).ok()?;
    }
    loop {
        let call = Call::read(&mut reader)?;
        let mut strings = call.strings();
        let answer = match call.member.as_str() {
            "Hello" => reply(call.serial, Some("s"), &text(":1.7")),
            "GetServerInformation" => {
                let four: Vec<u8> =
                    ["notes", "tests", "1", "1.2"].iter().fold(vec![], |mut all, word| {
                        pad(&mut all, 4);
                        all.extend(text(word));
                        all
                    });
                reply(call.serial, Some("ssss"), &four)
            }
            "Notify" => {
                // The name of the app, the id to replace, an icon, the title, the words.
                let _ = strings.next_text()?;
                let _ = strings.next_number()?;
                let _ = strings.next_text()?;
                let notice = (strings.next_text()?, strings.next_text()?);
                shown.lock().expect("the notes").push(notice);
                reply(call.serial, Some("u"), &1_u32.to_le_bytes())
            }
            _ => refusal(call.serial),
        };
        stream.write_all(&answer).ok()?;
    }
}

/// A message of a program.
struct Call {
    serial: u32,
    member: String,
    body: Vec<u8>,
}

impl Call {
    fn read(from: &mut impl std::io::Read) -> Option<Self> {
        let mut fixed = [0; 16];
        from.read_exact(&mut fixed).ok()?;
        assert_eq!(fixed[0], b'l', "this machine's own order of bytes");
        let number = |at: usize| u32::from_le_bytes(fixed[at..at + 4].try_into().expect("four"));
        let (body, serial, fields) = (number(4) as usize, number(8), number(12) as usize);
        let mut rest = vec![0; fields.next_multiple_of(8) + body];
        from.read_exact(&mut rest).ok()?;
        let mut cursor = Cursor { bytes: &rest[..fields], at: 0 };
        let mut member = String::new();
        while cursor.at < fields {
            cursor.align(8);
            let Some(code) = cursor.next_byte() else { break };
            let kind = cursor.next_signature()?;
            match kind.as_str() {
                "s" | "o" => {
                    let value = cursor.next_text()?;
                    if code == 3 {
                        member = value;
                    }
                }
                "g" => {
                    let _ = cursor.next_signature()?;
                }
                _ => {
                    let _ = cursor.next_number()?;
                }
            }
        }
        Some(Self { serial, member, body: rest[fields.next_multiple_of(8)..].to_vec() })
    }

    fn strings(&self) -> Cursor<'_> {
        Cursor { bytes: &self.body, at: 0 }
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let taken = self.bytes.get(self.at..self.at + length)?;
        self.at += length;
        Some(taken)
    }

    fn next_byte(&mut self) -> Option<u8> {
        self.take(1).map(|one| one[0])
    }

    fn next_number(&mut self) -> Option<u32> {
        self.align(4);
        self.take(4).map(|four| u32::from_le_bytes(four.try_into().expect("four")))
    }

    fn next_text(&mut self) -> Option<String> {
        let length = self.next_number()? as usize;
        let text = String::from_utf8(self.take(length)?.to_vec()).ok()?;
        self.at += 1;
        Some(text)
    }

    fn next_signature(&mut self) -> Option<String> {
        let length = usize::from(self.next_byte()?);
        let text = String::from_utf8(self.take(length)?.to_vec()).ok()?;
        self.at += 1;
        Some(text)
    }
}

fn pad(bytes: &mut Vec<u8>, to: usize) {
    bytes.resize(bytes.len().next_multiple_of(to), 0);
}

/// A string as it travels.
fn text(words: &str) -> Vec<u8> {
    let length = u32::try_from(words.len()).expect("short");
    [&length.to_le_bytes()[..], words.as_bytes(), b"\0"].concat()
}

fn message(kind: u8, fields: &[u8], body: &[u8]) -> Vec<u8> {
    let size = |part: &[u8]| u32::try_from(part.len()).expect("short").to_le_bytes();
    let mut all = vec![b'l', kind, 1, 1];
    all.extend(size(body));
    // Its own number: nobody answers it.
    all.extend(1_u32.to_le_bytes());
    all.extend(size(fields));
    all.extend(fields);
    pad(&mut all, 8);
    all.extend(body);
    all
}

fn reply(to: u32, signature: Option<&str>, body: &[u8]) -> Vec<u8> {
    let mut fields = vec![5, 1, b'u', 0];
    fields.extend(to.to_le_bytes());
    if let Some(signature) = signature {
        fields.extend([8, 1, b'g', 0, u8::try_from(signature.len()).expect("short")]);
        fields.extend(signature.as_bytes());
        fields.push(0);
    }
    message(2, &fields, body)
}

/// Nobody else is on this bus.
fn refusal(to: u32) -> Vec<u8> {
    let mut fields = vec![5, 1, b'u', 0];
    fields.extend(to.to_le_bytes());
    fields.extend([4, 1, b's', 0]);
    fields.extend(text("org.freedesktop.DBus.Error.ServiceUnknown"));
    message(3, &fields, &[])
}
