//! Rules that record series.

use super::asked::{Asked, Failure};
use super::write::Written;
use crate::rules::set::Rule;
use crate::rules::template::TemplateData;
use std::collections::BTreeMap;
use telemetry_query::{Labels, METRIC_NAME};

/// What is known of a recording rule.
#[derive(Debug)]
pub(super) struct Recording {
    expr: String,
    record: String,
    labels: Vec<(String, String)>,
    /// Whether no other rule records series of this name, so that all of them are this one's.
    unique: bool,
    /// What was written; nothing is known of it before the first evaluation.
    written: Option<Written>,
}

impl Recording {
    pub(super) fn new(rule: &Rule, record: &str, unique: bool) -> Self {
        let nothing = Labels::default();
        let data = TemplateData { labels: &nothing, value: f64::NAN, external_url: "" };
        let labels = rule.labels.iter().map(|(name, text)| (name.clone(), text.expand(&data)));
        Self {
            expr: rule.expr.clone(),
            record: record.to_owned(),
            labels: labels.collect(),
            unique,
            written: None,
        }
    }

    /// Records what the expression says at this time. Where it says nothing, because it fails, the series stay as they are, as in
    /// Prometheus.
    pub(super) fn evaluate(&mut self, asked: &Asked<'_>) -> Result<(), Failure> {
        let samples = asked.instant(&self.expr)?;
        let count = samples.len();
        let named = samples.into_iter().map(|(labels, value)| (self.named(&labels), value));
        let series: BTreeMap<_, _> = named.collect();
        if series.len() < count {
            let why = "vector contains metrics with the same labelset after applying rule labels";
            return Err(Failure::Rule(why.to_owned()));
        }
        if asked.limit > 0 && count > asked.limit {
            return Err(Failure::Rule(format!("exceeded limit of {} with {count} series", asked.limit)));
        }
        let (sink, at) = (&*asked.shared.sink, asked.sampled_at());
        let adopted = || match self.unique {
            true => Written::adopted(sink, &self.record, &self.labels, at),
            false => Written::default(),
        };
        let appended = self.written.get_or_insert_with(adopted).replace(sink, series, at)?;
        asked.shared.instruments.appended(appended);
        Ok(())
    }

    fn named(&self, labels: &Labels) -> Labels {
        let of_sample = labels.iter().map(|label| (&*label.name, &*label.value));
        let own = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Labels::new(of_sample.chain([(METRIC_NAME, self.record.as_str())]).chain(own))
    }
}
