//! What the lines of a family begin with: a name and labels, most of which stand in the line before already.

use super::line::write_more_labels;
use super::model::Label;

/// What the last line began with, and where it stands in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lead<'f> {
    suffix: &'static str,
    labels: &'f [Label<'f>],
    /// Where the name begins.
    start: usize,
    /// Where the labels begin.
    middle: usize,
    /// Where the labels end, of which the brace is not closed.
    end: usize,
    /// Whether a value is not written as it is.
    has_escapes: bool,
}

impl<'f> Lead<'f> {
    /// Writes a name with its suffix and labels, of which the brace is not closed. What the line before has too is copied from it.
    pub(super) fn write(
        before: Option<Self>,
        name: &str,
        suffix: &'static str,
        labels: &'f [Label<'f>],
        out: &mut String,
    ) -> Self {
        let start = out.len();
        let (same, bytes) = before.map_or((0, 0), |before| before.same_labels(labels));
        match before {
            Some(before) if before.suffix == suffix => {
                out.extend_from_within(before.start..before.middle + bytes);
            }
            _ => {
                out.push_str(name);
                out.push_str(suffix);
                let labels = before.map_or(0, |before| before.middle);
                out.extend_from_within(labels..labels + bytes);
            }
        }
        let middle = start + name.len() + suffix.len();
        let new = labels.get(same..).unwrap_or_default();
        write_more_labels(out, if same == 0 { '{' } else { ',' }, new.iter().map(Label::texts));
        let end = out.len();
        let has_escapes = match before {
            Some(before) if new.is_empty() && same > 0 => before.has_escapes,
            _ => new.iter().map(plain_bytes).sum::<usize>() != end - middle - bytes,
        };
        Self { suffix, labels, start, middle, end, has_escapes }
    }

    /// How many of the first labels are the same as here, and how many bytes they take.
    #[inline]
    fn same_labels(&self, labels: &[Label<'_>]) -> (usize, usize) {
        if std::ptr::eq(self.labels, labels) {
            return (labels.len(), self.end - self.middle);
        }
        // It is not known which bytes are whose then.
        if self.has_escapes {
            return (0, 0);
        }
        let same = self.labels.iter().zip(labels).take_while(|(one, other)| is_same(one, other));
        same.fold((0, 0), |(count, bytes), (label, _)| (count + 1, bytes + plain_bytes(label)))
    }
}

/// The bytes of a label without escapes, with what stands before it and around its value.
fn plain_bytes(label: &Label<'_>) -> usize {
    label.name.len() + label.value.len() + "{=\"\"".len()
}

/// Names are mostly the same text in the same place.
fn is_same(one: &Label<'_>, other: &Label<'_>) -> bool {
    let (name, other_name) = (&*one.name, &*other.name);
    (std::ptr::eq(name, other_name) || name == other_name) && one.value == other.value
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
