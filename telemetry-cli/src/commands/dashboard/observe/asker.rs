//! Which source tells the numbers. It is decided anew at every look.
//!
//! A Prometheus that has series of the fleet tells them; else the gateway and the exposition server do, with the ledger in place of a gateway
//! that does not answer; and where those have nothing either, a Prometheus that scrapes the fleet, or whoever answers at all. All are asked
//! at once, but for a Prometheus that told the last look: it is asked alone, and the others only where it fails.

use super::super::look::{Origin, Section};
use super::super::{Plan, Source};
use super::flow::Flows;
use super::health::Known;
use super::memory::Memory;
use super::rates::{Rated, rates};
use super::scraped::{Prometheus, Scraped, is_of_the_fleet};
use super::section::{Sum, sections};
use super::served::{self, Served};
use crate::clock::now;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use telemetry_core::catalog::{AGENT_ACTIVE, BEAD_ACTIVE, WORKSPACE_ACTIVE};
use telemetry_core::config::Config;
use telemetry_core::exposition::Family;
use telemetry_core::metric::MetricDef;

/// What a number is the sum of.
pub(super) type Gauge = fn() -> &'static MetricDef;

/// The numbers that are shown largest, in this order always.
pub(super) static TILES: [(&str, Gauge); 3] = [
    ("Active agents", || AGENT_ACTIVE.def()),
    ("Active workspaces", || WORKSPACE_ACTIVE.def()),
    ("Active beads", || BEAD_ACTIVE.def()),
];

/// By which road numbers came. Those of two roads are not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Road {
    Prometheus,
    Served { name: &'static str, has_ledger: bool },
}

/// What a source has.
pub(super) struct Found<'a> {
    pub(super) road: Road,
    pub(super) name: String,
    pub(super) place: String,
    pub(super) newest: Option<i64>,
    pub(super) interval: Duration,
    /// Of which time the samples are, in milliseconds since 1970; `None` for that of the look.
    pub(super) at: Option<i64>,
    pub(super) families: Vec<Family<'a>>,
    pub(super) notes: Vec<String>,
}

/// That no source answered: which were asked, and why not.
#[derive(Debug, Clone)]
pub(super) struct Silent {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) why: String,
}

/// What one look has found.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) at: i64,
    pub(super) road: Road,
    pub(super) origin: Origin,
    pub(super) tiles: [Option<f64>; 3],
    pub(super) rates: [Rated; 5],
    pub(super) sections: Vec<Section>,
    pub(super) notes: Vec<String>,
}

/// What a Prometheus and the others answered, as far as they were asked.
type Answers = (Option<Result<Scraped, String>>, Option<Served>);

/// Asks the sources, and remembers what is needed for what has become of the numbers.
#[derive(Debug)]
pub(super) struct Asker {
    plan: Plan,
    config: Arc<Config>,
    prometheus: Prometheus,
    /// Whether the Prometheus told the last look.
    told_by_prometheus: bool,
    flows: Flows<Road>,
    begun: Instant,
}

impl Asker {
    pub(super) fn new(plan: Plan) -> Self {
        let prometheus = Prometheus::new(&plan);
        let config = Arc::new(plan.config.clone());
        Self {
            plan,
            config,
            prometheus,
            told_by_prometheus: false,
            flows: Flows::default(),
            begun: Instant::now(),
        }
    }

    /// One look; where a memory is given, with how well everything is by that.
    pub(super) fn look(&mut self, memory: Option<&mut Memory>) -> (Result<Seen, Silent>, Option<Known>) {
        let (scraped, served) = self.ask();
        let url = self.plan.config.prometheus.url.url.clone();
        let config = Arc::clone(&self.config);
        let Some(served) = served else {
            return self.seen(of_prometheus(scraped, url, Vec::new()), memory);
        };
        let auto = scraped.is_some();
        served.read(&config, |found| {
            let found = if auto { choose(scraped, url, found) } else { found };
            self.seen(found, memory)
        })
    }

    /// Asks whoever the plan names.
    fn ask(&mut self) -> Answers {
        let (begun, Plan { config, timeout, source, .. }) = (Instant::now(), &self.plan);
        let prometheus = &mut self.prometheus;
        match source {
            Source::Prometheus => (Some(prometheus.ask()), None),
            Source::Auto if self.told_by_prometheus => {
                let scraped = prometheus.ask();
                if scraped.as_ref().is_ok_and(|scraped| scraped.knows_the_fleet) {
                    return (Some(scraped), None);
                }
                let left = timeout.saturating_sub(begun.elapsed()).max(*timeout / 4);
                (Some(scraped), Some(served::ask(config, *source, left)))
            }
            Source::Auto => thread::scope(|scope| {
                let scraped = scope.spawn(|| prometheus.ask());
                let served = served::ask(config, *source, *timeout);
                let scraped =
                    scraped.join().unwrap_or_else(|_| Err("the thread that asked has failed".to_owned()));
                (Some(scraped), Some(served))
            }),
            Source::Pushgateway | Source::Exposition | Source::Ledger => {
                (None, Some(served::ask(config, *source, *timeout)))
            }
        }
    }

