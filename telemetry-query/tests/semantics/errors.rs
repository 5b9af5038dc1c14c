//! What is refused, and in which class.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use telemetry_query::{
    Budget, ErrorClass, Limits, Query, QueryError, Selection, Steps, Store, StoreError, StoredSeries,
};

use crate::bench::{Bench, series};

fn refused(expression: &str) -> String {
    let error = Query::parse(expression).map(|_| panic!("{expression} is not refused")).unwrap_err();
    assert_eq!(error.class(), ErrorClass::BadData, "{expression}");
    error.to_string()
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let unknown = [
        ("mad_over_time(x[5m])", "function `mad_over_time`"),
        ("double_exponential_smoothing(x[5m], 0.5, 0.5)", "function `double_exponential_smoothing`"),
        ("sort_by_label(x, \"a\")", "function `sort_by_label`"),
        ("info(x)", "function `info`"),
        ("histogram_avg(x)", "function `histogram_avg`"),
        ("histogram_fraction(0, 1, x)", "function `histogram_fraction`"),
        ("limitk(2, x)", "aggregation `limitk`"),
        ("limit_ratio(0.5, x)", "aggregation `limit_ratio`"),
        ("x{a=\"b\" or c=\"d\"}", "operator between matchers `or`"),
        ("x + fill(0) y", "modifier `fill`"),
        ("step()", "function `step`"),
    ];
    for (expression, name) in unknown {
        assert_eq!(refused(expression), format!("parse error: {name} is not supported"));
    }
    assert_eq!(refused("fastest(x)"), "parse error: unknown function with name 'fastest'");
}

#[test]
fn types_must_fit() {
    for expression in [
        "rate(x)",
        "sum(x[5m])",
        "x[5m] + 1",
        "\"a\" + 1",
        "1 > 2",
        "1 and 2",
        "abs(1)",
        "exp(NaN)",
        "ln(-1)",
        "vector(x)",
        "-x[5m]",
        "sum(1)",
        "topk(x, x)",
        "count_values(1, x)",
        "label_replace(x, 1, \"\", \"\", \"\")",
        "1[5m:]",
        "x[5m][5m:]",
        "time()[5m:1m]",
    ] {
        refused(expression);
    }
}

#[test]
fn texts_that_are_no_expressions() {
    for expression in [
        "",
        "#",
        "x{",
        "x)",
        "sum(",
        "{}",
        "{a=~\".*\"}",
        "x{a=~\"(\"}",
        "x[0]",
        "x[5m:0]",
        "x[0.0001]",
        "x[1e300]",
        "x offset Inf",
        "x offset 5m offset 5m",
        "x @ NaN",
        "x @ 1e300",
        "x[99999999999y]",
        "x x",
        "a + on(b) group_left(b) c",
        "a and on() group_left b",
    ] {
        refused(expression);
    }
}

#[test]
fn an_expression_of_any_length_ends_without_harm() {
    let unit = std::iter::repeat_n("x", 10_000);
    let long =
        [unit.collect::<Vec<_>>().join("+"), "(".repeat(100_000), "-".repeat(100_000), "x[".repeat(50_000)];
    for expression in long {
        refused(&expression);
    }
    for expression in [
        format!("x{{{}}}", vec!["a!=\"b\""; 20_000].join(",")),
        format!("x{{a=~\"{}\"}}", vec!["abc"; 20_000].join("|")),
        format!("x{}# {}", " \n".repeat(50_000), "(".repeat(50_000)),
    ] {
        drop(Query::parse(&expression));
    }
    // The deepest that are allowed fit into the stack of a thread of a server.
    let bench = series("x 1");
    assert_eq!(bench.number(0, &vec!["x"; 100].join(" + ")), 100.0);
    assert_eq!(bench.number(0, &format!("{}x{}", "abs(".repeat(99), ")".repeat(99))), 1.0);
    assert_eq!(bench.number(0, &format!("{}x", "-".repeat(98))), 1.0);
    let subqueries = format!("{}x{}", "sum(count_over_time(".repeat(33), "[1m:1m]))".repeat(33));
    assert_eq!(bench.number(0, &subqueries), 1.0);
    refused(&vec!["x"; 102].join(" or "));
    refused(&format!("{}x{}", "abs(".repeat(999), ")".repeat(999)));
}

fn range(expression: &str, steps: Steps, limits: &Limits) -> QueryError {
    let query = Query::parse(expression).unwrap();
    query.range(&Bench::default().store, steps, limits).map(|found| panic!("{found:?}")).unwrap_err()
}

#[test]
fn ranges_must_go_forward_and_not_be_too_long() {
    let limits = Limits::default();
    let steps = |start, end, step| Steps { start, end, step };
    let cases = [
        (
            steps(0, 10, 0),
            "zero or negative query resolution step widths are not accepted. Try a positive integer",
        ),
        (
            steps(0, 10, -1),
            "zero or negative query resolution step widths are not accepted. Try a positive integer",
        ),
        (steps(10, 0, 1), "end timestamp must not be before start time"),
        (
            steps(0, 11_001, 1),
            "exceeded maximum resolution of 11000 points per timeseries. Try increasing the value of the step parameter",
        ),
        (
            steps(0, i64::MAX, i64::MAX),
            "a query cannot be answered at 9223372036854775807 ms since 1970: that is out of the range of times",
        ),
    ];
    for (steps, message) in cases {
        let error = range("1", steps, &limits);
        assert_eq!((error.to_string().as_str(), error.class()), (message, ErrorClass::BadData));
    }
    assert!(Query::parse("1").unwrap().range(&Bench::default().store, steps(0, 11_000, 1), &limits).is_ok());
    let error = range("x[5m]", steps(0, 1, 1), &limits).to_string();
    assert_eq!(
        error,
        "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector"
    );
}

