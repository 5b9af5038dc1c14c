//! What tells one series from another.

use std::fmt;
use std::sync::Arc;

/// The label that holds a metric's name.
pub const METRIC_NAME: &str = "__name__";

/// Whether a label may have this name, by the rules that hold wherever labels are read: `[a-zA-Z_][a-zA-Z0-9_]*`.
pub(crate) fn is_label_name(name: &str) -> bool {
    let is_fit = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    name.bytes().all(is_fit) && !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// The name and the value of a label. Both can be shared, so that a store needs to have each text only once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label {
    /// The name, such as `job`.
    pub name: Arc<str>,
    /// The value, which is never empty: a label without a value is not there.
    pub value: Arc<str>,
}

/// A label set: sorted by name, each name once, no empty value. Sets are ordered as Prometheus orders series.
///
/// ```
/// use telemetry_query::Labels;
///
/// let labels = Labels::new([("job", "fleet"), ("__name__", "up"), ("zone", "")]);
/// assert_eq!(labels.to_string(), r#"{__name__="up", job="fleet"}"#);
/// assert_eq!((labels.get("job"), labels.get("zone")), ("fleet", ""));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Arc<[Label]>);

impl Labels {
    /// The label set of these names and values. Of a name that comes twice, the last value counts.
    pub fn new<N: Into<Arc<str>>, V: Into<Arc<str>>>(labels: impl IntoIterator<Item = (N, V)>) -> Self {
        labels.into_iter().map(|(name, value)| Label { name: name.into(), value: value.into() }).collect()
    }

    /// The value of a label, and an empty text where it is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|label| &*label.name == name).map_or("", |label| &label.value)
    }

    /// The labels, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Label> {
        self.0.iter()
    }

    /// Whether there are no labels.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the values weigh, in values of a query: long ones are as large as many numbers, and short ones count for nothing.
    pub(crate) fn weight(&self) -> usize {
        self.0.iter().map(|label| label.value.len() / 8).sum()
    }

    /// The same without the metric's name.
    pub(crate) fn without_name(&self) -> Self {
        self.filtered(|name| name != METRIC_NAME)
    }

    /// Only the labels with these names.
    pub(crate) fn only(&self, names: &[String]) -> Self {
        self.filtered(|name| names.iter().any(|listed| listed == name))
    }

    /// All labels but those with these names.
    pub(crate) fn without(&self, names: &[String]) -> Self {
        self.filtered(|name| !names.iter().any(|listed| listed == name))
    }

    /// The same with one label set to a value, or removed by an empty one.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let set = Label { name: name.into(), value: value.into() };
        self.0.iter().cloned().chain([set]).collect()
    }

    fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        if self.0.iter().all(|label| keep(&label.name)) {
            return self.clone();
        }
        Self(self.0.iter().filter(|label| keep(&label.name)).cloned().collect())
    }
}

impl FromIterator<Label> for Labels {
    fn from_iter<I: IntoIterator<Item = Label>>(labels: I) -> Self {
        let mut labels: Vec<Label> = labels.into_iter().collect();
        // The sort is stable: reversed, the last of a name comes first, and the first is kept.
        labels.reverse();
        labels.sort_by(|one, other| one.name.cmp(&other.name));
        labels.dedup_by(|later, first| later.name == first.name);
        labels.retain(|label| !label.value.is_empty());
        Self(labels.into())
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self(Arc::new([]))
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (position, Label { name, value }) in self.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value:?}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        Labels::new(pairs.iter().copied())
    }

    #[test]
    fn the_last_value_of_a_name_counts_and_an_empty_one_removes_it() {
        assert_eq!(labels(&[("a", "1"), ("a", "2")]), labels(&[("a", "2")]));
        assert_eq!(labels(&[("a", "1"), ("a", "")]), Labels::default());
        assert_eq!(labels(&[("b", "1")]).with("a", "x"), labels(&[("a", "x"), ("b", "1")]));
        assert_eq!(labels(&[("b", "1")]).with("b", ""), Labels::default());
    }

    #[test]
    fn sets_are_ordered_by_name_then_value_then_length() {
        let mut sets = [
            labels(&[("b", "1")]),
            labels(&[("a", "2")]),
            labels(&[("a", "1"), ("b", "1")]),
            labels(&[("a", "1")]),
        ];
        sets.sort();
        assert_eq!(sets.map(|set| set.to_string()).join(" "), r#"{a="1"} {a="1", b="1"} {a="2"} {b="1"}"#);
    }

    #[test]
    fn parts_of_a_set() {
        let set = labels(&[("__name__", "up"), ("a", "1"), ("b", "2")]);
        assert_eq!(set.without_name(), labels(&[("a", "1"), ("b", "2")]));
        assert_eq!(set.only(&["b".to_owned(), "c".to_owned()]), labels(&[("b", "2")]));
        assert_eq!(set.without(&["b".to_owned()]), labels(&[("__name__", "up"), ("a", "1")]));
    }
}
