//! The feed down (sync.md F3 to F8): one page of one snapshot, of granted scopes only.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use releve_shared::id::{DeviceId, OrganisationId, PersonId};
use releve_shared::keys::Digest;
use releve_shared::planted;
use releve_shared::refusal::Refusal;
use releve_shared::sync::{
    self, NewsAnswer, NewsRequest, PAGE_ROWS, PROTOCOL, PullAnswer, PullRequest, Row, Scope,
};
use releve_shared::time::Moment;
use tracing::Instrument as _;

use super::{grants, sql};
use crate::app::App;
use crate::db::{Answer, Tx};
use crate::http::{Phone, Refused};
use crate::identity::{
    self, By, Keys, confirmed, keep_anchors, known_anchors, pulled, told_before,
};
use crate::settings;
use crate::visits::{self, Reception};

/// A page stops growing above this many bytes of bodies, so that a slow network can carry it.
const PAGE_BYTES: usize = 512 * 1024;

/// The oldest protocol that is served; two releases are (sync.md F9).
const OLDEST: u32 = PROTOCOL;

/// Rows that are read on the spot; more of them go to a thread that may take its time.
const BRIEF: u64 = 20;

/// What a first look finds.
enum Usual {
    /// The phone tells something that is to be kept first.
    Tells,
    /// There is much to read.
    Long,
    /// All that there is to answer.
    Page(Page, Moment),
}

/// Where a phone stands in its scopes.
struct Standing {
    epoch: String,
    /// Of what the server knows that it shows.
    shown: Digest,
    lease_days: u8,
    scopes: Vec<At>,
}

/// Where a phone stands in a scope.
struct At {
    scope: Scope,
    head: u64,
    /// What it has: 0 when it begins again.
    from: u64,
    /// Whether it must drop what it has.
    lost: bool,
}

impl Standing {
    /// Numbers that the phone has not reached.
    fn behind(&self) -> u64 {
        self.scopes.iter().map(|at| at.head - at.from).sum()
    }
}

/// What one snapshot gives.
struct Page {
    epoch: String,
    lease_days: u8,
    scopes: Vec<Scope>,
    resets: Vec<Scope>,
    rows: Vec<Row>,
    cursors: BTreeMap<Scope, u64>,
    complete: bool,
    /// Whether there is nothing in it that the phone has not said itself.
    same: bool,
    standing: Option<Digest>,
}

/// How a phone asks.
enum Asked {
    /// With all its cursors.
    Whole(PullRequest),
    /// In short, for what it is known to show.
    News(NewsRequest),
}

impl Asked {
    /// Whether it is this phone that asks. The short question names none: its token does.
    fn is_of(&self, device: DeviceId) -> bool {
        match self {
            Self::Whole(asked) => asked.device == device,
            Self::News(_) => true,
        }
    }

    fn protocol(&self) -> u32 {
        match self {
            Self::Whole(asked) => asked.protocol,
            Self::News(asked) => asked.protocol,
        }
    }

    /// The pull that it stands for, of a phone that is known to be so.
    fn whole(&self, device: DeviceId, known: &Known) -> Answer<Cow<'_, PullRequest>> {
        let asked = match self {
            Self::Whole(asked) => return Ok(Cow::Borrowed(asked)),
            Self::News(asked) => asked,
        };
        if asked.standing != known.standing() {
            return Err(Refusal::Invalid.into());
        }
        Ok(Cow::Owned(PullRequest {
            protocol: asked.protocol,
            device,
            epoch: known.epoch.clone(),
            cursors: known.shown.clone(),
            applied: known.shown.clone(),
            anchors: asked.anchors.clone(),
            waiting: asked.waiting,
        }))
    }
}

/// What the server knows of a phone when it asks.
struct Known {
    epoch: String,
    /// Scopes granted to it now, ascending.
    granted: Vec<Scope>,
    /// What it has said that it shows, of these.
    shown: BTreeMap<Scope, u64>,
}

