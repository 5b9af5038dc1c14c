//! Expressions as text: on one line where that is short, else broken at operators and parentheses.

use super::Window;
use super::node::{Matched, Node, Range, Select, Source};
use std::fmt::Write as _;
use telemetry_core::exposition::write_value;
use telemetry_core::metric::MetricDef;

/// The longest line that is not broken.
const WIDTH: usize = 100;

/// How an expression is written for one reader.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The range of what follows a graph's resolution: `$__rate_interval` for Grafana, a duration elsewhere.
    pub graph_range: &'a str,
    /// Whether what a recording rule computes is written as its name; else it is written in full, for who has no rules.
    pub recorded: bool,
    /// A regular expression that narrows a label of a metric, such as `$provider`; written as it is.
    pub filter: Filter<'a>,
}

/// What narrows a label of a metric, if anything does.
pub type Filter<'a> = &'a dyn Fn(&MetricDef, &str) -> Option<&'static str>;

impl Scope<'_> {
    /// For rules: recorded names, and nothing narrowed.
    #[must_use]
    pub fn rules() -> Self {
        Self { recorded: true, ..Self::plain() }
    }

    /// For who asks a Prometheus that has none of the rules: everything in full, nothing narrowed, rates over five minutes.
    #[must_use]
    pub fn plain() -> Self {
        Self { graph_range: "5m", recorded: false, filter: &|_, _| None }
    }
}

impl Node {
    pub(super) fn written(&self, scope: &Scope<'_>) -> String {
        Writer { scope, offset: Window::ZERO }.pretty(self, 0)
    }
}

/// An expression that is being written, and how long ago the whole of it is asked for.
#[derive(Clone, Copy)]
struct Writer<'a> {
    scope: &'a Scope<'a>,
    offset: Window,
}

impl Writer<'_> {
    fn pretty(self, node: &Node, indent: usize) -> String {
        let flat = self.flat(node);
        if indent + flat.len() <= WIDTH {
            return flat;
        }
        let inner = indent + 2;
        match node {
            Node::Binary { op, matched, left, right } => {
                let (left, right) =
                    (self.operand(node, left, false, indent), self.operand(node, right, true, indent));
                format!("{left}\n{:indent$}{op}{}{right}", "", matching(matched))
            }
            Node::Aggregate { op, by, of } => {
                format!("{}(\n{:inner$}{}\n{:indent$})", head(op, by), "", self.pretty(of, inner), "")
            }
            Node::Call(name, parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.pretty(part, inner)).collect();
                let between = format!(",\n{:inner$}", "");
                format!("{name}(\n{:inner$}{}\n{:indent$})", "", parts.join(&between), "")
            }
            Node::Recorded { of, .. } if !self.scope.recorded => self.pretty(of, indent),
            Node::Earlier(of, offset) if !self.scope.recorded => self.ago(*offset).pretty(of, indent),
            _ => flat,
        }
    }

    /// One side of an operator, in parentheses where the tree means something else than the text without them would.
    fn operand(self, parent: &Node, side: &Node, right: bool, indent: usize) -> String {
        if self.needs_parentheses(parent, side, right) {
            let flat = self.flat(side);
            if indent + flat.len() + 2 <= WIDTH {
                return format!("({flat})");
            }
            let inner = indent + 2;
            return format!("(\n{:inner$}{}\n{:indent$})", "", self.pretty(side, inner), "");
        }
        self.pretty(side, indent)
    }

    fn flat(self, node: &Node) -> String {
        match node {
            Node::Select(select) => self.selector(select),
            Node::Call(name, parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.flat(part)).collect();
                format!("{name}({})", parts.join(", "))
            }
            Node::Aggregate { op, by, of } => format!("{}({})", head(op, by), self.flat(of)),
            Node::Binary { op, matched, left, right } => {
                let side = |side: &Node, is_right| match self.needs_parentheses(node, side, is_right) {
                    true => format!("({})", self.flat(side)),
                    false => self.flat(side),
                };
                format!("{} {op}{}{}", side(left, false), matching(matched), side(right, true))
            }
            Node::Number(number) => {
                let mut text = String::new();
                write_value(&mut text, *number);
                text
            }
            Node::Text(text) => format!("\"{}\"", escaped(text)),
            Node::Recorded { name, by, of } if self.scope.recorded => self.recorded(name, by, of),
            Node::Recorded { of, .. } => self.flat(of),
            Node::Earlier(of, offset) => self.ago(*offset).flat(of),
        }
    }

    fn ago(self, offset: Window) -> Self {
        Self { offset, ..self }
    }

    fn needs_parentheses(self, parent: &Node, side: &Node, right: bool) -> bool {
        let side = self.looked_through(side);
        match (binding(parent), binding(side)) {
            (Some(outer), Some(inner)) => {
                inner < outer || (right && inner == outer && !associative(parent, side))
            }
            _ => false,
        }
    }

    /// What stands in the text where a recorded part is written in full.
    fn looked_through(self, node: &Node) -> &Node {
        match node {
            Node::Recorded { of, .. } | Node::Earlier(of, _) if !self.scope.recorded => {
                self.looked_through(of)
            }
            other => other,
        }
    }

    fn recorded(self, name: &str, by: &[&'static str], of: &Node) -> String {
        let mut metrics = Vec::new();
        of.metrics(&mut metrics);
        let filters: Vec<_> = by
            .iter()
            .filter_map(|label| {
                let filter = metrics.iter().find_map(|def| (self.scope.filter)(def, label))?;
                Some(format!("{label}=~\"{filter}\""))
            })
            .collect();
        with_offset(format!("{name}{}", braces(&filters)), self.offset)
    }

    fn selector(self, select: &Select) -> String {
        let Select { source, suffix, matchers, range, offset } = select;
        let mut all: Vec<_> = matchers.iter().map(|(label, values)| matcher(label, values)).collect();
        let name = match source {
            Source::Foreign(name) => *name,
            Source::Metric(def) => {
                all.extend(self.filters(def));
                def.name
            }
        };
        let mut text = format!("{name}{suffix}{}", braces(&all));
        match range {
            Some(Range::Fixed(window)) => text = format!("{text}[{window}]"),
            Some(Range::Graph) => text = format!("{text}[{}]", self.scope.graph_range),
            None => {}
        }
        with_offset(text, if *offset == Window::ZERO { self.offset } else { *offset })
    }

    fn filters(self, def: &MetricDef) -> impl Iterator<Item = String> {
        let filter =
            |label: &&'static str| Some(format!("{label}=~\"{}\"", (self.scope.filter)(def, label)?));
        let labels: Vec<_> = def.labels.iter().map(|label| label.name).collect();
        labels.iter().filter_map(filter).collect::<Vec<_>>().into_iter()
    }
}

