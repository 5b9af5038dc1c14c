//! The page of `telemetry snapshot`: which sources answered, and the metrics of each subsystem.
//!
//! All numbers of a page stand in one grid and all distributions in another, so that columns line up from one subsystem to the next.

use super::change::Before;
use super::grid::{Cell, Grid, Paint, painted};
use super::half::{Half, LaidOut, Style};
use super::harmless;
use super::summary::{Summary, Terms};
use crate::output::Screen;
use crate::samples::{Union, subsystem_of};
use std::collections::BTreeSet;
use telemetry_catalog::subsystems;
use telemetry_core::config::HealthThresholds;
use telemetry_core::exposition::Family;

/// The title over what the catalog does not have.
const OTHER: &str = "Other";

/// Labels that are said once where all series have the same.
const TARGET_LABELS: [&str; 2] = ["job", "instance"];

/// The widest rule; a wider one looks lost.
const MAX_RULE: u16 = 100;

/// What the page shows.
#[derive(Debug)]
pub(crate) struct Page<'p> {
    pub(crate) sources: &'p [SourceLine],
    /// The wanted families, and what was noticed on the way to them.
    pub(crate) union: &'p Union<'p>,
    /// Where a failure rate stands out.
    pub(crate) thresholds: &'p HealthThresholds,
    /// The most series of one metric that are shown.
    pub(crate) limit: Option<usize>,
    /// The last look, where changes are shown.
    pub(crate) before: Option<&'p Before>,
    /// What to say where there is no series.
    pub(crate) when_empty: String,
}

/// One line about a source.
#[derive(Debug)]
pub(crate) struct SourceLine {
    pub(crate) name: &'static str,
    pub(crate) place: String,
    pub(crate) outcome: String,
    pub(crate) standing: Standing,
}

/// What came of asking a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It answered.
    Answered,
    /// It is not there, which is nothing unusual.
    Absent,
    /// Something is wrong with it.
    Wrong,
}

/// A pair of job and instance.
type Target = [String; 2];

/// The metrics of one subsystem.
#[derive(Debug)]
struct Section<'f> {
    title: &'static str,
    targets: BTreeSet<Target>,
    metrics: Vec<Summary<'f>>,
}

/// The whole page.
pub(crate) fn snapshot(page: &Page<'_>, screen: Screen) -> String {
    let targets = targets(&page.union.families);
    let sections = sections(page);
    let mut out = heading(page, &targets, &sections, screen);
    match sections.is_empty() {
        true => out.push_str(&format!("{}\n", page.when_empty)),
        false => out.push_str(&body(&sections, targets.len() > 1, page, screen)),
    }
    out
}

fn sections<'f>(page: &Page<'f>) -> Vec<Section<'f>> {
    let (families, limit) = (&page.union.families, page.limit.unwrap_or(usize::MAX));
    let titles = subsystems().map(|subsystem| subsystem.title).chain([OTHER]);
    let title_of =
        |family: &Family<'_>| subsystem_of(&family.name).map_or(OTHER, |subsystem| subsystem.title);
    let sections = titles.map(|title| {
        let here =
            || families.iter().filter(move |family| !family.metrics.is_empty() && title_of(family) == title);
        let targets = targets(here());
        let terms = Terms { hidden_labels: &hidden_labels(&targets), limit, before: page.before };
        Section { title, metrics: here().map(|family| Summary::of(family, terms)).collect(), targets }
    });
    sections.filter(|section| !section.metrics.is_empty()).collect()
}

/// Every pair of job and instance among the series.
fn targets<'f>(families: impl IntoIterator<Item = &'f Family<'f>>) -> BTreeSet<Target> {
    let pairs = families.into_iter().flat_map(|family| &family.metrics).map(|metric| {
        TARGET_LABELS.map(|name| {
            let label = metric.labels.iter().find(|label| label.name == name);
            label.map(|label| harmless(&label.value)).unwrap_or_default()
        })
    });
    pairs.collect()
}

