//! A sealed stream: XChaCha20-Poly1305 in pieces, in the STREAM construction (Hoang, Reyhanitabar,
//! Rogaway, Vizár, 2015). A piece that is changed, moved, repeated or missing is found.

use std::io::{self, Read, Write};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

/// Before everything else, and bound to every piece.
const MAGIC: &[u8; 16] = b"releve backup 1\n";
/// Bytes of a piece before sealing.
const PIECE: usize = 64 * 1024;
/// What sealing adds to a piece.
const TAG: usize = 16;
/// What is drawn for a stream: the rest of the nonce counts the pieces and marks the last.
pub(super) const DRAWN: usize = 19;

struct Cipher {
    cipher: XChaCha20Poly1305,
    drawn: [u8; DRAWN],
    piece: u32,
}

impl Cipher {
    fn new(key: &[u8; 32], drawn: [u8; DRAWN]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&(*key).into()), drawn, piece: 0 }
    }

    /// The nonce of the next piece. 2^32 pieces are 256 TiB.
    fn nonce(&mut self, last: bool) -> io::Result<XNonce> {
        let mut nonce = [0; 24];
        let parts = self.drawn.into_iter().chain(self.piece.to_be_bytes());
        nonce.iter_mut().zip(parts.chain([u8::from(last)])).for_each(|(to, from)| *to = from);
        self.piece = self.piece.checked_add(1).ok_or_else(|| broken("too large"))?;
        Ok(XNonce::from(nonce))
    }
}

/// Seals what is written to it. [`Sealer::end`] writes the last piece: without it, nothing opens.
pub(super) struct Sealer<W: Write> {
    to: W,
    cipher: Cipher,
    held: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    pub(super) fn new(mut to: W, key: &[u8; 32], drawn: [u8; DRAWN]) -> io::Result<Self> {
        to.write_all(MAGIC)?;
        to.write_all(&drawn)?;
        Ok(Self { to, cipher: Cipher::new(key, drawn), held: Vec::with_capacity(PIECE) })
    }

    pub(super) fn end(mut self) -> io::Result<W> {
        self.piece(true)?;
        Ok(self.to)
    }

    fn piece(&mut self, last: bool) -> io::Result<()> {
        let nonce = self.cipher.nonce(last)?;
        let payload = Payload { msg: &self.held, aad: MAGIC };
        let sealed = self.cipher.cipher.encrypt(&nonce, payload);
        self.to.write_all(&sealed.map_err(|_| broken("sealing failed"))?)?;
        self.held.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece waits for the next byte, so that the last one is known when it is sealed.
        if self.held.len() == PIECE && !bytes.is_empty() {
            self.piece(false)?;
        }
        let room = (PIECE - self.held.len()).min(bytes.len());
        self.held.extend(bytes.iter().take(room));
        Ok(room)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens what a [`Sealer`] has written.
pub(super) struct Opener<R: Read> {
    from: R,
    cipher: Cipher,
    /// The first byte of the next piece, read to know whether there is one.
    ahead: Vec<u8>,
    open: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Opener<R> {
    pub(super) fn new(mut from: R, key: &[u8; 32]) -> io::Result<Self> {
        let (mut magic, mut drawn) = ([0; 16], [0; DRAWN]);
        let head = from.read_exact(&mut magic).and_then(|()| from.read_exact(&mut drawn));
        if head.is_err() || magic != *MAGIC {
            return Err(broken("this is no backup of Relève"));
        }
        let cipher = Cipher::new(key, drawn);
        Ok(Self { from, cipher, ahead: Vec::new(), open: Vec::new(), given: 0, ended: false })
    }

    fn next(&mut self) -> io::Result<()> {
        let mut sealed = std::mem::take(&mut self.ahead);
        let want = (PIECE + TAG + 1 - sealed.len()) as u64;
        self.from.by_ref().take(want).read_to_end(&mut sealed)?;
        let last = sealed.len() <= PIECE + TAG;
        if !last {
            self.ahead.extend(sealed.pop());
        }
        let nonce = self.cipher.nonce(last)?;
        let payload = Payload { msg: &sealed, aad: MAGIC };
        self.open = self.cipher.cipher.decrypt(&nonce, payload).map_err(|_| {
            broken("the file is damaged or cut short, or this is not the key that sealed it")
        })?;
        (self.given, self.ended) = (0, last);
        Ok(())
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.open.len() {
            if self.ended {
                return Ok(0);
            }
            self.next()?;
        }
        let left = self.open.get(self.given..).unwrap_or_default();
        let count = left.len().min(into.len());
        into.iter_mut().zip(left).for_each(|(to, from)| *to = *from);
        self.given += count;
        Ok(count)
    }
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [7; 32];

    fn sealed(text: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), &KEY, [3; DRAWN]).unwrap();
        sealer.write_all(text).unwrap();
        sealer.end().unwrap()
    }

    fn opened(bytes: &[u8], key: [u8; 32]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        Opener::new(bytes, &key)?.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn what_was_sealed_opens_at_every_border() {
        for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 5] {
            let text: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            assert_eq!(opened(&sealed(&text), KEY).unwrap(), text, "{size}");
        }
    }

    #[test]
    fn a_file_cut_swapped_or_of_another_key_does_not_open() {
        let whole = sealed(&vec![5; 3 * PIECE]);
        let head = MAGIC.len() + DRAWN;
        let piece = PIECE + TAG;
        assert!(opened(&whole, [8; 32]).is_err());
        assert!(opened(&whole[..head + 2 * piece], KEY).is_err(), "cut at a border");
        assert!(opened(&whole[..whole.len() - 1], KEY).is_err());
        assert!(opened(&[whole.as_slice(), &[0]].concat(), KEY).is_err(), "longer");
        let (first, second) = (head..head + piece, head + piece..head + 2 * piece);
        let swapped =
            [&whole[..head], &whole[second], &whole[first], &whole[head + 2 * piece..]].concat();
        assert!(opened(&swapped, KEY).is_err(), "swapped");
        assert!(opened(b"PK\x03\x04 something else entirely", KEY).is_err());
        assert!(opened(b"", KEY).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_changed_byte_is_found(at in 0_usize..200, flip in 1_u8..) {
            let mut bytes = sealed(&[9; 165]);
            let at = at % bytes.len();
            bytes[at] ^= flip;
            prop_assert!(opened(&bytes, KEY).is_err());
        }
    }
}
