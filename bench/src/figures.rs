//! What was measured, as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::measures::World;
use crate::processes::{load_average, root};

/// One line of the table.
#[derive(Default)]
pub struct Figure {
    pub id: String,
    pub what: String,
    pub ours: f64,
    pub unit: &'static str,
    /// More is better; else less.
    pub more: bool,
    pub peer: Option<f64>,
    pub peer_name: &'static str,
    pub ceiling: Option<f64>,
    pub ceiling_name: &'static str,
    pub goal: &'static str,
    pub met: Option<bool>,
    pub note: String,
    pub detail: Map<String, Value>,
}

impl Figure {
    /// How many times better than the peer; 2 is twice as good, whatever the unit.
    pub fn ratio(&self) -> Option<f64> {
        self.peer.map(|peer| if self.more { self.ours / peer } else { peer / self.ours })
    }

    /// For the terminal.
    pub fn line(&self) -> String {
        let side = |name: &str, value: Option<f64>| {
            value.map_or_else(String::new, |v| format!(" · {name} {}", short(v)))
        };
        let ratio = self.ratio().map_or_else(String::new, |r| format!(" · ×{}", short(r)));
        let (peer, ceiling) =
            (side(self.peer_name, self.peer), side(self.ceiling_name, self.ceiling));
        format!(
            "{} {}: {} {}{peer}{ratio}{ceiling}",
            self.id,
            self.what,
            short(self.ours),
            self.unit
        )
    }

    fn json(&self) -> Value {
        json!({
            "what": self.what, "ours": round(self.ours), "unit": self.unit,
            "peer": self.peer.map(round), "peer_name": self.peer_name,
            "ceiling": self.ceiling.map(round), "ceiling_name": self.ceiling_name,
            "ratio": self.ratio().map(round), "goal": self.goal, "met": self.met, "note": self.note,
            "load_average": round(load_average()), "detail": self.detail,
        })
    }
}

/// Three figures that count.
fn short(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The figures of this run, by id. What is written holds those of other runs too.
#[derive(Default)]
pub struct Figures(BTreeMap<String, Value>);

type All = BTreeMap<String, Value>;

impl Figures {
    pub fn keep(&mut self, figure: Figure) {
        self.0.insert(figure.id.clone(), figure.json());
    }

    /// Puts the figures of this run over what the files hold by now.
    pub fn write(&self, world: &World) {
        let file = root().join("docs/performance.json");
        let text = std::fs::read_to_string(&file);
        let mut all: All =
            text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        all.extend(self.0.clone());
        let mut json = serde_json::to_string_pretty(&all).expect("JSON");
        json.push('\n');
        std::fs::write(file, json).expect("the figures");
        std::fs::write(root().join("docs/performance.md"), page(&all, world)).expect("the page");
    }
}

fn page(all: &All, world: &World) -> String {
    let mut page = include_str!("page.md").to_owned();
    let missing = world.missing();
    if !missing.is_empty() {
        let _ = writeln!(
            page,
            "Not installed in the last run, so not compared: {}.\n",
            missing.join(", ")
        );
    }
    page.push_str("| id | what | ours | peer | × | ceiling | goal | met | load |\n");
    page.push_str("|---|---|---:|---:|---:|---:|---|---|---:|\n");
    let value = |value: &Value| value.as_f64().map(short);
    for (id, row) in all {
        let text = |key: &str| row[key].as_str().unwrap_or_default();
        let side = |key: &str, name: &str| {
            value(&row[key]).map_or_else(|| "–".to_owned(), |v| format!("{v} ({})", text(name)))
        };
        let met = match row["met"].as_bool() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "–",
        };
        let _ = writeln!(
            page,
            "| {id} | {} | **{} {}** | {} | {} | {} | {} | {met} | {} |",
            text("what"),
            value(&row["ours"]).unwrap_or_else(|| "–".to_owned()),
            text("unit"),
            side("peer", "peer_name"),
            value(&row["ratio"]).unwrap_or_else(|| "–".to_owned()),
            side("ceiling", "ceiling_name"),
            text("goal"),
            value(&row["load_average"]).unwrap_or_else(|| "–".to_owned()),
        );
    }
    page.push_str("\n## What to know of each\n\n");
    for (id, row) in all {
        let detail = row["detail"].as_object().cloned().unwrap_or_default();
        let detail: Vec<String> = detail
            .iter()
            .map(|(name, value)| {
                let value = value.as_f64().map_or_else(|| value.to_string(), short);
                format!("{name} {value}")
            })
            .collect();
        let note = row["note"].as_str().unwrap_or_default();
        let _ = writeln!(page, "* **{id}** {note} {}", detail.join(" · "));
    }
    page
}
