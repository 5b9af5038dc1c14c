//! The ledger as it stands there, and how many series of which type it has.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use std::time::SystemTime;
use telemetry_catalog::{Filter, MetricType};
use telemetry_core::exposition::{Family, FamilyKind};
use telemetry_push::in_sentences;
use telemetry_push::{LastPush, Ledger, Totals, Unreadable};

/// How many metrics of a type there are.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(crate) struct Held {
    /// The type.
    #[serde(rename = "type")]
    pub(crate) of: &'static str,
    /// How many metrics of it the catalog has.
    pub(crate) defined: usize,
    /// How many series of it the ledger has; nothing where that cannot be read.
    pub(crate) series: Option<usize>,
}

/// What is known of the ledger.
#[derive(Debug, Serialize)]
pub(crate) struct LedgerReport {
    /// Its file.
    pub(crate) file: String,
    /// The group under which it is pushed.
    pub(crate) job: String,
    pub(crate) instance: String,
    /// Whether it can be read, which it also can where nothing was ever recorded.
    pub(crate) readable: bool,
    /// Why it cannot.
    pub(crate) error: Option<String>,
    /// Whether whoever merges next sets it aside and begins anew.
    pub(crate) damaged: bool,
    /// Its length; nothing where there is no file.
    pub(crate) bytes: Option<u64>,
    /// When it was last replaced.
    pub(crate) changed_at: Option<String>,
    /// How long ago that is, in seconds.
    pub(crate) age_seconds: Option<f64>,
    /// How many times it was replaced.
    pub(crate) generation: Option<u64>,
    pub(crate) series: Option<usize>,
    /// How many changes wait for whoever merges next.
    pub(crate) waiting: usize,
    /// The files that could not be read and were kept.
    pub(crate) set_aside: Vec<String>,
    /// Why this user may not write there; nothing where they may.
    pub(crate) not_writable: Option<String>,
    /// The copy for node_exporter, where there is to be one.
    pub(crate) textfile: Option<String>,
    pub(crate) last_push: Option<PushReport>,
}

/// What became of the last push.
#[derive(Debug, Serialize)]
pub(crate) struct PushReport {
    pub(crate) url: String,
    /// When it ended.
    pub(crate) at: String,
    /// How long ago that is, in seconds.
    pub(crate) age_seconds: f64,
    /// How many pushes have failed since the last that did not.
    pub(crate) failures: u32,
    /// For how many seconds from now processes that pass by do not push.
    pub(crate) held_off_seconds: Option<f64>,
    /// Whether the gateway took all that the ledger has now.
    pub(crate) current: bool,
}

/// The ledger, and what it holds by type.
pub(super) fn look(ledger: &Ledger, now: SystemTime) -> (LedgerReport, Vec<Held>) {
    let (look, place) = (ledger.look(), ledger.place());
    let totals = look.totals.as_ref().ok().and_then(Option::as_ref);
    let families =
        look.totals.as_ref().ok().map(|totals| totals.as_ref().map(Totals::families).unwrap_or_default());
    let held = held(families.as_deref());
    let error = look.totals.as_ref().err();
    let report = LedgerReport {
        file: ledger.file().display().to_string(),
        job: place.job.clone(),
        instance: place.instance.clone(),
        readable: error.is_none(),
        error: error.map(|error| in_sentences(error).join(": ")),
        damaged: matches!(error, Some(Unreadable::Damaged(_))),
        bytes: look.file.map(|(bytes, _)| bytes),
        changed_at: look.file.map(|(_, at)| stamp(at)),
        age_seconds: look.file.map(|(_, at)| age(at, now)),
        generation: totals.map(|totals| totals.generation),
        series: totals.map(Totals::series),
        waiting: look.waiting,
        set_aside: look.set_aside.iter().map(|path| path.display().to_string()).collect(),
        not_writable: look.writable.as_ref().err().map(ToString::to_string),
        textfile: ledger.textfile().map(|file| file.display().to_string()),
        last_push: ledger.last_push().map(|last| pushed(last, totals, now)),
    };
    (report, held)
}

fn pushed(last: LastPush, totals: Option<&Totals>, now: SystemTime) -> PushReport {
    let left = last.held_off_until.and_then(|until| until.duration_since(now).ok());
    let mark = totals.map(|totals| (&totals.id, totals.generation));
    PushReport {
        at: stamp(last.at),
        age_seconds: age(last.at, now),
        failures: last.failures,
        held_off_seconds: left.map(|left| left.as_secs_f64()),
        current: last.sent.as_ref().map(|(id, generation)| (id, *generation)) == mark,
        url: last.url,
    }
}

/// The catalog by type, with the series that these families have of each; without families nobody knows.
pub(super) fn held(families: Option<&[Family<'_>]>) -> Vec<Held> {
    let of = |kind: MetricType| {
        let filter = Filter { metric_type: Some(kind), ..Filter::default() };
        let series = families.map(|families| {
            let those = families.iter().filter(|family| type_of(family.kind) == Some(kind));
            those.map(|family| family.metrics.len()).sum()
        });
        let defined = filter.groups().iter().map(|group| group.metrics.len()).sum();
        Held { of: kind.as_str(), defined, series }
    };
    MetricType::ALL.into_iter().map(of).collect()
}

const fn type_of(kind: FamilyKind) -> Option<MetricType> {
    match kind {
        FamilyKind::Counter => Some(MetricType::Counter),
        FamilyKind::Gauge => Some(MetricType::Gauge),
        FamilyKind::Histogram => Some(MetricType::Histogram),
        _ => None,
    }
}

/// A time as programs read it.
fn stamp(at: SystemTime) -> String {
    DateTime::<Utc>::from(at).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// How long ago that was. What lies in the future, since a clock was set back, is now.
fn age(at: SystemTime, now: SystemTime) -> f64 {
    now.duration_since(at).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::{Format, parse_bytes};

    #[test]
    fn metrics_are_counted_by_type() {
        let families =
            parse_bytes(b"# TYPE a counter\na 1\na{x=\"1\"} 1\n# TYPE b gauge\nb 1\n", Format::Text);
        let held = held(Some(&families.unwrap()));
        let series: Vec<_> = held.iter().map(|held| (held.of, held.series)).collect();
        assert_eq!(series, [("counter", Some(2)), ("gauge", Some(1)), ("histogram", Some(0))]);
        assert_eq!(held.iter().map(|held| held.defined).sum::<usize>(), 34);
        assert!(super::held(None).iter().all(|held| held.series.is_none()));
    }

    #[test]
    fn a_push_is_current_where_the_gateway_has_what_the_ledger_has() {
        let last = |sent| LastPush {
            url: "u".to_owned(),
            at: SystemTime::UNIX_EPOCH,
            sent,
            failures: 0,
            held_off_until: None,
        };
        assert!(pushed(last(None), None, SystemTime::UNIX_EPOCH).current, "there is nothing to push");
        assert!(!pushed(last(Some(("x".to_owned(), 1))), None, SystemTime::UNIX_EPOCH).current);
    }
}
