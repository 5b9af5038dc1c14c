//! What is wrong with an expression, seen on the tree that another parser than ours makes of it.

use promql_parser::label::{METRIC_NAME, MatchOp};
use promql_parser::parser::token::{T_DIV, T_SUM};
use promql_parser::parser::{self, AggregateExpr, Expr, LabelModifier, VectorSelector};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use telemetry_catalog::find_metric;
use telemetry_catalog::rules::recording_rules;
use telemetry_core::config::Config;
use telemetry_core::metric::Kind;

/// What the interval is taken to be while the expression is parsed: a span that nobody would write.
const INTERVAL: (&str, Duration) = ("419s", Duration::from_secs(419));

/// The series that others make.
const FOREIGN: [&str; 3] = ["up", "push_time_seconds", "ALERTS"];

/// The series that the rules record, with their labels.
pub(crate) struct Known(BTreeMap<String, BTreeSet<String>>);

impl Known {
    pub(crate) fn new(config: &Config) -> Self {
        let records = recording_rules(config).into_iter().map(|rule| rule.record);
        Self(
            records.map(|record| (record.name, record.by.into_iter().map(str::to_owned).collect())).collect(),
        )
    }

    /// The family that a selected name belongs to: a metric, or a recorded or foreign series.
    pub(crate) fn family(&self, name: &str) -> Option<String> {
        let stems =
            ["", "_bucket", "_sum", "_count"].into_iter().filter_map(|suffix| name.strip_suffix(suffix));
        let metric = stems.into_iter().find_map(find_metric).map(|entry| entry.def.name.to_owned());
        let other = || (self.0.contains_key(name) || FOREIGN.contains(&name)).then(|| name.to_owned());
        metric.or_else(other)
    }
}

/// Everything that is wrong.
pub(crate) fn complaints(text: &str, series: &Known) -> Vec<String> {
    let expr = match parsed(text) {
        Ok(expr) => expr,
        Err(error) => return vec![format!("does not parse: {error}")],
    };
    let mut found = Vec::new();
    each(&expr, &mut |expr, function| found.extend(of_node(expr, function, series)));
    found
}

/// The names of everything that is selected.
pub(crate) fn selectors(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    if let Ok(expr) = parsed(text) {
        each(&expr, &mut |expr, _| names.extend(selector(expr).map(name)));
    }
    names
}

/// The variables that an expression names, without those of Grafana itself.
pub(crate) fn variables(text: &str) -> Vec<String> {
    let names = text.split('$').skip(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        rest[..end].to_owned()
    });
    names.filter(|name| !name.starts_with("__")).collect()
}

/// Whether the query of a variable asks for a label that each of its metrics has.
pub(crate) fn asks_for_a_known_label(query: &str) -> bool {
    let inner = query.strip_prefix("label_values({__name__=~\"").and_then(|rest| rest.strip_suffix(')'));
    let Some((names, label)) = inner.and_then(|inner| inner.split_once("\"}, ")) else { return false };
    let has_label = |name: &str| {
        let entry = find_metric(name).or_else(|| find_metric(name.strip_suffix("_count")?));
        entry.is_some_and(|entry| entry.def.label(label).is_some())
    };
    names.split('|').all(has_label)
}

fn parsed(text: &str) -> Result<Expr, String> {
    let mut text = text.replace("$__rate_interval", INTERVAL.0);
    for variable in variables(&text) {
        text = text.replace(&format!("${variable}"), "x");
    }
    parser::parse(&text)
}

/// Every node, with the function that it is an argument of.
fn each<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr, Option<&'e str>)) {
    within(expr, None, visit);
}

fn within<'e>(expr: &'e Expr, function: Option<&'e str>, visit: &mut dyn FnMut(&'e Expr, Option<&'e str>)) {
    visit(expr, function);
    match expr {
        Expr::Aggregate(aggregate) => within(&aggregate.expr, None, visit),
        Expr::Unary(unary) => within(&unary.expr, None, visit),
        Expr::Paren(paren) => within(&paren.expr, function, visit),
        Expr::Subquery(subquery) => within(&subquery.expr, None, visit),
        Expr::Binary(binary) => {
            within(&binary.lhs, None, visit);
            within(&binary.rhs, None, visit);
        }
        Expr::Call(call) => {
            call.args.args.iter().for_each(|argument| within(argument, Some(call.func.name), visit));
        }
        _ => {}
    }
}

