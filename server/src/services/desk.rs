//! Services with their lists of tasks, as the office keeps them (row O-37).

use releve_shared::id::ServiceTypeId;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{RowKind, Scope};
use releve_shared::task::{MOST_TASKS, TASK_LIMIT};
use releve_shared::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sql;
use crate::audit::note;
use crate::db::{Answer, Tx};
use crate::identity::By;
use crate::text::{self, BadField};

/// A version of a list of tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskListRow {
    /// Its number, from 1.
    pub version: i64,
    /// The tasks, in order.
    pub tasks: Vec<String>,
    /// Who made it, by name.
    pub made_by: String,
    /// When.
    pub made_at: Moment,
}

/// A kind of help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceRow {
    /// Its id.
    pub id: ServiceTypeId,
    /// Its name, as visits tell it.
    pub name: String,
    /// Whether it is offered for new visits.
    pub active: bool,
    /// Its lists, the newest first.
    pub lists: Vec<TaskListRow>,
    /// To be sent back with a change.
    pub rev: i64,
}

/// What is typed about a service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ServiceInput {
    /// Its name.
    pub name: String,
    /// Its tasks, in order.
    #[serde(default)]
    pub tasks: Vec<String>,
    /// Whether it is offered for new visits.
    #[serde(default = "yes")]
    pub active: bool,
    /// The revision that was on the screen, for a change.
    pub rev: Option<i64>,
}

fn yes() -> bool {
    true
}

/// The same, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub(super) name: String,
    pub(super) tasks: Vec<String>,
    active: bool,
    rev: Option<i64>,
}

impl ServiceInput {
    /// Checks what was typed.
    ///
    /// # Errors
    /// The first field that cannot be taken.
    pub fn check(&self) -> Result<Checked, BadField> {
        Ok(Checked {
            name: text::required("name", &self.name, text::LINE)?,
            tasks: tasks(&self.tasks)?,
            active: self.active,
            rev: self.rev,
        })
    }
}

/// A list of tasks without empty lines; each once.
///
/// # Errors
/// Of field `tasks`: [`Refusal::TooLong`], [`Refusal::Exists`] for a task that is twice in it.
pub(super) fn tasks(typed: &[String]) -> Result<Vec<String>, BadField> {
    let mut all: Vec<String> = Vec::new();
    for task in typed {
        let task = text::line("tasks", task, TASK_LIMIT)?;
        if task.is_empty() {
            continue;
        }
        if all.iter().any(|other| text::fold(other) == text::fold(&task)) {
            return Err(BadField { field: "tasks", refusal: Refusal::Exists });
        }
        all.push(task);
    }
    if all.len() > MOST_TASKS {
        return Err(BadField { field: "tasks", refusal: Refusal::TooLong });
    }
    Ok(all)
}

/// The services of the organisation, by name.
///
/// # Errors
/// Those of the database.
pub fn list(tx: &mut Tx, by: &By) -> Answer<Vec<ServiceRow>> {
    let mut lists = sql::lists(tx, by.organisation)?;
    let rows = sql::services(tx, by.organisation)?;
    Ok(rows
        .into_iter()
        .map(|row| ServiceRow {
            lists: lists.remove(&row.id).unwrap_or_default(),
            id: row.id,
            name: row.name,
            active: row.active,
            rev: row.rev,
        })
        .collect())
}

/// Adds a service with its first list.
///
/// # Errors
/// [`Refusal::Exists`] when there is one of that name.
pub fn create(tx: &mut Tx, by: &By, id: ServiceTypeId, new: &Checked, now: Moment) -> Answer<()> {
    if sql::named(tx, by.organisation, &text::fold(&new.name))?.is_some() {
        return Err(Refusal::Exists.into());
    }
    sql::add(tx, by.organisation, id, (&new.name, &text::fold(&new.name)), now)?;
    sql::add_list(tx, id, 1, &new.tasks, (&by.name, now))?;
    note(tx, by, "service.create", id, "", now)?;
    tx.tell(&Scope::desk(by.organisation));
    Ok(())
}

/// Changes a service. Other tasks are a next version of its list, which the visits to come take that
/// nobody has edited.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Stale`]; [`Refusal::Exists`] when another has that name.
pub fn change(tx: &mut Tx, by: &By, id: ServiceTypeId, new: &Checked, now: Moment) -> Answer<()> {
    let claimed = sql::claim(tx, by.organisation, id)?.ok_or(Refusal::NotFound)?;
    if new.rev.is_some_and(|rev| rev + 1 != claimed.rev) {
        return Err(Refusal::Stale.into());
    }
    let folded = text::fold(&new.name);
    if sql::named(tx, by.organisation, &folded)?.is_some_and(|found| found != id) {
        return Err(Refusal::Exists.into());
    }
    let old = sql::list_of(tx, id, claimed.version)?;
    let version = if old == new.tasks { claimed.version } else { claimed.version + 1 };
    if version != claimed.version {
        sql::add_list(tx, id, version, &new.tasks, (&by.name, now))?;
        for (visit, membership) in sql::renew(tx, id, version, &new.tasks, now)? {
            tx.changed(&Scope::membership(membership), &RowKind::Tasks, visit);
        }
    }
    sql::write(tx, id, (&new.name, &folded), new.active, version)?;
    let detail = format!("{} > {version}", claimed.version);
    note(tx, by, "service.change", id, &detail, now)?;
    tx.tell(&Scope::desk(by.organisation));
    Ok(())
}