/// Labels that all series share are said above them; where each instance has one job, the instance tells both.
fn hidden_labels(targets: &BTreeSet<Target>) -> Vec<&'static str> {
    let jobs: BTreeSet<_> = targets.iter().map(|[job, _]| job).collect();
    let instances: BTreeSet<_> = targets.iter().map(|[_, instance]| instance).collect();
    let mut hidden = Vec::new();
    if jobs.len() <= 1 || instances.len() == targets.len() {
        hidden.push("job");
    }
    if instances.len() <= 1 {
        hidden.push("instance");
    }
    hidden
}

fn heading(page: &Page<'_>, targets: &BTreeSet<Target>, sections: &[Section<'_>], screen: Screen) -> String {
    let mut grid = Grid::new(&["SOURCE", "ADDRESS", "ANSWER"], usize::MAX);
    for line in page.sources {
        let paint = match line.standing {
            Standing::Answered => Paint::Plain,
            Standing::Absent => Paint::Faint,
            Standing::Wrong => Paint::Critical,
        };
        grid.push([line.name, &line.place, &line.outcome].map(|text| Cell::new(text, paint)).to_vec());
    }
    // An error that is cut off helps nobody, so that these lines may be longer than the screen.
    let mut lines = grid.lines(grid.first_width(), screen).rows;
    lines.extend(
        shared_target(targets)
            .map(|target| painted(&format!("every series has {target}"), Paint::Faint, screen)),
    );
    let notes = page.union.notes.iter().cloned().chain(mixed_bounds(sections));
    lines.extend(notes.map(|note| painted(&format!("note: {note}"), Paint::Warning, screen)));
    lines.join("\n") + "\n\n"
}

/// The job and instance of all series, where there is but one pair.
fn shared_target(targets: &BTreeSet<Target>) -> Option<String> {
    let target = targets.first().filter(|_| targets.len() == 1)?;
    let labels = TARGET_LABELS.iter().zip(target).filter(|(_, value)| !value.is_empty());
    let told = labels.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    (!told.is_empty()).then_some(told)
}

fn mixed_bounds<'s>(sections: &'s [Section<'_>]) -> impl Iterator<Item = String> + use<'s> {
    let mixed = sections.iter().flat_map(|section| &section.metrics).filter(|metric| metric.mixed_bounds);
    mixed.map(|metric| {
        format!("the series of {} have different buckets, so that no percentile covers them all", metric.name)
    })
}

fn body(sections: &[Section<'_>], many_targets: bool, page: &Page<'_>, screen: Screen) -> String {
    let (thresholds, changes) = (page.thresholds, page.before.is_some());
    let half = |distributions: bool| {
        let metrics = sections.iter().flat_map(|section| &section.metrics);
        let metrics = metrics.filter(|metric| metric.is_distribution() == distributions).collect();
        Half::new(metrics, Style { distributions, thresholds, changes, screen })
    };
    let [numbers, distributions] = [half(false), half(true)];
    let first = numbers.first_width().max(distributions.first_width());
    let mut halves = [numbers, distributions].map(|half| half.laid_out(first));
    let width = halves.iter().map(|half| half.width).max().unwrap_or_default().min(MAX_RULE);
    let written = sections.iter().map(|section| {
        let target = shared_target(&section.targets).filter(|_| many_targets);
        title(section.title, target, width, screen) + &section_lines(section, &mut halves)
    });
    written.collect::<Vec<_>>().join("\n")
}

/// The title of a section with the target of its series, and a rule up to the width of the page.
fn title(title: &str, target: Option<String>, width: u16, screen: Screen) -> String {
    let target = target.map(|target| format!(" {target} ")).unwrap_or_default();
    let rule = usize::from(width).saturating_sub(title.chars().count() + target.chars().count() + 1);
    let rest = painted(&format!("{target}{}", "─".repeat(rule)), Paint::Faint, screen);
    format!("{} {rest}\n", painted(title, Paint::Strong, screen))
}

/// The section's share of each half.
fn section_lines(section: &Section<'_>, halves: &mut [LaidOut; 2]) -> String {
    let mut lines = Vec::new();
    for (half, distributions) in halves.iter_mut().zip([false, true]) {
        let count = section.metrics.iter().filter(|metric| metric.is_distribution() == distributions).count();
        if count > 0 {
            lines.extend((!lines.is_empty()).then(String::new));
            lines.push(half.header.clone());
            lines.extend(half.blocks.drain(..count).flatten());
        }
    }
    lines.join("\n") + "\n"
}
