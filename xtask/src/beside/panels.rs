//! What is asked: every query of every board as Grafana asks it, the rules behind them, and two questions that a store is known by.

use serde_json::Value;
use telemetry_catalog::panel::boards;
use telemetry_catalog::render::dashboard_json;
use telemetry_catalog::rules::recording_rules;
use telemetry_core::config::Config;

/// A query with a name.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) expression: String,
}

/// Why it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A panel of a board.
    Panel,
    /// What a recording rule computes, asked for over time as somebody without rules would.
    Rule,
    /// The sum of the rates of every counter and bucket.
    Everything,
    /// The rate of one series.
    One,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Panel, Self::Rule, Self::Everything, Self::One];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Panel => "every panel",
            Self::Rule => "every recording rule's expression",
            Self::Everything => "`sum(rate(…[5m]))` of every counter and bucket",
            Self::One => "`rate(…[5m])` of one series by equality",
        }
    }
}

/// Everything that is asked, while `$__rate_interval` is this.
pub(super) fn asked(rate_interval: &str) -> Vec<Asked> {
    let config = Config::default();
    let mut all = Vec::new();
    for board in boards(&config) {
        let json: Value = serde_json::from_str(&dashboard_json(&board, &config)).unwrap_or_default();
        for (title, expression) in panel_queries(&json) {
            let expression = as_grafana_would(&expression, rate_interval);
            let name = format!("{}: {title}", board.title.trim_start_matches("Agent fleet: "));
            all.push(Asked { kind: Kind::Panel, name, expression });
        }
    }
    all.extend(recording_rules(&config).into_iter().map(|rule| Asked {
        kind: Kind::Rule,
        name: rule.record.name,
        expression: rule.record.expr,
    }));
    let plain = |kind: Kind, expression: &str| Asked {
        kind,
        name: kind.title().to_owned(),
        expression: expression.to_owned(),
    };
    all.push(plain(Kind::Everything, r#"sum(rate({__name__=~".+_(bucket|total)"}[5m]))"#));
    all.push(plain(Kind::One, r#"rate({pod="p-1"}[5m])"#));
    all
}

/// Title and expression of each query of each panel, those inside of rows too.
fn panel_queries(board: &Value) -> Vec<(String, String)> {
    let mut queries = Vec::new();
    for panel in board["panels"].as_array().into_iter().flatten() {
        queries.extend(panel_queries(panel));
        for target in panel["targets"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            queries.push((text(&panel["title"]), text(&target["expr"])));
        }
    }
    queries
}

/// The query with what Grafana puts in the place of its variables while all is chosen.
fn as_grafana_would(query: &str, rate_interval: &str) -> String {
    let query = query.replace("$__rate_interval", rate_interval);
    let names = ["vcs_provider", "provider", "project", "workflow"];
    names.iter().fold(query, |query, name| query.replace(&format!("\"${name}\""), "\".*\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_query::Query;

    #[test]
    fn everything_is_asked_with_nothing_left_to_fill_in() {
        let all = asked("75s");
        assert!(all.iter().filter(|asked| asked.kind == Kind::Panel).count() >= 34);
        for asked in all {
            assert!(!asked.expression.contains('$'), "{asked:?}");
            assert!(Query::parse(&asked.expression).is_ok(), "{asked:?}");
        }
    }
}
