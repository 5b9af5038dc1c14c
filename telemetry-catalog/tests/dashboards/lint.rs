//! What is wrong with the JSON of a dashboard.

use super::expression::{self, Known};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The plugins whose options the types of Grafana describe.
const KINDS: [&str; 6] = ["stat", "gauge", "timeseries", "bargauge", "heatmap", "state-timeline"];

/// Everything that is wrong, each in a sentence that begins with where.
pub(crate) fn complaints(text: &str, series: &Known) -> Vec<String> {
    let board: Value = match serde_json::from_str(text) {
        Ok(board) => board,
        Err(error) => return vec![format!("board: no JSON: {error}")],
    };
    let mut found = head(&board);
    for panel in panels(&board) {
        found.extend(of_panel(panel).into_iter().map(|what| format!("{}: {what}", panel["title"])));
    }
    found.extend(places(&board));
    found.extend(duplicates(&board));
    found.extend(data_sources(&board));
    found.extend(variables(&board));
    for expr in expressions_of(&board) {
        found.extend(expression::complaints(&expr, series).into_iter().map(|what| format!("{expr}: {what}")));
    }
    found
}

/// The expressions of the panels and the annotations.
pub(crate) fn expressions(text: &str) -> Vec<String> {
    expressions_of(&serde_json::from_str(text).unwrap())
}

