//! What a person sees of the stack: where everything is, and then what changes.

use super::hints::from;
use crate::args::Colour;
use crate::output::{Screen, print_to};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;
use telemetry_stack::gateway::Gateway;
use telemetry_stack::history::History;
use telemetry_stack::notify::origin;
use telemetry_stack::rules::{AlertState, RuleKind, Rules};
use telemetry_stack::scrape::{Health, Scraper, TargetState};
use telemetry_stack::{Part, Place, Stack, StackOptions, duration_text, reachable};

/// The time from one look at the targets to the next.
const LOOK: Duration = Duration::from_secs(1);

/// How long the last line may take to be written. A terminal on which somebody has pressed Ctrl-S takes nothing.
const LAST_LINE: Duration = Duration::from_millis(200);

/// Says what there is and what changes: lines, and on a terminal a last line that is written anew each second.
pub(super) struct Report {
    screen: Screen,
    options: StackOptions,
    /// What was said of each target, by its place in the list.
    said: BTreeMap<usize, Health>,
    /// Whether a last line stands there that the next one replaces.
    standing: bool,
}

/// A report that goes on in a thread of its own, since whoever reads it may stop reading.
pub(super) struct Reporting {
    tell: Sender<String>,
    ended: Receiver<()>,
}

/// What is looked at.
struct Watched {
    scraper: Option<Arc<Scraper>>,
    history: Option<Arc<History>>,
    gateway: Option<Arc<Gateway>>,
    rules: Option<Arc<Rules>>,
}

impl Reporting {
    /// Says that the end has begun.
    pub(super) fn ending(self) -> Self {
        let _it_has_ended = self.tell.send("ending".to_owned());
        self
    }

    /// Says a last line, if there is anything to say, and waits until all is written, but not for long.
    pub(super) fn end(self, line: &str) {
        if !line.is_empty() {
            let _it_has_ended = self.tell.send(line.to_owned());
        }
        drop(self.tell);
        let _written = self.ended.recv_timeout(LAST_LINE);
    }
}

impl Report {
    pub(super) fn new(screen: Screen, options: &StackOptions) -> Self {
        Self { screen, options: options.clone(), said: BTreeMap::new(), standing: false }
    }

    /// Says where everything is, and goes on saying what changes and what the stack has for `news`.
    pub(super) fn start(mut self, stack: &Stack, news: Receiver<String>) -> Reporting {
        self.started(stack);
        let watched = Watched {
            scraper: stack.scraper().cloned(),
            history: stack.history().cloned(),
            gateway: stack.gateway().cloned(),
            rules: stack.rules().cloned(),
        };
        let (tell, told) = mpsc::channel();
        let (ending, ended) = mpsc::channel();
        thread::spawn(move || {
            self.go_on(&watched, &news, &told);
            let _nobody_waits = ending.send(());
        });
        Reporting { tell, ended }
    }

