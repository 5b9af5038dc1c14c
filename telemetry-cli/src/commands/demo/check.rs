//! Whether the history says what was done: every series that counts, one by one.

use super::ask::Asker;
use super::tally::{Series, Tally, counting_name};
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::fmt;
use telemetry_catalog::EXPOSITION_JOB;
use telemetry_core::catalog;
use telemetry_core::config::Prometheus;
use telemetry_core::metric::{Combine, Kind, MetricDef};

/// The labels of a target, which no metric has.
const OF_THE_TARGET: [&str; 3] = ["__name__", "job", "instance"];

/// A series of which the history says something else than what was done.
#[derive(Debug, PartialEq)]
pub(super) struct Difference {
    series: Series,
    done: f64,
    /// What the history says; `None` where it has no such series.
    told: Option<f64>,
}

/// What came of comparing.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// How many series were compared.
    pub(super) series: usize,
    /// Those that differ.
    pub(super) differences: Vec<Difference>,
    /// The metrics of the catalog of which the history has no value.
    pub(super) missing: Vec<&'static str>,
    /// Gauges of what lives that are not 0 though nobody is there.
    pub(super) left: Vec<&'static str>,
}

impl Comparison {
    /// Compares what the agents and the orchestrator did with what the history says now.
    pub(super) fn make(asker: &Asker, agents: &Tally, orchestrator: &Tally) -> Result<Self, Failure> {
        let mut comparison = Self::default();
        comparison.job(asker, &Prometheus::default().job, agents)?;
        comparison.job(asker, EXPOSITION_JOB, orchestrator)?;
        for def in catalog::metrics() {
            let name = counting_name(def);
            if asker.instant(&format!("count({name})"))?.is_empty() {
                comparison.missing.push(def.name);
            }
        }
        comparison.lives(asker)?;
        Ok(comparison)
    }

    /// How much is not as it should be.
    pub(super) fn wrong(&self) -> usize {
        self.differences.len() + self.missing.len() + self.left.len()
    }

    fn job(&mut self, asker: &Asker, job: &str, done: &Tally) -> Result<(), Failure> {
        let mut told = BTreeMap::new();
        for def in catalog::metrics().filter(|def| counts(def)) {
            let name = counting_name(def);
            for answer in asker.instant(&format!("{name}{{job=\"{job}\"}}"))? {
                let value = answer.value();
                let mut labels = answer.metric;
                labels.retain(|label, _| !OF_THE_TARGET.contains(&label.as_str()));
                *told.entry(Series { name: name.clone(), labels }).or_default() += value;
            }
        }
        self.series += told.len();
        self.differences.extend(differences(done, told));
        Ok(())
    }

    /// Nobody is there any more, so that nobody is counted as being there.
    fn lives(&mut self, asker: &Asker) -> Result<(), Failure> {
        let job = Prometheus::default().job;
        for def in catalog::metrics().filter(|def| def.kind == Kind::Gauge(Combine::Live)) {
            let sum = asker.instant(&format!("sum({}{{job=\"{job}\"}}) != 0", def.name))?;
            if !sum.is_empty() {
                self.left.push(def.name);
            }
        }
        Ok(())
    }
}

/// Whether it is a metric that counts.
const fn counts(def: &MetricDef) -> bool {
    !matches!(def.kind, Kind::Gauge(_))
}

/// Where done and told differ; a series at 0 is as good as none.
fn differences(done: &Tally, mut told: BTreeMap<Series, f64>) -> Vec<Difference> {
    let mut found = Vec::new();
    for (series, count) in done.series().filter(|(_, count)| *count > 0) {
        let (done, told) = (count as f64, told.remove(series));
        if told != Some(done) {
            found.push(Difference { series: series.clone(), done, told });
        }
    }
    let never_done = told.into_iter().filter(|(_, told)| *told != 0.0);
    found.extend(never_done.map(|(series, told)| Difference { series, done: 0.0, told: Some(told) }));
    found
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<_> =
            self.series.labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        write!(f, "{}{{{}}}: {} by the plan, ", self.series.name, labels.join(", "), self.done)?;
        match self.told {
            Some(told) => write!(f, "{told} in the history"),
            None => f.write_str("nothing in the history"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::catalog::{LLM_RETRIES, LlmRetries, ZOMBIE_DETECTIONS, ZombieDetections};

    fn told(tally: &Tally) -> BTreeMap<Series, f64> {
        tally.series().map(|(series, count)| (series.clone(), count as f64)).collect()
    }

    #[test]
    fn what_is_too_few_too_many_and_not_there_is_found_and_a_zero_is_none() {
        let mut done = Tally::default();
        done.add(&LLM_RETRIES, LlmRetries { provider: "claude" }, 3);
        done.add(&LLM_RETRIES, LlmRetries { provider: "codex" }, 0);
        assert_eq!(differences(&done, told(&done)), []);
        let few = differences(&done, BTreeMap::new());
        let text = few.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            text,
            ["sase_llm_retries_total{provider=\"claude\"}: 3 by the plan, nothing in the history"]
        );
        let mut more = done.clone();
        more.add(&ZOMBIE_DETECTIONS, ZombieDetections, 1);
        let many = differences(&done, told(&more));
        assert_eq!(many[0].to_string(), "sase_zombie_detections_total{}: 0 by the plan, 1 in the history");
        more.add(&LLM_RETRIES, LlmRetries { provider: "claude" }, 1);
        assert_eq!(differences(&done, told(&more)).len(), 2);
    }
}
