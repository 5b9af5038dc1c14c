//! Which label sets a metric has: the first of all that its labels and hosts allow, in an order that mixes every label.

use super::{HOST, LabelPairs, host_name};

/// Every label set that there can be.
pub(super) struct Sets<'a> {
    labels: &'a [(String, Vec<String>)],
    hosts: usize,
}

impl<'a> Sets<'a> {
    /// The sets of these labels with their values on so many hosts; on none, there is no label of the host.
    pub(super) const fn of(labels: &'a [(String, Vec<String>)], hosts: usize) -> Self {
        Self { labels, hosts }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.combinations() * self.hosts.max(1)
    }

    /// Some of them: for each host the same ones, as a fleet has them.
    pub(super) fn first(&self, count: usize) -> impl Iterator<Item = LabelPairs> {
        (0..count.min(self.len())).map(|number| self.set(number))
    }

    fn combinations(&self) -> usize {
        self.labels.iter().map(|(_, values)| values.len()).product()
    }

    fn set(&self, number: usize) -> LabelPairs {
        let (host, number) = (number % self.hosts.max(1), number / self.hosts.max(1));
        let mut at = number * stride(self.combinations()) % self.combinations();
        let mut set = Vec::new();
        for (name, values) in self.labels {
            set.push((name.clone(), values[at % values.len()].clone()));
            at /= values.len();
        }
        if self.hosts > 0 {
            set.push((HOST.to_owned(), host_name(host)));
        }
        set.sort_unstable();
        set
    }
}

/// A step that visits each of so many places once, and is about the golden part of them, so that those visited first are spread.
fn stride(places: usize) -> usize {
    let begin = (places * 618 / 1_000).max(1);
    (begin..).find(|step| greatest_common_divisor(*step, places) == 1).unwrap_or(1)
}

const fn greatest_common_divisor(one: usize, other: usize) -> usize {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn all_sets_differ_and_few_of_them_already_have_several_values_of_each_label() {
        let values = |count: usize| (0..count).map(|value| value.to_string()).collect::<Vec<_>>();
        let labels = [("a".to_owned(), values(5)), ("b".to_owned(), values(4)), ("c".to_owned(), values(3))];
        let sets = Sets::of(&labels, 2);
        assert_eq!(sets.first(1_000).collect::<BTreeSet<_>>().len(), 120);
        let few: Vec<_> = sets.first(8).collect();
        for at in 0..3 {
            assert!(few.iter().map(|set| &set[at].1).collect::<BTreeSet<_>>().len() > 1, "{few:?}");
        }
    }
}
