//! Which source tells the numbers. It is decided anew at every look.
//!
//! A Prometheus that has series of the fleet tells them; else the gateway and the exposition server do, with the ledger in place of a gateway
//! that does not answer; and where those have nothing either, a Prometheus that scrapes the fleet, or whoever answers at all. All are asked
//! at once, but for a Prometheus that told the last look: it is asked alone, and the others only where it fails. Where it has not scraped
//! since, nothing else is asked of it, and nothing is reckoned anew: a look costs next to nothing.

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
pub(super) enum Sight {
    /// The same samples as the last look, at this time.
    Same(i64),
    Seen(Box<Seen>),
}

/// What there is to be seen.
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

/// What was answered.
enum Answers {
    /// The Prometheus that told the last look has nothing else.
    Same,
    /// By a Prometheus and by the others, as far as they were asked.
    Told(Option<Result<Scraped, String>>, Option<Served>),
}

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
    pub(super) fn look(&mut self, memory: Option<&mut Memory>) -> (Result<Sight, Silent>, Option<Known>) {
        let begun = Instant::now();
        // A memory wants to see the samples themselves.
        let (scraped, served) = match self.ask(memory.is_none()) {
            Answers::Same => return (Ok(Sight::Same(now())), None),
            Answers::Told(scraped, served) => (scraped, served),
        };
        let url = self.plan.config.prometheus.url.url.clone();
        let config = Arc::clone(&self.config);
        let Some(served) = served else {
            return self.seen(of_prometheus(scraped, url, Vec::new()), memory, begun);
        };
        let auto = scraped.is_some();
        served.read(&config, |found| {
            let found = if auto { choose(scraped, url, found) } else { found };
            self.seen(found, memory, begun)
        })
    }

    /// Asks whoever the plan names.
    fn ask(&mut self, may_be_same: bool) -> Answers {
        let (begun, source, timeout) = (Instant::now(), self.plan.source, self.plan.timeout);
        match source {
            Source::Prometheus => {
                self.ask_prometheus(may_be_same).map_or(Answers::Same, |told| Answers::Told(Some(told), None))
            }
            Source::Auto if self.told_by_prometheus => {
                let Some(scraped) = self.ask_prometheus(may_be_same) else { return Answers::Same };
                if scraped.as_ref().is_ok_and(|scraped| scraped.knows_the_fleet) {
                    return Answers::Told(Some(scraped), None);
                }
                let left = timeout.saturating_sub(begun.elapsed()).max(timeout / 4);
                Answers::Told(Some(scraped), Some(served::ask(&self.config, source, left)))
            }
            Source::Auto => {
                let prometheus = &mut self.prometheus;
                thread::scope(|scope| {
                    let scraped = scope.spawn(|| prometheus.ask());
                    let served = served::ask(&self.config, source, timeout);
                    let broken = || Err("the thread that asked has failed".to_owned());
                    Answers::Told(Some(scraped.join().unwrap_or_else(|_| broken())), Some(served))
                })
            }
            Source::Pushgateway | Source::Exposition | Source::Ledger => {
                Answers::Told(None, Some(served::ask(&self.config, source, timeout)))
            }
        }
    }

    /// What the Prometheus has; `None` where it told the last look and has nothing else.
    fn ask_prometheus(&mut self, may_be_same: bool) -> Option<Result<Scraped, String>> {
        if !(self.told_by_prometheus && may_be_same) {
            return Some(self.prometheus.ask());
        }
        match self.prometheus.has_others() {
            Ok(false) => None,
            Ok(true) => Some(self.prometheus.ask()),
            Err(why) => Some(Err(why)),
        }
    }

    fn seen(
        &mut self,
        found: Result<Found<'_>, Silent>,
        memory: Option<&mut Memory>,
        begun: Instant,
    ) -> (Result<Sight, Silent>, Option<Known>) {
        self.told_by_prometheus = found.as_ref().is_ok_and(|found| found.road == Road::Prometheus);
        let known = found.as_ref().ok().zip(memory);
        let known = known.and_then(|(found, memory)| memory.judge(found.road, &found.families, &self.config));
        // Whoever is not there says so at once.
        let hangs = begun.elapsed() >= self.plan.timeout;
        let silent = |silent| Silent { hangs, ..silent };
        (found.map(|found| Sight::Seen(Box::new(self.numbers(found)))).map_err(silent), known)
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
            origin: Origin {
                name,
                place,
                newest,
                interval,
                asked_every: self.plan.interval,
                trouble: None,
                hangs: false,
            },
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
