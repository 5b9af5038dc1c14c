//! The numbers of the gateway, the exposition server and the ledger, with how old they are.

use super::super::Source;
use super::found::{Found, Road, Silent};
use super::scraped::is_of_the_fleet;
use crate::clock::{millis, now};
use crate::samples::{Scope, unite};
use crate::sources::{
    Asked, Lack, Reading, Trouble, ask_exposition, ask_gateway, ask_ledger, ask_running, block_on,
    ledger_in_place_of,
};
use crate::tables::value_of;
use std::collections::HashSet;
use std::fs;
use std::time::Duration;
use telemetry_catalog::promql::Foreign;
use telemetry_core::config::Config;
use telemetry_core::exposition::{Family, Metric};

/// What the ledger is called among the sources.
const LEDGER: &str = "ledger";

/// What is said of a ledger that has nothing, to whoever has asked for it.
const EMPTY_LEDGER: &str =
    "the ledger is empty: `telemetry run -- COMMAND` and `telemetry record` write into it";

/// What was answered, as it came.
pub(super) struct Served {
    asked: Result<Vec<Asked>, Trouble>,
    ledger: bool,
}

/// Asks these sources, all at once. `auto` is the gateway and the exposition server.
pub(super) fn ask(config: &Config, source: Source, timeout: Duration) -> Served {
    let one = |asked| Ok(vec![asked]);
    let asked = match source {
        Source::Pushgateway => block_on(ask_gateway(config, timeout)).and_then(one),
        Source::Exposition => block_on(ask_exposition(config, timeout)).and_then(one),
        Source::Ledger => one(ask_ledger(config)),
        Source::Auto | Source::Prometheus => ask_running(config, timeout).map(Vec::from),
    };
    Served { asked, ledger: source == Source::Auto }
}

impl Served {
    /// Reads what was answered, with the ledger where it takes the place of a gateway.
    pub(super) fn read<T>(&self, config: &Config, see: impl FnOnce(Result<Found<'_>, Silent>) -> T) -> T {
        let asked = match &self.asked {
            Ok(asked) => asked,
            Err(trouble) => {
                return see(Err(Silent::new(String::new(), String::new(), trouble.sentence())));
            }
        };
        let mut readings: Vec<_> = asked.iter().map(Reading::of).collect();
        let gateway = readings.first().filter(|_| self.ledger);
        let ledger = gateway.and_then(|gateway| ledger_in_place_of(gateway, config));
        ledger.iter().for_each(|ledger| readings.insert(0, Reading::of(ledger)));
        see(found(readings, ledger.is_some()))
    }
}

/// What the sources have together, or why they have nothing.
fn found<'a>(mut readings: Vec<Reading<'a>>, has_ledger: bool) -> Result<Found<'a>, Silent> {
    let places = |readings: &[&Reading<'_>]| {
        let name: Vec<_> = readings.iter().map(|reading| reading.asked.name).collect();
        let place: Vec<_> = readings.iter().map(|reading| &*reading.asked.place).collect();
        (name.join(", "), place.join(", "))
    };
    let answered: Vec<_> = readings.iter().filter(|reading| reading.families.is_ok()).collect();
    if answered.is_empty() {
        if let [reading] = &*readings
            && is_new_ledger(reading)
        {
            return Ok(empty_ledger(reading));
        }
        let (name, place) = places(&readings.iter().collect::<Vec<_>>());
        return Err(Silent::new(name, place, silence(&readings)));
    }
    let (name, place) = places(&answered);
    let newest = answered.iter().filter_map(|reading| newest(reading)).max();
    let mut notes: Vec<_> = readings.iter().flat_map(remarks).collect();
    for families in readings.iter_mut().filter_map(|reading| reading.families.as_mut().ok()) {
        families.retain(|family| Scope::Ours.admits(&family.name));
    }
    let sources =
        readings.into_iter().filter_map(|reading| Some((reading.asked.name, reading.families.ok()?)));
    let union = unite(sources.collect());
    notes.extend(union.notes);
    if union.families.is_empty() && name == LEDGER {
        notes.push(EMPTY_LEDGER.to_owned());
    }
    let (road, families) = (Road::Served { name: road(&name), has_ledger }, union.families);
    Ok(Found { road, name, place, newest, interval: None, at: None, families, notes })
}

/// Whether this is the ledger, and nobody has ever written it: that is no failure, but how every ledger begins.
fn is_new_ledger(reading: &Reading<'_>) -> bool {
    reading.asked.name == LEDGER && matches!(reading.families, Err(Lack { absent: true, .. }))
}

fn empty_ledger<'a>(reading: &Reading<'_>) -> Found<'a> {
    Found {
        road: Road::Served { name: LEDGER, has_ledger: false },
        name: LEDGER.to_owned(),
        place: reading.asked.place.clone(),
        newest: None,
        interval: None,
        at: None,
        families: Vec::new(),
        notes: vec![EMPTY_LEDGER.to_owned()],
    }
}

/// What counts as the same source: the exposition server may come and go beside a gateway, since its series are its own.
fn road(name: &str) -> &'static str {
    match name.split(", ").next() {
        Some(LEDGER) => LEDGER,
        Some("exposition") => "exposition",
        _ => "pushgateway",
    }
}

fn silence(readings: &[Reading<'_>]) -> String {
    let why = |reading: &Reading<'_>| {
        let why = reading.families.as_ref().err().map(|lack| &*lack.why).unwrap_or_default();
        format!("{}: {why}", reading.asked.name)
    };
    readings.iter().map(why).collect::<Vec<_>>().join("; ")
}

/// What a source said beside its samples, or what is wrong with it; one that is simply not there is not wrong.
fn remarks(reading: &Reading<'_>) -> Vec<String> {
    let mut remarks = reading.asked.notes.clone();
    if let Err(Lack { why, absent: false }) = &reading.families {
        remarks.push(format!("{} {}: {why}", reading.asked.name, reading.asked.place));
    }
    remarks
}

/// The time of the newest sample. An exposition server is sampled at the moment when it answers, a ledger was when it last changed, and what
/// a gateway has was when it was pushed.
fn newest(reading: &Reading<'_>) -> Option<i64> {
    let families = reading.families.as_ref().ok()?;
    match reading.asked.name {
        LEDGER => fs::metadata(&reading.asked.place).and_then(|about| about.modified()).ok().map(millis),
        "exposition" => Some(now()),
        _ => pushed(families),
    }
}

/// When a group that brings metrics of the fleet was last pushed.
fn pushed(families: &[Family<'_>]) -> Option<i64> {
    let ours: HashSet<_> = families
        .iter()
        .filter(|family| is_of_the_fleet(family))
        .flat_map(|family| &family.metrics)
        .map(group)
        .collect();
    let times = families.iter().filter(|family| family.name == Foreign::PushTime.name());
    let times = times.flat_map(|family| &family.metrics).filter(|metric| ours.contains(&group(metric)));
    times
        .map(|metric| crate::tables::size(&metric.value))
        .filter(|time| time.is_finite())
        .map(milliseconds)
        .max()
}

fn group<'m>(metric: &'m Metric<'_>) -> [&'m str; 2] {
    ["job", "instance"].map(|name| value_of(&metric.labels, name).unwrap_or_default())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what is no time of this age is cut to one that is old or to come"
)]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}
