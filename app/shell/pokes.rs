//! Listens for the server's pokes: "something moved", by server-sent events. A lost one costs time
//! only, so nothing here is an error.

use std::io::{BufRead as _, BufReader};
use std::thread::sleep;
use std::time::Duration;

use releve_core::Phone;

use crate::ports::link::HttpLink;

/// Goes on for the life of the app, on a thread of its own.
pub(crate) fn listen(phone: &Phone) {
    let link = HttpLink::new();
    loop {
        let request = phone.core().poke_request();
        if let Some(request) = request
            && let Some(stream) = link.stream(&request)
        {
            phone.reached();
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if line.starts_with("data") {
                    phone.poked();
                }
            }
        }
        // A phone in a tunnel must not knock without end, and a thousand phones not all at once.
        let pause = phone.core().listens_again_in_ms();
        sleep(Duration::from_millis(pause));
    }
}
