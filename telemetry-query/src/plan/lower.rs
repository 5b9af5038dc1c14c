//! From the parser's tree to a plan.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use promql_parser::label::{MatchOp, Matcher as ParsedMatcher};
use promql_parser::parser::token::{self};
use promql_parser::parser::{
    AggregateExpr, AtModifier, BinaryExpr, Expr, LabelModifier, MatrixSelector, Offset, SubqueryExpr,
    VectorSelector, parse,
};
use regex::Regex;

use super::calls::call;
use super::matching::{cardinality, grouping};
use super::{
    Aggregation, At, Combination, Fold, Grouping, Join, Kind, Matrix, Operator, Place, Plan, Scalar,
    Selector, SetOperator, Subquery, Vector, WithScalar, guard,
};
use crate::error::QueryError;
use crate::labels::METRIC_NAME;
use crate::matcher::{Condition, Matcher};

type Planned<T> = Result<T, QueryError>;

/// The furthest time in milliseconds that is exact as a number.
const FURTHEST: i64 = 1 << 53;

/// Reads a text as PromQL.
pub(crate) fn plan(text: &str) -> Planned<Plan> {
    guard::check(text)?;
    let expr = parse(text).map_err(QueryError::Parse)?;
    guard::check_depth(&expr)?;
    lower(&expr)
}

pub(super) fn lower(expr: &Expr) -> Planned<Plan> {
    match expr {
        Expr::NumberLiteral(number) => Ok(Plan::Scalar(Scalar::Number(number.val))),
        Expr::StringLiteral(text) => Ok(Plan::Text(text.val.clone())),
        Expr::Paren(paren) => lower(&paren.expr),
        Expr::Unary(unary) => negated(lower(&unary.expr)?),
        Expr::VectorSelector(selected) => Ok(Plan::Vector(Vector::Selected(selector(selected)?))),
        Expr::MatrixSelector(selected) => matrix_selector(selected).map(Plan::Matrix),
        Expr::Subquery(query) => subquery(query).map(Plan::Matrix),
        Expr::Binary(operation) => binary(operation),
        Expr::Aggregate(operation) => Ok(Plan::Vector(Vector::Aggregated(Box::new(aggregation(operation)?)))),
        Expr::Call(called) => call(called),
        Expr::Extension(_) => Err(unsupported("syntax", "extension")),
    }
}

pub(super) fn unsupported(what: &'static str, name: impl Into<String>) -> QueryError {
    QueryError::Unsupported { what, name: name.into() }
}

/// Expects an instant vector at a place in an expression.
pub(super) fn vector(expr: &Expr, place: &str) -> Planned<Vector> {
    match lower(expr)? {
        Plan::Vector(vector) => Ok(vector),
        other => Err(wrong_type("instant vector", place, &other)),
    }
}

/// Expects a number at a place in an expression.
pub(super) fn scalar(expr: &Expr, place: &str) -> Planned<Scalar> {
    match lower(expr)? {
        Plan::Scalar(scalar) => Ok(scalar),
        other => Err(wrong_type("scalar", place, &other)),
    }
}

/// Expects a range vector at a place in an expression.
pub(super) fn matrix(expr: &Expr, place: &str) -> Planned<Matrix> {
    match lower(expr)? {
        Plan::Matrix(matrix) => Ok(matrix),
        other => Err(wrong_type("range vector", place, &other)),
    }
}

/// Expects a text at a place in an expression.
pub(super) fn text(expr: &Expr, place: &str) -> Planned<String> {
    match lower(expr)? {
        Plan::Text(text) => Ok(text),
        other => Err(wrong_type("string", place, &other)),
    }
}

fn wrong_type(expected: &'static str, place: &str, found: &Plan) -> QueryError {
    QueryError::WrongType { expected, place: place.to_owned(), found: found.type_name() }
}

fn negated(plan: Plan) -> Planned<Plan> {
    match plan {
        Plan::Scalar(scalar) => Ok(Plan::Scalar(Scalar::Negated(Box::new(scalar)))),
        Plan::Vector(vector) => Ok(Plan::Vector(Vector::Negated(Box::new(vector)))),
        other => Err(wrong_type("scalar or instant vector", "unary expression", &other)),
    }
}

fn selector(selected: &VectorSelector) -> Planned<Selector> {
    if !selected.matchers.or_matchers.is_empty() {
        return Err(unsupported("operator between matchers", "or"));
    }
    let name = selected.name.iter().map(|name| Ok(Matcher::equal(METRIC_NAME, name.as_str())));
    let matchers = name.chain(selected.matchers.matchers.iter().map(matcher)).collect::<Planned<_>>()?;
    Ok(Selector { matchers, place: place(selected.at.as_ref(), selected.offset.as_ref())? })
}

fn matcher(parsed: &ParsedMatcher) -> Planned<Matcher> {
    let condition = match &parsed.op {
        MatchOp::Equal => Condition::Equal(parsed.value.clone()),
        MatchOp::NotEqual => Condition::NotEqual(parsed.value.clone()),
        MatchOp::Re(regex) => Condition::Matches(dotted(regex)?),
        MatchOp::NotRe(regex) => Condition::MatchesNot(dotted(regex)?),
    };
    Ok(Matcher { name: parsed.name.clone(), condition })
}

/// The same expression, in which a dot stands for a line break too, as it does in Prometheus 3. It is anchored already.
fn dotted(regex: &Regex) -> Planned<Regex> {
    Regex::new(&format!("(?s){}", regex.as_str())).map_err(|error| QueryError::Parse(error.to_string()))
}

