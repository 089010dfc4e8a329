//! An emulated NFC reader to play with by hand:
//!
//! ```text
//! cargo run -p releve-tests --bin pn532          prints the terminal to give to libnfc
//! link https://releve.example/b/…                puts an NTAG213 with that link on the reader
//! sun https://releve.example/b/… META FILE       puts an NTAG 424 DNA there (keys: 32 hex digits)
//! take                                           takes the tag away
//! ```

use std::io::BufRead as _;
use std::process::ExitCode;

use releve_tests::pn532::{Ntag213, Ntag424, Pn532, Tag};

const UID: [u8; 7] = [0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6];

fn main() -> ExitCode {
    let reader = match Pn532::plug_in() {
        Ok(reader) => reader,
        Err(error) => {
            eprintln!("no pseudo-terminal to be had: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("LIBNFC_DEFAULT_DEVICE={}", reader.name());
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match *words.as_slice() {
            ["link", link] => reader.put(Tag::Ntag213(Ntag213::with_link(UID, link))),
            ["sun", link, meta, file] => match (key(meta), key(file)) {
                (Some(meta), Some(file)) => {
                    reader.put(Tag::Ntag424(Ntag424::new(UID, meta, file, link)));
                }
                _ => println!("a key is 32 hexadecimal digits"),
            },
            ["take"] => {
                println!("{}", if reader.take().is_some() { "taken" } else { "none there" })
            }
            [] => {}
            _ => println!("link URL | sun URL META_KEY FILE_KEY | take"),
        }
    }
    ExitCode::SUCCESS
}

fn key(hex: &str) -> Option<[u8; 16]> {
    u128::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 32).map(u128::to_be_bytes)
}