fn expressions_of(board: &Value) -> Vec<String> {
    let annotations = list(&board["annotations"]["list"]);
    let text = |expr: &Value| expr.as_str().unwrap_or_default().to_owned();
    let beside = annotations.iter().map(|annotation| text(&annotation["expr"]));
    let within = annotations.iter().map(|annotation| text(&annotation["target"]["expr"]));
    targets(board).map(|target| text(&target["expr"])).chain(beside).chain(within).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The panels, without the titles of rows.
fn panels(board: &Value) -> impl Iterator<Item = &Value> {
    list(&board["panels"]).iter().filter(|panel| panel["type"] != "row")
}

fn targets(board: &Value) -> impl Iterator<Item = &Value> {
    panels(board).flat_map(|panel| list(&panel["targets"]))
}

fn said(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn when(wrong: bool, what: impl Into<String>) -> Option<String> {
    wrong.then(|| what.into())
}

fn head(board: &Value) -> Vec<String> {
    let texts = ["title", "description", "uid", "refresh"];
    let missing =
        texts.into_iter().filter(|name| !said(&board[name])).map(|name| format!("board: no {name}"));
    let others = [
        when(board.get("id") != Some(&Value::Null), "board: an id of its own"),
        when(
            !(38..=39).contains(&board["schemaVersion"].as_i64().unwrap_or_default()),
            "board: unknown schema",
        ),
        when(panels(board).count() == 0, "board: no panels"),
        when(list(&board["links"]).is_empty(), "board: no links"),
        when(list(&board["annotations"]["list"]).is_empty(), "board: no annotations"),
    ];
    missing.chain(others.into_iter().flatten()).collect()
}

fn of_panel(panel: &Value) -> Vec<String> {
    let kind = panel["type"].as_str().unwrap_or_default();
    let is_heatmap = kind == "heatmap";
    let checks = [
        when(!said(&panel["title"]), "no title"),
        when(!said(&panel["description"]), "no description"),
        when(!said(&panel["fieldConfig"]["defaults"]["unit"]), "no unit"),
        when(!KINDS.contains(&kind), format!("unknown kind {kind}")),
        when(list(&panel["targets"]).is_empty(), "no query"),
        when(is_heatmap && !said(&panel["options"]["yAxis"]["unit"]), "no unit on the axis"),
    ];
    let of_target = |target: &Value| {
        let now = matches!(kind, "stat" | "gauge" | "bargauge");
        [
            when((target["format"] == "heatmap") != is_heatmap, "the format is another than the picture's"),
            when(is_heatmap && target["legendFormat"] != "{{le}}", "the buckets have no names"),
            when(!said(&target["legendFormat"]), "a series without a name"),
            when(target["instant"] != now || target["range"] == now, "asks for another time than it shows"),
        ]
    };
    let of_targets = list(&panel["targets"]).iter().flat_map(of_target);
    checks.into_iter().chain(of_targets).flatten().collect()
}

/// The columns and lines that a panel covers.
fn place(panel: &Value) -> [i64; 4] {
    ["x", "y", "w", "h"].map(|name| panel["gridPos"][name].as_i64().unwrap_or(-1))
}

fn places(board: &Value) -> Vec<String> {
    let all = list(&board["panels"]);
    let outside = all.iter().filter(|panel| {
        let [x, y, w, h] = place(panel);
        x < 0 || y < 0 || w < 1 || h < 1 || x + w > 24
    });
    let outside = outside.map(|panel| format!("{}: outside of the grid", panel["title"]));
    let overlap = all.iter().enumerate().flat_map(|(at, one)| {
        let others = all[at + 1..].iter().filter(move |other| covers_same(place(one), place(other)));
        others.map(move |other| format!("{}: overlaps {}", one["title"], other["title"]))
    });
    outside.chain(overlap).collect()
}

fn covers_same([ax, ay, aw, ah]: [i64; 4], [bx, by, bw, bh]: [i64; 4]) -> bool {
    ax < bx + bw && bx < ax + aw && ay < by + bh && by < ay + ah
}

fn duplicates(board: &Value) -> Vec<String> {
    let mut ids = BTreeSet::new();
    let mut found = Vec::new();
    for panel in list(&board["panels"]) {
        let id = panel["id"].as_i64().unwrap_or_default();
        found.extend(when(id < 1 || !ids.insert(id), format!("{}: no id of its own", panel["title"])));
        let mut names = BTreeSet::new();
        for target in list(&panel["targets"]) {
            let name = target["refId"].as_str().unwrap_or_default();
            found.extend(when(!names.insert(name), format!("{}: refId {name} twice", panel["title"])));
        }
    }
    found
}

/// The data source that the variable names, on everything that asks for data.
fn data_sources(board: &Value) -> Vec<String> {
    let chosen = json!({ "type": "prometheus", "uid": "${datasource}" });
    let named = |what: &'static str| move |value| (what, value);
    let queried = list(&board["templating"]["list"]).iter().filter(|variable| variable["type"] == "query");
    let all = panels(board)
        .map(named("panel"))
        .chain(targets(board).map(named("target")))
        .chain(list(&board["annotations"]["list"]).iter().map(named("annotation")))
        .chain(queried.map(named("variable")));
    let others = all.filter(|(_, value)| value["datasource"] != chosen);
    others.map(|(what, value)| format!("{what} {value}: another data source")).collect()
}

fn variables(board: &Value) -> Vec<String> {
    let all = list(&board["templating"]["list"]);
    let declared: BTreeMap<_, _> =
        all.iter().map(|variable| (variable["name"].as_str().unwrap_or_default(), variable)).collect();
    let used: BTreeSet<_> =
        expressions_of(board).iter().flat_map(|expr| expression::variables(expr)).collect();
    let unused = declared.keys().filter(|name| **name != "datasource" && !used.contains(**name));
    let unused = unused.map(|name| format!("variable {name}: nothing uses it"));
    let undeclared = used.iter().filter(|name| !declared.contains_key(name.as_str()));
    let undeclared = undeclared.map(|name| format!("variable {name}: nobody declares it"));
    let wrong = declared.iter().filter(|(_, variable)| !is_sound(variable));
    let wrong = wrong.map(|(name, _)| format!("variable {name}: badly declared"));
    unused
        .chain(undeclared)
        .chain(wrong)
        .chain(when(all.len() != declared.len(), "variables: one twice"))
        .collect()
}

fn is_sound(variable: &Value) -> bool {
    if variable["name"] == "datasource" {
        return variable["type"] == "datasource" && variable["query"] == "prometheus";
    }
    variable["type"] == "query"
        && variable["multi"] == true
        && variable["includeAll"] == true
        && variable["allValue"] == ".*"
        && variable["query"]["query"].as_str().is_some_and(expression::asks_for_a_known_label)
}
