//! The exported stack on the real programs: what it says of a fleet that does what a plan says is what the plan predicts, and a burst of
//! failures is told to people.
//!
//! | module | responsible for |
//! |---|---|
//! | `parts` | the programs, started as the compose file starts them |
//! | `plan` | what the fleet does |
//! | `agents` | its agents, which are real runs |
//! | `predict` | what an expression is worth if all goes by the plan |
//! | `compare` | whether it is |

mod agents;
pub(crate) mod compare;
mod parts;
mod plan;
mod predict;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use telemetry_core::Registry;
use telemetry_core::config::Config;
use telemetry_server::Exposition;

use self::agents::Agents;
use self::compare::Comparison;
use self::parts::Parts;
use self::plan::{Plan, SERIES_CAP};
use self::predict::Labels;
use crate::support::require;

/// The failures that people asked to be told of: in the plan every fourth run of an agent fails, and that is well.
const THRESHOLDS: [&str; 2] =
    ["health_thresholds.error_rate_warn=40", "health_thresholds.error_rate_critical=60"];

/// How long everything goes its even way before it is looked at: as long as the longest window and what is compared with it.
const WARM_UP: Duration = Duration::from_secs(60);

/// How long an alert may take to reach people or to be cleared, with windows of seconds.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn the_exported_stack_tells_what_the_fleet_does_and_calls_people_when_it_fails() {
    require!(Prometheus, Pushgateway, Alertmanager);
    let registry = Registry::new(&Config { max_series_per_metric: SERIES_CAP, ..Config::default() });
    let mut config = Config::default();
    config.prometheus.exposition_port = 0;
    let server = Exposition::of(&registry).serve(&config).unwrap();
    let parts = Parts::start(&THRESHOLDS, server.local_addr());
    let target = Labels::from([
        ("job".to_owned(), "sase_axe".to_owned()),
        ("instance".to_owned(), server.local_addr().to_string()),
    ]);
    let plan = Plan::of_a_well_fleet(&registry, &target);
    let mut lines = plan.lines.clone();
    lines.extend(parts.lines(&target));
    let workload = plan.start();
    let agents = Agents::start(&parts);
    lines.extend(agents.lines());
    thread::sleep(WARM_UP);

    let comparison = Comparison::new(&parts, &lines);
    comparison.every_recording_rule();
    comparison.every_panel();
    comparison.every_variable();
    assert_eq!(firing(&parts), BTreeMap::new(), "all is well");

    workload.fail(true);
    agents.fail(true);
    let expected: BTreeSet<_> = ["AgentRunsFailing", "AxeCycleErrors", "LlmErrors"].into();
    within(&format!("exactly {expected:?} fire"), || {
        let firing = firing(&parts);
        let names: BTreeSet<_> = firing.keys().map(|(name, _)| name.as_str()).collect();
        let critical =
            expected.iter().all(|name| firing.contains_key(&((*name).to_owned(), "critical".to_owned())));
        assert!(names.is_subset(&expected), "nobody planned {names:?}");
        critical
    });
    within("a critical alert silences its warning", || {
        firing(&parts)
            .get(&("LlmErrors".to_owned(), "warning".to_owned()))
            .is_some_and(|state| state == "suppressed")
    });
    let told = parts.alerts().into_iter().find(|alert| alert["labels"]["alertname"] == "LlmErrors").unwrap();
    assert_eq!(told["labels"]["provider"], "claude");
    let annotation = |name: &str| told["annotations"][name].as_str().unwrap();
    assert!(annotation("summary").contains("claude") && annotation("description").contains('%'), "{told}");
    assert!(annotation("runbook_url").ends_with("#llmerrors"), "{told}");
    assert!(annotation("dashboard").ends_with("/d/telemetry-llm"), "{told}");

    workload.fail(false);
    agents.fail(false);
    within("every alert clears", || firing(&parts).is_empty());
    agents.stop();
}

/// The state in which Alertmanager has each alert, by name and severity.
fn firing(parts: &Parts) -> BTreeMap<(String, String), String> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let each = |alert: serde_json::Value| {
        let labels = &alert["labels"];
        ((text(&labels["alertname"]), text(&labels["severity"])), text(&alert["status"]["state"]))
    };
    parts.alerts().into_iter().map(each).collect()
}

fn within(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(500));
    }
}
