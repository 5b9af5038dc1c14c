//! Panels and the boards that they stand on, as data: what Grafana, a terminal and a page in a browser all show.
//!
//! A panel of a metric follows from the declaration of the metric, and a panel of an indicator from the indicator with its thresholds.
//! The files of the subsystems say only what neither can know: in which rows metrics stand, and which of their labels matter.
//!
//! | module | responsible for |
//! |---|---|
//! | `metric` | the panels of a metric, by its kind |
//! | `health` | the panels of indicators, and the worst alert of a subsystem over time |
//! | `view` | how a subsystem wants its metrics shown |
//! | `overview` | the board of the whole fleet |
//! | `charts` | what a terminal shows of the whole fleet |
//! | `agent` … `vcs` | the rows of each subsystem |

mod agent;
mod axe;
mod beads;
mod charts;
mod health;
mod hooks;
mod llm;
mod metric;
mod overview;
mod telemetry;
mod vcs;
mod view;

use crate::indicator::{self, Beyond, Indicator, Level};
use crate::promql::Vector;
use crate::quantity;
use crate::rules::board_uid;
use crate::subsystems;
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;

pub use charts::charts;
pub use overview::OVERVIEW_UID;

/// One panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// A name for addresses and options, unique over all boards: small letters and digits with hyphens between the words.
    pub id: String,
    /// What is shown, as a phrase; it names the unit where that is an amount per time.
    pub title: String,
    /// What the numbers mean, in full sentences.
    pub description: String,
    /// The unit of every value.
    pub unit: Unit,
    /// What kind of picture shows it best.
    pub visualization: Visualization,
    /// What is asked; the answers stand in one picture.
    pub queries: Vec<Query>,
    /// Where the value turns to a warning and where it turns critical, ascending; empty where nobody said.
    pub thresholds: Vec<Level>,
    /// The indicator whose value it is.
    pub indicator: Option<&'static Indicator>,
    /// The subsystem that it tells of.
    pub subsystem: &'static Subsystem,
    /// Whether the series are the parts of a whole, so that piling them up gives the sum.
    pub stacked: bool,
}

/// What a panel asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The expression.
    pub vector: Vector,
    /// What its series are called.
    pub legend: Legend,
}

/// What the series of a query are called: a text, the values of the labels that tell them apart, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Legend {
    /// What all of them have in common; empty where the labels say enough.
    pub text: String,
    /// The labels, in the order in which their values are written.
    pub labels: Vec<&'static str>,
}

/// The unit of a panel's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A part of a whole, from 0 to 1, shown in percent.
    Share,
    /// Seconds.
    Seconds,
    /// A number of things.
    Count,
    /// How many times as much.
    Times,
    /// Events per second.
    PerSecond,
    /// Events per minute.
    PerMinute,
    /// 1 where it is so, 0 where it is not.
    State,
    /// The worst alert that fires: 0 quiet, 1 warning, 2 critical.
    Health,
    /// 1 for each thing that there is; what is known of it stands in the labels.
    Presence,
}

/// What kind of picture shows a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visualization {
    /// The present value in large letters.
    Stat,
    /// The present value on a scale.
    Gauge,
    /// Lines over time.
    TimeSeries,
    /// Present values as bars side by side.
    Bar,
    /// A distribution over time.
    Heatmap,
    /// States over time.
    StateTimeline,
}

/// Panels that stand together.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What they have in common.
    pub title: String,
    /// The panels, the most important first.
    pub panels: Vec<Panel>,
}

/// A dashboard.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// Its name in links, the same in every Grafana.
    pub uid: String,
    /// Its title.
    pub title: String,
    /// The subsystem that it is about; `None` is the whole fleet.
    pub subsystem: Option<&'static Subsystem>,
    /// The rows, the most important first.
    pub rows: Vec<Row>,
}