fn head(op: &str, by: &[&str]) -> String {
    if by.is_empty() { op.to_owned() } else { format!("{op} by ({}) ", by.join(", ")) }
}

/// What stands between an operator and its right side.
fn matching(matched: &Matched) -> String {
    match matched {
        Matched::All => " ".to_owned(),
        Matched::On(labels) => format!(" on ({}) ", labels.join(", ")),
        Matched::ManyOn(labels) => format!(" on ({}) group_left () ", labels.join(", ")),
    }
}

fn braces(matchers: &[String]) -> String {
    if matchers.is_empty() { String::new() } else { format!("{{{}}}", matchers.join(", ")) }
}

fn with_offset(text: String, offset: Window) -> String {
    if offset == Window::ZERO { text } else { format!("{text} offset {offset}") }
}

/// One value is compared, several are alternatives of a regular expression.
fn matcher(label: &str, values: &[String]) -> String {
    match values {
        [only] => format!("{label}=\"{}\"", escaped(only)),
        several => {
            let alternatives: Vec<_> = several.iter().map(|value| escaped(&literal(value))).collect();
            format!("{label}=~\"{}\"", alternatives.join("|"))
        }
    }
}

/// The regular expression, in RE2's syntax, that matches this text and no other.
fn literal(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// The text between the quotes of a PromQL string.
pub(crate) fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            // Writing into a string cannot fail.
            c if c.is_control() => write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
            c => out.push(c),
        }
        out
    })
}

/// How tightly an operator binds, from <https://prometheus.io/docs/prometheus/latest/querying/operators/#binary-operator-precedence>.
fn binding(node: &Node) -> Option<u8> {
    let Node::Binary { op, .. } = node else { return None };
    Some(match *op {
        "or" => 1,
        "and" | "unless" => 2,
        "+" | "-" => 4,
        "*" | "/" => 5,
        _ => 3,
    })
}

/// Whether the right side may stand without parentheses although it binds no tighter.
fn associative(parent: &Node, side: &Node) -> bool {
    let op = |node: &Node| if let Node::Binary { op, .. } = node { *op } else { "" };
    op(parent) == op(side) && matches!(op(parent), "or" | "+" | "*")
}
