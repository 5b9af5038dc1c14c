//! Which families are wanted, and which subsystem each belongs to.

use telemetry_catalog::{find_metric, subsystems};
use telemetry_core::catalog::OWN;
use telemetry_core::metric::{Kind, MetricDef, Subsystem};

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
    /// An instant selector of everything that is wanted, with the parts of histograms.
    pub(crate) fn selector(self) -> String {
        let wanted = |subsystem: &&Subsystem| match self {
            Self::Only(only) => subsystem.slug == only.slug,
            Self::Ours | Self::Everything => true,
        };
        let names =
            subsystems().filter(wanted).flat_map(|subsystem| subsystem.metrics).map(|def| pattern(def));
        let own = matches!(self, Self::Ours) || matches!(self, Self::Only(only) if only.slug == OWN.slug);
        let tomorrow = own.then(|| format!("{OWN_PREFIX}.+"));
        match self {
            Self::Everything => "{__name__!=\"\"}".to_owned(),
            _ => format!("{{__name__=~\"{}\"}}", names.chain(tomorrow).collect::<Vec<_>>().join("|")),
        }
    }

    /// Whether a family of this name is wanted.
    pub(crate) fn admits(self, family: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Ours => subsystem_of(family).is_some(),
            Self::Only(subsystem) => subsystem_of(family).is_some_and(|of| of.slug == subsystem.slug),
        }
    }
}

/// What the names of all series of a metric match.
fn pattern(def: &MetricDef) -> String {
    match def.kind {
        Kind::Histogram(_) => format!("{}_(bucket|sum|count)", def.name),
        Kind::Counter | Kind::Gauge(_) => def.name.to_owned(),
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
    fn a_selector_names_what_is_wanted_and_nothing_else() {
        let own = Scope::Only(&AGENT).selector();
        assert!(own.starts_with("{__name__=~\"sase_agent_") && own.ends_with("\"}"), "{own}");
        assert!(own.contains("|sase_agent_run_duration_seconds_(bucket|sum|count)|"), "{own}");
        assert!(!own.contains("llm") && !own.contains(OWN_PREFIX), "{own}");
        assert!(Scope::Ours.selector().ends_with("|telemetry_.+\"}"));
        assert!(Scope::Only(&OWN).selector().contains("|telemetry_.+"));
    }

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
