//! How a subsystem wants its metrics shown: in which rows, by which labels, and per second or minute.

use super::{Row, agent, axe, beads, hooks, llm, metric, telemetry, vcs};
use crate::promql::has_labels;
use telemetry_core::catalog::{AGENT, AXE, BEADS, HOOKS, LLM, OWN, VCS};
use telemetry_core::metric::{Combine, Kind, MetricDef, Subsystem};

/// One way to show a metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) of: &'static MetricDef,
    /// What is counted, in the plural; while unset, what the metric's help says.
    pub(super) what: Option<&'static str>,
    /// The labels that tell its series apart; while unset, all of them.
    pub(super) by: Option<&'static [&'static str]>,
    pub(super) per: Per,
}

/// The time to which a rate is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Per {
    Second,
    Minute,
}

/// Rates of which each is one line of one picture. None of them is by any label, and all are per the same time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Together {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) views: &'static [View],
}

/// Views that stand in one row, those in one picture first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Topic {
    pub(super) title: &'static str,
    pub(super) together: &'static [Together],
    pub(super) views: &'static [View],
}

impl View {
    /// As the declaration of the metric has it: by all labels, and per minute, since most of what agents do is rare.
    pub(super) const fn of(def: &'static MetricDef) -> Self {
        Self { of: def, what: None, by: None, per: Per::Minute }
    }

    /// By these labels alone.
    ///
    /// # Panics
    /// Where the metric does not have one of them; in a constant that stops the build.
    pub(super) const fn by(self, labels: &'static [&'static str]) -> Self {
        assert!(has_labels(self.of, labels), "the metric does not have each of the labels");
        Self { by: Some(labels), ..self }
    }

    /// Under this name.
    pub(super) const fn called(self, what: &'static str) -> Self {
        Self { what: Some(what), ..self }
    }

    /// Per second, for what is plentiful.
    pub(super) const fn per_second(self) -> Self {
        Self { per: Per::Second, ..self }
    }

    /// What is counted, with a capital letter.
    pub(super) fn name(&self) -> String {
        let help = self.of.help;
        let noun = help.strip_prefix("Total ").or_else(|| help.strip_prefix("Currently ")).unwrap_or(help);
        let mut letters = self.what.unwrap_or(noun).chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    /// The labels that tell its series apart. What is said of a state is told by who says it, too.
    pub(super) fn labels(&self) -> Vec<&'static str> {
        let own: Vec<_> = match self.by {
            Some(labels) => labels.to_vec(),
            None => self.of.labels.iter().map(|label| label.name).collect(),
        };
        match self.of.kind {
            Kind::Gauge(Combine::State) => ["instance"].into_iter().chain(own).collect(),
            _ => own,
        }
    }
}

/// The rows of a subsystem's metrics. A metric that no topic mentions stands in the last one, as its declaration has it.
pub(super) fn rows(subsystem: &Subsystem) -> Vec<Row> {
    let topics = topics(subsystem);
    let mentioned = |def: &MetricDef| topics.iter().flat_map(|topic| topic.views).any(|view| view.of == def);
    let others: Vec<_> =
        subsystem.metrics.iter().filter(|def| !mentioned(def)).map(|def| View::of(def)).collect();
    let said = topics.iter().map(|topic| row(topic.title, topic.together, topic.views));
    said.chain([row("Activity", &[], &others)]).filter(|row| !row.panels.is_empty()).collect()
}

fn row(title: &str, together: &[Together], views: &[View]) -> Row {
    let joined = together.iter().filter_map(metric::joined);
    Row { title: title.to_owned(), panels: joined.chain(views.iter().flat_map(metric::panels)).collect() }
}

fn topics(subsystem: &Subsystem) -> &'static [Topic] {
    let tables: [(&Subsystem, &'static [Topic]); 7] = [
        (&AGENT, &agent::TOPICS),
        (&LLM, &llm::TOPICS),
        (&AXE, &axe::TOPICS),
        (&HOOKS, &hooks::TOPICS),
        (&BEADS, &beads::TOPICS),
        (&VCS, &vcs::TOPICS),
        (&OWN, &telemetry::TOPICS),
    ];
    tables.into_iter().find(|(of, _)| *of == subsystem).map(|(_, topics)| topics).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subsystems;
    use telemetry_core::catalog::{AGENT_RUNS, BEAD_ACTIVE};

    #[test]
    fn names_begin_with_what_is_counted() {
        assert_eq!(View::of(AGENT_RUNS.def()).name(), "Agent runs");
        assert_eq!(View::of(BEAD_ACTIVE.def()).called("beads").name(), "Beads");
    }

    #[test]
    fn a_state_is_told_by_who_says_it() {
        assert_eq!(View::of(BEAD_ACTIVE.def()).labels(), ["instance", "project", "status"]);
    }

    #[test]
    fn topics_mention_only_metrics_of_their_subsystem() {
        for subsystem in subsystems() {
            for view in topics(subsystem).iter().flat_map(|topic| topic.views) {
                assert!(subsystem.metrics.contains(&view.of), "{} in {}", view.of.name, subsystem.slug);
            }
        }
    }

    #[test]
    fn no_metric_is_left_out() {
        for subsystem in subsystems() {
            let shown: Vec<_> = rows(subsystem).into_iter().flat_map(|row| row.panels).collect();
            for def in subsystem.metrics {
                let shows = |panel: &super::super::Panel| {
                    panel.queries.iter().any(|query| query.vector.metrics().contains(def))
                };
                assert!(shown.iter().any(shows), "{}", def.name);
            }
        }
    }
}
