//! What the lines of a metric begin with: a name and labels, most of which the metric before has already.

use std::ops::Range;
use std::ptr;

use super::line::{end_of_labels, write_label_name, write_label_value};
use super::model::Label;
use super::names::Part;

/// What the lines of the latest metric begin with.
#[derive(Debug, Default)]
pub(super) struct Lead<'f> {
    name: &'f str,
    /// What follows the name on most lines.
    suffix: &'static str,
    /// Whether most lines have a bound behind the labels.
    has_bounds: bool,
    labels: &'f [Label<'f>],
    /// The name, the suffix and the labels, up to the value or the bound.
    text: String,
    /// Where in the text each label's value is, without its quotes.
    values: Vec<Range<usize>>,
}

impl<'f> Lead<'f> {
    /// Begins a family, of which most lines are this part and have this suffix.
    pub(super) fn begin_family(&mut self, name: &'f str, suffix: &'static str, part: Part) {
        (self.name, self.suffix, self.has_bounds) = (name, suffix, part.bound_label().is_some());
        self.labels = &[];
        self.values.clear();
        self.text.clear();
        self.text.push_str(name);
        self.text.push_str(suffix);
        self.close();
    }

    /// Ends the labels where no bound follows them.
    fn close(&mut self) {
        if !self.has_bounds {
            self.text.push_str(end_of_labels(!self.values.is_empty()));
        }
    }

    /// Begins a metric of the family. What the one before has too stays as it is.
    #[inline]
    pub(super) fn begin_metric(&mut self, labels: &'f [Label<'f>]) {
        let same = self.labels.iter().zip(labels).take_while(|(one, other)| is_same(one, other)).count();
        if same < self.labels.len() || same < labels.len() {
            self.replace_from(same, labels);
        }
        self.labels = labels;
    }

    /// Writes the labels from one on, of which the name stays where only the value is another one.
    fn replace_from(&mut self, first: usize, labels: &[Label<'_>]) {
        let same_name = match (self.labels.get(first), labels.get(first)) {
            (Some(one), Some(other)) => same_text(&one.name, &other.name),
            _ => false,
        };
        let kept = match self.values.get(first) {
            Some(value) if same_name => value.start,
            _ => self.end_of_labels(first),
        };
        self.text.truncate(kept);
        self.values.truncate(first);
        for (number, label) in labels.iter().enumerate().skip(first) {
            if number > first || !same_name {
                write_label_name(&mut self.text, if number == 0 { '{' } else { ',' }, &label.name);
            }
            let start = self.text.len();
            write_label_value(&mut self.text, &label.value);
            self.values.push(start..self.text.len() - 1);
        }
        self.close();
    }

    /// Where so many labels are over.
    fn end_of_labels(&self, count: usize) -> usize {
        let last = count.checked_sub(1).and_then(|last| self.values.get(last));
        last.map_or(self.name.len() + self.suffix.len(), |value| value.end + 1)
    }

    /// What most lines of the latest metric begin with: up to the bound if they have one, else up to the value.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Writes what a line with another suffix begins with, up to its value.
    pub(super) fn write_with(&self, suffix: &str, out: &mut String) {
        let labels = self.text.get(self.end_of_labels(0)..).unwrap_or_default();
        let end = if self.has_bounds { end_of_labels(!self.labels.is_empty()) } else { "" };
        [self.name, suffix, labels, end].into_iter().for_each(|piece| out.push_str(piece));
    }
}

#[inline]
fn is_same(one: &Label<'_>, other: &Label<'_>) -> bool {
    same_text(&one.name, &other.name) && one.value == other.value
}

/// Names are mostly the same text in the same place.
#[inline]
fn same_text(one: &str, other: &str) -> bool {
    ptr::eq(one, other) || one == other
}

#[cfg(test)]
mod tests {
    use super::super::{Family, FamilyKind, Format, Label, Metric, write};

    fn lines(label_sets: &[&[(&'static str, &'static str)]]) -> String {
        let metric = |labels: &&[(&'static str, &'static str)]| {
            Metric::gauge(labels.iter().map(|(name, value)| Label::new(*name, *value)).collect(), 1.0)
        };
        let family = Family::new("a", FamilyKind::Gauge).with_metrics(label_sets.iter().map(metric));
        let mut text = String::new();
        write(&[family], Format::Text, &mut text);
        text.replacen("# TYPE a gauge\n", "", 1)
    }

    #[test]
    fn labels_are_those_of_the_metric_however_much_they_are_those_of_the_one_before() {
        let text = lines(&[
            &[("a", "b"), ("c", "d")],
            &[("a", "b"), ("c", "dd")],
            &[("a", "b"), ("c", "dd"), ("e", "")],
            &[("a", "b")],
            &[("a", "bb")],
            &[],
            &[("aa", "b")],
            &[("aa", "b")],
        ]);
        let expected = "a{a=\"b\",c=\"d\"} 1\na{a=\"b\",c=\"dd\"} 1\na{a=\"b\",c=\"dd\",e=\"\"} 1\na{a=\"b\"} 1\n\
            a{a=\"bb\"} 1\na 1\na{aa=\"b\"} 1\na{aa=\"b\"} 1\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn escapes_are_not_taken_for_other_text() {
        let text = lines(&[&[("a", "\"\n"), ("b", "c")], &[("a", "\"\n"), ("b", "d")], &[("a", "\"\n")]]);
        let expected = "a{a=\"\\\"\\n\",b=\"c\"} 1\na{a=\"\\\"\\n\",b=\"d\"} 1\na{a=\"\\\"\\n\"} 1\n";
        assert_eq!(text, expected);
    }
}
