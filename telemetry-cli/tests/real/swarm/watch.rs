//! The ledger and the gateway, looked at again and again: they can always be read, and what rises never goes down.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fs, io};

use crate::support::exposition::{Number, descriptions, numbers};

/// What was seen last.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    before: BTreeMap<String, Number>,
    /// How often it was looked.
    pub(crate) looks: usize,
}

/// A ledger under watch.
#[derive(Debug, Default)]
pub(crate) struct LedgerWatch {
    watch: Watch,
    /// The ledger's id, and the last of its generations that was seen.
    seen: Option<(String, u64)>,
}

impl Watch {
    /// Looks at an exposition; says what is lower than it was, or is there no more.
    pub(crate) fn look(&mut self, exposition: &str) -> Vec<String> {
        let now = numbers(exposition);
        let before = self.before.iter().filter(|(_, number)| number.rises);
        let lower = before.filter_map(|(series, before)| match now.get(series) {
            Some(now) if now.value >= before.value => None,
            now => Some(format!("{series} was {} and is {:?}", before.value, now.map(|now| now.value))),
        });
        let lower = lower.collect();
        (self.before, self.looks) = (now, self.looks + 1);
        lower
    }

    /// What may be lower from now on, as nothing is there any more.
    pub(crate) fn forget(&mut self) {
        self.before.clear();
    }
}

impl LedgerWatch {
    /// Looks at the file of a ledger, if it is there yet. It is whole, it is the same ledger, and nothing in it is lower.
    pub(crate) fn look(&mut self, file: &Path) {
        let text = match fs::read_to_string(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.seen.is_none() => return,
            text => text.unwrap(),
        };
        assert_eq!(text.lines().last(), Some("# telemetry: end"), "{text}");
        let field = |name: &str| {
            let fields = text.lines().next().unwrap().split(' ');
            fields.filter_map(|field| field.split_once('=')).find(|(key, _)| *key == name).unwrap().1
        };
        let (id, generation) = (field("id").to_owned(), field("generation").parse().unwrap());
        if let Some((seen, before)) = &self.seen {
            assert_eq!((seen, generation >= *before), (&id, true), "{before} was before {generation}");
        }
        self.seen = Some((id, generation));
        assert_eq!(self.watch.look(&text), [""; 0], "in generation {generation}");
    }

    /// The generation that was seen last, and how often it was looked.
    pub(crate) fn seen(&self) -> (u64, usize) {
        (self.seen.as_ref().map_or(0, |seen| seen.1), self.watch.looks)
    }
}

/// Two expositions of the same totals: family by family and series by series.
pub(crate) fn assert_same(ledger: &str, gateway: &str) {
    let (ours, theirs) = (numbers(ledger), numbers(gateway));
    let series: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let differs = |series: &&&String| ours.get(**series) != theirs.get(**series);
    let different: Vec<_> = series.iter().filter(differs).collect();
    assert!(
        different.is_empty(),
        "{} of {} series differ between ledger and gateway, such as {:?}",
        different.len(),
        series.len(),
        different
            .iter()
            .take(5)
            .map(|series| (series, ours.get(**series), theirs.get(**series)))
            .collect::<Vec<_>>()
    );
    assert_eq!(descriptions(ledger), descriptions(gateway));
}

#[test]
fn what_is_lower_or_gone_is_seen_and_a_gauge_may_fall() {
    let exposition = |counter: u32, gauge: u32| {
        format!("# TYPE sase_a_total counter\nsase_a_total {counter}\n# TYPE sase_b gauge\nsase_b {gauge}\n")
    };
    let mut watch = Watch::default();
    assert_eq!(watch.look(&exposition(3, 3)), [""; 0]);
    assert_eq!(watch.look(&exposition(3, 1)), [""; 0]);
    assert_eq!(watch.look(&exposition(2, 1)).len(), 1);
    assert_eq!(watch.look("").len(), 1);
    assert_eq!(watch.look(&exposition(1, 1)), [""; 0]);
    watch.forget();
    assert_eq!(watch.look(""), [""; 0]);
}
