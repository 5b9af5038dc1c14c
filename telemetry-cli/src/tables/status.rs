//! The page of `telemetry status`.

use super::grid::{Cell, Grid, Paint, painted};
use super::harmless;
use crate::commands::status::{
    ConfigurationReport, Held, InForce, LedgerReport, Problem, PushReport, Recording, Report, ServerReport,
    Standing,
};
use crate::output::Screen;
use crate::sources::Kind;
use telemetry_catalog::quantity::{UNKNOWN, bytes, number, seconds};
use telemetry_core::config::Origin;

/// The longest line of running text; longer ones are hard to read.
const MAX_TEXT: u16 = 100;

/// What is in force, what is there, what answers, and what to do. With `all`, every setting is shown.
pub(crate) fn status(report: &Report, all: bool, screen: Screen) -> String {
    let mut page = report.recording.as_ref().map(|recording| verdict(recording, screen)).unwrap_or_default();
    page += &configuration(&report.configuration, all, screen);
    page += &metrics(&report.metrics, screen);
    page += &report.ledger.as_ref().map(|of| ledger(of, screen)).unwrap_or_default();
    page += &servers(&report.servers, screen);
    page += &problems(&report.problems, screen);
    // Where the configuration cannot be read there is no line before the first title.
    page.trim_start_matches('\n').to_owned()
}

fn verdict(recording: &Recording, screen: Screen) -> String {
    let Recording { on, why, origin } = recording;
    let word =
        if *on { painted("on", Paint::Strong, screen) } else { painted("off", Paint::Critical, screen) };
    // Where nobody decided, there is no place to look for it.
    let decided = *origin != Origin::Default.to_string();
    let origin = if decided { painted(&format!(" ({origin})"), Paint::Faint, screen) } else { String::new() };
    format!("Recording is {word}: {why}{origin}\n")
}

fn title(text: &str, behind: &str, screen: Screen) -> String {
    let behind = painted(&harmless(behind), Paint::Faint, screen);
    format!("\n{}  {behind}\n", painted(text, Paint::Strong, screen)).replace("  \n", "\n")
}

fn configuration(of: &ConfigurationReport, all: bool, screen: Screen) -> String {
    let file = match (&of.error, &of.file) {
        (Some(_), _) => "cannot be read",
        (None, Some(file)) => file,
        (None, None) => "no file",
    };
    let shown: Vec<_> = of.settings.iter().filter(|setting| all || !setting.default).collect();
    let mut page = title("Configuration", file, screen) + &settings(&shown, screen);
    let hidden = of.settings.len() - shown.len();
    if hidden > 0 {
        let others = if shown.is_empty() { "settings" } else { "other settings" };
        let line = format!("  {hidden} {others} have their default; --all shows them");
        page += &format!("{}\n", painted(&line, Paint::Faint, screen));
    }
    page
}

/// A line for each setting. On a narrow screen, where a value comes from stands below it.
fn settings(shown: &[&InForce], screen: Screen) -> String {
    let grid = |with_origin: bool| {
        let mut grid = Grid::new(&[], usize::MAX);
        for setting in shown {
            let value = match &setting.value {
                Some(value) => Cell::plain(harmless(value)),
                None => Cell::new(setting.unset, Paint::Faint),
            };
            let mut cells = vec![Cell::plain(format!("  {}", setting.key)), value];
            cells.extend(with_origin.then(|| Cell::new(harmless(&setting.origin), Paint::Faint)));
            grid.push(cells);
        }
        grid
    };
    let wide = grid(true);
    if screen.width.is_none_or(|width| wide.width(wide.first_width()) <= width) {
        return lines(&wide, screen);
    }
    let narrow = grid(false);
    let rows = narrow.lines(narrow.first_width(), screen).rows;
    let below =
        |setting: &InForce| painted(&format!("    {}", harmless(&setting.origin)), Paint::Faint, screen);
    rows.iter().zip(shown).map(|(row, setting)| format!("{row}\n{}\n", below(setting))).collect()
}

/// The rows of a grid that needs no header.
fn lines(grid: &Grid, screen: Screen) -> String {
    grid.lines(grid.first_width(), screen).rows.iter().map(|row| format!("{row}\n")).collect()
}

fn metrics(held: &[Held], screen: Screen) -> String {
    let mut grid = Grid::new(&["  TYPE", "METRICS", "SERIES IN THE LEDGER"], 1);
    for of in held {
        let series = of.series.map_or_else(|| UNKNOWN.to_owned(), counted);
        grid.push(vec![
            Cell::plain(format!("  {}", of.of)),
            Cell::plain(of.defined.to_string()),
            Cell::plain(series),
        ]);
    }
    let drawn = grid.lines(grid.first_width(), screen);
    title("Metrics", "", screen) + &format!("{}\n{}\n", drawn.header, drawn.rows.join("\n"))
}

/// A count as people write it.
fn counted(count: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "no ledger has as many series as a float tells apart")]
    let count = count as f64;
    number(count)
}

