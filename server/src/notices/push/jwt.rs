//! Short words that a key signs, as services take them (RFC 7515, compact form).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair as RsaPair;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair as EcdsaPair, RSA_PKCS1_SHA256,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;

/// What is signed: the head and the claims.
pub fn said(head: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(head), part(claims))
}

/// The word: what was said, with its signature.
pub fn word(said: &str, signature: &[u8]) -> String {
    format!("{said}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The RSA key of a text (PEM, PKCS#8).
pub fn rsa(pem: &str) -> Option<RsaPair> {
    RsaPair::from_pkcs8(der(pem)?.secret_pkcs8_der()).ok()
}

/// The P-256 key of a text (PEM, PKCS#8).
pub fn p256(pem: &str) -> Option<EcdsaPair> {
    let (scheme, der) = (&ECDSA_P256_SHA256_FIXED_SIGNING, der(pem)?);
    EcdsaPair::from_pkcs8(scheme, der.secret_pkcs8_der(), &SystemRandom::new()).ok()
}

fn der(pem: &str) -> Option<PrivatePkcs8KeyDer<'static>> {
    PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()
}

/// A word signed as RS256. Chance only blinds the computation.
pub fn rs256(pair: &RsaPair, said: &str) -> Option<String> {
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), said.as_bytes(), &mut signature).ok()?;
    Some(word(said, &signature))
}

/// A word signed as ES256.
pub fn es256(pair: &EcdsaPair, said: &str) -> Option<String> {
    let signature = pair.sign(&SystemRandom::new(), said.as_bytes()).ok()?;
    Some(word(said, signature.as_ref()))
}
