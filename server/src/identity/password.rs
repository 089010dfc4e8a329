//! Passwords: the rule, and Argon2id (security.md).

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use releve_shared::refusal::Refusal;

use crate::app::App;
use crate::db::{Answer, Fault};

/// Fewest characters.
const SHORTEST: usize = 12;
/// Most bytes, so that nobody makes the server chew on a book.
const LONGEST: usize = 256;

/// What people choose when they must have twelve characters of four classes; compared without case,
/// and without what is not a letter.
const COMMON: &[&str] = &[
    "password",
    "passw",
    "motdepasse",
    "azerty",
    "qwerty",
    "azertyuiop",
    "qwertyuiop",
    "welcome",
    "bienvenue",
    "bonjour",
    "admin",
    "administrateur",
    "administrator",
    "letmein",
    "soleil",
    "doudou",
    "loulou",
    "iloveyou",
    "jetaime",
    "changeme",
    "changezmoi",
    "releve",
    "secret",
    "football",
    "marseille",
    "chouchou",
    "princesse",
    "princess",
    "dragon",
    "master",
    "monkey",
    "superman",
    "batman",
    "liverpool",
    "juventus",
    "printemps",
    "automne",
    "hiver",
    "summer",
    "winter",
    "spring",
    "autumn",
    "janvier",
    "decembre",
    "aidesoignante",
    "infirmiere",
    "hopital",
];

/// A hash of nobody's password: work for an unknown name equals the work for a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$\
     c2l4dGVlbnNpeHRlZW5zaXh0ZWVuc2l4dGVlbjEyMzQ";

/// At least twelve characters of four classes (the source rule), and none of the well-known ones.
///
/// # Errors
/// [`Refusal::WeakPassword`].
pub fn check(password: &str) -> Result<(), Refusal> {
    let long = password.chars().count() >= SHORTEST && password.len() <= LONGEST;
    let classes = [
        password.chars().any(char::is_lowercase),
        password.chars().any(char::is_uppercase),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_alphanumeric()),
    ];
    let plain: String = password.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    let core = password.to_lowercase();
    let core = core.trim_matches(|c: char| !c.is_alphabetic());
    let unleet: String = core
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            other => other,
        })
        .filter(|c| c.is_alphabetic())
        .collect();
    let common = COMMON.contains(&plain.as_str()) || COMMON.contains(&unleet.as_str());
    let mut letters: Vec<char> = password.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if long && classes.iter().all(|has| *has) && !common && letters.len() >= 6 {
        Ok(())
    } else {
        Err(Refusal::WeakPassword)
    }
}

fn argon() -> Result<Argon2<'static>, Fault> {
    let params = Params::new(19_456, 2, 1, None).map_err(|e| Fault::new(format!("Argon2: {e}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The PHC string of a password; takes tens of milliseconds, so never on an async thread.
///
/// # Errors
/// When Argon2 fails, which is a bug.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String, Fault> {
    let failed = |what: String| Fault::new(format!("hashing a password: {what}"));
    let hash = argon()?.hash_password_with_salt(password.as_bytes(), &salt);
    Ok(hash.map_err(|e| failed(e.to_string()))?.to_string())
}

/// Whether a hash was made with other costs than today's: it is made again when its password is known.
fn outdated(hash: &str) -> Result<bool, Fault> {
    let parsed =
        PasswordHash::new(hash).map_err(|e| Fault::new(format!("reading a password hash: {e}")))?;
    let costs = Params::try_from(&parsed).ok();
    let wanted = argon()?.params().clone();
    let same = costs.is_some_and(|found| {
        found.m_cost() == wanted.m_cost()
            && found.t_cost() == wanted.t_cost()
            && found.p_cost() == wanted.p_cost()
    });
    Ok(!same || parsed.algorithm.as_str() != "argon2id" || parsed.version != Some(19))
}

/// Whether a password is that of a hash; the same work when there is no hash.
///
/// # Errors
/// When Argon2 fails, which is a bug.
fn matches(password: &str, hash: Option<&str>) -> Result<bool, Fault> {
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODY))
        .map_err(|e| Fault::new(format!("reading a password hash: {e}")))?;
    let same = argon()?.verify_password(password.as_bytes(), &parsed).is_ok();
    Ok(same && hash.is_some())
}

/// [`matches()`] off the async threads, a few at a time.
pub(super) async fn verify(app: &App, password: String, hash: Option<String>) -> Answer<bool> {
    aside(app, move || matches(&password, hash.as_deref())).await
}

/// A hash with today's costs in the place of an outdated one, of a password that was just verified.
pub(super) async fn renewed(app: &App, password: String, old: String) -> Answer<Option<String>> {
    let salt = app.draw::<16>();
    aside(app, move || Ok(if outdated(&old)? { Some(hash(&password, salt)?) } else { None })).await
}

/// [`hash()`] off the async threads.
pub(super) async fn hashed(app: &App, password: String) -> Answer<String> {
    let salt = app.draw::<16>();
    aside(app, move || hash(&password, salt)).await
}

async fn aside<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Answer<T> {
    let failed = |e: String| Fault::new(format!("Argon2, aside: {e}"));
    let _turn = app.hashing.acquire().await.map_err(|e| failed(e.to_string()))?;
    Ok(tokio::task::spawn_blocking(work).await.map_err(|e| failed(e.to_string()))??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_refused() {
        for weak in [
            "Court-1a",
            "toutenminuscules1!",
            "SANSMINUSCULE1!",
            "Sanschiffre!!!",
            "SansSigne1234",
            "Motdepasse123!",
            "P@ssw0rd12345!",
            "Aa1!Aa1!Aa1!",
        ] {
            assert_eq!(check(weak), Err(Refusal::WeakPassword), "{weak}");
        }
        assert_eq!(check("Trois-Merles-4-Pies"), Ok(()));
        assert_eq!(check(&format!("Aa1!zZ{}", "x".repeat(300))), Err(Refusal::WeakPassword));
    }

    #[test]
    fn a_hash_of_other_costs_is_outdated() {
        let params = Params::new(8_192, 1, 1, None).unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let salt: [u8; 16] = [3; 16];
        let old = weak.hash_password_with_salt(b"Trois-Merles-4-Pies", &salt).unwrap().to_string();
        assert!(outdated(&old).unwrap());
        assert!(matches("Trois-Merles-4-Pies", Some(&old)).unwrap(), "and still opens");
        assert!(!outdated(&hash("Trois-Merles-4-Pies", salt).unwrap()).unwrap());
    }

    #[test]
    fn a_hash_knows_its_password_and_nobody_has_none() {
        let kept = hash("Trois-Merles-4-Pies", [3; 16]).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(matches("Trois-Merles-4-Pies", Some(&kept)).unwrap());
        assert!(!matches("Trois-Merles-5-Pies", Some(&kept)).unwrap());
        assert!(!matches("Trois-Merles-4-Pies", None).unwrap());
    }
}
