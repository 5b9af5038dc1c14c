//! What an expression is worth while everything goes its even way: PromQL over series that are straight lines.
//!
//! A plan says how fast each series grows. From that the value of an expression follows without a server, by a second reading of what
//! PromQL's functions mean, so that a wrong query and a wrong plan do not agree by accident. Only what the generated files use is here;
//! anything else is refused.

use std::collections::BTreeMap;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, MatrixSelector, Offset, VectorSelector, parse,
};

/// The labels of a series, without its name.
pub(crate) type Labels = BTreeMap<String, String>;

/// A series whose value grows evenly.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) labels: Labels,
    /// The value at second 0.
    pub(crate) start: f64,
    /// What is added in a second.
    pub(crate) slope: f64,
}

/// The world in which expressions are evaluated.
pub(crate) struct World<'a> {
    pub(crate) lines: &'a [Line],
    /// The expression of each recording rule by its name.
    pub(crate) recorded: &'a BTreeMap<String, String>,
    /// The present second.
    pub(crate) now: f64,
}

/// An instant vector.
pub(crate) type Vector = Vec<(Labels, f64)>;

#[derive(Debug, Clone)]
enum Value {
    Scalar(f64),
    Text,
    Vector(Vector),
}

impl World<'_> {
    /// The instant vector that an expression is worth now.
    pub(crate) fn value_of(&self, expression: &str) -> Vector {
        let tree = parse(expression).unwrap_or_else(|error| panic!("{error}: {expression}"));
        match self.eval(&tree, self.now) {
            Value::Vector(vector) => vector,
            Value::Scalar(value) => vec![(Labels::new(), value)],
            Value::Text => panic!("{expression} is a string"),
        }
    }

    fn eval(&self, tree: &Expr, at: f64) -> Value {
        match tree {
            Expr::NumberLiteral(number) => Value::Scalar(number.val),
            Expr::StringLiteral(_) => Value::Text,
            Expr::Paren(inner) => self.eval(&inner.expr, at),
            Expr::VectorSelector(selector) => Value::Vector(self.instant(selector, at)),
            Expr::Aggregate(aggregate) => Value::Vector(self.aggregate(aggregate, at)),
            Expr::Binary(binary) => self.binary(binary, at),
            Expr::Call(call) => self.call(call, at),
            other => panic!("not evaluated here: {other}"),
        }
    }

    fn vector(&self, tree: &Expr, at: f64) -> Vector {
        match self.eval(tree, at) {
            Value::Vector(vector) => vector,
            other => panic!("{tree} is {other:?} and no vector"),
        }
    }

    fn instant(&self, selector: &VectorSelector, at: f64) -> Vector {
        let at = at - offset(selector);
        let name = selector.name.as_deref().unwrap();
        let own = |labels: &Labels| selector.matchers.matchers.iter().all(|matcher| matches(matcher, labels));
        let vector: Vector = match self.recorded.get(name) {
            Some(expression) => self.vector(&parse(expression).unwrap(), at),
            None => self
                .lines_of(selector)
                .map(|line| (line.labels.clone(), line.start + line.slope * at))
                .collect(),
        };
        vector.into_iter().filter(|(labels, _)| own(labels)).collect()
    }

    fn lines_of<'s>(&'s self, selector: &'s VectorSelector) -> impl Iterator<Item = &'s Line> {
        let named = self.lines.iter().filter(|line| Some(&line.name) == selector.name.as_ref());
        named.filter(|line| selector.matchers.matchers.iter().all(|matcher| matches(matcher, &line.labels)))
    }

    fn aggregate(&self, aggregate: &AggregateExpr, at: f64) -> Vector {
        let kept: Vec<String> = match &aggregate.modifier {
            Some(LabelModifier::Include(labels)) => labels.labels.iter().map(ToString::to_string).collect(),
            Some(LabelModifier::Exclude(_)) => panic!("`without` is not generated"),
            None => Vec::new(),
        };
        let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
        for (labels, value) in self.vector(&aggregate.expr, at) {
            let group = labels.into_iter().filter(|(name, _)| kept.contains(name)).collect();
            groups.entry(group).or_default().push(value);
        }
        let op = aggregate.op.to_string();
        groups.into_iter().map(|(labels, values)| (labels, together(&op, &values))).collect()
    }

    fn call(&self, call: &Call, at: f64) -> Value {
        let arguments = &call.args.args;
        match (call.func.name, arguments.first().map(AsRef::as_ref)) {
            ("time", None) => Value::Scalar(at),
            ("histogram_quantile", Some(Expr::NumberLiteral(q))) => {
                Value::Vector(quantiles(q.val, self.vector(&arguments[1], at)))
            }
            ("label_replace", Some(inner)) => {
                let [Expr::StringLiteral(name), Expr::StringLiteral(value)] =
                    [&*arguments[1], &*arguments[2]]
                else {
                    panic!("label_replace with other arguments")
                };
                let marked = |(mut labels, number): (Labels, f64)| {
                    labels.insert(name.val.clone(), value.val.clone());
                    (labels, number)
                };
                Value::Vector(self.vector(inner, at).into_iter().map(marked).collect())
            }
            ("floor", Some(inner)) => {
                let floor = |(labels, value): (Labels, f64)| (labels, value.floor());
                Value::Vector(self.vector(inner, at).into_iter().map(floor).collect())
            }
            ("clamp_min", Some(inner)) => {
                let Value::Scalar(least) = self.eval(&arguments[1], at) else {
                    panic!("clamp_min of a vector")
                };
                let clamped = |(labels, value): (Labels, f64)| (labels, value.max(least));
                Value::Vector(self.vector(inner, at).into_iter().map(clamped).collect())
            }
            (function, Some(Expr::MatrixSelector(range))) => {
                Value::Vector(self.over_time(function, range, at))
            }
            (function, _) => panic!("the function {function} is not evaluated here"),
        }
    }

    fn over_time(&self, function: &str, range: &MatrixSelector, at: f64) -> Vector {
        let (end, width) = (at - offset(&range.vs), range.range.as_secs_f64());
        let value = |line: &Line| {
            let (first, last) = (line.start + line.slope * (end - width), line.start + line.slope * end);
            match function {
                "rate" => line.slope,
                "increase" => line.slope * width,
                "max_over_time" => last.max(first),
                "min_over_time" => last.min(first),
                "avg_over_time" => f64::midpoint(first, last),
                // What grows evenly never begins anew.
                "resets" => 0.0,
                other => panic!("the function {other} is not evaluated here"),
            }
        };
        assert!(
            !self.recorded.contains_key(range.vs.name.as_deref().unwrap()),
            "a range over a recorded series"
        );
        self.lines_of(&range.vs).map(|line| (line.labels.clone(), value(line))).collect()
    }

    fn binary(&self, binary: &BinaryExpr, at: f64) -> Value {
        let op = binary.op.to_string();
        let as_bool = binary.modifier.as_ref().is_some_and(|modifier| modifier.return_bool);
        let on: Option<Vec<String>> =
            binary.modifier.as_ref().and_then(|modifier| match &modifier.matching {
                Some(LabelModifier::Include(labels)) => {
                    Some(labels.labels.iter().map(ToString::to_string).collect())
                }
                _ => None,
            });
        match (self.eval(&binary.lhs, at), self.eval(&binary.rhs, at)) {
            (Value::Scalar(left), Value::Scalar(right)) => {
                Value::Scalar(apply(&op, left, right, true).unwrap_or(f64::NAN))
            }
            (Value::Scalar(left), Value::Vector(right)) => {
                let each = |(labels, value)| Some((labels, apply(&op, left, value, as_bool)?));
                Value::Vector(right.into_iter().filter_map(each).collect())
            }
            (Value::Vector(left), Value::Scalar(right)) => {
                let each = |(labels, value)| Some((labels, apply(&op, value, right, as_bool)?));
                Value::Vector(left.into_iter().filter_map(each).collect())
            }
            (Value::Vector(left), Value::Vector(right)) => {
                Value::Vector(combined(&op, as_bool, &left, &right, &|labels| key(labels, on.as_deref())))
            }
            (left, right) => panic!("{left:?} {op} {right:?}"),
        }
    }
}

