//! What holds for every picture.

use crate::scene::{At, Mark, Scene};
use crate::{Chart, ChartError, Point, Series, Size, Theme, png, scene, svg, svg_untitled};
use telemetry_catalog::panel::{Board, Panel, Unit, Visualization, boards};
use telemetry_core::config::Config;

const MINUTE: i64 = 60_000;
const START: i64 = 1_763_722_800_000;
const END: i64 = START + 60 * MINUTE;
const SIZE: Size = Size { width: 640, height: 260 };

fn panels() -> Vec<Panel> {
    boards(&Config::default()).iter().flat_map(Board::panels).cloned().collect()
}

fn panel(id: &str) -> Panel {
    panels().into_iter().find(|panel| panel.id == id).unwrap()
}

fn series(name: impl Into<String>, value: impl Fn(i64) -> f64) -> Series {
    let points = (0..=60).map(|minute| (START + minute * MINUTE, value(minute)));
    Series { name: name.into(), points: points.collect() }
}

fn chart(panel: &Panel, series: Vec<Series>) -> Chart<'_> {
    Chart { panel, series, left_out: 0, start: START, end: END, step: MINUTE }
}

fn drawn(panel: &Panel, series: Vec<Series>) -> Scene {
    scene(&chart(panel, series), SIZE, true, &crate::Zone::utc()).unwrap()
}

/// Thick lines, which are data; scales and limits are drawn in thin ones.
fn lines(scene: &Scene) -> Vec<&[At]> {
    let line = |mark| match mark {
        &Mark::Line { ref points, width, .. } if width >= 1.5 && points.len() > 2 => Some(&**points),
        _ => None,
    };
    scene.marks.iter().filter_map(line).collect()
}

fn texts(scene: &Scene) -> Vec<&str> {
    let mut texts = Vec::new();
    for mark in &scene.marks {
        if let Mark::Text(text) = mark {
            texts.push(text.text.as_str());
        }
    }
    texts
}

/// Every place that something is drawn at.
fn places(scene: &Scene) -> Vec<At> {
    let of = |mark: &Mark| match mark {
        Mark::Line { points, .. } | Mark::Area { points, .. } => points.clone(),
        Mark::Boxes { boxes, .. } => {
            boxes.iter().flat_map(|rect| [(rect.left, rect.top), (rect.right(), rect.bottom())]).collect()
        }
        Mark::Dot { at, .. } => vec![*at],
        Mark::Text(text) => vec![text.at],
    };
    scene.marks.iter().flat_map(of).collect()
}

/// Series as the queries of a panel would give them, some of them with a gap.
fn made_up(panel: &Panel) -> Vec<Series> {
    let names: Vec<String> = match panel.visualization {
        Visualization::Heatmap => ["0.5", "1", "10", "60", "+Inf"].map(str::to_owned).to_vec(),
        _ => panel.queries.iter().map(|query| query.legend.written(|label| format!("a {label}"))).collect(),
    };
    let value = |place: usize, minute: i64| match panel.unit {
        _ if (20..24).contains(&minute) => f64::NAN,
        Unit::State | Unit::Health => {
            ((minute / 15) % 3).min(if panel.unit == Unit::State { 1 } else { 2 }) as f64
        }
        _ => (place + 1) as f64 * (1.0 + (minute as f64 / 9.0).sin()),
    };
    names
        .into_iter()
        .enumerate()
        .map(|(place, name)| series(name, move |minute| value(place, minute)))
        .collect()
}

/// Whether every number of the drawing is one.
fn is_sound(svg: &str) -> bool {
    !["NaN", "\"inf", "Minf", "linf", " inf"].iter().any(|odd| svg.contains(odd))
}

#[test]
fn every_panel_is_drawn_in_both_formats_and_every_size() {
    for panel in panels() {
        let chart = chart(&panel, made_up(&panel));
        for (width, height) in [(40, 40), (300, 120), (640, 260)] {
            let size = Size { width, height };
            let text = svg(&chart, size, Theme::Reader).unwrap();
            assert!(is_sound(&text) && !text.contains("no data"), "{}", panel.id);
            assert!(text.len() < 120_000, "{}: {}", panel.id, text.len());
            let scene = scene(&chart, size, true, &crate::Zone::utc()).unwrap();
            for (x, y) in places(&scene) {
                let inside = (-1.0..=f64::from(width) + 1.0).contains(&x)
                    && (-1.0..=f64::from(height) + 1.0).contains(&y);
                assert!(inside || width < 100, "{} at {width} × {height}: {x}, {y}", panel.id);
            }
        }
        let picture = png(&chart, Size { width: 80, height: 60 }, Theme::Dark).unwrap();
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 200, "{}", panel.id);
    }
}

