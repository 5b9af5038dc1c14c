//! Reviewed frames of every kind of panel, and what holds for all of them.

use super::pen::Pen;
use crate::commands::dashboard::look::{Courses, Measured};
use crate::commands::dashboard::skin::Skin;
use crate::commands::dashboard::state::{App, Charted};
use crate::commands::dashboard::{Plan, Source};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use std::time::Duration;
use telemetry_catalog::panel::{Board, Panel, Unit, Visualization, board_of, boards, charts, overview};
use telemetry_charts::{Series, Zone};
use telemetry_core::catalog::AGENT;
use telemetry_core::config::Config;
use telemetry_query::Steps;
use telemetry_stack::panels::{Course, Span};

const MINUTE: i64 = 60_000;
/// Friday, the 21st of November 2025, at 12:00 UTC.
const END: i64 = 1_763_726_400_000;
const START: i64 = END - 60 * MINUTE;
const COLOURED: Skin = Skin { colour: true, utf8: true };
const PLAIN: Skin = Skin { colour: false, utf8: false };
const SIZES: [(u16, u16); 4] = [(60, 13), (80, 22), (120, 38), (200, 58)];

fn app() -> App {
    App::new(Plan {
        config: Config::default(),
        interval: Duration::from_secs(5),
        timeout: Duration::from_secs(5),
        source: Source::Auto,
        charts: true,
        range: Span::Hour,
        subsystem: None,
    })
}

fn app_of(panels: Vec<Measured>) -> App {
    let courses = Courses { at: END, range: Span::Hour, place: "http://127.0.0.1:1".to_owned(), panels };
    App { courses: Some(Box::new(Charted::of(courses))), ..app() }
}

fn series(name: &str, value: impl Fn(f64) -> f64) -> Series {
    let points = (0..=60).map(|minute| (START + minute * MINUTE, value(minute as f64)));
    Series { name: name.to_owned(), points: points.collect() }
}

fn course(series: Vec<Series>) -> Course {
    Course { series, left_out: 0, steps: Steps { start: START, end: END, step: MINUTE } }
}

fn measured(panel: Panel, series: Vec<Series>) -> Measured {
    Measured { panel, course: Ok(course(series)) }
}

fn panel(id: &str) -> Panel {
    let config = Config::default();
    let all = boards(&config).into_iter().flat_map(|board| board.rows).flat_map(|row| row.panels);
    all.chain(charts(&config)).find(|panel| panel.id == id).unwrap()
}

/// What the charts of a fleet at work look like, with a gap of ten minutes in which nothing was known.
fn fleet() -> Vec<Measured> {
    let wave = |height: f64, phase: f64| {
        move |minute: f64| match minute {
            _ if (20.0..30.0).contains(&minute) => f64::NAN,
            _ => height * (1.0 + 0.4 * (minute / 7.0 + phase).sin()),
        }
    };
    let step = |minute: f64| (minute / 11.0).floor().rem_euclid(4.0) + 1.0;
    let all = vec![
        vec![
            series("p50", wave(95.0, 0.0)),
            series("p95", wave(410.0, 1.0)),
            series("p99", wave(700.0, 2.0)),
        ],
        vec![
            series("checkout", step),
            series("search", |minute| 5.0 - step(minute)),
            series("site", |_| 2.0),
        ],
        vec![series("ok", wave(2.4, 0.0)), series("error", wave(0.3, 2.0)), series("killed", wave(0.1, 1.0))],
        vec![series("Input tokens", wave(5200.0, 0.5)), series("Output tokens", wave(830.0, 1.5))],
        vec![series("p50", wave(3.1, 0.0)), series("p95", wave(14.0, 1.0)), series("p99", wave(31.0, 2.0))],
        vec![series("Share of runs that failed", wave(0.08, 0.0))],
    ];
    charts(&Config::default()).into_iter().zip(all).map(|(panel, series)| measured(panel, series)).collect()
}

