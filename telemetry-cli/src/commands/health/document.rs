//! The report as JSON, as docs/schema/health.schema.json describes it.

use super::Report;
use super::window::stamp;
use serde::Serialize;
use telemetry_catalog::indicator::{Level, Severity, Unit};
use telemetry_catalog::verdict::Verdict;
use telemetry_core::config::Config;
use telemetry_stack::health::{Condition, Finding};

#[derive(Debug, Serialize)]
pub(super) struct Document<'r> {
    verdict: &'static str,
    source: &'static str,
    place: &'r str,
    window: Window,
    newest: Option<String>,
    live: bool,
    subsystems: Vec<Subsystem<'r>>,
    remarks: &'r [String],
}

#[derive(Debug, Serialize)]
struct Window {
    seconds: u32,
    from: Option<String>,
    to: String,
    covered_seconds: u64,
}

#[derive(Debug, Serialize)]
struct Subsystem<'r> {
    subsystem: &'static str,
    verdict: &'static str,
    reason: &'r str,
    indicators: Vec<Indicator<'r>>,
}

#[derive(Debug, Serialize)]
struct Indicator<'r> {
    alert: &'static str,
    verdict: &'static str,
    /// What JSON has no number for is none.
    value: Option<f64>,
    unit: &'static str,
    warn: Option<f64>,
    critical: Option<f64>,
    window_seconds: u32,
    which: &'r str,
    reason: String,
}

/// The whole document.
pub(super) fn document<'r>(report: &'r Report, config: &Config) -> Document<'r> {
    let seen = &report.seen;
    Document {
        verdict: report.verdict.as_str(),
        source: report.source,
        place: &report.place,
        window: Window {
            seconds: seen.asked.seconds(),
            from: seen.from.map(stamp),
            to: stamp(seen.to),
            covered_seconds: seen.covered.as_secs(),
        },
        newest: seen.newest.map(stamp),
        live: seen.is_live,
        subsystems: report.conditions.iter().map(|condition| subsystem(report, config, condition)).collect(),
        remarks: &report.remarks,
    }
}

fn subsystem<'r>(report: &Report, config: &Config, condition: &'r Condition) -> Subsystem<'r> {
    let indicator = |finding| indicator(report, config, finding);
    Subsystem {
        subsystem: condition.subsystem.slug,
        verdict: condition.verdict.as_str(),
        reason: &condition.reason,
        indicators: condition.findings.iter().map(indicator).collect(),
    }
}

fn indicator<'r>(report: &Report, config: &Config, finding: &'r Finding) -> Indicator<'r> {
    let declared = finding.indicator;
    let levels = declared.limits.levels(&config.health_thresholds);
    let limit =
        |of: Severity| levels.iter().find(|level| level.severity == of).map(|Level { limit, .. }| *limit);
    Indicator {
        alert: declared.alert,
        verdict: finding.verdict().unwrap_or(Verdict::Unknown).as_str(),
        value: finding.value().filter(|value| value.is_finite()),
        unit: unit(declared.unit),
        warn: limit(Severity::Warning),
        critical: limit(Severity::Critical),
        window_seconds: report.over(declared.alert).seconds(),
        which: finding.which(),
        reason: finding.said(),
    }
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Share => "share",
        Unit::Seconds => "seconds",
        Unit::Count => "count",
        Unit::Times => "times",
        Unit::State => "state",
    }
}
