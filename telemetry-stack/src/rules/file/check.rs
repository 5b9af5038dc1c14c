//! From the tree of a rule file to rules, and what is refused.

use super::shape::FILE;
use super::yaml::{Fault, Node, Step, line, line_within, read};
use crate::parse_duration;
use crate::rules::set::{Rule, RuleGroup, RuleKind, RuleSet};
use crate::rules::template::Template;
use std::collections::BTreeSet;
use std::time::Duration;
use telemetry_query::{METRIC_NAME, Query};

/// The rules of a text.
pub(super) fn rules(file: &str, text: &str) -> Result<RuleSet, Fault> {
    let tree = read(text, &FILE)?;
    let mut names = BTreeSet::new();
    let mut groups = Vec::new();
    for (at, node) in items(&tree, "groups").iter().enumerate() {
        let place = Place { text, group: at, rule: None };
        let group = group(place, file, node)?;
        if !names.insert(group.name.clone()) {
            return place
                .wrong(&["name"], format!("a second group `{}`; each needs a name of its own", group.name));
        }
        groups.push(group);
    }
    Ok(RuleSet { groups })
}

/// A group or a rule in the file.
#[derive(Clone, Copy)]
struct Place<'a> {
    text: &'a str,
    group: usize,
    rule: Option<usize>,
}

impl Place<'_> {
    /// Refuses what stands below these names.
    fn wrong<T>(&self, names: &[&str], what: impl Into<String>) -> Result<T, Fault> {
        Err(Fault { line: line(self.text, &FILE, &self.way(names)), what: what.into() })
    }

    /// Refuses what stands on that line of a value.
    fn wrong_within<T>(&self, names: &[&str], inner: usize, what: String) -> Result<T, Fault> {
        Err(Fault { line: line_within(self.text, &FILE, &self.way(names), inner), what })
    }

    fn way<'a>(&self, names: &[&'a str]) -> Vec<Step<'a>> {
        let mut way = vec![Step::Name("groups"), Step::Item(self.group)];
        way.extend(self.rule.into_iter().flat_map(|rule| [Step::Name("rules"), Step::Item(rule)]));
        way.extend(names.iter().map(|name| Step::Name(name)));
        way
    }
}

fn field<'a>(node: &'a Node, name: &str) -> &'a Node {
    let Node::Fields(fields) = node else { return &Node::Nothing };
    fields.iter().find(|(known, _)| known == name).map_or(&Node::Nothing, |(_, node)| node)
}

fn items<'a>(node: &'a Node, name: &str) -> &'a [Node] {
    match field(node, name) {
        Node::List(items) => items,
        _ => &[],
    }
}

/// The text of a field; an empty one is as none.
fn text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    match field(node, name) {
        Node::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// The texts below a field, by name.
fn texts<'a>(node: &'a Node, name: &str) -> Vec<(&'a str, &'a str)> {
    let Node::Fields(fields) = field(node, name) else { return Vec::new() };
    let each = |(name, node): &'a (String, Node)| match node {
        Node::Text(text) => (name.as_str(), text.as_str()),
        _ => (name.as_str(), ""),
    };
    fields.iter().map(each).collect()
}

fn duration(place: Place<'_>, node: &Node, name: &str) -> Result<Duration, Fault> {
    match field(node, name) {
        Node::Text(text) if text == "0" => Ok(Duration::ZERO),
        Node::Text(text) => match parse_duration(text) {
            Some(duration) => Ok(duration),
            None => place.wrong(&[name], format!("`{text}` is no duration; write it as 30s, 5m or 1h30m")),
        },
        _ => Ok(Duration::ZERO),
    }
}

fn group(place: Place<'_>, file: &str, node: &Node) -> Result<RuleGroup, Fault> {
    let Some(name) = text(node, "name") else { return place.wrong(&[], "a group needs a `name`") };
    let interval = duration(place, node, "interval")?;
    let query_offset = duration(place, node, "query_offset")?;
    let limit = match field(node, "limit") {
        // Prometheus takes one below zero for none.
        Node::Whole(limit) => usize::try_from(*limit).unwrap_or(0),
        _ => 0,
    };
    check_labels(place, node)?;
    let mut rules = Vec::new();
    for (at, rule_node) in items(node, "rules").iter().enumerate() {
        rules.push(rule(Place { rule: Some(at), ..place }, node, rule_node)?);
    }
    let interval = Some(interval).filter(|interval| !interval.is_zero());
    Ok(RuleGroup { name: name.to_owned(), file: file.to_owned(), interval, limit, query_offset, rules })
}

