//! The dashboard in a terminal, beside a demonstration in which alerts fire.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::demo::{self, Places};
use super::drawing::{Sheet, svg};
use super::window::Window;
use crate::failure::{Failure, Outcome, While as _};
use crate::repository::Repository;
use crate::terminal;

/// The size of the terminal, in characters.
const COLUMNS: usize = 120;
const ROWS: usize = 40;

/// How long the dashboard has been open when its picture is taken: long enough for a few looks, between which rates are computed.
const OPEN: Duration = Duration::from_secs(10);

/// What the picture shows for people who are asked where it comes from: the default ports, which the demonstration may not have had.
const FIELDS: [(&str, &str); 2] = [("gateway", "127.0.0.1:9091"), ("history", "127.0.0.1:9090")];

/// Draws both views into `docs/dashboard.svg` and `docs/dashboard-charts.svg`.
pub(super) fn draw(repository: &Repository, telemetry: &Path) -> Outcome {
    demo::while_alerts_fire(telemetry, |places| {
        let window = Window::open(repository, (COLUMNS, ROWS), &command(telemetry, places)?)?;
        window.await_that("the summary", |screen| screen.contains("LIVE"))?;
        thread::sleep(OPEN);
        let label = "telemetry dashboard: numbers, health, alerts and tables of a fleet";
        keep(repository, "dashboard.svg", label, &named(&window.shows()?, places))?;
        window.press("v")?;
        window.await_that("a chart", |screen| screen.chars().any(is_drawn))?;
        let label = "telemetry dashboard -c: charts of a fleet over the last five minutes";
        keep(repository, "dashboard-charts.svg", label, &named(&window.shows()?, places))
    })
}

/// The dashboard of the demonstration's stack, and of nothing else that may run on this machine.
fn command(telemetry: &Path, places: &Places) -> Outcome<Command> {
    let place = |name: &str| {
        places
            .get(name)
            .ok_or_else(|| Failure::new(format!("the demonstration has not said where its {name} is")))
    };
    let mut command = Command::new(telemetry);
    command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL", place("gateway")?);
    command.env("SASE_TELEMETRY_PROMETHEUS__URL", place("history")?);
    command.env("LANG", "C.UTF-8").env("COLORTERM", "");
    command.args(["dashboard", "-i", "1", "-r", "5m"]);
    Ok(command)
}

/// A dot of a line, which terminals have by eights in one character.
fn is_drawn(character: char) -> bool {
    ('\u{2801}'..='\u{28ff}').contains(&character)
}

/// The screen with the ports that everybody has. What follows on a line keeps its column.
fn named(screen: &str, places: &Places) -> String {
    FIELDS.iter().fold(screen.to_owned(), |screen, (name, shown)| {
        let there = places.get(*name).and_then(|url| url.strip_prefix("http://")).unwrap_or(shown);
        let wide = there.len().max(shown.len());
        screen.replace(&format!("{there:wide$}"), &format!("{shown:wide$}"))
    })
}

fn keep(repository: &Repository, name: &str, label: &'static str, screen: &str) -> Outcome {
    let file = repository.root().join("docs").join(name);
    let sheet = Sheet { columns: COLUMNS, height: 17.0, label };
    fs::write(&file, svg(screen, sheet)).while_doing(format_args!("cannot write {}", file.display()))?;
    terminal::say(format_args!("Look at {}", file.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_were_free_by_chance_are_not_in_the_picture() {
        let places = Places::from([("history".to_owned(), "http://127.0.0.1:45678".to_owned())]);
        assert_eq!(named("at 127.0.0.1:45678 now", &places), "at 127.0.0.1:9090  now");
    }
}
