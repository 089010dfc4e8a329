//! T14: a server is restored from its own backup, and phones bring back what it forgot.

use std::collections::BTreeSet;
use std::path::Path;

use releve_tests::database::Scratch;
use releve_tests::process::{Agency, Place};

/// C8, T14: backed up while it serves, restored into another database, of the other engine too.
#[test]
fn a_restored_server_gets_back_what_phones_had_sent() {
    type Make = fn() -> Scratch;
    let pairs: [(Make, Make); 4] = [
        (Scratch::sqlite, Scratch::sqlite),
        (Scratch::postgres, Scratch::postgres),
        (Scratch::sqlite, Scratch::postgres),
        (Scratch::postgres, Scratch::sqlite),
    ];
    for (before, after) in pairs {
        let (before, after) = (before(), after());
        println!("from {} to {}", kind(before.url()), kind(after.url()));
        story(&before, &after);
    }
}

fn kind(url: &str) -> &str {
    url.split(':').next().unwrap_or_default()
}

fn story(before: &Scratch, after: &Scratch) {
    let mut place = Place::new(before.url());
    place.found();
    let (mut server, _) = place.serve();
    let agency = Agency::at(&place);
    let mut acknowledged = BTreeSet::new();
    let mut acts = |times: usize| {
        for _ in 0..times {
            acknowledged.extend(agency.phone.two_stamps(agency.visit).map(|id| id.to_string()));
        }
        let _ = agency.phone.empties();
        acknowledged.clone()
    };
    let _ = acts(3);
    let file = place.path("backup").display().to_string();
    let said = place.runs(&["backup", "--to", &file]);
    assert!(said.contains("sealed") && said.contains("recovery key was drawn"), "{said}");
    let again = place.tries(&["backup", "--to", &file]);
    assert!(!again.status.success(), "a backup never writes over another");
    let all = acts(3);
    assert_eq!((all.len(), agency.on_server().len()), (6, 12));

    let verified = place.runs(&["backup", "--verify", &file]);
    assert!(verified.contains("chain holds") && !verified.contains("BAD"), "{verified}");
    assert_no_canary(Path::new(&file));
    assert_damage_is_found(&place, &file);
    let refused = place.tries(&["restore", "--from", &file]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && words.contains("not empty"), "{words}");

    server.kill();
    after.url().clone_into(&mut place.database);
    // A new machine: of all keys only the recovery key is at hand.
    std::fs::remove_file(place.path("master.key")).expect("the master key's file");
    let said = place.runs(&["restore", "--from", &file]);
    assert!(said.contains("epoch is new"), "{said}");
    let (_server, _) = place.serve();
    assert_eq!(agency.on_server().len(), 6, "the server has forgotten");
    let _ = agency.phone.empties();
    let deadline = releve_tests::process::until("phones have offered again", || {
        let _ = agency.phone.act(&releve_core::door::Act::SyncNow);
        agency.on_server().len() == 12
    });
    let count = agency.nothing_lost_nothing_doubled(&all);
    println!("{count} stamps, 0 lost, 0 doubled; all back in {} ms", deadline.as_millis());
}

/// Names and stamps are not to be read in the file.
fn assert_no_canary(file: &Path) {
    let bytes = std::fs::read(file).expect("the backup");
    for canary in ["Lefèvre", "Diallo", "clock_event", "organisation"] {
        assert!(!bytes.windows(canary.len()).any(|window| window == canary.as_bytes()), "{canary}");
    }
}

/// One changed byte, one cut: found, and nothing is restored.
fn assert_damage_is_found(place: &Place, file: &str) {
    let whole = std::fs::read(file).expect("the backup");
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    for (name, bytes) in [("changed", changed), ("cut", whole[..whole.len() - 20].to_vec())] {
        let path = place.path(name);
        std::fs::write(&path, bytes).expect("a file");
        let path = path.display().to_string();
        assert!(!place.tries(&["backup", "--verify", &path]).status.success(), "{name}");
    }
}
