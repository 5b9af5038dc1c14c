//! What may be computed from selections: instant vectors that know to which labels they are aggregated.

use super::node::{Node, Range as Reach};
use super::{Counters, Gauges, Histograms, Scope, Selection, Window, has_labels};
use crate::indicator::Severity;
use std::fmt;
use telemetry_core::metric::{MetricDef, Subsystem};

/// The labels of a target, which every series has beside its own.
const TARGET: [&str; 2] = ["job", "instance"];

/// An instant vector, aggregated to known labels.
///
/// ```
/// use telemetry_catalog::promql::{Scope, Vector, Window, counter, histogram};
/// use telemetry_core::catalog::{LLM_ERRORS, LLM_INVOCATION_DURATION, LLM_INVOCATIONS};
///
/// let quantile = Vector::quantile(0.95, &histogram(&LLM_INVOCATION_DURATION), Some(Window::minutes(5)), &["provider"]);
/// assert_eq!(
///     quantile.written(&Scope::plain()),
///     "histogram_quantile(\n  0.95,\n  sum by (le, provider) (rate(sase_llm_invocation_duration_seconds_bucket[5m]))\n)\n>= 0"
/// );
/// let errors = Vector::share(&counter(&LLM_ERRORS), &counter(&LLM_INVOCATIONS), Window::minutes(5), &["provider"]);
/// assert_eq!(errors.written(&Scope::rules()), "provider:sase_llm_errors_per_llm_invocations:ratio5m");
/// ```
///
/// The two sides of a share take the same labels, since there is only one list of them. A label that one side lacks fails at once:
///
/// ```should_panic
/// # use telemetry_catalog::promql::{Vector, Window, counter};
/// # use telemetry_core::catalog::{AGENT_KILLS, AGENT_RUNS};
/// Vector::share(&counter(&AGENT_KILLS), &counter(&AGENT_RUNS), Window::minutes(5), &["workflow"]);
/// ```
#[derive(Clone, PartialEq)]
pub struct Vector {
    node: Node,
    by: Vec<&'static str>,
}

/// What a recording rule computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The name of the rule, `level:metric:operation` as
    /// <https://prometheus.io/docs/practices/rules/#naming> has it; the level is `fleet` where all labels are aggregated away.
    pub name: String,
    /// The labels of what it records, beside those of the target.
    pub by: Vec<&'static str>,
    /// The expression, in which other rules stand as their names.
    pub expr: String,
}

/// A series that Prometheus or the Pushgateway makes about what it scrapes or holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// Whether the last scrape of a target succeeded, 1 or 0; made by Prometheus.
    Up,
    /// When a group was last pushed, in seconds since 1970; made by the Pushgateway.
    PushTime,
    /// When the process of a target began, in seconds since 1970; made by the client libraries of Prometheus, and by ours.
    ProcessStart,
    /// The alerts that are pending or firing, each with the value 1; made by Prometheus.
    Alerts,
}

impl Foreign {
    /// The name of the series.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::PushTime => "push_time_seconds",
            Self::ProcessStart => "process_start_time_seconds",
            Self::Alerts => "ALERTS",
        }
    }
}

impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(&Scope::rules()))
    }
}

impl Vector {
    /// The expression as text, broken into lines where it is long.
    #[must_use]
    pub fn written(&self, scope: &Scope<'_>) -> String {
        self.node.written(scope)
    }

    /// The labels that it is aggregated to.
    #[must_use]
    pub fn by(&self) -> &[&'static str] {
        &self.by
    }

