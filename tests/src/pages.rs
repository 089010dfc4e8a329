//! What somebody who has the key reads in a SQLCipher file: every page, free ones and those of the log
//! included, decrypted without SQLite, which would show only what is still in use.

use std::collections::BTreeSet;
use std::path::Path;

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt as _, KeyInit as _};

/// The size of a page in SQLCipher 4.
pub const PAGE: usize = 4_096;
/// At the end of each: 16 bytes of IV, then the keyed check sum.
const RESERVED: usize = 80;
/// At the beginning of the file, in clear.
const SALT: usize = 16;
/// Before the first frame of a log, and before each page in it.
const LOG_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

/// The encrypted pages of a database file or, by its name, of its log.
#[must_use]
pub fn pages(file: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(file).unwrap_or_default();
    let is_log = file.to_string_lossy().ends_with("-wal");
    let (from, apart) = if is_log { (LOG_HEAD + FRAME_HEAD, FRAME_HEAD) } else { (0, 0) };
    let (mut all, mut at) = (Vec::new(), from);
    while let Some(page) = bytes.get(at..at + PAGE) {
        all.push(page.to_vec());
        at += PAGE + apart;
    }
    all
}

/// The clear bytes of all pages of a database and its log, with a raw key. A key that is not theirs
/// gives noise.
#[must_use]
pub fn decrypted(database: &Path, key: &[u8]) -> Vec<u8> {
    let cipher = Aes256::new_from_slice(key).expect("32 bytes");
    let log = format!("{}-wal", database.display());
    let mut clear = Vec::new();
    for page in [pages(database), pages(Path::new(&log))].concat() {
        // The first page begins with the salt. Read both ways, no page is missed: the other way
        // gives noise, and finds nothing that is not there.
        for from in [0, SALT] {
            let end = PAGE - RESERVED;
            let mut before: [u8; 16] = page[end..end + 16].try_into().expect("an IV");
            for block in page[from..end].chunks_exact(16) {
                let mut plain = aes::Block::try_from(block).expect("a block");
                cipher.decrypt_block(&mut plain);
                clear.extend(plain.iter().zip(before).map(|(byte, mask)| byte ^ mask));
                before = block.try_into().expect("a block");
            }
        }
    }
    clear
}

/// Every text of a shape in some bytes: the mark, in any case, and the four digits after it.
#[must_use]
pub fn marked(bytes: &[u8], mark: &str) -> BTreeSet<String> {
    let first = mark.as_bytes()[0];
    let mut found = BTreeSet::new();
    for at in 0..bytes.len().saturating_sub(mark.len() + 3) {
        if bytes[at].eq_ignore_ascii_case(&first)
            && bytes[at..at + mark.len()].eq_ignore_ascii_case(mark.as_bytes())
        {
            let digits = &bytes[at + mark.len()..at + mark.len() + 4];
            if digits.iter().all(u8::is_ascii_digit) {
                found.insert(String::from_utf8_lossy(digits).into_owned());
            }
        }
    }
    found
}
