//! Every decoder of outside bytes, on the committed corpus and on a fixed number of changes to it (T17);
//! on hundreds of times as many in `make torture`.

use std::panic::catch_unwind;

use releve_core::code::Pictures;
use releve_core::ports::CodeReader as _;
use releve_shared::badge::{HomeTag, parse_link};
use releve_shared::client::Client;
use releve_shared::clock::Anchor;
use releve_shared::enrolment::{EnrolRequest, EnrolmentLink};
use releve_shared::establishment::Organisation;
use releve_shared::proof::Export;
use releve_shared::sync::{
    ClockedRow, PullAnswer, PullRequest, PushAnswer, PushRequest, SyncRefusal,
};
use releve_shared::visit::{ClockEvent, Visit};
use releve_tests::fuzz::{Mutator, TARGETS};
use releve_tests::process::rounds;
use releve_tests::source::root;
use serde::de::DeserializeOwned;

/// T17: no bytes from outside make a decoder panic.
#[test]
fn no_bytes_make_a_decoder_panic() {
    let mut tried = 0;
    for (name, target, changes) in TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "tests/fuzz/corpus/{name} is empty");
        let mut mutator = Mutator::new(0x5EED);
        let run = |data: &[u8]| {
            let fell = catch_unwind(|| target(data)).is_err();
            assert!(!fell, "{name} fell over {:?}", String::from_utf8_lossy(data));
        };
        for (n, file) in corpus.iter().enumerate() {
            run(file);
            let other = &corpus[(n + 1) % corpus.len()];
            for _ in 0..*changes as u64 * rounds(1, 300) {
                run(&mutator.change(file, other));
                tried += 1;
            }
        }
    }
    println!("{} decoders, {tried} changed inputs, none fell", TARGETS.len());
}

/// A corpus that no decoder takes would only try the first line of it.
#[test]
fn the_corpus_is_understood() {
    let parses = |name: &str, file: &str, ok: fn(&[u8]) -> bool| {
        let bytes = std::fs::read(root().join(format!("tests/fuzz/corpus/{name}/{file}"))).unwrap();
        assert!(ok(&bytes), "{name}/{file}");
    };
    parses("push", "request", is::<PushRequest>);
    parses("push", "pull", is::<PullRequest>);
    parses("push", "enrol", is::<EnrolRequest>);
    parses("feed", "push", is::<PushAnswer>);
    parses("feed", "refusal", is::<SyncRefusal>);
    parses("feed", "pull", |data| {
        let answer: PullAnswer = serde_json::from_slice(data).unwrap();
        let body = |n: usize| answer.rows[n].body.as_deref().unwrap_or_default().as_bytes();
        is::<Visit>(body(0))
            && is::<Organisation>(body(1))
            && is::<ClockedRow>(body(2))
            && is::<HomeTag>(body(3))
            && is::<Client>(body(4))
    });
    parses("stamp", "exact", is::<(ClockEvent, Vec<Anchor>)>);
    parses("stamp", "ends_of_time", is::<(ClockEvent, Vec<Anchor>)>);
    parses("proof", "end_of_numbers", is::<Export>);
    parses("enrolment", "link", |data| {
        EnrolmentLink::parse(&String::from_utf8_lossy(data)).is_ok()
    });
    parses("tag_link", "lrp", |data| {
        parse_link(&String::from_utf8_lossy(data)).unwrap().sun.is_some()
    });
    parses("ndef", "poster", |data| releve_core::ndef::reading(data).is_ok());
    parses("picture", "code.png", |data| Pictures.read(data).is_ok());
}

fn is<T: DeserializeOwned>(data: &[u8]) -> bool {
    serde_json::from_slice::<T>(data).is_ok()
}

/// Each target has a program for cargo-fuzz, and nothing else has.
#[test]
fn each_target_can_be_fuzzed_for_long() {
    let manifest = std::fs::read_to_string(root().join("tests/fuzz/Cargo.toml")).unwrap();
    for (name, ..) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let program = root().join(format!("tests/fuzz/fuzz_targets/{name}.rs"));
        let text = std::fs::read_to_string(program).unwrap();
        assert!(text.contains("fuzz_target!"), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = root().join("tests/fuzz/corpus").join(name);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}
