//! What a slow line does to one connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use releve_tests::world::World;

/// The status of the next answer on a connection; its body is read too.
fn answered(line: &mut BufReader<TcpStream>) -> String {
    let mut status = String::new();
    line.read_line(&mut status).expect("a status line");
    let mut length = 0;
    loop {
        let mut header = String::new();
        line.read_line(&mut header).expect("a header");
        let header = header.trim().to_ascii_lowercase();
        if let Some(told) = header.strip_prefix("content-length:") {
            length = told.trim().parse().expect("a length");
        }
        if header.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    line.read_exact(&mut body).expect("the body");
    status.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// A body that comes late is waited for, even where nobody reads it: else the connection would end with
/// the answer, and the next request on it, a click at the desk or one through a proxy, would be lost.
#[test]
fn a_late_body_does_not_end_the_connection() {
    World::each(|w| {
        let address = w.server().as_ref().expect("a server").address();
        let mut line = BufReader::new(TcpStream::connect(address).expect("the server"));
        for _ in 0..3 {
            // Refused before any body would be looked at: nobody has signed in.
            let head = "POST /api/desk/phones/none/block HTTP/1.1\r\nhost: desk\r\n\
                        content-type: application/json\r\ncontent-length: 2\r\n\r\n";
            line.get_mut().write_all(head.as_bytes()).expect("the head");
            sleep(Duration::from_millis(150));
            line.get_mut().write_all(b"{}").expect("the body");
            assert_eq!(answered(&mut line), "401");
        }
    });
}
