//! Clients' sheets, as the office keeps them.

use releve_shared::client::{Client, Section, Title};
use releve_shared::id::ClientId;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use releve_shared::travel::Point;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sections::{Looks, SectionRule, kept, may_stand, seen};
use super::sql;
use crate::audit::{note, note_reading};
use crate::changes;
use crate::db::{Answer, Tx};
use crate::http::Role;
use crate::identity::By;
use crate::text::{self, BadField, Search};

/// Most sections of a sheet.
const SECTIONS: usize = 24;

/// A client in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClientRow {
    /// Their id.
    pub id: ClientId,
    /// How to address them.
    pub title: Title,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Number and street.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// Commune.
    pub commune: String,
    /// Telephone as E.164; empty when there is none.
    pub phone: String,
    /// Tags in use at their home.
    pub tags_active: u64,
    /// Their next planned visit.
    pub next_visit_at: Option<Moment>,
}

/// A client's sheet with its revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sheet {
    /// The sheet, as caregivers see it.
    #[serde(flatten)]
    pub client: Client,
    /// To be sent back with a change.
    pub rev: i64,
}

/// What is typed about a client.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ClientInput {
    /// How to address them.
    pub title: Title,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Number and street.
    pub street: String,
    /// Floor, building, staircase.
    #[serde(default)]
    pub address_more: String,
    /// Postal code, five digits.
    pub postal_code: String,
    /// Commune.
    pub commune: String,
    /// Telephone, in any form; it may be empty.
    #[serde(default)]
    pub phone: String,
    /// Door code; it may be empty.
    #[serde(default)]
    pub door_code: String,
    /// The rest of the sheet.
    #[serde(default)]
    pub sections: Vec<Section>,
    /// Where the home is, when the office knows (row B-21).
    #[serde(default)]
    pub at: Option<Point>,
    /// The revision that was on the screen, for a change.
    pub rev: Option<i64>,
}

/// The same, checked; it has no id yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    input: ClientInput,
    folded: String,
}

impl ClientInput {
    /// Checks what was typed.
    ///
    /// # Errors
    /// The first field that cannot be taken.
    pub fn check(&self) -> Result<Checked, BadField> {
        let postal_code = text::required("postal_code", &self.postal_code, 5)?;
        if postal_code.len() != 5 || !postal_code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadField::invalid("postal_code"));
        }
        if matches!(self.title, Title::Unknown(_)) {
            return Err(BadField::invalid("title"));
        }
        if self.sections.len() > SECTIONS {
            return Err(BadField { field: "sections", refusal: Refusal::TooLong });
        }
        let at = match self.at {
            Some(Point { lat_e6, lon_e6 }) => {
                Some(Point::checked(lat_e6, lon_e6).ok_or(BadField::invalid("at"))?)
            }
            None => None,
        };
        let sections: Result<Vec<Section>, BadField> = self.sections.iter().map(section).collect();
        let input = Self {
            title: self.title.clone(),
            first_name: text::required("first_name", &self.first_name, text::LINE)?,
            last_name: text::required("last_name", &self.last_name, text::LINE)?,
            street: text::required("street", &self.street, text::LINE)?,
            address_more: text::line("address_more", &self.address_more, text::LINE)?,
            postal_code,
            commune: text::required("commune", &self.commune, text::LINE)?,
            phone: text::phone("phone", &self.phone)?,
            door_code: text::line("door_code", &self.door_code, 40)?,
            sections: sections?,
            at,
            rev: self.rev,
        };
        let texts = [&input.last_name, &input.first_name, &input.commune, &input.street];
        let folded = text::folded(&texts.map(String::as_str), &input.phone);
        Ok(Checked { input, folded })
    }
}

fn section(typed: &Section) -> Result<Section, BadField> {
    // Whether an own kind is the organisation's is judged where its rules are known.
    let text = text::paragraph("sections", &typed.text)?;
    Ok(Section { kind: typed.kind.clone(), text, title: String::new() })
}

impl Checked {
    fn client(&self, id: ClientId) -> Client {
        let ClientInput {
            title,
            first_name,
            last_name,
            street,
            address_more,
            postal_code,
            commune,
            phone,
            door_code,
            sections,
            at,
            rev: _,
        } = self.input.clone();
        Client {
            id,
            title,
            first_name,
            last_name,
            street,
            address_more,
            postal_code,
            commune,
            phone,
            door_code,
            sections,
            at,
        }
    }
}