#[test]
fn where_nothing_is_known_the_line_is_broken() {
    let panel = panel("agent-run-duration-seconds-quantiles");
    let whole = drawn(&panel, vec![series("p50", |minute| minute as f64)]);
    assert_eq!(lines(&whole).len(), 1);
    let gap = |minute| if (20..23).contains(&minute) { f64::NAN } else { minute as f64 };
    let broken = drawn(&panel, vec![series("p50", gap)]);
    let ends: Vec<_> = lines(&broken).iter().map(|line| (line[0].0, line[line.len() - 1].0)).collect();
    assert_eq!(ends.len(), 2);
    assert!(ends[0].1 < ends[1].0);
    let mut missing = series("p50", |minute| minute as f64);
    missing.points.retain(|(time, _)| !(20..23).contains(&((time - START) / MINUTE)));
    assert_eq!(lines(&drawn(&panel, vec![missing])), lines(&broken));
}

#[test]
fn a_lone_point_is_a_dot() {
    let panel = panel("agent-run-duration-seconds-quantiles");
    let lone = Series { name: "p50".to_owned(), points: vec![(START + MINUTE, 3.0)] };
    let scene = drawn(&panel, vec![lone]);
    assert!(lines(&scene).is_empty());
    assert!(scene.marks.iter().any(|mark| matches!(mark, Mark::Dot { .. })));
}

#[test]
fn a_pile_ends_at_the_sum() {
    let panel = panel("agent-runs-rate-by-status");
    assert!(panel.stacked);
    let pile = drawn(&panel, vec![series("success", |_| 2.0), series("error", |_| 2.0)]);
    // The upper layer is drawn first, and its line is as far above the lower one as that is above nothing.
    let heights: Vec<_> = lines(&pile).iter().map(|line| line[0].1).collect();
    let [upper, lower] = heights[..] else { panic!("{heights:?}") };
    let zero = pile.marks.iter().find_map(|mark| match mark {
        Mark::Text(text) if text.text == "0/min" => Some(text.at.1 - 4.0),
        _ => None,
    });
    assert!(((lower - upper) - (zero.unwrap() - lower)).abs() < 0.01, "{upper} {lower} {zero:?}");
}

#[test]
fn what_is_not_known_or_not_finite_is_said() {
    let panel = panel("agent-run-duration-seconds-quantiles");
    assert!(texts(&drawn(&panel, vec![])).contains(&"no data"));
    assert!(texts(&drawn(&panel, vec![series("p50", |_| f64::NAN)])).contains(&"no data"));
    let infinite = drawn(&panel, vec![series("p50", |minute| if minute == 9 { f64::INFINITY } else { 1.0 })]);
    assert!(texts(&infinite).contains(&"Infinite values are not drawn."), "{:?}", texts(&infinite));
    let mut old = series("p50", |_| 1.0);
    old.points.truncate(30);
    assert!(texts(&drawn(&panel, vec![old])).contains(&"–"), "what was long ago is not the present");
}

#[test]
fn limits_have_their_colour_and_say_what_they_are() {
    let panel = panel("agent-runs-failing");
    let scene = drawn(&panel, vec![series("runs", |_| 0.3)]);
    let texts = texts(&scene);
    assert!(texts.contains(&"warning ≥ 10 %") && texts.contains(&"critical ≥ 25 %"), "{texts:?}");
    // With nothing near it, the first limit is still there to see how far away it is.
    let calm = drawn(&panel, vec![series("runs", |_| 0.01)]);
    let texts = self::texts(&calm);
    assert!(texts.contains(&"warning ≥ 10 %"), "{texts:?}");
    // What is too far away for that is said all the same.
    assert!(texts.contains(&"Above the scale: critical ≥ 25 %."), "{texts:?}");
    assert!(!self::texts(&scene).iter().any(|text| text.contains("the scale")));
}

