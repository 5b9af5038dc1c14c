//! The variables of a board: the data source, and what narrows its panels to some providers, projects or workflows.

use super::{datasource, expr};
use crate::panel::Board;
use serde_json::{Value, json};
use telemetry_core::catalog::{AGENT, BEADS, HOOKS, LLM, VCS};
use telemetry_core::metric::{Kind, MetricDef, Subsystem};

/// A variable that narrows labels.
#[derive(Debug)]
pub(super) struct Variable {
    name: &'static str,
    /// The name with the sign that expressions refer to it by.
    reference: &'static str,
    title: &'static str,
    /// The labels that it narrows, each in the metrics of one subsystem: the same name means another thing elsewhere.
    labels: &'static [(&'static Subsystem, &'static str)],
}

static VARIABLES: [Variable; 4] = [
    Variable {
        name: "provider",
        reference: "$provider",
        title: "Provider",
        labels: &[(&AGENT, "llm_provider"), (&LLM, "provider")],
    },
    Variable {
        name: "vcs_provider",
        reference: "$vcs_provider",
        title: "VCS",
        labels: &[(&VCS, "provider")],
    },
    Variable {
        name: "project",
        reference: "$project",
        title: "Project",
        labels: &[(&AGENT, "project"), (&BEADS, "project"), (&VCS, "project")],
    },
    Variable {
        name: "workflow",
        reference: "$workflow",
        title: "Workflow",
        labels: &[(&AGENT, "workflow"), (&HOOKS, "workflow")],
    },
];

impl Variable {
    pub(super) const fn reference(&self) -> &'static str {
        self.reference
    }

    fn label_of(&self, def: &MetricDef) -> Option<&'static str> {
        let narrows = |&&(subsystem, label): &&(&Subsystem, &str)| {
            subsystem.metrics.contains(&def) && def.label(label).is_some()
        };
        self.labels.iter().find(narrows).map(|(_, label)| *label)
    }
}

/// The variable that narrows this label of this metric.
pub(super) fn narrowing(def: &MetricDef, label: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.label_of(def) == Some(label))
}

/// The variables that an expression refers to.
pub(super) fn used(expr: &str) -> Vec<&'static Variable> {
    let refers = |variable: &&Variable| expr.contains(&format!("\"{}\"", variable.reference));
    VARIABLES.iter().filter(refers).collect()
}

/// The variables that a query of the board refers to.
pub(super) fn of(board: &Board) -> Vec<&'static Variable> {
    let queries = board.panels().flat_map(|panel| &panel.queries);
    let all = queries.map(|query| expr(board, query)).collect::<Vec<_>>().join("\n");
    used(&all)
}

/// What stands above the board: the data source first.
pub(super) fn list(board: &Board, variables: &[&Variable]) -> Vec<Value> {
    let values = variables.iter().filter_map(|variable| Some(query(variable, &values(variable, board)?)));
    [choice_of_datasource()].into_iter().chain(values).collect()
}

/// What asks for the values of the label that the variable narrows on the board: those of every metric that is there and has it, since
/// what has never failed, say, is no value of a metric that counts failures.
fn values(variable: &Variable, board: &Board) -> Option<String> {
    let queries = board.panels().flat_map(|panel| &panel.queries);
    let mut names: Vec<String> = Vec::new();
    let mut label = None;
    for def in queries.flat_map(|query| query.vector.metrics()) {
        let Some(own) = variable.label_of(def) else { continue };
        let name = series_name(def);
        if !names.contains(&name) {
            names.push(name);
        }
        label = Some(own);
    }
    Some(format!("label_values({{__name__=~\"{}\"}}, {})", names.join("|"), label?))
}

/// A name under which a metric has one series for each label set.
fn series_name(def: &MetricDef) -> String {
    let suffix = if matches!(def.kind, Kind::Histogram(_)) { "_count" } else { "" };
    format!("{}{suffix}", def.name)
}

/// The default data source where it is a Prometheus, else the first that is.
fn choice_of_datasource() -> Value {
    json!({
        "current": { "selected": true, "text": "default", "value": "default" },
        "hide": 0,
        "includeAll": false,
        "label": "Data source",
        "multi": false,
        "name": "datasource",
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "skipUrlSync": false,
        "type": "datasource",
    })
}

/// The values that the label takes in the time on display. All of them is any value at all, none included.
fn query(variable: &Variable, values: &str) -> Value {
    json!({
        "allValue": ".*",
        "current": { "selected": true, "text": ["All"], "value": ["$__all"] },
        "datasource": datasource(),
        "hide": 0,
        "includeAll": true,
        "label": variable.title,
        "multi": true,
        "name": variable.name,
        "options": [],
        "query": { "query": values, "refId": variable.name },
        "refresh": 2,
        "regex": "",
        "skipUrlSync": false,
        "sort": 5,
        "type": "query",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::boards;
    use telemetry_core::config::Config;

    #[test]
    fn names_and_labels_are_the_catalogs() {
        for Variable { name, reference, labels, .. } in &VARIABLES {
            assert_eq!(*reference, format!("${name}"));
            for (subsystem, label) in *labels {
                assert!(
                    subsystem.metrics.iter().any(|def| def.label(label).is_some()),
                    "{label} in {}",
                    subsystem.slug
                );
            }
        }
    }

    #[test]
    fn every_label_of_such_a_name_is_narrowed() {
        for def in telemetry_core::catalog::metrics() {
            for label in ["llm_provider", "provider", "project", "workflow"] {
                assert_eq!(
                    narrowing(def, label).is_some(),
                    def.label(label).is_some(),
                    "{label} of {}",
                    def.name
                );
            }
        }
    }

    #[test]
    fn each_board_has_the_variables_of_its_labels() {
        let names: Vec<_> = boards(&Config::default())
            .iter()
            .map(|board| of(board).into_iter().map(|variable| variable.name).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            names,
            [
                "",
                "provider project workflow",
                "provider",
                "",
                "workflow",
                "project",
                "vcs_provider project",
                "",
                ""
            ]
        );
    }
}
