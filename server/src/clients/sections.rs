//! Who sees which sections of clients' sheets (row O-12). What caregivers may not see is left out before
//! a sheet is sent to a phone; what supervisors may not see, before it is shown at the desk.

use axum::Json;
use axum::extract::State;
use releve_shared::client::{Client, Section, SectionKind};
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sql;
use crate::app::App;
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::http::{Desk, Refused, Role};
use crate::identity::By;
use crate::text::{self, BadField};

/// Most kinds of sections.
const MOST: usize = 24;

/// What the code of a kind of the organisation's own begins with.
const OWN: &str = "own_";

/// Who sees a kind of sections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SectionRule {
    /// Which kind; empty for a new one of the organisation's own.
    pub kind: SectionKind,
    /// The heading of one of the organisation's own; empty for a known kind.
    #[serde(default)]
    pub title: String,
    /// Caregivers see it, on their phones.
    pub caregivers: bool,
    /// Supervisors see it, at the desk. Administrators see all.
    pub supervisors: bool,
}

/// Whoever looks at a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// A caregiver's phone.
    Phone,
    /// Somebody at the desk.
    Desk(Role),
}

impl SectionRule {
    fn lets(&self, who: Looks) -> bool {
        match who {
            Looks::Phone => self.caregivers,
            Looks::Desk(Role::Supervisor) => self.supervisors,
            Looks::Desk(Role::Admin) => true,
        }
    }
}

fn visible(rules: &[SectionRule], kind: &SectionKind, who: Looks) -> bool {
    rules.iter().find(|rule| rule.kind == *kind).is_none_or(|rule| rule.lets(who))
}

/// The sheet as somebody may see it. The door code goes with the access.
#[must_use]
pub fn seen(client: Client, rules: &[SectionRule], who: Looks) -> Client {
    let title = |kind: &SectionKind| {
        rules.iter().find(|rule| rule.kind == *kind).map(|rule| rule.title.clone())
    };
    let sections = client
        .sections
        .iter()
        .filter(|section| visible(rules, &section.kind, who))
        .map(|section| {
            let title = title(&section.kind).unwrap_or_default();
            Section { title, ..section.clone() }
        })
        .collect();
    let door_code = if visible(rules, &SectionKind::Access, who) {
        client.door_code.clone()
    } else {
        String::new()
    };
    Client { sections, door_code, ..client }
}

/// A changed sheet, with what the one who changed it does not see as it was.
#[must_use]
pub fn kept(old: &Client, new: Client, rules: &[SectionRule], who: Looks) -> Client {
    let hidden = |kind: &SectionKind| !visible(rules, kind, who);
    let mut sections: Vec<Section> =
        new.sections.iter().filter(|section| !hidden(&section.kind)).cloned().collect();
    sections.extend(old.sections.iter().filter(|section| hidden(&section.kind)).cloned());
    let door_code = if hidden(&SectionKind::Access) { &old.door_code } else { &new.door_code };
    Client { sections, door_code: door_code.clone(), ..new }
}

/// The kinds of an organisation, known ones first, each with who sees it.
///
/// # Errors
/// Those of the database.
pub fn rules(tx: &mut Tx, by: &By) -> Answer<Vec<SectionRule>> {
    let held = sql::rules(tx, by.organisation)?;
    let known = SectionKind::KNOWN.iter().map(|code| SectionKind::from_code(code));
    let mut all: Vec<SectionRule> = known
        .map(|kind| {
            let found = held.iter().find(|rule| rule.kind == kind).cloned();
            let open =
                SectionRule { kind, title: String::new(), caregivers: true, supervisors: true };
            found.unwrap_or(open)
        })
        .collect();
    let own = held.into_iter().filter(|rule| matches!(rule.kind, SectionKind::Unknown(_)));
    all.extend(own);
    Ok(all)
}

