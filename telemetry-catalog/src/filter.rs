//! Choosing metrics of the catalog by subsystem and by type.

use std::fmt;
use telemetry_core::catalog::CATALOG;
use telemetry_core::metric::{Kind, MetricDef, Subsystem};

/// The type of a metric, without what belongs to each type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricType {
    /// A count that only grows.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// A distribution in buckets.
    Histogram,
}

/// Which metrics of the catalog are wanted; the default wants them all.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Filter {
    /// Only those of this subsystem.
    pub subsystem: Option<&'static Subsystem>,
    /// Only those of this type.
    pub metric_type: Option<MetricType>,
}

/// The wanted metrics of one subsystem.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The subsystem.
    pub subsystem: &'static Subsystem,
    /// Its metrics, in the order of their declaration.
    pub metrics: Vec<&'static MetricDef>,
}

impl MetricType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::Counter, Self::Gauge, Self::Histogram];

    /// The type of a metric kind.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter,
            Kind::Gauge(_) => Self::Gauge,
            Kind::Histogram(_) => Self::Histogram,
        }
    }

    /// The word of the exposition format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl fmt::Display for MetricType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Filter {
    /// Whether a metric of this subsystem is wanted.
    #[must_use]
    pub fn admits(&self, subsystem: &Subsystem, def: &MetricDef) -> bool {
        self.subsystem.is_none_or(|wanted| wanted.slug == subsystem.slug)
            && self.metric_type.is_none_or(|wanted| wanted == MetricType::of(def.kind))
    }

    /// The wanted metrics by subsystem, without subsystems that have none of them.
    ///
    /// The metrics about telemetry itself are no part of the catalog, and are among the groups only where their subsystem is asked for.
    ///
    /// ```
    /// use telemetry_catalog::{Filter, MetricType};
    ///
    /// let gauges = Filter { metric_type: Some(MetricType::Gauge), ..Filter::default() };
    /// let slugs: Vec<_> = gauges.groups().iter().map(|group| group.subsystem.slug).collect();
    /// assert_eq!(slugs, ["agent", "axe", "beads", "vcs"]);
    /// ```
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        let subsystems = self.subsystem.map_or_else(|| CATALOG.to_vec(), |only| vec![only]);
        let groups = subsystems.into_iter().map(|subsystem| self.group(subsystem));
        groups.filter(|group| !group.metrics.is_empty()).collect()
    }

    fn group(&self, subsystem: &'static Subsystem) -> Group {
        let metrics = subsystem.metrics.iter().copied().filter(|def| self.admits(subsystem, def)).collect();
        Group { subsystem, metrics }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subsystems;

    #[test]
    fn no_filter_is_the_whole_catalog_in_order() {
        let all: Vec<_> = Filter::default().groups().into_iter().flat_map(|group| group.metrics).collect();
        assert!(all.into_iter().eq(telemetry_core::catalog::metrics()));
    }

    #[test]
    fn both_filters_hold_together() {
        for subsystem in subsystems() {
            for metric_type in MetricType::ALL {
                let groups = Filter { subsystem: Some(subsystem), metric_type: Some(metric_type) }.groups();
                assert!(groups.len() <= 1 && groups.iter().all(|group| group.subsystem == subsystem));
                let metrics = groups.iter().flat_map(|group| &group.metrics);
                let expected =
                    subsystem.metrics.iter().filter(|def| def.kind.as_str() == metric_type.as_str());
                assert!(metrics.eq(expected), "{} {metric_type}", subsystem.slug);
            }
        }
    }
}
