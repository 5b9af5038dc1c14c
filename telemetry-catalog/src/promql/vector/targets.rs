//! What is known of the targets, the groups and the alerts that series come from.

use super::{TARGET, Vector};
use crate::indicator::Severity;
use crate::promql::Window;
use crate::promql::node::{Node, Range as Reach};
use telemetry_core::metric::Subsystem;

/// A series that Prometheus or the Pushgateway makes about what it scrapes or holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// Whether the last scrape of a target succeeded, 1 or 0; made by Prometheus.
    Up,
    /// When a group was last pushed, in seconds since 1970; made by the Pushgateway.
    PushTime,
    /// When the process of a target began, in seconds since 1970; made by the client libraries of Prometheus, and by ours.
    ProcessStart,
    /// The alerts that are pending or firing, each with the value 1; made by Prometheus.
    Alerts,
}

impl Foreign {
    /// The name of the series.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::PushTime => "push_time_seconds",
            Self::ProcessStart => "process_start_time_seconds",
            Self::Alerts => "ALERTS",
        }
    }
}

impl Vector {
    /// A series that is not the catalog's, as the largest of each job and instance, of one job where it is named.
    #[must_use]
    pub fn foreign(series: Foreign, job: Option<&str>) -> Self {
        Self { node: foreign_node(series, job), by: TARGET.to_vec() }.largest()
    }

    /// A series that is not the catalog's, over a window: the largest that each job and instance had.
    #[must_use]
    pub fn foreign_peak(series: Foreign, job: Option<&str>, window: Window) -> Self {
        let peak = Node::call("max_over_time", foreign_node(series, job).over(Reach::Fixed(window)));
        Self { node: peak, by: TARGET.to_vec() }.largest()
    }

    /// 1 where more than this share of the scrapes of a job's target succeeded in a window at whose beginning it was known already, and 0
    /// where fewer did.
    #[must_use]
    pub fn mostly_up(job: &str, share: f64, window: Window) -> Self {
        let up = || foreign_node(Foreign::Up, Some(job));
        let average =
            Node::call("avg_over_time", up().over(Reach::Fixed(window))).then("and", up().earlier(window));
        Self { node: average, by: TARGET.to_vec() }.largest().compared("> bool", share)
    }

    /// 1 where an alert of this severity fires in a subsystem, and nothing where none does.
    #[must_use]
    pub fn firing(subsystem: &Subsystem, severity: Severity) -> Self {
        let exactly = |text: &str| vec![text.to_owned()];
        let matchers = vec![
            ("alertstate", exactly("firing")),
            ("subsystem", exactly(subsystem.slug)),
            ("severity", exactly(severity.as_str())),
        ];
        let node = Node::foreign(Foreign::Alerts.name(), matchers).aggregated("max", &[]);
        Self { node, by: Vec::new() }
    }

    /// 1 where any target of these jobs is up, and nothing where none is.
    #[must_use]
    pub fn any_up(jobs: &[&str]) -> Self {
        let jobs = jobs.iter().map(|job| (*job).to_owned()).collect();
        let up = Node::foreign(Foreign::Up.name(), vec![("job", jobs)]).then("==", Node::Number(1.0));
        Self { node: up.aggregated("max", &[]), by: Vec::new() }
    }

    /// This where its target was up, or its group pushed, that long ago.
    ///
    /// # Panics
    /// Where it is not aggregated to job and instance, among others.
    #[must_use]
    pub fn where_known(self, ago: Window) -> Self {
        assert!(TARGET.iter().all(|label| self.by.contains(label)), "{self:?} does not tell its target");
        Self { node: self.node.then_on("and", &TARGET, known(ago)), by: self.by }
    }
}

pub(super) fn foreign_node(series: Foreign, job: Option<&str>) -> Node {
    let matchers = job.map(|job| ("job", vec![job.to_owned()]));
    Node::foreign(series.name(), matchers.into_iter().collect())
}

/// Which targets were up and which groups were pushed that long ago.
pub(super) fn known(ago: Window) -> Node {
    let was_up = Node::foreign(Foreign::Up.name(), Vec::new()).earlier(ago).then("==", Node::Number(1.0));
    was_up.then("or", Node::foreign(Foreign::PushTime.name(), Vec::new()).earlier(ago))
}

/// The targets whose process began in the window, however early it was first seen: all that it counted is of the window.
pub(super) fn begun(window: Window) -> Node {
    let start = Node::foreign(Foreign::ProcessStart.name(), Vec::new()).over(Reach::Fixed(window));
    let begin = Node::Call("time", Vec::new()).then("-", Node::Number(f64::from(window.seconds())));
    Node::call("min_over_time", start).then(">=", begin)
}
