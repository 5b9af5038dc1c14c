//! What an expression names that nobody knows there, where nothing came of it.

use promql_parser::label::{METRIC_NAME, MatchOp, Matcher};
use promql_parser::parser::{self, Expr, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};
use std::convert::Infallible;
use telemetry_catalog::{find_metric, nearest_names};
use telemetry_core::catalog;
use telemetry_core::metric::Kind;
use telemetry_stack::source::Theirs;

/// How many selectors of an expression are looked into, and how many labels of each: every one costs a request.
const MOST: usize = 4;

/// How many values of a label are listed.
const LISTED: usize = 8;

/// Why there may be nothing, a line each; never none.
pub(super) fn said(theirs: &Theirs, expr: &str) -> Vec<String> {
    let selectors = parser::parse(expr).map(|expr| selectors(&expr)).unwrap_or_default();
    let mut lines = Vec::new();
    if let Ok(names) = theirs.label_values(METRIC_NAME, None) {
        let known = |selector: &Selector| names.contains(&selector.name);
        lines.extend(
            selectors.iter().filter(|selector| !known(selector)).map(|of| unknown_name(&of.name, &names)),
        );
        lines.extend(
            selectors.iter().filter(|selector| known(selector)).flat_map(|of| unknown_values(theirs, of)),
        );
    }
    if lines.is_empty() {
        lines.push(
            "what the expression names is known there, but nothing of it has a value at that time".to_owned(),
        );
    }
    lines.iter().map(|line| format!("the result is empty: {line}")).collect()
}

/// Series that an expression selects by the name of their metric.
#[derive(Debug, PartialEq)]
struct Selector {
    name: String,
    /// The labels that are to have just this value.
    equal: Vec<(String, String)>,
}

impl Selector {
    fn of(selector: &VectorSelector) -> Option<Self> {
        let matchers = &selector.matchers.matchers;
        let of_name = |matcher: &&Matcher| matcher.name == METRIC_NAME && matcher.op == MatchOp::Equal;
        let by_matcher = || matchers.iter().find(of_name).map(|matcher| matcher.value.clone());
        let equal = |matcher: &&Matcher| matcher.op == MatchOp::Equal && matcher.name != METRIC_NAME;
        let pair = |matcher: &Matcher| (matcher.name.clone(), matcher.value.clone());
        let equal = matchers.iter().filter(equal).filter(|matcher| !matcher.value.is_empty()).map(pair);
        Some(Self { name: selector.name.clone().or_else(by_matcher)?, equal: equal.take(MOST).collect() })
    }
}

fn selectors(expr: &Expr) -> Vec<Selector> {
    struct Found(Vec<Selector>);
    impl ExprVisitor for Found {
        type Error = Infallible;

        fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Infallible> {
            let selector = match expr {
                Expr::VectorSelector(selector) => Some(selector),
                Expr::MatrixSelector(matrix) => Some(&matrix.vs),
                _ => None,
            };
            let selector = selector.and_then(Selector::of).filter(|selector| !self.0.contains(selector));
            self.0.extend(selector.filter(|_| self.0.len() < MOST));
            Ok(true)
        }
    }
    let mut found = Found(Vec::new());
    let Ok(_) = walk_expr(&mut found, expr);
    found.0
}

/// A metric that is not there: what it is called, or that nothing of it was counted yet.
fn unknown_name(name: &str, names: &[String]) -> String {
    let defined = find_metric(name);
    if defined.is_some_and(|entry| matches!(entry.def.kind, Kind::Histogram(_))) {
        return format!("{name} is a histogram, whose series are {name}_bucket, {name}_sum and {name}_count");
    }
    if defined.is_some() {
        return format!("{name} is in the catalog, but no series of it has arrived there");
    }
    let catalog = catalog::metrics().map(|def| def.name);
    let likely = nearest_names(name, catalog.chain(names.iter().map(String::as_str)));
    let meant =
        if likely.is_empty() { String::new() } else { format!("; did you mean {}?", likely.join(" or ")) };
    format!("nobody there knows {name}{meant}")
}

/// The labels that never have the value that is asked for.
fn unknown_values(theirs: &Theirs, selector: &Selector) -> Vec<String> {
    let name = &selector.name;
    let unknown = |(label, value): &(String, String)| {
        let values = theirs.label_values(label, Some(&format!("{{{METRIC_NAME}={name:?}}}"))).ok()?;
        (!values.contains(value)).then(|| match values.as_slice() {
            [] => format!("{name} has no label {label}"),
            values => format!("{label} of {name} is never {value:?}, but {}", listed(values)),
        })
    };
    selector.equal.iter().filter_map(unknown).collect()
}

fn listed(values: &[String]) -> String {
    let more = values.len().saturating_sub(LISTED);
    let shown: Vec<_> = values.iter().take(LISTED).map(|value| format!("{value:?}")).collect();
    let more = if more > 0 { format!(" and {more} others") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expr: &str) -> Vec<Selector> {
        selectors(&parser::parse(expr).unwrap())
    }

    #[test]
    fn what_an_expression_selects_is_found_wherever_it_stands() {
        let found = of(
            "sum(rate(a_total{status=\"x\", zone=~\"n.*\"}[5m])) / on() (b or {__name__=\"c\"} or a_total)",
        );
        let names: Vec<_> = found.iter().map(|selector| selector.name.as_str()).collect();
        assert_eq!(names, ["a_total", "b", "c", "a_total"]);
        assert_eq!(found[0].equal, [("status".to_owned(), "x".to_owned())]);
        assert!(of("1 + vector(1)").is_empty() && of("{job=\"x\"}").is_empty());
    }

    #[test]
    fn a_name_is_told_by_what_it_might_be() {
        let names = ["up".to_owned(), "node_load1".to_owned()];
        for (name, words) in [
            ("sase_agent_run_total", "did you mean sase_agent_runs_total?"),
            ("sase_agent_runs_total", "no series of it has arrived"),
            ("sase_agent_run_duration_seconds", "sase_agent_run_duration_seconds_bucket"),
            ("node_laod1", "did you mean node_load1?"),
            ("zzzzzzzzzzzz", "nobody there knows zzzzzzzzzzzz"),
        ] {
            let said = unknown_name(name, &names);
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn many_values_are_not_all_listed() {
        let values: Vec<_> = (0..10).map(|number| number.to_string()).collect();
        assert!(listed(&values).ends_with("\"7\" and 2 others"), "{}", listed(&values));
    }
}
