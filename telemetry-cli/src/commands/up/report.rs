//! What a person sees of the stack: where everything is, and then what changes.

use crate::output::{Screen, print};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;
use telemetry_stack::scrape::{Health, TargetState};
use telemetry_stack::{Part, Place, Stack, duration_text};

/// Says what there is and what changes: lines, and on a terminal a last line that is written anew each second.
pub(super) struct Report {
    screen: Screen,
    retention: Duration,
    interval: Duration,
    /// What was said of each target, by its URL.
    said: BTreeMap<String, Health>,
    /// Whether a last line stands there that the next one replaces.
    standing: bool,
}

impl Report {
    pub(super) const fn new(screen: Screen, retention: Duration, interval: Duration) -> Self {
        Self { screen, retention, interval, said: BTreeMap::new(), standing: false }
    }

    /// Where everything is.
    pub(super) fn started(&mut self, stack: &Stack) {
        self.part(
            Part::Gateway,
            stack.place(Part::Gateway),
            "takes what telemetry run and Pushgateway clients push",
        );
        let keeps = format!("answers as Prometheus does, and keeps {}", duration_text(self.retention));
        self.part(Part::History, stack.place(Part::History), &keeps);
        if let Some(data) = stack.data() {
            self.row("data", &data.display().to_string());
        }
        if let Some(scraper) = stack.scraper() {
            let targets: Vec<_> = scraper.targets().iter().map(named).collect();
            let every = duration_text(self.interval);
            self.row("scraping", &format!("every {every}: {}", targets.join(", ")));
        }
        let end = match stack.runs() {
            true => "running; Ctrl-C ends it",
            false => "everything that would be started here runs already",
        };
        self.line(end);
    }

    fn part(&mut self, part: Part, place: &Place, does: &str) {
        let text = match place {
            Place::None => return,
            Place::Here(address) => format!("http://{address}  {does}"),
            Place::Theirs { address, name } => {
                format!("http://{address}  {name} answers there already and is used in its place")
            }
        };
        self.row(part.name(), &text);
    }

    fn row(&mut self, name: &str, text: &str) {
        let name = if self.screen.colour { format!("\x1b[1m{name:<9}\x1b[0m") } else { format!("{name:<9}") };
        self.line(&format!("{name} {text}"));
    }

    /// Says which targets have come and gone, and on a terminal how much there is.
    pub(super) fn look(&mut self, stack: &Stack) {
        for state in stack.scraper().map(|scraper| scraper.targets()).unwrap_or_default() {
            let before = self.said.insert(state.target.url.clone(), state.health.clone());
            let change = change(before.as_ref().unwrap_or(&Health::Unknown), &state);
            if let Some(line) = change {
                self.line(&line);
            }
        }
        if self.screen.width.is_some() {
            self.stand(&status(stack));
        }
    }

    pub(super) fn ending(&mut self) {
        self.line("ending");
    }

    fn line(&mut self, text: &str) {
        let clear = if std::mem::take(&mut self.standing) { "\r\x1b[K" } else { "" };
        // Nobody has to read it.
        let _closed = print(&format!("{clear}{text}\n"));
    }

    /// A line that the next one replaces. It is cut to the screen, since one that wraps could not be replaced.
    fn stand(&mut self, text: &str) {
        let width = usize::from(self.screen.width.unwrap_or(80)).saturating_sub(1);
        let text: String = text.chars().take(width).collect();
        let _closed = print(&format!("\r\x1b[K{text}"));
        self.standing = true;
    }
}

/// A target with its job, and whether it is missed.
fn named(state: &TargetState) -> String {
    let instance = state.labels.get("instance");
    let when = if state.target.optional { ", once it answers" } else { "" };
    format!("{instance} ({}{when})", state.target.job)
}

/// What there is to say of a target that was so before.
fn change(before: &Health, state: &TargetState) -> Option<String> {
    let (instance, job) = (state.labels.get("instance"), &state.target.job);
    match (&state.health, before) {
        (now, before) if now == before => None,
        (Health::Up, _) => Some(format!("up: {instance} ({job})")),
        (Health::Down, _) => Some(format!("down: {instance} ({job}): {}", state.last_error)),
        (Health::Unknown, _) => None,
    }
}

/// How much there is.
fn status(stack: &Stack) -> String {
    let mut text = String::new();
    if let Some(scraper) = stack.scraper() {
        let targets = scraper.targets();
        let up = targets.iter().filter(|target| target.health == Health::Up).count();
        let _ = write!(text, "{up} of {} targets up", targets.len());
    }
    if let Some(history) = stack.history() {
        let stats = history.stats();
        let _ = write!(text, " · {} series · {:.1} MB", stats.series, stats.bytes as f64 / 1e6);
    }
    if let Some(gateway) = stack.gateway() {
        let separator = if text.is_empty() { "" } else { " · " };
        let _ = write!(text, "{separator}{} groups pushed", gateway.stats().groups);
    }
    text
}
