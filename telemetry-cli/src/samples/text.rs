//! Samples in the text format again.
//!
//! What one source exposes can be written as it was read. Families of several sources can contradict each other, and the text format
//! has one type for a name; such families are written without a type, sample name by sample name, so that nothing is lost.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use telemetry_core::exposition::{self, Event, Family, FamilyKind, Format, Metric, ParseError, Reader};

/// What the samples of a distribution add to its name.
const PARTS: [&str; 5] = ["_bucket", "_sum", "_count", "_gsum", "_gcount"];

/// The families as text exposition.
///
/// # Errors
/// What the parser says of text that the writer made, which is never but for names that no format allows.
pub(crate) fn text(families: &[Family<'_>]) -> Result<String, ParseError> {
    let clashing = clashing_names(families);
    let mut out = String::new();
    let mut untyped = Vec::new();
    for family in families {
        if clashing.contains(&*family.name) {
            untyped.push(family);
        } else {
            exposition::write(std::slice::from_ref(family), Format::Text, &mut out);
        }
    }
    write_untyped(&untyped, &mut out)?;
    Ok(out)
}

/// The names of families of which another has the same name, or a sample name that would be taken for a part of this one.
fn clashing_names<'f>(families: &'f [Family<'_>]) -> HashSet<&'f str> {
    let mut names: HashMap<&str, usize> = HashMap::new();
    families.iter().for_each(|family| *names.entry(&*family.name).or_default() += 1);
    let mut clashing: HashSet<_> =
        names.iter().filter(|(_, count)| **count > 1).map(|(name, _)| *name).collect();
    for family in families.iter().filter(|family| is_distribution(family.kind)) {
        for part in PARTS {
            if let Some((part, _)) = names.get_key_value(&*format!("{}{part}", family.name)) {
                clashing.extend([*part, &*family.name]);
            }
        }
    }
    clashing
}

const fn is_distribution(kind: FamilyKind) -> bool {
    matches!(kind, FamilyKind::Histogram | FamilyKind::GaugeHistogram | FamilyKind::Summary)
}

/// Writes every sample of the families as one of an untyped family of its own name.
fn write_untyped(families: &[&Family<'_>], out: &mut String) -> Result<(), ParseError> {
    let mut by_name: Vec<Family<'static>> = Vec::new();
    for family in families {
        let mut text = String::new();
        exposition::write(std::slice::from_ref(*family), Format::Text, &mut text);
        let help = family.help.as_deref().unwrap_or_default();
        add_samples(&text, help, &mut by_name)?;
    }
    exposition::write(&by_name, Format::Text, out);
    Ok(())
}

fn add_samples(text: &str, help: &str, by_name: &mut Vec<Family<'static>>) -> Result<(), ParseError> {
    let mut reader = Reader::new(text, Format::Text);
    loop {
        match reader.next_event()? {
            Event::Eof => return Ok(()),
            Event::Sample(sample) => {
                let labels = sample.labels.iter().map(|label| label.clone().into_owned()).collect();
                let metric = Metric { timestamp: sample.timestamp, ..Metric::untyped(labels, sample.value) };
                family_of(by_name, sample.name, help).metrics.push(metric);
            }
            _ => {}
        }
    }
}

fn family_of<'f>(families: &'f mut Vec<Family<'static>>, name: &str, help: &str) -> &'f mut Family<'static> {
    let place = families.iter().position(|family| family.name == name).unwrap_or_else(|| {
        let family = Family::new(name.to_owned(), FamilyKind::Untyped);
        families.push(Family { help: (!help.is_empty()).then(|| Cow::Owned(help.to_owned())), ..family });
        families.len() - 1
    });
    &mut families[place]
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::parse;

    const GATEWAY: &str = "# HELP a What a is\n# TYPE a counter\na{job=\"x\"} 1\n";

    fn families(texts: &[&'static str]) -> Vec<Family<'static>> {
        texts.iter().flat_map(|text| parse(text, Format::Text).unwrap()).collect()
    }

    #[test]
    fn what_does_not_clash_is_read_back_equal() {
        let families = families(&[
            GATEWAY,
            "# HELP h Long\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n",
            "# TYPE s summary\ns{quantile=\"0.5\"} 2 1700000000000\ns_sum 4\ns_count 2\n",
        ]);
        assert_eq!(parse(&text(&families).unwrap(), Format::Text).unwrap(), families);
    }

    #[test]
    fn two_types_of_one_name_become_one_untyped_family() {
        let families = families(&[GATEWAY, "# TYPE a gauge\na{job=\"y\"} 2\n"]);
        assert_eq!(
            text(&families).unwrap(),
            "# HELP a What a is\n# TYPE a untyped\na{job=\"x\"} 1\na{job=\"y\"} 2\n"
        );
    }

    #[test]
    fn a_number_and_a_distribution_of_one_name_are_both_there_and_parse() {
        for other in [
            "# TYPE a histogram\na_bucket{le=\"+Inf\"} 2\na_sum 3\na_count 2\n",
            "# TYPE a summary\na{quantile=\"0.5\"} 2\na_count 2\n",
        ] {
            for order in [[GATEWAY, other], [other, GATEWAY]] {
                let families = families(&order);
                let text = text(&families).unwrap();
                let read = parse(&text, Format::Text).unwrap();
                assert!(read.iter().all(|family| family.kind == FamilyKind::Untyped), "{text}");
                let samples = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
                assert_eq!(samples(&text), samples(GATEWAY) + samples(other), "{text}");
            }
        }
    }

    #[test]
    fn a_name_that_is_the_part_of_a_distribution_does_not_become_one() {
        let families = families(&[
            "# TYPE a histogram\na_bucket{le=\"+Inf\"} 2\na_count 2\n",
            "# TYPE a_count gauge\na_count{job=\"y\"} 7\n",
        ]);
        let text = text(&families).unwrap();
        assert!(text.contains("# TYPE a_count untyped\na_count 2\na_count{job=\"y\"} 7\n"), "{text}");
        assert!(parse(&text, Format::Text).is_ok(), "{text}");
    }
}
