//! Which workflows and providers had the most failures, took the most time and used the most tokens.

use super::Answered;
use crate::source::Source;
use crate::words;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use telemetry_catalog::panel::Unit;
use telemetry_catalog::promql::{Counters, Histograms, Scope, Selection, Vector, Window, counter, histogram};
use telemetry_core::catalog::{
    AGENT_RUN_DURATION, AGENT_RUNS, LLM_ERRORS, LLM_INPUT_TOKENS, LLM_INVOCATION_DURATION, LLM_INVOCATIONS,
    LLM_OUTPUT_TOKENS, LLM_RETRIES,
};
use telemetry_core::registry::OVERFLOW;

/// How many rows a table has, beside that of all others.
const ROWS: usize = 10;

/// What is looked at for each of several things.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) title: &'static str,
    /// What a row is, as the head of its column.
    pub(super) one: &'static str,
    /// What is to be known about the table.
    pub(super) note: &'static str,
    pub(super) columns: Vec<Column>,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) unit: Unit,
    of: Of,
    /// Whether rows are chosen by it: the largest of it are in the table.
    ranks: bool,
    /// Whether it counts those that ended in one way, which nobody knows of what is counted together.
    of_one_end: bool,
}

/// What stands in a column.
#[derive(Debug, Clone)]
enum Of {
    /// An amount, which adds up over all rows; by the label of which the value names the row.
    Amount(Vector),
    /// What does not add up.
    Other(Vector),
    /// The part that one column, by its place, is of another.
    Share { part: usize, whole: usize },
}

/// What was found about a subject.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    /// The rows, those first with the most failures and of them those that took the most time.
    pub(super) rows: Vec<Row>,
    /// All others together, and how many they are.
    pub(super) others: Option<(usize, Row)>,
    /// Why a column is not known, by its place.
    pub(super) troubles: BTreeMap<usize, String>,
}

/// A row: its name, and what is known in each column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) cells: Vec<Option<f64>>,
}

/// The tables of a report over a period of this length.
pub(super) fn subjects(over: Window) -> [Subject; 3] {
    let (runs, calls) = (counter(&AGENT_RUNS), counter(&LLM_INVOCATIONS));
    let duration = histogram(&AGENT_RUN_DURATION);
    [
        Subject {
            title: "Workflows",
            one: "Workflow",
            note: "Agent runs by workflow. Which workflow a token was used for is not recorded.",
            columns: of_runs(runs, duration, "workflow", over),
        },
        Subject {
            title: "Providers of agents",
            one: "Provider",
            note: "Agent runs by the provider whose model they were started with.",
            columns: of_runs(runs, duration, "llm_provider", over),
        },
        Subject {
            title: "Providers of language models",
            one: "Provider",
            note: "Calls of language models by the provider that was called.",
            columns: of_calls(calls, over),
        },
    ]
}

