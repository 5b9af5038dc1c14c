//! How numbers went before the dashboard was opened, as a Prometheus remembers it.

use super::super::Plan;
use super::tiles::TILES;
use super::trail::LENGTH;
use crate::clock::{length_in_millis, now};
use std::time::Duration;
use telemetry_catalog::promql::{Gauges, Scope, Selection, Vector};
use telemetry_query::{Series, Steps};
use telemetry_stack::source::{Source as _, SourceError, Theirs};

/// How far back is looked, at most.
const FAR: Duration = Duration::from_secs(86_400);

/// The values of each number as far apart as looks are, of which the last are of now; NaN where they were not known.
pub(super) fn ask(plan: &Plan) -> Result<Vec<Vec<f64>>, String> {
    let theirs = Theirs::within(plan.config.prometheus.url.clone(), plan.timeout);
    let theirs = theirs.map_err(|error| error.to_string())?;
    let steps = steps(plan.interval, now());
    TILES
        .iter()
        .map(|tile| went(&theirs, &tile.gauge, steps))
        .collect::<Result<_, _>>()
        .map_err(|error: SourceError| error.to_string())
}

fn steps(interval: Duration, now: i64) -> Steps {
    let step = length_in_millis(interval).max(1);
    let most = i64::try_from(LENGTH - 1).unwrap_or_default().min(length_in_millis(FAR) / step);
    Steps { start: now - most * step, end: now, step }
}

fn went(theirs: &Theirs, gauge: &Selection<Gauges>, steps: Steps) -> Result<Vec<f64>, SourceError> {
    let found = theirs.range(&Vector::total(gauge, &[]).written(&Scope::plain()), steps)?;
    Ok(values(found.first(), steps))
}

/// The value at each step. What has no sample there is not known.
fn values(series: Option<&Series>, Steps { start, end, step }: Steps) -> Vec<f64> {
    let length = usize::try_from((end - start) / step).unwrap_or_default() + 1;
    let mut values = vec![f64::NAN; length];
    for sample in series.iter().flat_map(|series| &series.samples) {
        let place = usize::try_from((sample.timestamp - start + step / 2) / step).ok();
        if let Some(value) = place.and_then(|place| values.get_mut(place)) {
            *value = sample.value;
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_query::{Labels, Sample};

    #[test]
    fn what_was_not_known_is_a_gap() {
        let samples = vec![Sample::new(1_000, 1.0), Sample::new(3_000, 3.0)];
        let series = Series { labels: Labels::default(), samples };
        let values = values(Some(&series), Steps { start: 0, end: 4_000, step: 1_000 });
        let told: Vec<_> = values.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["NaN", "1", "NaN", "3", "NaN"]);
    }

    #[test]
    fn no_more_is_asked_for_than_is_kept() {
        let length = |interval| {
            let steps = steps(interval, 1_700_000_000_000);
            (steps.end - steps.start) / steps.step + 1
        };
        assert_eq!(length(Duration::from_secs(5)), 240);
        assert_eq!(length(Duration::from_secs(86_400)), 2);
        assert_eq!(length(Duration::from_millis(200)), 240);
    }
}
