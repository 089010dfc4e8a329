//! Who sends a push: the server's own key pair, drawn once and kept sealed, and a short word signed by
//! it for each push service (RFC 8292).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use releve_shared::time::{HOUR_MS, Moment, SECOND_MS};

use super::ece::point;
use super::jwt;
use crate::app::App;
use crate::db::{Answer, Fault};

/// The key's name beside the other sealed ones.
const NAME: &str = "push";

/// How long a word holds: the standard allows a day at most.
const HOLDS_MS: i64 = 12 * HOUR_MS;

/// The pair that push services know this server by.
pub struct Vapid(SigningKey);

impl Vapid {
    fn open(secret: &[u8]) -> Result<Self, Fault> {
        let key = SigningKey::from_slice(secret);
        key.map(Self).map_err(|_| Fault::new("the sealed key of pushes is none"))
    }

    /// The public half as browsers and push services take it.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(point(&self.0.verifying_key().into()))
    }

    /// The `Authorization` header for a push service, `https://host`.
    pub fn header(&self, service: &str, subject: &str, now: Moment) -> String {
        let until = now.plus(HOLDS_MS).0.div_euclid(SECOND_MS);
        let claims = serde_json::json!({ "aud": service, "exp": until, "sub": subject });
        let said = jwt::said(&serde_json::json!({ "typ": "JWT", "alg": "ES256" }), &claims);
        let signature: Signature = self.0.sign(said.as_bytes());
        let word = jwt::word(&said, &signature.to_bytes());
        format!("vapid t={word}, k={}", self.public())
    }
}

/// The server's pair; drawn and kept at the first call of all.
///
/// # Errors
/// Those of the database, and a key sealed by another master key.
pub async fn vapid(app: &App) -> Answer<Vapid> {
    let keys = app.keys.clone();
    if let Some(secret) = app.read(move |tx, _| Ok(keys.own(tx, NAME)?)).await? {
        return Ok(Vapid::open(&secret)?);
    }
    let drawn = draw(app)?;
    let public = Vapid::open(&drawn.to_bytes())?.public();
    let (keys, nonce) = (app.keys.clone(), app.draw());
    let secret = app
        .write(move |tx, now| {
            // Of two that draw at once, the first counts.
            keys.keep_own(tx, (NAME, &public), (&drawn.to_bytes(), nonce), now)?;
            Ok(keys.own(tx, NAME)?)
        })
        .await?;
    let secret = secret.ok_or_else(|| Fault::new("the key of pushes is gone"))?;
    Ok(Vapid::open(&secret)?)
}

/// A secret of P-256. One draw in four thousand million is none: it is drawn again.
pub fn draw(app: &App) -> Result<SecretKey, Fault> {
    let found = (0..4).find_map(|_| SecretKey::from_slice(&app.draw::<32>()).ok());
    found.ok_or_else(|| Fault::new("chance gives no key"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier as _;

    #[tokio::test]
    async fn the_pair_is_drawn_once_and_signs_for_one_service() {
        let world = World::new().await;
        let first = vapid(&world.app).await.unwrap();
        assert_eq!(vapid(&world.app).await.unwrap().public(), first.public());

        let header = first.header("https://push.example", "mailto:a@r.example", Moment(5_000));
        let (word, key) = header.split_once(", k=").unwrap();
        let word = word.strip_prefix("vapid t=").unwrap();
        let (said, signature) = word.rsplit_once('.').unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(key).unwrap();
        let key = VerifyingKey::from_sec1_bytes(&bytes).unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        key.verify(said.as_bytes(), &Signature::from_slice(&signature).unwrap()).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(said.split_once('.').unwrap().1).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["aud"], "https://push.example");
        assert_eq!(claims["exp"], 5 + 12 * 3_600);
    }
}