#[test]
fn many_series_are_all_drawn_within_a_bounded_size() {
    let lines_of = |panel: &Panel| {
        let all =
            (0..3000).map(|place| series(format!("series {place}"), move |minute| (place + minute) as f64));
        svg(&chart(panel, all.collect()), Size { width: 900, height: 300 }, Theme::Reader).unwrap()
    };
    let plain = lines_of(&panel("agent-run-duration-seconds-quantiles"));
    assert!(plain.contains("2940 series are drawn together as a range."), "{}", &plain[..1000]);
    assert!(plain.contains("more</text>"));
    let piled = lines_of(&panel("agent-runs-rate-by-status"));
    assert!(piled.contains("2940 series are drawn together as the sum of the others."));
    assert!(plain.len() < 900_000 && piled.len() < 1_500_000, "{} {}", plain.len(), piled.len());
}

#[test]
fn long_runs_are_drawn_in_no_more_detail_than_there_are_pixels() {
    let panel = panel("agent-run-duration-seconds-quantiles");
    let points: Vec<Point> =
        (0..500_000).map(|i| (i, if i == 77_777 { 50.0 } else { (i % 11) as f64 })).collect();
    let chart = Chart {
        panel: &panel,
        series: vec![Series { name: "p50".to_owned(), points }],
        left_out: 0,
        start: 0,
        end: 500_000,
        step: 1,
    };
    let text = svg(&chart, SIZE, Theme::Light).unwrap();
    assert!(text.len() < 60_000, "{}", text.len());
    let scene = scene(&chart, SIZE, true, &crate::Zone::utc()).unwrap();
    let top = lines(&scene)[0].iter().map(|at| at.1).fold(f64::INFINITY, f64::min);
    let usual = lines(&scene)[0].iter().map(|at| at.1).fold(0.0, f64::max);
    assert!(usual - top > 100.0, "the peak is gone");
}

#[test]
fn hostile_names_are_short_and_harmless() {
    let hostile =
        ["]]></svg><script>alert(1)</script>", "\u{202E}desrever\u{0}\u{8}\u{FFFF}", "\" onload=\"x", "&lt;"];
    let mut names: Vec<_> = hostile.iter().map(|name| (*name).to_owned()).collect();
    names.push("x".repeat(1_000_000));
    for panel in panels() {
        let panel = Panel { title: format!("{}{}", names[0], names[4]), id: "a\"><b".to_owned(), ..panel };
        let all: Vec<_> = names.iter().map(|name| series(name.clone(), |_| 1.0)).collect();
        let text = svg(&chart(&panel, all), SIZE, Theme::Reader).unwrap();
        assert!(text.len() < 60_000, "{}", text.len());
        assert!(!text.contains("<script") && !text.contains("]]>") && !text.contains("\" onload"), "{text}");
        let odd = |letter: char| {
            (letter.is_control() && letter != '\n') || letter == '\u{202E}' || letter == '\u{FFFF}'
        };
        assert!(!text.contains(odd), "{text}");
        assert_eq!(text.matches("<svg").count(), 1);
    }
}

#[test]
fn values_at_the_ends_of_what_there_is_are_no_error() {
    for panel in panels() {
        let wild = |minute: i64| [f64::MAX, f64::MIN, 1e-308, -0.0, f64::NEG_INFINITY][minute as usize % 5];
        let text = svg(&chart(&panel, vec![series("+Inf", wild), series("1", |_| -3.0)]), SIZE, Theme::Light)
            .unwrap();
        assert!(is_sound(&text), "{}: {text}", panel.id);
    }
    let panel = panel("overview-health");
    for (start, end, step) in
        [(0, 0, 0), (5, -5, -1), (i64::MIN, i64::MAX, i64::MAX), (i64::MAX, i64::MAX, 1)]
    {
        for panel in
            [&panel, &self::panel("agent-run-duration-seconds-heatmap"), &self::panel("agent-runs-failing")]
        {
            let series =
                vec![Series { name: "1".to_owned(), points: vec![(start, 1.0), (0, 2.0), (end, 3.0)] }];
            svg(&Chart { panel, series, left_out: 0, start, end, step }, SIZE, Theme::Light).unwrap();
        }
    }
}

