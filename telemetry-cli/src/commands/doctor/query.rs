//! The step of the query: whether the probe comes back, with the labels that it was pushed with.

use super::ask::{Element, Server, Unanswered};
use super::bounds::Bounds;
use super::probe::{self, Probe};
use super::scrape::{Target, not_honored};
use super::step::Finding;
use super::wait::Waiting;
use std::time::Duration;
use telemetry_catalog::quantity::seconds;

/// How long after its scrape a sample is there at the latest.
const SETTLED: Duration = Duration::from_secs(3);

/// Waits until the probe comes back, for no longer than a scrape may take to happen.
pub(super) fn look(
    prometheus: Server<'_>,
    target: &Target,
    probe: &Probe,
    bounds: &Bounds,
    quiet: bool,
) -> Finding {
    let due = target.interval() + target.timeout().min(target.interval()) + SETTLED;
    let expression = format!("{}{{probe=\"{}\"}}", probe::metric(), probe.id);
    let mut waiting =
        Waiting::begin("waiting until Prometheus has scraped the probe", due.min(bounds.left()), quiet);
    loop {
        match prometheus.series(&expression, bounds.answer()) {
            Ok(series) if !series.is_empty() => return back(&series, probe, target, waiting.took()),
            Ok(_) if waiting.goes_on() => {}
            Ok(_) => return absent(target, due, bounds),
            Err(Unanswered { why, advice }) => return Finding::failed(why).advice(advice),
        }
    }
}

fn back(series: &[Element], probe: &Probe, target: &Target, took: Duration) -> Finding {
    let has = |series: &Element, name: &str, value: &str| {
        series.metric.get(name).is_some_and(|label| label == value)
    };
    let as_pushed =
        series.iter().any(|series| has(series, "job", probe::JOB) && has(series, "instance", &probe.id));
    if !as_pushed {
        return not_honored(target.label("job"));
    }
    let once = Finding::ok(format!("the probe came back after {}", seconds(took.as_secs_f64())));
    once.with(
        (series.len() > 1)
            .then(|| format!("it came {} times: the gateway is scraped by more than one job", series.len())),
    )
}

/// Where there was time for a scrape something is broken; where there was none, nobody knows.
fn absent(target: &Target, due: Duration, bounds: &Bounds) -> Finding {
    let every = seconds(target.interval().as_secs_f64());
    if bounds.left().is_zero() && bounds.all() < due {
        let enough = (due + Duration::from_secs(10)).as_secs();
        return Finding::not_testable(format!(
            "Prometheus scrapes only every {every}, which is more than was left of the {} of this walk",
            seconds(bounds.all().as_secs_f64())
        ))
        .advice(format!("`telemetry doctor --timeout {enough}s` waits long enough."));
    }
    Finding::failed(format!("the probe did not come back, although {} is scraped every {every}", target.label("job")))
        .advice("Do metric_relabel_configs or a sample_limit of the scrape job drop it? Is it the gateway that is scraped?")
}
