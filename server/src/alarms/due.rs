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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use releve_shared::alarm::episode::Episode;
    use releve_shared::alarm::{Kind, Phase};

    /// T15: of more than a node takes at once, an alarm that nobody has heard of is raised first,
    /// however long the others have been due.
    #[tokio::test]
    async fn a_raise_goes_before_what_was_raised() {
        let world = World::new().await;
        let organisation = world.organisation("Les Tilleuls").await;
        let now = world.app.now();
        let alarm = |raised_at: Option<Moment>, due_at: Moment| {
            let episode = Episode {
                phase: if raised_at.is_none() { Phase::Armed } else { Phase::Notifying },
                kind: Kind::Panic,
                raised_at,
                told: 0,
                due_at: Some(due_at),
                acknowledged: None,
                fine_at: None,
                resolved: None,
            };
            let kept = sql::Kept {
                id: world.app.id(),
                organisation,
                membership: None,
                person: None,
                device: None,
                episode: None,
                pressed_at: now.plus(-60_000),
                theoretical: None,
                marks: Vec::new(),
            };
            (kept, episode)
        };
        let mut all: Vec<_> =
            (0..50).map(|n| alarm(Some(now.plus(-50_000)), now.plus(-9_000 + n))).collect();
        all.push(alarm(None, now.plus(-1)));
        let unheard = all.last().unwrap().0.id;
        let taken = world
            .app
            .write(move |tx, now| {
                for (kept, episode) in &all {
                    assert!(sql::add(tx, kept, episode)?);
                }
                Ok(sql::take_due(tx, now)?)
            })
            .await
            .unwrap();
        assert!(taken.len() < 50, "more than a node takes at once");
        assert!(taken.iter().any(|kept| kept.id == unheard));
    }
}
