//! The borders of the workspace, held by text and by `cargo metadata` (architecture.md section 4).

mod device;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use releve_shared::refusal::Refusal;
use releve_shared::visit::{Anomaly, CorrectionReason, ManualReason};
use releve_tests::source::{Source, read_all, root, sources};

/// What `releve-shared` may depend on. Adding a line here is a decision: no I/O, no clock.
const SHARED: &[&str] = &[
    "base64",
    "ed25519-dalek",
    "hmac",
    "jiff",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "ts-rs",
    "unicode-normalization",
    "utoipa",
    "uuid",
];

/// What `releve-core` may depend on: no Tauri, no async runtime, no HTTP client.
const CORE: &[&str] = &[
    "aes-gcm",
    "argon2",
    "base64",
    "chacha20poly1305",
    "hkdf",
    "image",
    "ndef-rs",
    "p256",
    "qrcode",
    "releve-shared",
    "rqrr",
    "rusqlite",
    "rxing",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "ts-rs",
    "uuid",
];

#[test]
fn the_kernel_and_the_core_depend_on_little() {
    let direct = dependencies();
    assert_eq!(direct["releve-shared"], names(SHARED));
    let core = &direct["releve-core"];
    assert!(core.is_subset(&names(CORE)), "new: {:?}", core.difference(&names(CORE)));
    assert!(!direct["releve-server"].contains("releve-core"), "the server knows no phone");
    assert!(!direct["releve-tests"].contains("releve"), "tests need no window");
}

#[test]
fn each_crate_takes_the_lints_of_the_workspace() {
    for krate in ["", "shared/", "app/core/", "app/plugins/reader/", "server/"] {
        let manifest = std::fs::read_to_string(root().join(format!("{krate}Cargo.toml"))).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{krate}Cargo.toml");
    }
}

