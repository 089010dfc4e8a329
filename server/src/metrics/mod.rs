//! Figures for Prometheus, on a port of their own. No label names a tenant, a person or a phone:
//! only route templates, statuses and codes.

mod sql;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use releve_shared::refusal::Refusal;
use releve_shared::time::{DAY_MS, HOUR_MS, Moment};
use tokio::net::TcpListener;

use crate::app::App;
use crate::db::{Db, Fault};

pub use sql::ALL;

/// Since when a phone was last seen, and the name of what came after the step before.
const SEEN: [(&str, i64); 4] =
    [("1h", HOUR_MS), ("24h", DAY_MS), ("7d", 7 * DAY_MS), ("30d", 30 * DAY_MS)];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Carried {
    channel: String,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct To {
    to: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Seen {
    seen: &'static str,
}

/// The figures of one node.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    refused: Family<Code, Counter>,
    commands: Family<Code, Counter>,
    pull_rows: Histogram,
    pull_bytes: Histogram,
    alarms: Family<Code, Counter>,
    alarm_lateness: Histogram,
    notices: Family<Carried, Counter>,
    streams: Family<To, Gauge>,
    phones: Family<Seen, Gauge>,
}

/// A stream of pokes that is counted while it lives.
pub(crate) struct Stream(Gauge);

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// The figures of a node and of its database.
    #[must_use]
    pub fn of(db: &Db) -> Self {
        let mut registry = Registry::with_prefix("releve");
        let made = Self {
            requests: Family::default(),
            refused: Family::default(),
            commands: Family::default(),
            pull_rows: Histogram::new(exponential_buckets(1.0, 4.0, 7)),
            pull_bytes: Histogram::new(exponential_buckets(256.0, 4.0, 8)),
            alarms: Family::default(),
            alarm_lateness: Histogram::new(exponential_buckets(0.015_625, 2.0, 12)),
            notices: Family::default(),
            streams: Family::default(),
            phones: Family::default(),
            registry: Registry::default(),
        };
        let told = &mut registry;
        let requests = made.requests.clone();
        told.register("requests", "Requests by route and status", requests);
        let refused = made.refused.clone();
        told.register("refused_requests", "Requests answered with a refusal, by its code", refused);
        let commands = made.commands.clone();
        told.register("refused_commands", "Commands of phones refused, by code", commands);
        told.register("pull_rows", "Rows in the answer to a pull", made.pull_rows.clone());
        let bytes = made.pull_bytes.clone();
        let help = "Bodies of the rows in the answer to a pull";
        told.register_with_unit("pull", help, Unit::Bytes, bytes);
        let help = "Reports of the alarm lane heard, by what came of them";
        told.register("alarm_reports", help, made.alarms.clone());
        let help = "How late the server acted on a due time of an alarm";
        let lateness = made.alarm_lateness.clone();
        told.register_with_unit("alarm_lateness", help, Unit::Seconds, lateness);
        told.register("notices", "Attempts at messages, by way and result", made.notices.clone());
        told.register("streams", "Open streams of pokes", made.streams.clone());
        told.register("phones", "Trusted phones, by when they were last seen", made.phones.clone());
        db.meters().register(told);
        Self { registry, ..made }
    }

    /// A request was answered. The route is a template: a path may hold an id or a token.
    pub(crate) fn answered(&self, method: &axum::http::Method, route: String, status: u16) {
        let method = match method.as_str() {
            "GET" => "GET",
            "POST" => "POST",
            "PUT" => "PUT",
            "DELETE" => "DELETE",
            // Anybody may make up a method, and each label is kept for ever.
            _ => "other",
        };
        self.requests.get_or_create(&Answered { method, route, status }).inc();
    }

    /// A request was answered with a refusal.
    pub(crate) fn refused(&self, refusal: &Refusal) {
        self.refused.get_or_create(&Code { code: code(refusal) }).inc();
    }

    /// A command of a phone was refused.
    pub(crate) fn command_refused(&self, refusal: &Refusal) {
        self.commands.get_or_create(&Code { code: code(refusal) }).inc();
    }

    /// A report of the alarm lane was heard.
    pub(crate) fn alarm_heard(&self, refused: Option<&Refusal>) {
        let code = refused.map_or_else(|| "done".to_owned(), code);
        self.alarms.get_or_create(&Code { code }).inc();
    }

    /// Due times of alarms were acted on, so many milliseconds late.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn alarms_due(&self, late_ms: &[i64]) {
        for late in late_ms {
            self.alarm_lateness.observe(*late as f64 / 1_000.0);
        }
    }

    /// A message was handed to its carrier, or not.
    pub(crate) fn notice(&self, channel: &str, sent: bool) {
        let result = if sent { "sent" } else { "failed" };
        self.notices.get_or_create(&Carried { channel: channel.to_owned(), result }).inc();
    }

    /// A page went down.
    #[expect(clippy::cast_precision_loss, reason = "a size far below 2^52")]
    pub(crate) fn pulled(&self, rows: usize, bytes: usize) {
        self.pull_rows.observe(rows as f64);
        self.pull_bytes.observe(bytes as f64);
    }

    /// A stream opens.
    pub(crate) fn stream(&self, to: &'static str) -> Stream {
        let gauge = self.streams.get_or_create_owned(&To { to });
        gauge.inc();
        Stream(gauge)
    }

    /// The text that Prometheus reads.
    fn text(&self) -> Result<String, Fault> {
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(|e| Fault::of("writing the figures", e))?;
        Ok(text)
    }
}

fn code(refusal: &Refusal) -> String {
    if matches!(refusal, Refusal::Unknown(_)) {
        "unknown".to_owned()
    } else {
        refusal.code().to_owned()
    }
}

/// The one route of the port of figures.
pub fn router(app: App) -> Router {
    Router::new().route("/metrics", get(figures)).with_state(app)
}

/// The socket of the figures, when the settings want one.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn bind(app: &App) -> Result<Option<TcpListener>, Fault> {
    let wanted = &app.config.metrics.listen;
    if wanted.is_empty() {
        return Ok(None);
    }
    let told = || format!("listening on {wanted} for figures");
    let listener = TcpListener::bind(wanted).await.map_err(|e| Fault::of(told(), e))?;
    let address = listener.local_addr().map_err(|e| Fault::of(told(), e))?;
    tracing::info!(%address, "serving figures");
    Ok(Some(listener))
}

async fn figures(State(app): State<App>) -> Response {
    let seen = app.read(|tx, now| {
        let since = SEEN.map(|(_, ago)| Moment(now.0.saturating_sub(ago)));
        Ok(sql::phones(tx, since)?)
    });
    match seen.await {
        Ok((since, all)) => {
            let mut before = 0;
            for ((seen, _), count) in SEEN.into_iter().zip(since).chain([(("longer", 0), all)]) {
                app.metrics.phones.get_or_create(&Seen { seen }).set(count - before);
                before = count;
            }
        }
        // The database is away: the other figures are wanted all the more.
        Err(_) => app.metrics.phones.clear(),
    }
    match app.metrics.text() {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, kind)], text).into_response()
        }
        Err(fault) => {
            tracing::error!(%fault, "no figures");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests;
