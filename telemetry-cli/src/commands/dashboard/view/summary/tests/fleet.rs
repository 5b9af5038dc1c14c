//! Fleets that are made up.

use super::super::super::super::look::{Alert, Alerts, Line, Look, Origin, Pace, Part, Rate, Section, Tile};
use super::super::super::super::state::App;
use super::super::super::super::{Plan, Source};
use std::time::Duration;
use telemetry_catalog::Estimate;
use telemetry_catalog::indicator::indicators;
use telemetry_catalog::panel::Unit;
use telemetry_catalog::subsystems;
use telemetry_catalog::verdict::Verdict;
use telemetry_core::config::Config;
use telemetry_core::metric::{Kind, MetricDef, Subsystem};
use telemetry_stack::health::Condition;
use telemetry_stack::panels::Span;

pub(super) const NOW: i64 = 1_700_000_000_000;

/// What a series of each metric is called, in all fleets that are well.
const SERIES: [&str; 3] = ["claude, web", "codex, api", "gemini, docs"];

pub(super) fn app(look: Option<Look>) -> App {
    let plan = Plan {
        config: Config::default(),
        interval: Duration::from_secs(5),
        timeout: Duration::from_secs(5),
        source: Source::Auto,
        charts: false,
        range: Span::Hour,
        subsystem: None,
    };
    App { now: NOW, look: look.map(Box::new), ..App::new(plan) }
}

pub(super) fn subsystem(slug: &str) -> &'static Subsystem {
    subsystems().find(|subsystem| subsystem.slug == slug).unwrap()
}

/// All is well.
pub(super) fn healthy() -> Look {
    Look {
        origin: Origin {
            name: "prometheus".to_owned(),
            place: "http://127.0.0.1:9090".to_owned(),
            newest: Some(NOW - 2_000),
            interval: Duration::from_secs(5),
            asked_every: Duration::from_secs(5),
            trouble: None,
            hangs: false,
        },
        tiles: tiles(),
        rates: rates(),
        rates_over: Some(Duration::from_secs(60)),
        parts: parts(),
        elsewhere: None,
        health: subsystems()
            .map(|of| condition(of, Verdict::Healthy, "4 checks are within their limits"))
            .collect(),
        verdict: Verdict::Healthy,
        alerts: Alerts::Known(Vec::new()),
        sections: subsystems().map(|of| section(of, &SERIES)).collect(),
        notes: Vec::new(),
    }
}

/// Runs fail, a provider is slow, and nothing new comes in.
pub(super) fn troubled() -> Look {
    let mut look = healthy();
    look.origin.newest = Some(NOW - 252_000);
    look.origin.trouble = Some("http://127.0.0.1:9090 did not answer within 5 s".to_owned());
    look.verdict = Verdict::Critical;
    look.health[0] =
        condition(subsystem("agent"), Verdict::Critical, "runs that failed: 31.2 %, critical at 25 %");
    look.health[1] = condition(
        subsystem("llm"),
        Verdict::Warning,
        "duration of invocations, 95th percentile: claude: 1 m 15 s, warning at 1 m",
    );
    look.health[5] = condition(subsystem("vcs"), Verdict::Unknown, "no data: nothing of it was measured");
    look.rates[1] = rate("Runs that fail", Some(0.312), Unit::Share, Some(Verdict::Critical));
    look.rates[2] = rate("Invocations tried again", Some(0.12), Unit::Share, Some(Verdict::Warning));
    look.alerts = Alerts::Known(vec![
        alert(
            "AgentRunsFailing",
            true,
            Verdict::Critical,
            "31.2 % of agent runs failed in the last 15 minutes.",
            725,
        ),
        alert(
            "LlmSlow",
            true,
            Verdict::Warning,
            "Invocations of claude take 1 m 15 s at the 95th percentile.",
            200,
        ),
        alert(
            "HookFailing",
            false,
            Verdict::Warning,
            "12 % of the executions of hooks failed in the last 15 minutes.",
            40,
        ),
    ]);
    for line in look.sections.iter_mut().flat_map(|section| &mut section.lines) {
        line.failed = line.failed.map(|_| 0.312);
        line.pace = line.pace.map(|_| Pace::Slow);
    }
    look
}

/// Somebody answers and knows nothing.
pub(super) fn empty() -> Look {
    let mut look = healthy();
    look.origin = Origin {
        name: "ledger".to_owned(),
        place: "/tmp/ledger.prom".to_owned(),
        newest: None,
        ..look.origin
    };
    look.tiles.iter_mut().for_each(|tile| (tile.value, tile.course) = (None, Vec::new()));
    look.rates.iter_mut().for_each(|rate| (rate.value, rate.course) = (None, Vec::new()));
    look.health = Vec::new();
    look.verdict = Verdict::Unknown;
    look.rates_over = None;
    look.alerts = Alerts::Unknown("a ledger has no alerts".to_owned());
    look.sections.iter_mut().for_each(|section| section.lines.clear());
    look
}

/// Nobody answers, and nobody ever has.
pub(super) fn silent() -> Look {
    let why = "prometheus: connection refused; ledger: nothing was ever recorded";
    let origin = Origin { trouble: Some(why.to_owned()), ..empty().origin };
    Look { origin, alerts: Alerts::Unknown(String::new()), sections: Vec::new(), ..empty() }
}

