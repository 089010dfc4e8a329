//! What the app asks of a phone, by its manifest, and what its native halves understand.

use std::collections::BTreeSet;

use releve_tests::source::root;

use super::names;

/// What the phone's app may do, and the rows that need it. Adding a line here is a decision.
const PERMISSIONS: &[(&str, &str)] = &[
    ("INTERNET", "O-08: planning and stamps go to the server and back"),
    ("NFC", "O-14: tags are read"),
    ("CAMERA", "O-13: codes are read"),
    ("VIBRATE", "O-14, O-32: a stamp is felt in a pocket, and a countdown"),
    ("CALL_PHONE", "O-33: the call of an alarm begins by itself"),
    ("SEND_SMS", "O-33: without data an alarm goes by SMS, by itself"),
    ("ACCESS_COARSE_LOCATION", "O-33: Android asks for it with the fine one"),
    ("ACCESS_FINE_LOCATION", "O-33: where the worker is, during an alarm only"),
    ("FOREGROUND_SERVICE", "O-32: a countdown survives another app in front"),
    ("FOREGROUND_SERVICE_LOCATION", "O-33: and so do its positions"),
    ("FOREGROUND_SERVICE_SPECIAL_USE", "B-06: lone work under watch is asked about, screen off"),
    ("USE_BIOMETRIC", "O-03: fingerprint or face may unlock the app"),
    ("POST_NOTIFICATIONS", "O-32: the notice of a countdown"),
];

/// O-13, O-14, O-33, B-05: the app asks a phone for what its rows need and nothing more.
#[test]
fn the_android_manifest_asks_for_nothing_more() {
    let path = root().join("gen/android/app/src/main/AndroidManifest.xml");
    let manifest = std::fs::read_to_string(path).unwrap();
    let named = |mark: &str| -> BTreeSet<String> {
        let mark = format!("{mark} android:name=\"");
        let values = manifest.split(&mark).skip(1);
        values.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
    };
    let asked: BTreeSet<String> = named("<uses-permission")
        .iter()
        .map(|name| name.strip_prefix("android.permission.").unwrap_or(name).to_owned())
        .collect();
    assert_eq!(asked, names(&PERMISSIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>()));
    assert_eq!(manifest.matches("<uses-permission").count(), PERMISSIONS.len());
    for never in [
        "BACKGROUND_LOCATION",
        "SCHEDULE_EXACT_ALARM",
        "CALL_PRIVILEGED",
        "READ_SMS",
        "RECEIVE_SMS",
        "READ_CONTACTS",
        "READ_PHONE_STATE",
        "QUERY_ALL_PACKAGES",
        "_EXTERNAL_STORAGE",
        "RECORD_AUDIO",
    ] {
        assert!(!manifest.contains(never), "{never}");
    }

    // The only other apps that it looks for: those that hand pushes over.
    let queries =
        manifest.split("<queries>").nth(1).and_then(|rest| rest.split("</queries>").next());
    let queries = queries.expect("the distributors of pushes");
    assert_eq!(manifest.matches("<queries").count(), 1);
    assert_eq!(queries.matches("android:name=\"").count(), 2);
    assert_eq!(queries.matches("\"org.unifiedpush.android.distributor.").count(), 2);

    let actions: BTreeSet<String> = named("<action");
    let wanted = [
        "nfc.action.NDEF_DISCOVERED",
        "intent.action.MAIN",
        "intent.action.VIEW",
        "service.quicksettings.action.QS_TILE",
    ];
    let (pushes, system): (BTreeSet<String>, BTreeSet<String>) =
        actions.into_iter().partition(|action| action.starts_with("org.unifiedpush.android."));
    assert_eq!(system, wanted.map(|action| format!("android.{action}")).into());
    assert_eq!(pushes.len(), 2 + 4, "two that are looked for, four that are heard: {pushes:?}");
    let links = manifest.matches("<data ").count();
    let ours = "<data android:scheme=\"https\" android:host=\"*\" android:pathPrefix=\"/b/\" />";
    assert_eq!((links, manifest.matches(ours).count()), (2, 2), "tag links only");
    let open = manifest.matches("android:exported=\"true\"").count();
    assert_eq!(
        open, 3,
        "one screen, for links; one tile, which only the system may bind; one ear for distributors"
    );
    let bound = "android:permission=\"android.permission.BIND_QUICK_SETTINGS_TILE\"";
    assert_eq!(manifest.matches(bound).count(), 1);
    assert!(manifest.contains("android:allowBackup=\"false\""), "care data is in no backup");
    let features = [
        "nfc",
        "camera",
        "telephony",
        "fingerprint",
        "location",
        "location.gps",
        "sensor.accelerometer",
    ];
    for feature in features {
        let line = format!("\"android.hardware.{feature}\" android:required=\"false\"");
        assert!(manifest.contains(&line), "a phone without {feature} clocks too");
    }
}

