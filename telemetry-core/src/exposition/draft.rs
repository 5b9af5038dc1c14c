//! A family while its samples are still coming in: which metric each sample belongs to, and what it adds to it.

use std::hash::RandomState;

use super::error::{ParseErrorKind, excerpt};
use super::format::Format;
use super::label_sets::{LabelSet, LabelSetIndex, Place};
use super::model::{Bucket, Exemplar, Family, FamilyKind, Label, Metric, Quantile, Value};
use super::names::{Part, model_suffix, suffix, takes_exemplar};
use super::number::parse_value;
use super::reader::Sample;
use super::rising::{Disorder, sort};
use super::values::{bound_label, empty, scalar, total};

/// A family while its samples are still coming in.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    /// The family; its name is the one on the lines that describe it.
    pub(super) family: Family<'a>,
    /// Whether a TYPE line has said the kind.
    pub(super) typed: bool,
    index: LabelSetIndex,
    disorder: Disorder,
}

/// What all families of one exposition have in common.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) format: Format,
    /// The secret of the hashes.
    pub(super) key: RandomState,
}

impl<'a> Draft<'a> {
    /// A family of which only the name is known.
    pub(super) fn new(name: &'a str) -> Self {
        Self {
            family: Family::new(name, FamilyKind::Untyped),
            typed: false,
            index: LabelSetIndex::default(),
            disorder: Disorder::default(),
        }
    }

    /// The name for messages.
    pub(super) fn name(&self) -> String {
        excerpt(&self.family.name)
    }

    /// Adds a sample, which is this part of the family.
    pub(super) fn add(
        &mut self,
        part: Part,
        sample: Sample<'_, 'a>,
        rules: &Rules,
    ) -> Result<(), ParseErrorKind> {
        self.check(part, &sample, rules.format)?;
        match part {
            Part::Scalar => self.add_scalar(sample, rules),
            Part::Bucket | Part::Quantile => self.add_bound(part, sample, rules),
            Part::Sum | Part::Count | Part::Created => self.add_total(part, &sample, rules),
        }
    }

    /// Refuses what does not depend on earlier samples.
    fn check(&self, part: Part, sample: &Sample<'_, 'a>, format: Format) -> Result<(), ParseErrorKind> {
        let kind = self.family.kind;
        if let Some(exemplar) = &sample.exemplar {
            if !takes_exemplar(kind, format, part) {
                return Err(ParseErrorKind::MisplacedExemplar);
            }
            if exemplar.is_long() {
                let (most, found) = (Exemplar::MOST_CHARACTERS, exemplar.characters());
                return Err(ParseErrorKind::LongExemplar { most, found });
            }
        }
        if kind == FamilyKind::StateSet && !sample.labels.iter().any(|label| label.name == self.family.name) {
            return Err(ParseErrorKind::MissingLabel { label: self.name(), family: self.name() });
        }
        match bound_label(kind) {
            Some(name)
                if part.bound_label().is_none() && sample.labels.iter().any(|label| label.name == name) =>
            {
                Err(ParseErrorKind::MisplacedLabel(name))
            }
            _ => Ok(()),
        }
    }

    fn add_scalar(&mut self, sample: Sample<'_, 'a>, rules: &Rules) -> Result<(), ParseErrorKind> {
        match self.place(LabelSet::new(sample.labels, None), rules) {
            Place::Known(_) => Err(duplicate(sample.name)),
            Place::New(hash) => {
                let (labels, timestamp) = (sample.labels.to_vec(), sample.timestamp);
                let value = scalar(self.family.kind, sample.value, sample.exemplar);
                self.push(hash, Metric { labels, value, timestamp });
                Ok(())
            }
        }
    }

    fn add_bound(&mut self, part: Part, sample: Sample<'_, 'a>, rules: &Rules) -> Result<(), ParseErrorKind> {
        let bound = self.bound(part, sample.labels)?;
        let at = self.metric_of(part, &sample, rules)?;
        let new = match self.family.metrics.get_mut(at).map(|metric| &mut metric.value) {
            Some(Value::Histogram(histogram) | Value::GaugeHistogram(histogram)) => {
                let falls = histogram.buckets.last().is_some_and(|latest| bound < latest.le);
                let new = self.disorder.is_new(at, &histogram.buckets, bound);
                if new && falls && rules.format == Format::OpenMetrics {
                    return Err(ParseErrorKind::FallingBounds(self.name()));
                }
                let bucket = Bucket { le: bound, cumulative: sample.value, exemplar: sample.exemplar };
                histogram.buckets.push(bucket);
                new
            }
            Some(Value::Summary(summary)) => {
                let new = self.disorder.is_new(at, &summary.quantiles, bound);
                summary.quantiles.push(Quantile::new(bound, sample.value));
                new
            }
            _ => true,
        };
        if new { Ok(()) } else { Err(duplicate(sample.name)) }
    }