#[test]
fn a_query_is_given_up_in_time_and_when_it_is_canceled() {
    let steps = Steps { start: 0, end: 10, step: 1 };
    let over = Limits { deadline: Some(Instant::now()), ..Limits::default() };
    let error = range("sum(x)", steps, &over);
    assert_eq!((error.class(), error.class().as_str()), (ErrorClass::Timeout, "timeout"));
    let canceled = Limits::default();
    canceled.canceled.store(true, Ordering::Relaxed);
    assert_eq!(range("sum(x)", steps, &canceled).class(), ErrorClass::Canceled);
}

#[test]
fn a_query_holds_no_more_than_it_may() {
    let bench = series("x{i=\"1\"} 1\n x{i=\"2\"} 2");
    let limits = Limits { samples: 19, ..Limits::default() };
    let steps = Steps { start: 0, end: 9_000, step: 1_000 };
    let run =
        |text: &str| Query::parse(text).unwrap().range(&bench.store, steps, &limits).map(|found| found.len());
    assert_eq!(run("x{i=\"1\"}").unwrap(), 1);
    // What is only added up is not held.
    assert_eq!(run("sum(x)").unwrap(), 1);
    assert_eq!(run("x").unwrap_err().class(), ErrorClass::Execution);
    assert_eq!(run("sum(x + 1)").unwrap_err().class(), ErrorClass::Execution);
    assert_eq!(run("sum_over_time(vector(1)[1m:1s])").unwrap_err().class(), ErrorClass::Execution);
    assert_eq!(run("count_values(\"v\", vector(time()))").unwrap_err().class(), ErrorClass::Execution);
    let days = Query::parse("sum_over_time(vector(1)[900y:1ms])").unwrap();
    assert!(matches!(
        days.instant(&bench.store, 0, &Limits::default()),
        Err(QueryError::TooManySamples { .. })
    ));
}

#[test]
fn all_parts_of_a_query_together_hold_no_more_than_it_may() {
    let bench = series("x{i=\"1\"} 1\n x{i=\"2\"} 2");
    let limits = Limits { samples: 190, ..Limits::default() };
    let steps = Steps { start: 0, end: 9_000, step: 1_000 };
    let run = |text: &str| Query::parse(text).unwrap().range(&bench.store, steps, &limits);
    let nested = |operator: &str, depth: usize| {
        format!("{}x{}", format!("x {operator} (").repeat(depth), ")".repeat(depth))
    };
    for operator in ["or", "and", "+", "== bool"] {
        // Each x has 20 values, and all that are on the left wait for the innermost one.
        assert!(run(&nested(operator, 3)).is_ok(), "{operator}");
        let error = run(&nested(operator, 9)).unwrap_err();
        assert!(matches!(error, QueryError::TooManySamples { limit: 190 }), "{operator}: {error}");
    }
    // On the left, what is done with makes room for what comes.
    assert!(run(&vec!["x"; 90].join(" or ")).is_ok());
    assert!(run(&vec!["1"; 90].join(" + ")).is_ok());
    let numbers = format!("{}1{}", "1 + (".repeat(20), ")".repeat(20));
    assert!(matches!(run(&numbers), Err(QueryError::TooManySamples { .. })));
    let long = format!("label_replace(x, \"y\", \"{}\", \"i\", \".*\")", "y".repeat(1_000));
    assert!(matches!(run(&long), Err(QueryError::TooManySamples { .. })), "labels weigh, too");
}

#[test]
fn queries_share_a_budget_and_give_back_what_they_took() {
    let bench = series("x{i=\"1\"} 1\n x{i=\"2\"} 2");
    let budget = Arc::new(Budget::new(100));
    let limits = Limits { budget: Some(Arc::clone(&budget)), ..Limits::default() };
    let steps = Steps { start: 0, end: 9_000, step: 1_000 };
    let run = |text: &str| Query::parse(text).unwrap().range(&bench.store, steps, &limits);
    assert!(run("x + x").is_ok());
    assert_eq!(budget.held(), 0);
    let others = Budget::hold(&budget, 60).unwrap();
    assert!(matches!(run("x + x"), Err(QueryError::TooManySamples { limit: 100 })));
    assert_eq!(budget.held(), 60);
    drop(others);
    assert!(run("x + x").is_ok());
}

#[test]
fn a_query_is_given_up_in_the_midst_of_one_series() {
    // Some ten thousand million samples in all windows.
    let query = Query::parse("sum_over_time(vector(1)[1000000s:1s])").unwrap();
    let steps = Steps { start: 0, end: 10_000_000, step: 1_000 };
    let deadline = Some(Instant::now() + Duration::from_millis(500));
    let limits = Limits { deadline, ..Limits::default() };
    let error = query.range(&Bench::default().store, steps, &limits).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Timeout);
}

struct Broken;

impl Store for Broken {
    fn select<'s>(&'s self, _: &Selection<'_>) -> Result<Vec<Box<dyn StoredSeries + 's>>, StoreError> {
        Err("the disk is gone".into())
    }
}

#[test]
fn a_store_that_fails_fails_the_query() {
    let error = Query::parse("sum(x)").unwrap().instant(&Broken, 0, &Limits::default()).unwrap_err();
    assert_eq!(
        (error.class(), error.to_string().as_str()),
        (ErrorClass::Internal, "the store cannot be read: the disk is gone")
    );
}