fn of_runs(
    runs: Selection<Counters>,
    duration: Selection<Histograms>,
    label: &'static str,
    over: Window,
) -> Vec<Column> {
    let by: &[&'static str] = if label == "workflow" { &["workflow"] } else { &["llm_provider"] };
    let all = Vector::tallied(&runs, over, by);
    let part = |of: Selection<Counters>| Vector::tallied(&of, over, by).or_zero_of(&all);
    vec![
        Column::amount("Runs", Unit::Count, all.clone()),
        Column::amount("Failed", Unit::Count, part(runs.failing())).of_one_end().ranking(),
        Column {
            title: "Failure share",
            unit: Unit::Share,
            of: Of::Share { part: 1, whole: 0 },
            ranks: false,
            of_one_end: false,
        },
        Column::amount("Killed", Unit::Count, part(runs.only("status", &["killed"]))).of_one_end(),
        Column::amount("Time spent", Unit::Seconds, Vector::spent(&duration, over, by)).ranking(),
        Column::other("p95", Unit::Seconds, Vector::quantile(0.95, &duration, Some(over), by)),
    ]
}

fn of_calls(calls: Selection<Counters>, over: Window) -> Vec<Column> {
    let by: &[&'static str] = &["provider"];
    let duration = histogram(&LLM_INVOCATION_DURATION);
    let all = Vector::tallied(&calls, over, by);
    let counted = |of: Selection<Counters>| Vector::tallied(&of, over, by);
    let part = |of| counted(of).or_zero_of(&all);
    vec![
        Column::amount("Calls", Unit::Count, all.clone()),
        Column::amount("Failed", Unit::Count, part(calls.failing())).of_one_end().ranking(),
        Column {
            title: "Failure share",
            unit: Unit::Share,
            of: Of::Share { part: 1, whole: 0 },
            ranks: false,
            of_one_end: false,
        },
        Column::amount("Errors", Unit::Count, part(counter(&LLM_ERRORS))),
        Column::amount("Retries", Unit::Count, part(counter(&LLM_RETRIES))),
        Column::amount("Tokens in", Unit::Count, counted(counter(&LLM_INPUT_TOKENS))).ranking(),
        Column::amount("Tokens out", Unit::Count, counted(counter(&LLM_OUTPUT_TOKENS))).ranking(),
        Column::amount("Time spent", Unit::Seconds, Vector::spent(&duration, over, by)).ranking(),
        Column::other("p95", Unit::Seconds, Vector::quantile(0.95, &duration, Some(over), by)),
    ]
}

impl Column {
    const fn amount(title: &'static str, unit: Unit, vector: Vector) -> Self {
        Self { title, unit, of: Of::Amount(vector), ranks: false, of_one_end: false }
    }

    const fn other(title: &'static str, unit: Unit, vector: Vector) -> Self {
        Self { title, unit, of: Of::Other(vector), ranks: false, of_one_end: false }
    }

    fn ranking(self) -> Self {
        Self { ranks: true, ..self }
    }

    fn of_one_end(self) -> Self {
        Self { of_one_end: true, ..self }
    }

    /// Whether what stands in it adds up over all rows.
    pub(super) const fn adds_up(&self) -> bool {
        matches!(self.of, Of::Amount(_))
    }

    /// Whether what stands in it for a row says nothing: how those ended that are counted together is not kept.
    pub(super) fn hides(&self, row: &str) -> bool {
        self.of_one_end && row == OVERFLOW
    }

    /// What is asked for it, if anything is.
    const fn vector(&self) -> Option<&Vector> {
        match &self.of {
            Of::Amount(vector) | Of::Other(vector) => Some(vector),
            Of::Share { .. } => None,
        }
    }

    /// The value of each thing that it was found of, as of `at`.
    pub(super) fn ask(&self, source: &dyn Source, at: i64) -> Answered<Vec<(String, f64)>> {
        let Some(vector) = self.vector() else { return Ok(Vec::new()) };
        let label = vector.by().first().copied().unwrap_or_default();
        let found =
            source.instant(&vector.written(&Scope::plain()), at).map_err(|error| error.to_string())?;
        let found = found.into_iter().filter(|(_, value)| value.is_finite());
        Ok(found.map(|(labels, value)| (labels.get(label).to_owned(), value)).collect())
    }
}

impl Table {
    /// What the answers for each column come to.
    pub(super) fn of(subject: &Subject, answers: Vec<Answered<Vec<(String, f64)>>>) -> Self {
        let columns = &subject.columns;
        let mut all: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
        let mut troubles = BTreeMap::new();
        for (place, answer) in answers.into_iter().enumerate() {
            match answer {
                Err(trouble) => _ = troubles.insert(place, trouble),
                Ok(found) => found.into_iter().filter(|(name, _)| !columns[place].hides(name)).for_each(
                    |(name, value)| {
                        all.entry(name).or_insert_with(|| vec![None; columns.len()])[place] = Some(value);
                    },
                ),
            }
        }
        // What has only series that did not rise did nothing in the period.
        let rows = all.into_iter().map(|(name, cells)| Row { name, cells });
        let rows: Vec<_> = rows.filter(|row| row.cells.iter().flatten().any(|value| *value > 0.0)).collect();
        Self { troubles, ..Self::cut(columns, rows) }
    }

    fn cut(columns: &[Column], rows: Vec<Row>) -> Self {
        let chosen = chosen(columns, &rows);
        let (mut kept, mut left) = (Vec::new(), Vec::new());
        for (place, row) in rows.into_iter().enumerate() {
            if chosen.contains(&place) { kept.push(row) } else { left.push(row) }
        }
        let others = (!left.is_empty()).then(|| (left.len(), together(columns, &left)));
        let others = others.map(|(count, row)| (count, row.with_shares(columns)));
        let mut rows: Vec<_> = kept.into_iter().map(|row| row.with_shares(columns).named()).collect();
        let failures_and_time = |row: &Row| {
            let ranked = columns.iter().enumerate().filter(|(_, column)| column.ranks);
            ranked.map(|(place, _)| Reverse(Ordered(row.cells[place]))).collect::<Vec<_>>()
        };
        rows.sort_by_cached_key(|row| (failures_and_time(row), row.name.clone()));
        Self { rows, others, troubles: BTreeMap::new() }
    }

    /// Whether some are counted together, of which any other row might have had a part.
    pub(super) fn has_folded(&self) -> bool {
        self.rows.iter().any(|row| row.name == OVERFLOW)
    }

    /// The largest value in a column.
    pub(super) fn largest(&self, place: usize) -> Option<f64> {
        let values = self.rows.iter().filter_map(|row| row.cells[place]);
        values.reduce(f64::max).filter(|largest| *largest > 0.0)
    }
}

/// The rows with the largest values: the first by each measure, then the second by each, until there are enough.
fn chosen(columns: &[Column], rows: &[Row]) -> Vec<usize> {
    let by_measure = columns.iter().enumerate().filter(|(_, column)| column.ranks).map(|(place, _)| {
        let is_some = |row: &&usize| rows[**row].cells[place].is_some_and(|value| value > 0.0);
        let all: Vec<_> = (0..rows.len()).collect();
        let mut ranked: Vec<_> = all.iter().filter(is_some).copied().collect();
        ranked.sort_by_key(|row| Reverse(Ordered(rows[*row].cells[place])));
        ranked
    });
    let by_measure: Vec<_> = by_measure.collect();
    let rank = |rank: usize| by_measure.iter().filter_map(move |ranked| ranked.get(rank)).copied();
    let mut chosen = Vec::new();
    // Where those went that were too many must be seen: what is missing of the others is in it.
    let overflow = (0..rows.len()).filter(|row| rows[*row].name == OVERFLOW);
    for row in overflow.chain((0..rows.len()).flat_map(rank)).chain(0..rows.len()) {
        if chosen.len() < ROWS && !chosen.contains(&row) {
            chosen.push(row);
        }
    }
    chosen
}

/// The sums of what adds up.
fn together(columns: &[Column], rows: &[Row]) -> Row {
    let sum = |place: usize| rows.iter().filter_map(|row| row.cells[place]).reduce(|sum, value| sum + value);
    let cells = columns.iter().enumerate().map(|(place, column)| sum(place).filter(|_| column.adds_up()));
    Row { name: String::new(), cells: cells.collect() }
}

impl Row {
    fn with_shares(mut self, columns: &[Column]) -> Self {
        for (place, column) in columns.iter().enumerate() {
            let Of::Share { part, whole } = column.of else { continue };
            let whole = self.cells[whole].filter(|whole| *whole > 0.0);
            self.cells[place] = self.cells[part].zip(whole).map(|(part, whole)| part / whole);
        }
        self
    }

    fn named(self) -> Self {
        Self { name: words::cut(&self.name), ..self }
    }
}

/// A value by which rows can be ordered: what is not known is less than anything.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ordered(Option<f64>);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let value = |one: &Self| one.0.unwrap_or(f64::NEG_INFINITY);
        value(self).total_cmp(&value(other))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    type Column = Vec<(&'static str, f64)>;

    fn table(columns: &[Result<Column, &str>]) -> Table {
        let answers = columns.iter().map(|column| match column {
            Ok(found) => Ok(found.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()),
            Err(why) => Err((*why).to_owned()),
        });
        Table::of(&subjects(Window::hours(1))[0], answers.collect())
    }

    pub(in crate::report) fn some() -> Table {
        table(&[
            Ok(vec![("fix", 8.0), ("<b>plan</b>", 4.0), ("idle", 0.0)]),
            Ok(vec![("fix", 2.0), ("<b>plan</b>", 0.0)]),
            Ok(Vec::new()),
            Ok(vec![("fix", 0.0)]),
            Ok(vec![("fix", 90.0), ("<b>plan</b>", 100.0)]),
            Err("no answer within 2 s"),
        ])
    }

    #[test]
    fn rows_have_what_is_known_of_them_and_those_with_failures_come_first() {
        let table = some();
        let names: Vec<_> = table.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["fix", "<b>plan</b>"], "what did nothing is not there");
        assert_eq!(table.rows[0].cells, [Some(8.0), Some(2.0), Some(0.25), Some(0.0), Some(90.0), None]);
        assert_eq!(table.rows[1].cells[3], None, "what was not seen is not 0");
        assert_eq!(
            (table.largest(4), table.largest(3), &*table.troubles[&5]),
            (Some(100.0), None, "no answer within 2 s")
        );
        assert_eq!(table.others, None);
    }

    #[test]
    fn the_largest_by_every_measure_are_in_the_table_and_the_rest_is_summed_up() {
        let names: Vec<String> = (0..100).map(|place| format!("w{place:03}")).collect();
        let column = |value: &dyn Fn(usize) -> f64| {
            Ok(names.iter().enumerate().map(|(at, name)| (name.clone(), value(at))).collect())
        };
        let answers = vec![
            column(&|_| 10.0),
            column(&|at| if at < 20 { at as f64 } else { 0.0 }),
            Ok(Vec::new()),
            Ok(Vec::new()),
            column(&|at| at as f64),
            column(&|_| 3.0),
        ];
        let table = Table::of(&subjects(Window::hours(1))[0], answers);
        assert_eq!(table.rows.len(), ROWS);
        let has = |name: &str| table.rows.iter().any(|row| row.name == name);
        assert!(has("w019") && has("w099") && has("w015") && has("w095") && !has("w050"));
        let (count, others) = table.others.unwrap();
        assert_eq!(count, 90);
        let failed = f64::from((0..20).sum::<i32>() - (15..20).sum::<i32>());
        assert_eq!(others.cells[..3], [Some(900.0), Some(failed), Some(failed / 900.0)]);
        assert_eq!((others.cells[3], others.cells[5]), (None, None), "percentiles do not add up");
    }

    #[test]
    fn how_those_ended_that_are_counted_together_is_not_known() {
        let table = table(&[
            Ok(vec![("fix", 8.0), (OVERFLOW, 5.0)]),
            Ok(vec![("fix", 2.0), (OVERFLOW, 0.0)]),
            Ok(Vec::new()),
            Ok(vec![("fix", 0.0), (OVERFLOW, 0.0)]),
        ]);
        let folded = table.rows.iter().find(|row| row.name == OVERFLOW).unwrap();
        assert_eq!(folded.cells[..4], [Some(5.0), None, None, None]);
        assert!(table.has_folded() && !some().has_folded());
    }

    #[test]
    fn a_table_of_nothing_is_empty() {
        let table = table(&[Ok(Vec::new())]);
        assert!(table.rows.is_empty() && table.others.is_none());
    }
}