    fn seen(
        &mut self,
        found: Result<Found<'_>, Silent>,
        memory: Option<&mut Memory>,
    ) -> (Result<Seen, Silent>, Option<Known>) {
        self.told_by_prometheus = found.as_ref().is_ok_and(|found| found.road == Road::Prometheus);
        let known = found.as_ref().ok().zip(memory);
        let known = known.and_then(|(found, memory)| memory.judge(found.road, &found.families, &self.config));
        (found.map(|found| self.numbers(found)), known)
    }

    /// What has become of the numbers.
    fn numbers(&mut self, found: Found<'_>) -> Seen {
        let thresholds = &self.plan.config.health_thresholds;
        let flow = self.flows.of(found.road, Instant::now());
        flow.begin(moment(&found, self.begun));
        let (sections, sums) = sections(&found.families, flow, thresholds);
        let rates = rates(&sums, flow.minutes(), thresholds);
        flow.end();
        let Found { road, name, place, newest, interval, notes, .. } = found;
        let interval = interval.max(self.plan.interval);
        Seen {
            at: now(),
            road,
            origin: Origin { name, place, newest, interval, asked_every: self.plan.interval, trouble: None },
            tiles: TILES.map(|(_, def)| tile(&sums, def())),
            rates,
            sections,
            notes,
        }
    }
}

/// The time of samples, in seconds: of those that a Prometheus has scraped by its clock, of all others by ours. `None` where a Prometheus
/// has none.
fn moment(found: &Found<'_>, begun: Instant) -> Option<f64> {
    match (found.road, found.at) {
        (Road::Prometheus, at) => at.map(|at| Duration::from_millis(at.unsigned_abs()).as_secs_f64()),
        _ => Some(begun.elapsed().as_secs_f64()),
    }
}

/// What a number is over all series; `None` where there is none.
fn tile(sums: &[Sum], def: &MetricDef) -> Option<f64> {
    let mut of = sums.iter().filter(|sum| sum.def == def).peekable();
    of.peek().is_some().then(|| of.map(|sum| sum.value).sum())
}

fn of_prometheus<'a>(
    scraped: Option<Result<Scraped, String>>,
    place: String,
    notes: Vec<String>,
) -> Result<Found<'a>, Silent> {
    let name = "prometheus".to_owned();
    match scraped {
        Some(Ok(Scraped { families, newest, interval, .. })) => {
            Ok(Found { road: Road::Prometheus, name, place, newest, interval, at: newest, families, notes })
        }
        Some(Err(why)) => Err(Silent { name, place, why }),
        None => Err(Silent { name, place, why: "it was not asked".to_owned() }),
    }
}

/// Who of all tells.
fn choose<'a>(
    scraped: Option<Result<Scraped, String>>,
    url: String,
    served: Result<Found<'a>, Silent>,
) -> Result<Found<'a>, Silent> {
    let knows = |found: &Found<'_>| found.families.iter().any(is_of_the_fleet);
    match (scraped, served) {
        (Some(Ok(scraped)), _) if scraped.knows_the_fleet => {
            of_prometheus(Some(Ok(scraped)), url, Vec::new())
        }
        (Some(Ok(_)), Ok(found)) if knows(&found) => {
            Ok(found.noting(format!("prometheus {url} answers and has no series of the fleet")))
        }
        (Some(Ok(scraped)), Err(_)) => of_prometheus(Some(Ok(scraped)), url, vec![NOTHING.to_owned()]),
        (Some(Ok(scraped)), Ok(_)) if scraped.is_live => {
            of_prometheus(Some(Ok(scraped)), url, vec![NOTHING.to_owned()])
        }
        (Some(Ok(_)) | None, Ok(found)) => Ok(found.noting(NOTHING.to_owned())),
        (Some(Err(why)), Ok(found)) => Ok(found.noting(format!("prometheus {url}: {why}"))),
        (Some(Err(why)), Err(silent)) => Err(silent.and(&url, &why)),
        (None, Err(silent)) => Err(silent),
    }
}

/// What is said of sources that answer.
const NOTHING: &str = "nothing was recorded yet";

impl Found<'_> {
    fn noting(mut self, note: String) -> Self {
        self.notes.push(note);
        self
    }
}

impl Silent {
    /// The same where a Prometheus does not answer either.
    fn and(self, url: &str, why: &str) -> Self {
        Self {
            name: format!("prometheus, {}", self.name),
            place: format!("{url}, {}", self.place),
            why: format!("prometheus: {why}; {}", self.why),
        }
    }
}
