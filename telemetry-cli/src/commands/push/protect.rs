//! What must not be done to the ledger's counts at the gateway by whoever pushes or deletes something else there.

use super::group::words;
use crate::failure::Failure;
use telemetry_core::catalog;
use telemetry_core::config::Config;
use telemetry_core::exposition::{Family, FamilyKind, Label};
use telemetry_core::metric::{Kind, MetricDef};
use telemetry_push::{Group, Place};

/// What somebody pushed to the group of the ledger would be gone with its next push. In any other group, series that are the ledger's
/// own would have the gateway refuse that push, and each one after it.
///
/// # Errors
/// Says what of the ledger's it would be.
pub(super) fn from_push(group: &Group, families: &[Family<'_>], config: &Config) -> Result<(), Failure> {
    // Where no folder is known there is no ledger either.
    let Ok(place) = Place::of(config) else { return Ok(()) };
    let ledgers = Group::new(&place.job, &place.instance);
    // An empty label makes another group for the gateway, and none for those who scrape it.
    if labels(group) == labels(&ledgers) {
        return Err(is_the_ledgers(group, &place));
    }
    let Some(what) = families.iter().find_map(|family| in_the_way(family, group, &ledgers)) else {
        return Ok(());
    };
    Err(Failure::new(format!(
        "{what}: the gateway would take no push of the ledger in {} any more",
        place.folder.display()
    ))
    .advice("Nothing was sent. Choose another name, --job or --grouping, or say --force."))
}

/// With a deleted group the counters of the ledger would seem to begin anew.
///
/// # Errors
/// Where it is the group of the ledger. One that differs in an empty label is another, which alone can be in its way.
pub(super) fn from_delete(group: &Group, config: &Config) -> Result<(), Failure> {
    match Place::of(config) {
        Ok(place) if *group == Group::new(&place.job, &place.instance) => Err(is_the_ledgers(group, &place)),
        _ => Ok(()),
    }
}

fn is_the_ledgers(group: &Group, place: &Place) -> Failure {
    Failure::new(format!("{} is the group of the ledger in {}", words(group), place.folder.display()))
        .advice("Choose another --job or --grouping, or say --force.")
}

/// What of a family would be in the way of the ledger.
fn in_the_way(family: &Family<'_>, group: &Group, ledgers: &Group) -> Option<String> {
    let def = catalog::find(&family.name);
    if def.is_some_and(|def| !is_of(family.kind, def.kind)) {
        return Some(format!("{} is another type in the catalog", family.name));
    }
    let may_be_the_ledgers =
        || family.metrics.iter().any(|metric| is_like(&metric.labels, group, ledgers, def));
    may_be_the_ledgers().then(|| format!("{} has series of the ledger's job and instance", family.name))
}

/// Whether a series may be one of the ledger's once the labels of the group stand in place of its own: it has the ledger's group, and of
/// this group no label that a metric of the ledger lacks.
fn is_like(own: &[Label<'_>], group: &Group, ledgers: &Group, def: Option<&MetricDef>) -> bool {
    let of_group = labels(group);
    let value = |name: &str| {
        let given =
            group.labels.iter().find(|(of_group, _)| of_group == name).map(|(_, value)| value.as_str());
        given.or_else(|| own.iter().find(|label| label.name == name).map(|label| &*label.value))
    };
    let is_ledgers = |name: &str| ledgers.labels.iter().any(|(of_ledger, _)| of_ledger == name);
    let has_it = |name: &str| def.is_some_and(|def| def.labels.iter().any(|label| label.name == name));
    group.job == ledgers.job
        && ledgers.labels.iter().all(|(name, of_ledger)| value(name).unwrap_or_default() == of_ledger)
        && of_group.iter().all(|(name, _)| *name == "job" || is_ledgers(name) || has_it(name))
}

/// The labels that a group gives to its series, sorted. An empty one is none.
fn labels(group: &Group) -> Vec<(&str, &str)> {
    let further = group.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let all = further.chain([("job", group.job.as_str())]);
    let mut labels: Vec<_> = all.filter(|(_, value)| !value.is_empty()).collect();
    labels.sort_unstable();
    labels
}

const fn is_of(kind: FamilyKind, defined: Kind) -> bool {
    matches!(
        (kind, defined),
        (FamilyKind::Counter, Kind::Counter)
            | (FamilyKind::Gauge, Kind::Gauge(_))
            | (FamilyKind::Histogram, Kind::Histogram(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::{Format, parse};

    const RUNS: &str = "# TYPE sase_agent_runs_total counter\nsase_agent_runs_total{status=\"ok\"} 5\n";

    fn config() -> Config {
        let mut config = Config { ledger_path: Some("/l".into()), ..Config::default() };
        config.prometheus.job = "j".to_owned();
        config.prometheus.instance = Some("host".to_owned());
        config
    }

    fn group(labels: &[(&str, &str)]) -> Group {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Group { job: "j".to_owned(), labels: labels.collect() }
    }

    /// Why a text may not be pushed.
    fn refused(labels: &[(&str, &str)], text: &str) -> Option<String> {
        let families = parse(text, Format::Text).unwrap();
        from_push(&group(labels), &families, &config()).err().map(|failure| failure.line())
    }

    #[test]
    fn an_empty_label_does_not_make_it_another_group() {
        for labels in [
            &[("instance", "host")] as &[_],
            &[("instance", "host"), ("a", "")],
            &[("a", ""), ("instance", "host")],
        ] {
            let why = refused(labels, "mine 1\n").unwrap_or_default();
            assert!(why.contains("is the group of the ledger in /l"), "{labels:?}: {why}");
        }
        assert_eq!(refused(&[("instance", "other"), ("a", "")], RUNS), None);
    }

    #[test]
    fn series_of_the_ledgers_job_and_instance_are_refused_in_any_group() {
        let with_instance =
            "# TYPE sase_agent_runs_total counter\nsase_agent_runs_total{instance=\"host\"} 5\n";
        let why = refused(&[], with_instance).unwrap_or_default();
        assert!(why.contains("sase_agent_runs_total has series of the ledger's job and instance"), "{why}");
        assert!(refused(&[("instance", "host"), ("status", "ok")], RUNS).is_some());
        assert_eq!(refused(&[], RUNS), None);
        assert_eq!(refused(&[("instance", "host"), ("part", "1")], RUNS), None, "no metric has a part");
    }

    #[test]
    fn a_metric_of_the_catalog_of_another_type_is_refused_in_any_group() {
        let why = refused(
            &[("instance", "other")],
            "# TYPE sase_agent_runs_total gauge\nsase_agent_runs_total 5\n",
        );
        assert!(why.unwrap_or_default().contains("sase_agent_runs_total is another type in the catalog"));
        assert_eq!(refused(&[("instance", "other")], "mine 1\n"), None);
    }

    #[test]
    fn the_group_that_stands_in_the_way_can_be_deleted_and_the_ledgers_not() {
        assert!(from_delete(&group(&[("instance", "host")]), &config()).is_err());
        assert!(from_delete(&group(&[("instance", "host"), ("a", "")]), &config()).is_ok());
    }
}
