//! What counters and gauges did in a window, with Prometheus's extrapolation.

use crate::bench::series;

#[test]
fn a_window_that_is_covered_is_extrapolated_to_its_edges() {
    // In (0, 60] are 10 to 60, which grow by 50 in 50 s; 10 s are missing at the start, no more than the usual distance.
    let bench = series("x 5 15 25 35 45 55 65");
    assert_eq!(bench.at(60, "increase(x[1m])"), "{} 60");
    assert_eq!(bench.at(60, "rate(x[1m])"), "{} 1");
    assert_eq!(bench.at(60, "delta(x[1m])"), "{} 60");
}

#[test]
fn where_a_series_begins_it_is_extrapolated_by_half_a_distance() {
    let bench = series("x _ _ _ 1000 1010 1020 1030");
    // 30 in 30 s, and 5 s before it.
    assert_eq!(bench.at(60, "increase(x[1m])"), "{} 35");
    assert_eq!(bench.at(60, "delta(x[1m])"), "{} 35");
    // At 75, 15 s are missing at the end too, which is more than 1.1 distances.
    assert_eq!(bench.at(75, "increase(x[1m])"), "{} 40");
}

#[test]
fn a_counter_was_never_below_zero() {
    let bench = series("x _ _ _ 2 12 22 32");
    // It would reach zero 2 s before its first sample, which is sooner than half a distance.
    assert_eq!(bench.at(60, "increase(x[1m])"), "{} 32");
    assert_eq!(bench.at(60, "delta(x[1m])"), "{} 35");
}

#[test]
fn the_zero_of_a_counter_counts_after_the_gap_is_cut() {
    // Zero is 7 s away: further than half a distance, nearer than the window's start.
    let bench = series("x _ _ _ 7 17 27 37");
    assert_eq!(bench.at(60, "increase(x[1m])"), "{} 35");
}

#[test]
fn what_a_counter_lost_when_it_began_anew_is_added() {
    let bench = series("x 100 110 120 5 15 3 13");
    // From 110 to 13, and 120 and 15 lost: 38 in 50 s; extrapolated by 10 s.
    assert_eq!(bench.at(60, "increase(x[1m])"), "{} 45.6");
    assert_eq!(bench.at(60, "resets(x[1m])"), "{} 2");
    assert_eq!(bench.at(60, "changes(x[1m])"), "{} 5");
    // The first sample of a window has none before it that it could be compared with.
    assert_eq!(bench.at(60, "resets(x[40s])"), "{} 1");
    assert_eq!(bench.at(60, "resets(x[31s])"), "{} 1");
    assert_eq!(bench.at(60, "resets(x[20s])"), "{} 0");
}

#[test]
fn one_sample_has_no_rate() {
    let bench = series("x 1 2 3");
    for function in ["rate", "increase", "delta", "irate", "idelta", "deriv"] {
        assert_eq!(bench.at(20, &format!("{function}(x[10s])")), "", "{function}");
    }
    assert_eq!(bench.at(20, "predict_linear(x[10s], 5)"), "");
    assert_eq!(bench.at(20, "changes(x[10s])"), "{} 0");
}

#[test]
fn instant_rates_look_at_the_last_two_samples() {
    let bench = series("x 1 100 130");
    assert_eq!(bench.at(25, "irate(x[1m])"), "{} 3");
    assert_eq!(bench.at(25, "idelta(x[1m])"), "{} 30");
    let bench = series("x 1 100 20");
    assert_eq!(bench.at(25, "irate(x[1m])"), "{} 2");
    assert_eq!(bench.at(25, "idelta(x[1m])"), "{} -80");
}

#[test]
fn a_line_through_the_samples() {
    let bench = series("x 0 10 20 30 80 70 60");
    // By least squares over 10 to 60: the mean is 45 at 35 s, the slope 2250 / 1750.
    let slope = 2_250.0 / 1_750.0;
    assert!((bench.number(60, "deriv(x[1m])") - slope).abs() < 1e-12);
    let predicted = 45.0 + slope * (60.0 - 35.0 + 30.0);
    assert!((bench.number(60, "predict_linear(x[1m], 30)") - predicted).abs() < 1e-9);
    assert_eq!(series("x 7 7 7").at(20, "deriv(x[1m])"), "{} 0");
    assert_eq!(series("x Inf Inf").at(20, "deriv(x[1m])"), "{} NaN");
}

#[test]
fn rates_lose_the_name_and_no_two_series_may_be_the_same_without_it() {
    let bench = series("x 1 2\n y 3 4");
    assert_eq!(bench.at(10, "rate(x[1m])"), "{} 0.025");
    let error = bench.error(10, r#"rate({__name__=~"x|y"}[1m])"#);
    assert_eq!(error.to_string(), "vector cannot contain metrics with the same labelset: {}");
    assert_eq!(
        bench.at(10, r#"last_over_time({__name__=~"x|y"}[1m])"#),
        r#"{__name__="x"} 2; {__name__="y"} 4"#
    );
}
