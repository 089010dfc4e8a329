//! The page that a client opens by the code of a card: who stands at the door, and whether it holds now.

use releve_shared::card::CardCode;
use releve_shared::time::{Moment, Zone};

use super::sql;
use crate::db::{Answer, Tx};
use crate::identity;
use crate::text::html;

/// The styles of the page, a file of their own: its policy allows no inline style.
pub const CSS: &str = include_str!("page.css");

/// What the page tells. A code that does not hold tells nothing of anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The code is the phone's own, and of now.
    Valid {
        /// First name and the first letter of the last: no more than the card needs.
        name: String,
        /// As what, in words.
        role: String,
        /// Where.
        organisation: String,
        /// JPEG in base64.
        photo: Option<String>,
        /// JPEG in base64.
        logo: Option<String>,
        /// When it was checked, on the wall of the organisation.
        at: String,
    },
    /// Expired, forged, of a phone that is not trusted any more, or of somebody who has left.
    NotValid,
}

/// Checks a code.
///
/// # Errors
/// Those of the database.
pub fn check(tx: &mut Tx, text: &str, now: Moment) -> Answer<Shown> {
    let Some(code) = CardCode::parse(text) else { return Ok(Shown::NotValid) };
    let Some(bearer) = sql::bearer(tx, code.device)? else { return Ok(Shown::NotValid) };
    let (true, true, Some((membership, role))) =
        (bearer.trusted, code.holds(&bearer.key, now), bearer.at_work)
    else {
        return Ok(Shown::NotValid);
    };
    let initial = bearer.last_name.chars().next().map(|c| format!(" {c}.")).unwrap_or_default();
    let zone = identity::zone(tx, bearer.organisation)?;
    Ok(Shown::Valid {
        name: format!("{}{initial}", bearer.first_name),
        role,
        photo: sql::photo(tx, membership)?,
        logo: sql::logo(tx, bearer.organisation)?,
        organisation: bearer.organisation_name,
        at: wall(&zone, now),
    })
}

/// `08:03`
fn wall(zone: &Zone, now: Moment) -> String {
    let (hour, minute) = zone.wall(now);
    format!("{hour:02}:{minute:02}")
}

impl Shown {
    /// The page, in French and in English.
    #[must_use]
    pub fn html(&self) -> String {
        let mut page = String::from(
            "<!doctype html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>Relève</title>\n\
             <link rel=\"stylesheet\" href=\"/c/page.css\">\n</head>\n<body>\n<main>\n",
        );
        page.push_str(&match self {
            Self::Valid { name, role, organisation, photo, logo, at } => {
                let (name, role) = (html(name), html(role));
                let (organisation, at) = (html(organisation), html(at));
                let photo = picture(photo.as_deref(), "photo", &name);
                let logo = picture(logo.as_deref(), "logo", "");
                format!(
                    "<p class=\"verdict valid\">✓ Carte valide</p>{photo}\n<h1>{name}</h1>\n\
                     <p>{role}</p>\n<p class=\"agency\">{logo}{organisation}</p>\n\
                     <p>Vérifiée à {at}. La personne devant vous ressemble-t-elle à la photo ?</p>\n\
                     <section lang=\"en\"><p>✓ Valid card, checked at {at}. Does the person before you \
                     look like the photo?</p></section>\n"
                )
            }
            Self::NotValid => "<p class=\"verdict stale\">✕ Cette carte n'est pas valable maintenant</p>\n\
                 <p>Un code ne vaut que quelques minutes. Demandez à la personne d'ouvrir sa carte dans \
                 l'application, et lisez le nouveau code. Si cela recommence, appelez l'agence.</p>\n\
                 <section lang=\"en\"><p>✕ This card is not valid now. A code holds for a few minutes only: \
                 ask for the card in the app and read the new code. If it happens again, call the \
                 office.</p></section>\n"
                .to_owned(),
        });
        page.push_str("</main>\n</body>\n</html>\n");
        page
    }
}

/// Of our own making: base64 has no sign of HTML.
fn picture(jpeg: Option<&str>, class: &str, of: &str) -> String {
    jpeg.map(|jpeg| {
        format!(
            "<img class=\"{class}\" alt=\"{of}\" src=\"data:image/jpeg;base64,{}\">",
            html(jpeg)
        )
    })
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o_30_a_hostile_name_stays_text_on_the_page() {
        let evil = "<script>alert(1)</script>\" onload=x".to_owned();
        let shown = Shown::Valid {
            name: evil.clone(),
            role: evil.clone(),
            organisation: evil.clone(),
            photo: Some(evil.clone()),
            logo: Some(evil),
            at: "08:03".to_owned(),
        };
        let page = shown.html();
        assert!(!page.contains("<script") && !page.contains("\" onload"), "{page}");
        assert!(!page.contains("style="), "inline styles are not allowed");
    }
}
