//! Metrics with their series, as they stand in the files of a ledger: in the ledger itself, in a change that waits for it, and in what a
//! living process shows.
//!
//! They are written as a text exposition, and what the format cannot say stands in comment lines, which every parser skips:
//!
//! ```text
//! # telemetry: combine sase_agent_active live
//! # telemetry: created sase_bead_active{project="site",status="open"} 0
//! ```

use crate::kept::{Amount, Kept, KeptKind};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use telemetry_core::catalog::{self, SERIES_OVERFLOW};
use telemetry_core::exposition::{self, Family, Format, Metric};
use telemetry_core::metric::{Combine, MetricDef};

/// What every line begins with that is for the ledger alone.
pub(crate) const PREFIX: &str = "# telemetry: ";

/// The last line of a file that is whole: one that was cut short between two lines would read as a smaller one.
pub(crate) const END: &str = "# telemetry: end";

/// What stands behind the prefix of the lines before an exposition.
pub(crate) const OWN: [&str; 4] = ["taken ", "lease ", "combine ", "created "];

/// Metrics by their name.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Families(pub(crate) BTreeMap<String, Kept>);

/// Why a text holds no families.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoFamilies {
    #[error("it was cut short")]
    CutShort,
    #[error(transparent)]
    Parse(#[from] exposition::ParseError),
    #[error("the series of {0} do not have the same labels or bounds")]
    Mixed(String),
    #[error("its head tells of {0}, and what it tells does not fit what follows")]
    Head(String),
}

impl Families {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The family of a metric, made without series where it is not there.
    pub(crate) fn of_def(&mut self, def: &MetricDef) -> &mut Kept {
        let labels = || def.labels.iter().map(|label| label.name.to_owned()).collect();
        let new = || Kept::new(def.kind.into(), def.help.to_owned(), labels());
        self.0.entry(def.name.to_owned()).or_insert_with(new)
    }

    /// Adds what was counted. `notes` gets a sentence for each family that had to begin anew.
    pub(crate) fn add(&mut self, change: &Self, max_series: usize, notes: &mut Vec<String>) {
        for (name, changed) in &change.0 {
            let family = self.fitting(name, changed, notes);
            let folds = |(values, amount): (&Vec<String>, &Amount)| family.add(values, amount, max_series);
            let folded: u32 = changed.series.iter().map(folds).map(u32::from).sum();
            if folded > 0 {
                // Counted as the registry counts them.
                let of = [name.clone()];
                self.of_def(SERIES_OVERFLOW.def()).add(&of, &Amount::Number(f64::from(folded)), usize::MAX);
            }
        }
    }

    /// Replaces every live gauge by its sum over the living; one that nobody holds becomes 0. Says whether anything changed.
    pub(crate) fn set_live(&mut self, living: &Self, max_series: usize) -> bool {
        let before = self.live();
        for family in self.0.values_mut().filter(|family| family.is_live()) {
            family.series.values_mut().for_each(|amount| *amount = Amount::Number(0.0));
        }
        for (name, shown) in &living.0 {
            let family = self.fitting(name, shown, &mut Vec::new());
            for (values, amount) in &shown.series {
                family.add(values, amount, max_series);
            }
        }
        before != self.live()
    }

    fn live(&self) -> BTreeMap<String, Kept> {
        let live = self.0.iter().filter(|(_, family)| family.is_live());
        live.map(|(name, family)| (name.clone(), family.clone())).collect()
    }

    /// The family of this name; begun anew, with a note, where there is one of another shape.
    fn fitting(&mut self, name: &str, like: &Kept, notes: &mut Vec<String>) -> &mut Kept {
        let family = self.0.entry(name.to_owned()).or_insert_with(|| Kept::like(like));
        if let Some(what) = family.difference(like) {
            notes.push(format!("{name} has other {what} than the ledger; it begins anew at 0 there"));
            *family = Kept::like(like);
        }
        if !like.help.is_empty() {
            family.help.clone_from(&like.help);
        }
        family
    }

    /// Whether no counter and no bucket falls by adding this.
    pub(crate) fn only_rise(&self) -> bool {
        self.0.values().all(Kept::only_rises)
    }

