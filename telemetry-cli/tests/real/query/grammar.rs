//! Random expressions.

use fastrand::Rng;

use super::history::{BEYOND, START};

/// How deep expressions are nested.
const DEPTH: u32 = 4;

pub(super) struct Grammar<'r>(pub(super) &'r mut Rng);

/// An expression, and whether both evaluations must have its value to the last bit. Where rounding may differ, nothing may jump:
/// no comparison, no rounding and no counting of changes.
struct Part {
    text: String,
    exact: bool,
}

impl Part {
    fn exact(text: String) -> Self {
        Self { text, exact: true }
    }

    fn rounded(text: String) -> Self {
        Self { text, exact: false }
    }
}

/// Whether the series are made so that both versions extrapolate their growth alike: the older one looks for the zero of a counter
/// before it cuts the gap at the start of a window, the newer one afterwards.
fn counts(matrix: &str) -> bool {
    let of = |metric: &str| matrix.starts_with(metric) || matrix.starts_with(&format!("({metric}"));
    of("requests") || of("young") || of("latency_bucket")
}

impl Grammar<'_> {
    pub(super) fn expression(&mut self) -> String {
        self.vector(DEPTH).text
    }

    fn any<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.0.usize(..of.len())]
    }

    fn vector(&mut self, depth: u32) -> Part {
        if depth == 0 {
            return self.leaf();
        }
        match self.0.u8(..20) {
            0..4 => self.leaf(),
            4..7 => self.aggregation(depth - 1),
            7 => self.chosen(),
            8..10 => self.mapped(depth - 1),
            10..12 => self.with_number(depth - 1),
            12..15 => self.joined(depth - 1),
            15..17 => self.sets(depth - 1),
            17 => self.relabelled(depth - 1),
            18 => self.histogram(),
            _ => self.special(depth - 1),
        }
    }

    fn leaf(&mut self) -> Part {
        match self.0.u8(..6) {
            0 | 1 => Part::exact(self.selector(true)),
            2..5 => self.over_selector(),
            _ => self.over_subquery(),
        }
    }

    fn selector(&mut self, placed: bool) -> String {
        let metric = self.any(&["requests", "temperature", "young", "quota", "latency_bucket"]);
        let matchers = [
            "job=\"api\"",
            "job!=\"api\"",
            "job=~\"api|web\"",
            "instance!~\"[12]\"",
            "instance=\"1\"",
            "tier=\"\"",
        ];
        let matchers = match self.0.u8(..4) {
            0 => self.any(&matchers).to_owned(),
            1 => format!("{},{}", self.any(&matchers), self.any(&matchers)),
            _ => String::new(),
        };
        let place = if placed { self.place() } else { String::new() };
        format!("{metric}{{{matchers}}}{place}")
    }

    /// A time that is fixed is as far from where windows may begin as that of a step.
    fn place(&mut self) -> String {
        let at = START + 1_800 + self.0.i64(0..120) * 10 + BEYOND;
        match self.0.u8(..12) {
            0 => format!(" offset {}s", self.0.u8(1..20) * 10),
            1 => format!(" offset -{}s", self.0.u8(1..20) * 10),
            2 => format!(" @ {at}"),
            3 => format!(" @ {at} offset {}s", self.0.u8(1..20) * 10),
            4 => " @ end()".to_owned(),
            5 => " @ start()".to_owned(),
            _ => String::new(),
        }
    }

    fn range(&mut self) -> String {
        self.any(&["20s", "40s", "1m", "2m", "5m", "10m"]).to_owned()
    }

    fn over_selector(&mut self) -> Part {
        let (selector, range, place) = (self.selector(false), self.range(), self.place());
        self.over(&format!("{selector}[{range}]{place}"), true)
    }

    /// What is inside of a subquery has no windows of a subquery itself: its steps are where they would begin.
    fn over_subquery(&mut self) -> Part {
        let inner = match self.0.u8(..3) {
            0 => Part::exact(self.selector(true)),
            1 => self.over_selector(),
            _ => {
                let inner = self.over_selector();
                Part::rounded(format!("sum by (job) ({})", inner.text))
            }
        };
        let (range, step, place) = (self.range(), self.any(&["10s", "20s", "30s", ""]), self.place());
        self.over(&format!("({})[{range}:{step}]{place}", inner.text), inner.exact)
    }

    fn over(&mut self, matrix: &str, exact: bool) -> Part {
        let functions = [
            "changes",
            "resets",
            "last_over_time",
            "min_over_time",
            "max_over_time",
            "count_over_time",
            "present_over_time",
        ];
        match self.0.u8(..16) {
            0..5 if exact => Part::exact(format!("{}({matrix})", self.any(&functions))),
            5 => Part::rounded(format!("quantile_over_time({}, {matrix})", self.share())),
            // Version 2.42 lets the window of this one move where its time is fixed.
            6 if !matrix.contains('@') => {
                Part::rounded(format!("predict_linear({matrix}, {})", self.0.u16(..600)))
            }
            7..12 if counts(matrix) => {
                Part::rounded(format!("{}({matrix})", self.any(&["rate", "increase"])))
            }
            // To a counter, the least fall is a new beginning.
            7..9 if exact => Part::rounded(format!("irate({matrix})")),
            _ => {
                let functions = [
                    "delta",
                    "idelta",
                    "deriv",
                    "avg_over_time",
                    "sum_over_time",
                    "stddev_over_time",
                    "stdvar_over_time",
                ];
                Part::rounded(format!("{}({matrix})", self.any(&functions)))
            }
        }
    }

    fn share(&mut self) -> String {
        match self.0.u8(..8) {
            0 => self.any(&["0", "1"]).to_owned(),
            // Never exactly where the observations of a bucket end.
            _ => format!("{:.3}17", self.0.f64()),
        }
    }

    fn grouping(&mut self) -> &'static str {
        self.any(&[
            "",
            "by (job)",
            "by (job, instance)",
            "without (instance)",
            "by (le)",
            "by ()",
            "without (job, code)",
            "by (tier)",
        ])
    }

    fn aggregation(&mut self, depth: u32) -> Part {
        let inner = self.vector(depth);
        let grouping = self.grouping();
        match self.0.u8(..10) {
            0..3 => {
                let operator = self.any(&["min", "max", "count", "group"]);
                Part { text: format!("{operator} {grouping} ({})", inner.text), exact: inner.exact }
            }
            3 => Part::rounded(format!("quantile {grouping} ({}, {})", self.share(), inner.text)),
            // For version 2.42 a single NaN is at distance 0 from itself, and leaves have none.
            5 => {
                let (operator, leaf) = (self.any(&["stddev", "stdvar"]), self.leaf());
                Part::rounded(format!("{operator} {grouping} ({})", leaf.text))
            }
            4 if inner.exact => Part::exact(format!("count_values {grouping} (\"value\", {})", inner.text)),
            _ => {
                let operator = self.any(&["sum", "avg"]);
                Part::rounded(format!("{operator} {grouping} ({})", inner.text))
            }
        }
    }

    /// Only where no two elements are equal, of which either may be taken.
    fn chosen(&mut self) -> Part {
        let place = self.place();
        let (operator, grouping) = (self.any(&["topk", "bottomk"]), self.grouping());
        Part::exact(format!("{operator} {grouping} ({}, temperature{place})", self.0.u8(..5)))
    }

    fn mapped(&mut self, depth: u32) -> Part {
        let inner = self.vector(depth);
        let text = &inner.text;
        match self.0.u8(..8) {
            0 if inner.exact => {
                Part::exact(format!("{}({text})", self.any(&["ceil", "floor", "round", "sgn"])))
            }
            1 if inner.exact => Part::exact(format!("round({text}, {})", self.any(&["5", "0.1", "0.25"]))),
            2 => Part { text: format!("clamp({text}, -10, 20)"), exact: inner.exact },
            3 => Part {
                text: format!("{}({text}, 5)", self.any(&["clamp_min", "clamp_max"])),
                exact: inner.exact,
            },
            // Version 2.42 refuses to negate what comes to be one series, where version 3 has merged it.
            4 => {
                let leaf = self.leaf();
                Part { text: format!("-({})", leaf.text), exact: leaf.exact }
            }
            5 => Part { text: format!("{}({text})", self.any(&["abs", "sqrt"])), exact: inner.exact },
            6 => Part::rounded(format!(
                "{}(clamp({text}, -1, 1))",
                self.any(&["sin", "cos", "tan", "atan", "asin", "acos", "exp"])
            )),
            _ => Part::rounded(format!(
                "{}(abs({text}) + 1)",
                self.any(&["ln", "log2", "log10", "sqrt", "deg", "rad"])
            )),
        }
    }

    fn scalar(&mut self, exact: bool) -> String {
        let number = self.0.u8(1..20);
        match self.0.u8(..6) {
            0 if exact => "scalar(quota{job=\"web\"})".to_owned(),
            1 => format!("(time() % {number})"),
            _ => number.to_string(),
        }
    }

    fn with_number(&mut self, depth: u32) -> Part {
        let inner = self.vector(depth);
        let operator = self.operator(inner.exact);
        let number = self.scalar(inner.exact);
        let text = if self.0.bool() {
            format!("({}) {operator} {number}", inner.text)
        } else {
            format!("{number} {operator} ({})", inner.text)
        };
        Part { text, exact: inner.exact }
    }

    fn operator(&mut self, exact: bool) -> &'static str {
        match self.0.u8(..3) {
            0 if exact => self.any(&[">", "<", ">=", "<=", "==", "!=", "> bool", "<= bool", "== bool", "%"]),
            _ => self.any(&["+", "-", "*"]),
        }
    }

    fn joined(&mut self, depth: u32) -> Part {
        let (left, right) = (self.vector(depth), self.vector(depth));
        let exact = left.exact && right.exact;
        let operator = match self.0.u8(..8) {
            0 if exact => "/",
            1 if exact => "atan2",
            _ => self.operator(exact),
        };
        let text = match self.0.u8(..6) {
            // Version 2.42 leaves the name of a metric to what `atan2` makes of it; a maximum has none.
            kind if kind == 0 || operator == "atan2" => {
                format!("max by (job) ({}) {operator} on (job) max by (job) ({})", left.text, right.text)
            }
            1 => format!("({}) {operator} on (job) group_left (tier) min by (job, tier) (quota)", left.text),
            2 => format!("max by (job) (quota) {operator} on (job) group_right () ({})", right.text),
            3 => format!("({}) {operator} ignoring (code, le) ({})", left.text, right.text),
            4 => format!("({0}) {operator} ({0})", left.text),
            _ => format!("({}) {operator} {} ({})", left.text, self.matching(), right.text),
        };
        Part { text, exact: exact && operator != "atan2" }
    }

    fn matching(&mut self) -> &'static str {
        self.any(&[
            "",
            "on (job, instance)",
            "on (job, instance) group_left ()",
            "ignoring (code)",
            "on () group_left ()",
            "on (instance) group_right (code)",
        ])
    }

    fn sets(&mut self, depth: u32) -> Part {
        let (left, right) = (self.vector(depth), self.vector(depth));
        let operator = self.any(&["and", "or", "unless"]);
        let matching = self.any(&["", "on (job)", "ignoring (code, le)", "on (job, instance)", "on ()"]);
        Part {
            text: format!("({}) {operator} {matching} ({})", left.text, right.text),
            exact: left.exact && right.exact,
        }
    }

    fn relabelled(&mut self, depth: u32) -> Part {
        let inner = self.vector(depth);
        let text = &inner.text;
        let change = self.any(&[
            r#""job", "$1-x", "job", "(a|b)(.*)""#,
            r#""copy", "${1}", "instance", "(.*)""#,
            r#""code", "", "code", "2.*""#,
            r#""instance", "one", "instance", "[01]""#,
        ]);
        let text = match self.0.bool() {
            true => format!("label_replace({text}, {change})"),
            false => {
                format!("label_join({text}, \"{}\", \"/\", \"job\", \"instance\")", self.any(&["all", "job"]))
            }
        };
        Part { text, exact: inner.exact }
    }

    fn histogram(&mut self) -> Part {
        let (share, range) = (self.share(), self.any(&["1m", "2m", "5m"]));
        let rate = format!("{}(latency_bucket[{range}])", self.any(&["rate", "increase"]));
        match self.0.u8(..3) {
            0 => Part::rounded(format!("histogram_quantile({share}, {rate})")),
            1 => Part::rounded(format!("histogram_quantile({share}, latency_bucket)")),
            _ => Part::rounded(format!("histogram_quantile({share}, sum by (le, job) ({rate}))")),
        }
    }

    fn special(&mut self, depth: u32) -> Part {
        match self.0.u8(..9) {
            0 => Part::exact(format!("absent({})", self.vector(depth).text)),
            1 => {
                let (selector, range) = (self.selector(false), self.range());
                Part::exact(format!("absent_over_time({selector}[{range}])"))
            }
            // So large numbers have hardly a digit left for how far they are apart. Both versions forget the offset where the time is fixed as well.
            2 => Part::exact(format!(
                "(timestamp({} offset {}s) - {START})",
                self.selector(false),
                self.0.u8(1..20) * 10
            )),
            3 => Part::rounded(format!("(timestamp(({}) + 0) - {START})", self.vector(depth).text)),
            4 => Part::exact(format!("vector({})", self.scalar(true))),
            5 => Part::exact(format!(
                "{}(vector(time()))",
                self.any(&["hour", "minute", "day_of_week", "day_of_year", "days_in_month"])
            )),
            6 => Part::exact(format!("sort_desc({})", self.selector(true))),
            7 => {
                let functions = [
                    "changes",
                    "resets",
                    "min_over_time",
                    "max_over_time",
                    "count_over_time",
                    "sum_over_time",
                    "avg_over_time",
                    "rate",
                    "delta",
                ];
                Part::rounded(format!("{}(odd[{}])", self.any(&functions), self.range()))
            }
            _ => Part::rounded(
                self.any(&[
                    "sum(odd)",
                    "min(odd)",
                    "max(odd)",
                    "count(odd)",
                    "abs(odd)",
                    "-odd",
                    "odd == 1.5",
                ])
                .to_owned(),
            ),
        }
    }
}
