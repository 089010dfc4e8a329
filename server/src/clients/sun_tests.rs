use super::*;
use proptest::prelude::*;
use releve_shared::time::Moment;

const ZERO: TagKeys = TagKeys { master: [0; 16], meta: [0; 16], file: [0; 16] };

fn tap(picc: &str, enc: Option<&str>, cmac: &str) -> SunTap {
    SunTap { picc: picc.into(), enc: enc.map(str::to_owned), cmac: cmac.into() }
}

fn bytes(text: &str) -> Vec<u8> {
    unhex(text).unwrap()
}

/// B-04: the vectors of NXP AN12196.
#[test]
fn the_vectors_of_nxp_pass() {
    let read =
        verify(&ZERO, &tap("EF963FF7828658A599F3041510671E88", None, "94EED9EE65337086")).unwrap();
    assert_eq!((hex(&read.uid).as_str(), read.counter), ("04DE5F1EACC040", 61));
    let enc = Some("CEE9A53E3E463EF1F459635736738962");
    let read =
        verify(&ZERO, &tap("FD91EC264309878BE6345CBE53BADF40", enc, "ECC1E7F6C6C73BF6")).unwrap();
    assert_eq!((hex(&read.uid).as_str(), read.counter), ("04958CAA5C5E80", 8));
    assert_eq!(read.file, b"xxxxxxxxxxxxxxxx");
}

/// B-04: an LRP chip with all-zero keys. Its MAC covers its own spelling of the link, so the public example
/// gives PICCData, the key of the tap and the file part; the code is checked over its text.
#[test]
fn the_public_examples_of_lrp_pass() {
    let data = bytes("65628ED36888CF9C84797E43ECACF114C6ED9A5E101EB592");
    let (chance, data) = data.split_first_chunk::<8>().unwrap();
    let mut clear = data.to_vec();
    Lrp::new(&ZERO.meta).decrypt(0, *chance, &mut clear);
    assert_eq!(hex(&clear), "C7042E1D222A63807B00002993571635");

    let (uid, counter) = (clear[1..8].try_into().unwrap(), clear[8..11].try_into().unwrap());
    let session = Session::of(Mode::Lrp, &ZERO.file, &uid, &counter);
    let covered = "any.domain/?m=65628ED36888CF9C84797E43ECACF114C6ED9A5E101EB592x4ADE304B5AB9474CB40AFFC\
                   AB0607A85x";
    assert_eq!(hex(&session.code(covered.as_bytes())), "87E287E8135BFC06");
    let file = session.file(bytes("4ADE304B5AB9474CB40AFFCAB0607A85")).unwrap();
    assert_eq!(file, b"0102030400000000");
}

/// AN10922 section 2.2.1, its worked example.
#[test]
fn keys_are_diversified_as_nxp_does() {
    let master = bytes("00112233445566778899AABBCCDDEEFF").try_into().unwrap();
    let input = bytes("04782E21801D803042F54E585020416275");
    assert_eq!(hex(&diversify(&master, &input)), "A8DD63A3B89D54B37CA802473FDA9175");
}

#[test]
fn each_tag_has_keys_of_its_own() {
    let master = [3; 16];
    let (one, two) = (HomeTagId::new(Moment(1), [1; 10]), HomeTagId::new(Moment(1), [2; 10]));
    let (one, two) = (keys_of(&master, one), keys_of(&master, two));
    assert!(one.file != two.file && one.meta != two.meta && one.meta != one.file);
    let read = tap("EF963FF7828658A599F3041510671E88", None, "94EED9EE65337086");
    assert_eq!(verify(&one, &read), Err(Forged));
}

proptest! {
    #[test]
    fn what_a_chip_mirrors_verifies_with_its_own_keys_only(
        master: [u8; 16], uid: [u8; 7], counter in 0u32..0x100_0000, chance: [u8; 8], lrp: bool,
    ) {
        let mode = if lrp { Mode::Lrp } else { Mode::Aes };
        let keys = keys_of(&master, HomeTagId::new(Moment(1), [1; 10]));
        let others = keys_of(&master, HomeTagId::new(Moment(1), [2; 10]));
        let tap = mirror(mode, &keys, uid, counter, chance);
        prop_assert_eq!(verify(&keys, &tap), Ok(Tap { uid, counter, file: vec![] }));
        prop_assert_eq!(verify(&others, &tap), Err(Forged));
    }

    /// B-04: whatever byte is changed, the tap is refused.
    #[test]
    fn a_changed_digit_never_passes(which in 0usize..80, digit in 0u32..16) {
        let whole = "FD91EC264309878BE6345CBE53BADF40CEE9A53E3E463EF1F459635736738962ECC1E7F6C6C73BF6";
        let mut chars: Vec<char> = whole.chars().collect();
        let new = char::from_digit(digit, 16).unwrap().to_ascii_uppercase();
        prop_assume!(chars[which] != new);
        chars[which] = new;
        let part = |from: usize, to: usize| chars[from..to].iter().collect::<String>();
        let forged = tap(&part(0, 32), Some(&part(32, 64)), &part(64, 80));
        prop_assert_eq!(verify(&ZERO, &forged), Err(Forged));
    }

    /// B-04: the same, for a chip in LRP mode.
    #[test]
    fn a_changed_digit_never_passes_in_lrp_mode(which in 0usize..64, digit in 0u32..16) {
        let true_tap = mirror(Mode::Lrp, &ZERO, [4, 1, 2, 3, 4, 5, 6], 61, [9; 8]);
        let mut chars: Vec<char> = (true_tap.picc + &true_tap.cmac).chars().collect();
        let new = char::from_digit(digit, 16).unwrap().to_ascii_uppercase();
        prop_assume!(chars[which] != new);
        chars[which] = new;
        let part = |from: usize, to: usize| chars[from..to].iter().collect::<String>();
        prop_assert_eq!(verify(&ZERO, &tap(&part(0, 48), None, &part(48, 64))), Err(Forged));
    }

    #[test]
    fn no_text_makes_it_panic(picc in "[0-9A-F]{48}|.{0,40}", enc in proptest::option::of(".{0,70}"), cmac in ".{0,20}") {
        let _ = verify(&ZERO, &SunTap { picc, enc, cmac });
    }
}