impl Known {
    fn of(tx: &mut Tx, device: DeviceId, person: PersonId, now: Moment) -> Answer<Self> {
        let granted = grants::grants(tx, person, now)?;
        let mut shown = confirmed(tx, device)?;
        shown.retain(|scope, _| granted.binary_search(scope).is_ok());
        Ok(Self { epoch: tx.epoch()?, granted, shown })
    }

    fn standing(&self) -> Digest {
        sync::standing(&self.epoch, &self.shown)
    }
}

/// `POST /api/phone/pull`.
pub(super) async fn pull(
    State(app): State<App>,
    phone: Phone<PullRequest>,
) -> Result<Json<PullAnswer>, Refused> {
    let span = tracing::info_span!("pull", scopes = phone.request.cursors.len());
    let (phone, asked) = phone.apart();
    let (page, now) = given(&app, &phone, Asked::Whole(asked)).instrument(span).await?;
    Ok(Json(answer(&app, phone.device, page, now)))
}

/// `POST /api/phone/news`: the same in few bytes.
pub(super) async fn news(
    State(app): State<App>,
    phone: Phone<NewsRequest>,
) -> Result<Json<NewsAnswer>, Refused> {
    let span = tracing::info_span!("news");
    let (phone, asked) = phone.apart();
    let (page, now) = given(&app, &phone, Asked::News(asked)).instrument(span).await?;
    let same = page.same;
    let whole = answer(&app, phone.device, page, now);
    Ok(Json(if same {
        let PullAnswer { server_time, lease, min_version, .. } = whole;
        NewsAnswer::Same { server_time, lease, min_version }
    } else {
        NewsAnswer::Page(Box::new(whole))
    }))
}

fn answer(app: &App, device: DeviceId, page: Page, now: Moment) -> PullAnswer {
    let bytes = page.rows.iter().filter_map(|row| row.body.as_ref()).map(String::len).sum();
    app.metrics.pulled(page.rows.len(), bytes);
    PullAnswer {
        epoch: page.epoch,
        server_time: now,
        scopes: page.scopes,
        resets: page.resets,
        rows: page.rows,
        cursors: page.cursors,
        complete: page.complete,
        lease: identity::lease(&app.keys, device, page.lease_days, now),
        min_version: app.config.phones.min_version.clone(),
        standing: page.standing,
    }
}

async fn given(app: &App, phone: &Phone<()>, asked: Asked) -> Result<(Page, Moment), Refused> {
    phone.must_read()?;
    let (device, person, by) = (phone.device, phone.person, phone.by());
    if !asked.is_of(device) {
        return Err(Refusal::WrongDevice.into());
    }
    if asked.protocol() < OLDEST {
        return Err(Refusal::UpdateNeeded.into());
    }
    let lease = (by.organisation, app.config.phones.lease_days);
    let asked = Arc::new(asked);
    let own = Arc::clone(&asked);
    let usual = app.glance(move |tx, now| {
        let known = Known::of(tx, device, person, now)?;
        let asked = own.whole(device, &known)?;
        let says = (asked.waiting, &asked.applied);
        if !asked.anchors.is_empty() || !told_before(tx, device, says, &known.shown, now)? {
            return Ok(Usual::Tells);
        }
        let standing = standing(tx, known, &asked, lease)?;
        if standing.behind() > BRIEF {
            return Ok(Usual::Long);
        }
        Ok(Usual::Page(page(tx, &asked, standing)?, now))
    });
    let usual = usual.await?;
    if let Usual::Tells = usual {
        let (told, keys) = (Arc::clone(&asked), app.keys.clone());
        let hears = move |tx: &mut Tx, now| {
            let known = Known::of(tx, device, person, now)?;
            let told = told.whole(device, &known)?;
            hear(tx, &by, person, (&told, &known), &keys, now)
        };
        app.write(hears).await?;
    }
    match usual {
        Usual::Page(page, now) => Ok((page, now)),
        Usual::Tells | Usual::Long => Ok(app
            .read(move |tx, now| {
                let known = Known::of(tx, device, person, now)?;
                let asked = asked.whole(device, &known)?;
                let standing = standing(tx, known, &asked, lease)?;
                Ok((page(tx, &asked, standing)?, now))
            })
            .await?),
    }
}

