//! Numbers as people say them: three significant digits, with the unit that the metric's name tells.

use telemetry_catalog::quantity::{bytes, exact, number, seconds};
use telemetry_core::exposition::Family;

pub(super) use telemetry_catalog::quantity::percent;

/// What the values of a metric are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A plain number.
    None,
    /// A length of time.
    Seconds,
    /// An amount of memory or traffic.
    Bytes,
    /// A moment, in seconds since 1970, which no rounding leaves intact.
    Moment,
}

impl Unit {
    /// The unit that is the last word of the name, as Prometheus recommends.
    pub(super) fn of(family: &Family<'_>) -> Self {
        let name = family.name.strip_suffix("_total").unwrap_or(&family.name);
        match name {
            _ if name.ends_with("_timestamp_seconds") || name.ends_with("_time_seconds") => Self::Moment,
            _ if name.ends_with("_seconds") => Self::Seconds,
            _ if name.ends_with("_bytes") => Self::Bytes,
            _ => Self::None,
        }
    }

    /// A value of this unit.
    pub(super) fn show(self, value: f64) -> String {
        match self {
            Self::None => number(value),
            Self::Seconds => seconds(value),
            Self::Bytes => bytes(value),
            Self::Moment => exact(value.trunc()),
        }
    }

    /// A bound that a value is beyond, as it is declared.
    pub(super) fn beyond(self, bound: f64) -> String {
        format!("> {}", self.declared(bound))
    }

    /// A bound that a value is below, as it is declared.
    pub(super) fn below(self, bound: f64) -> String {
        format!("< {}", self.declared(bound))
    }

    /// A bound in the words of its declaration, since it is no measured number that could be rounded.
    fn declared(self, bound: f64) -> String {
        match self {
            Self::None | Self::Moment => exact(bound),
            Self::Seconds => format!("{} s", exact(bound)),
            Self::Bytes => format!("{} B", exact(bound)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::FamilyKind;

    #[test]
    fn a_moment_keeps_its_digits_and_a_bound_is_as_declared() {
        assert_eq!(Unit::Moment.show(1_763_706_556.25), "1763706556");
        assert_eq!(Unit::Moment.show(f64::NAN), "NaN");
        assert_eq!(Unit::Seconds.show(f64::INFINITY), "+Inf");
        assert_eq!(Unit::Seconds.beyond(7200.0), "> 7200 s");
        assert_eq!(
            (Unit::Seconds.below(0.01), Unit::None.below(10.0)),
            ("< 0.01 s".to_owned(), "< 10".to_owned())
        );
    }

    #[test]
    fn the_unit_is_the_last_word_of_the_name() {
        for (name, unit) in [
            ("sase_agent_run_duration_seconds", Unit::Seconds),
            ("process_cpu_seconds_total", Unit::Seconds),
            ("process_start_time_seconds", Unit::Moment),
            ("process_resident_memory_bytes", Unit::Bytes),
            ("sase_agent_runs_total", Unit::None),
        ] {
            assert_eq!(Unit::of(&Family::new(name, FamilyKind::Untyped)), unit, "{name}");
        }
    }
}
