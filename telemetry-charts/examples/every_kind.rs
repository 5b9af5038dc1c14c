//! Draws a picture of every kind, light and dark, into a folder: `cargo run -p telemetry-charts --example every_kind -- FOLDER`.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use telemetry_catalog::panel::{Board, Panel, Unit, Visualization, boards};
use telemetry_charts::screen::{Cell, Colour, Screen};
use telemetry_charts::{Chart, Part, Point, Series, Sheet, Size, Theme, Zone, png, svg};
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
    let panels: Vec<_> = wanted.iter().filter_map(|id| all().find(|panel| panel.id == *id)).collect();
    let of_kinds = kinds.iter().filter_map(|kind| all().find(|panel| panel.visualization == *kind));
    let sheet = sheet(panels.into_iter().chain(of_kinds));
    for (width, theme, name) in [(1200, Theme::Light, "light"), (1700, Theme::Dark, "dark")] {
        let size = Size { width, height: sheet.height(width) };
        fs::write(folder.join(format!("sheet-{name}.png")), sheet.png(size, 1, theme)?)?;
        fs::write(folder.join(format!("sheet-{name}.svg")), sheet.svg(size, theme)?)?;
        fs::write(folder.join(format!("screen-{name}.png")), screen().png(2, theme)?)?;
        fs::write(folder.join(format!("screen-{name}.svg")), screen().svg(theme)?)?;
    }
    writeln!(std::io::stdout(), "Look at {}", folder.display())?;
    Ok(())
}

/// All of these panels on one sheet.
fn sheet<'p>(panels: impl Iterator<Item = &'p Panel>) -> Sheet<'p> {
    let chart = |panel: &'p Panel| Chart {
        panel,
        series: if panel.id == "overview-health" { Vec::new() } else { series(panel) },
        left_out: 0,
        start: END - SPAN,
        end: END,
        step: STEP,
    };
    let part = |panel| Part { chart: chart(panel), trouble: None };
    Sheet {
        title: "Agent fleet".to_owned(),
        source: "http://localhost:9090".to_owned(),
        program: "telemetry".to_owned(),
        drawn: END,
        zone: Zone::new(vec![(0, 3600)]),
        parts: panels.map(part).collect(),
    }
}

/// Characters of every kind in every colour.
fn screen() -> Screen {
    const LINES: [&str; 12] = [
        " Agents  ● LIVE  3 active ✓ done ✗ failed ⚠ slow → next … ",
        "╭─ Runs ─────────────╮ ┌──┬──┐ ╔══╦══╗ ┏━━┳━━┓ ▁▂▃▄▅▆▇█ ",
        "│ ⣀⣠⣤⣴⣶⣾⣿⣿⣷⣶⣦⣤⣄⣀⡀⠀⢀⣀⣠⣤ │ ├──┼──┤ ╠══╬══╣ ┣━━╋━━┫ ▏▎▍▌▋▊▉█ ",
        "│ ⠉⠙⠛⠻⠿⢿⣿⡇⢸⣿⠇⠸⡟⠁⠈⢻⡀⢀⡜⠁ │ └──┴──┘ ╚══╩══╝ ┗━━┻━━┛ ░░▒▒▓▓██ ",
        "╰────────────────────╯ ╌╌╌ ┄┄┄ ┈┈┈ ╎┆┊ ╱╲╳ ▖▗▘▙▚▛▜▝▞▟ ▀▄▌▐ ",
        "p50 1.2 s  p95 12 s  p99 1.5 m  ≥ 10 %  µ × – — “quoted” é ß ",
        "the quick brown fox jumps over the lazy dog 0123456789 ",
        "red and bold and faint and reversed and underlined and struck ",
        "█▀█ ■□▪▫▲△▼▽◆◇○●◉ ←↑→↓↔↕ ⏎ 日本語 ",
        "┝┿┥ ┠╂┨ ╞╪╡ ╟╫╢ ╴╵╶╷ ╸╹╺╻ ╼╽╾╿ ",
        "0 k15 bright colours below ",
        "fn main() { println!(\"{} <&> 'x'\", 1); } ",
    ];
    let colour = |row: usize, column: usize| match (row, column / 4) {
        (6 | 10, place) => Colour::ALL.get(place).copied(),
        (1..=5, 0..6) => Some(Colour::Cyan),
        (1, _) => Some(Colour::Green),
        _ => None,
    };
    let cell = |row: usize, column: usize, letter: char| Cell {
        symbol: letter.to_string(),
        colour: colour(row, column),
        ground: (row == 10).then_some(Colour::BrightBlack).filter(|_| column > 30),
        bold: row == 0 || (row == 7 && (8..12).contains(&column)),
        faint: row == 7 && (17..22).contains(&column),
        reversed: row == 7 && (27..35).contains(&column),
        underlined: row == 7 && (40..50).contains(&column),
        struck: row == 7 && (55..61).contains(&column),
    };
    let row = |(row, line): (usize, &&str)| {
        let letters = line.chars().chain(std::iter::repeat(' ')).take(64).enumerate();
        letters.map(move |(column, letter)| cell(row, column, letter)).collect::<Vec<_>>()
    };
    Screen {
        columns: 64,
        title: "Characters of every kind".to_owned(),
        cells: LINES.iter().enumerate().flat_map(row).collect(),
    }
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