fn key(labels: &Labels, on: Option<&[String]>) -> Labels {
    let kept = |name: &String| on.is_none_or(|on| on.contains(name));
    labels.iter().filter(|(name, _)| kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn combined(
    op: &str,
    as_bool: bool,
    left: &Vector,
    right: &Vector,
    key: &dyn Fn(&Labels) -> Labels,
) -> Vector {
    let has = |side: &Vector, labels: &Labels| side.iter().any(|(other, _)| key(other) == key(labels));
    let kept = |wanted: bool| left.iter().filter(move |(labels, _)| has(right, labels) == wanted).cloned();
    match op {
        "and" => kept(true).collect(),
        "unless" => kept(false).collect(),
        "or" => left.iter().chain(right.iter().filter(|(labels, _)| !has(left, labels))).cloned().collect(),
        _ => {
            let each = |(labels, value): &(Labels, f64)| {
                let (_, other) = right.iter().find(|(other, _)| key(other) == key(labels))?;
                Some((labels.clone(), apply(op, *value, *other, as_bool)?))
            };
            left.iter().filter_map(each).collect()
        }
    }
}

/// What an operator makes of two numbers; nothing where a comparison filters them out.
fn apply(op: &str, left: f64, right: f64, as_bool: bool) -> Option<f64> {
    #[expect(clippy::float_cmp, reason = "PromQL compares exactly")]
    let holds = match op {
        "+" => return Some(left + right),
        "-" => return Some(left - right),
        "*" => return Some(left * right),
        "/" => return Some(left / right),
        "==" => left == right,
        "!=" => left != right,
        ">=" => left >= right,
        "<=" => left <= right,
        ">" => left > right,
        "<" => left < right,
        other => panic!("the operator {other} is not evaluated here"),
    };
    match as_bool {
        true => Some(f64::from(u8::from(holds))),
        false => holds.then_some(left),
    }
}

fn together(op: &str, values: &[f64]) -> f64 {
    let sum: f64 = values.iter().sum();
    match op {
        "sum" => sum,
        "avg" => sum / values.len() as f64,
        "count" => values.len() as f64,
        "max" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "min" => values.iter().copied().fold(f64::INFINITY, f64::min),
        other => panic!("the aggregation {other} is not evaluated here"),
    }
}

/// Quantiles of the groups of buckets, interpolated as <https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile>
/// says.
fn quantiles(q: f64, buckets: Vector) -> Vector {
    let mut groups: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    for (mut labels, value) in buckets {
        let bound = labels.remove("le").unwrap().parse().unwrap();
        groups.entry(labels).or_default().push((bound, value));
    }
    groups.into_iter().map(|(labels, buckets)| (labels, quantile(q, buckets))).collect()
}

fn quantile(q: f64, mut buckets: Vec<(f64, f64)>) -> f64 {
    buckets.sort_by(|left, right| left.0.total_cmp(&right.0));
    let all = buckets.last().unwrap().1;
    let rank = q * all;
    let at = buckets.iter().position(|(_, count)| *count >= rank).unwrap();
    let (bound, count) = buckets[at];
    if all == 0.0 {
        return f64::NAN;
    }
    if bound.is_infinite() {
        return buckets[at - 1].0;
    }
    let (lower, below) = if at == 0 { (0.0, 0.0) } else { buckets[at - 1] };
    lower + (bound - lower) * (rank - below) / (count - below)
}

fn offset(selector: &VectorSelector) -> f64 {
    match selector.offset {
        Some(Offset::Pos(duration)) => duration.as_secs_f64(),
        Some(Offset::Neg(duration)) => -duration.as_secs_f64(),
        None => 0.0,
    }
}

fn matches(matcher: &Matcher, labels: &Labels) -> bool {
    let value = labels.get(&matcher.name).map_or("", String::as_str);
    match &matcher.op {
        MatchOp::Equal => value == matcher.value,
        MatchOp::NotEqual => value != matcher.value,
        MatchOp::Re(pattern) => pattern.is_match(value),
        MatchOp::NotRe(pattern) => !pattern.is_match(value),
    }
}

#[test]
fn even_growth_is_evaluated_as_promql_would() {
    let line = |name: &str, status: &str, slope| Line {
        name: name.to_owned(),
        labels: [("status".to_owned(), status.to_owned())].into(),
        start: 7.0,
        slope,
    };
    let lines = [line("runs_total", "ok", 3.0), line("runs_total", "error", 1.0)];
    let recorded =
        [("fleet:runs:increase10s".to_owned(), "sum(increase(runs_total[10s]))".to_owned())].into();
    let world = World { lines: &lines, recorded: &recorded, now: 100.0 };
    let only = |expression: &str| match &world.value_of(expression)[..] {
        [(_, value)] => *value,
        other => panic!("{expression}: {other:?}"),
    };
    assert_eq!(only("sum(rate(runs_total[5s]))"), 4.0);
    assert_eq!(only("sum(rate(runs_total{status=\"error\"}[5s])) / sum(rate(runs_total[5s]))"), 0.25);
    assert_eq!(only("fleet:runs:increase10s offset 1m >= 40"), 40.0);
    assert!(world.value_of("fleet:runs:increase10s > 40").is_empty());
    assert_eq!(
        only("max_over_time(runs_total{status=\"ok\"}[10s]) - min_over_time(runs_total{status=\"ok\"}[10s])"),
        30.0
    );
    assert_eq!(only("sum(runs_total{status=\"gone\"}) or sum(runs_total * 0) == bool 0"), 1.0);
    assert_eq!(quantile(0.5, vec![(f64::INFINITY, 10.0), (1.0, 4.0), (3.0, 8.0)]), 1.5);
    assert_eq!(quantile(0.95, vec![(f64::INFINITY, 10.0), (1.0, 4.0), (3.0, 8.0)]), 3.0);
}