    fn add_total(
        &mut self,
        part: Part,
        sample: &Sample<'_, 'a>,
        rules: &Rules,
    ) -> Result<(), ParseErrorKind> {
        let at = self.metric_of(part, sample, rules)?;
        let metric = self.family.metrics.get_mut(at);
        let Some(total) = metric.and_then(|metric| total(&mut metric.value, part)) else { return Ok(()) };
        match total.replace(sample.value) {
            Some(_) => Err(duplicate(sample.name)),
            None => Ok(()),
        }
    }

    /// The bound of a bucket or the share of a quantile, from its label.
    ///
    /// The reference parser drops a sample without that label, or with NaN in it, without a word. It is an error
    /// here: a value that disappears is worse than one that is refused.
    fn bound(&self, part: Part, labels: &[Label<'_>]) -> Result<f64, ParseErrorKind> {
        let name = part.bound_label().unwrap_or_default();
        let Some(label) = labels.iter().find(|label| label.name == name) else {
            return Err(ParseErrorKind::MissingLabel { label: name.to_owned(), family: self.name() });
        };
        let bound = parse_value(&label.value).filter(|bound| !bound.is_nan());
        bound.ok_or_else(|| ParseErrorKind::word("a number in the label `le` or `quantile`", &label.value))
    }

    /// The position of the metric that a line belongs to, which is a new one if the family does not have it yet.
    ///
    /// The lines of one metric stand next to each other nearly always, so the latest metric is tried first. A
    /// timestamp holds for all lines of a metric; of several different ones the last is kept, as in the reference.
    fn metric_of(
        &mut self,
        part: Part,
        sample: &Sample<'_, 'a>,
        rules: &Rules,
    ) -> Result<usize, ParseErrorKind> {
        let set = LabelSet::new(sample.labels, part.bound_label());
        let latest = self.family.metrics.last_mut().filter(|latest| set.same_in_order(&latest.labels));
        if let Some(latest) = latest {
            latest.timestamp = sample.timestamp.or(latest.timestamp);
            return Ok(self.family.metrics.len() - 1);
        }
        match self.place(set, rules) {
            Place::Known(at) => self.return_to(at, sample, rules),
            Place::New(hash) => self.begin(hash, set, sample),
        }
    }

    /// Goes back to a metric whose lines are not next to each other, which OpenMetrics forbids.
    fn return_to(
        &mut self,
        at: usize,
        sample: &Sample<'_, 'a>,
        rules: &Rules,
    ) -> Result<usize, ParseErrorKind> {
        if rules.format == Format::OpenMetrics && at + 1 < self.family.metrics.len() {
            return Err(ParseErrorKind::Interleaved(self.name()));
        }
        if let Some(metric) = self.family.metrics.get_mut(at) {
            metric.timestamp = sample.timestamp.or(metric.timestamp);
        }
        Ok(at)
    }

    /// Begins a metric of several lines.
    fn begin(
        &mut self,
        hash: Option<u64>,
        set: LabelSet<'_, 'a>,
        sample: &Sample<'_, 'a>,
    ) -> Result<usize, ParseErrorKind> {
        // Only a counter has lines beside the one with its value.
        let value = empty(self.family.kind).ok_or_else(|| self.created_before_total(sample.name))?;
        self.push(hash, Metric { labels: set.to_vec(), value, timestamp: sample.timestamp });
        Ok(self.family.metrics.len() - 1)
    }

    /// A counter has its value first in every implementation; without one there would be nothing to give it.
    fn created_before_total(&self, created: &str) -> ParseErrorKind {
        let suffix = suffix(self.family.kind, Format::OpenMetrics, Part::Scalar).unwrap_or_default();
        ParseErrorKind::CreatedBeforeTotal { total: self.name() + suffix, created: excerpt(created) }
    }

    fn place(&mut self, set: LabelSet<'_, '_>, rules: &Rules) -> Place {
        self.index.find(set, &rules.key, &self.family.metrics)
    }

    fn push(&mut self, hash: Option<u64>, metric: Metric<'a>) {
        self.family.metrics.push(metric);
        if let Some(hash) = hash {
            self.index.push(hash);
        }
    }

    /// The family, complete.
    pub(super) fn finish(mut self, format: Format) -> Family<'a> {
        for at in self.disorder.metrics() {
            match self.family.metrics.get_mut(at).map(|metric| &mut metric.value) {
                Some(Value::Histogram(histogram) | Value::GaugeHistogram(histogram)) => {
                    sort(&mut histogram.buckets);
                }
                Some(Value::Summary(summary)) => sort(&mut summary.quantiles),
                _ => (),
            }
        }
        let suffix = model_suffix(self.family.kind, format);
        if !suffix.is_empty() {
            self.family.name.to_mut().push_str(suffix);
        }
        self.family
    }
}