/// Names that would move everything else, if they could.
pub(super) fn hostile() -> Look {
    let names = [
        "\u{1b}[31mred\u{1b}[0m, line\nbreak\ttab",
        "日本語のラベル, プロジェクト",
        "👩‍👩‍👧‍👦 family, 🇩🇪",
        "\u{202e}turned around",
        "a_label_that_is_so_long_that_no_terminal_on_any_wall_has_room_for_it_and_still_goes_on_and_on_until_nobody_reads_it",
        "z̷a̷l̷g̷o̷",
    ];
    let mut look = troubled();
    look.sections = subsystems().map(|of| section(of, &names)).collect();
    look.health[0].reason = "日本語\u{7}のラベル \u{1b}]0;title\u{7}".to_owned();
    look.alerts = Alerts::Known(vec![alert("日本\u{1b}[2J", true, Verdict::Critical, "line\nbreak 👩‍👩‍👧‍👦", 9)]);
    look.notes = vec!["\u{9b}31m ".to_owned()];
    for line in look.sections.iter_mut().flat_map(|section| &mut section.lines) {
        (line.count, line.per_minute) = (f64::NAN, Some(f64::INFINITY));
        line.failed = Some(f64::NAN);
        line.percentiles = [Some(Estimate::At(f64::NAN)), Some(Estimate::Beyond(f64::MAX)), None];
    }
    let strange = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::NAN];
    for (tile, value) in look.tiles.iter_mut().zip([f64::NAN, f64::INFINITY, -f64::MAX]) {
        (tile.value, tile.course) = (Some(value), strange.clone());
    }
    for rate in &mut look.rates {
        (rate.value, rate.course) = (Some(f64::NAN), strange.clone());
    }
    look
}

/// So many series in each metric.
pub(super) fn large(series: usize) -> Look {
    let names: Vec<_> = (0..series).map(|place| format!("provider-{place}, project")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    Look { sections: subsystems().map(|of| section(of, &names)).collect(), ..healthy() }
}

fn tiles() -> Vec<Tile> {
    let over = Duration::from_secs(3600);
    let of = |title, value, course| Tile { title, value: Some(value), course, over };
    vec![
        of("Active agents", 3.0, wave(60, 7.0)),
        of("Active workspaces", 12.0, wave(60, 12.0)),
        of("Active beads", 1_482.0, vec![f64::NAN, f64::NAN, 1_400.0, 1_440.0, f64::NAN, 1_482.0]),
    ]
}

/// Of models and beads; no other subsystem is shown alone here.
fn parts() -> Vec<Part> {
    let calls = vec![
        rate("Invocations", Some(41.0), Unit::PerMinute, None),
        rate("Retries per invocation", Some(1.08), Unit::Count, Some(Verdict::Warning)),
        rate("Tokens in", Some(182_400.0), Unit::PerMinute, None),
    ];
    let changes = vec![rate("Status changes", Some(2.0), Unit::PerMinute, None)];
    vec![
        Part { subsystem: subsystem("llm"), tiles: Vec::new(), rates: calls },
        Part { subsystem: subsystem("beads"), tiles: tiles().split_off(2), rates: changes },
    ]
}

/// Up and down, up to the highest.
fn wave(count: u32, highest: f64) -> Vec<f64> {
    (0..count).map(|place| ((f64::from(place) / 5.0).sin() * 0.5 + 0.5) * highest).map(f64::round).collect()
}

fn rates() -> Vec<Rate> {
    vec![
        rate("Runs that end", Some(12.4), Unit::PerMinute, None),
        rate("Runs that fail", Some(0.021), Unit::Share, Some(Verdict::Healthy)),
        rate("Invocations tried again", Some(0.0), Unit::Share, Some(Verdict::Healthy)),
        rate("Tokens in", Some(182_400.0), Unit::PerMinute, None),
        rate("Tokens out", None, Unit::PerMinute, None),
    ]
}

fn rate(title: &'static str, value: Option<f64>, unit: Unit, verdict: Option<Verdict>) -> Rate {
    Rate { title, value, unit, verdict, course: wave(40, 9.0) }
}

fn condition(subsystem: &'static Subsystem, verdict: Verdict, reason: &str) -> Condition {
    Condition { subsystem, verdict, reason: reason.to_owned(), findings: Vec::new() }
}

fn alert(name: &str, is_firing: bool, verdict: Verdict, sentence: &str, seconds: i64) -> Alert {
    let since = Some(NOW - seconds * 1000);
    let indicator = indicators().find(|indicator| indicator.alert == name);
    let subsystem = indicator.map(|indicator| indicator.subsystem);
    Alert { name: name.to_owned(), subsystem, is_firing, verdict, sentence: sentence.to_owned(), since }
}

fn section(subsystem: &'static Subsystem, series: &[&str]) -> Section {
    let lines = |def: &&'static MetricDef| {
        let names = if def.labels.is_empty() { &[] } else { series };
        let own = names.iter().map(|name| line(def, Some((*name).to_owned())));
        [line(def, None)].into_iter().chain(own).collect::<Vec<_>>()
    };
    Section { subsystem, lines: subsystem.metrics.iter().flat_map(lines).collect() }
}

fn line(def: &'static MetricDef, series: Option<String>) -> Line {
    let size = f64::from(u32::try_from(def.name.len()).unwrap());
    let count = if series.is_some() { size * 40.0 } else { size * 120.0 };
    let is_timed = matches!(def.kind, Kind::Histogram(_));
    Line {
        def,
        series,
        count,
        per_minute: (!matches!(def.kind, Kind::Gauge(_))).then_some(size / 7.0),
        percentiles: if is_timed {
            [Some(Estimate::At(12.4)), Some(Estimate::At(83.0)), Some(Estimate::Beyond(7200.0))]
        } else {
            [None; 3]
        },
        pace: is_timed.then_some(if size > 28.0 { Pace::Fast } else { Pace::Normal }),
        failed: def.label("status").map(|_| 0.021),
    }
}
