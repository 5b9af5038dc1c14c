//! What follows from the indicators and the metrics: a dashboard and a file of tests for each subsystem.

use crate::panel::boards;
use crate::render::{dashboard_json, rule_tests_yml};
use crate::subsystems;
use telemetry_core::config::Config;

/// The row of the table for a dashboard, by the last word of its uid.
macro_rules! board_file {
    ($word:literal, $about:literal) => {
        StackFile {
            path: concat!("grafana/dashboards/telemetry-", $word, ".json"),
            part: Part::Grafana,
            about: $about,
            render: |config| generated::board(config, concat!("telemetry-", $word)),
        }
    };
}

/// The row of the table for the tests of a subsystem's rules, by its slug.
macro_rules! rule_test_file {
    ($slug:literal, $about:literal) => {
        StackFile {
            path: concat!("prometheus/tests/", $slug, ".yml"),
            part: Part::Prometheus,
            about: $about,
            render: |config| generated::rule_tests(config, $slug),
        }
    };
}

pub(super) use {board_file, rule_test_file};

/// The dashboard of that uid; empty where there is none, which the tests of the table rule out.
pub(super) fn board(config: &Config, uid: &str) -> String {
    let boards = boards(config);
    let found = boards.iter().find(|board| board.uid == uid);
    found.map(|board| dashboard_json(board, config)).unwrap_or_default()
}

/// The tests of the rules of the subsystem with that slug; empty where there is none, which the tests of the table rule out.
pub(super) fn rule_tests(config: &Config, slug: &str) -> String {
    let found = subsystems().find(|subsystem| subsystem.slug == slug);
    found.map(|subsystem| rule_tests_yml(subsystem, config)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::STACK;

    #[test]
    fn every_dashboard_and_every_subsystems_tests_are_in_the_table_and_nothing_else_is() {
        let below = |folder: &str| -> Vec<_> {
            let paths = STACK.iter().filter_map(|file| file.path.strip_prefix(folder));
            paths.map(|name| name.rsplit_once('.').unwrap().0).collect()
        };
        let mut uids: Vec<_> = boards(&Config::default()).into_iter().map(|board| board.uid).collect();
        uids.sort();
        assert_eq!(below("grafana/dashboards/"), uids);
        let mut slugs: Vec<_> = subsystems().map(|subsystem| subsystem.slug).chain(["days"]).collect();
        slugs.sort_unstable();
        assert_eq!(below("prometheus/tests/"), slugs);
    }
}