fn duplicate(name: &str) -> ParseErrorKind {
    ParseErrorKind::DuplicateSample(excerpt(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::{Event, ParseError, Reader, Timestamp, parse};

    fn only_metric(input: &str) -> Metric<'_> {
        let family = parse(input, Format::Text).unwrap().remove(0);
        family.metrics.into_iter().next().unwrap()
    }

    fn message(result: Result<Vec<Family<'_>>, ParseError>) -> String {
        result.unwrap_err().kind.to_string()
    }

    #[test]
    fn a_timestamp_on_any_line_of_a_metric_holds_for_the_metric() {
        let neighbours = "# TYPE a summary\na_sum 1 5\na_count 2\n";
        assert_eq!(only_metric(neighbours).timestamp, Some(Timestamp::from_millis(5)));
        let apart = "# TYPE a summary\na_sum{b=\"1\"} 1 5\na_sum 1\na_count{b=\"1\"} 2 6\n";
        assert_eq!(only_metric(apart).timestamp, Some(Timestamp::from_millis(6)));
    }

    #[test]
    fn quantiles_and_buckets_are_sorted() {
        let metric = only_metric("# TYPE a summary\na{quantile=\"0.9\"} 2\na{quantile=\"0.5\"} 1\n");
        let Value::Summary(summary) = metric.value else { panic!("a summary") };
        assert_eq!(summary.quantiles, [Quantile::new(0.5, 1.0), Quantile::new(0.9, 2.0)]);
    }

    #[test]
    fn what_is_wrong_with_a_sample_is_said() {
        let cases = [
            ("# TYPE a histogram\na_bucket 1\n", "expected label `le` on this sample of `a`, found none"),
            (
                "# TYPE a histogram\na 1\n",
                "expected `a_bucket` or `a_sum` or `a_count` as a sample of the histogram `a`, found `a`",
            ),
            (
                "# TYPE a histogram\na_bucket{le=\"x\"} 1\n",
                "expected a number in the label `le` or `quantile`, found `x`",
            ),
            (
                "# TYPE a summary\na_sum{quantile=\"1\"} 1\n",
                "expected `quantile` only on buckets and quantiles, found it on another sample of the family",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(message(parse(input, Format::Text)), expected);
        }
    }

    /// As in Prometheus, where a scrape is not lost for an exemplar, which is not what it is made for.
    #[test]
    fn a_long_exemplar_is_refused_and_does_not_keep_a_reader_from_the_samples() {
        let input = format!(
            "# TYPE a counter\na_total 1 # {{t=\"{}\"}} 1\na_total{{b=\"c\"}} 2\n# EOF\n",
            "é".repeat(128)
        );
        let expected =
            "expected at most 128 characters in the names and values of an exemplar's labels, found 129";
        assert_eq!(message(parse(&input, Format::OpenMetrics)), expected);
        let (mut reader, mut values) = (Reader::new(&input, Format::OpenMetrics), Vec::new());
        loop {
            match reader.next_event().unwrap() {
                Event::Sample(sample) => values.push(sample.value),
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(values, [1.0, 2.0]);
    }

    #[test]
    fn what_open_metrics_adds_is_checked() {
        let cases = [
            (
                "# TYPE a counter\na_created 1\n",
                "expected `a_total` before `a_created` for each label set, found no such sample",
            ),
            (
                "# TYPE a gauge\na 1 # {} 1\n",
                "expected exemplars on counters and buckets only, found one on another sample",
            ),
            (
                "# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\n",
                "expected the buckets of `a` in the order of their bounds, found a bound below the one before it",
            ),
            ("# TYPE a stateset\na 1\n", "expected label `a` on this sample of `a`, found none"),
            (
                "# TYPE a summary\na_sum{b=\"1\"} 1\na_sum 1\na_count{b=\"1\"} 1\n",
                "expected all lines of `a`, and of each label set in it, next to each other, found others between them",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(message(parse(input, Format::OpenMetrics)), expected);
        }
    }
}
