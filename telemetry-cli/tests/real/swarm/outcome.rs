//! What a process must have left in the ledger: everything, where it ended by itself, by a signal that is handled, or after a flush
//! with nothing counted since; else what it had counted up to some moment after the last that was surely safe.

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitStatus;

use rustix::process::Signal;
use telemetry_core::exposition::{Metric, Value};

use super::agent::Orders;
use super::host::{ended_by, expected_code};
use super::journal::{OBSERVATIONS, Step, Told};
use super::plan::{ENOUGH, End, SIGNALS, is_handled};
use crate::support::exposition;

/// What became of one process.
#[derive(Debug)]
#[expect(dead_code, reason = "what is read by nobody is shown when a test fails")]
pub(crate) struct Outcome {
    counter: String,
    histogram: String,
    /// The signal that killed it, if one did.
    pub(crate) killed_by: Option<Signal>,
    /// The signal that it was sent, whether or not that killed it.
    sent: Option<Signal>,
    steps: Vec<Step>,
    /// How many of its steps must be in the ledger; all of them may be.
    least: usize,
    end: End,
    /// How long the guard held it up, in milliseconds.
    took: Vec<u128>,
    /// Which problems the library told the process of.
    problems: String,
}

impl Outcome {
    /// `seen` is what the journal told before the process was sent a signal; `told`, what it tells after the end.
    pub(crate) fn of(
        orders: &Orders,
        killed: Option<Signal>,
        status: ExitStatus,
        seen: Option<&Told>,
        told: Told,
    ) -> Self {
        let by_itself = status.code().is_some() && status.code() == expected_code(orders.end)
            || told.over && ended_by(status, Signal::ABORT);
        let killed_by = killed.filter(|signal| !by_itself && ended_by(status, *signal));
        assert!(
            by_itself || killed_by.is_some(),
            "{orders:?} was sent {killed:?} and ended with {status}: {told:?}"
        );
        let all = told.steps.len();
        let least = match killed {
            // Only what the library has called durable is sure.
            _ if orders.bound < ENOUGH => told.durable,
            _ if told.still && told.durable == all => all,
            // What comes after such a signal is not carried out, even where the process gets to its own end before the flush is over.
            Some(signal) if is_handled(signal) => seen.map_or(0, |seen| seen.done).max(told.durable),
            // It has counted everything, and the drop of its guard has returned.
            _ if by_itself || told.over => all,
            _ => told.durable,
        };
        assert!(
            !told.still || least == all || orders.bound < ENOUGH,
            "{orders:?} counted after its flush: {told:?}"
        );
        let problems = fs::read_to_string(orders.journal.with_extension("problems")).unwrap_or_default();
        let Orders { counter, histogram, end, .. } = orders.clone();
        Self {
            counter,
            histogram,
            killed_by,
            sent: killed,
            steps: told.steps,
            least,
            end,
            took: told.took,
            problems,
        }
    }

    /// Whether nothing is open about what is left.
    pub(crate) fn is_exact(&self) -> bool {
        self.least == self.steps.len()
    }

    /// Everything that the counter may stand at on account of this process alone: the sums of its first steps.
    fn sums(&self) -> Vec<f64> {
        let amount = |steps: &[Step]| f64::from(steps.iter().map(|step| step.amount).sum::<u32>());
        (self.least..=self.steps.len()).map(|steps| amount(&self.steps[..steps])).collect()
    }

    /// The least and the most observations up to a bound.
    fn observations(&self, up_to: f64) -> (f64, f64) {
        let observed = |steps: &[Step]| {
            steps.iter().filter(|step| OBSERVATIONS[step.observation] <= up_to).count() as f64
        };
        (observed(&self.steps[..self.least]), observed(&self.steps))
    }

    /// The least and the most that the sum of the observations may be.
    fn sum_of_observations(&self) -> (f64, f64) {
        let sum = |steps: &[Step]| steps.iter().map(|step| OBSERVATIONS[step.observation]).sum();
        (sum(&self.steps[..self.least]), sum(&self.steps))
    }
}

