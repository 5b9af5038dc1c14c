//! What was found at one refresh, as plain data.

use std::time::Duration;
use telemetry_catalog::Estimate;
use telemetry_catalog::panel::{Panel, Unit};
use telemetry_catalog::verdict::Verdict;
use telemetry_core::metric::{MetricDef, Subsystem};
use telemetry_stack::health::Condition;
use telemetry_stack::panels::{Course, Span};

/// What one refresh has found. Times are in milliseconds since 1970.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// Who told it.
    pub(super) origin: Origin,
    /// The numbers of now that are shown largest: of the fleet active agents, workspaces and beads.
    pub(super) tiles: Vec<Tile>,
    /// What happens per time: throughput, errors, retries, tokens.
    pub(super) rates: Vec<Rate>,
    /// Over how long that is; `None` until two looks at the same source have seen it.
    pub(super) rates_over: Option<Duration>,
    /// How every subsystem is; empty where nobody can tell.
    pub(super) health: Vec<Condition>,
    /// The worst of it.
    pub(super) verdict: Verdict,
    /// The alerts that are pending and firing.
    pub(super) alerts: Alerts,
    /// The numbers of each subsystem.
    pub(super) sections: Vec<Section>,
    /// The tiles and rates of each subsystem, for where it is shown alone.
    pub(super) parts: Vec<Part>,
    /// What is to be known of the rest of the fleet where this is narrowed to one subsystem.
    pub(super) elsewhere: Option<Elsewhere>,
    /// What a person should know beside.
    pub(super) notes: Vec<String>,
}

/// Who told what is shown, and how old it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// What it is, in one word or several: `prometheus`, `pushgateway, exposition`, `ledger`.
    pub(super) name: String,
    /// Where it is: a URL or a file.
    pub(super) place: String,
    /// The time of its newest sample; `None` where there is none.
    pub(super) newest: Option<i64>,
    /// The time from one sample to the next: what is three of it old is not live.
    pub(super) interval: Duration,
    /// The time from one look to the next, by which what is shown of a source that does not answer is judged.
    pub(super) asked_every: Duration,
    /// Why it did not answer this time: what is shown is of before.
    pub(super) trouble: Option<String>,
    /// Whether that is because it lets everybody wait, so that nobody knows whether it is gone.
    pub(super) hangs: bool,
}

/// Whether what is shown is of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Liveness {
    /// The newest sample is younger than three intervals.
    Live,
    /// It is older, or whoever is asked lets everybody wait.
    Stale,
    /// Whoever is asked answers, and has no sample.
    Empty,
    /// Nobody answers.
    Offline,
}

/// The tiles and rates of a subsystem.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub(super) subsystem: &'static Subsystem,
    pub(super) tiles: Vec<Tile>,
    pub(super) rates: Vec<Rate>,
}

/// The rest of the fleet, where one subsystem is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Elsewhere {
    /// How the whole fleet is.
    pub(super) fleet: Verdict,
    /// How many alerts are pending or fire that are not of this subsystem.
    pub(super) alerts: usize,
}

/// A number of now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tile {
    pub(super) title: &'static str,
    /// `None` where it is not known.
    pub(super) value: Option<f64>,
    /// How it went, the oldest first, with NaN where it was not known.
    pub(super) course: Vec<f64>,
    /// Of how long ago the first of these is.
    pub(super) over: Duration,
}

/// What happens per time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rate {
    pub(super) title: &'static str,
    /// `None` until two refreshes have seen it.
    pub(super) value: Option<f64>,
    pub(super) unit: Unit,
    /// How bad that is by the limits of the configuration; `None` where nobody said.
    pub(super) verdict: Option<Verdict>,
    /// How it went, the oldest first, with NaN where it was not known.
    pub(super) course: Vec<f64>,
}

/// What is known of alerts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Alerts {
    /// Those that are pending or fire, the worst first.
    Known(Vec<Alert>),
    /// Nobody tells, for this reason; empty where the reason is said already.
    Unknown(String),
}

/// An alert that is pending or fires.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alert {
    pub(super) name: String,
    /// Of which subsystem it is; `None` for a rule that is not of the catalog.
    pub(super) subsystem: Option<&'static Subsystem>,
    pub(super) is_firing: bool,
    pub(super) verdict: Verdict,
    /// The sentence that a person should read.
    pub(super) sentence: String,
    /// Since when it is what it is.
    pub(super) since: Option<i64>,
}

/// The numbers of a subsystem.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Section {
    pub(super) subsystem: &'static Subsystem,
    /// Each metric, followed by its series.
    pub(super) lines: Vec<Line>,
}

/// A metric over all its series, or one of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) def: &'static MetricDef,
    /// The values of the labels of a series; `None` for the whole metric.
    pub(super) series: Option<String>,
    /// What a counter or a gauge is, or how often something was observed.
    pub(super) count: f64,
    /// By how much it rises per minute, seen between refreshes; `None` for a gauge, and until two refreshes have seen it.
    pub(super) per_minute: Option<f64>,
    /// The 50th, 95th and 99th percentile of a histogram.
    pub(super) percentiles: [Option<Estimate>; 3],
    /// How the 95th percentile is by the limit of its alert.
    pub(super) pace: Option<Pace>,
    /// The share that failed, of a metric that can fail and did anything.
    pub(super) failed: Option<f64>,
}

/// How fast something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Its 95th percentile is below half of the warning limit.
    Fast,
    /// It is below the warning limit.
    Normal,
    /// It has reached the warning limit.
    Slow,
}

/// What was measured of panels.
#[derive(Debug, Clone)]
pub(super) struct Courses {
    pub(super) at: i64,
    /// Over which time.
    pub(super) range: Span,
    /// Who told it: a URL.
    pub(super) place: String,
    pub(super) panels: Vec<Measured>,
}

/// A panel with what was measured of it, or why that is not known.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    pub(super) panel: Panel,
    pub(super) course: Result<Course, String>,
}

impl Origin {
    /// Whether it is of now.
    pub(super) fn liveness(&self, now: i64) -> Liveness {
        const INTERVALS: u32 = 3;
        let interval = if self.trouble.is_some() { self.asked_every } else { self.interval };
        let young = i64::try_from((interval * INTERVALS).as_millis()).unwrap_or(i64::MAX);
        match self.newest {
            Some(newest) if now - newest < young => Liveness::Live,
            Some(_) if self.trouble.is_none() || self.hangs => Liveness::Stale,
            None if self.trouble.is_none() => Liveness::Empty,
            _ => Liveness::Offline,
        }
    }
}
