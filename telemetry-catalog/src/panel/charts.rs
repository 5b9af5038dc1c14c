//! The panels that are seen where somebody wants to see everything in a few charts.

use super::view::View;
use super::{Panel, health, metric};
use crate::indicator::{Indicator, Limits, indicators};
use telemetry_core::catalog::{
    AGENT, AGENT_ACTIVE, AGENT_RUN_DURATION, AGENT_RUNS, LLM_INPUT_TOKENS, LLM_INVOCATION_DURATION,
    LLM_OUTPUT_TOKENS,
};
use telemetry_core::config::Config;
use telemetry_core::metric::MetricDef;

/// Both ways that tokens go, each as one line.
static TOKENS: [View; 2] = [
    View::of(LLM_INPUT_TOKENS.def()).by(&[]).called("input tokens").per_second(),
    View::of(LLM_OUTPUT_TOKENS.def()).by(&[]).called("output tokens").per_second(),
];

/// The charts of the whole fleet: how long runs take, how many agents are active, how runs end, what goes through the language models, how
/// long those take, and which share of runs fails.
///
/// They are panels of the boards, with their ids, but for the tokens, of which both directions stand in one picture.
///
/// ```
/// use telemetry_catalog::panel::charts;
/// use telemetry_core::config::Config;
///
/// let charts = charts(&Config::default());
/// assert_eq!(charts.len(), 6);
/// assert_eq!(charts[0].id, "agent-run-duration-seconds-quantiles");
/// ```
#[must_use]
pub fn charts(config: &Config) -> Vec<Panel> {
    let shown = [
        percentiles(AGENT_RUN_DURATION.def()),
        of(&View::of(AGENT_ACTIVE.def()).by(&["project"])),
        of(&View::of(AGENT_RUNS.def()).by(&["status"])),
        tokens(),
        percentiles(LLM_INVOCATION_DURATION.def()),
        failing(config),
    ];
    shown.into_iter().flatten().collect()
}

/// The only panel of a metric that is no histogram.
fn of(view: &View) -> Option<Panel> {
    metric::panels(view).into_iter().next()
}

/// Of the panels of a histogram that which has several percentiles of everything.
fn percentiles(def: &'static MetricDef) -> Option<Panel> {
    metric::panels(&View::of(def)).into_iter().find(|panel| panel.queries.len() > 1)
}

fn tokens() -> Option<Panel> {
    let panels: Vec<_> = TOKENS.iter().flat_map(metric::panels).collect();
    let queries = panels.iter().flat_map(|panel| panel.queries.clone()).collect();
    let names = TOKENS.each_ref().map(|view| format!("`{}`", view.of.name)).join(" and ");
    panels.into_iter().next().map(|panel| Panel {
        id: "llm-tokens-rate".to_owned(),
        title: "LLM tokens per second".to_owned(),
        description: format!("How fast {names} grew per second, averaged over the resolution of the graph."),
        queries,
        ..panel
    })
}

/// The share of runs that fail, with the limits of the configuration.
fn failing(config: &Config) -> Option<Panel> {
    let is_it = |indicator: &&Indicator| {
        indicator.subsystem == &AGENT && indicator.limits == Limits::ErrorRate && indicator.by.is_empty()
    };
    indicators().find(is_it).map(|indicator| health::panel(indicator, config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{Board, boards};
    use telemetry_core::metric::Subsystem;

    #[test]
    fn each_is_a_panel_of_a_board_but_for_that_which_joins_two() {
        let config = Config::default();
        let boards = boards(&config);
        let known: Vec<_> = boards.iter().flat_map(Board::panels).collect();
        let (whole, joined): (Vec<_>, Vec<_>) =
            charts(&config).into_iter().partition(|chart| known.contains(&chart));
        let ids: Vec<_> = whole.iter().map(|chart| chart.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "agent-run-duration-seconds-quantiles",
                "agent-active-by-project",
                "agent-runs-rate-by-status",
                "llm-invocation-duration-seconds-quantiles",
                "agent-runs-failing"
            ]
        );
        let [tokens] = joined.as_slice() else { panic!("{joined:?}") };
        assert!(known.iter().all(|panel| panel.id != tokens.id));
        let names: Vec<_> = tokens.queries.iter().map(|query| query.legend.text.as_str()).collect();
        assert_eq!(names, ["Input tokens", "Output tokens"]);
        assert!(!tokens.stacked && tokens.queries.iter().all(|query| query.vector.by().is_empty()));
    }

    #[test]
    fn they_are_of_more_than_one_subsystem() {
        let of: Vec<&Subsystem> = charts(&Config::default()).iter().map(|chart| chart.subsystem).collect();
        assert!(of.iter().any(|subsystem| *subsystem != of[0]));
    }

    #[test]
    fn the_panels_of_a_board_are_of_its_subsystem() {
        for board in boards(&Config::default()) {
            let own = |panel: &Panel| board.subsystem.is_none_or(|subsystem| subsystem == panel.subsystem);
            assert!(board.panels().all(own), "{}", board.uid);
        }
    }
}
