//! What was measured of the panels, with what every frame needs of it.
//!
//! A panel may have thousands of series of hundreds of points. They are made fit to be drawn once, and what follows from the filter and from
//! what is hidden once for each choice, so that a frame costs drawing alone.

use super::super::look::Courses;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use telemetry_catalog::panel::Panel;
use telemetry_charts::buckets::{self, Bucket};
use telemetry_charts::colours::looks;
use telemetry_charts::data::{self, Clean};
use telemetry_charts::pile::{self, Layer};
use telemetry_charts::state::{self, Span};
use telemetry_charts::{Chart, Series};
use telemetry_stack::panels::Course;

/// The most series that get a line of their own; the others are drawn together.
const ALONE: usize = 24;

/// What was measured, and what is drawn of it.
#[derive(Debug, Clone)]
pub(in super::super) struct Charted {
    courses: Courses,
    drafts: Vec<Option<Draft>>,
}

/// A panel of which something was measured, ready to be drawn.
#[derive(Debug, Clone)]
pub(in super::super) struct Draft {
    /// All series, also those that are not drawn.
    pub(in super::super) series: Vec<Clean>,
    looks: Vec<usize>,
    buckets: OnceLock<Vec<Bucket>>,
    spans: OnceLock<Vec<Vec<Span>>>,
    /// What was chosen when the last frame was drawn.
    last: RefCell<Option<Arc<Chosen>>>,
}

/// Which series of a panel are drawn, as places among all of them.
#[derive(Debug)]
pub(in super::super) struct Chosen {
    filter: String,
    /// The names that somebody has hidden.
    hidden: BTreeSet<String>,
    /// Those of which something is known.
    pub(in super::super) known: usize,
    /// Those of them that pass the filter.
    pub(in super::super) passing: usize,
    /// Those that are drawn.
    pub(in super::super) drawn: Vec<usize>,
    /// Those that would be, were they not hidden.
    pub(in super::super) struck: Vec<usize>,
    layers: OnceLock<(Vec<Layer>, usize)>,
}

impl Charted {
    pub(in super::super) fn of(courses: Courses) -> Self {
        let draft = |(panel, course): (&Panel, &Course)| Draft::of(&chart(panel, course), &course.series);
        let measured = courses.panels.iter().map(|one| Some((&one.panel, one.course.as_ref().ok()?)));
        let drafts = measured.map(|measured| measured.map(draft)).collect();
        Self { courses, drafts }
    }

    /// The panel in that place; `None` where nothing was measured of it.
    pub(in super::super) fn draft(&self, place: usize) -> Option<&Draft> {
        self.drafts.get(place)?.as_ref()
    }
}

impl Deref for Charted {
    type Target = Courses;

    fn deref(&self) -> &Courses {
        &self.courses
    }
}

/// The times of a panel, without its series.
pub(in super::super) const fn chart<'p>(panel: &'p Panel, course: &Course) -> Chart<'p> {
    let steps = course.steps;
    Chart { panel, series: Vec::new(), left_out: 0, start: steps.start, end: steps.end, step: steps.step }
}

/// Whether a name has the text in it, in whatever case; every name has none in it.
pub(super) fn passes(filter: &str, name: &str) -> bool {
    filter.is_empty() || name.to_lowercase().contains(&filter.to_lowercase())
}

impl Draft {
    fn of(chart: &Chart<'_>, series: &[Series]) -> Self {
        let series = data::clean_over(chart, series);
        let looks = looks(&series.iter().map(|series| series.name.as_str()).collect::<Vec<_>>());
        Self { series, looks, buckets: OnceLock::new(), spans: OnceLock::new(), last: RefCell::new(None) }
    }

    /// The look of the series in that place.
    pub(in super::super) fn look(&self, place: usize) -> usize {
        self.looks.get(place).copied().unwrap_or_default()
    }

    /// The series as buckets of a distribution.
    pub(in super::super) fn buckets(&self) -> &[Bucket] {
        self.buckets.get_or_init(|| buckets::buckets(&self.series))
    }