#[test]
fn an_svg_follows_its_reader_and_tells_what_it_shows() {
    let panel = panel("agent-runs-failing");
    let chart = chart(&panel, vec![series("runs", |_| 0.041)]);
    let text = svg(&chart, SIZE, Theme::Reader).unwrap();
    assert!(text.contains("@media (prefers-color-scheme:dark)") && text.contains("role=\"img\""), "{text}");
    assert!(
        text.contains("aria-labelledby=\"chart-agent-runs-failing-title chart-agent-runs-failing-desc\"")
    );
    assert!(text.contains("21 November 2025 11:00 to 12:00 UTC. Latest: runs 4.1 %.</desc>"), "{text}");
    assert!(!svg(&chart, SIZE, Theme::Light).unwrap().contains("@media"));
    let visible = |text: &str| text.matches(&format!("{}</text>", panel.title)).count();
    assert_eq!((visible(&text), visible(&svg_untitled(&chart, SIZE, Theme::Reader).unwrap())), (1, 0));
    assert_eq!(text, svg(&chart, SIZE, Theme::Reader).unwrap());
}

#[test]
fn a_heatmap_shows_what_fell_into_each_bucket_alone() {
    let panel = panel("agent-run-duration-seconds-heatmap");
    // Everything is between 1 and 10: the buckets above count it too, but hold nothing of their own.
    let buckets = vec![series("+Inf", |_| 4.0), series("10", |_| 4.0), series("1", |_| 0.0)];
    let scene = drawn(&panel, buckets);
    let rows: Vec<f64> = scene
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Boxes { boxes, .. } if boxes.len() > 9 => {
                Some(boxes.iter().map(|cell| cell.top).collect::<Vec<_>>())
            }
            _ => None,
        })
        .flatten()
        .collect();
    assert!(!rows.is_empty() && rows.iter().all(|top| *top == rows[0]), "{rows:?}");
    assert!(texts(&scene).contains(&"> 10 s") && texts(&scene).contains(&"≤ 1 s"), "{:?}", texts(&scene));
}

#[test]
fn states_are_told_by_their_words_and_heights_too() {
    let panel = panel("overview-health");
    let scene = drawn(&panel, vec![series("Axe", |minute| if minute < 30 { 0.0 } else { 2.0 })]);
    let texts = texts(&scene);
    assert!(
        texts.contains(&"quiet")
            && !texts.contains(&"healthy")
            && texts.iter().filter(|text| **text == "critical").count() == 2,
        "{texts:?}"
    );
}

#[test]
fn sizes_that_nobody_can_see_or_keep_are_refused() {
    let panel = panel("overview-health");
    let chart = chart(&panel, vec![]);
    for (width, height) in [(0, 100), (100, 39), (4097, 100), (u32::MAX, u32::MAX)] {
        let refused = png(&chart, Size { width, height }, Theme::Light);
        assert!(matches!(refused, Err(ChartError::Size(_))), "{width} × {height}");
    }
}

#[test]
fn the_largest_come_first_with_their_last_and_largest_values_and_the_rest_is_counted() {
    let panel = panel("agent-runs-rate-by-workflow");
    let all = (0..40).map(|place| {
        series(format!("w{place:02}"), move |minute| f64::from(place) + if minute == 9 { 100.0 } else { 0.0 })
    });
    let mut all: Vec<_> = all.collect();
    all.push(series("gone", |minute| if minute < 20 { 500.0 } else { f64::NAN }));
    let scene = drawn(&panel, all);
    let texts = texts(&scene);
    let names: Vec<_> = texts.iter().filter(|text| text.starts_with('w') && text.len() == 3).collect();
    assert!(
        names.len() >= 9 && names.is_sorted_by(|one, other| one > other) && *names[0] == "w39",
        "{names:?}"
    );
    let more = format!("+{} more", 41 - names.len());
    assert!(
        texts.contains(&more.as_str()) && texts.contains(&"139/min") && texts.contains(&"max"),
        "{texts:?}"
    );
    assert!(!texts.contains(&"gone"), "what is not known now comes last: {texts:?}");
}

#[test]
fn where_no_rules_are_evaluated_it_is_not_known_whether_an_alert_fires() {
    let scene = drawn(&panel("overview-health"), Vec::new());
    assert!(texts(&scene).contains(&"unknown: no alert rules are evaluated"), "{:?}", texts(&scene));
}
