//! The page of `telemetry health`: a line for each subsystem, every check where they are asked for, and the verdict at the end.

use super::alerts::limits;
use super::grid::{Cell, Grid, Paint, painted};
use super::harmless;
use super::listing::{Entry, Section, fits, listing};
use super::spark::bar;
use super::wrap::wrapped;
use crate::commands::health::Report;
use crate::output::Screen;
use telemetry_catalog::indicator::{Beyond, Severity};
use telemetry_catalog::promql::Window;
use telemetry_catalog::quantity::{UNKNOWN, seconds};
use telemetry_catalog::verdict::Verdict;
use telemetry_core::config::Config;
use telemetry_stack::health::{Condition, Finding};

/// What stands before the word of each verdict, for who looks from far away.
const MARK: &str = "●";

/// The blanks between two columns of a grid.
const GAP: u16 = 2;

/// The title over the pictures, and how wide they are.
const TO_CRITICAL: &str = "TO CRITICAL";

/// Which column that is.
const PICTURE: usize = 3;

/// The titles of all columns.
const HEADER: [&str; 7] = ["CHECK", "VERDICT", "VALUE", TO_CRITICAL, "LIMITS", "WINDOW", "MEASURES"];

/// The whole page.
pub(crate) fn health(report: &Report, config: &Config, detailed: bool, screen: Screen) -> String {
    let mut page = summary(&report.conditions, screen);
    if detailed {
        page += &format!("\n{}", checks(report, config, screen));
    }
    page + &overall(report, screen)
}

/// Every check, with a picture of how far it is on its way to critical where there is room for that.
fn checks(report: &Report, config: &Config, screen: Screen) -> String {
    let sections = |pictured| -> Vec<_> {
        let section = |condition| section(report, config, condition, (pictured, screen));
        report.conditions.iter().map(section).collect()
    };
    let pictured = sections(true);
    if fits(&HEADER, &pictured, screen) {
        return listing(&HEADER, &pictured, screen);
    }
    let header: Vec<_> = HEADER.into_iter().filter(|title| *title != TO_CRITICAL).collect();
    listing(&header, &sections(false), screen)
}

/// A line for each subsystem. A reason that is too long for the screen stands below.
fn summary(conditions: &[Condition], screen: Screen) -> String {
    let reasons: Vec<_> = conditions.iter().map(|condition| harmless(&condition.reason)).collect();
    let mut columns = Grid::new(&["SUBSYSTEM", "VERDICT"], usize::MAX);
    conditions.iter().for_each(|condition| columns.push(cells(condition).to_vec()));
    let others = columns.width(columns.first_width()) + GAP;
    let room = screen.width.map_or(usize::MAX, |width| usize::from(width.saturating_sub(others)));
    let (beside, below): (Vec<_>, Vec<_>) = reasons.into_iter().map(|reason| placed(reason, room)).unzip();

    let mut grid = Grid::new(&["SUBSYSTEM", "VERDICT", "WHY"], usize::MAX);
    for (condition, reason) in conditions.iter().zip(beside) {
        grid.push(cells(condition).into_iter().chain([Cell::plain(reason)]).collect());
    }
    let lines = grid.lines(grid.first_width(), screen);
    let mut page = lines.header + "\n";
    for (line, reason) in lines.rows.iter().zip(below) {
        let below = reason.map(|reason| painted(&format!("  {reason}"), Paint::Faint, screen) + "\n");
        page += &format!("{line}\n{}", below.unwrap_or_default());
    }
    page
}

/// What stands in the column of reasons, and what below the line.
fn placed(reason: String, room: usize) -> (String, Option<String>) {
    if reason.chars().count() <= room { (reason, None) } else { (String::new(), Some(reason)) }
}

fn cells(condition: &Condition) -> [Cell; 2] {
    let verdict = Some(condition.verdict).filter(|_| !condition.is_silent());
    [Cell::new(condition.subsystem.title, Paint::Strong), cell(verdict)]
}

fn section(
    report: &Report,
    config: &Config,
    condition: &Condition,
    (pictured, screen): (bool, Screen),
) -> Section {
    let check = |finding| {
        let mut entry = check(report, config, finding, screen);
        if pictured {
            let picture = Cell::new(to_critical(finding, config, screen), paint(finding.verdict()));
            entry.cells.insert(PICTURE, picture);
        }
        entry
    };
    Section {
        title: condition.subsystem.title.to_owned(),
        slug: condition.subsystem.slug.to_owned(),
        entries: condition.findings.iter().map(check).collect(),
    }
}

