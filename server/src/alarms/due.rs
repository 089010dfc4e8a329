//! What the server does by itself: due times are held in the database and taken like jobs, so that a
//! restart forgets nothing and of two nodes one raises (sync.md CK4).

use std::time::Duration;

use releve_shared::alarm::episode::Event;
use releve_shared::time::Moment;

use super::apply::{Act, apply};
use super::{session, sql};
use crate::app::App;
use crate::db::{Answer, Tx};

/// How long a node may not look: another may have armed meanwhile.
const LOOK: Duration = Duration::from_millis(200);

/// Acts on every alarm and session that is due; gives how many there were.
///
/// # Errors
/// Those of the database. What is due stays due.
pub async fn run_due(app: &App) -> Answer<usize> {
    let mut all = 0;
    loop {
        // A look costs no writer its turn.
        if !app.read(|tx, now| Ok(sql::next_due(tx)?.is_some_and(|due| due <= now))).await? {
            return Ok(all);
        }
        let done = app.write(sessions_and_alarms).await?;
        app.metrics.alarms_due(&done.late_ms);
        all += done.count;
        if done.count == 0 {
            return Ok(all);
        }
    }
}

/// How long to sleep before looking again.
///
/// # Errors
/// Those of the database.
pub async fn pause(app: &App) -> Answer<Duration> {
    let next = app.read(|tx, now| Ok(sql::next_due(tx)?.map(|due| due.since(now)))).await?;
    let next = next.map_or(LOOK, |ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
    Ok(next.min(LOOK))
}

struct Done {
    count: usize,
    late_ms: Vec<i64>,
}

fn sessions_and_alarms(tx: &mut Tx, now: Moment) -> Answer<Done> {
    let sessions = session::raise_due(tx, now)?;
    let due = sql::take_due(tx, now)?;
    let count = sessions + due.len();
    let mut late_ms = Vec::with_capacity(due.len());
    for kept in due {
        let due_at = kept.episode.as_ref().and_then(|episode| episode.due_at);
        late_ms.extend(due_at.map(|due| now.since(due)));
        let (event, who) = (Event::Tick, "server".to_owned());
        apply(tx, kept, &Act { event, who, acted_at: now, detail: String::new() }, now)?;
    }
    Ok(Done { count, late_ms })
}
