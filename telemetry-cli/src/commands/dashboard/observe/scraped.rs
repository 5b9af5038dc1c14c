//! The numbers of a Prometheus, with the time of its newest scrape.
//!
//! It is asked more often than it scrapes. When its targets answered comes to a single number, and whoever knows that this is still the same
//! knows all samples already.

use super::super::Plan;
use super::USUAL;
use crate::clock::{length_in_millis, now};
use crate::samples::Scope;
use crate::sources::{families_of, why};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_catalog::STACK_JOB;
use telemetry_catalog::promql::{Foreign, Window};
use telemetry_core::catalog::OWN;
use telemetry_core::exposition::Family;
use telemetry_stack::health::{Coverage, coverage};
use telemetry_stack::source::{Source as _, SourceError, Theirs};

/// How far back scrapes are looked for. One that is older by as much is not live by any measure.
const LOOKED_BACK: Window = Window::minutes(5);

/// How long what is known of the newest scrape is taken for true where there are no samples of now: what looks further back costs the
/// Prometheus more than it is worth at each look.
const QUIET: Duration = Duration::from_secs(30);

/// A Prometheus that is asked again and again.
#[derive(Debug)]
pub(super) struct Prometheus {
    theirs: Result<Theirs, String>,
    url: String,
    selector: String,
    /// Asks for the sum of the times at which targets answered. It changes with each scrape, and with each target that comes, fails or goes.
    /// Of samples it cannot be asked: without their names, those of two metrics would be the same.
    times: String,
    /// What that was when it was last asked for; `None` where no target answered.
    last: Option<f64>,
    /// When everything was last asked for.
    asked: Option<Instant>,
    quiet: Option<(Instant, Coverage)>,
}

/// What it has.
#[derive(Debug)]
pub(super) struct Scraped {
    pub(super) families: Vec<Family<'static>>,
    pub(super) newest: Option<i64>,
    /// What is typical between two scrapes, or usual where nobody knows yet.
    pub(super) interval: Duration,
    /// Whether it has series of the fleet.
    pub(super) knows_the_fleet: bool,
    /// Whether a target that would tell of the fleet was scraped just now.
    pub(super) is_live: bool,
}

impl Prometheus {
    pub(super) fn new(plan: &Plan) -> Self {
        let (address, selector) = (&plan.config.prometheus.url, Scope::Ours.selector());
        Self {
            theirs: Theirs::within(address.clone(), plan.timeout).map_err(|error| error.to_string()),
            url: address.url.clone(),
            times: times(),
            selector,
            last: None,
            asked: None,
            quiet: None,
        }
    }

    /// Whether it may have other samples than when this was last asked. What is asked for after that is no older. Samples may also come by
    /// another road than a scrape, so that what was asked for longer ago than scrapes usually are apart is always taken for old.
    pub(super) fn has_others(&mut self) -> Result<bool, String> {
        let theirs = self.theirs.as_ref().map_err(Clone::clone)?;
        let sum = match theirs.instant(&self.times, now()) {
            Ok(found) => found.first().map(|(_, sum)| *sum),
            // One that cannot tell this can still tell everything.
            Err(SourceError::Query(_)) => None,
            Err(error) => return Err(why(&error, &self.url)),
        };
        let is_young = self.asked.is_some_and(|asked| asked.elapsed() < USUAL);
        let is_same = is_young && sum.is_some() && self.last == sum;
        self.last = sum;
        Ok(!is_same)
    }

    /// Asks for everything and for the newest scrape, both at once.
    pub(super) fn ask(&mut self) -> Result<Scraped, String> {
        let theirs = self.theirs.as_ref().map_err(Clone::clone)?;
        let at = now();
        self.asked = Some(Instant::now());
        let quiet = self.quiet.take().filter(|(asked, _)| asked.elapsed() < QUIET);
        let ask = || coverage(theirs, LOOKED_BACK, at);
        let (rows, covered) = match quiet {
            None => thread::scope(|scope| {
                let covered = scope.spawn(ask);
                let rows = theirs.instant(&self.selector, at);
                let broken = || SourceError::Unreachable("the thread that asked has failed".to_owned());
                (rows, covered.join().unwrap_or_else(|_| Err(broken())))
            }),
            Some((asked, known)) => {
                let rows = theirs.instant(&self.selector, at);
                let still = rows.as_ref().is_ok_and(Vec::is_empty);
                self.quiet = still.then_some((asked, known));
                (rows, if still { Ok(known) } else { ask() })
            }
        };
        let said = |error: SourceError| why(&error, &self.url);
        let (rows, covered) = (rows.map_err(said)?, covered.map_err(said)?);
        let is_live = covered.newest.is_some_and(|newest| at - newest < length_in_millis(covered.young));
        if rows.is_empty() && !is_live && self.quiet.is_none() {
            self.quiet = Some((Instant::now(), covered));
        }
        let families = families_of(&rows);
        Ok(Scraped {
            newest: covered.newest,
            interval: covered.interval.unwrap_or(USUAL),
            knows_the_fleet: families.iter().any(is_of_the_fleet),
            is_live,
            families,
        })
    }
}

/// What is the same as long as no target but the stack itself, which tells of no agents and is scraped at a time of its own, has answered.
fn times() -> String {
    let up = format!("{}{{job!=\"{STACK_JOB}\"}}", Foreign::Up.name());
    format!("sum(timestamp({up}) and {up} == 1)")
}

/// Whether a family tells of agents, and not only of telemetry itself.
pub(super) fn is_of_the_fleet(family: &Family<'_>) -> bool {
    let entry = telemetry_catalog::find_metric(&family.name).filter(|entry| entry.subsystem != &OWN);
    entry.is_some() && !family.metrics.is_empty()
}
