//! The panels that are seen where somebody wants to see everything in a few charts.

use super::view::View;
use super::{Panel, health, llm, metric};
use crate::indicator::{Indicator, Limits, indicators};
use telemetry_core::catalog::{AGENT, AGENT_ACTIVE, AGENT_RUN_DURATION, AGENT_RUNS, LLM_INVOCATION_DURATION};
use telemetry_core::config::Config;
use telemetry_core::metric::MetricDef;

/// The charts of the whole fleet: how long runs take, how many agents are active, how runs end, what goes through the language models, how
/// long those take, and which share of runs fails.
///
/// They are panels of the boards, with their ids.
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
        metric::joined(&llm::TOKENS),
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
    fn each_is_a_panel_of_a_board() {
        let config = Config::default();
        let boards = boards(&config);
        let known: Vec<_> = boards.iter().flat_map(Board::panels).collect();
        let charts = charts(&config);
        let ids: Vec<_> = charts.iter().map(|chart| chart.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "agent-run-duration-seconds-quantiles",
                "agent-active-by-project",
                "agent-runs-rate-by-status",
                "llm-tokens-rate",
                "llm-invocation-duration-seconds-quantiles",
                "agent-runs-failing"
            ]
        );
        assert!(charts.iter().all(|chart| known.contains(&chart)));
    }

    #[test]
    fn both_ways_of_the_tokens_are_a_line_each() {
        let charts = charts(&Config::default());
        let tokens = charts.iter().find(|chart| chart.id == "llm-tokens-rate").unwrap();
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
