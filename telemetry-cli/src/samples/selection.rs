//! Which families are wanted, and which subsystem each belongs to.

use telemetry_catalog::find_metric;
use telemetry_core::catalog::OWN;
use telemetry_core::metric::Subsystem;

/// What telemetry's own metrics begin with; a newer version may have some that this one does not know.
const OWN_PREFIX: &str = "telemetry_";

/// Which families are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scope {
    /// Those of the catalog and those about telemetry.
    Ours,
    /// Those of one subsystem.
    Only(&'static Subsystem),
    /// All of them.
    Everything,
}

impl Scope {
    /// Whether a family of this name is wanted.
    pub(crate) fn admits(self, family: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Ours => subsystem_of(family).is_some(),
            Self::Only(subsystem) => subsystem_of(family).is_some_and(|of| of.slug == subsystem.slug),
        }
    }
}

/// The subsystem of a family; `None` for one that the catalog does not have.
pub(crate) fn subsystem_of(family: &str) -> Option<&'static Subsystem> {
    find_metric(family)
        .map(|entry| entry.subsystem)
        .or_else(|| family.starts_with(OWN_PREFIX).then_some(&OWN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::catalog::AGENT;

    #[test]
    fn the_noise_of_a_gateway_is_wanted_only_where_everything_is() {
        for name in ["go_goroutines", "push_time_seconds", "pushgateway_build_info", "sase_agent_runs"] {
            assert!(!Scope::Ours.admits(name) && Scope::Everything.admits(name), "{name}");
        }
        for name in ["sase_agent_runs_total", "telemetry_build_info", "telemetry_of_tomorrow"] {
            assert!(Scope::Ours.admits(name), "{name}");
        }
        assert!(
            Scope::Only(&AGENT).admits("sase_agent_active")
                && !Scope::Only(&AGENT).admits("sase_llm_errors_total")
        );
        assert!(Scope::Only(&OWN).admits("telemetry_of_tomorrow"));
    }
}