    /// By how much each counter and histogram has grown since an earlier state; gauges as they are now.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let grown = self.0.iter().map(|(name, family)| (name.clone(), family.since(earlier.0.get(name))));
        Self(grown.collect())
    }

    /// The families of an exposition: the catalog's in its order, then the others by name.
    pub(crate) fn exposition(&self) -> Vec<Family<'_>> {
        let place = |name: &str| catalog::metrics().position(|def| def.name == name).unwrap_or(usize::MAX);
        let mut families: Vec<_> = self.0.iter().map(|(name, family)| (place(name), name, family)).collect();
        families.sort_by_key(|(place, ..)| *place);
        families.into_iter().map(|(_, name, family)| family.exposition(name)).collect()
    }

    /// Writes the comment lines, the exposition and the line that shows that all of it is there.
    pub(crate) fn write(&self, text: &mut String) {
        for (name, family) in &self.0 {
            if let KeptKind::Gauge(combine) = family.kind {
                let _ = writeln!(text, "{PREFIX}combine {name} {}", combine_word(combine));
            }
        }
        for family in self.created().exposition() {
            let mut lines = String::new();
            exposition::write(&[family], Format::Text, &mut lines);
            for line in lines.lines().filter(|line| !line.starts_with('#')) {
                let _ = writeln!(text, "{PREFIX}created {line}");
            }
        }
        exposition::write(&self.exposition(), Format::Text, text);
        text.push_str(END);
        text.push('\n');
    }

    /// The inverse of [`write`](Self::write); what stands before may be there too, as long as it is comments.
    pub(crate) fn read(text: &str) -> Result<Self, NoFamilies> {
        if text.lines().next_back() != Some(END) {
            return Err(NoFamilies::CutShort);
        }
        let combined = combined(text)?;
        let mut families = BTreeMap::new();
        for family in exposition::parse(text, Format::Text)? {
            // A state that is taken for live would be forgotten, so what is not said is a state.
            let combine = combined.get(&*family.name).copied().unwrap_or(Combine::State);
            let kept = Kept::read(&family, combine);
            let kept = kept.ok_or_else(|| NoFamilies::Mixed(family.name.to_string()))?;
            families.insert(family.name.into_owned(), kept);
        }
        let is_gauge =
            |name| families.get(name).is_some_and(|kept: &Kept| matches!(kept.kind, KeptKind::Gauge(_)));
        if let Some(name) = combined.keys().find(|name| !is_gauge(**name)) {
            return Err(NoFamilies::Head((*name).to_owned()));
        }
        let mut families = Self(families);
        families.mark_created(text)?;
        Ok(families)
    }

    /// The series that were created and never written.
    fn created(&self) -> Self {
        let created = self.0.iter().filter_map(|(name, family)| {
            let mut only = Kept::like(family);
            only.series.extend(
                family
                    .series
                    .iter()
                    .filter(|(_, amount)| **amount == Amount::Created)
                    .map(|(values, amount)| (values.clone(), amount.clone())),
            );
            (!only.series.is_empty()).then(|| (name.clone(), only))
        });
        Self(created.collect())
    }

    fn mark_created(&mut self, text: &str) -> Result<(), NoFamilies> {
        let lines: Vec<_> = own_lines(text, "created ").collect();
        if lines.is_empty() {
            return Ok(());
        }
        let samples = lines.join("\n") + "\n";
        let mut marked = 0;
        for created in exposition::parse(&samples, Format::Text)? {
            for metric in created.metrics {
                let amount = self.at(&created.name, &metric).filter(|amount| **amount == Amount::Number(0.0));
                *amount.ok_or_else(|| NoFamilies::Head(created.name.to_string()))? = Amount::Created;
                marked += 1;
            }
        }
        if marked == lines.len() { Ok(()) } else { Err(NoFamilies::Head("created series".to_owned())) }
    }

    /// The series of a sample, where it is there with just these labels.
    fn at(&mut self, name: &str, metric: &Metric<'_>) -> Option<&mut Amount> {
        let family = self.0.get_mut(name)?;
        let names = metric.labels.iter().map(|label| &*label.name);
        if !names.eq(family.labels.iter().map(String::as_str)) {
            return None;
        }
        let values: Vec<_> = metric.labels.iter().map(|label| label.value.to_string()).collect();
        family.series.get_mut(&values)
    }
}