    /// The states of the series in that place.
    pub(in super::super) fn spans(&self, chart: &Chart<'_>, place: usize) -> &[Span] {
        let all = || self.series.iter().map(|series| state::spans(chart, series)).collect();
        self.spans.get_or_init(all).get(place).map_or(&[], Vec::as_slice)
    }

    /// What is drawn by this filter without these names: found anew where it is not what the last frame has chosen.
    pub(in super::super) fn chosen(&self, filter: &str, hidden: BTreeSet<String>) -> Arc<Chosen> {
        let mut last = self.last.borrow_mut();
        match &*last {
            Some(last) if last.filter == filter && last.hidden == hidden => Arc::clone(last),
            _ => Arc::clone(last.insert(Arc::new(Chosen::of(&self.series, filter, hidden)))),
        }
    }
}

impl Chosen {
    fn of(series: &[Clean], filter: &str, hidden: BTreeSet<String>) -> Self {
        let known = || series.iter().enumerate().filter(|(_, series)| !series.runs.is_empty());
        let passing = known().filter(|(_, series)| passes(filter, &series.name));
        let (struck, drawn): (Vec<_>, Vec<_>) =
            passing.partition(|(_, series)| hidden.contains(&series.name));
        let places = |all: Vec<(usize, &Clean)>| all.into_iter().map(|(place, _)| place).collect();
        Self {
            filter: filter.to_owned(),
            known: known().count(),
            passing: struck.len() + drawn.len(),
            drawn: places(drawn),
            struck: places(struck),
            hidden,
            layers: OnceLock::new(),
        }
    }

    /// The layers of a panel of these series, and how many of them are together in the last.
    pub(in super::super) fn layers(&self, draft: &Draft, panel: &Panel) -> &(Vec<Layer>, usize) {
        let layers = || pile::layers(&draft.series, |name| self.lets(name), panel.stacked, ALONE);
        self.layers.get_or_init(layers)
    }

    /// Whether a series of this name is drawn.
    pub(in super::super) fn lets(&self, name: &str) -> bool {
        passes(&self.filter, name) && !self.hidden.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{app, courses};
    use super::*;

    fn charted() -> Charted {
        Charted::of(courses(&app(), &["claude", "codex", "gemini"]))
    }

    fn hidden(name: &str) -> BTreeSet<String> {
        BTreeSet::from([name.to_owned()])
    }

    #[test]
    fn what_is_chosen_is_found_once_and_anew_where_it_changes() {
        let charted = charted();
        let draft = charted.draft(0).unwrap();
        let all = draft.chosen("", BTreeSet::new());
        assert_eq!((all.known, all.passing, all.drawn.as_slice()), (3, 3, &[0, 1, 2][..]));
        assert!(Arc::ptr_eq(&all, &draft.chosen("", BTreeSet::new())));
        let some = draft.chosen("C", hidden("codex"));
        assert_eq!((some.known, some.passing), (3, 2));
        assert_eq!((&*some.drawn, &*some.struck), (&[0][..], &[1][..]));
        assert!(Arc::ptr_eq(&some, &draft.chosen("C", hidden("codex"))));
        assert!(!Arc::ptr_eq(&some, &draft.chosen("C", hidden("claude"))));
    }

    #[test]
    fn layers_are_those_of_what_is_chosen_and_are_made_once() {
        let charted = charted();
        let (draft, panel) = (charted.draft(0).unwrap(), &charted.panels[0].panel);
        let chosen = draft.chosen("", hidden("codex"));
        let (layers, together) = chosen.layers(draft, panel);
        let names: Vec<_> = layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!((names, *together), (vec!["claude", "gemini"], 0));
        assert!(std::ptr::eq(layers, &raw const draft.chosen("", hidden("codex")).layers(draft, panel).0));
    }

    #[test]
    fn what_is_not_known_has_no_draft() {
        let mut courses = courses(&app(), &["claude"]);
        courses.panels[1].course = Err("refused".to_owned());
        let charted = Charted::of(courses);
        assert!(charted.draft(0).is_some() && charted.draft(1).is_none() && charted.draft(99).is_none());
    }
}
