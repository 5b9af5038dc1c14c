//! What is computed from vectors.

use super::Vector;
use crate::promql::Window;
use crate::promql::node::Node;

impl Vector {
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
}

#[cfg(test)]
mod tests {
    use super::Vector;
    use crate::promql::{Scope, gauge};
    use telemetry_core::catalog::AGENT_ACTIVE;

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