fn rule(place: Place<'_>, group: &Node, node: &Node) -> Result<Rule, Fault> {
    let expr = expression(place, node)?;
    check_labels(place, node)?;
    let kind = match (text(node, "record"), text(node, "alert")) {
        (Some(record), None) => recording(place, node, record)?,
        (None, Some(alert)) => alerting(place, node, alert)?,
        (Some(_), Some(_)) => {
            return place.wrong(&["alert"], "a rule has either `record` or `alert`, and this has both");
        }
        (None, None) => return place.wrong(&[], "a rule needs `record` or `alert`"),
    };
    let labels = labels(place, group, node, matches!(kind, RuleKind::Alert { .. }))?;
    Ok(Rule { kind, expr, labels })
}

fn expression(place: Place<'_>, node: &Node) -> Result<String, Fault> {
    let Some(expr) = text(node, "expr") else { return place.wrong(&[], "a rule needs an `expr`") };
    if let Err(error) = Query::parse(expr) {
        return place.wrong(&["expr"], error.to_string());
    }
    Ok(expr.trim().to_owned())
}

fn recording(place: Place<'_>, node: &Node, record: &str) -> Result<RuleKind, Fault> {
    let foreign = [
        ("for", !duration(place, node, "for")?.is_zero()),
        ("keep_firing_for", !duration(place, node, "keep_firing_for")?.is_zero()),
        ("annotations", !texts(node, "annotations").is_empty()),
    ];
    if let Some((name, _)) = foreign.into_iter().find(|(_, is_there)| *is_there) {
        return place
            .wrong(&[name], format!("`{name}` belongs to alert rules, and this is a recording rule"));
    }
    if !is_name(record, true) {
        return place.wrong(
            &["record"],
            format!("`{record}` is no name of a metric; it has letters, digits, _ and :"),
        );
    }
    Ok(RuleKind::Recording { record: record.to_owned() })
}

fn alerting(place: Place<'_>, node: &Node, alert: &str) -> Result<RuleKind, Fault> {
    let mut annotations = Vec::new();
    for (name, text) in texts(node, "annotations") {
        if !is_name(name, false) {
            return place.wrong(&["annotations", name], no_name(name, "an annotation"));
        }
        annotations.push((name.to_owned(), template(place, &["annotations", name], text)?));
    }
    Ok(RuleKind::Alert {
        alert: alert.to_owned(),
        hold: duration(place, node, "for")?,
        keep_firing: duration(place, node, "keep_firing_for")?,
        annotations,
    })
}

fn template(place: Place<'_>, names: &[&str], text: &str) -> Result<Template, Fault> {
    Template::parse(text).or_else(|error| place.wrong_within(names, error.line, format!("template: {error}")))
}

/// Refuses labels that no series may have, of a group or of a rule.
fn check_labels(place: Place<'_>, node: &Node) -> Result<(), Fault> {
    for (name, _) in texts(node, "labels") {
        if !is_name(name, false) {
            return place.wrong(&["labels", name], no_name(name, "a label"));
        }
        if name == METRIC_NAME {
            return place
                .wrong(&["labels", name], format!("`{name}` cannot be a label of a rule; use `record`"));
        }
    }
    Ok(())
}

fn no_name(name: &str, whose: &str) -> String {
    format!("`{name}` is no name of {whose}; it has letters, digits and _, and no digit at first")
}

/// The labels of the group and those of the rule, of which the latter count.
fn labels(
    place: Place<'_>,
    group: &Node,
    node: &Node,
    are_templates: bool,
) -> Result<Vec<(String, Template)>, Fault> {
    let read = |place: Place<'_>, name: &str, text: &str| match are_templates {
        true => template(place, &["labels", name], text),
        false => Ok(Template::literal(text)),
    };
    let own = texts(node, "labels");
    let mut labels = Vec::new();
    for (name, text) in texts(group, "labels") {
        if !own.iter().any(|(own, _)| *own == name) {
            labels.push((name.to_owned(), read(Place { rule: None, ..place }, name, text)?));
        }
    }
    for (name, text) in own {
        labels.push((name.to_owned(), read(place, name, text)?));
    }
    Ok(labels)
}

/// Whether this may be the name of a label, or of a metric, where colons are allowed.
fn is_name(name: &str, with_colons: bool) -> bool {
    let is_fit = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric() || (with_colons && byte == b':');
    name.bytes().all(is_fit) && !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit())
}