/// What the phone tells while it asks: its clocks, how much waits on it, what it shows (row O-07).
fn hear(
    tx: &mut Tx,
    by: &By,
    person: PersonId,
    (told, known): (&PullRequest, &Known),
    keys: &Keys,
    now: Moment,
) -> Answer<()> {
    let device = told.device;
    if keep_anchors(tx, device, &told.anchors, now)? {
        let anchors = known_anchors(tx, device)?;
        let organisation = by.organisation;
        let from = Reception { organisation, device, person, anchors: &anchors, at: now, keys };
        visits::remeasure(tx, &from)?;
    }
    let mut applied = told.applied.clone();
    if told.epoch == known.epoch {
        applied.retain(|scope, _| known.granted.binary_search(scope).is_ok());
    } else {
        applied.clear();
    }
    pulled(tx, (by.organisation, device), told.waiting, &applied, now)
}

/// `lease` says whose phone it is, and the lease in days unless that organisation has chosen another.
fn standing(
    tx: &mut Tx,
    known: Known,
    asked: &PullRequest,
    lease: (OrganisationId, u8),
) -> Answer<Standing> {
    let lease_days = settings::lease_days(tx, lease.0, lease.1)?;
    let shown = known.standing();
    let Known { epoch, mut granted, .. } = known;
    if planted!("grant_check_skipped") {
        let named: Vec<Scope> = asked.cursors.keys().cloned().collect();
        granted
            .extend(named.into_iter().filter(|scope| !granted.contains(scope)).collect::<Vec<_>>());
    }
    let heads = sql::heads(tx, &granted)?;
    let stand = |scope: Scope| {
        let (head, floor) = heads.get(&scope).copied().unwrap_or_default();
        let known = asked.cursors.get(&scope).copied();
        let lost = known
            .is_some_and(|at| asked.epoch != epoch || at > head || (at < floor && at > 0))
            && !planted!("cursor_by_timestamp");
        At { scope, head, from: if lost { 0 } else { known.unwrap_or(0) }, lost }
    };
    let scopes = granted.into_iter().map(stand).collect();
    Ok(Standing { scopes, epoch, shown, lease_days })
}

fn page(tx: &mut Tx, asked: &PullRequest, standing: Standing) -> Answer<Page> {
    let mut page = Page {
        epoch: standing.epoch,
        lease_days: standing.lease_days,
        scopes: Vec::with_capacity(standing.scopes.len()),
        resets: Vec::new(),
        rows: Vec::new(),
        cursors: BTreeMap::new(),
        complete: true,
        same: false,
        standing: None,
    };
    let shown = standing.shown;
    let mut bytes = 0;
    for At { scope, head, from, lost } in standing.scopes {
        if lost {
            page.resets.push(scope.clone());
        }
        let mut at = from;
        while at < head && page.rows.len() < PAGE_ROWS && bytes < PAGE_BYTES {
            let room = (PAGE_ROWS - page.rows.len()).min(100);
            let changes = sql::changes(tx, &scope, at, room)?;
            // Above the last row only pruned tombstones are left.
            let end = changes.len() < room;
            for change in changes {
                at = change.seq;
                let body =
                    if change.gone { None } else { grants::body(tx, &change.kind, &change.id)? };
                // A phone that starts from nothing need not hear of what is gone (F6).
                if body.is_none() && (from == 0 || planted!("tombstone_skipped")) {
                    continue;
                }
                bytes += body.as_ref().map_or(0, String::len);
                page.rows.push(Row {
                    scope: scope.clone(),
                    seq: change.seq,
                    kind: change.kind,
                    id: change.id,
                    body,
                });
            }
            if end {
                at = head;
            }
        }
        page.complete &= at >= head;
        // A time in whole seconds instead of a number: what comes later in that second is passed over.
        let at = if planted!("cursor_by_timestamp") { at | 3 } else { at };
        page.cursors.insert(scope.clone(), at);
        page.scopes.push(scope);
    }
    page.same = page.resets.is_empty() && page.rows.is_empty() && page.cursors == asked.cursors;
    page.standing = page.complete.then_some(shown);
    Ok(page)
}
