//! Pokes (sync.md F10): "these scopes moved", by server-sent events. A lost one costs time only.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, StreamExt, unfold};
use releve_shared::id::{DeviceId, OrganisationId, PersonId};
use releve_shared::sync::Scope;
use releve_shared::time::Moment;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{grants, sql};
use crate::app::App;
use crate::db::{Answer, Tx};
use crate::http::{Desk, Phone, Refused};
use crate::identity;
use crate::metrics;

/// Proxies close connections that say nothing for a minute.
const ALIVE: Duration = Duration::from_secs(20);

type Moved = Receiver<Arc<[Scope]>>;

/// `GET /api/phone/pokes`: what moves in the phone's scopes.
pub(super) async fn phone(
    State(app): State<App>,
    phone: Phone,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refused> {
    phone.must_read()?;
    let moved = app.db.moved();
    let person = phone.person;
    let interest = app.glance(move |tx, now| interest(tx, person, now)).await?;
    let filter = Filter::Phone { device: phone.device, person, interest, stale: false };
    let _counted = app.metrics.stream("phone");
    let listener = Listener { app: app.clone(), moved, filter, _counted };
    Ok(stream(&app, listener))
}

/// What moves in the organisation, so that lists refresh: events with `{"scopes": […]}`.
#[utoipa::path(get, path = "/api/desk/changes", operation_id = "changes", tag = "identity",
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(super) async fn desk(
    desk: Desk,
    State(app): State<App>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let moved = app.db.moved();
    let filter = Filter::Desk { organisation: desk.by.organisation, ours: HashMap::new() };
    let _counted = app.metrics.stream("desk");
    stream(&app, Listener { app: app.clone(), moved, filter, _counted })
}

struct Listener {
    app: App,
    moved: Moved,
    filter: Filter,
    _counted: metrics::Stream,
}

enum Filter {
    Phone {
        device: DeviceId,
        person: PersonId,
        interest: BTreeSet<Scope>,
        /// Whether it was told of something that may grant more, or less.
        stale: bool,
    },
    Desk {
        organisation: OrganisationId,
        ours: HashMap<Scope, bool>,
    },
}

fn stream(
    app: &App,
    listener: Listener,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let stopping = app.stopping.clone().cancelled_owned();
    let events = unfold(listener, |mut listener| async {
        let scopes = listener.next().await?;
        let list: Vec<&str> = scopes.iter().map(Scope::as_str).collect();
        let data = serde_json::json!({ "scopes": list }).to_string();
        Some((Ok(Event::default().data(data)), listener))
    });
    Sse::new(events.take_until(stopping)).keep_alive(KeepAlive::new().interval(ALIVE))
}

impl Listener {
    /// The next scopes that concern the listener; `None` when the database is closed or does not
    /// answer, and the listener may come again.
    async fn next(&mut self) -> Option<BTreeSet<Scope>> {
        loop {
            let mut moved: Vec<Arc<[Scope]>> = match self.moved.recv().await {
                Ok(scopes) => vec![scopes],
                // Too slow: anything may have moved.
                Err(RecvError::Lagged(_)) => vec![Arc::default()],
                Err(RecvError::Closed) => return None,
            };
            while let Ok(more) = self.moved.try_recv() {
                moved.push(more);
            }
            // A poke without scopes says that anything may have moved, from here to the phone.
            let anything = moved.iter().any(|scopes| scopes.is_empty());
            let moved = moved.iter().flat_map(|scopes| scopes.iter());
            let told = match &mut self.filter {
                Filter::Phone { device, person, interest: known, stale } => {
                    // Read before the next poke rather than after the last: whoever is poked with
                    // thousands of others hears of it sooner.
                    if *stale {
                        let (device, person) = (*device, *person);
                        let trusted = self.app.glance(move |tx, now| {
                            let trusted = identity::is_active(tx, device)?;
                            Ok((trusted, interest(tx, person, now)?))
                        });
                        // A phone that is blocked meanwhile gets one last poke: it pulls, and is told.
                        let (trusted, fresh) = trusted.await.ok()?;
                        *known = if trusted { fresh } else { [Scope::person(person)].into() };
                    }
                    let told: BTreeSet<Scope> =
                        moved.filter(|scope| known.contains(*scope)).cloned().collect();
                    *stale = anything || told.iter().any(Scope::may_grant);
                    told
                }
                Filter::Desk { organisation, ours } => {
                    let organisation = *organisation;
                    let new: Vec<Scope> =
                        moved.clone().filter(|scope| !ours.contains_key(*scope)).cloned().collect();
                    if !new.is_empty() {
                        let found = self
                            .app
                            .read(move |tx, _| {
                                let judge = |scope: &Scope| {
                                    let whole = *scope == Scope::organisation(organisation)
                                        || *scope == Scope::desk(organisation);
                                    Ok((
                                        scope.clone(),
                                        whole || sql::ours(tx, organisation, scope)?,
                                    ))
                                };
                                new.iter().map(judge).collect::<Answer<Vec<_>>>()
                            })
                            .await
                            .ok()?;
                        ours.extend(found);
                    }
                    moved.filter(|scope| ours.get(*scope) == Some(&true)).cloned().collect()
                }
            };
            if anything {
                return Some(BTreeSet::new());
            }
            if !told.is_empty() {
                return Some(told);
            }
        }
    }
}

/// The scopes of which a phone must hear: those granted, and those that may grant more.
fn interest(tx: &mut Tx, person: PersonId, now: Moment) -> Answer<BTreeSet<Scope>> {
    let mut scopes: BTreeSet<Scope> = grants::grants(tx, person, now)?.into_iter().collect();
    scopes.insert(Scope::person(person));
    scopes.extend(sql::memberships(tx, person)?);
    Ok(scopes)
}