    /// The metrics of the catalog that it is computed from.
    #[must_use]
    pub fn metrics(&self) -> Vec<&'static MetricDef> {
        let mut found = Vec::new();
        self.node.metrics(&mut found);
        found
    }

    /// The recording rules that it needs, those first that others are computed from, each once.
    ///
    /// # Panics
    /// Where two different expressions would be recorded under one name.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let mut found = Vec::new();
        self.node.recorded(&mut found);
        let mut records: Vec<Record> = Vec::new();
        for node in found {
            let Node::Recorded { name, by, of } = node else { continue };
            if !records.iter().any(|record| record.name == *name) {
                records.push(Record {
                    name: name.clone(),
                    by: by.clone(),
                    expr: of.written(&Scope::rules()),
                });
            }
        }
        records
    }

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

    /// A gauge, summed.
    #[must_use]
    pub fn total(of: &Selection<Gauges>, by: &[&'static str]) -> Self {
        Self::summed(Node::metric(of, ""), of.def(), by)
    }

    /// The least that a gauge was during the whole window, summed over the series that were there when it began and still are: of what
    /// is away nobody knows what it is now.
    #[must_use]
    pub fn held(of: &Selection<Gauges>, window: Window, by: &[&'static str]) -> Self {
        Self::summed(held_in_each(Node::metric(of, ""), window), of.def(), by)
    }

    /// The most that a gauge was in the window, summed.
    #[must_use]
    pub fn peak(of: &Selection<Gauges>, window: Window, by: &[&'static str]) -> Self {
        let peak = Node::call("max_over_time", Node::metric(of, "").over(Reach::Fixed(window)));
        Self::summed(peak, of.def(), by)
    }

    /// The least that a gauge was in the window, however long it has been there, summed.
    #[must_use]
    pub fn trough(of: &Selection<Gauges>, window: Window, by: &[&'static str]) -> Self {
        let trough = Node::call("min_over_time", Node::metric(of, "").over(Reach::Fixed(window)));
        Self::summed(trough, of.def(), by)
    }

    /// The quantile of a histogram that observes nothing negative, from 0 to 1, interpolated in its bucket. With a window it is recorded,
    /// and there is none where nothing was observed; a graph shows the NaN that it then is as a gap.
    #[must_use]
    pub fn quantile(q: f64, of: &Selection<Histograms>, window: Option<Window>, by: &[&'static str]) -> Self {
        assert!((0.0..=1.0).contains(&q), "the quantile {q} is not between 0 and 1");
        let buckets = Self::buckets(of, window, by);
        let quantile = Node::Call("histogram_quantile", vec![Node::Number(q), buckets.node]);
        let vector = Self { node: quantile, by: by.to_vec() };
        match window {
            Some(window) => {
                let percent = (q * 1e6).round() / 1e4;
                let operation = format!("p{percent}_{window}").replace('.', "_");
                vector.at_least(0.0).named(&of.stem(), &operation)
            }
            None => vector,
        }
    }

    /// The buckets of a histogram as observations per second, by `le` and the labels; what a heatmap draws.
    #[must_use]
    pub fn buckets(of: &Selection<Histograms>, window: Option<Window>, by: &[&'static str]) -> Self {
        check(of.def(), by);
        let rate = Node::call("rate", Node::metric(of, "_bucket").over(reach(window)));
        let by: Vec<_> = ["le"].iter().chain(by).copied().collect();
        Self { node: rate.sum(&by), by }
    }

    /// The mean of a histogram.
    #[must_use]
    pub fn mean(of: &Selection<Histograms>, window: Option<Window>, by: &[&'static str]) -> Self {
        let part = |suffix| {
            let rate = Node::call("rate", Node::metric(of, suffix).over(reach(window)));
            Self::summed(rate, of.def(), by)
        };
        part("_sum").combined("/", part("_count"))
    }

    /// Observations of a histogram per second.
    #[must_use]
    pub fn observations(of: &Selection<Histograms>, window: Option<Window>, by: &[&'static str]) -> Self {
        Self::summed(Node::call("rate", Node::metric(of, "_count").over(reach(window))), of.def(), by)
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

    /// A series that is not the catalog's, as the largest of each job and instance, of one job where it is named.
    #[must_use]
    pub fn foreign(series: Foreign, job: Option<&str>) -> Self {
        Self { node: foreign_node(series, job), by: TARGET.to_vec() }.largest()
    }

    /// A series that is not the catalog's, over a window: the largest that each job and instance had.
    #[must_use]
    pub fn foreign_peak(series: Foreign, job: Option<&str>, window: Window) -> Self {
        let peak = Node::call("max_over_time", foreign_node(series, job).over(Reach::Fixed(window)));
        Self { node: peak, by: TARGET.to_vec() }.largest()
    }

    /// 1 where more than this share of the scrapes of a job's target succeeded in a window at whose beginning it was known already, and 0
    /// where fewer did.
    #[must_use]
    pub fn mostly_up(job: &str, share: f64, window: Window) -> Self {
        let up = || foreign_node(Foreign::Up, Some(job));
        let average =
            Node::call("avg_over_time", up().over(Reach::Fixed(window))).then("and", up().earlier(window));
        Self { node: average, by: TARGET.to_vec() }.largest().compared("> bool", share)
    }

    /// 1 where an alert of this severity fires in a subsystem, and nothing where none does.
    #[must_use]
    pub fn firing(subsystem: &Subsystem, severity: Severity) -> Self {
        let exactly = |text: &str| vec![text.to_owned()];
        let matchers = vec![
            ("alertstate", exactly("firing")),
            ("subsystem", exactly(subsystem.slug)),
            ("severity", exactly(severity.as_str())),
        ];
        let node = Node::foreign(Foreign::Alerts.name(), matchers).aggregated("max", &[]);
        Self { node, by: Vec::new() }
    }

    /// 1 where any target of these jobs is up, and nothing where none is.
    #[must_use]
    pub fn any_up(jobs: &[&str]) -> Self {
        let jobs = jobs.iter().map(|job| (*job).to_owned()).collect();
        let up = Node::foreign(Foreign::Up.name(), vec![("job", jobs)]).then("==", Node::Number(1.0));
        Self { node: up.aggregated("max", &[]), by: Vec::new() }
    }

    /// The present time in seconds since 1970 less this.
    #[must_use]
    pub fn age(self) -> Self {
        let now = Node::Call("time", Vec::new());
        Self { node: now.then("-", self.node), by: self.by }
    }

    /// The average over what this was at the same time of day on each of the last days, and on how many of them it was anything.
    #[must_use]
    pub(crate) fn daily_average(&self, days: u32, stem: &str) -> (Self, Self) {
        let same_hour = (1..=days).map(|day| {
            let earlier = self.node.clone().earlier(Window::days(day));
            let text = |text: &str| Node::Text(text.to_owned());
            let marked = vec![earlier, text("days_ago"), text(&day.to_string()), text(""), text("")];
            Node::Call("label_replace", marked)
        });
        let all = same_hour.reduce(|all, day| all.then("or", day)).unwrap_or_else(|| self.node.clone());
        let by: Vec<_> = self.by.iter().chain(&["days_ago"]).copied().collect();
        let each = Self { node: all, by }.named_at("fleet", stem, &format!("last{days}d"));
        let over_days = |op| Self { node: each.node.clone().aggregated(op, &self.by), by: self.by.clone() };
        (over_days("avg"), over_days("count"))
    }

    /// This over that.
    ///
    /// # Panics
    /// Here and below, where the two are not aggregated to the same labels.
    #[must_use]
    pub fn over(self, whole: Self) -> Self {
        self.combined("/", whole)
    }

    /// This less that.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        self.combined("-", other)
    }

    /// This multiplied with that.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        self.combined("*", other)
    }

    /// This where that is there too.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.combined("and", other)
    }

    /// This where that is not there.
    #[must_use]
    pub fn unless(self, other: Self) -> Self {
        self.combined("unless", other)
    }

    /// This, and that where this is not there.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.combined("or", other)
    }

    /// This, and 0 where it is not there but that is: what was never counted is none, and what is away stays away.
    #[must_use]
    pub fn or_zero_of(self, other: &Self) -> Self {
        let zero = Self { node: other.node.clone().then("*", Node::Number(0.0)), by: other.by.clone() };
        self.combined("or", zero)
    }

    /// This where its target was up, or its group pushed, that long ago.
    ///
    /// # Panics
    /// Where it is not aggregated to job and instance, among others.
    #[must_use]
    pub fn where_known(self, ago: Window) -> Self {
        assert!(TARGET.iter().all(|label| self.by.contains(label)), "{self:?} does not tell its target");
        Self { node: self.node.then_on("and", &TARGET, known(ago)), by: self.by }
    }

    /// This, summed to fewer labels.
    ///
    /// # Panics
    /// Where a label in `by` is not among those that it is aggregated to.
    #[must_use]
    pub(crate) fn summed_to(self, by: &[&'static str]) -> Self {
        assert!(by.iter().all(|label| self.by.contains(label)), "{self:?} is not aggregated to {by:?}");
        Self { node: self.node.sum(by), by: by.to_vec() }
    }

    /// This many times as much.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        self.compared("*", factor)
    }

    /// This, and so much where it is less.
    #[must_use]
    pub fn no_less_than(self, least: f64) -> Self {
        Self { node: Node::Call("clamp_min", vec![self.node, Node::Number(least)]), by: self.by }
    }

    /// Where it is at least so much.
    #[must_use]
    pub fn at_least(self, least: f64) -> Self {
        self.compared(">=", least)
    }

    /// Where it is more than that.
    #[must_use]
    pub fn above(self, limit: f64) -> Self {
        self.compared(">", limit)
    }

    /// Where it is exactly so much.
    #[must_use]
    pub fn equal_to(self, number: f64) -> Self {
        self.compared("==", number)
    }

    /// 1 where it is 0, and 0 where it is anything else.
    #[must_use]
    pub fn is_zero(self) -> Self {
        self.compared("== bool", 0.0)
    }

    /// 1 where it is more than 0, and 0 where it is not.
    #[must_use]
    pub fn is_positive(self) -> Self {
        self.compared("> bool", 0.0)
    }

    /// As it was that long ago.
    #[must_use]
    pub fn earlier(self, offset: Window) -> Self {
        Self { node: self.node.earlier(offset), by: self.by }
    }

    /// The same as what a recording rule of this metric and operation computes.
    #[must_use]
    pub(crate) fn named(self, metric: &str, operation: &str) -> Self {
        let level = if self.by.is_empty() { "fleet".to_owned() } else { self.by.join("_") };
        self.named_at(&level, metric, operation)
    }

    fn named_at(self, level: &str, metric: &str, operation: &str) -> Self {
        let name = format!("{level}:{metric}:{operation}");
        Self { node: Node::Recorded { name, by: self.by.clone(), of: Box::new(self.node) }, by: self.by }
    }

    fn summed(node: Node, def: &MetricDef, by: &[&'static str]) -> Self {
        check(def, by);
        Self { node: node.sum(by), by: by.to_vec() }
    }

    fn largest(self) -> Self {
        Self { node: self.node.aggregated("max", &self.by), by: self.by }
    }

    fn combined(self, op: &'static str, other: Self) -> Self {
        assert!(self.by == other.by, "{self:?} {op} {other:?}: the two sides keep different labels");
        Self { node: self.node.then(op, other.node), by: self.by }
    }

    fn compared(self, op: &'static str, number: f64) -> Self {
        Self { node: self.node.then(op, Node::Number(number)), by: self.by }
    }
}

fn check(def: &MetricDef, by: &[&'static str]) {
    let is_twice = |at: usize| by[..at].contains(&by[at]);
    assert!(!(0..by.len()).any(is_twice), "a label is there twice in {by:?}");
    let own: Vec<_> = by.iter().copied().filter(|label| !TARGET.contains(label)).collect();
    assert!(has_labels(def, &own), "{} does not have each of the labels {by:?}", def.name);
}

fn reach(window: Option<Window>) -> Reach {
    window.map_or(Reach::Graph, Reach::Fixed)
}

fn foreign_node(series: Foreign, job: Option<&str>) -> Node {
    let matchers = job.map(|job| ("job", vec![job.to_owned()]));
    Node::foreign(series.name(), matchers.into_iter().collect())
}

fn held_in_each(series: Node, window: Window) -> Node {
    let least = Node::call("min_over_time", series.clone().over(Reach::Fixed(window)));
    least.then("and", series.clone().earlier(window)).then("and", series)
}

/// Which targets were up and which groups were pushed that long ago.
fn known(ago: Window) -> Node {
    let was_up = Node::foreign(Foreign::Up.name(), Vec::new()).earlier(ago).then("==", Node::Number(1.0));
    was_up.then("or", Node::foreign(Foreign::PushTime.name(), Vec::new()).earlier(ago))
}

/// The targets whose process began in the window, however early it was first seen: all that it counted is of the window.
fn begun(window: Window) -> Node {
    let start = Node::foreign(Foreign::ProcessStart.name(), Vec::new()).over(Reach::Fixed(window));
    let begin = Node::Call("time", Vec::new()).then("-", Node::Number(f64::from(window.seconds())));
    Node::call("min_over_time", start).then(">=", begin)
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
    use super::*;
    use crate::promql::{counter, gauge, histogram};
    use telemetry_core::catalog::{
        AGENT_ACTIVE, AGENT_RUN_DURATION, AGENT_RUNS, LLM_ERRORS, LLM_INVOCATIONS,
    };

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

    #[test]
    fn what_is_recorded_can_be_written_in_full_and_earlier() {
        let active = Vector::total(&gauge(&AGENT_ACTIVE), &[]).named("sase_agent_active", "sum");
        let day_ago = active.earlier(Window::days(1));
        assert_eq!(day_ago.written(&Scope::rules()), "fleet:sase_agent_active:sum offset 1d");
        assert_eq!(day_ago.written(&Scope::plain()), "sum(sase_agent_active offset 1d)");
    }

    #[test]
    fn a_filter_narrows_selectors_and_recorded_series_that_keep_the_label() {
        let filter: super::super::Filter<'_> = &|_, label| (label == "provider").then_some("$provider");
        let grafana = Scope { graph_range: "$__rate_interval", recorded: true, filter };
        let rate = Vector::rate(&counter(&LLM_ERRORS), None, &["provider"]);
        assert_eq!(
            rate.written(&grafana),
            "sum by (provider) (rate(sase_llm_errors_total{provider=~\"$provider\"}[$__rate_interval]))"
        );
        let counted = |by| Vector::counted(&counter(&LLM_ERRORS), Window::minutes(5), by).written(&grafana);
        assert_eq!(counted(&["provider"]), "provider:sase_llm_errors:increase5m{provider=~\"$provider\"}");
        assert_eq!(counted(&[]), "fleet:sase_llm_errors:increase5m");
    }

    #[test]
    fn parentheses_stand_where_the_tree_needs_them() {
        let total = || Vector::total(&gauge(&AGENT_ACTIVE), &[]);
        let written = |vector: Vector| vector.written(&Scope::plain()).replace("sum(sase_agent_active)", "a");
        assert_eq!(written(total().less(total().less(total()))), "a - (a - a)");
        assert_eq!(written(total().less(total()).less(total())), "a - a - a");
        assert_eq!(written(total().over(total().or(total()))), "a / (a or a)");
        assert_eq!(written(total().times(total().is_zero())), "a * (a == bool 0)");
        assert_eq!(written(total().and(total().at_least(2.0)).or(total())), "a and a >= 2 or a");
        assert_eq!(written(total().and(total().or(total()))), "a and (a or a)");
    }

    #[test]
    #[should_panic(expected = "keep different labels")]
    fn vectors_of_different_labels_are_not_combined() {
        let by = |by| Vector::total(&gauge(&AGENT_ACTIVE), by);
        let _ = by(&["project"]).over(by(&[]));
    }
}
