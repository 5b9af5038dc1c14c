//! The board of the whole fleet: what somebody looks at first.

use super::view::View;
use super::{Board, Legend, Panel, Query, Row, Unit, Visualization, health, metric};
use crate::indicator::{Indicator, Measure, indicators};
use crate::promql::{Vector, Window, counter, gauge};
use crate::subsystems;
use telemetry_core::catalog::{
    AGENT, AGENT_ACTIVE, AGENT_RUNS, AXE, AXE_LUMBERJACKS_ACTIVE, BEAD_ACTIVE, BEADS, LLM, LLM_INVOCATIONS,
    LLM_OUTPUT_TOKENS, OWN, VCS, WORKSPACE_ACTIVE,
};
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;

/// The name of the board in links.
pub const OVERVIEW_UID: &str = "telemetry-overview";

/// The windows that the recording rules count over.
const RUNS_OVER: Window = Window::minutes(30);
const TOKENS_OVER: Window = Window::hours(1);

/// The views of what goes on, on one screen.
static WORK: [View; 4] = [
    View::of(AGENT_ACTIVE.def()).by(&["project"]),
    View::of(AGENT_RUNS.def()).by(&["status"]),
    View::of(LLM_INVOCATIONS.def()).by(&["status"]),
    View::of(LLM_OUTPUT_TOKENS.def()).called("output tokens").per_second(),
];

pub(super) fn board(config: &Config) -> Board {
    let all: Vec<_> = subsystems().collect();
    let verdicts = health::timeline("overview-health", "Worst alert by subsystem", &OWN, &all);
    let work = WORK.iter().flat_map(metric::panels).map(on_the_overview).collect();
    let row = |title: &str, panels| Row { title: title.to_owned(), panels };
    Board {
        uid: OVERVIEW_UID.to_owned(),
        title: "Agent fleet: Overview".to_owned(),
        subsystem: None,
        rows: vec![
            row("Health", vec![verdicts]),
            row("Now", numbers()),
            row("Failures, kills and retries", shares(config)),
            row("Work", work),
        ],
    }
}

fn on_the_overview(panel: Panel) -> Panel {
    Panel { id: format!("overview-{}", panel.id), ..panel }
}

/// What is there now, and what happened lately. None of these numbers is good or bad by itself, so that none turns red.
fn numbers() -> Vec<Panel> {
    let runs = |of, what, title| {
        let vector = Vector::counted(&of, RUNS_OVER, &[]);
        lately(&AGENT, vector, title, what, RUNS_OVER)
    };
    let total = |of| Vector::total(of, &[]);
    vec![
        alive(&AGENT, total(&gauge(&AGENT_ACTIVE)), "Active agents", "agents"),
        alive(&VCS, total(&gauge(&WORKSPACE_ACTIVE)), "Active workspaces", "workspaces"),
        alive(&AXE, total(&gauge(&AXE_LUMBERJACKS_ACTIVE)), "Active lumberjacks", "lumberjacks"),
        beads(),
        runs(counter(&AGENT_RUNS), "Agent runs that ended", "Runs ended"),
        runs(counter(&AGENT_RUNS).failing(), "Agent runs that failed", "Runs failed"),
        runs(counter(&AGENT_RUNS).only("status", &["killed"]), "Agent runs that were killed", "Runs killed"),
        lately(
            &LLM,
            Vector::counted(&counter(&LLM_OUTPUT_TOKENS), TOKENS_OVER, &[]),
            "Output tokens",
            "Output tokens of all providers",
            TOKENS_OVER,
        ),
    ]
}

fn alive(subsystem: &'static Subsystem, vector: Vector, title: &str, what: &str) -> Panel {
    let description = format!("How many {what} there are now: the sum over the processes that are alive.");
    number(subsystem, vector, title, description)
}

/// Two instances may speak of the same beads, so that they are not added up.
fn beads() -> Panel {
    let vector = Vector::total(&gauge(&BEAD_ACTIVE), &["instance"]);
    let description =
        "How many beads are active, as each instance last wrote; two instances may speak of the same beads.";
    number(&BEADS, vector, "Active beads", description.to_owned())
}

fn lately(subsystem: &'static Subsystem, vector: Vector, title: &str, what: &str, over: Window) -> Panel {
    let description = format!("{what} in the last {}, counted one by one.", over.words());
    number(subsystem, vector, &format!("{title}, last {}", over.words()), description)
}

fn number(subsystem: &'static Subsystem, vector: Vector, title: &str, description: String) -> Panel {
    let (name, _window) = title.split_once(',').unwrap_or((title, ""));
    let id = name.to_lowercase().replace(' ', "-");
    on_the_overview(Panel {
        id,
        title: title.to_owned(),
        description,
        unit: Unit::Count,
        visualization: Visualization::Stat,
        queries: vec![Query { legend: Legend::of(&vector, title), vector }],
        thresholds: Vec::new(),
        indicator: None,
        subsystem,
        stacked: false,
    })
}

/// Every share at its present value: on a scale, or as bars where labels tell one from another.
fn shares(config: &Config) -> Vec<Panel> {
    let is_share = |indicator: &&Indicator| matches!(indicator.measure, Measure::Share { .. });
    let (scales, bars): (Vec<_>, Vec<_>) =
        indicators().filter(is_share).partition(|indicator| indicator.by.is_empty());
    let shown = |visualization| {
        move |indicator| Panel { visualization, ..on_the_overview(health::panel(indicator, config)) }
    };
    let scales = scales.into_iter().map(shown(Visualization::Gauge));
    scales.chain(bars.into_iter().map(shown(Visualization::Bar))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_comes_first_with_every_subsystem() {
        let board = board(&Config::default());
        let first = &board.rows[0].panels[0];
        assert_eq!(first.unit, Unit::Health);
        let names: Vec<_> = first.queries.iter().map(|query| query.legend.text.as_str()).collect();
        assert!(names.into_iter().eq(subsystems().map(|subsystem| subsystem.title)));
    }

    #[test]
    fn mere_numbers_have_no_thresholds() {
        assert!(numbers().iter().all(|panel| panel.thresholds.is_empty()));
    }

    #[test]
    fn every_share_is_at_a_glance() {
        let panels = shares(&Config::default());
        assert!(panels.len() >= 9 && panels.iter().all(|panel| panel.thresholds.len() == 2));
        let gauges = panels.iter().filter(|panel| panel.visualization == Visualization::Gauge);
        assert_eq!(gauges.count(), 3);
    }
}
