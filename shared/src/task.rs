//! Tasks of a visit (rows O-37 to O-41): a list of the service, what is planned of it for a visit, and
//! what the worker has done. A task is its words: what was done stays readable whatever the list
//! becomes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::VisitId;
use crate::refusal::Refusal;
use crate::wire_enum;

/// Most tasks of a list.
pub const MOST_TASKS: usize = 40;

/// Longest words of a task, in characters.
pub const TASK_LIMIT: usize = 120;

/// Longest words of why a task was not done, in characters.
pub const WHY_LIMIT: usize = 300;

wire_enum! {
    /// What became of a task.
    pub enum TaskState {
        /// Nothing said yet.
        Open = "open",
        /// Done.
        Done = "done",
        /// Not done; a reason says why.
        NotDone = "not_done",
    }
}

wire_enum! {
    /// Why a task was not done.
    pub enum NotDoneReason {
        /// The person did not want it.
        Refused = "refused",
        /// There was no need today.
        NotNeeded = "not_needed",
        /// There was no time for it.
        NoTime = "no_time",
        /// What it takes was not there.
        NoMeans = "no_means",
        /// Somebody else had done it.
        Somebody = "somebody",
        /// Something else, told in words.
        Other = "other",
    }
}

/// A task as the worker reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskLine {
    /// Its words.
    pub label: String,
    /// Planned by the office; else added by the worker.
    pub planned: bool,
    /// What became of it.
    pub state: TaskState,
    /// Why it was not done.
    pub reason: Option<NotDoneReason>,
    /// In words, for another reason.
    pub why: String,
}

/// The tasks of a visit as phones hold them. Scope `membership/<id>`; its id is the visit's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitTasks {
    /// Which visit; absent in a default.
    pub visit: Option<VisitId>,
    /// What the office plans.
    pub planned: Vec<String>,
    /// The whole list of the service, to add from.
    pub offered: Vec<String>,
    /// What the worker has reported.
    pub reported: Option<Vec<TaskLine>>,
}

/// The lines to show: what was reported, completed by what was planned since; planned ones first.
#[must_use]
pub fn lines(planned: &[String], reported: Option<&[TaskLine]>) -> Vec<TaskLine> {
    let reported = reported.unwrap_or_default();
    let known = |label: &str| reported.iter().find(|line| line.label == label);
    let open = |label: &String| TaskLine {
        label: label.clone(),
        planned: true,
        state: TaskState::Open,
        reason: None,
        why: String::new(),
    };
    let mut all: Vec<TaskLine> = planned
        .iter()
        .map(|label| {
            known(label).map_or_else(|| open(label), |l| TaskLine { planned: true, ..l.clone() })
        })
        .collect();
    // What was planned once and done stays, whatever the office has made of the list since.
    let more = reported.iter().filter(|line| !planned.contains(&line.label));
    all.extend(more.filter(|line| !line.planned || line.state != TaskState::Open).cloned());
    all
}

/// Checks what a worker reports.
///
/// # Errors
/// [`Refusal::Invalid`] for two lines of the same task or a task without words;
/// [`Refusal::ReasonMissing`] when one that was not done does not say why; [`Refusal::TooLong`].
pub fn check(lines: &[TaskLine]) -> Result<(), Refusal> {
    if lines.len() > 2 * MOST_TASKS {
        return Err(Refusal::TooLong);
    }
    let mut seen = BTreeSet::new();
    for line in lines {
        if line.label.trim().is_empty() || !seen.insert(line.label.as_str()) {
            return Err(Refusal::Invalid);
        }
        if line.label.chars().count() > TASK_LIMIT || line.why.chars().count() > WHY_LIMIT {
            return Err(Refusal::TooLong);
        }
        let missing = match (&line.state, &line.reason) {
            (TaskState::NotDone, None) => true,
            (TaskState::NotDone, Some(NotDoneReason::Other)) => line.why.trim().is_empty(),
            (TaskState::NotDone, Some(_)) => false,
            (TaskState::Open | TaskState::Done | TaskState::Unknown(_), _) => false,
        };
        if missing {
            return Err(Refusal::ReasonMissing);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(label: &str, planned: bool, state: TaskState) -> TaskLine {
        TaskLine { label: label.into(), planned, state, reason: None, why: String::new() }
    }

    /// O-40: planned ones first, then those added; a task that was taken off the list stays once done.
    #[test]
    fn lines_are_planned_first_and_lose_nothing_done() {
        let reported = [
            line("Courses", false, TaskState::Done),
            line("Repas", true, TaskState::Done),
            line("Ménage", true, TaskState::Open),
            line("Toilette", true, TaskState::Open),
        ];
        let planned = ["Toilette".to_owned(), "Lever".to_owned()];
        let all = lines(&planned, Some(&reported));
        let labels: Vec<_> = all.iter().map(|l| (l.label.as_str(), l.planned)).collect();
        assert_eq!(
            labels,
            [("Toilette", true), ("Lever", true), ("Courses", false), ("Repas", true)]
        );
        assert_eq!(lines(&planned, None).len(), 2);
    }

    /// O-40: not done wants a reason, and "other" wants words.
    #[test]
    fn what_was_not_done_says_why() {
        let mut one = line("Lever", true, TaskState::NotDone);
        assert_eq!(check(std::slice::from_ref(&one)), Err(Refusal::ReasonMissing));
        one.reason = Some(NotDoneReason::Other);
        assert_eq!(check(std::slice::from_ref(&one)), Err(Refusal::ReasonMissing));
        one.why = "La fille était là.".into();
        assert_eq!(check(std::slice::from_ref(&one)), Ok(()));
        assert_eq!(check(&[one.clone(), one]), Err(Refusal::Invalid), "twice the same");
        let long = line(&"x".repeat(TASK_LIMIT + 1), true, TaskState::Done);
        assert_eq!(check(&[long]), Err(Refusal::TooLong));
    }
}