/// A panel of each kind.
fn every_kind() -> Vec<Measured> {
    let bucket = |bound: &str, upto: f64| {
        series(bound, move |minute| {
            upto * (1.2 + (minute / 9.0).sin()).max(0.0) * (upto + minute / 60.0).min(1.0)
        })
    };
    let health = |name: &str, until: f64, worst: f64| {
        series(name, move |minute| match minute {
            _ if (40.0..46.0).contains(&minute) => f64::NAN,
            _ if minute < until => 0.0,
            _ if minute < until + 12.0 => worst,
            _ => 0.0,
        })
    };
    let gauge = overview(&Config::default())
        .panels()
        .find(|panel| panel.visualization == Visualization::Gauge)
        .cloned();
    vec![
        measured(
            panel("overview-health"),
            vec![
                health("Agent Lifecycle", 10.0, 1.0),
                health("LLM Providers", 22.0, 2.0),
                health("Axe", 99.0, 0.0),
            ],
        ),
        measured(
            panel("agent-run-duration-seconds-heatmap"),
            vec![
                bucket("1", 0.0),
                bucket("10", 0.2),
                bucket("60", 0.9),
                bucket("300", 1.4),
                bucket("+Inf", 1.45),
            ],
        ),
        measured(
            panel("overview-active-agents"),
            vec![series("Active agents", |minute| (minute / 8.0).floor())],
        ),
        measured(gauge.unwrap(), vec![series("Share of runs that failed", |_| 0.12)]),
        measured(
            panel("bead-active"),
            vec![
                series("build-1", |_| 12.0),
                series("build-2", |_| 4.0),
                series("laptop of somebody", |_| 31.0),
            ],
        ),
        Measured {
            panel: panel("agent-kills-rate"),
            course: Err("http://127.0.0.1:9090 did not answer within 5 s".to_owned()),
        },
    ]
}

fn drawn(app: &App, (width, height): (u16, u16), skin: Skin) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let zone = Zone::new(vec![(0, 3600)]);
    super::on(&mut buffer, area, &Pen { app, skin, zone: &zone });
    buffer
}

fn text(buffer: &Buffer) -> String {
    let line = |y: u16| {
        let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    (0..buffer.area.height).map(line).collect()
}

fn reviewed(name: &str, app: &App, size: (u16, u16), skin: Skin) {
    let text = text(&drawn(app, size, skin));
    insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), text);
}

#[test]
fn a_fleet_at_work() {
    for size in SIZES {
        reviewed("fleet", &app_of(fleet()), size, COLOURED);
    }
    reviewed("fleet_plain", &app_of(fleet()), SIZES[1], PLAIN);
    reviewed("fleet_without_colour", &app_of(fleet()), SIZES[2], Skin { colour: false, utf8: true });
}

#[test]
fn a_panel_of_each_kind() {
    for size in SIZES {
        reviewed("kinds", &app_of(every_kind()), size, COLOURED);
    }
    reviewed("kinds_plain", &app_of(every_kind()), SIZES[2], PLAIN);
}

#[test]
fn one_panel_fills_the_screen() {
    for focus in [0, 5] {
        let app = App { zoomed: true, focus, ..app_of(fleet()) };
        reviewed(&format!("zoomed_{focus}"), &app, SIZES[2], COLOURED);
    }
    for focus in [0, 1, 3] {
        let app = App { zoomed: true, focus, ..app_of(every_kind()) };
        reviewed(&format!("zoomed_kind_{focus}"), &app, SIZES[1], COLOURED);
    }
}

#[test]
fn what_is_hidden_filtered_or_not_there_is_said() {
    let mut app = app_of(fleet());
    app.hidden.insert(("agent-run-duration-seconds-quantiles".to_owned(), "p99".to_owned()));
    "e".clone_into(&mut app.filter);
    app.range = Span::Day;
    reviewed("filtered", &app, SIZES[1], COLOURED);
    let empty: Vec<_> =
        charts(&Config::default()).into_iter().map(|panel| measured(panel, Vec::new())).collect();
    let text = text(&drawn(&app_of(empty), SIZES[1], COLOURED));
    assert_eq!(text.matches("no data in the last hour").count(), 6, "{text}");
}

/// The colours of the cells in which a legend names a series.
fn colours(app: &App, skin: Skin) -> Vec<(String, Color)> {
    let buffer = drawn(app, (120, 38), skin);
    let mut found = Vec::new();
    for name in ["checkout", "search", "site", "error", "killed"] {
        for y in 0..38 {
            let line: Vec<_> = (0..120).map(|x| buffer[(x, y)].symbol().to_owned()).collect();
            let place = (2..120 - name.len()).find(|x| line[*x..*x + name.len()].concat() == name);
            if let Some(x) = place {
                found.push((name.to_owned(), buffer[(u16::try_from(x - 2).unwrap(), y)].fg));
            }
        }
    }
    found
}

