//! Every generated expression, read by a parser of PromQL that knows nothing of the builder: what is often written wrong is not there.

use promql_parser::parser::{Expr, LabelModifier, VectorSelector, parse, token};
use std::collections::{BTreeMap, BTreeSet};
use telemetry_catalog::indicator::indicators;
use telemetry_catalog::promql::Scope;
use telemetry_catalog::rules::{alert_rules, recording_rules};
use telemetry_core::config::Config;

type Labels = BTreeSet<String>;

/// The labels to which each recording rule is aggregated.
type Recorded = BTreeMap<String, Labels>;

/// The expressions of every rule, and of every indicator as somebody without rules writes it.
fn expressions() -> Vec<String> {
    let config = Config::default();
    let alerts = alert_rules(&config).into_iter().map(|rule| rule.expr);
    let records = recording_rules(&config).into_iter().map(|rule| rule.record.expr);
    let plain = indicators().map(|indicator| indicator.signal(&config).value.written(&Scope::plain()));
    alerts.chain(records).chain(plain).collect()
}

fn recorded() -> Recorded {
    let rules = recording_rules(&Config::default()).into_iter().map(|rule| rule.record);
    rules.map(|record| (record.name, record.by.iter().map(|label| (*label).to_owned()).collect())).collect()
}

/// The parts of an expression and itself.
fn parts(expr: &Expr) -> Vec<&Expr> {
    let within: Vec<&Expr> = match expr {
        Expr::Aggregate(aggregate) => vec![&aggregate.expr],
        Expr::Unary(unary) => vec![&unary.expr],
        Expr::Binary(binary) => vec![&binary.lhs, &binary.rhs],
        Expr::Paren(paren) => vec![&paren.expr],
        Expr::Subquery(subquery) => vec![&subquery.expr],
        Expr::Call(call) => call.args.args.iter().map(|arg| &**arg).collect(),
        _ => Vec::new(),
    };
    [expr].into_iter().chain(within.into_iter().flat_map(parts)).collect()
}

fn selector(expr: &Expr) -> Option<&VectorSelector> {
    match expr {
        Expr::VectorSelector(selector) => Some(selector),
        Expr::MatrixSelector(matrix) => Some(&matrix.vs),
        _ => None,
    }
}

/// The labels to which an expression is aggregated; `None` where it still has all of a target's.
fn labels(expr: &Expr, recorded: &Recorded) -> Option<Labels> {
    match expr {
        Expr::Aggregate(aggregate) => match &aggregate.modifier {
            Some(LabelModifier::Include(by)) => Some(by.labels.iter().cloned().collect()),
            Some(LabelModifier::Exclude(_)) => None,
            None => Some(Labels::new()),
        },
        Expr::Paren(paren) => labels(&paren.expr, recorded),
        Expr::VectorSelector(selector) => recorded.get(selector.name.as_ref()?).cloned(),
        Expr::Binary(binary) if matches!(*binary.lhs, Expr::NumberLiteral(_)) => {
            labels(&binary.rhs, recorded)
        }
        Expr::Binary(binary) => labels(&binary.lhs, recorded),
        Expr::Call(call) if call.func.name == "histogram_quantile" => {
            let mut rest = labels(call.args.args.last()?, recorded)?;
            assert!(rest.remove("le"), "a quantile of what is not aggregated by le");
            Some(rest)
        }
        Expr::Call(call) if call.func.name == "clamp_min" => labels(call.args.args.first()?, recorded),
        _ => None,
    }
}

#[test]
fn every_expression_parses_and_has_neither_subqueries_nor_at_nor_matches_on_le() {
    for text in expressions() {
        let parsed = parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        for part in parts(&parsed) {
            assert!(!matches!(part, Expr::Subquery(_)), "{text}");
            let Some(selector) = selector(part) else { continue };
            assert!(selector.at.is_none(), "{text}");
            assert!(selector.matchers.matchers.iter().all(|matcher| matcher.name != "le"), "{text}");
        }
    }
}

#[test]
fn both_sides_of_a_division_are_aggregated_to_the_same_labels() {
    let recorded = recorded();
    let mut divisions = 0;
    for text in expressions() {
        let parsed = parse(&text).unwrap();
        for part in parts(&parsed) {
            let Expr::Binary(binary) = part else { continue };
            if binary.op.id() != token::T_DIV {
                continue;
            }
            divisions += 1;
            let [left, right] = [&binary.lhs, &binary.rhs].map(|side| labels(side, &recorded));
            assert!(left.is_some() && left == right, "{left:?} / {right:?} in {text}");
        }
    }
    assert!(divisions > 20, "only {divisions}");
}

#[test]
fn every_quantile_is_taken_by_le_and_every_counter_stands_under_a_function_of_its_window() {
    let recorded = recorded();
    for text in expressions() {
        let parsed = parse(&text).unwrap();
        let all = parts(&parsed);
        for part in &all {
            let Expr::Call(call) = part else { continue };
            if call.func.name == "histogram_quantile" {
                assert!(labels(part, &recorded).is_some(), "{text}");
            }
        }
        let instant = all.iter().filter_map(|part| match part {
            Expr::VectorSelector(selector) => Some(selector),
            _ => None,
        });
        for selector in
            instant.filter(|selector| selector.name.as_ref().is_some_and(|name| name.ends_with("_total")))
        {
            assert!(
                selector.offset.is_some(),
                "a counter is read bare, and not to see whether it was there: {text}"
            );
        }
    }
}

#[test]
fn a_rule_records_what_its_name_says_that_it_keeps() {
    let recorded = recorded();
    for rule in recording_rules(&Config::default()) {
        let parsed = parse(&rule.record.expr).unwrap();
        let level = rule.record.name.split(':').next().unwrap();
        // What is marked with the day keeps it beside what the level says.
        if let Some(found) = labels(&parsed, &recorded) {
            let written: Vec<_> = rule.record.by.to_vec();
            assert_eq!(
                found,
                written.iter().map(|label| (*label).to_owned()).collect::<Labels>(),
                "{}",
                rule.record.name
            );
            let expected = if written.is_empty() { "fleet".to_owned() } else { written.join("_") };
            assert_eq!(level, expected, "{}", rule.record.name);
        }
    }
}
