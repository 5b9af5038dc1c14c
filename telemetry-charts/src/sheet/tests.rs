//! What holds for sheets.

use super::*;
use crate::Series;
use crate::scene::{Anchor, Mark, Rect, Text};
use telemetry_catalog::panel::{Board, Panel, boards};
use telemetry_core::config::Config;

const END: i64 = 1_763_726_400_000;
const HOUR: i64 = 3_600_000;

fn panels() -> Vec<Panel> {
    boards(&Config::default()).iter().flat_map(Board::panels).cloned().collect()
}

fn sheet<'p>(panels: &'p [Panel], series: &[&str]) -> Sheet<'p> {
    let points: Vec<_> = (0..=60).map(|minute| (END - HOUR + minute * 60_000, (minute % 7) as f64)).collect();
    let series: Vec<_> =
        series.iter().map(|name| Series { name: (*name).to_owned(), points: points.clone() }).collect();
    let part = |panel| Part {
        chart: Chart {
            panel,
            series: series.clone(),
            left_out: 0,
            start: END - HOUR,
            end: END,
            step: 60_000,
        },
        trouble: None,
    };
    Sheet {
        title: "Agent fleet".to_owned(),
        source: "http://localhost:9090".to_owned(),
        program: "telemetry 1".to_owned(),
        drawn: END,
        zone: Zone::new(vec![(0, 3600)]),
        parts: panels.iter().map(part).collect(),
    }
}

fn texts(sheet: &Sheet<'_>, size: Size) -> Vec<Text> {
    let text = |mark: Mark| match mark {
        Mark::Text(text) => Some(text),
        _ => None,
    };
    draw::scene(sheet, size).marks.into_iter().filter_map(text).collect()
}

/// Where a text is, with its letters of usual height.
fn place(text: &Text) -> Rect {
    let width = crate::font::advance(&text.text, text.size, text.weight);
    let left = match text.anchor {
        Anchor::Start => text.at.0,
        Anchor::Middle => text.at.0 - width / 2.0,
        Anchor::End => text.at.0 - width,
    };
    Rect { left, top: text.at.1 - text.size * 0.7, width, height: text.size * 0.7 }
}

fn overlap(one: &Rect, other: &Rect) -> bool {
    one.left < other.right()
        && other.left < one.right()
        && one.top < other.bottom()
        && other.top < one.bottom()
}

#[test]
fn frames_stand_beside_and_below_each_other_within_the_sheet() {
    let panels = panels();
    for count in [1, 2, 3, 5, 7, 12] {
        for width in [240, 600, 1200, 1700, 4096] {
            let sheet = sheet(&panels[..count], &["a", "b"]);
            for height in [sheet.height(width), sheet.least(width).height, 2 * sheet.height(width)] {
                let layout = layout::layout(&sheet, (width.into(), height.into()));
                assert_eq!(layout.frames.len(), count);
                for (place, frame) in layout.frames.iter().enumerate() {
                    assert!(frame.left >= 19.9 && frame.right() <= f64::from(width) - 19.9, "{frame:?}");
                    assert!(
                        frame.bottom() <= f64::from(height) - 20.0,
                        "{count} {width} {height}: {frame:?}"
                    );
                    assert!(frame.height >= 90.0 && frame.width >= 100.0, "{frame:?}");
                    assert!(!layout.frames[..place].iter().any(|before| overlap(before, frame)));
                }
            }
        }
    }
}

#[test]
fn no_text_of_a_sheet_stands_on_another_or_outside() {
    let panels = panels();
    let long = "a very long name of a project that somebody has called like this ".repeat(4);
    for names in [&["success", "error"][..], &[&long, &long, "x"], &["+Inf", "10", "1"], &[]] {
        for (first, count) in [(0, 1), (20, 6), (30, 9)] {
            for width in [480, 1200, 1700] {
                let mut sheet = sheet(&panels[first..first + count], names);
                sheet.source = long.clone();
                let size = Size { width, height: sheet.height(width) };
                let texts = texts(&sheet, size);
                let places: Vec<_> = texts.iter().map(place).collect();
                for (at, text) in places.iter().zip(&texts) {
                    assert!(at.left >= 0.0 && at.right() <= f64::from(width), "{text:?}");
                    assert!(at.bottom() <= f64::from(size.height), "{text:?}");
                    let over =
                        places.iter().zip(&texts).find(|(other, of)| *of != text && overlap(at, other));
                    assert!(
                        over.is_none(),
                        "{} at {width}: {text:?} {over:?}",
                        sheet.parts[0].chart.panel.id
                    );
                }
            }
        }
    }
}

#[test]
fn a_sheet_says_when_and_from_where_in_the_time_of_its_zone() {
    let panels = panels();
    let sheet = sheet(&panels[..2], &["a"]);
    let texts = texts(&sheet, Size { width: 1200, height: sheet.height(1200) });
    let said: Vec<_> = texts.iter().map(|text| text.text.as_str()).collect();
    for expected in [
        "Agent fleet",
        "21 November 2025 12:00 to 13:00 UTC+1",
        "http://localhost:9090",
        "telemetry 1",
        "drawn 21 November 2025 13:00 UTC+1",
        &panels[0].title,
        &panels[1].title,
    ] {
        assert!(said.contains(&expected), "{expected}: {said:?}");
    }
}

#[test]
fn a_single_chart_is_described_and_what_is_not_known_is_said() {
    let panels = panels();
    let mut sheet = sheet(&panels[..1], &["a"]);
    let described = layout::layout(&sheet, (1200.0, 500.0)).described.join(" ");
    assert!(panels[0].description.starts_with(described.trim_end_matches('…')) && !described.is_empty());
    sheet.parts[0].trouble = Some("<no answer>".to_owned());
    let svg = sheet.svg(Size { width: 1200, height: 500 }, Theme::Light).unwrap();
    assert!(svg.contains(">not known: &lt;no answer&gt;</text>"), "{svg}");
}

#[test]
fn a_png_has_so_many_pixels_for_each_of_the_sheet() {
    let panels = panels();
    let sheet = sheet(&panels[..1], &["a"]);
    let size = Size { width: 400, height: 300 };
    let dimensions = |scale| {
        let file = sheet.png(size, scale, Theme::Dark).unwrap();
        let reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        (reader.info().width, reader.info().height, reader.info().pixel_dims.unwrap().xppu)
    };
    assert_eq!((dimensions(1), dimensions(2)), ((400, 300, 3780), (800, 600, 7560)));
    assert_ne!(sheet.png(size, 1, Theme::Dark).unwrap(), sheet.png(size, 1, Theme::Light).unwrap());
    for size in
        [Size { width: 100, height: 300 }, Size { width: 400, height: 50 }, Size { width: 9999, height: 300 }]
    {
        assert!(matches!(sheet.svg(size, Theme::Light), Err(ChartError::Size(_))), "{size:?}");
    }
    let huge = sheet.png(Size { width: 4096, height: 16_384 }, 4, Theme::Light);
    assert!(matches!(huge, Err(ChartError::Pixels(_))));
}
