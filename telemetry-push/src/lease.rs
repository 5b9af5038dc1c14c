//! Workspaces that one process acquires and another releases.
//!
//! Such a lease is a line of the ledger's own file, so that it and its counters change together, in one replacement:
//!
//! ```text
//! # telemetry: lease sase_workspace_active{lease="ws-7",project="site"} 1763712000
//! ```

use crate::families::{Families, PREFIX, own_lines};
use crate::kept::Amount;
use crate::totals::NoLedger;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};
use telemetry_core::catalog::WORKSPACE_ACTIVE;
use telemetry_core::exposition::{self, Family, FamilyKind, Format, Label, Metric, Value};

/// The label that holds the id of a lease.
const ID: &str = "lease";

/// A workspace that is held until somebody releases it by its id, however many processes come and go meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// The project of the workspace.
    pub project: String,
    /// When it was acquired, to the second.
    pub since: SystemTime,
}

/// What became of the wish to acquire a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Acquired {
    /// It is held from now on, and the acquisition is counted.
    Now,
    /// A lease of this id is held already; nothing is counted.
    Before(Lease),
}

/// How a workspace was released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// It was released, and the release is counted.
    Done,
    /// It could not be released: it is held no longer, and no release is counted.
    Failed,
}

/// The leases that are held, by their ids.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Leases(pub(crate) BTreeMap<String, Lease>);

impl Leases {
    /// Adds each lease to the gauge of held workspaces.
    pub(crate) fn show(&self, living: &mut Families) {
        for lease in self.0.values() {
            let family = living.of_def(WORKSPACE_ACTIVE.def());
            family.add(std::slice::from_ref(&lease.project), &Amount::Number(1.0), usize::MAX);
        }
    }

    pub(crate) fn write(&self, text: &mut String) {
        let [label] = WORKSPACE_ACTIVE.def().labels else { return };
        let metrics = self.0.iter().map(|(id, lease)| {
            let seconds = lease.since.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
            let labels = vec![Label::new(ID, id.as_str()), Label::new(label.name, lease.project.as_str())];
            Metric::gauge(labels, seconds as f64)
        });
        let family = Family::new(WORKSPACE_ACTIVE.def().name, FamilyKind::Gauge).with_metrics(metrics);
        let mut lines = String::new();
        exposition::write(&[family], Format::Text, &mut lines);
        for line in lines.lines().filter(|line| !line.starts_with('#')) {
            let _ = writeln!(text, "{PREFIX}lease {line}");
        }
    }

    /// The inverse of [`write`](Self::write). Each line must be a lease of its own: what is read here is all that is written again.
    pub(crate) fn read(text: &str) -> Result<Self, NoLedger> {
        let lines: Vec<_> = own_lines(text, "lease ").collect();
        let samples = lines.join("\n") + "\n";
        let families = exposition::parse(&samples, Format::Text)?;
        let ours = |family: &Family<'_>| family.name == WORKSPACE_ACTIVE.def().name;
        if !families.iter().all(ours) {
            return Err(NoLedger::Lease);
        }
        let metrics = families.iter().flat_map(|family| &family.metrics);
        let leases: BTreeMap<_, _> =
            metrics.map(|metric| read_lease(metric).ok_or(NoLedger::Lease)).collect::<Result<_, _>>()?;
        if leases.len() == lines.len() { Ok(Self(leases)) } else { Err(NoLedger::Lease) }
    }
}

/// A lease from its sample, with nothing in it that [`write`](Leases::write) would not write.
fn read_lease(metric: &Metric<'_>) -> Option<(String, Lease)> {
    let ([id, project], [label]) = (metric.labels.as_slice(), WORKSPACE_ACTIVE.def().labels) else {
        return None;
    };
    let Value::Untyped(seconds) = metric.value else { return None };
    if id.name != ID || project.name != label.name || metric.timestamp.is_some() || seconds.fract() != 0.0 {
        return None;
    }
    let since = SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
    Some((id.value.to_string(), Lease { project: project.value.to_string(), since }))
}

#[cfg(test)]
mod tests {
    use super::{Lease, Leases};
    use std::time::{Duration, SystemTime};

    #[test]
    fn leases_are_read_back_as_they_were() {
        let since = SystemTime::UNIX_EPOCH + Duration::from_secs(1_763_712_000);
        let lease = |project: &str| Lease { project: project.to_owned(), since };
        let mut leases = Leases::default();
        leases.0.insert("ws 7 \"}\n".to_owned(), lease("site"));
        leases.0.insert(String::new(), lease(""));
        for leases in [leases, Leases::default()] {
            let mut text = String::new();
            leases.write(&mut text);
            assert_eq!(Leases::read(&text).unwrap(), leases, "{text}");
        }
    }
}
