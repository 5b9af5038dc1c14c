//! Finding a subsystem or a metric by what people call it.

use std::fmt::Write as _;
use telemetry_core::catalog::{CATALOG, OWN};
use telemetry_core::metric::{MetricDef, Subsystem};

/// A name that is longer is no misspelling; comparing takes time in proportion to the length.
const LONGEST_COMPARED: usize = 40;

/// Why no subsystem was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// No subsystem is called so.
    #[error("unknown subsystem {given:?}{}, expected one of {}", question(*.nearest), list())]
    Unknown {
        /// What was asked for.
        given: String,
        /// The slug that was most likely meant.
        nearest: Option<&'static str>,
    },
    /// Several subsystems begin so.
    #[error("ambiguous subsystem {given:?} (did you mean {}?), expected one of {}", .candidates.join(" or "), list())]
    Ambiguous {
        /// What was asked for.
        given: String,
        /// The slugs of those that begin so.
        candidates: Vec<&'static str>,
    },
}

/// A metric with the subsystem that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// The subsystem.
    pub subsystem: &'static Subsystem,
    /// The definition.
    pub def: &'static MetricDef,
}

/// Every subsystem that can be asked for: those of the catalog in their order, then what telemetry tells about itself.
pub fn subsystems() -> impl Iterator<Item = &'static Subsystem> {
    CATALOG.into_iter().chain([&OWN])
}

/// The subsystem of this slug or title.
///
/// Upper and lower case are the same. The beginning of a slug or title is enough where no other begins so, and the beginning of a
/// word in a title where no slug or title begins so.
///
/// # Errors
/// [`LookupError`], whose message lists the subsystems.
///
/// ```
/// use telemetry_catalog::find_subsystem;
///
/// assert_eq!(find_subsystem("Agent Lifecycle")?.slug, "agent");
/// assert_eq!(find_subsystem("bead")?.slug, "beads");
/// assert_eq!(find_subsystem("mentor")?.slug, "hooks");
/// assert!(find_subsystem("agnet").unwrap_err().to_string().contains("did you mean agent?"));
/// # Ok::<(), telemetry_catalog::LookupError>(())
/// ```
pub fn find_subsystem(text: &str) -> Result<&'static Subsystem, LookupError> {
    let wanted = text.trim().to_lowercase();
    let tests: [fn(&str, &str) -> bool; 3] = [equals, starts_with, word_starts_with];
    let found = tests.into_iter().map(|test| matching(&wanted, test)).find(|found| !found.is_empty());
    match found.as_deref() {
        Some([subsystem]) => Ok(subsystem),
        Some(several) if !wanted.is_empty() => {
            let candidates = several.iter().map(|subsystem| subsystem.slug).collect();
            Err(LookupError::Ambiguous { given: text.to_owned(), candidates })
        }
        _ => Err(LookupError::Unknown { given: text.to_owned(), nearest: nearest(&wanted) }),
    }
}

/// The metric whose family has this name, in the catalog or among those about telemetry itself.
///
/// ```
/// let entry = telemetry_catalog::find_metric("sase_agent_runs_total").expect("it is in the catalog");
/// assert_eq!((entry.subsystem.slug, entry.def.help), ("agent", "Total agent runs"));
/// ```
#[must_use]
pub fn find_metric(family: &str) -> Option<Entry> {
    let entries =
        subsystems().flat_map(|subsystem| subsystem.metrics.iter().map(move |&def| Entry { subsystem, def }));
    entries.into_iter().find(|entry| entry.def.name == family)
}

/// Those of the names that were most likely meant: the nearest first, at most three, and none that differs in more than a third of what
/// was typed.
///
/// ```
/// use telemetry_catalog::nearest_names;
///
/// let names = ["sase_agent_runs_total", "sase_agent_kills_total", "up"];
/// assert_eq!(nearest_names("sase_agent_run_total", names), ["sase_agent_runs_total"]);
/// ```
pub fn nearest_names<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    const MOST: usize = 3;
    let length = wanted.chars().count();
    if !(2..=2 * LONGEST_COMPARED).contains(&length) {
        return Vec::new();
    }
    let with_errors = |name: &'n str| (strsim::osa_distance(wanted, name), name);
    let mut likely: Vec<_> = names.into_iter().map(with_errors).collect();
    likely.retain(|(errors, _)| (1..=length.div_ceil(3)).contains(errors));
    likely.sort_unstable();
    likely.dedup();
    // Where one is very near, the others were hardly meant.
    let nearest = likely.first().map_or(0, |(errors, _)| *errors);
    likely.retain(|(errors, _)| *errors <= 2 * nearest);
    likely.into_iter().take(MOST).map(|(_, name)| name).collect()
}