#[test]
fn a_series_keeps_its_colour_whatever_is_hidden_or_filtered() {
    let all = colours(&app_of(fleet()), COLOURED);
    assert_eq!(all.len(), 5, "{all:?}");
    let mut app = app_of(fleet());
    "e".clone_into(&mut app.filter);
    app.hidden.insert(("agent-active-by-project".to_owned(), "checkout".to_owned()));
    let fewer = colours(&app, COLOURED);
    assert!(fewer.len() >= 3, "{fewer:?}");
    for (name, colour) in fewer.iter().filter(|(name, _)| name != "checkout") {
        assert!(all.contains(&(name.clone(), *colour)), "{name}: {colour:?} of {all:?}");
    }
    assert!(colours(&app_of(fleet()), PLAIN).iter().all(|(_, colour)| *colour == Color::Reset));
}

#[test]
fn a_line_of_letters_is_named_by_its_letter_which_no_filter_changes() {
    let letters = |filter: &str, skin| {
        let mut app = app_of(fleet());
        (app.zoomed, app.focus) = (true, 1);
        filter.clone_into(&mut app.filter);
        let text = text(&drawn(&app, SIZES[0], skin));
        ["checkout", "search", "site"].map(|name| {
            let before = text.find(&format!(" {name} ")).and_then(|place| text[..place].chars().next_back());
            (before, text.matches(before.unwrap_or('\0')).count() > 3)
        })
    };
    let (a, b, c) = ((Some('a'), true), (Some('b'), true), (Some('c'), true));
    for colour in [true, false] {
        let skin = Skin { colour, utf8: false };
        assert_eq!(letters("", skin), [a, b, c]);
        assert_eq!(letters("sit", skin)[2], c);
        assert_eq!(letters("s", skin)[1..], [b, c]);
    }
}

#[test]
fn a_limit_is_said_in_ascii_as_people_write_it_there() {
    for size in SIZES {
        let app = app_of(vec![measured(panel("agent-runs-failing"), vec![series("x", |_| 0.01)])]);
        let text = text(&drawn(&App { zoomed: true, ..app }, size, PLAIN));
        assert!(text.contains(">= 10 %") || text.contains(">=10%"), "{text}");
    }
}

#[test]
fn a_panel_says_what_it_leaves_out_and_why() {
    let all = || app_of(fleet());
    assert!(!text(&drawn(&all(), SIZES[2], COLOURED)).contains(" series"));
    let mut app = all();
    (app.zoomed, app.focus, app.filter) = (true, 1, "S".to_owned());
    app.hidden.insert(("agent-active-by-project".to_owned(), "site".to_owned()));
    for size in SIZES {
        let words = text(&drawn(&app, size, COLOURED));
        assert!(words.contains(" 1 of 3 series, filter 'S' "), "{words}");
    }
    app.zoomed = false;
    assert!(text(&drawn(&app, SIZES[1], PLAIN)).contains(" 1 of 3 series "));
    app.hidden.clear();
    (app.zoomed, app.filter) = (true, "e\u{1b}[31m".repeat(20));
    let words = text(&drawn(&app, SIZES[1], COLOURED));
    assert!(words.contains("0 of 3 series, filter 'e") && !words.contains('\u{1b}'), "{words}");
}

#[test]
fn every_series_is_drawn_or_counted() {
    let many = |count: usize| {
        (0..count).map(|place| series(&format!("workflow-{place}"), move |_| place as f64)).collect()
    };
    for (count, words) in [(20, "+"), (40, "and 16 more, as a range"), (2000, "and 1976 more, as a range")] {
        let app = App {
            zoomed: true,
            ..app_of(vec![measured(panel("agent-run-duration-seconds-quantiles"), many(count))])
        };
        let text = text(&drawn(&app, (120, 58), COLOURED));
        assert!(text.contains(words) || (count == 20 && text.contains("workflow-0 ")), "{text}");
    }
}

#[test]
fn a_lone_point_and_a_level_line_are_seen() {
    let is_dot = |letter: char| ('\u{2801}'..='\u{28ff}').contains(&letter);
    let dots = |series: Vec<Series>| {
        let app = App { zoomed: true, ..app_of(vec![measured(panel("llm-tokens-rate"), series)]) };
        let text = text(&drawn(&app, SIZES[1], COLOURED));
        text.chars().filter(|letter| is_dot(*letter)).count()
    };
    assert_eq!(dots(vec![]), 0);
    let lone = Series { name: "x".to_owned(), points: vec![(START + 7 * MINUTE, 3.0)] };
    assert!((1..=4).contains(&dots(vec![lone])));
    assert!(dots(vec![series("x", |_| 0.0)]) > 30);
    assert!(dots(vec![series("x", |_| 7e9)]) > 30);
}