fn ledger(of: &LedgerReport, screen: Screen) -> String {
    let mut rows = vec![("pushed as", format!("job={} instance={}", of.job, of.instance), Paint::Plain)];
    rows.push(match (&of.error, of.series) {
        (Some(_), _) if of.damaged => ("holds", "no ledger: it is damaged".to_owned(), Paint::Critical),
        (Some(_), _) => ("holds", "it cannot be read".to_owned(), Paint::Critical),
        (None, Some(series)) => ("holds", held_by(of, series), Paint::Plain),
        (None, None) => ("holds", "nothing was recorded yet".to_owned(), Paint::Faint),
    });
    rows.extend(of.age_seconds.map(|age| ("changed", ago(age), Paint::Plain)));
    if of.waiting > 0 {
        rows.push((
            "waiting",
            format!("{} changes, for whoever runs or pushes next", of.waiting),
            Paint::Plain,
        ));
    }
    if !of.set_aside.is_empty() {
        rows.push(("set aside", format!("{} files", of.set_aside.len()), Paint::Warning));
    }
    rows.extend(of.not_writable.as_ref().map(|why| ("writable", format!("no: {why}"), Paint::Critical)));
    rows.extend(of.textfile.as_ref().map(|file| ("copy", file.clone(), Paint::Plain)));
    rows.extend(of.last_push.as_ref().map(|last| ("last push", pushed(last), push_paint(last))));
    title("Ledger", &of.file, screen) + &pairs(rows, screen)
}

fn held_by(of: &LedgerReport, series: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "no file has as many bytes as a float tells apart")]
    let size = of.bytes.map_or_else(|| UNKNOWN.to_owned(), |length| bytes(length as f64));
    let times = of.generation.unwrap_or_default();
    format!("{} series, {size}, generation {times}", counted(series))
}

fn pushed(last: &PushReport) -> String {
    let (ago, url) = (ago(last.age_seconds), &last.url);
    match (last.failures, last.current) {
        (0, true) => format!("{ago}, {url} has all of it"),
        (0, false) => format!("{ago}, {url} does not have all of it yet"),
        (1, _) => format!("failed {ago}, {url}"),
        (times, _) => format!("failed {times} times, last {ago}, {url}"),
    }
}

const fn push_paint(last: &PushReport) -> Paint {
    if last.failures > 0 { Paint::Warning } else { Paint::Plain }
}

fn ago(age: f64) -> String {
    format!("{} ago", seconds(age.trunc()))
}

fn pairs(rows: Vec<(&str, String, Paint)>, screen: Screen) -> String {
    let mut grid = Grid::new(&[], usize::MAX);
    for (name, value, paint) in rows {
        grid.push(vec![Cell::plain(format!("  {name}")), Cell::new(harmless(&value), paint)]);
    }
    lines(&grid, screen)
}

fn servers(of: &[ServerReport], screen: Screen) -> String {
    if of.is_empty() {
        return String::new();
    }
    let mut grid = Grid::new(&[], usize::MAX);
    for server in of {
        let (word, paint) = answer(server);
        let took = server.latency_seconds.map(seconds).unwrap_or_default();
        let [name, url] = [format!("  {}", server.name), harmless(&server.url)].map(Cell::plain);
        grid.push(vec![name, url, Cell::new(harmless(&word), paint), Cell::plain(took)]);
    }
    title("Servers", "", screen) + &lines(&grid, screen)
}

/// What came of asking, in few words: what to do about it stands below.
fn answer(server: &ServerReport) -> (String, Paint) {
    let (word, paint) = match server.standing {
        Standing::Answers => return (server.what.clone().unwrap_or_default(), Paint::Plain),
        // An axe shows its own only while it runs; where somebody has to be there, that stands below.
        Standing::Absent if !server.configured || server.kind == Kind::Exposition => {
            ("not there", Paint::Faint)
        }
        Standing::Absent => ("not there", Paint::Warning),
        Standing::Stranger => ("another program", Paint::Warning),
        Standing::Unauthorized => ("access refused", Paint::Warning),
        Standing::Failing => ("no answer", Paint::Warning),
    };
    (word.to_owned(), paint)
}

fn problems(of: &[Problem], screen: Screen) -> String {
    if of.is_empty() {
        return format!("\n{}\n", painted("Nothing is wrong.", Paint::Faint, screen));
    }
    let mut page = title("What to do", "", screen);
    let width = usize::from(screen.width.unwrap_or(MAX_TEXT).min(MAX_TEXT));
    for (index, Problem { what, advice }) in of.iter().enumerate() {
        page += &folded(&format!("{:>3}. ", index + 1), &harmless(what), width);
        page += &folded("     ", &harmless(advice), width);
    }
    page
}

/// A text in lines of this width, the first behind these characters and the others as far to the right.
fn folded(first: &str, text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    let room = width.saturating_sub(first.len());
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let indent = " ".repeat(first.len());
    let begin = |index: usize| if index == 0 { first } else { &indent };
    lines.iter().enumerate().map(|(index, line)| format!("{}{line}\n", begin(index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_folded_between_words_and_stays_behind_its_number() {
        assert_eq!(folded("  1. ", "one two three", 12), "  1. one two\n     three\n");
        assert_eq!(folded("  1. ", "http://much.too.long", 12), "  1. http://much.too.long\n");
    }

    #[test]
    fn a_narrow_screen_has_the_origin_below() {
        let setting = InForce {
            key: "prometheus.job",
            value: Some("nightly".to_owned()),
            unset: "",
            origin: "/a/long/path/to/sase.yml:3:5".to_owned(),
            default: false,
        };
        let narrow = Screen { width: Some(40), ..Screen::PLAIN };
        let text = settings(&[&setting], narrow);
        assert_eq!(text, "  prometheus.job  nightly\n    /a/long/path/to/sase.yml:3:5\n");
        assert_eq!(settings(&[&setting], Screen::PLAIN).lines().count(), 1);
    }
}
