//! What is served: a registry, and whatever else a program has to tell.

use crate::merge::Merged;
use std::fmt;
use telemetry_core::config::Config;
use telemetry_core::exposition::{Family, Format, write};
use telemetry_core::{Registry, Snapshot, build_info, default_registry};

/// Something that has families to tell at the moment of a scrape; a closure will do.
///
/// It is asked on the thread that answers the scrape, so it should answer from memory.
pub trait Source: Send + Sync + 'static {
    /// The families as they are now.
    fn families(&self) -> Vec<Family<'static>>;
}

impl<F: Fn() -> Vec<Family<'static>> + Send + Sync + 'static> Source for F {
    fn families(&self) -> Vec<Family<'static>> {
        self()
    }
}

/// What a server tells: every metric of a registry, `telemetry_build_info`, and the families of other sources.
///
/// ```
/// use telemetry_core::exposition::{Family, FamilyKind, Format, Metric};
/// use telemetry_server::Exposition;
///
/// let load = || vec![Family::new("load", FamilyKind::Gauge).with_metrics([Metric::gauge(Vec::new(), 0.5)])];
/// let exposition = Exposition::default().with(load);
/// assert!(exposition.text(Format::Text).ends_with("# TYPE load gauge\nload 0.5\n"));
/// ```
#[derive(Default)]
pub struct Exposition {
    /// The registry, unless it is the default one, which may be turned on later.
    registry: Option<Registry>,
    sources: Vec<Box<dyn Source>>,
}

impl Exposition {
    /// The series of this registry. The [`Default`] is those of the default registry, whether it is on already or will be later.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self { registry: Some(registry.clone()), sources: Vec::new() }
    }

    /// Tells what this source has to tell, too.
    ///
    /// A family that was told before is not told again, nor is a series; so where two sources have the same one, the first is
    /// right. A family whose name or label names are not allowed is left out, because Prometheus would refuse all the others with
    /// it.
    #[must_use]
    pub fn with(mut self, source: impl Source) -> Self {
        self.sources.push(Box::new(source));
        self
    }

    /// The exposition as it is now. Every metric of the catalog has its type and help before anything was recorded on it.
    #[must_use]
    pub fn text(&self, format: Format) -> String {
        let snapshot = self.snapshot();
        let mut merged = Merged::default();
        merged.add(snapshot.families());
        merged.add([build_info::family()]);
        for source in &self.sources {
            merged.add(source.families());
        }
        let mut text = String::new();
        write(&merged.into_families(), format, &mut text);
        text
    }

    fn snapshot(&self) -> Snapshot {
        match self.registry.as_ref().or_else(|| default_registry()) {
            Some(registry) => registry.snapshot(),
            None => Registry::new(&Config::default()).snapshot(),
        }
    }
}

impl fmt::Debug for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exposition")
            .field("registry", &self.registry)
            .field("sources", &self.sources.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Exposition;
    use telemetry_core::catalog::{self, AXE_LUMBERJACK_RESTARTS};
    use telemetry_core::exposition::{Family, FamilyKind, Format, Metric, Value, parse};
    use telemetry_core::{Registry, build_info, config::Config};

    fn value(text: &str, name: &str) -> Option<Value<'static>> {
        let families = parse(text, Format::Text).unwrap();
        let family = families.into_iter().find(|family| family.name == name)?;
        family.metrics.into_iter().next().map(|metric| metric.value.into_owned())
    }

    #[test]
    fn every_family_is_told_before_anything_was_recorded() {
        for format in [Format::Text, Format::OpenMetrics] {
            let text = Exposition::default().text(format);
            let families = parse(&text, format).unwrap();
            let described = families.iter().map(|family| (&*family.name, family.help.as_deref().unwrap()));
            let ours = catalog::metrics().chain(catalog::OWN.metrics.iter().rev().copied());
            assert!(described.eq(ours.map(|def| (def.name, def.help))), "{text}");
            let recorded: Vec<_> = families.iter().filter(|family| !family.metrics.is_empty()).collect();
            assert_eq!(recorded, [&build_info::family()]);
        }
    }

    #[test]
    fn a_registry_is_told_as_it_is_now() {
        let registry = Registry::new(&Config::default());
        let exposition = Exposition::of(&registry);
        assert_eq!(value(&exposition.text(Format::Text), "sase_axe_lumberjack_restarts_total"), None);
        AXE_LUMBERJACK_RESTARTS.in_registry(&registry).add(2);
        let text = exposition.text(Format::Text);
        assert!(text.contains("\nsase_axe_lumberjack_restarts_total 2\n"), "{text}");
    }

    #[test]
    fn other_sources_stand_behind_and_cannot_overrule() {
        let gauge = |name: &'static str, value| {
            move || {
                vec![Family::new(name, FamilyKind::Gauge).with_metrics([Metric::gauge(Vec::new(), value)])]
            }
        };
        let restarts = gauge("sase_axe_lumberjack_restarts_total", 9.0);
        let exposition =
            Exposition::default().with(gauge("load", 1.0)).with(gauge("load", 2.0)).with(restarts);
        let text = exposition.text(Format::Text);
        assert_eq!(value(&text, "load"), Some(Value::Gauge(1.0)));
        assert_eq!(value(&text, "sase_axe_lumberjack_restarts_total"), None);
    }
}
