//! One demo from its start to its end: the stack, the orchestrator and the fleet, and what is asked of them.

use super::ask::Asker;
use super::check::Comparison;
use super::course::Phase;
use super::daemon::Daemon;
use super::fleet::Fleet;
use super::health;
use super::home::{self, Home};
use super::plan::Plan;
use super::show::{Progress, Show, clock};
use super::standstill::Standstill;
use super::tally::Tally;
use super::watch::{Seen, Watch};
use super::{DemoArgs, Interrupted};
use crate::failure::{Failure, warn};
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use telemetry_catalog::EXPOSITION_JOB;
use telemetry_catalog::render::{alerts_yml, recording_yml};
use telemetry_catalog::rules::hurried_below_a_day;
use telemetry_core::config::{Address, Carrier, Config, Prometheus};
use telemetry_stack::health::Condition;
use telemetry_stack::history::HistoryOptions;
use telemetry_stack::scrape::{ScrapeOptions, Target};
use telemetry_stack::{RulesPlan, Stack, StackOptions};

/// From one scrape to the next, and from one evaluation of the rules to the next.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often the fleet and the alerts are looked at.
const TICK: Duration = Duration::from_millis(50);

/// How long after its planned end nothing may change, neither with an agent nor with an alert, before it is not waited for any more.
const SLACK: Duration = Duration::from_secs(60);

/// How much longer than planned everything may take, on a machine that has other things to do.
const LATEST: Duration = Duration::from_secs(600);

/// How long the history may come no nearer to what was done, before the last counts are not waited for any more.
const SETTLING: Duration = Duration::from_secs(20);

/// Everything that runs. What counts ends before what keeps.
pub(super) struct Demo<'a> {
    plan: &'a Plan,
    config: Config,
    fleet: Fleet<'a>,
    daemon: Daemon,
    asker: Asker,
    stack: Stack,
    home: Home,
}

/// What came of it.
pub(super) struct Outcome {
    /// How many agents of the plan have ended, which are all unless this machine had too much else to do.
    pub(super) ended: usize,
    /// How many the plan has.
    pub(super) planned: usize,
    /// What the agents did.
    pub(super) agents: Tally,
    /// What the orchestrator did.
    pub(super) orchestrator: Tally,
    /// Whether the history says the same.
    pub(super) comparison: Comparison,
    /// Which alerts fired.
    pub(super) alerts: Vec<Seen>,
    /// How every subsystem was at the end of the last phase.
    pub(super) health: Vec<Condition>,
}

