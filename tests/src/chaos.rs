//! A proxy that does to a line what bad networks do: late, slow, cut in the middle, reset, or answered
//! by a captive portal. For real processes; between a phone and its server.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::process::now;
use crate::world::time::Seeded;

/// What the line does to each connection that is made, and to those that live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing bad.
    Clear,
    /// Every piece comes late, by so many milliseconds and up to as many again.
    Late(u64),
    /// So many bytes a second, each way.
    Slow(u64),
    /// No connection lives.
    Dropped,
    /// Cut after so many bytes of the request.
    CutAsking(usize),
    /// Cut after so many bytes of the answer.
    CutAnswering(usize),
    /// A captive portal or a broken proxy answers, with this status and a page of its own.
    Portal(u16),
    /// Each piece may be the last, so many times in a hundred.
    Lossy(u64),
}

/// A running proxy; it ends with the process.
#[derive(Clone)]
pub struct Chaos {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    chance: Seeded,
}

struct State {
    line: Line,
    /// Requests that a portal has answered: when, and for which path.
    asked: Vec<(Instant, String)>,
    live: Vec<TcpStream>,
}

impl Chaos {
    /// Starts on a free port of this machine, before a server of this machine.
    #[must_use]
    pub fn before(server: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = State { line: Line::Clear, asked: Vec::new(), live: Vec::new() };
        let chaos = Self { address, state: Arc::new(Mutex::new(state)), chance: Seeded::of(seed) };
        let own = chaos.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let own = own.clone();
                thread::spawn(move || own.serve(client, server));
            }
        });
        chaos
    }

    /// Changes the weather. Connections that live are cut: they were of another network.
    pub fn turns(&self, line: Line) {
        let mut state = self.state();
        state.line = line;
        for live in state.live.drain(..) {
            // Closed already.
            let _ = live.shutdown(Shutdown::Both);
        }
    }

    /// What a portal was asked since the last look.
    #[must_use]
    pub fn asked(&self) -> Vec<(Instant, String)> {
        std::mem::take(&mut self.state().asked)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, client: TcpStream, server: SocketAddr) {
        let line = self.state().line;
        match line {
            Line::Dropped => {}
            Line::Portal(status) => self.portal(client, status),
            Line::Clear
            | Line::Late(_)
            | Line::Slow(_)
            | Line::CutAsking(_)
            | Line::CutAnswering(_)
            | Line::Lossy(_) => {
                let Ok(upstream) = TcpStream::connect(server) else { return };
                let pair = (client.try_clone(), upstream.try_clone());
                let (Ok(from), Ok(to)) = pair else { return };
                self.state().live.extend(client.try_clone());
                let (asking, answering) = match line {
                    Line::CutAsking(after) => (Some(after), None),
                    Line::CutAnswering(after) => (None, Some(after)),
                    _ => (None, None),
                };
                let own = self.clone();
                thread::spawn(move || own.carry(from, to, line, asking));
                self.carry(upstream, client, line, answering);
            }
        }
    }

    /// One way of a connection, until it ends or is cut.
    fn carry(&self, mut from: TcpStream, mut to: TcpStream, line: Line, cut: Option<usize>) {
        let mut left = cut.unwrap_or(usize::MAX);
        let mut piece = [0; 1024];
        while let Ok(read @ 1..) = from.read(&mut piece) {
            match line {
                Line::Late(ms) => thread::sleep(Duration::from_millis(ms + self.chance.below(ms))),
                Line::Slow(bytes) => {
                    thread::sleep(Duration::from_millis(read as u64 * 1_000 / bytes.max(1)));
                }
                Line::Lossy(percent) if self.chance.percent(percent) => left = read / 2,
                _ => {}
            }
            let some = read.min(left);
            left -= some;
            if to.write_all(&piece[..some]).is_err() || left == 0 {
                break;
            }
        }
        // The other end has gone, or goes now.
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }

    fn portal(&self, mut client: TcpStream, status: u16) {
        let mut head = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(read @ 1..) = client.read(&mut piece) {
            head.extend_from_slice(&piece[..read]);
            if head.windows(4).any(|end| end == b"\r\n\r\n") {
                break;
            }
        }
        let text = String::from_utf8_lossy(&head).into_owned();
        let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
        self.state().asked.push((now(), path));
        let page = "<!doctype html><title>Bienvenue</title><p>Acceptez les conditions.";
        let (kind, page) = match status {
            204 => ("", ""),
            _ => ("content-type: text/html\r\n", page),
        };
        let length = page.len();
        let answer = format!(
            "HTTP/1.1 {status} Portal\r\n{kind}location: http://portal.test/\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{page}"
        );
        let _ = client.write_all(answer.as_bytes());
        // What was still on its way is read, so that closing does not reset the answer.
        let _ = client.set_read_timeout(Some(Duration::from_millis(200)));
        let _ = client.shutdown(Shutdown::Write);
        while let Ok(1..) = client.read(&mut piece) {}
    }
}