/// Every count of the swarm is in this exposition as it must be, and no other.
pub(crate) fn assert_totals(outcomes: &[Outcome], ledger: &str) {
    assert_counters(outcomes, ledger);
    assert_histograms(outcomes, ledger);
}

fn assert_counters(outcomes: &[Outcome], ledger: &str) {
    let mut there = by_provider(ledger, "sase_llm_retries_total");
    for (counter, processes) in grouped(outcomes, |outcome| &outcome.counter) {
        let total = there.remove(counter).map_or(0.0, |value| match value {
            Value::Counter(counter) => counter.value,
            other => panic!("{other:?} is no counter"),
        });
        match processes.as_slice() {
            [alone] => assert!(alone.sums().contains(&total), "{counter} is {total}: {alone:?}"),
            _ => {
                let sums = processes.iter().map(|process| process.sums());
                let (least, most) = added(sums.map(|sums| (sums[0], sums[sums.len() - 1])));
                assert!(
                    (least..=most).contains(&total),
                    "{counter} is {total} and not {least} to {most}: {processes:#?}"
                );
            }
        }
    }
    assert!(there.is_empty(), "nobody counted {there:?}");
}

fn assert_histograms(outcomes: &[Outcome], ledger: &str) {
    let mut there = by_provider(ledger, "sase_llm_invocation_duration_seconds");
    for (name, processes) in grouped(outcomes, |outcome| &outcome.histogram) {
        let within = |what: &str, number: f64, (least, most): (f64, f64)| {
            assert!((least..=most).contains(&number), "{what} of {name} is {number}, not {least} to {most}");
        };
        let Some(Value::Histogram(histogram)) = there.remove(name) else {
            assert!(processes.iter().all(|process| process.least == 0), "{name} is not there: {processes:?}");
            continue;
        };
        for bucket in &histogram.buckets {
            let expected = added(processes.iter().map(|process| process.observations(bucket.le)));
            within(&format!("the bucket {}", bucket.le), bucket.cumulative, expected);
        }
        let all = added(processes.iter().map(|process| process.observations(f64::INFINITY)));
        within("the count", histogram.count.unwrap(), all);
        let sum = added(processes.iter().map(|process| process.sum_of_observations()));
        within("the sum", histogram.sum.unwrap(), sum);
    }
    assert!(there.is_empty(), "nobody observed {there:?}");
}

fn added(ranges: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    ranges.fold((0.0, 0.0), |sum, range| (sum.0 + range.0, sum.1 + range.1))
}

fn grouped(outcomes: &[Outcome], label: impl Fn(&Outcome) -> &str) -> BTreeMap<&str, Vec<&Outcome>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for outcome in outcomes {
        groups.entry(label(outcome)).or_default().push(outcome);
    }
    groups
}

/// The series of a metric by the value of its one label.
fn by_provider<'e>(exposition: &'e str, metric: &str) -> BTreeMap<String, Value<'e>> {
    let families = exposition::families(exposition);
    let family = families.into_iter().find(|family| family.name == metric).unwrap();
    let provider = |metric: &Metric<'_>| {
        metric.labels.iter().find(|label| label.name == "provider").unwrap().value.to_string()
    };
    family.metrics.into_iter().map(|metric| (provider(&metric), metric.value)).collect()
}

/// How the processes ended, in words.
pub(crate) fn summary(outcomes: &[Outcome]) -> String {
    let killed_by = |signal| outcomes.iter().filter(|outcome| outcome.killed_by == Some(signal)).count();
    let kills: Vec<_> =
        SIGNALS.iter().map(|(name, signal)| format!("{name} {}", killed_by(*signal))).collect();
    let count = |test: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| test(outcome)).count();
    format!(
        "{} processes, {} of them killed ({}); the total of {} is known to the unit",
        outcomes.len(),
        count(|outcome| outcome.killed_by.is_some()),
        kills.join(", "),
        count(Outcome::is_exact),
    )
}
