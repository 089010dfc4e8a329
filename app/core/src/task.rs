//! Tasks on the phone (rows O-39, O-40): hidden until the start is badged, then the worker's own words
//! over the server's.

use releve_shared::clock::Stamp;
use releve_shared::id::VisitId;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{Command, RowKind, WriteTasks};
use releve_shared::task::{self, TaskLine, VisitTasks};

use crate::core::Core;
use crate::door::{Reply, TasksView};
use crate::fault::Stop;
use crate::scene::{Own, Scene};
use crate::sight::Sight;
use crate::store::care;

impl Core {
    pub(crate) fn write_tasks(
        &mut self,
        visit: VisitId,
        tasks: Vec<TaskLine>,
        now: &Stamp,
    ) -> Result<Reply, Stop> {
        task::check(&tasks)?;
        self.may_write(visit, now)?;
        let (scene, _) = self.clocking_scene(&Sight::of(visit), now)?;
        if scene.progress(visit).start.is_none() {
            return Err(Refusal::NotStarted.into());
        }
        self.send_badge(&Command::Tasks(WriteTasks { visit, tasks, stamp: now.clone() }), now)
    }

    /// The tasks of a visit; `None` until its start is badged. The caller has checked that it may be
    /// read.
    pub(crate) fn tasks_of(
        &mut self,
        visit: VisitId,
        scene: &Scene,
        own: &Own,
    ) -> Result<Option<TasksView>, Stop> {
        if scene.progress(visit).start.is_none() {
            return Ok(None);
        }
        let held = match &self.store()?.care {
            Some(db) => {
                let id = visit.to_string();
                care::row::<VisitTasks>(db, &RowKind::Tasks, &id)?.unwrap_or_default()
            }
            None => VisitTasks::default(),
        };
        let written = written_here(visit, own).or(held.reported);
        let lines = task::lines(&held.planned, written.as_deref());
        let mut offered = held.offered;
        offered.retain(|label| !lines.iter().any(|line| line.label == *label));
        let open = !scene.retained.contains_key(&visit);
        Ok(Some(TasksView { lines, offered, open }))
    }
}

/// What this phone wrote and the server does not show yet.
fn written_here(visit: VisitId, own: &Own) -> Option<Vec<TaskLine>> {
    own.items
        .values()
        .filter(|item| !item.left && !item.refused())
        .filter_map(|item| {
            let Command::Tasks(written) = item.command() else { return None };
            (written.visit == visit).then_some((item.envelope.n, written.tasks))
        })
        .max_by_key(|(n, _)| *n)
        .map(|(_, tasks)| tasks)
}
