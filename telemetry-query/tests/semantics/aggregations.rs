//! Aggregations.

use crate::bench::{Bench, series};

fn four() -> Bench {
    series("x{a=\"1\",b=\"1\"} 2\n x{a=\"1\",b=\"2\"} 4\n x{a=\"2\",b=\"1\"} 6\n x{a=\"2\",b=\"2\"} 12")
}

#[test]
fn one_number_of_each_group() {
    let expected = [
        ("sum", "24"),
        ("avg", "6"),
        ("min", "2"),
        ("max", "12"),
        ("count", "4"),
        ("group", "1"),
        ("stdvar", "14"),
        ("stddev", "3.741657386774"),
    ];
    for (aggregation, value) in expected {
        assert_eq!(four().at(0, &format!("{aggregation}(x)")), format!("{{}} {value}"));
        assert_eq!(four().at(0, &format!("{aggregation}(y)")), "");
    }
    assert_eq!(four().at(0, "quantile(0.5, x)"), "{} 5");
    assert_eq!(four().at(0, "quantile(NaN, x)"), "{} NaN");
}

#[test]
fn groups_by_labels_and_without_them() {
    assert_eq!(four().at(0, "sum by (a) (x)"), r#"{a="1"} 6; {a="2"} 18"#);
    assert_eq!(four().at(0, "sum without (a) (x)"), r#"{b="1"} 8; {b="2"} 16"#);
    assert_eq!(four().at(0, "sum(x) by (a, nothing)"), r#"{a="1"} 6; {a="2"} 18"#);
    assert_eq!(four().at(0, "sum by () (x)"), "{} 24");
    assert_eq!(four().at(0, "count without () (x{a=\"1\"})"), r#"{a="1", b="1"} 1; {a="1", b="2"} 1"#);
    assert_eq!(four().at(0, "sum by (__name__) (x)"), r#"{__name__="x"} 24"#);
    assert_eq!(four().at(0, "quantile by (b) (1, x)"), r#"{b="1"} 6; {b="2"} 12"#);
}

#[test]
fn nan_and_infinity_in_a_group() {
    let bench = series("x{i=\"1\"} NaN\n x{i=\"2\"} 1\n y{i=\"1\"} Inf\n y{i=\"2\"} -Inf\n z NaN");
    assert_eq!(bench.at(0, "max(x)"), "{} 1");
    assert_eq!(bench.at(0, "min(x)"), "{} 1");
    assert_eq!(bench.at(0, "sum(x)"), "{} NaN");
    assert_eq!(bench.at(0, "count(x)"), "{} 2");
    assert_eq!(bench.at(0, "sum(y)"), "{} NaN");
    assert_eq!(bench.at(0, "avg(y)"), "{} NaN");
    assert_eq!(bench.at(0, "max(z)"), "{} NaN");
    assert_eq!(bench.at(0, "stddev(y{i=\"1\"})"), "{} NaN");
}

#[test]
fn the_largest_and_the_smallest_keep_their_labels() {
    let bench = series("x{i=\"1\"} 3\n x{i=\"2\"} NaN\n x{i=\"3\"} 1\n x{i=\"4\"} 2");
    let x = |i: u8, value: &str| format!("{{__name__=\"x\", i=\"{i}\"}} {value}");
    assert_eq!(bench.at(0, "topk(2, x)"), format!("{}; {}", x(1, "3"), x(4, "2")));
    assert_eq!(bench.at(0, "bottomk(2, x)"), format!("{}; {}", x(3, "1"), x(4, "2")));
    assert_eq!(bench.at(0, "count(topk(4, x))"), "{} 4");
    assert_eq!(bench.at(0, "topk(0, x)"), "");
    assert_eq!(bench.at(0, "topk(-1, x)"), "");
    assert_eq!(bench.at(0, "topk(1e18, x{i=\"1\"})"), x(1, "3"));
    assert_eq!(four().at(0, "topk by (a) (1, x)").matches("a=").count(), 2);
    assert_eq!(bench.error(0, "topk(NaN, x)").to_string(), "Parameter value is NaN");
    assert!(bench.error(0, "bottomk(1e30, x)").to_string().starts_with("Scalar value "));
}

#[test]
fn the_number_may_differ_from_step_to_step() {
    let bench = series("x{i=\"1\"} 1 1 1\n x{i=\"2\"} 2 2 2");
    let found = bench.over((0, 20, 10), "topk(scalar(vector(time() / 10)), x)");
    assert_eq!(found, r#"{__name__="x", i="1"} 1@20; {__name__="x", i="2"} 2@10 2@20"#);
    assert_eq!(bench.over((0, 20, 10), "quantile(time() / 20, x)"), "{} 1@0 1.5@10 2@20");
}

#[test]
fn counted_values_become_labels() {
    let bench = series("x{i=\"1\"} 1\n x{i=\"2\"} 1\n x{i=\"3\"} Inf\n x{i=\"4\"} 0.25");
    assert_eq!(bench.at(0, "count_values(\"v\", x)"), r#"{v="1"} 2; {v="+Inf"} 1; {v="0.25"} 1"#);
    assert_eq!(bench.at(0, "count_values without (v) (\"v\", sum(x))"), "{} 1");
    assert_eq!(bench.at(0, "count_values without () (\"i\", x)"), r#"{i="1"} 2; {i="+Inf"} 1; {i="0.25"} 1"#);
    assert_eq!(bench.error(0, "count_values(\"\", x)").to_string(), "invalid label name \"\"");
}
