//! Events: what counters have counted, per second and in a window.

use super::targets::{begun, foreign_node, known};
use super::{Foreign, TARGET, Vector, reach};
use crate::promql::node::{Node, Range as Reach};
use crate::promql::{Counters, Histograms, Selection, Window};

impl Vector {
    /// Events per second at the resolution of the graph that asks; over the window where one is given.
    ///
    /// # Panics
    /// Here and below, where a label in `by` is neither the metric's nor the target's.
    #[must_use]
    pub fn rate(of: &Selection<Counters>, window: Option<Window>, by: &[&'static str]) -> Self {
        let rate = Node::call("rate", Node::metric(of, "").over(reach(window)));
        Self::summed(rate, of.def(), by)
    }

    /// Events as PromQL's `increase` estimates them, for people who look: it extrapolates to the ends of the window, and does not see
    /// a series that is born with its first event.
    #[must_use]
    pub fn increase(of: &Selection<Counters>, window: Option<Window>, by: &[&'static str]) -> Self {
        let increase = Node::call("increase", Node::metric(of, "").over(reach(window)));
        Self::summed(increase, of.def(), by)
    }

    /// Events in the window, counted: a whole number that neither extrapolates nor misses the event that a series is born with.
    ///
    /// Of each series it takes the difference between the highest and the lowest value. Where the counter began anew in the window, once
    /// or more often, that is no count; there it takes `increase`, cut to a whole number, which may be too much by what PromQL adds for
    /// the ends of the window. A series that was not there when the window began counts with its whole value, if its target was up or
    /// its group was pushed then; else nobody knows how old its value is.
    #[must_use]
    pub fn counted(of: &Selection<Counters>, window: Window, by: &[&'static str]) -> Self {
        let counted = Self::summed(counted_in_each(of, "", window), of.def(), by);
        counted.named(&of.stem(), &format!("increase{window}"))
    }

    /// Events in a window in which a target or a group may have been seen for the first time, counted as [`Vector::counted`] does.
    ///
    /// Also where nothing was there when the window began, a series that came later than its target or group is new with its whole value.
    /// Of those that came with it nobody knows how old their first value is, unless the process of the target began in the window: it is
    /// not counted, and [`Vector::undated`] tells it. What a series rose by from its last sample before the window on is in it, so that
    /// windows that follow each other miss nothing. What may be too much where a counter began anew, [`Vector::stretched`] tells.
    #[must_use]
    pub fn tallied(of: &Selection<Counters>, window: Window, by: &[&'static str]) -> Self {
        Self::summed(tallied_in_each(of, "", window), of.def(), by)
    }

    /// What series had when their target or group was first seen, where that was in the window: events of the window or of before.
    #[must_use]
    pub fn undated(of: &Selection<Counters>, window: Window, by: &[&'static str]) -> Self {
        let first = over(of, "", "min_over_time", window);
        let node = first
            .then("unless", Node::metric(of, "").earlier(window))
            .then_on("unless", &TARGET, known(window))
            .then_on("unless", &TARGET, begun(window))
            .then("unless", later_than_its_target(of, "", window));
        Self::summed(node, of.def(), by)
    }

    /// By how much [`Vector::tallied`] may be too much: what `increase` may have added for the ends of the window, where a counter began anew.
    ///
    /// It adds less than 1.1 times the mean distance of two samples at either end, so that of `n` samples at least the part
    /// `(n - 1) / (n + 1.2)` of it was counted.
    #[must_use]
    pub fn stretched(of: &Selection<Counters>, window: Window, by: &[&'static str]) -> Self {
        let samples = || over(of, "", "count_over_time", window);
        let counted = over(of, "", "increase", window)
            .then("*", samples().then("-", Node::Number(1.0)))
            .then("/", samples().then("+", Node::Number(ENDS)));
        let node = begun_anew(of, "", window).then("-", Node::call("ceil", counted));
        Self::summed(node, of.def(), by)
    }

    /// What the observations of a histogram in the window come to together, in its unit: the sum that it keeps, tallied as events are.
    #[must_use]
    pub fn spent(of: &Selection<Histograms>, window: Window, by: &[&'static str]) -> Self {
        Self::summed(tallied_in_each(of, "_sum", window), of.def(), by)
    }

    /// The part of a whole, both counted in the same window and aggregated to the same labels; 0 where a whole has no part yet, and
    /// nothing where the whole is none.
    #[must_use]
    pub fn share(
        part: &Selection<Counters>,
        whole: &Selection<Counters>,
        window: Window,
        by: &[&'static str],
    ) -> Self {
        let (part_counted, counted) = (Self::counted(part, window, by), Self::counted(whole, window, by));
        let share = part_counted.or_zero_of(&counted).combined("/", counted.above(0.0));
        let stem = match part.def() == whole.def() {
            true => part.stem(),
            false => format!("{}_per_{}", part.stem(), whole.stem().trim_start_matches("sase_")),
        };
        share.named(&stem, &format!("ratio{window}"))
    }

    /// The part of a whole as `increase` estimates both; for people who look.
    #[must_use]
    pub fn plain_share(
        part: &Selection<Counters>,
        whole: &Selection<Counters>,
        window: Window,
        by: &[&'static str],
    ) -> Self {
        let side = |of| Self::increase(of, Some(window), by);
        side(part).combined("/", side(whole))
    }
}

/// A function of each series over the window.
fn over<K>(of: &Selection<K>, suffix: &'static str, function: &'static str, window: Window) -> Node {
    Node::call(function, Node::metric(of, suffix).over(Reach::Fixed(window)))
}

/// The events of each series in the window, without aggregation; [`Vector::counted`] says how.
fn counted_in_each<K>(of: &Selection<K>, suffix: &'static str, window: Window) -> Node {
    let grown =
        over(of, suffix, "max_over_time", window).then("-", over(of, suffix, "min_over_time", window));
    begun_anew(of, suffix, window).then("or", newborn(of, suffix, window)).then("or", grown)
}

/// The events of each series in the window, without aggregation; [`Vector::tallied`] says how.
fn tallied_in_each<K>(of: &Selection<K>, suffix: &'static str, window: Window) -> Node {
    let most = || over(of, suffix, "max_over_time", window);
    let least = || over(of, suffix, "min_over_time", window);
    let before = || Node::metric(of, suffix).earlier(window);
    let new = || most().then("unless", before());
    begun_anew(of, suffix, window)
        .then("or", newborn(of, suffix, window))
        .then("or", new().then("and", later_than_its_target(of, suffix, window)))
        .then("or", new().then_on("and", &TARGET, begun(window)))
        // Where it was more before, the counter began anew with the window.
        .then("or", most().then("-", before().then("<=", least())))
        .then("or", most().then("-", least()))
}

/// What `increase` reaches over at the most, in distances of two samples, is this and the number of samples: one less than these, and 1.1 at
/// either end, as `extrapolatedRate` in <https://github.com/prometheus/prometheus/blob/main/promql/functions.go> has it.
const ENDS: f64 = 1.2;

/// What a counter has grown by that began anew in the window.
fn begun_anew<K>(of: &Selection<K>, suffix: &'static str, window: Window) -> Node {
    let begins_anew = over(of, suffix, "resets", window).then(">", Node::Number(0.0));
    let increase = over(of, suffix, "increase", window);
    // Events are whole, and seconds are not.
    let increase = if suffix == "_sum" { increase } else { Node::call("floor", increase) };
    increase.then("and", begins_anew)
}

/// The whole of what was not there when the window began, though its target was up or its group was pushed then.
fn newborn<K>(of: &Selection<K>, suffix: &'static str, window: Window) -> Node {
    over(of, suffix, "max_over_time", window)
        .then("unless", Node::metric(of, suffix).earlier(window))
        .then_on("and", &TARGET, known(window))
}

/// The series that have fewer samples in the window than their target had scrapes, or their group: they came later.
fn later_than_its_target<K>(of: &Selection<K>, suffix: &'static str, window: Window) -> Node {
    let foreign = |series: Foreign| foreign_node(series, None).over(Reach::Fixed(window));
    let scrapes = Node::call("count_over_time", foreign(Foreign::PushTime))
        .then("or", Node::call("sum_over_time", foreign(Foreign::Up)))
        .aggregated("max", &TARGET);
    over(of, suffix, "count_over_time", window).each_then_on("<", &TARGET, scrapes)
}

#[cfg(test)]
mod tests {
    use super::Vector;
    use crate::promql::{Scope, Window, counter, histogram};
    use telemetry_core::catalog::{AGENT_RUN_DURATION, AGENT_RUNS, LLM_ERRORS, LLM_INVOCATIONS};

    #[test]
    fn events_are_counted_with_what_newborn_series_bring() {
        let counted = Vector::counted(&counter(&AGENT_RUNS).failing(), Window::minutes(30), &["workflow"]);
        assert_eq!(counted.written(&Scope::rules()), "workflow:sase_agent_runs_error:increase30m");
        let expected = r#"sum by (workflow) (
  floor(increase(sase_agent_runs_total{status="error"}[30m]))
  and resets(sase_agent_runs_total{status="error"}[30m]) > 0
  or max_over_time(sase_agent_runs_total{status="error"}[30m])
  unless sase_agent_runs_total{status="error"} offset 30m
  and on (job, instance) (up offset 30m == 1 or push_time_seconds offset 30m)
  or max_over_time(sase_agent_runs_total{status="error"}[30m])
  - min_over_time(sase_agent_runs_total{status="error"}[30m])
)"#;
        assert_eq!(counted.records()[0].expr, expected);
    }

    #[test]
    fn what_is_added_for_the_ends_of_a_window_is_told_where_anything_is() {
        let stretched = Vector::stretched(&counter(&AGENT_RUNS), Window::hours(1), &[]);
        let written = stretched.written(&Scope::plain()).replace("sase_agent_runs_total", "runs");
        let unbroken = written.split_whitespace().collect::<Vec<_>>().join(" ");
        let expected = "sum( (floor(increase(runs[1h])) and resets(runs[1h]) > 0) - ceil( increase(runs[1h]) \
                        * (count_over_time(runs[1h]) - 1) / (count_over_time(runs[1h]) + 1.2) ) )";
        assert_eq!(unbroken, expected);
    }

    #[test]
    fn what_a_histogram_sums_up_is_counted_as_its_events_are() {
        let spent = Vector::spent(&histogram(&AGENT_RUN_DURATION), Window::hours(1), &["workflow"]);
        let events = Vector::tallied(&counter(&AGENT_RUNS), Window::hours(1), &["workflow"]);
        let written = spent.written(&Scope::plain());
        assert!(written.starts_with("sum by (workflow) (") && spent.records().is_empty(), "{written}");
        let named = written.replace("sase_agent_run_duration_seconds_sum", "sase_agent_runs_total");
        // Lines are broken elsewhere, since the names are not equally long.
        let unbroken = |text: &str| text.split_whitespace().collect::<String>();
        let events = unbroken(&events.written(&Scope::plain()));
        let whole = "floor(increase(sase_agent_runs_total[1h]))";
        assert!(events.contains(whole), "seconds are not whole, and events are: {events}");
        assert_eq!(unbroken(&named), events.replace(whole, "increase(sase_agent_runs_total[1h])"));
    }

    #[test]
    fn a_share_is_recorded_after_the_whole_that_it_needs() {
        let share = Vector::share(
            &counter(&LLM_ERRORS),
            &counter(&LLM_INVOCATIONS),
            Window::minutes(5),
            &["provider"],
        );
        let names: Vec<_> = share.records().into_iter().map(|record| record.name).collect();
        let (errors, calls) =
            ("provider:sase_llm_errors:increase5m", "provider:sase_llm_invocations:increase5m");
        assert_eq!(names, [errors, calls, "provider:sase_llm_errors_per_llm_invocations:ratio5m"]);
        assert_eq!(share.records()[2].expr, format!("({errors} or {calls} * 0)\n/ ({calls} > 0)"));
    }
}