fn check(report: &Report, config: &Config, finding: &Finding, screen: Screen) -> Entry {
    let declared = finding.indicator;
    let over = Some(report.over(declared.alert)).filter(|over| *over != Window::ZERO);
    Entry {
        cells: vec![
            Cell::plain(declared.alert),
            cell(finding.verdict()),
            Cell::plain(finding.shown().unwrap_or_else(|| UNKNOWN.to_owned())),
            Cell::plain(limits(declared, config, screen)),
            Cell::plain(over.map_or_else(|| "now".to_owned(), length)),
        ],
        last: measures(finding),
    }
}

/// How far the value is on its way from nothing to where it is critical. Of what falls there, of what is never critical, and where the value
/// says nothing, there is no such picture.
fn to_critical(finding: &Finding, config: &Config, screen: Screen) -> String {
    let declared = finding.indicator;
    let levels = declared.limits.levels(&config.health_thresholds);
    let critical = levels.iter().find(|level| level.severity == Severity::Critical);
    let value = finding.value().filter(|_| !finding.is_of_too_few() && declared.beyond != Beyond::FallsTo);
    let share =
        value.zip(critical).filter(|(_, level)| level.limit > 0.0).map(|(value, level)| value / level.limit);
    share.map(|share| bar(share, TO_CRITICAL.len(), screen)).unwrap_or_default()
}

fn length(over: Window) -> String {
    seconds(over.seconds().into())
}

/// What it measures, of what, and why there is no value where there is none, or none that says anything.
fn measures(finding: &Finding) -> String {
    let what = match finding.which() {
        "" => finding.indicator.title.to_owned(),
        which => format!("{}: {}", finding.indicator.title, harmless(which)),
    };
    match finding.value().filter(|_| !finding.is_of_too_few()) {
        Some(_) => what,
        None => format!("{what} ({})", harmless(&finding.said())),
    }
}

/// The verdict with its mark. Of what nothing was ever heard there is none.
fn cell(verdict: Option<Verdict>) -> Cell {
    let word = verdict.unwrap_or(Verdict::Unknown).as_str();
    Cell::new(format!("{MARK} {word}"), paint(verdict))
}

const fn paint(verdict: Option<Verdict>) -> Paint {
    match verdict {
        Some(Verdict::Healthy) => Paint::Good,
        Some(Verdict::Warning) => Paint::Warning,
        Some(Verdict::Critical) => Paint::Critical,
        Some(Verdict::Unknown) | None => Paint::Faint,
    }
}

/// What everything comes to, how much of the window that is about, and who told it.
fn overall(report: &Report, screen: Screen) -> String {
    let verdict = painted(&format!("{MARK} {}", report.verdict), paint(Some(report.verdict)), screen);
    let source = match report.source {
        "ledger" => "the ledger",
        _ => "Prometheus",
    };
    let window = said("window", &report.seen.said(), screen);
    format!(
        "\n{verdict}\n{window}{}",
        said("source", &format!("{source}, {}", harmless(&report.place)), screen)
    )
}

/// A sentence behind its title.
fn said(title: &str, sentence: &str, screen: Screen) -> String {
    let title = format!("  {title}  ");
    let lines = wrapped(sentence, title.len(), screen);
    title.clone() + &lines.join(&format!("\n{}", " ".repeat(title.len()))) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_catalog::indicator::indicators;
    use telemetry_stack::health::Judged;

    fn picture(alert: &str, value: f64, events: f64) -> String {
        let config = Config::default();
        let indicator = indicators().find(|indicator| indicator.alert == alert).unwrap();
        let judgement = indicator.judge(&config.health_thresholds, Some(value), Some(events));
        let judged = Ok(Some(Judged { which: String::new(), judgement }));
        to_critical(&Finding { indicator, judged }, &config, Screen::PLAIN)
    }

    #[test]
    fn a_picture_is_full_where_it_is_critical_and_not_before() {
        assert_eq!(picture("AgentRunsFailing", 0.0, 8.0), " ".repeat(11));
        assert_eq!(picture("AgentRunsFailing", 0.125, 8.0), "█████▌     ");
        assert_eq!(picture("AgentRunsFailing", 0.2499, 8.0), "██████████▉");
        assert_eq!(picture("AgentRunsFailing", 0.25, 8.0), "███████████");
        assert_eq!(picture("AgentRunsSlow", 60.0, 8.0), "█          ");
    }

    #[test]
    fn where_nothing_is_critical_or_too_little_is_known_there_is_no_picture() {
        assert_eq!(picture("AgentRunsFailing", 0.9, 2.0), "", "two runs say nothing");
        assert_eq!(picture("AgentsStalled", 3.0, 8.0), "", "it only warns");
    }
}