/// Every board: the overview, then one for each subsystem, that of telemetry itself last.
///
/// ```
/// use telemetry_catalog::panel::boards;
/// use telemetry_core::config::Config;
///
/// let boards = boards(&Config::default());
/// let uids: Vec<_> = boards.iter().map(|board| board.uid.as_str()).collect();
/// assert_eq!(uids[..3], ["telemetry-overview", "telemetry-agent", "telemetry-llm"]);
/// ```
#[must_use]
pub fn boards(config: &Config) -> Vec<Board> {
    let others = subsystems().map(|subsystem| board_of(subsystem, config));
    [overview(config)].into_iter().chain(others).collect()
}

/// The board of the whole fleet.
#[must_use]
pub fn overview(config: &Config) -> Board {
    overview::board(config)
}

/// The board of one subsystem.
#[must_use]
pub fn board_of(subsystem: &'static Subsystem, config: &Config) -> Board {
    let health = Row { title: "Health".to_owned(), panels: health::panels(subsystem, config) };
    Board {
        uid: board_uid(subsystem),
        title: format!("Agent fleet: {}", subsystem.title),
        subsystem: Some(subsystem),
        rows: [health].into_iter().chain(view::rows(subsystem)).collect(),
    }
}

impl Board {
    /// Its panels, row after row.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|row| &row.panels)
    }
}

impl Panel {
    /// What lies beyond a threshold.
    #[must_use]
    pub fn beyond(&self) -> Beyond {
        self.indicator.map_or(Beyond::AtLeast, |indicator| indicator.beyond)
    }

    /// Whether its numbers are those that recording rules compute, unless it is asked in full. What the states of alerts are needs the
    /// rules in any case.
    #[must_use]
    pub fn reads_records(&self) -> bool {
        self.unit != Unit::Health && self.queries.iter().any(|query| !query.vector.records().is_empty())
    }
}

impl Legend {
    /// A text for the only series of a query.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), labels: Vec::new() }
    }

    /// The labels by which a vector is aggregated, or the text where there are none.
    #[must_use]
    pub fn of(vector: &Vector, text: &str) -> Self {
        match vector.by() {
            [] => Self::text(text),
            labels => Self { text: String::new(), labels: labels.to_vec() },
        }
    }

    /// The name of a series, of which a function says what stands for each label.
    ///
    /// ```
    /// use telemetry_catalog::panel::Legend;
    ///
    /// let legend = Legend { text: "p95".to_owned(), labels: vec!["provider", "workflow"] };
    /// assert_eq!(legend.written(|label| format!("{{{{{label}}}}}")), "p95 {{provider}}, {{workflow}}");
    /// ```
    pub fn written(&self, value: impl Fn(&str) -> String) -> String {
        let values: Vec<_> = self.labels.iter().map(|label| value(label)).collect();
        format!("{} {}", self.text, values.join(", ")).trim().to_owned()
    }
}

impl From<indicator::Unit> for Unit {
    fn from(measured: indicator::Unit) -> Self {
        match measured {
            indicator::Unit::Share => Self::Share,
            indicator::Unit::Seconds => Self::Seconds,
            indicator::Unit::Count => Self::Count,
            indicator::Unit::Times => Self::Times,
            indicator::Unit::State => Self::State,
        }
    }
}

impl Unit {
    /// A value of this unit, as people say it, with three significant digits; a dash where it is not known (NaN).
    ///
    /// ```
    /// use telemetry_catalog::panel::Unit;
    ///
    /// assert_eq!(Unit::Share.shown(0.041), "4.1 %");
    /// assert_eq!(Unit::Seconds.shown(200.0), "3 m 20 s");
    /// assert_eq!(Unit::Health.shown(1.0), "warning");
    /// assert_eq!(Unit::Count.shown(f64::NAN), "–");
    /// ```
    #[must_use]
    pub fn shown(self, value: f64) -> String {
        quantity::shown(self, value)
    }

    /// The unit in a word or two.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Share => "percent",
            Self::Seconds => "seconds",
            Self::Count => "count",
            Self::Times => "times",
            Self::PerSecond => "per second",
            Self::PerMinute => "per minute",
            Self::State => "state",
            Self::Health => "health",
            Self::Presence => "presence",
        }
    }
}