fn matching(wanted: &str, test: fn(&str, &str) -> bool) -> Vec<&'static Subsystem> {
    subsystems().filter(|subsystem| names(subsystem).iter().any(|name| test(name, wanted))).collect()
}

fn names(subsystem: &Subsystem) -> [String; 2] {
    [subsystem.slug.to_lowercase(), subsystem.title.to_lowercase()]
}

fn equals(name: &str, wanted: &str) -> bool {
    name == wanted
}

fn starts_with(name: &str, wanted: &str) -> bool {
    name.starts_with(wanted)
}

fn word_starts_with(name: &str, wanted: &str) -> bool {
    name.split_whitespace().any(|word| word.starts_with(wanted))
}

/// The slug whose own or whose title's spelling takes the fewest typing errors, unless that is more than a third of what was
/// typed.
fn nearest(wanted: &str) -> Option<&'static str> {
    let length = wanted.chars().count();
    if !(2..=LONGEST_COMPARED).contains(&length) {
        return None;
    }
    let errors = |subsystem: &Subsystem| {
        names(subsystem).iter().map(|name| strsim::osa_distance(wanted, name)).min().unwrap_or(usize::MAX)
    };
    let likely = subsystems().map(|subsystem| (errors(subsystem), subsystem.slug));
    likely
        .filter(|(errors, _)| *errors <= length.div_ceil(3))
        .min_by_key(|(errors, _)| *errors)
        .map(|(_, slug)| slug)
}

fn question(nearest: Option<&str>) -> String {
    nearest.map(|slug| format!(" (did you mean {slug}?)")).unwrap_or_default()
}

fn list() -> String {
    subsystems().fold(String::new(), |mut list, subsystem| {
        let separator = if list.is_empty() { "" } else { ", " };
        // Writing into a string cannot fail.
        let _ = write!(list, "{separator}{} ({})", subsystem.slug, subsystem.title);
        list
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(text: &str) -> Option<&'static str> {
        find_subsystem(text).ok().map(|subsystem| subsystem.slug)
    }

    #[test]
    fn every_subsystem_is_found_by_slug_title_and_any_case() {
        for subsystem in subsystems() {
            for text in [
                subsystem.slug,
                subsystem.title,
                &subsystem.title.to_uppercase(),
                &format!(" {} ", subsystem.slug),
            ] {
                assert_eq!(slug(text), Some(subsystem.slug), "{text}");
            }
        }
    }

    #[test]
    fn a_slug_comes_before_a_word_of_another_title() {
        assert_eq!(slug("l"), Some("llm"), "the title `Agent Lifecycle` has a word that begins so");
        assert_eq!(slug("workflow"), Some("hooks"));
        assert_eq!(slug("workspace"), Some("vcs"));
    }

    #[test]
    fn what_is_ambiguous_names_the_candidates() {
        let error = find_subsystem("a").unwrap_err();
        assert_eq!(error, LookupError::Ambiguous { given: "a".to_owned(), candidates: vec!["agent", "axe"] });
        assert!(error.to_string().starts_with("ambiguous subsystem \"a\" (did you mean agent or axe?), expected one of agent (Agent Lifecycle), "));
    }

    #[test]
    fn what_is_unknown_lists_all_and_suggests_only_what_is_near() {
        let message = find_subsystem("notificatoins").unwrap_err().to_string();
        assert!(message.contains("did you mean notifications?"), "{message}");
        for subsystem in subsystems() {
            assert!(message.contains(subsystem.slug) && message.contains(subsystem.title), "{message}");
        }
        for text in ["", "  ", "zzzzzz", "\u{1b}[31m", &"x".repeat(1_000_000)] {
            let LookupError::Unknown { nearest, .. } = find_subsystem(text).unwrap_err() else {
                panic!("{text} is ambiguous")
            };
            assert_eq!(nearest, None, "{text:?}");
        }
    }

    #[test]
    fn control_characters_do_not_reach_the_message() {
        assert!(!find_subsystem("\u{1b}[31m\n").unwrap_err().to_string().contains(['\u{1b}', '\n']));
    }

    #[test]
    fn every_metric_is_found_with_its_subsystem() {
        let all = subsystems()
            .flat_map(|subsystem| subsystem.metrics.iter().map(move |&def| Entry { subsystem, def }));
        for entry in all {
            assert_eq!(find_metric(entry.def.name), Some(entry));
        }
        assert_eq!(find_metric("sase_agent_runs"), None);
    }
}
