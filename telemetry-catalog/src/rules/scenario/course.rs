//! How a series goes: what it is from which moment on.

use std::fmt::Write as _;

/// A step function of time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Course {
    /// From which second on it has which value, rising; it is away where there is none.
    steps: Vec<(u32, Option<f64>)>,
    /// What is added every minute.
    slope: f64,
}

impl Course {
    /// This value, from the beginning on.
    pub(super) fn of(value: f64) -> Self {
        Self { steps: vec![(0, Some(value))], slope: 0.0 }
    }

    /// Not there at the beginning.
    pub(super) fn absent() -> Self {
        Self { steps: vec![(0, None)], slope: 0.0 }
    }

    /// This value from that second on.
    pub(super) fn then(mut self, at: u32, value: f64) -> Self {
        self.steps.push((at, Some(value)));
        self
    }

    /// Away from that second on.
    pub(super) fn leaves(mut self, at: u32) -> Self {
        self.steps.push((at, None));
        self
    }

    /// One more every minute, beside its steps.
    pub(super) fn growing(self) -> Self {
        Self { slope: 1.0, ..self }
    }

    /// The samples up to a time in promtool's notation. A series that leaves is marked as stale, as Prometheus does.
    pub(super) fn values(&self, interval: u32, until: u32) -> String {
        let mut runs: Vec<(Option<f64>, u32)> = Vec::new();
        for at in (0..=until).step_by(interval.max(1) as usize) {
            let value = self.at(at);
            match runs.last_mut() {
                Some((last, count)) if *last == value => *count += 1,
                _ => runs.push((value, 1)),
            }
        }
        let written: Vec<_> = runs.iter().enumerate().map(|(n, run)| run_of(*run, n > 0)).collect();
        written.join(" ")
    }

    fn at(&self, at: u32) -> Option<f64> {
        let begun = self.steps.iter().take_while(|(from, _)| *from <= at).last();
        begun.and_then(|(_, value)| *value).map(|value| value + self.slope * f64::from(at / 60))
    }
}

fn run_of((value, count): (Option<f64>, u32), has_begun: bool) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = match value {
        Some(value) if count == 1 => write!(text, "{value}"),
        Some(value) => write!(text, "{value}+0x{}", count - 1),
        None if has_begun && count == 1 => write!(text, "stale"),
        None if has_begun => write!(text, "stale _x{}", count - 1),
        None => write!(text, "_x{count}"),
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_is_written_in_runs() {
        let course = Course::of(1000.0).then(60, 0.0).leaves(120).then(180, 2.5);
        assert_eq!(course.values(15, 195), "1000+0x3 0+0x3 stale _x3 2.5+0x1");
        assert_eq!(Course::absent().then(30, 7.0).values(15, 30), "_x2 7");
        assert_eq!(Course::of(1.0).growing().values(60, 120), "1 2 3");
    }
}
