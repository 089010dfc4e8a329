use super::super::sun::{hex, unhex};
use super::*;

fn key(text: &str) -> Key {
    unhex(text).unwrap().try_into().unwrap()
}

/// B-04: AN12304, its vectors of the first algorithms.
#[test]
fn plaintexts_and_updated_keys_are_nxps() {
    let lrp = Lrp::new(&key("567826B8DA8E768432A9548DBE4AA3A0"));
    assert_eq!(hex(&lrp.plaintexts[0]), "AC20D39F5341FE98DFCA21DA86BA7914");
    assert_eq!(hex(&lrp.plaintexts[15]), "71B444AF257A93215311D758DD333247");
    assert_eq!(hex(&lrp.updated[0]), "163D14ED24ED935373568EC521E96CF4");
}

/// B-04: AN12304, its vectors of the MAC: empty, short, whole and many blocks.
#[test]
fn the_mac_is_nxps() {
    let vectors = [
        ("63A0169B4D9FE42C72B2784C806EAC21", "", "0E07C601970814A4176FDA633C6FC3DE"),
        ("8195088CE6C393708EBBE6C7914ECB0B", "BBD5B85772C7", "AD8595E0B49C5C0DB18E77355F5AAFF6"),
        (
            "5AA9F6C6DE5138113DF5D6B6C77D5D52",
            "A4434D740C2CB665FE5396959189383F",
            "8B43ADF767E46B692E8F24E837CB5EFC",
        ),
        (
            "11ED02022570CB10502BC1DACF64B21F",
            "E825603F896A85CAB45E6730D89DD4CE78010599",
            "4A1577C366D53080D0DFD1CC47EE3CC7",
        ),
        (
            "D66C19216297BAA60D7EA7C13E7839F9",
            "56076C610CAFB99D0EFAB679C360F34202655178EE7E7236E8BFCC1C66BDDA17F2F67F65ADBF55E7000\
             9FE84F0477B1845B7E5B48231FBD89436794CE39D36511F9F86CCE08E95430F6977E57FEE45A044B3D7A\
             FD72694C1FAA6D07645080363D2AC6451C1AE37B621A1",
            "EFFA1488A73FDBCE5B91BBF9B8D51775",
        ),
    ];
    for (secret, message, mac) in vectors {
        assert_eq!(hex(&Lrp::new(&key(secret)).cmac(&unhex(message).unwrap())), mac, "{message}");
    }
}

/// B-04: AN12304, its vector of the block cipher, there and back; the last block is padding.
#[test]
fn the_cipher_is_nxps() {
    let lrp = Lrp::new(&key("E0C4935FF0C254CD2CEF8FDDC32460CF"));
    let clear = unhex("012D7F1653CAF6503C6AB0C1010E8CB080000000000000000000000000000000").unwrap();
    let mut data = clear.clone();
    lrp.encrypt(0, [0xC3, 0x31, 0x5D, 0xBF], &mut data);
    assert_eq!(hex(&data), "FCBBACAA4F29182464F99DE41085266F480E863E487BAAF687B43ED1ECE0D623");
    lrp.decrypt(0, [0xC3, 0x31, 0x5D, 0xBF], &mut data);
    assert_eq!(data, clear);
}

#[test]
fn a_counter_goes_round_its_end() {
    let lrp = Lrp::new(&[7; 16]);
    let mut pair = [[1; 16], [1; 16]].concat();
    lrp.encrypt(0, [0xFF, 0xFF], &mut pair);
    let mut second = vec![1; 16];
    lrp.encrypt(0, [0, 0], &mut second);
    assert_eq!(pair[16..], second[..]);
}
