//! Functions of windows and of values.

use crate::bench::{Bench, series};

#[test]
fn functions_of_a_window() {
    // In (0, 40]: 4, 2, 2 and 8.
    let bench = series("x 100 4 2 2 8");
    let expected = [
        ("avg", "4"),
        ("min", "2"),
        ("max", "8"),
        ("sum", "16"),
        ("count", "4"),
        ("stdvar", "6"),
        ("stddev", "2.449489742783"),
        ("present", "1"),
    ];
    for (function, value) in expected {
        assert_eq!(
            bench.at(40, &format!("{function}_over_time(x[40s])")),
            format!("{{}} {value}"),
            "{function}"
        );
    }
    assert_eq!(bench.at(40, "quantile_over_time(0.5, x[40s])"), "{} 3");
    assert_eq!(bench.at(40, "last_over_time(x[40s])"), r#"{__name__="x"} 8"#);
    assert_eq!(bench.at(40, "first_over_time(x[40s])"), r#"{__name__="x"} 4"#);
}

#[test]
fn nan_in_a_window() {
    let bench = series("x 100 NaN 2 NaN NaN 3");
    assert_eq!(bench.at(50, "max_over_time(x[50s])"), "{} 3");
    assert_eq!(bench.at(50, "min_over_time(x[50s])"), "{} 2");
    assert_eq!(bench.at(50, "sum_over_time(x[50s])"), "{} NaN");
    // From NaN to NaN nothing changes.
    assert_eq!(bench.at(50, "changes(x[50s])"), "{} 3");
    assert_eq!(bench.at(50, "resets(x[50s])"), "{} 0");
    assert_eq!(bench.at(10, "max_over_time(x[5s])"), "{} NaN");
}

#[test]
fn absence() {
    let bench = series("x{a=\"1\"} 1 _ _ 1");
    assert_eq!(bench.at(0, "absent(x)"), "");
    assert_eq!(bench.at(0, r#"absent(y{a="1",b=~"z",c!="w"})"#), r#"{a="1"} 1"#);
    assert_eq!(bench.at(0, r#"absent(y{a="1",a="2",b="3"})"#), r#"{b="3"} 1"#);
    assert_eq!(bench.at(0, "absent(sum(y))"), "{} 1");
    assert_eq!(bench.over((0, 40, 10), "absent_over_time(x{a=\"1\"}[10s])"), r#"{a="1"} 1@10 1@20 1@40"#);
    assert_eq!(bench.over((0, 40, 10), "present_over_time(x[10s])"), r#"{a="1"} 1@0 1@30"#);
    assert_eq!(bench.at(20, "absent_over_time(rate(x[5s])[20s:5s])"), "{} 1");
}

#[test]
fn functions_of_a_value_lose_the_name() {
    let bench = series("x{a=\"b\"} -2.5");
    let expected = [
        ("abs(x)", "2.5"),
        ("ceil(x)", "-2"),
        ("floor(x)", "-3"),
        ("round(x)", "-2"),
        ("round(x, 2)", "-2"),
        ("round(x, 0.1)", "-2.5"),
        ("sgn(x)", "-1"),
        ("-x", "2.5"),
        ("clamp(x, -1, 1)", "-1"),
        ("clamp_min(x, 3)", "3"),
        ("clamp_max(x, -3)", "-3"),
        ("clamp_max(x, NaN)", "NaN"),
        ("exp(x)", "0.082084998624"),
        ("ln(x)", "NaN"),
        ("log2(abs(x))", "1.321928094887"),
        ("log10(x * -40)", "2"),
        ("sqrt(x + 6.5)", "2"),
        ("deg(x * 0 + pi())", "180"),
        ("rad(x * -72)", "3.14159265359"),
        ("sin(x)", "-0.598472144104"),
        ("cos(x)", "-0.801143615547"),
        ("tan(x)", "0.747022297239"),
        ("atan(x)", "-1.190289949683"),
        ("asin(x / 5)", "-0.523598775598"),
        ("acos(x / 5)", "2.094395102393"),
        ("sinh(x)", "-6.050204481040"),
        ("cosh(x)", "6.132289479664"),
        ("tanh(x)", "-0.986614298151"),
        ("asinh(x)", "-1.647231146371"),
        ("acosh(-x)", "1.566799236972"),
        ("atanh(x / 5)", "-0.549306144334"),
    ];
    for (expression, value) in expected {
        let value = value.parse::<f64>().unwrap();
        let found = bench.number(0, expression);
        assert!((found - value).abs() < 1e-11 || found.is_nan() && value.is_nan(), "{expression}: {found}");
        assert!(bench.at(0, expression).starts_with("{a=\"b\"} "), "{expression}");
    }
    assert_eq!(bench.at(0, "clamp(x, 1, -1)"), "");
}

#[test]
fn numbers_and_texts() {
    let bench = Bench::default();
    assert_eq!(bench.at(90, "time()"), "90");
    assert_eq!(bench.at(90, "vector(time() / 2)"), "{} 45");
    assert_eq!(bench.at(90, "\"a\\n\""), "a\n");
    assert_eq!(bench.at(0, "-2 ^ 2"), "-4");
    assert_eq!(bench.at(0, "2 ^ 3 ^ 2"), "512");
    assert_eq!(bench.at(0, "7 % 4 + 0x10 - 2 * 3 / 4"), "17.5");
    assert_eq!(bench.at(0, "-7 % 4"), "-3");
    assert_eq!(bench.at(0, "1 / 0 - 1 / 0"), "NaN");
    assert_eq!(bench.at(0, "1 >= bool 1"), "1");
    assert_eq!(bench.at(0, "NaN == bool NaN"), "0");
    assert_eq!(bench.at(0, "1 atan2 1"), "0.785398163397");
    assert_eq!(bench.over((0, 20, 10), "time() * 2"), "{} 0@0 20@10 40@20");
}

#[test]
fn a_scalar_is_the_only_element() {
    let bench = series("x 1 2\n y{a=\"1\"} 1\n y{a=\"2\"} 2");
    assert_eq!(bench.at(10, "scalar(x)"), "2");
    assert_eq!(bench.at(10, "scalar(y)"), "NaN");
    assert_eq!(bench.at(10, "scalar(z)"), "NaN");
    assert_eq!(bench.at(10, "scalar(x) + 1"), "3");
}

#[test]
fn dates() {
    // 2024-02-29 23:59:59 UTC, a Thursday.
    let bench = Bench::default();
    let expected = [
        ("year", 2024),
        ("month", 2),
        ("day_of_month", 29),
        ("day_of_week", 4),
        ("day_of_year", 60),
        ("days_in_month", 29),
        ("hour", 23),
        ("minute", 59),
    ];
    for (function, value) in expected {
        assert_eq!(bench.at(1_709_251_199, &format!("{function}()")), format!("{{}} {value}"));
        assert_eq!(bench.at(0, &format!("{function}(vector(1709251199))")), format!("{{}} {value}"));
    }
    assert_eq!(bench.at(0, "hour(vector(NaN))"), "{} NaN");
}

#[test]
fn quantiles_of_histograms() {
    let bench = series(
        "h_bucket{le=\"10\",a=\"1\"} 2\n h_bucket{le=\"20\",a=\"1\"} 6\n h_bucket{le=\"+Inf\",a=\"1\"} 8
         h_bucket{le=\"10\",a=\"2\"} 1\n h_bucket{le=\"odd\",a=\"1\"} 100",
    );
    assert_eq!(bench.at(0, "histogram_quantile(0.5, h_bucket)"), "{a=\"1\"} 15; {a=\"2\"} NaN");
    assert_eq!(bench.at(0, "histogram_quantile(0.5, sum by (le) (h_bucket))"), "{} 13.333333333333");
    assert_eq!(bench.at(0, "histogram_quantile(2, h_bucket{a=\"1\"})"), "{a=\"1\"} inf");
}

#[test]
fn sorting_puts_nan_last() {
    let bench = series("x{i=\"1\"} 3\n x{i=\"2\"} NaN\n x{i=\"3\"} 1\n x{i=\"4\"} 2");
    let order = |expression: &str| {
        let text = bench.at(0, expression);
        text.split("; ")
            .map(|element| element.rsplit_once(' ').unwrap().1.to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(order("x"), "3 NaN 1 2");
    assert_eq!(order("sort(x)"), "1 2 3 NaN");
    assert_eq!(order("sort_desc(x)"), "3 2 1 NaN");
}
