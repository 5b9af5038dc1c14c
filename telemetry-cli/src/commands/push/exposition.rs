//! An exposition that somebody else wrote: read, and held against what a Pushgateway takes, before anything is sent.

use crate::failure::Failure;
use crate::tables::harmless;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use telemetry_catalog::quantity::bytes;
use telemetry_core::exposition::{self, Family, Format, Label};
use telemetry_push::Group;

/// The longest exposition that is sent, in bytes: far more than a gateway should hold in one group.
const LONGEST: u64 = 64 << 20;

/// The names under which a Pushgateway tells when it was pushed to; it puts its own in place of those that are pushed.
const GATEWAYS_OWN: [&str; 2] = ["push_time_seconds", "push_failure_time_seconds"];

/// Reads a whole file, or standard input for `-`.
///
/// # Errors
/// Where it cannot be read or is longer than is sent.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let read = match is_stdin(file) {
        true => io::stdin().lock().take(LONGEST + 1).read_to_end(&mut text),
        false => File::open(file).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text)),
    };
    read.map_err(|error| Failure::new(format!("cannot read {}", name(file))).because(error))?;
    if text.len() as u64 > LONGEST {
        let bound = bytes(LONGEST as f64);
        return Err(Failure::new(format!("{} is longer than the {bound} that are sent", name(file)))
            .advice("Split it into several groups, or have it scraped instead."));
    }
    Ok(text)
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// What a message calls it.
pub(super) fn name(file: &Path) -> String {
    if is_stdin(file) { "standard input".to_owned() } else { harmless(&file.display().to_string()) }
}

/// The families of an exposition. It is taken for OpenMetrics where it ends as that must, in `# EOF`.
///
/// # Errors
/// Says the line and the column.
pub(super) fn families<'t>(text: &'t [u8], file: &Path) -> Result<Vec<Family<'t>>, Failure> {
    let format = if text.trim_ascii_end().ends_with(b"# EOF") { Format::OpenMetrics } else { Format::Text };
    exposition::parse_bytes(text, format).map_err(|error| {
        Failure::new(format!("{} is no exposition", name(file))).because(error).advice("Nothing was sent.")
    })
}

/// How many series there are, over all metrics.
pub(super) fn series(families: &[Family<'_>]) -> usize {
    families.iter().map(|family| family.metrics.len()).sum()
}

/// What a Pushgateway would refuse, with what to do about it.
///
/// # Errors
/// A timestamp, or two series that are one once the labels of the group stand in place of theirs.
pub(super) fn check(families: &[Family<'_>], group: &Group) -> Result<(), Failure> {
    for family in families {
        if family.metrics.iter().any(|metric| metric.timestamp.is_some()) {
            let what = format!("{} has timestamps, and a Pushgateway takes none", family.name);
            return Err(
                Failure::new(what).advice("Nothing was sent. Leave them out: it is scraped as of now.")
            );
        }
        let mut seen = HashSet::new();
        if !family.metrics.iter().all(|metric| seen.insert(as_kept(&metric.labels, group))) {
            let what = format!("{} has series that differ in labels of the group only", family.name);
            return Err(Failure::new(what).advice("Nothing was sent. The group's labels replace those of the series: push them as several groups."));
        }
    }
    Ok(())
}

/// The labels of a series as the gateway keeps them, sorted and without those of the group. An empty value is no label.
fn as_kept<'l>(labels: &'l [Label<'_>], group: &Group) -> Vec<(&'l str, &'l str)> {
    let labels = labels.iter().map(|label| (label.name.as_ref(), label.value.as_ref()));
    let mut kept: Vec<_> =
        labels.filter(|(name, value)| !value.is_empty() && of_group(group, name).is_none()).collect();
    kept.sort_unstable();
    kept
}

fn of_group<'g>(group: &'g Group, name: &str) -> Option<&'g str> {
    let others = group.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut all = others.chain([("job", group.job.as_str())]);
    all.find(|(of_group, _)| *of_group == name).map(|(_, value)| value)
}

/// What a Pushgateway takes but changes.
pub(super) fn remarks(families: &[Family<'_>], group: &Group) -> Vec<String> {
    let labels = families.iter().flat_map(|family| &family.metrics).flat_map(|metric| &metric.labels);
    let mut replaced: Vec<_> = labels
        .filter(|label| of_group(group, &label.name).is_some_and(|value| value != label.value))
        .map(|label| label.name.as_ref())
        .collect();
    replaced.sort_unstable();
    replaced.dedup();
    let replaced =
        replaced.iter().map(|name| format!("the label {name} of the group replaces that of the series"));
    let own = families.iter().filter(|family| GATEWAYS_OWN.contains(&family.name.as_ref()));
    let own = own.map(|family| format!("the gateway replaces {} by its own", family.name));
    replaced.chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> Group {
        Group { job: "j".to_owned(), labels: vec![("zone".to_owned(), "1".to_owned())] }
    }

    fn parsed(text: &str) -> Vec<Family<'_>> {
        families(text.as_bytes(), Path::new("-")).unwrap()
    }

    fn checked(text: &str) -> Result<(), String> {
        check(&parsed(text), &group()).map_err(|failure| failure.line())
    }

    #[test]
    fn an_error_says_where_it_is_and_of_which_file() {
        let error = families(b"a 1\nb{x} 2\n", Path::new("/m.prom")).unwrap_err().line();
        assert!(error.starts_with("/m.prom is no exposition: line 2, column 4: "), "{error}");
        let error = families(b"a 1\nb 2\n# EOF\nc 3\n# EOF\n", Path::new("-")).unwrap_err().line();
        assert!(error.starts_with("standard input is no exposition: line "), "{error}");
    }

    #[test]
    fn open_metrics_is_known_by_its_end() {
        let families = parsed("# TYPE a counter\na_total 1\n# EOF\n");
        assert_eq!((families[0].name.as_ref(), series(&families)), ("a_total", 1));
    }

    #[test]
    fn what_the_gateway_would_refuse_is_found_before() {
        assert_eq!(checked("a 1\nb{x=\"1\"} 2\nb{x=\"2\"} 2\n"), Ok(()));
        assert!(checked("a 1 1000\n").unwrap_err().contains("a has timestamps"));
        assert!(checked("a{job=\"x\"} 1\na{job=\"y\"} 2\n").unwrap_err().contains("differ in labels"));
        assert!(checked("a{zone=\"x\"} 1\na 2\n").unwrap_err().contains("differ in labels"));
        assert_eq!(checked("a{instance=\"x\"} 1\na{instance=\"y\"} 2\n"), Ok(()));
    }

    #[test]
    fn what_the_gateway_changes_is_said_once_for_each_label() {
        let text = "a{job=\"x\",y=\"1\"} 1\na{job=\"x\",y=\"2\"} 1\nb{job=\"j\",zone=\"2\"} 1\npush_time_seconds 3\n";
        assert_eq!(
            remarks(&parsed(text), &group()),
            [
                "the label job of the group replaces that of the series",
                "the label zone of the group replaces that of the series",
                "the gateway replaces push_time_seconds by its own",
            ]
        );
        assert!(remarks(&parsed("b{job=\"j\",zone=\"1\"} 1\n"), &group()).is_empty());
    }
}