/// What stands in the comment lines of this kind, before the first line of the exposition.
pub(crate) fn own_lines<'t>(text: &'t str, kind: &'t str) -> impl Iterator<Item = &'t str> {
    let own = text.lines().map_while(|line| line.strip_prefix(PREFIX));
    own.filter_map(move |line| line.strip_prefix(kind))
}

const fn combine_word(combine: Combine) -> &'static str {
    match combine {
        Combine::Live => "live",
        Combine::State => "state",
    }
}

/// How the file says that processes combine its gauges, by their names.
fn combined(text: &str) -> Result<BTreeMap<&str, Combine>, NoFamilies> {
    let mut combined = BTreeMap::new();
    for line in own_lines(text, "combine ") {
        let (name, word) = line.split_once(' ').unwrap_or((line, ""));
        let combine =
            [Combine::Live, Combine::State].into_iter().find(|combine| combine_word(*combine) == word);
        let before = combine.map(|combine| combined.insert(name, combine));
        if before != Some(None) {
            return Err(NoFamilies::Head(name.to_owned()));
        }
    }
    Ok(combined)
}

#[cfg(test)]
mod tests {
    use super::Families;
    use crate::kept::Amount;
    use telemetry_core::catalog::{AGENT_ACTIVE, BEAD_ACTIVE, LLM_INVOCATION_DURATION, LLM_RETRIES};

    fn one_of_each() -> Families {
        let mut families = Families::default();
        let value = |text: &str| vec![text.to_owned()];
        let strange = "quote \" brace } comma , newline \n back\\slash";
        families.of_def(LLM_RETRIES.def()).series.insert(value(strange), Amount::Number(2.0));
        families
            .of_def(AGENT_ACTIVE.def())
            .series
            .insert(vec!["a".to_owned(), strange.to_owned()], Amount::Number(-1.5));
        let beads = families.of_def(BEAD_ACTIVE.def());
        beads.series.insert(vec![strange.to_owned(), "open".to_owned()], Amount::Created);
        beads.series.insert(vec!["p".to_owned(), "open".to_owned()], Amount::Number(0.0));
        let bounds = LLM_INVOCATION_DURATION.def().bounds().len();
        let observed = Amount::Observations { buckets: vec![1.0; bounds + 1], sum: 7.25 };
        families.of_def(LLM_INVOCATION_DURATION.def()).series.insert(value("a"), observed);
        families
    }

    #[test]
    fn families_are_read_back_as_they_were() {
        let mut text = String::new();
        one_of_each().write(&mut text);
        assert_eq!(Families::read(&text).unwrap(), one_of_each(), "{text}");
    }

    #[test]
    fn a_part_of_a_file_is_none() {
        let mut text = String::new();
        one_of_each().write(&mut text);
        let ends = (0..text.len() - 1).filter(|end| text.is_char_boundary(*end));
        assert!(ends.into_iter().all(|end| Families::read(&text[..end]).is_err()));
    }

    #[test]
    fn a_state_that_was_only_created_replaces_nothing() {
        let mut totals = one_of_each();
        let key = vec!["p".to_owned(), "open".to_owned()];
        totals.of_def(BEAD_ACTIVE.def()).series.insert(key.clone(), Amount::Number(5.0));
        let mut change = Families::default();
        change.of_def(BEAD_ACTIVE.def()).series.insert(key.clone(), Amount::Created);
        totals.add(&change, 1000, &mut Vec::new());
        assert_eq!(totals.of_def(BEAD_ACTIVE.def()).series[&key], Amount::Number(5.0));
    }

    #[test]
    fn growth_is_counted_from_an_earlier_state_and_from_0_where_something_began_anew() {
        let earlier = one_of_each();
        let mut now = one_of_each();
        now.add(&one_of_each(), 1000, &mut Vec::new());
        let grown = now.since(&earlier);
        let counters = |families: &Families| families.0[LLM_RETRIES.def().name].clone();
        let histograms = |families: &Families| families.0[LLM_INVOCATION_DURATION.def().name].clone();
        assert_eq!(counters(&grown), counters(&earlier));
        assert_eq!(histograms(&grown), histograms(&earlier));
        assert_eq!(counters(&earlier.since(&now)), counters(&earlier), "it fell: a new beginning");
    }
}