/// A client in short, for a planning that reaches further than the sheet: « Mme Garrigues ».
#[must_use]
pub fn label(title: &Title, last_name: &str) -> String {
    match title {
        Title::Mrs => format!("Mme {last_name}"),
        Title::Mr => format!("M. {last_name}"),
        Title::None | Title::Unknown(_) => last_name.to_owned(),
    }
}

fn stands(new: &Checked, rules: &[SectionRule]) -> Answer<()> {
    if new.input.sections.iter().all(|section| may_stand(rules, &section.kind)) {
        Ok(())
    } else {
        Err(Refusal::Invalid.into())
    }
}

/// The clients that match what was typed; all of them when nothing was.
///
/// # Errors
/// Those of the database.
pub fn list(tx: &mut Tx, by: &By, q: &str, now: Moment) -> Answer<Vec<ClientRow>> {
    let search = Search::of(q);
    let found = sql::list(tx, by.organisation, &search.pattern, now)?;
    let rows = found.into_iter().filter(|c| search.finds(&c.folded)).map(|c| ClientRow {
        id: c.id,
        title: c.title,
        first_name: c.first_name,
        last_name: c.last_name,
        street: c.street,
        postal_code: c.postal_code,
        commune: c.commune,
        phone: c.phone,
        tags_active: c.tags_active,
        next_visit_at: c.next_visit_at,
    });
    Ok(rows.collect())
}

/// A client's sheet, as far as the role sees it (row O-12). Reading it is noted: it holds health data.
///
/// # Errors
/// [`Refusal::NotFound`], whether they are unknown or another organisation's.
pub fn read(tx: &mut Tx, by: &By, role: Role, id: ClientId, now: Moment) -> Answer<Sheet> {
    let (client, rev) = sql::one(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
    let rules = sql::rules(tx, by.organisation)?;
    let client = seen(client, &rules, Looks::Desk(role));
    let sections = client.sections.iter().map(|section| section.kind.code());
    let detail = std::iter::once(role.code()).chain(sections).collect::<Vec<_>>().join(" ");
    note_reading(tx, by, "client.read", id, &detail, now)?;
    Ok(Sheet { client, rev })
}

/// Adds a client.
///
/// # Errors
/// [`Refusal::Invalid`] for a section of a kind that the organisation does not have.
pub fn create(tx: &mut Tx, by: &By, id: ClientId, new: &Checked, now: Moment) -> Answer<()> {
    stands(new, &sql::rules(tx, by.organisation)?)?;
    sql::add(tx, by.organisation, &new.client(id), &new.folded, now)?;
    tx.changed(&Scope::client(id), &RowKind::Client, id);
    note(tx, by, "client.create", id, "", now)?;
    Ok(())
}

/// Changes a sheet. When the name or commune changes, the visits that phones hold are announced too,
/// since their label shows them. Sections that the role does not see stay as they are.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Stale`] when somebody else changed it meanwhile.
pub fn change(
    tx: &mut Tx,
    by: &By,
    role: Role,
    id: ClientId,
    new: &Checked,
    now: Moment,
) -> Answer<()> {
    let claimed = sql::claim(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
    if new.input.rev.is_some_and(|rev| rev + 1 != claimed.rev) {
        return Err(Refusal::Stale.into());
    }
    let before = changes::of_client(tx, id)?;
    let rules = sql::rules(tx, by.organisation)?;
    stands(new, &rules)?;
    let (old, _) = sql::one(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
    let whole = kept(&old, new.client(id), &rules, Looks::Desk(role));
    sql::write(tx, &whole, &new.folded, now)?;
    for (at, before) in before {
        let after = changes::shown(tx, at.0)?;
        changes::noted(tx, by, at, before.as_ref(), after.as_ref(), now)?;
    }
    tx.changed(&Scope::client(id), &RowKind::Client, id);
    let shown = (&new.input.title, &new.input.last_name, &new.input.commune);
    if shown != (&claimed.title, &claimed.last_name, &claimed.commune) {
        for (visit, membership) in sql::held_visits(tx, id)? {
            tx.changed(&Scope::membership(membership), &RowKind::Visit, visit);
        }
    }
    note(tx, by, "client.change", id, "", now)?;
    Ok(())
}
