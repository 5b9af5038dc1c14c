//! `offset`, `@` and subqueries.

use crate::bench::series;

#[test]
fn an_offset_looks_into_the_past_or_the_future() {
    let bench = series("x 0 1 2 3 4 5");
    assert_eq!(bench.number(50, "x offset 20s"), 3.0);
    assert_eq!(bench.number(20, "x offset -20s"), 4.0);
    assert_eq!(bench.at(50, "x[10s] offset 20s"), r#"{__name__="x"} 3@30"#);
    assert_eq!(bench.number(50, "sum_over_time(x[20s] offset 20s)"), 5.0);
    assert_eq!(bench.over((0, 20, 10), "x offset -30s"), r#"{__name__="x"} 3@0 4@10 5@20"#);
}

#[test]
fn an_at_fixes_the_time() {
    let bench = series("x 0 1 2 3 4 5");
    assert_eq!(bench.over((0, 20, 10), "x @ 30"), r#"{__name__="x"} 3@0 3@10 3@20"#);
    assert_eq!(bench.over((0, 20, 10), "x @ 30 offset 10s"), r#"{__name__="x"} 2@0 2@10 2@20"#);
    assert_eq!(bench.over((0, 20, 10), "x offset 10s @ 30"), r#"{__name__="x"} 2@0 2@10 2@20"#);
    assert_eq!(bench.over((0, 20, 10), "x @ end() - x @ start()"), "{} 2@0 2@10 2@20");
    assert_eq!(bench.over((0, 20, 10), "sum_over_time(x[20s] @ 30)"), "{} 5@0 5@10 5@20");
    assert_eq!(bench.over((0, 20, 10), "x - x @ 10"), "{} -1@0 0@10 1@20");
    assert_eq!(bench.at(0, "x @ -30"), "");
}

#[test]
fn a_subquery_is_evaluated_at_multiples_of_its_step() {
    let bench = series("x 0 1 2 3 4 5 6");
    // From more than 5 to 35: at 10, 20 and 30.
    assert_eq!(bench.at(35, "x[30s:10s]"), r#"{__name__="x"} 1@10 2@20 3@30"#);
    // The window is open on its left here too.
    assert_eq!(bench.at(40, "x[30s:10s]"), r#"{__name__="x"} 2@20 3@30 4@40"#);
    assert_eq!(bench.at(40, "x[30s:15s]"), r#"{__name__="x"} 1@15 3@30"#);
    assert_eq!(bench.at(60, "x[1m:]"), r#"{__name__="x"} 6@60"#);
    assert_eq!(bench.at(50, "sum_over_time(x[30s:10s] offset 10s)"), "{} 9");
    assert_eq!(bench.at(10, "sum_over_time(x[30s:10s] @ 40)"), "{} 9");
    assert_eq!(bench.at(10, "max_over_time(sum_over_time(x[20s])[40s:10s] @ 60)"), "{} 11");
    assert_eq!(bench.over((0, 30, 30), "sum_over_time(x[20s:10s])"), "{} 0@0 5@30");
    assert_eq!(bench.at(30, "sum_over_time(x[20s:10s] @ end())"), "{} 5");
    assert_eq!(bench.at(-35, "count_over_time(vector(1)[20s:10s])"), "{} 2");
}

#[test]
fn a_subquery_of_a_subquery() {
    let bench = series("x 0 1 2 3 4 5 6");
    // At 20: 1, 2. At 30: 2, 3. At 40: 3, 4.
    assert_eq!(bench.at(40, "sum_over_time(sum_over_time(x[20s:10s])[30s:10s])"), "{} 15");
}

#[test]
fn a_prediction_goes_on_from_the_time_of_the_step() {
    let bench = series("x 0 1 2 3 4 5 6");
    assert_eq!(bench.at(60, "predict_linear(x[1m], 10)"), "{} 7");
    assert_eq!(bench.over((60, 80, 20), "predict_linear(x[50s] @ 50, 10)"), "{} 7@60 9@80");
}

#[test]
fn a_timestamp_is_the_samples_own() {
    let bench = series("x 0 1 2");
    assert_eq!(bench.at(29, "timestamp(x)"), "{} 20");
    assert_eq!(bench.at(29, "timestamp((x offset 10s))"), "{} 10");
    assert_eq!(bench.at(29, "timestamp(x @ 15)"), "{} 10");
    assert_eq!(bench.at(29, "timestamp(x + 0)"), "{} 29");
}
