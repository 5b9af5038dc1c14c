//! What nobody knows of the rules, as lines: a rule that is not evaluated might have an alert that fires.

use super::answer::{Answer, Rule};
use crate::tables::harmless;
use std::collections::BTreeMap;
use telemetry_core::config::Address;

/// How many rules with the same reason are named; the others are counted.
const NAMED: usize = 3;

/// How many reasons are said; the others are counted.
const REASONS: usize = 10;

/// A line for what was not evaluated yet and one for each reason why something cannot be; empty where everything is known.
pub(super) fn unknown(answer: &Answer, address: &Address) -> String {
    let all = answer.rules();
    let mut text = String::new();
    match answer.not_yet().count() {
        0 => {}
        count => {
            text += &format!(
                "Not known yet: {count} of {all} alert rules at {address} have not been evaluated.\n"
            );
        }
    }
    match answer.failing().count() {
        0 => {}
        count => {
            text += &format!("Not known: {count} of {all} alert rules at {address} cannot be evaluated.\n");
            text += &reasons(answer.failing());
        }
    }
    text
}

/// Each reason once, with its rules: that of the most rules first.
fn reasons<'a>(failing: impl Iterator<Item = &'a Rule>) -> String {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rule in failing {
        by_reason.entry(&rule.last_error).or_default().push(&rule.name);
    }
    let mut by_reason: Vec<_> = by_reason.into_iter().collect();
    by_reason.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
    let shown = by_reason.iter().take(REASONS);
    let text: String = shown
        .map(|(reason, names)| format!("  {}: {}\n", harmless(&listed(names)), harmless(reason)))
        .collect();
    match by_reason.len().saturating_sub(REASONS) {
        0 => text,
        more => format!("{text}  and {more} more reasons\n"),
    }
}

fn listed(names: &[&str]) -> String {
    let shown = names.get(..NAMED).unwrap_or(names).join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(health: &[(&str, &str)]) -> String {
        let rule = |(number, (health, why)): (usize, &(&str, &str))| json!({ "type": "alerting", "name": format!("R{number}"), "health": health, "lastError": why, "alerts": [] });
        let rules: Vec<_> = health.iter().enumerate().map(rule).collect();
        let answer = json!({ "status": "success", "data": { "groups": [{ "rules": rules }] } });
        let answer = Answer::read(answer.to_string().as_bytes()).unwrap();
        unknown(&answer, &Address::parse("x:9090").unwrap())
    }

    #[test]
    fn where_all_is_known_there_is_nothing_to_say() {
        assert_eq!(said(&[("ok", ""), ("ok", "")]), "");
    }

    #[test]
    fn what_was_not_evaluated_yet_is_counted() {
        let expected = "Not known yet: 2 of 3 alert rules at http://x:9090 have not been evaluated.\n";
        assert_eq!(said(&[("unknown", ""), ("ok", ""), ("unknown", "")]), expected);
    }

    #[test]
    fn each_reason_is_said_once_and_cannot_move_the_cursor() {
        let away = ("err", "away\u{1b}[2J");
        let text = said(&[("err", "broken"), away, away, away, away, ("ok", "")]);
        let expected = "Not known: 5 of 6 alert rules at http://x:9090 cannot be evaluated.\n  \
                        R1, R2, R3 and 1 more: away\\u{1b}[2J\n  R0: broken\n";
        assert_eq!(text, expected);
        let many: Vec<_> = (0..12).map(|number| format!("reason {number}")).collect();
        let many: Vec<_> = many.iter().map(|why| ("err", why.as_str())).collect();
        assert!(said(&many).ends_with("  and 2 more reasons\n"));
    }
}
