//! NXP's leakage resilient primitive (AN12304), with nibbles (m = 4), as an NTAG 424 DNA in LRP mode uses it. Pure.
//!
//! Ours: the one crate that has it (`ntag424`) keeps it private and brings the chip's whole protocol,
//! with an elliptic curve and a second set of hashes, into the server.

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};

use super::sun::Key;

/// A key made ready: its sixteen secret plaintexts, and its updated keys.
pub struct Lrp {
    plaintexts: [Key; 16],
    updated: [Key; 2],
}

impl Lrp {
    /// Algorithms 1 and 2 of AN12304.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        let mut chain = block(key, &[0x55; 16]);
        let plaintexts = std::array::from_fn(|_| {
            let out = block(&chain, &[0xAA; 16]);
            chain = block(&chain, &[0x55; 16]);
            out
        });
        let mut chain = block(key, &[0xAA; 16]);
        let updated = std::array::from_fn(|_| {
            let out = block(&chain, &[0xAA; 16]);
            chain = block(&chain, &[0x55; 16]);
            out
        });
        Self { plaintexts, updated }
    }

    /// `CMAC_LRP` of a message, under updated key 0.
    #[must_use]
    pub fn cmac(&self, message: &[u8]) -> Key {
        let under = &self.updated[0];
        let doubled = double(&self.evaluate(under, &[0; 16]));
        let (whole, rest) = message.as_chunks::<16>();
        // The last block is masked, whole or padded; an empty message is one padded block.
        let (whole, last) = match (rest, whole.split_last()) {
            ([], Some((last, before))) => (before, xor(last, &doubled)),
            _ => (whole, xor(&padded(rest), &double(&doubled))),
        };
        let state = whole.iter().fold([0; 16], |state, next| {
            let mixed = xor(&state, next);
            self.evaluate(under, &mixed)
        });
        self.evaluate(under, &xor(&state, &last))
    }

    /// `LRICB` decryption in place, under updated key `which` (0 or 1); `counter` is big endian and grows
    /// by one a block, round its end. Bytes after the last whole block stay as they are.
    pub fn decrypt<const N: usize>(&self, which: usize, counter: [u8; N], data: &mut [u8]) {
        self.icb(which, counter, data, |key, at| Aes128::new(&(*key).into()).decrypt_block(at));
    }

    /// The other way, for a chip.
    pub fn encrypt<const N: usize>(&self, which: usize, counter: [u8; N], data: &mut [u8]) {
        self.icb(which, counter, data, |key, at| Aes128::new(&(*key).into()).encrypt_block(at));
    }

    fn icb<const N: usize>(
        &self,
        which: usize,
        mut counter: [u8; N],
        data: &mut [u8],
        cipher: impl Fn(&Key, &mut aes::Block),
    ) {
        let [zero, one] = &self.updated;
        let under = if which == 0 { zero } else { one };
        for chunk in data.as_chunks_mut::<16>().0 {
            let mut at = (*chunk).into();
            cipher(&self.evaluate(under, &counter), &mut at);
            *chunk = at.into();
            for byte in counter.iter_mut().rev() {
                *byte = byte.wrapping_add(1);
                if *byte != 0 {
                    break;
                }
            }
        }
    }

    /// Algorithm 3, with its last step.
    fn evaluate(&self, under: &Key, input: &[u8]) -> Key {
        let out = input.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]).fold(*under, |key, n| {
            let plaintext = self.plaintexts.get(usize::from(n)).unwrap_or(under);
            block(&key, plaintext)
        });
        block(&out, &[0; 16])
    }
}

fn block(key: &Key, data: &Key) -> Key {
    let mut out = (*data).into();
    Aes128::new(&(*key).into()).encrypt_block(&mut out);
    out.into()
}

fn xor(a: &Key, b: &Key) -> Key {
    let mut out = *a;
    out.iter_mut().zip(b).for_each(|(x, y)| *x ^= y);
    out
}

fn padded(rest: &[u8]) -> Key {
    let mut out = [0; 16];
    for (to, from) in out.iter_mut().zip(rest.iter().chain([&0x80])) {
        *to = *from;
    }
    out
}

/// Doubles in GF(2¹²⁸), as CMAC does.
fn double(block: &Key) -> Key {
    let value = u128::from_be_bytes(*block);
    ((value << 1) ^ ((value >> 127) * 0x87)).to_be_bytes()
}

#[cfg(test)]
#[path = "lrp_tests.rs"]
mod tests;