/// Whether a kind may stand in a sheet: a known one, or one of the organisation's own.
pub(super) fn may_stand(rules: &[SectionRule], kind: &SectionKind) -> bool {
    match kind {
        SectionKind::Unknown(_) => rules.iter().any(|rule| rule.kind == *kind),
        SectionKind::Access
        | SectionKind::Habits
        | SectionKind::Health
        | SectionKind::Home
        | SectionKind::Contacts
        | SectionKind::Other => true,
    }
}

fn checked(typed: &[SectionRule], held: &[SectionRule]) -> Result<Vec<SectionRule>, BadField> {
    let own = |rule: &&SectionRule| matches!(rule.kind, SectionKind::Unknown(_));
    let mut made = held.iter().filter(own).count();
    let mut all: Vec<SectionRule> = Vec::new();
    for rule in typed {
        let title = text::line("title", &rule.title, 60)?;
        let rule = match &rule.kind {
            SectionKind::Unknown(code) => {
                if title.is_empty() {
                    return Err(BadField::invalid("title"));
                }
                let kind = if code.is_empty() {
                    made += 1;
                    SectionKind::from_code(&format!("{OWN}{made}"))
                } else if held.iter().any(|known| known.kind == rule.kind) {
                    rule.kind.clone()
                } else {
                    return Err(BadField::invalid("kind"));
                };
                SectionRule { kind, title, ..rule.clone() }
            }
            SectionKind::Access
            | SectionKind::Habits
            | SectionKind::Health
            | SectionKind::Home
            | SectionKind::Contacts
            | SectionKind::Other => SectionRule { title: String::new(), ..rule.clone() },
        };
        if all.iter().any(|other| other.kind == rule.kind) {
            return Err(BadField { field: "kind", refusal: Refusal::Exists });
        }
        all.push(rule);
    }
    if all.len() > MOST {
        return Err(BadField { field: "rules", refusal: Refusal::TooLong });
    }
    Ok(all)
}

/// Writes who sees what. Every sheet is sent again: what is hidden now leaves the phones.
fn write(tx: &mut Tx, by: &By, new: &[SectionRule], now: Moment) -> Answer<()> {
    for (place, rule) in (0_u32..).zip(new) {
        sql::write_rule(tx, by.organisation, place, rule)?;
    }
    for client in sql::every(tx, by.organisation)? {
        tx.changed(&Scope::client(client), &RowKind::Client, client);
    }
    note(tx, by, "organisation.sections", by.organisation, "", now)?;
    tx.tell(&Scope::desk(by.organisation));
    Ok(())
}

/// The routes of who sees what.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_rules, write_rules))
}

/// Who sees which sections of clients' sheets.
#[utoipa::path(get, path = "/api/desk/section-rules", operation_id = "list_section_rules",
    tag = "clients", responses((status = 200, body = Vec<SectionRule>)))]
async fn list_rules(desk: Desk, State(app): State<App>) -> Result<Json<Vec<SectionRule>>, Refused> {
    let by = desk.by;
    Ok(Json(app.read(move |tx, _| rules(tx, &by)).await?))
}

/// What is typed of who sees what.
#[derive(Debug, Deserialize, ToSchema)]
struct RulesInput {
    /// In order.
    #[serde(default)]
    rules: Vec<SectionRule>,
}

/// Sets who sees which sections.
#[utoipa::path(put, path = "/api/desk/section-rules", operation_id = "set_section_rules",
    tag = "clients", request_body = RulesInput, responses((status = 200, body = Vec<SectionRule>)))]
async fn write_rules(
    desk: Desk,
    State(app): State<App>,
    Json(typed): Json<RulesInput>,
) -> Result<Json<Vec<SectionRule>>, Refused> {
    desk.must_be(Role::Admin)?;
    let by = desk.by;
    let held = {
        let by = by.clone();
        app.read(move |tx, _| Ok(sql::rules(tx, by.organisation)?)).await?
    };
    let new = checked(&typed.rules, &held)?;
    let rows = app.write(move |tx, now| {
        write(tx, &by, &new, now)?;
        rules(tx, &by)
    });
    Ok(Json(rows.await?))
}