#[test]
fn a_room_never_reads_the_sql_of_another() {
    let mut wrong = Vec::new();
    for source in sources("server/src") {
        let room = source.room();
        for (line, code) in source.code() {
            for owner in named_before(code, "::sql") {
                let own = owner == "super" || owner == "self" || Some(owner) == room;
                let list = source.path.ends_with("db/statement.rs") && code.contains("::sql::ALL");
                if !own && !list {
                    wrong.push(format!("{}:{line}: {owner}::sql", source.path));
                }
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn rooms_stand_on_db_and_sync_stands_on_rooms() {
    let mut wrong = Vec::new();
    for source in sources("server/src").into_iter().filter(|s| s.room().is_some()) {
        let room = source.room().unwrap();
        // The list of every room's statements names them all.
        if source.path.ends_with("db/statement.rs") {
            continue;
        }
        for (line, code) in source.code() {
            let below = room == "db";
            for other in rooms() {
                let used = code.contains(&format!("crate::{other}::"));
                if used && other != room && (below || (other == "sync" && room != "demo")) {
                    wrong.push(format!("{}:{line}: uses {other}", source.path));
                }
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn sql_is_written_in_its_place_only() {
    let words = ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE ", "ALTER TABLE "];
    let speaks = |code: &str| {
        words.iter().any(|word| code.contains(word))
            || (code.contains("\"UPDATE ") && code.contains(" SET "))
    };
    let server = |path: &str| path.ends_with("/sql.rs") || path.starts_with("server/src/db/");
    let core = |path: &str| path.starts_with("app/core/src/store/");
    let mut wrong = Vec::new();
    for source in all_rust() {
        if server(&source.path) || core(&source.path) {
            continue;
        }
        wrong.extend(
            source.code().filter(|(_, code)| speaks(code)).map(|(line, _)| source.at(line)),
        );
    }
    assert_none(wrong);
}

#[test]
fn stamps_are_never_changed_nor_deleted() {
    // B-01: the product has no statement that alters a raw stamp. B-19: one deletes those of five years ago.
    let end = "DELETE FROM clock_event WHERE organisation = $1 AND received_at < $2";
    let mut wrong = Vec::new();
    for source in sources("server/src") {
        let text = source.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let over = source.path == "server/src/visits/over/sql.rs";
        let text = if over { text.replacen(end, "", 1) } else { text };
        for verb in ["UPDATE clock_event ", "DELETE FROM clock_event "] {
            if text.contains(verb) {
                wrong.push(format!("{}: {verb}", source.path));
            }
        }
    }
    assert_none(wrong);
}

/// Tables that hold nothing whose end is a matter of time, and why.
const NO_END: &[(&str, &str)] = &[
    ("account", "closed on the machine by its administrator; the log needs its name"),
    ("alarm_code", "a code of a phone, no word"),
    ("alarm_report", "ids that no phone sends again, forgotten by the alarms' own hourly job"),
    ("change", "numbers and ids"),
    ("command", "ids, digests and codes: a repeated act is answered from here"),
    ("device_anchor", "clocks of a phone: its stamps are dated by them"),
    ("device_cursor", "numbers"),
    ("device_token", "digests, forgotten after ninety days by the identity's own daily job"),
    ("directory_entry", "a setting of the office"),
    ("emergency_number", "a setting of the office"),
    ("establishment", "a site, no person"),
    ("instance", "one row, no person"),
    ("job", "when jobs ran"),
    ("lane", "numbers"),
    ("line_manager", "two ids; goes with the choice of another"),
    ("logo", "a picture of the organisation"),
    ("organisation", "a tenant, no person"),
    ("notice_wish", "a setting of its account"),
    ("push_subscription", "an address without a name: its owner or its service ends it"),
    ("retention", "periods"),
    ("retention_erased", "figures"),
    ("retention_run", "figures"),
    ("scope", "numbers"),
    ("sealed_key", "keys (docs/keys.md)"),
    ("section_rule", "a setting of the office"),
    ("service_type", "a setting of the office"),
    ("setting", "a number; its changes, which name people, have an end"),
    ("task_list", "a setting of the office"),
];

#[test]
fn every_table_has_an_end_or_a_reason() {
    // B-19: each class of data has a period; a new table is declared in its room's KEPT, or here.
    let mut tables = BTreeSet::new();
    for (_, text) in read_all(&["migrations/server"], &["sql"]) {
        for rest in text.split("CREATE TABLE ").skip(1) {
            tables.insert(rest.split([' ', '(']).next().unwrap_or_default().to_owned());
        }
    }
    let kept: BTreeSet<String> = releve_server::retention::tables().map(str::to_owned).collect();
    let (excused, reasons): (Vec<_>, Vec<_>) = NO_END.iter().copied().unzip();
    assert!(reasons.iter().all(|reason| !reason.is_empty()));
    let excused = names(&excused);
    let unknown: Vec<_> =
        tables.iter().filter(|t| !kept.contains(*t) && !excused.contains(*t)).collect();
    assert!(unknown.is_empty(), "without an end: {unknown:?}");
    let twice: Vec<_> = kept.intersection(&excused).collect();
    assert!(twice.is_empty(), "kept and excused: {twice:?}");
    let gone: Vec<_> = kept.union(&excused).filter(|t| !tables.contains(*t)).collect();
    assert!(gone.is_empty(), "no such table: {gone:?}");
}

#[test]
fn time_chance_environment_and_threads_have_one_place_each() {
    let places: &[(&str, &[&str])] = &[
        ("SystemTime::now", &["app/shell/ports/clock.rs"]),
        // How long a commit takes or may wait: a span of the process, not a time of the world.
        ("Instant::now", &["server/src/db/mod.rs"]),
        ("Timestamp::now", &["server/src/app.rs"]),
        ("Zoned::now", &[]),
        ("now_v7", &[]),
        ("new_v4", &[]),
        ("getrandom::", &["app/shell/ports/chance.rs", "server/src/app.rs"]),
        // The nonce of a signature, and what blinds one: no rule sees them.
        ("rand::", &["server/src/notices/push/jwt.rs"]),
        ("env::var", &["server/src/config.rs"]),
        ("tokio::spawn", &["server/src/tasks.rs"]),
        (
            "thread::sleep",
            &["app/plugins/reader/src/lib.rs", "app/shell/pokes.rs", "server/src/db/postgres.rs"],
        ),
    ];
    let mut wrong = Vec::new();
    for source in all_rust() {
        for (what, allowed) in places {
            if allowed.contains(&source.path.as_str()) {
                continue;
            }
            let uses =
                |code: &&str| code.match_indices(what).any(|(at, _)| starts_a_word(code, at));
            wrong.extend(
                source
                    .code()
                    .filter(|(_, code)| uses(code))
                    .map(|(line, _)| format!("{}: {what}", source.at(line))),
            );
        }
    }
    assert_none(wrong);
}

#[test]
fn nothing_unwraps_outside_tests() {
    let mut wrong = Vec::new();
    for source in all_rust() {
        let bad = |code: &str| {
            [".unwrap()", ".expect(", "#[allow(", "unsafe {"].iter().any(|b| code.contains(b))
        };
        wrong.extend(source.code().filter(|(_, code)| bad(code)).map(|(line, _)| source.at(line)));
    }
    assert_none(wrong);
}

#[test]
fn tauri_is_known_to_the_bridge_only() {
    let mut wrong = Vec::new();
    for (path, text) in
        read_all(&["app/ui/src", "server/desk/src", "shared/kit/src"], &["ts", "js", "svelte"])
    {
        let imports = ["from \"@tauri-apps", "from '@tauri-apps", "import(\"@tauri-apps"];
        if imports.iter().any(|i| text.contains(i)) && !path.starts_with("app/ui/src/bridge/") {
            wrong.push(path);
        }
    }
    for source in all_rust() {
        let shell =
            source.path.starts_with("app/shell/") || source.path.starts_with("app/plugins/");
        if !shell && source.code().any(|(_, code)| code.contains("tauri::")) {
            wrong.push(source.path);
        }
    }
    assert_none(wrong);
}

#[test]
fn the_shell_stays_thin() {
    // The loop and the door, and some hundred lines for each port of a device.
    let lines: usize = sources("app/shell").iter().map(|s| s.text.lines().count()).sum();
    assert!(lines > 0 && lines <= 1_300, "the shell has {lines} lines");
}

#[test]
fn files_read_in_one_sitting() {
    let mut wrong = Vec::new();
    let mut lengths = Vec::new();
    for source in all_rust() {
        let lines = source.whole.lines().count();
        lengths.push(source.text.lines().count());
        if lines > 600 {
            wrong.push(format!("{}: {lines} lines", source.path));
        }
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= 160, "the median source file has {median} lines");
    assert_none(wrong);
}

#[test]
fn each_code_has_a_sentence_in_french_and_english() {
    let kit = read_all(&["shared/kit/src/i18n"], &["ts"]);
    let kit: BTreeMap<_, _> = kit.into_iter().collect();
    let refusals = &kit["shared/kit/src/i18n/refusals.ts"];
    let (fr, en) = refusals.split_once("export const en").expect("two languages");
    for code in Refusal::KNOWN {
        for (language, text) in [("fr", fr), ("en", en)] {
            assert!(has_key(text, code), "no sentence for {code} in {language}");
        }
    }
    for front in ["app/ui/src", "server/desk/src"] {
        let texts: String = read_all(&[front, "shared/kit/src/i18n"], &["ts"])
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        for code in [Anomaly::KNOWN, ManualReason::KNOWN].concat() {
            let times = texts.lines().filter(|line| is_key(line, code)).count();
            assert!(times >= 2, "{front} says {code} {times} times, not in French and English");
        }
    }
    let desk: String =
        read_all(&["server/desk/src"], &["ts"]).into_iter().map(|(_, text)| text).collect();
    for code in CorrectionReason::KNOWN {
        assert!(desk.lines().filter(|line| is_key(line, code)).count() >= 2, "desk: {code}");
    }
}

#[test]
fn migrations_are_numbered_each_once() {
    for (folder, engines) in [("migrations/server", true), ("migrations/app", false)] {
        let mut series: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for (path, text) in read_all(&[folder], &["sql"]) {
            let name = path.rsplit('/').next().unwrap();
            let (number, what) = name.split_once('_').expect("NNNN_what.sql");
            assert_eq!(number.len(), 4, "{path}");
            assert!(!text.trim().is_empty(), "{path} is empty");
            let number: u32 = number.parse().unwrap_or_else(|_| panic!("{path} has no number"));
            let keys = match what {
                _ if !engines => vec![what.trim_end_matches(".sql").to_owned()],
                _ if what.ends_with(".postgres.sql") => vec!["postgres".to_owned()],
                _ if what.ends_with(".sqlite.sql") => vec!["sqlite".to_owned()],
                _ => vec!["postgres".to_owned(), "sqlite".to_owned()],
            };
            for key in keys {
                assert!(series.entry(key).or_default().insert(number), "{path}: number twice");
            }
        }
        assert!(!series.is_empty(), "{folder} is empty");
        // Those of the server may leave holes, filled later: branches draw their numbers beforehand.
        for (key, numbers) in series.into_iter().filter(|_| !engines) {
            let due: BTreeSet<u32> = (1..=u32::try_from(numbers.len()).unwrap()).collect();
            assert_eq!(numbers, due, "{folder} {key}");
        }
    }
}

/// Direct dependencies by package, those of tests and build scripts left out.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    read["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let direct = package["dependencies"].as_array().unwrap();
            let normal = direct.iter().filter(|d| d["kind"].is_null()).map(|d| text(&d["name"]));
            (text(&package["name"]), normal.collect())
        })
        .collect()
}

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn all_rust() -> Vec<Source> {
    ["shared/src", "app/core/src", "app/shell", "app/plugins/reader/src", "server/src"]
        .into_iter()
        .flat_map(sources)
        .collect()
}

/// The folders of `server/src`.
fn rooms() -> BTreeSet<String> {
    std::fs::read_dir(root().join("server/src"))
        .expect("server/src")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| name_of(&path))
        .collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The word before each occurrence of `mark` that ends a path segment: `visits` in `visits::sql`.
fn named_before<'a>(code: &'a str, mark: &str) -> Vec<&'a str> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(mark)
        .filter(|(at, _)| !code[at + mark.len()..].starts_with(word))
        .map(|(at, _)| {
            let before = &code[..at];
            &before[before.rfind(|c| !word(c)).map_or(0, |i| i + 1)..]
        })
        .filter(|name| !name.is_empty())
        .collect()
}

fn starts_a_word(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn has_key(text: &str, code: &str) -> bool {
    text.lines().any(|line| is_key(line, code))
}

/// Whether a line of TypeScript gives `code` a text, in whatever quotes; the key may say before it
/// what kind of code it is (`anomaly_wall_wrong`).
fn is_key(line: &str, code: &str) -> bool {
    let Some((key, _)) = line.split_once(':') else { return false };
    let key = key.trim().trim_matches(['"', '\'']);
    key.strip_suffix(code).is_some_and(|kind| kind.is_empty() || kind.ends_with('_'))
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