/// Why it did not get to its end.
pub(super) enum Stopped {
    Interrupted(Interrupted),
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl<'a> Demo<'a> {
    /// Starts everything but the agents.
    pub(super) fn start(args: &DemoArgs, plan: &'a Plan, thresholds: &Config) -> Result<Self, Failure> {
        let gateway = home::port("--gateway-port", args.gateway_port, 9091)?;
        let api = home::port("--api-port", args.api_port, 9090)?;
        let [gateway_url, api_url] = [gateway, api].map(|port| format!("http://127.0.0.1:{port}"));
        let home = Home::new()?;
        let daemon = Daemon::start(&home, args.keep)?;
        let mut config = config(thresholds, &gateway_url, &api_url)?;
        config.prometheus.exposition_port = daemon.address.port();
        let options = StackOptions {
            gateway_port: Some(gateway),
            api_port: Some(api),
            history: HistoryOptions::default(),
            scrape: ScrapeOptions { interval: INTERVAL, timeout: INTERVAL, ..ScrapeOptions::default() },
            targets: vec![target(daemon.address)],
            rules: Some(rules(&home, &config)?),
            config: Arc::new(config.clone()),
            ..StackOptions::new(home.stack())
        };
        let stack = Stack::start(&options)?;
        stack.notes().iter().for_each(|note| warn(note));
        let fleet = Fleet::new(plan, gateway_url, args.carrier.unwrap_or(Carrier::Push));
        Ok(Self { plan, config, fleet, daemon, asker: Asker::new(&api_url)?, stack, home })
    }

    /// Where the page is, or where it would be.
    pub(super) fn page(&self) -> String {
        self.stack.page_url().map_or_else(|| format!("{}/", self.config.prometheus.url.url), str::to_owned)
    }

    /// The folder in which it lives.
    pub(super) const fn home(&self) -> &Home {
        &self.home
    }

    /// What listens where, a line each.
    pub(super) fn places(&self) -> String {
        let Prometheus { url, pushgateway_url, .. } = &self.config.prometheus;
        format!("gateway  {}\nhistory  {}", pushgateway_url.url, url.url)
    }

    /// Has the fleet work until its plan is done and all alerts are over, and compares.
    pub(super) fn perform(&mut self, show: &mut Show, signals: &Receiver<i32>) -> Result<Outcome, Stopped> {
        let (mut watch, mut standstill) = (Watch::default(), Standstill::default());
        let begun = Instant::now();
        let mut phase = None;
        loop {
            let elapsed = begun.elapsed();
            let now = self.plan.course.phase(elapsed);
            if phase != Some(now) {
                phase = Some(now);
                self.daemon.tell(now.name())?;
            }
            let killed = self.fleet.attend(elapsed, &self.home)?;
            self.daemon.tell_of_killed(killed)?;
            self.look(&mut watch, show, elapsed);
            let progress = self.progress(elapsed, now, &watch);
            show.tick(progress);
            if self.is_over(progress, standstill.look(progress)) {
                break;
            }
            pause(signals)?;
        }
        let health = health::read(&self.asker, &self.config)?;
        let (agents, orchestrator) = (Tally::of_plan(self.plan), self.daemon.rest()?);
        let comparison = self.settle(&agents, &orchestrator, signals)?;
        self.daemon.tell(Phase::Recovery.name())?;
        let (ended, planned) = (self.fleet.ended(), self.plan.lives.len());
        Ok(Outcome { ended, planned, agents, orchestrator, comparison, alerts: watch.all(), health })
    }

    fn look(&self, watch: &mut Watch, show: &Show, elapsed: Duration) {
        let groups = self.stack.rules().map(|rules| rules.groups()).unwrap_or_default();
        for news in watch.look(&groups, elapsed) {
            show.say(&format!("{}  {news}", clock(elapsed)));
        }
    }

    fn progress(&self, elapsed: Duration, phase: Phase, watch: &Watch) -> Progress {
        let (active, ended, firing) = (self.fleet.active(), self.fleet.ended(), watch.firing());
        Progress { elapsed, phase, active, ended, firing }
    }

    /// Whether there is nothing more to wait for, or no sense in waiting.
    fn is_over(&self, progress: Progress, still: Duration) -> bool {
        let Some(late) = progress.elapsed.checked_sub(self.plan.course.duration()) else { return false };
        let is_done = self.fleet.is_done() && progress.firing == 0;
        is_done || still.min(late) >= SLACK || late >= LATEST
    }

    /// Compares until the last counts are in the history.
    fn settle(
        &self,
        agents: &Tally,
        orchestrator: &Tally,
        signals: &Receiver<i32>,
    ) -> Result<Comparison, Stopped> {
        let (mut nearest, mut since) = (usize::MAX, Instant::now());
        loop {
            let comparison = Comparison::make(&self.asker, agents, orchestrator)?;
            if comparison.wrong() < nearest {
                (nearest, since) = (comparison.wrong(), Instant::now());
            }
            if nearest == 0 || since.elapsed() >= SETTLING {
                return Ok(comparison);
            }
            for _ in 0..10 {
                pause(signals)?;
            }
        }
    }

    /// Ends everything; the answer is the folder.
    pub(super) fn end(self) -> Home {
        let Self { fleet, daemon, stack, home, .. } = self;
        drop((fleet, daemon));
        stack.stop();
        home
    }
}

/// Waits a little, unless there is a signal.
fn pause(signals: &Receiver<i32>) -> Result<(), Stopped> {
    match signals.recv_timeout(TICK) {
        Ok(signal) => Err(Stopped::Interrupted(Interrupted(signal))),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Ok(()),
    }
}

/// Nothing of the user's configuration but the thresholds, with the addresses of the demo.
fn config(user: &Config, gateway: &str, api: &str) -> Result<Config, Failure> {
    let prometheus = Prometheus {
        pushgateway_url: Address::parse(gateway)?,
        url: Address::parse(api)?,
        ..Prometheus::default()
    };
    Ok(Config {
        health_thresholds: user.health_thresholds.clone(),
        runbook_base_url: format!("{api}/runbook"),
        prometheus,
        ..Config::default()
    })
}

/// The orchestrator as it is scraped.
fn target(address: SocketAddr) -> Target {
    let (job, url) = (EXPOSITION_JOB.to_owned(), format!("http://{address}/metrics"));
    Target { job, url, honor_labels: false, optional: false }
}

/// The generated rules with shorter spans, in files of the folder.
fn rules(home: &Home, config: &Config) -> Result<RulesPlan, Failure> {
    let texts = [("recording.yml", recording_yml(config)), ("alerts.yml", alerts_yml(config))];
    let mut files = Vec::new();
    for (name, text) in texts {
        let file = home.file(name);
        fs::write(&file, hurried_below_a_day(&text))
            .map_err(|error| Failure::new(format!("cannot write {}", file.display())).because(error))?;
        files.push(file);
    }
    Ok(RulesPlan { files, interval: INTERVAL, ..RulesPlan::default() })
}
