//! What an observer might have told, for tests.

use super::super::look::{Alerts, Courses, Line, Look, Measured, Origin, Section};
use super::super::{Plan, Source};
use super::App;
use super::choose::charts_of;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;
use telemetry_catalog::subsystems;
use telemetry_catalog::verdict::Verdict;
use telemetry_charts::Series;
use telemetry_core::config::Config;
use telemetry_query::Steps;
use telemetry_stack::panels::{Course, Span};

/// A name that tries to do harm and is long.
pub(in super::super) const HOSTILE: &str =
    "\u{1b}[31mrm -rf\u{7}\u{202e}日本語 \u{1f469}\u{200d}\u{1f680}e\u{301}\t\n'\"{}%";

/// The moment of everything here.
pub(in super::super) const NOW: i64 = 1_790_000_000_000;

/// Nobody answers there, so that a test that asks learns nothing.
pub(in super::super) fn plan() -> Plan {
    let mut config = Config::default();
    config.prometheus.url = telemetry_core::config::Address::parse("http://127.0.0.1:1").unwrap();
    Plan {
        config,
        interval: Duration::from_secs(5),
        timeout: Duration::from_secs(1),
        source: Source::Prometheus,
        charts: false,
        range: Span::Hour,
        subsystem: None,
    }
}

pub(in super::super) fn app() -> App {
    App { now: NOW, body: (80, 22), ..App::new(plan()) }
}

/// A look with three lines of each subsystem.
pub(in super::super) fn look(text: &str) -> Look {
    Look {
        origin: Origin {
            name: "prometheus".to_owned(),
            place: format!("http://localhost:9090/{text}"),
            newest: Some(NOW - 3000),
            interval: Duration::from_secs(5),
            asked_every: Duration::from_secs(5),
            trouble: None,
            hangs: false,
        },
        tiles: Vec::new(),
        rates: Vec::new(),
        rates_over: None,
        parts: Vec::new(),
        elsewhere: None,
        health: Vec::new(),
        verdict: Verdict::Unknown,
        alerts: Alerts::Unknown(text.to_owned()),
        sections: subsystems().map(|subsystem| section(subsystem, text)).collect(),
        notes: vec![text.to_owned()],
    }
}

fn section(subsystem: &'static telemetry_core::metric::Subsystem, text: &str) -> Section {
    let line = |series: Option<String>| Line {
        def: subsystem.metrics[0],
        series,
        count: f64::NAN,
        per_minute: Some(f64::INFINITY),
        percentiles: [None; 3],
        pace: None,
        failed: Some(f64::NAN),
    };
    Section { subsystem, lines: vec![line(None), line(Some(text.to_owned())), line(Some("b".to_owned()))] }
}

/// What was measured of the panels that are shown: each has series of these names.
pub(in super::super) fn courses(app: &App, names: &[&str]) -> Courses {
    let steps = Steps { start: NOW - 3_600_000, end: NOW, step: 12_000 };
    let points = || vec![(steps.start, f64::NAN), (NOW - 12_000, 1.0), (NOW, f64::NEG_INFINITY)];
    let series = |name: &&str| Series { name: (*name).to_owned(), points: points() };
    let course = || Course { series: names.iter().map(series).collect(), left_out: 1, steps };
    let measured = |panel| Measured { panel, course: Ok(course()) };
    let panels = charts_of(app).into_iter().map(measured).collect();
    Courses { at: NOW, range: app.range, place: "http://localhost:9090".to_owned(), panels }
}

pub(in super::super) fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

pub(in super::super) fn control(letter: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
}