impl Visualization {
    /// The kind of picture in a word or two.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stat => "stat",
            Self::Gauge => "gauge",
            Self::TimeSeries => "time series",
            Self::Bar => "bars",
            Self::Heatmap => "heatmap",
            Self::StateTimeline => "state timeline",
        }
    }

    /// Whether it shows the present alone, so that the last answer is all that it needs.
    #[must_use]
    pub const fn is_of_now(self) -> bool {
        matches!(self, Self::Stat | Self::Gauge | Self::Bar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::indicators;
    use crate::rules::recording_rules;
    use std::collections::BTreeSet;

    fn panels() -> Vec<Panel> {
        boards(&Config::default())
            .into_iter()
            .flat_map(|board| board.rows)
            .flat_map(|row| row.panels)
            .collect()
    }

    #[test]
    fn ids_are_unique_words_with_hyphens() {
        let ids: BTreeSet<_> = panels().into_iter().map(|panel| panel.id).collect();
        assert_eq!(ids.len(), panels().len());
        for id in ids {
            let is_plain = |word: &str| {
                !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            };
            assert!(id.split('-').all(is_plain), "{id}");
        }
    }

    #[test]
    fn every_indicator_has_its_panel_on_the_board_of_its_subsystem() {
        for board in boards(&Config::default()) {
            let shown: Vec<_> = board.panels().filter_map(|panel| panel.indicator).collect();
            for indicator in indicators().filter(|indicator| Some(indicator.subsystem) == board.subsystem) {
                assert!(shown.contains(&indicator), "{}", indicator.alert);
            }
        }
    }

    #[test]
    fn every_recorded_series_that_a_panel_reads_is_recorded() {
        let rules = recording_rules(&Config::default());
        for panel in panels() {
            for record in panel.queries.iter().flat_map(|query| query.vector.records()) {
                let recorded = rules.iter().any(|rule| rule.record == record);
                assert!(recorded, "{} reads {}, which no rule records", panel.id, record.name);
            }
        }
    }

    #[test]
    fn legends_tell_the_series_of_a_panel_apart() {
        for panel in panels() {
            let names: BTreeSet<_> =
                panel.queries.iter().map(|query| query.legend.written(str::to_owned)).collect();
            assert_eq!(names.len(), panel.queries.len(), "{}", panel.id);
            for Query { vector, legend } in &panel.queries {
                let told = vector.by().iter().all(|label| legend.labels.contains(label));
                assert!(told && !legend.written(str::to_owned).is_empty(), "{}: {legend:?}", panel.id);
            }
        }
    }

    #[test]
    fn titles_say_what_an_amount_is_per() {
        for panel in panels() {
            let words = ["per second", "per minute"].map(|words| panel.title.contains(words));
            let expected = [panel.unit == Unit::PerSecond, panel.unit == Unit::PerMinute];
            assert_eq!(words, expected, "{}: {}", panel.id, panel.title);
        }
    }

    #[test]
    fn texts_are_whole_and_nothing_is_empty() {
        for board in boards(&Config::default()) {
            assert!(
                !board.rows.is_empty() && board.rows.iter().all(|row| !row.panels.is_empty()),
                "{}",
                board.uid
            );
        }
        for panel in panels() {
            assert!(!panel.queries.is_empty() && !panel.title.is_empty(), "{}", panel.id);
            assert!(
                panel.title.starts_with(|c: char| !c.is_lowercase()) && !panel.title.ends_with('.'),
                "{}",
                panel.title
            );
            assert!(
                panel.description.ends_with('.') && panel.description.len() > 40,
                "{}",
                panel.description
            );
        }
    }

    #[test]
    fn an_amount_is_multiplied_exactly_where_its_title_says_so() {
        for panel in panels().into_iter().filter(|panel| panel.indicator.is_none()) {
            for query in &panel.queries {
                let per_minute = query.vector.written(&crate::promql::Scope::plain()).ends_with(" * 60");
                assert_eq!(per_minute, panel.unit == Unit::PerMinute, "{}", panel.id);
            }
        }
    }
}
