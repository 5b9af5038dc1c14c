//! Names of metrics without what they have in common.

use super::super::super::super::skin::Skin;
use super::super::super::text::cut_in_the_middle;
use super::super::ink::columns;
use telemetry_core::metric::{MetricDef, Subsystem};

/// Endings that say what the columns say.
const ENDINGS: [&str; 2] = ["_total", "_seconds"];

/// The name without what all names of the subsystem begin with and without what it ends in, as long as that tells it from all others of
/// the subsystem.
pub(super) fn short(def: &MetricDef, subsystem: &Subsystem) -> &'static str {
    let names = || subsystem.metrics.iter().map(|metric| metric.name);
    let Some(name) = names().find(|name| *name == def.name) else { return full(def) };
    let begin = common(names());
    let shortened = |name: &'static str| ended(name.get(begin..).unwrap_or(name));
    let own = shortened(name);
    let is_told = !own.is_empty() && names().filter(|other| shortened(other) == own).count() == 1;
    if is_told { own } else { name }
}

/// The whole name.
pub(super) const fn full(def: &MetricDef) -> &'static str {
    def.name
}

/// The values of labels in so many columns: where they have no room the longest lose their middle, so that the others are seen, such as how
/// something has ended.
pub(super) fn fitted(values: &str, room: u16, skin: Skin) -> String {
    /// In less nothing of a value is known again.
    const LEAST: usize = 5;
    const BETWEEN: &str = ", ";
    let all: Vec<_> = values.split(BETWEEN).map(|value| (value, usize::from(columns(value)))).collect();
    let room = usize::from(room).saturating_sub(BETWEEN.len() * (all.len() - 1));
    let fits = |most: &usize| all.iter().map(|(_, wide)| wide.min(most)).sum::<usize>() <= room;
    let widest = all.iter().map(|(_, wide)| *wide).max().unwrap_or_default();
    let most = (LEAST..=widest).rev().find(fits).unwrap_or(widest);
    let cut: Vec<_> = all.iter().map(|(value, _)| cut_in_the_middle(value, most, skin)).collect();
    cut.join(BETWEEN)
}

fn ended(name: &'static str) -> &'static str {
    ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// How long the words are with which all of these names begin. Of a single name that is its first word.
fn common<'n>(mut names: impl Iterator<Item = &'n str> + Clone) -> usize {
    let Some(first) = names.next() else { return 0 };
    let ends = first.match_indices('_').map(|(place, _)| place + 1);
    let is_shared = |end: &usize| names.clone().all(|name| name.get(..*end) == first.get(..*end));
    let mut shared = ends.filter(is_shared);
    if names.clone().next().is_none() { shared.next() } else { shared.last() }.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use telemetry_catalog::subsystems;

    #[test]
    fn short_names_are_unique_in_their_subsystem_and_part_of_the_whole() {
        for subsystem in subsystems() {
            let names: BTreeSet<_> = subsystem.metrics.iter().map(|def| short(def, subsystem)).collect();
            assert_eq!(names.len(), subsystem.metrics.len(), "{names:?}");
            for def in subsystem.metrics {
                assert!(def.name.contains(short(def, subsystem)) && !short(def, subsystem).is_empty());
            }
        }
    }

    #[test]
    fn the_longest_value_gives_way_to_the_others() {
        let fitted = |values: &str, room| fitted(values, room, Skin { colour: true, utf8: true });
        assert_eq!(fitted("claude, web, error", 18), "claude, web, error");
        assert_eq!(fitted("a-model-of-a-very-long-name, error", 20), "a-mode…g-name, error");
        assert_eq!(fitted("日本語のラベル日本語のラベル, killed", 16), "日本…ル, killed");
        // Where even that is too much, the line is cut at its end.
        assert_eq!(fitted("one, two, three", 3), "one, two, three");
        assert_eq!(fitted("", 9), "");
    }

    #[test]
    fn what_all_have_in_common_is_left_out() {
        let of = |slug: &str| -> Vec<_> {
            let subsystem = subsystems().find(|subsystem| subsystem.slug == slug).unwrap();
            subsystem.metrics.iter().map(|def| short(def, subsystem)).collect()
        };
        assert_eq!(of("agent"), ["runs", "run_duration", "active", "spawns", "kills"]);
        assert_eq!(of("notifications"), ["notifications_sent"]);
        assert_eq!(of("hooks")[..2], ["hook_executions", "hook_duration"]);
    }
}