#[test]
fn limits_beyond_the_scale_are_said_and_the_present_is_judged() {
    let app = App {
        zoomed: true,
        ..app_of(vec![measured(panel("agent-runs-failing"), vec![series("x", |_| 0.01)])])
    };
    let buffer = drawn(&app, SIZES[1], COLOURED);
    let text = text(&buffer);
    assert!(text.contains("warning ≥ 10 %") && text.contains("critical ≥ 25 %"), "{text}");
    let place = text.lines().next().unwrap().chars().position(|letter| letter == '1').unwrap();
    assert_eq!(buffer[(u16::try_from(place).unwrap(), 0)].fg, Color::Green);
}

#[test]
fn panels_of_another_subsystem_are_not_shown_as_if_they_were_of_this_one() {
    let mut app = app_of(fleet());
    app.subsystem = Some(&AGENT);
    let words = text(&drawn(&app, SIZES[1], COLOURED));
    assert!(words.contains("loading the charts of") && !words.contains("p50"), "{words}");
    let of = board_of(&AGENT, &Config::default());
    let agents: Vec<_> = of.panels().map(|panel| measured(panel.clone(), Vec::new())).collect();
    let mut app = app_of(agents);
    assert!(text(&drawn(&app, SIZES[1], COLOURED)).contains("loading the charts…"));
    app.subsystem = Some(&AGENT);
    assert!(text(&drawn(&app, SIZES[1], COLOURED)).contains("▼"));
}

/// A value that somebody may have measured, or not.
fn wild(random: &mut fastrand::Rng) -> f64 {
    match random.u8(0..12) {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => f64::NEG_INFINITY,
        3 => f64::MAX,
        4 => f64::MIN,
        5 => 0.0,
        6 => -random.f64() * 1e6,
        7 => random.f64() * 1e-300,
        _ => random.f64() * 100.0,
    }
}

fn wild_series(random: &mut fastrand::Rng) -> Series {
    let names = ["10", "+Inf", "日本語日本語日本語日本語", "p50", "", "a\u{301}\u{202e}\u{1b}[31mx", "x"];
    let count = [0, 1, 2, 61][random.usize(0..4)];
    let time = |random: &mut fastrand::Rng, place: i64| match random.u8(0..20) {
        0 => random.i64(..),
        _ => START + place * MINUTE,
    };
    let points = (0..count).map(|place| (time(random, place), wild(random))).collect();
    Series { name: format!("{}{}", names[random.usize(0..names.len())], random.u8(0..3)), points }
}

#[test]
fn nothing_that_is_measured_and_no_size_breaks_a_frame() {
    let random = &mut fastrand::Rng::with_seed(7);
    let config = Config::default();
    let all: Vec<_> =
        boards(&config).iter().flat_map(Board::panels).cloned().chain(charts(&config)).collect();
    for _ in 0..300 {
        let count = random.usize(0..8);
        let panels = (0..count).map(|_| {
            let series = (0..random.usize(0..30)).map(|_| wild_series(random)).collect();
            let mut measured = measured(all[random.usize(0..all.len())].clone(), series);
            measured.panel.unit = [measured.panel.unit, Unit::Seconds, Unit::Share][random.usize(0..3)];
            if let Ok(course) = &mut measured.course
                && random.u8(0..8) == 0
            {
                course.steps = Steps { start: random.i64(..), end: random.i64(..), step: random.i64(..) };
            }
            measured
        });
        let mut app = app_of(panels.collect());
        (app.zoomed, app.focus) = (random.bool(), random.usize(0..9));
        app.filter = ["", "x", "1", "zzz"][random.usize(0..4)].to_owned();
        let skin = Skin { colour: random.bool(), utf8: random.bool() };
        for size in [(1, 1), (2, 3), (7, 2), (17, 5), (random.u16(1..90), random.u16(1..40)), (60, 13)] {
            let text = text(&drawn(&app, size, skin));
            assert!(!text.contains(['\u{1b}', '\u{202e}']));
            assert!(skin.utf8 || text.is_ascii(), "{text}");
        }
    }
}

#[test]
fn thousands_of_series_are_drawn() {
    let many = |panel: Panel| {
        let random = &mut fastrand::Rng::with_seed(9);
        measured(
            panel,
            (0..2000).map(|place| Series { name: format!("s{place}"), ..wild_series(random) }).collect(),
        )
    };
    let app = app_of(every_kind().into_iter().map(|measured| many(measured.panel)).collect());
    for skin in [COLOURED, PLAIN] {
        assert!(text(&drawn(&app, SIZES[2], skin)).contains("more"));
    }
}
