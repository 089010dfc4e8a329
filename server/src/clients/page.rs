//! The A4 sheet of a tag, to be printed and hung at the home.

use releve_shared::establishment::Organisation;
use releve_shared::id::HomeTagId;
use releve_shared::refusal::Refusal;

use super::sheet::label;
use super::{sql, tags};
use crate::db::{Answer, Tx};
use crate::identity::keys::Keys;
use crate::identity::{By, organisation};
use crate::text::html;

/// The styles of the sheet, a file of their own: the page's policy allows no inline style.
pub const CSS: &str = include_str!("page.css");

/// The page of a tag. It names nobody's health: it will hang where visitors pass.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown tag; [`Refusal::TagRevoked`] for a withdrawn one.
pub fn page(tx: &mut Tx, by: &By, (keys, base): (&Keys, &str), id: HomeTagId) -> Answer<String> {
    let tag = sql::tag(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
    if tag.revoked_at.is_some() {
        return Err(Refusal::TagRevoked.into());
    }
    let (client, _) = sql::one(tx, by.organisation, tag.client)?.ok_or(Refusal::NotFound)?;
    let Organisation { name, phone, .. } = organisation(tx, by.organisation)?;
    let link = tags::link(tx, keys, by.organisation, id, base)?;
    let sheet = Printed {
        organisation: html(&name),
        telephone: html(&phone),
        client: html(&label(&client.title, &client.last_name)),
        place: html(&tag.label),
        qr: tags::qr_svg(&link)?,
        code: tags::short_code(id),
    };
    Ok(sheet.html())
}

/// What stands on a sheet, already safe for HTML.
struct Printed {
    organisation: String,
    telephone: String,
    client: String,
    place: String,
    qr: String,
    code: String,
}

impl Printed {
    fn html(&self) -> String {
        let Self { organisation, telephone, client, place, qr, code } = self;
        format!(
            r#"<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{organisation} – {client}</title>
<link rel="stylesheet" href="/api/desk/tags/sheet.css">
</head>
<body>
<main>
<header><p class="agency">{organisation}</p><h1>{client}</h1><p class="place">{place}</p></header>
<figure>{qr}<figcaption>{code}</figcaption></figure>
<section lang="fr">
<h2>Pour l'intervenant</h2>
<ol>
<li>Ouvrez Relève sur votre téléphone : le réseau n'est pas nécessaire.</li>
<li>En arrivant, lisez ce code. En partant, lisez-le de nouveau.</li>
<li>Il ne se lit pas ? Choisissez « À la main » et dites pourquoi.</li>
</ol>
<p>Laissez cette feuille ici. Abîmée ou perdue, prévenez l'agence : {telephone}</p>
</section>
<section lang="en">
<h2>For the caregiver</h2>
<ol>
<li>Open Relève on your phone: no network is needed.</li>
<li>Read this code when you arrive, and again when you leave.</li>
<li>It cannot be read? Choose “By hand” and say why.</li>
</ol>
<p>Leave this sheet here. If it is damaged or lost, tell the agency: {telephone}</p>
</section>
</main>
</body>
</html>
"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o_01_a_hostile_name_stays_text_on_the_sheet() {
        let evil = "<script>alert(1)</script>\"' onload=x";
        let sheet = Printed {
            organisation: html(evil),
            telephone: html(evil),
            client: html(evil),
            place: html(evil),
            qr: tags::qr_svg("https://r.example/b/abc").unwrap(),
            code: "AAAA-BBBB".into(),
        };
        let page = sheet.html();
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("style="), "inline styles are not allowed");
        assert!(page.contains("<svg") && page.contains("AAAA-BBBB"));
        assert!(!page.contains("<?xml"));
    }
}
