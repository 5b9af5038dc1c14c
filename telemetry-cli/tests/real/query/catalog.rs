//! Every expression that the catalog generates can be evaluated.

use telemetry_catalog::indicator::indicators;
use telemetry_catalog::panel::{Board, boards};
use telemetry_catalog::promql::Scope;
use telemetry_catalog::rules::{alert_rules, recording_rules};
use telemetry_catalog::{Filter, examples};
use telemetry_core::config::Config;
use telemetry_query::{Limits, MemoryStore, Query, Steps};

/// The expressions of all rules, panels and indicators, and those that documentation shows.
fn expressions() -> Vec<String> {
    let config = Config::default();
    let alerts = alert_rules(&config).into_iter().map(|rule| rule.expr);
    let records = recording_rules(&config).into_iter().map(|rule| rule.record.expr);
    let indicators = indicators().map(|indicator| indicator.signal(&config).value.written(&Scope::plain()));
    let boards = boards(&config);
    let panels = boards.iter().flat_map(Board::panels).flat_map(|panel| &panel.queries);
    let panels = panels.map(|query| query.vector.written(&Scope::plain()));
    let groups = Filter::default().groups();
    let shown = groups.iter().flat_map(|group| &group.metrics).flat_map(|entry| examples(entry));
    alerts.chain(records).chain(indicators).chain(panels).chain(shown.map(|example| example.query)).collect()
}

#[test]
fn every_generated_expression_is_evaluated() {
    let expressions = expressions();
    assert!(expressions.len() > 100, "only {}", expressions.len());
    let steps = Steps { start: 0, end: 600_000, step: 60_000 };
    for expression in expressions {
        let query = Query::parse(&expression).unwrap_or_else(|error| panic!("{error}: {expression}"));
        let store = MemoryStore::default();
        let answer = query.range(&store, steps, &Limits::default());
        answer.unwrap_or_else(|error| panic!("{error}: {expression}"));
    }
}
