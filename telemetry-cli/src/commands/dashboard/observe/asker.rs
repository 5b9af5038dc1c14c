//! Which source tells the numbers. It is decided anew at every look.
//!
//! A Prometheus that has series of the fleet tells them; else the gateway and the exposition server do, with the ledger in place of a gateway
//! that does not answer; and where those have nothing either, a Prometheus that scrapes the fleet, or whoever answers at all. All are asked
//! at once, but for a Prometheus that told the last look: it is asked alone, and the others only where it fails.

use super::super::look::{Origin, Section};
use super::super::{Plan, Source};
use super::flow::Flows;
use super::found::{Found, Road, Silent, choose, of_prometheus};
use super::health::Known;
use super::memory::Memory;
use super::rates::{Rated, rates};
use super::rhythm::Rhythm;
use super::scraped::{Prometheus, Scraped};
use super::section::sections;
use super::served::{self, Served};
use super::tiles::tiles;
use crate::clock::now;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use telemetry_core::config::Config;

/// What one look has found.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) at: i64,
    pub(super) road: Road,
    pub(super) origin: Origin,
    pub(super) tiles: Vec<Option<f64>>,
    pub(super) rates: Vec<Rated>,
    /// Over how long the rates are; `None` until two looks at this source have seen it.
    pub(super) rates_over: Option<Duration>,
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
    rhythm: Rhythm,
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
            rhythm: Rhythm::default(),
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
        let minutes = flow.minutes();
        let rates = rates(&sums, minutes, thresholds);
        flow.end();
        let Found { road, name, place, newest, interval, notes, .. } = found;
        let seen = self.rhythm.note(road, newest);
        let interval = interval.or(seen).unwrap_or_default().max(self.plan.interval);
        Seen {
            at: now(),
            road,
            origin: Origin { name, place, newest, interval, asked_every: self.plan.interval, trouble: None },
            tiles: tiles(&sums),
            rates,
            rates_over: minutes.and_then(|minutes| Duration::try_from_secs_f64(minutes * 60.0).ok()),
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
