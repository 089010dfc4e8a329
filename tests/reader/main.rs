//! Home tags through a real libnfc and an emulated PN532 (rows O-13, B-03).

use std::time::Duration;

use releve_reader::{ReadError, Reader};
use releve_tests::pn532::{Ntag213, Ntag424, Pn532, Tag, link_message};

const UID: [u8; 7] = [0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6];
const LINK: &str = "https://releve.example/b/AQHKLp3nAZqXUq1wf7-KZQoODg4ODg4ODg4ODg4ODg4O";

fn plugged() -> (Pn532, Reader) {
    let chip = Pn532::plug_in().expect("a pseudo-terminal");
    let reader = Reader::open(Some(&chip.name())).expect("libnfc opens the emulated reader");
    (chip, reader)
}

fn read(reader: &mut Reader) -> Result<Vec<u8>, ReadError> {
    reader.read(Duration::from_millis(1), &|| true).map(|tag| tag.ndef)
}

#[test]
fn o_13_the_message_of_an_ordinary_tag_arrives_whole() {
    let (chip, mut reader) = plugged();
    chip.put(Tag::Ntag213(Ntag213::with_link(UID, LINK)));
    let tag = reader.read(Duration::from_secs(1), &|| true).expect("a tag");
    assert_eq!(tag.uid, UID);
    assert_eq!(tag.ndef, link_message(LINK));
}

#[test]
fn b_03_an_ntag_424_shows_another_link_at_each_tap() {
    let (chip, mut reader) = plugged();
    let mut tag = Ntag424::new(UID, [3; 16], [5; 16], LINK);
    for tap in 1..=3 {
        let expected = link_message(&tag.next_link());
        chip.put(Tag::Ntag424(tag));
        assert_eq!(read(&mut reader), Ok(expected));
        let Some(Tag::Ntag424(tapped)) = chip.take() else { panic!("the tag was there") };
        assert_eq!(tapped.taps(), tap);
        tag = tapped;
        assert_eq!(read(&mut reader), Err(ReadError::NoTag));
    }
}

#[test]
fn o_14_a_tag_left_on_the_reader_is_one_tap() {
    let (chip, mut reader) = plugged();
    let tag = Tag::Ntag213(Ntag213::with_link(UID, LINK));
    chip.put(tag.clone());
    assert!(read(&mut reader).is_ok());
    assert_eq!(read(&mut reader), Err(ReadError::NoTag), "it still lies there");
    let other = Ntag213::with_link([4, 1, 2, 3, 4, 5, 6], LINK);
    chip.put(Tag::Ntag213(other));
    assert!(read(&mut reader).is_ok(), "another tag is another tap");
    let _taken = chip.take();
    assert_eq!(read(&mut reader), Err(ReadError::NoTag));
    chip.put(tag);
    assert!(read(&mut reader).is_ok(), "it was taken away and came back");
}

#[test]
fn without_a_tag_the_wait_ends_by_itself_or_when_the_screen_closes() {
    let (_chip, mut reader) = plugged();
    assert_eq!(read(&mut reader), Err(ReadError::NoTag));
    assert_eq!(reader.read(Duration::from_secs(3600), &|| false), Err(ReadError::NoTag));
}

#[test]
fn a_tag_pulled_away_too_soon_is_said_so_and_reads_well_the_next_time() {
    let (chip, mut reader) = plugged();
    for exchanges in 0..4 {
        chip.put_for(Tag::Ntag213(Ntag213::with_link(UID, LINK)), exchanges);
        assert_eq!(read(&mut reader), Err(ReadError::TakenAway));
        chip.put_for(Tag::Ntag424(Ntag424::new(UID, [3; 16], [5; 16], LINK)), exchanges);
        assert_eq!(read(&mut reader), Err(ReadError::TakenAway));
    }
    chip.put(Tag::Ntag213(Ntag213::with_link(UID, LINK)));
    assert_eq!(read(&mut reader), Ok(link_message(LINK)));
}

#[test]
fn an_empty_tag_and_a_missing_reader_have_their_own_answers() {
    let (chip, mut reader) = plugged();
    chip.put(Tag::Ntag213(Ntag213::with_message(UID, &[])));
    assert_eq!(read(&mut reader), Err(ReadError::Empty));
    let gone = chip.name();
    drop(reader);
    drop(chip);
    assert_eq!(Reader::open(Some(&gone)).err(), Some(ReadError::NoReader));
}
