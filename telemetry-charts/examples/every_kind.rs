//! Draws a picture of every kind, light and dark, into a folder: `cargo run -p telemetry-charts --example every_kind -- FOLDER`.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use telemetry_catalog::panel::{Board, Panel, Unit, Visualization, boards};
use telemetry_charts::{Chart, Point, Series, Size, Theme, png, svg};
use telemetry_core::config::Config;

/// Friday, the 21st of November 2025, at noon, and the six hours before.
const END: i64 = 1_763_726_400_000;
const SPAN: i64 = 6 * 3600 * 1000;
const STEP: i64 = 60_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/charts".to_owned()));
    fs::create_dir_all(&folder)?;
    let boards = boards(&Config::default());
    let all = || boards.iter().flat_map(Board::panels);
    let wanted = ["agent-runs-failing", "overview-health", "agent-runs-rate-by-status", "pushgateway-down"];
    let named = wanted.iter().filter_map(|id| all().find(|panel| panel.id == *id).cloned());
    let kinds = [Visualization::Stat, Visualization::Gauge, Visualization::Bar, Visualization::Heatmap];
    let of_kinds = kinds.iter().filter_map(|kind| all().find(|panel| panel.visualization == *kind).cloned());
    let judged = all().find(|panel| panel.id == "agent-runs-failing").cloned();
    let gauge = judged.map(|panel| Panel {
        visualization: Visualization::Gauge,
        id: "gauge-alone".to_owned(),
        ..panel
    });
    for panel in named.chain(of_kinds).chain(gauge) {
        let series = series(&panel);
        let chart = Chart { panel: &panel, series, left_out: 0, start: END - SPAN, end: END, step: STEP };
        let size = match panel.visualization {
            Visualization::Stat | Visualization::Gauge => Size { width: 300, height: 170 },
            _ => Size { width: 720, height: 300 },
        };
        fs::write(folder.join(format!("{}.svg", panel.id)), svg(&chart, size, Theme::Reader)?)?;
        for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            fs::write(folder.join(format!("{}-{name}.png", panel.id)), png(&chart, size, theme)?)?;
        }
    }
    writeln!(std::io::stdout(), "Look at {}", folder.display())?;
    Ok(())
}

/// Made-up series that suit a panel.
fn series(panel: &Panel) -> Vec<Series> {
    let names: &[&str] = match (panel.visualization, panel.unit) {
        (Visualization::Heatmap, _) => &["1", "5", "15", "30", "60", "120", "300", "600", "+Inf"],
        (Visualization::Stat, _) | (_, Unit::Share) => &["runs"],
        (_, Unit::State) => &["Pushgateway"],
        (_, Unit::Health) => {
            &["Agent Lifecycle", "Language models", "Axe", "Beads", "Hooks", "Version control"]
        }
        _ => &["success", "error", "killed", "timeout"],
    };
    let one =
        |(place, name): (usize, &&str)| Series { name: (*name).to_owned(), points: points(panel, place) };
    names.iter().enumerate().map(one).collect()
}

fn points(panel: &Panel, place: usize) -> Vec<Point> {
    let mut noise = (place as u64 + 1) * 7919;
    let moment = |time: i64| (time - (END - SPAN)) as f64 / SPAN as f64;
    let mut level = 0.0;
    (0..=SPAN / STEP)
        .map(|place| END - SPAN + place * STEP)
        .filter(|time| !(0.42..0.47).contains(&moment(*time)))
        .map(|time| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            level = 0.85 * level + 0.15 * ((noise >> 40) as f64 / 16_777_216.0);
            (time, value(panel, place, moment(time), level))
        })
        .collect()
}

fn value(panel: &Panel, place: usize, at: f64, level: f64) -> f64 {
    let wave = 0.5 + 0.5 * (at * 9.0 + place as f64).sin();
    match (panel.visualization, panel.unit) {
        (Visualization::Heatmap, _) => {
            let middle = 4.0 + 1.6 * (at * 6.0).sin();
            (1.0 + level) / (1.0 + (-(place as f64 - middle) * 1.4).exp())
        }
        (_, Unit::Share) => 0.03 + 0.09 * level + if (0.6..0.75).contains(&at) { 0.22 * wave } else { 0.0 },
        (_, Unit::Health) if place == 1 && (0.55..0.8).contains(&at) => 2.0,
        (_, Unit::Health) if place < 3 && (0.5..0.62).contains(&at) => 1.0,
        (_, Unit::Health) => 0.0,
        (_, Unit::State) => f64::from(u8::from(!(0.7..0.78).contains(&at))),
        _ => (12.0 / (place as f64 + 1.0)) * (0.4 + level + 0.4 * wave),
    }
}
