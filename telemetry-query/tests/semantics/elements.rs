//! Operators between vectors and numbers, and between vectors.

use crate::bench::series;

#[test]
fn arithmetic_loses_the_name_and_a_filter_keeps_it() {
    let bench = series("x{a=\"1\"} 5\n x{a=\"2\"} 7");
    assert_eq!(bench.at(0, "x + 1"), r#"{a="1"} 6; {a="2"} 8"#);
    assert_eq!(bench.at(0, "10 - x"), r#"{a="1"} 5; {a="2"} 3"#);
    assert_eq!(bench.at(0, "x > 6"), r#"{__name__="x", a="2"} 7"#);
    assert_eq!(bench.at(0, "6 > x"), r#"{__name__="x", a="1"} 5"#);
    assert_eq!(bench.at(0, "x > bool 6"), r#"{a="1"} 0; {a="2"} 1"#);
    assert_eq!(bench.at(0, "6 <= bool x"), r#"{a="1"} 0; {a="2"} 1"#);
    assert_eq!(bench.at(0, "x != 5 == 7"), r#"{__name__="x", a="2"} 7"#);
    assert_eq!(bench.at(0, "2 ^ x % 3"), r#"{a="1"} 2; {a="2"} 2"#);
}

#[test]
fn elements_match_by_all_labels_but_the_name() {
    let bench = series("x{a=\"1\"} 6\n x{a=\"2\"} 8\n y{a=\"1\"} 3\n y{a=\"3\"} 1");
    assert_eq!(bench.at(0, "x / y"), r#"{a="1"} 2"#);
    assert_eq!(bench.at(0, "x > y"), r#"{__name__="x", a="1"} 6"#);
    assert_eq!(bench.at(0, "x > bool y"), r#"{a="1"} 1"#);
    assert_eq!(bench.at(0, "x < y"), "");
    assert_eq!(bench.at(0, "x < bool y"), r#"{a="1"} 0"#);
    assert_eq!(bench.at(0, "x - x"), r#"{a="1"} 0; {a="2"} 0"#);
}

#[test]
fn on_and_ignoring_choose_the_labels_that_match_and_stay() {
    let bench = series("x{a=\"1\",b=\"x\"} 6\n y{a=\"1\",b=\"y\"} 3");
    assert_eq!(bench.at(0, "x / y"), "");
    assert_eq!(bench.at(0, "x / on(a) y"), r#"{a="1"} 2"#);
    assert_eq!(bench.at(0, "x / ignoring(b) y"), r#"{a="1"} 2"#);
    assert_eq!(bench.at(0, "x > on(a) y"), r#"{a="1"} 6"#);
    assert_eq!(bench.at(0, "x > ignoring(b) y"), r#"{__name__="x", a="1"} 6"#);
    assert_eq!(bench.at(0, "x > on() y"), "{} 6");
}

#[test]
fn many_match_one_where_the_expression_says_so() {
    let bench = series("x{a=\"1\",c=\"p\"} 6\n x{a=\"1\",c=\"q\"} 8\n y{a=\"1\",d=\"r\",e=\"s\"} 2");
    let left = r#"{a="1", c="p", d="r"} 3; {a="1", c="q", d="r"} 4"#;
    assert_eq!(bench.at(0, "x / on(a) group_left(d) y"), left);
    assert_eq!(bench.at(0, "x / ignoring(c, d, e) group_left(d) y"), left);
    assert_eq!(bench.at(0, "x / on(a) group_left y"), r#"{a="1", c="p"} 3; {a="1", c="q"} 4"#);
    // A label that the one does not have is removed.
    assert_eq!(bench.at(0, "x{c=\"p\"} / on(a) group_left(c) y"), r#"{a="1"} 3"#);
    let right = r#"{a="1", c="p", d="r"} -4; {a="1", c="q", d="r"} -6"#;
    assert_eq!(bench.at(0, "y - on(a) group_right(d) x"), right);
    // What a comparison leaves is the value on the left.
    assert_eq!(bench.at(0, "y < on(a) group_right x{c=\"p\"}"), r#"{__name__="x", a="1", c="p"} 2"#);
}

#[test]
fn matches_that_are_not_unique_are_errors() {
    let bench = series("x{a=\"1\",c=\"p\"} 6\n x{a=\"1\",c=\"q\"} 8\n y{a=\"1\"} 2");
    assert_eq!(
        bench.error(0, "y / on(a) x").to_string(),
        "found duplicate series for the match group {a=\"1\"} on the right hand-side of the operation: \
         [{__name__=\"x\", a=\"1\", c=\"q\"}, {__name__=\"x\", a=\"1\", c=\"p\"}];many-to-many matching not allowed: \
         matching labels must be unique on one side"
    );
    let many_to_one =
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)";
    assert_eq!(bench.error(0, "x / on(a) y").to_string(), many_to_one);
    // Whatever a comparison leaves out does not match.
    assert_eq!(bench.at(0, "x > on(a) y * 3.5"), r#"{a="1"} 8"#);
    assert_eq!(
        bench.error(0, "x / on(a) group_left(c) y").to_string(),
        "multiple matches for labels: grouping labels must ensure unique matches"
    );
    assert!(bench.error(0, "x * on() group_right x").to_string().contains("on the left hand-side"));
    // Where the other side has nothing, there is nothing to match.
    assert_eq!(bench.at(0, "z / on(a) x"), "");
}

#[test]
fn matches_are_looked_for_at_each_step() {
    // Never two at the same time.
    let bench = series("x{c=\"p\"} 1 2 stale\n x{c=\"q\"} _ _ 3 4\n y 10 10 10 10");
    assert_eq!(bench.over((0, 30, 10), "y * on() x"), "{} 10@0 20@10 30@20 40@30");
    assert_eq!(bench.over((0, 30, 10), "x * on() y"), "{} 10@0 20@10 30@20 40@30");
    assert_eq!(bench.over((0, 30, 10), "x * ignoring(c) y"), "{} 10@0 20@10 30@20 40@30");
}

#[test]
fn sets() {
    let bench = series("x{a=\"1\"} 1\n x{a=\"2\"} 2\n y{a=\"2\"} 3\n y{a=\"3\"} 4");
    assert_eq!(bench.at(0, "x and y"), r#"{__name__="x", a="2"} 2"#);
    assert_eq!(bench.at(0, "x unless y"), r#"{__name__="x", a="1"} 1"#);
    let both = r#"{__name__="x", a="1"} 1; {__name__="x", a="2"} 2; {__name__="y", a="3"} 4"#;
    assert_eq!(bench.at(0, "x or y"), both);
    assert_eq!(bench.at(0, "x and on() y"), r#"{__name__="x", a="1"} 1; {__name__="x", a="2"} 2"#);
    assert_eq!(bench.at(0, "x unless on() y"), "");
    assert_eq!(bench.at(0, "x or on() y"), r#"{__name__="x", a="1"} 1; {__name__="x", a="2"} 2"#);
    assert_eq!(bench.at(0, "x and ignoring(a) y > 100"), "");
    assert_eq!(bench.at(0, "z or x unless y or z"), r#"{__name__="x", a="1"} 1"#);
}

#[test]
fn series_of_the_same_labels_are_one() {
    let bench = series("x 1 2 stale\n y _ _ 3 4");
    assert_eq!(bench.over((0, 30, 10), r#"abs({__name__=~"x|y"})"#), "{} 1@0 2@10 3@20 4@30");
    assert_eq!(bench.over((0, 30, 10), "x + 1 or y + 1"), "{} 2@0 3@10 4@20 5@30");
    let bench = series("x 1\n y 2");
    let error = bench.error(0, r#"abs({__name__=~"x|y"})"#).to_string();
    assert_eq!(error, "vector cannot contain metrics with the same labelset: {}");
    assert_eq!(bench.at(0, r#"{__name__=~"x|y"} > 1"#), r#"{__name__="y"} 2"#);
}
