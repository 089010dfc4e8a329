//! Readings by the core's own readers: of a picture's pixels, of a tag's bytes.

use releve_core::code::Pictures;
use releve_core::ndef;
use releve_core::ports::CodeReader as _;
use releve_shared::badge::{Method, Reading};
use releve_shared::refusal::Refusal;

use super::desk::Tag;
use super::paint::qr_png;
use crate::pn532::{Ntag424, link_message};

/// A photograph of the sheet beside the door, read by the app.
#[must_use]
pub fn picture(tag: &Tag) -> Reading {
    look(&qr_png(&tag.link, 4)).expect("a code that can be read")
}

/// A tap on the tag beside the door, read by the app.
#[must_use]
pub fn tap(tag: &Tag) -> Reading {
    ndef::reading(&link_message(&tag.link)).expect("a tag that can be read")
}

/// The next tap on a tag whose link changes.
#[must_use]
pub fn tap_424(tag: &Ntag424) -> Reading {
    ndef::reading(&link_message(&tag.next_link())).expect("a tag that can be read")
}

/// Any picture.
///
/// # Errors
/// The reader's refusal.
pub fn look(picture: &[u8]) -> Result<Reading, Refusal> {
    Pictures.read(picture)
}

/// A text that came by no reader of ours.
#[must_use]
pub fn text(method: Method, text: &str) -> Reading {
    Reading { method, text: text.to_owned() }
}