fn of_node(expr: &Expr, function: Option<&str>, series: &Known) -> Vec<String> {
    let mut found = selector(expr).map(|of| of_selector(of, series)).unwrap_or_default();
    match expr {
        Expr::Subquery(_) => found.push("a subquery".to_owned()),
        Expr::VectorSelector(of) if is_counter(&name(of)) => {
            found.push("a counter that is no rate".to_owned());
        }
        Expr::MatrixSelector(of) => {
            if of.range != INTERVAL.1 {
                found.push(format!("a range of {:?} of its own", of.range));
            }
            if is_counter(&name(&of.vs)) && !matches!(function, Some("rate" | "increase")) {
                found.push(format!("a counter under {function:?}"));
            }
        }
        Expr::Binary(binary) if binary.op.id() == T_DIV => {
            let sides = [&binary.lhs, &binary.rhs].map(|side| labels(side, series));
            if sides[0].is_none() || sides[0] != sides[1] {
                found.push(format!("a division of {:?} by {:?}", sides[0], sides[1]));
            }
        }
        Expr::Call(call) if call.func.name == "histogram_quantile" => {
            let of_buckets = call.args.args.last().is_some_and(|argument| is_sum_by_le(argument));
            if !of_buckets {
                found.push("a quantile of something else than buckets summed by le".to_owned());
            }
        }
        Expr::Aggregate(aggregate) => found.extend(of_aggregate(aggregate)),
        _ => {}
    }
    found
}

fn selector(expr: &Expr) -> Option<&VectorSelector> {
    match expr {
        Expr::VectorSelector(of) => Some(of),
        Expr::MatrixSelector(of) => Some(&of.vs),
        _ => None,
    }
}

fn name(of: &VectorSelector) -> String {
    let matched = || of.matchers.find_matchers(METRIC_NAME).first().map(|matcher| matcher.value.clone());
    of.name.clone().or_else(matched).unwrap_or_default()
}

fn of_selector(of: &VectorSelector, series: &Known) -> Vec<String> {
    let name = name(of);
    let mut found = Vec::new();
    if series.family(&name).is_none() {
        found.push(format!("nobody makes {name}"));
    }
    if of.at.is_some() {
        found.push("an @".to_owned());
    }
    for matcher in &of.matchers.matchers {
        let exact = matches!(matcher.op, MatchOp::Equal | MatchOp::NotEqual);
        if matcher.name == "le" && exact {
            found.push("an exact match on le".to_owned());
        }
        if !has_label(&name, &matcher.name) {
            found.push(format!("{name} has no label {}", matcher.name));
        }
    }
    found
}

/// Whether a metric of the catalog has the label; of other series nobody declares any.
fn has_label(name: &str, label: &str) -> bool {
    let stem = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
    let entry = find_metric(name).or_else(|| find_metric(stem?));
    let of_target = ["job", "instance"].contains(&label) || (label == "le" && name.ends_with("_bucket"));
    of_target || entry.is_none_or(|entry| entry.def.label(label).is_some())
}

fn is_counter(name: &str) -> bool {
    let is =
        |name: &str, wanted: fn(Kind) -> bool| find_metric(name).is_some_and(|entry| wanted(entry.def.kind));
    let stems = ["_bucket", "_sum", "_count"].into_iter().filter_map(|suffix| name.strip_suffix(suffix));
    is(name, |kind| matches!(kind, Kind::Counter))
        || stems.into_iter().any(|stem| is(stem, |kind| matches!(kind, Kind::Histogram(_))))
}

/// Aggregates keep only labels that what they aggregate has.
fn of_aggregate(aggregate: &AggregateExpr) -> Vec<String> {
    let by = by(aggregate);
    let mut found = Vec::new();
    each(&aggregate.expr, &mut |expr, _| {
        let Some(name) = selector(expr).map(name) else { return };
        let missing = by.iter().filter(|label| !has_label(&name, label));
        found.extend(missing.map(|label| format!("{name} has no label {label}")));
    });
    found
}

fn by(aggregate: &AggregateExpr) -> BTreeSet<String> {
    match &aggregate.modifier {
        Some(LabelModifier::Include(labels)) => labels.labels.iter().cloned().collect(),
        Some(LabelModifier::Exclude(labels)) => [format!("without {labels:?}")].into(),
        None => BTreeSet::new(),
    }
}

fn is_sum_by_le(expr: &Expr) -> bool {
    matches!(expr, Expr::Aggregate(sum) if sum.op.id() == T_SUM && by(sum).contains("le"))
}

/// The labels that are left, where that is certain.
fn labels(expr: &Expr, series: &Known) -> Option<BTreeSet<String>> {
    match expr {
        Expr::Aggregate(aggregate) => Some(by(aggregate)),
        Expr::Paren(paren) => labels(&paren.expr, series),
        Expr::Binary(binary) => labels(&binary.lhs, series),
        Expr::VectorSelector(of) => series.0.get(&name(of)).cloned(),
        _ => None,
    }
}