/// O-31: the home screen's shortcut and the quick setting ask for what the plugin understands.
#[test]
fn o_31_the_shortcut_and_the_tile_press_the_alarm() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let res = "gen/android/app/src/main/res";
    let manifest = read("gen/android/app/src/main/AndroidManifest.xml");
    assert!(manifest.contains("android.app.shortcuts\" android:resource=\"@xml/shortcuts\""));
    assert!(manifest.contains("android:name=\"fr.releve.dati.DatiTile\""));
    let shortcuts = read(&format!("{res}/xml/shortcuts.xml"));
    let plugin = read("app/plugins/dati/android/fr/releve/dati/DatiPlugin.kt");
    let press = plugin.split("const val PRESS = \"").nth(1).and_then(|rest| rest.split('"').next());
    let press = press.expect("what the plugin listens to");
    assert!(shortcuts.contains(&format!("android:action=\"{press}\"")), "{press}");
    assert!(shortcuts.contains("android:targetClass=\"fr.releve.app.MainActivity\""));
    assert!(
        read("app/plugins/dati/android/fr/releve/dati/DatiTile.kt").contains("DatiPlugin.PRESS")
    );
    for file in ["drawable/ic_dati.xml", "values/strings.xml", "values-en/strings.xml"] {
        assert!(root().join(res).join(file).is_file(), "{file}");
    }
    for word in ["dati_short", "dati_long"] {
        for file in ["values/strings.xml", "values-en/strings.xml"] {
            assert!(read(&format!("{res}/{file}")).contains(word), "{word} in {file}");
        }
    }
}

/// O-02: what a fleet may set is declared to Android, read by the native half, and written down; the
/// three agree, and each has its words in both languages. Nothing needs Google's services.
#[test]
fn what_a_fleet_may_set_is_declared_read_and_written_down() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let between = |text: &str, before: &str| -> BTreeSet<String> {
        let rest = text.split(before).skip(1);
        rest.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
    };
    let declared =
        between(&read("gen/android/app/src/main/res/xml/app_restrictions.xml"), "android:key=\"");
    assert!(declared.contains("server_url") && declared.contains("enrolment_code"), "{declared:?}");
    let native = read("app/plugins/fleet/android/fr/releve/fleet/Managed.kt");
    let swift = read("app/plugins/fleet/ios/FleetPlugin.swift");
    let page = read("docs/fleet.md");
    for key in &declared {
        let quoted = format!("\"{key}\"");
        assert!(native.contains(&quoted) && swift.contains(&quoted), "{key} is read by both");
        assert!(page.contains(&format!("`{key}`")), "{key} is in docs/fleet.md");
        for values in ["values", "values-en"] {
            let words = read(&format!("gen/android/app/src/main/res/{values}/strings.xml"));
            assert!(words.contains(&format!("name=\"managed_{key}\"")), "{key} in {values}");
        }
    }
    for file in ["gen/android/app/build.gradle.kts", "gen/android/build.gradle.kts"] {
        let text = read(file);
        for never in ["com.google.gms", "play-services", "firebase"] {
            assert!(!text.contains(never), "{file}: {never}");
        }
    }
}