    /// Until nobody can say anything any more. Once somebody has, the end has begun, and what changes is no news.
    fn go_on(&mut self, watched: &Watched, news: &Receiver<String>, told: &Receiver<String>) {
        let mut ending = false;
        loop {
            let heard = told.recv_timeout(LOOK);
            news.try_iter().for_each(|line| self.line(&line));
            match heard {
                Ok(line) => {
                    self.line(&line);
                    ending = true;
                }
                Err(RecvTimeoutError::Timeout) if ending => {}
                Err(RecvTimeoutError::Timeout) => self.look(watched),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Where everything is.
    fn started(&mut self, stack: &Stack) {
        let takes = "takes what telemetry run and Pushgateway clients push";
        self.part(Part::Gateway, stack.place(Part::Gateway), takes);
        let keeps = format!(
            "answers as Prometheus does, and keeps {}",
            duration_text(self.options.history.retention)
        );
        self.part(Part::History, stack.place(Part::History), &keeps);
        if let Some(data) = stack.data() {
            self.row("data", &data.display().to_string());
        }
        if let Some(scraper) = stack.scraper() {
            let targets: Vec<_> = scraper.targets().iter().map(named).collect();
            let every = duration_text(self.options.scrape.interval);
            self.row("scraping", &format!("every {every}: {}", targets.join(", ")));
        }
        if let Some(rules) = stack.rules() {
            self.rules(rules);
            if let Some(url) = from(stack, &self.options.config) {
                self.row("shown by", &format!("telemetry alerts --from {url}"));
            }
        }
        self.page(stack);
        if stack.runs() {
            self.line("running; Ctrl-C ends it");
        }
    }

    /// What is evaluated, and who is told.
    fn rules(&mut self, rules: &Rules) {
        let Some(plan) = self.options.rules.clone() else { return };
        let groups = rules.groups();
        let all = || groups.iter().flat_map(|group| &group.rules);
        let alerts = all().filter(|status| matches!(status.rule.kind, RuleKind::Alert { .. })).count();
        let (records, every) = (all().count() - alerts, duration_text(plan.interval));
        let files: Vec<_> = plan.files.iter().map(|file| file.display().to_string()).collect();
        let from =
            if files.is_empty() { "generated".to_owned() } else { format!("from {}", files.join(", ")) };
        self.row("rules", &format!("every {every}: {alerts} alerts and {records} recording rules, {from}"));
        let told = plan.alertmanagers.iter().map(|address| format!("Alertmanager {}", address.url));
        let told =
            told.chain(plan.webhooks.iter().map(|address| format!("webhook {}", origin(&address.url))));
        let told: Vec<_> = told.chain(["this log".to_owned()]).collect();
        self.row("alerts", &format!("go to {}", told.join(", ")));
    }

    /// Where the page is from here, and for other people.
    fn page(&mut self, stack: &Stack) {
        let mut places = [Part::Page, Part::History].into_iter().map(|part| stack.place(part));
        let Some(here) = places.find_map(Place::address).filter(|_| stack.runs()) else { return };
        let others = self.options.external_url.as_ref();
        let others = others.map_or_else(String::new, |url| format!("; others reach it at {url}/"));
        self.row("page", &format!("http://{}/  shows how everything is{others}", reachable(here)));
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
    fn look(&mut self, watched: &Watched) {
        let targets = watched.scraper.as_ref().map(|scraper| scraper.targets()).unwrap_or_default();
        for (place, state) in targets.into_iter().enumerate() {
            let before = self.said.insert(place, state.health.clone());
            if let Some(line) = change(before.as_ref().unwrap_or(&Health::Unknown), &state) {
                self.line(&line);
            }
        }
        if self.screen.width.is_some() {
            self.stand(&status(watched));
        }
    }

    fn line(&mut self, text: &str) {
        let clear = if std::mem::take(&mut self.standing) { "\r\x1b[K" } else { "" };
        // Nobody has to read it.
        let _closed = print_to(self.screen, &format!("{clear}{text}\n"));
    }

    /// A line that the next one replaces. It is cut to the screen, since one that wraps could not be replaced.
    fn stand(&mut self, text: &str) {
        // Terminals change their width while it runs.
        let width = usize::from(Screen::of_stdout(Colour::Auto).width.unwrap_or(80)).saturating_sub(1);
        let text: String = text.chars().take(width).collect();
        let _closed = print_to(self.screen, &format!("\r\x1b[K{text}"));
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
fn status(watched: &Watched) -> String {
    let mut text = String::new();
    if let Some(scraper) = &watched.scraper {
        let mut targets = scraper.targets();
        // What has never answered and may do so or not is nobody's loss.
        targets.retain(|state| state.health != Health::Unknown);
        let up = targets.iter().filter(|state| state.health == Health::Up).count();
        let _ = write!(text, "{up} of {} targets up", targets.len());
    }
    if let Some(history) = &watched.history {
        let stats = history.stats();
        let _ = write!(text, " · {} series · {:.1} MB", stats.series, stats.bytes as f64 / 1e6);
    }
    if let Some(gateway) = &watched.gateway {
        let separator = if text.is_empty() { "" } else { " · " };
        let _ = write!(text, "{separator}{} groups pushed", gateway.stats().groups);
    }
    if let Some(rules) = &watched.rules {
        let groups = rules.groups();
        let alerts = groups.iter().flat_map(|group| &group.rules).flat_map(|rule| rule.alerts.iter());
        let firing = alerts.filter(|alert| alert.state == AlertState::Firing).count();
        let separator = if text.is_empty() { "" } else { " · " };
        let _ = write!(text, "{separator}{firing} alerts fire");
    }
    text
}