fn place(at: Option<&AtModifier>, offset: Option<&Offset>) -> Planned<Place> {
    let at = match at {
        None => At::Step,
        Some(AtModifier::Start) => At::Start,
        Some(AtModifier::End) => At::End,
        Some(AtModifier::At(time)) => At::Time(since_1970(*time)?),
    };
    let offset = match offset {
        None => 0,
        Some(Offset::Pos(duration)) => milliseconds(*duration)?,
        Some(Offset::Neg(duration)) => -milliseconds(*duration)?,
    };
    Ok(Place { at, offset })
}

fn since_1970(time: SystemTime) -> Planned<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(duration) => milliseconds(duration),
        Err(before) => milliseconds(before.duration()).map(|past| -past),
    }
}

fn milliseconds(duration: Duration) -> Planned<i64> {
    let whole = i64::try_from(duration.as_millis()).ok().filter(|&milliseconds| milliseconds < FURTHEST);
    // What has no whole number of milliseconds would have to be rounded.
    let exact = whole.filter(|_| duration.subsec_nanos().is_multiple_of(1_000_000));
    exact.ok_or_else(|| QueryError::TimeOutOfRange(format!("{duration:?}")))
}

/// A duration that must not be zero.
fn span(duration: Duration) -> Planned<i64> {
    match milliseconds(duration)? {
        0 => Err(QueryError::Parse("duration must be greater than 0".to_owned())),
        positive => Ok(positive),
    }
}

/// A time that a query may be asked for.
pub(crate) fn within_range(time: i64) -> Planned<i64> {
    if time.abs() < FURTHEST { Ok(time) } else { Err(QueryError::BeyondTime(time)) }
}

fn matrix_selector(selected: &MatrixSelector) -> Planned<Matrix> {
    Ok(Matrix::Selected { selector: selector(&selected.vs)?, range: span(selected.range)? })
}

fn subquery(query: &SubqueryExpr) -> Planned<Matrix> {
    Ok(Matrix::Subquery(Box::new(Subquery {
        input: vector(&query.expr, "subquery")?,
        range: span(query.range)?,
        step: query.step.map(span).transpose()?,
        place: place(query.at.as_ref(), query.offset.as_ref())?,
    })))
}

fn binary(operation: &BinaryExpr) -> Planned<Plan> {
    let modifier = operation.modifier.as_ref();
    if modifier
        .is_some_and(|modifier| modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some())
    {
        return Err(unsupported("modifier", "fill"));
    }
    let (left, right) = (lower(&operation.lhs)?, lower(&operation.rhs)?);
    let matching = grouping_of_match(modifier.and_then(|modifier| modifier.matching.as_ref()));
    if let Some(operator) = SetOperator::of(operation.op) {
        let (left, right) = both_vectors(left, right)?;
        return Ok(Plan::Vector(Vector::Combined(Box::new(Combination { operator, left, right, matching }))));
    }
    let operator = Operator::of(operation.op, operation.return_bool());
    let operator = operator.ok_or_else(|| unsupported("operator", operation.op.to_string()))?;
    match (left, right) {
        (Plan::Scalar(left), Plan::Scalar(right)) => {
            Ok(Plan::Scalar(Scalar::Computed { operator, left: Box::new(left), right: Box::new(right) }))
        }
        (Plan::Vector(vector), Plan::Scalar(scalar)) => Ok(with_scalar(operator, vector, scalar, false)),
        (Plan::Scalar(scalar), Plan::Vector(vector)) => Ok(with_scalar(operator, vector, scalar, true)),
        (left, right) => {
            let (left, right) = both_vectors(left, right)?;
            let cardinality = cardinality(modifier);
            Ok(Plan::Vector(Vector::Joined(Box::new(Join { operator, left, right, matching, cardinality }))))
        }
    }
}

fn with_scalar(operator: Operator, vector: Vector, scalar: Scalar, scalar_is_left: bool) -> Plan {
    Plan::Vector(Vector::WithScalar(Box::new(WithScalar { operator, vector, scalar, scalar_is_left })))
}

fn both_vectors(left: Plan, right: Plan) -> Planned<(Vector, Vector)> {
    match (left, right) {
        (Plan::Vector(left), Plan::Vector(right)) => Ok((left, right)),
        (Plan::Vector(_), other) | (other, _) => {
            Err(wrong_type("instant vector", "binary expression", &other))
        }
    }
}

/// Without `on` or `ignoring`, all labels but the name must match.
fn grouping_of_match(modifier: Option<&LabelModifier>) -> Grouping {
    modifier.map_or_else(|| Grouping::Without(Vec::new()), grouping)
}

fn aggregation(operation: &AggregateExpr) -> Planned<Aggregation> {
    // Without `by` or `without`, everything is one group.
    let grouping = operation.modifier.as_ref().map_or_else(|| Grouping::By(Vec::new()), grouping);
    let input = vector(&operation.expr, "aggregation expression")?;
    Ok(Aggregation { kind: kind(operation)?, input, grouping })
}

fn kind(operation: &AggregateExpr) -> Planned<Kind> {
    if let Some(fold) = Fold::of(operation.op) {
        return Ok(Kind::Fold(fold));
    }
    let place = "aggregation expression";
    let Some(parameter) = operation.param.as_deref() else {
        return Err(unsupported("aggregation", operation.op.to_string()));
    };
    match operation.op.id() {
        token::T_TOPK => Ok(Kind::Extremes { count: scalar(parameter, place)?, largest: true }),
        token::T_BOTTOMK => Ok(Kind::Extremes { count: scalar(parameter, place)?, largest: false }),
        token::T_QUANTILE => Ok(Kind::Quantile(scalar(parameter, place)?)),
        token::T_COUNT_VALUES => Ok(Kind::CountValues { label: text(parameter, place)? }),
        _ => Err(unsupported("aggregation", operation.op.to_string())),
    }
}
