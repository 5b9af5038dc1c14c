//! Which samples an expression sees: left-open windows, staleness, the lookback.

use crate::bench::series;

#[test]
fn an_instant_sees_the_last_sample_of_less_than_five_minutes() {
    let bench = series("x 1 2");
    assert_eq!(bench.at(0, "x"), r#"{__name__="x"} 1"#);
    assert_eq!(bench.at(9, "x"), r#"{__name__="x"} 1"#);
    assert_eq!(bench.at(10, "x"), r#"{__name__="x"} 2"#);
    assert_eq!(bench.at(309, "x"), r#"{__name__="x"} 2"#);
    // The window is open on its left: exactly five minutes are too long.
    assert_eq!(bench.at(310, "x"), "");
    assert_eq!(bench.at(-1, "x"), "");
}

#[test]
fn a_range_is_open_on_its_left_and_closed_on_its_right() {
    let bench = series("x 0 1 2 3");
    assert_eq!(bench.at(20, "x[20s]"), r#"{__name__="x"} 1@10 2@20"#);
    assert_eq!(bench.at(20, "count_over_time(x[20s])"), "{} 2");
    assert_eq!(bench.at(20, "count_over_time(x[20001ms])"), "{} 3");
    assert_eq!(bench.at(20, "count_over_time(x[1ms])"), "{} 1");
    assert_eq!(bench.at(25, "count_over_time(x[5s])"), "");
    assert_eq!(bench.over((0, 40, 10), "count_over_time(x[20s])"), "{} 1@0 2@10 2@20 2@30 1@40");
}

#[test]
fn a_series_that_ended_is_seen_no_more_until_it_begins_again() {
    let bench = series("x 1 2 stale _ 5");
    let seen = r#"{__name__="x"} 1@0 2@10 5@40 5@50"#;
    assert_eq!(bench.over((0, 50, 10), "x"), seen);
    // A window shows the samples and not the mark.
    assert_eq!(bench.at(50, "x[1m]"), r#"{__name__="x"} 1@0 2@10 5@40"#);
    assert_eq!(bench.at(20, "x"), "");
    assert_eq!(bench.at(30, "last_over_time(x[1m])"), r#"{__name__="x"} 2"#);
    assert_eq!(bench.at(30, "absent(x)"), "{} 1");
    assert_eq!(bench.at(30, "sum(x)"), "");
    assert_eq!(bench.at(20, "count_over_time(x[5s])"), "");
}

#[test]
fn an_ordinary_nan_is_a_value() {
    let bench = series("x 1 NaN");
    assert_eq!(bench.at(10, "x"), r#"{__name__="x"} NaN"#);
    assert_eq!(bench.at(10, "count_over_time(x[1m])"), "{} 2");
    assert_eq!(bench.at(10, "-x"), "{} NaN");
}

#[test]
fn every_step_sees_what_an_instant_query_at_that_time_sees() {
    let bench = series("x{i=\"1\"} 1 _ 3 stale _ 2 4 8\n x{i=\"2\"} _ 5 4 3 _ _ NaN 1\n x{i=\"3\"} 7");
    let expressions = [
        "x",
        "rate(x[25s])",
        "changes(x[35s])",
        "resets(x[35s])",
        "sum(x)",
        "x > 2",
        "max_over_time(x[30s])",
        "x offset 10s",
        "x and x offset 20s",
        "topk(1, x)",
        "quantile(0.5, x)",
        "count_values(\"v\", x)",
        "scalar(x{i=\"1\"})",
        "absent_over_time(x{i=\"1\"}[15s])",
        "sum_over_time(x[30s:10s])",
        "max_over_time(rate(x[20s])[30s:5s])",
        "time() - timestamp(x)",
        "x or vector(1)",
        "increase(x[30s] @ 20)",
    ];
    for expression in expressions {
        let instants: Vec<_> =
            (-10..400).step_by(7).map(|time| bench.over((time, time, 1), expression)).collect();
        let mut expected = std::collections::BTreeMap::<String, String>::new();
        for element in instants.iter().flat_map(|instant| instant.split("; ")).filter(|text| !text.is_empty())
        {
            let (labels, sample) = element.rsplit_once(' ').unwrap();
            let known = expected.entry(labels.to_owned()).or_default();
            *known = format!("{known} {sample}");
        }
        let expected: Vec<_> =
            expected.iter().map(|(labels, samples)| format!("{labels}{samples}")).collect();
        let found = bench.over((-10, 399, 7), expression);
        let mut found: Vec<_> = found.split("; ").map(str::to_owned).collect();
        found.sort();
        assert_eq!(found, expected, "{expression}");
    }
}
