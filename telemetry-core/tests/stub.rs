//! The switch at compile time: what the package depends on with and without its features, and that nothing is left of handles
//! and guards without the feature `live`.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking, and its support is no different")]

use std::collections::BTreeSet;
use std::process::Command;

/// What no build of this package may bring with it: clients and servers of HTTP, asynchronous runtimes, terminal interfaces, and
/// the second model of `prometheus`.
const NEVER: [&str; 20] = [
    "async-io",
    "async-std",
    "axum",
    "crossterm",
    "curl",
    "futures",
    "http",
    "hyper",
    "isahc",
    "mio",
    "native-tls",
    "protobuf",
    "ratatui",
    "reqwest",
    "rustls",
    "smol",
    "tokio",
    "tower",
    "tungstenite",
    "ureq",
];

/// The names of the packages that this one depends on when it is built with these flags, itself included.
fn dependencies(flags: &[&str]) -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.current_dir(env!("CARGO_MANIFEST_DIR"));
    tree.args([
        "tree",
        "--package",
        env!("CARGO_PKG_NAME"),
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    // With what the lock file names, and that is here already since this test was built with it, nothing is looked up.
    let output = tree.arg("--locked").args(flags).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).unwrap();
    listed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn never(dependencies: &BTreeSet<String>) -> Vec<&str> {
    NEVER.into_iter().filter(|name| dependencies.contains(*name)).collect()
}

#[test]
fn without_features_there_is_no_prometheus_client() {
    let stub = dependencies(&["--no-default-features"]);
    assert!(stub.contains("telemetry-core") && stub.contains("thiserror"), "{stub:?}");
    assert!(!stub.contains("prometheus"), "{stub:?}");
    assert_eq!(never(&stub), [""; 0]);
}

#[test]
fn with_the_default_features_there_is_one() {
    assert!(dependencies(&[]).contains("prometheus"));
}

#[test]
fn no_build_has_a_client_a_server_a_runtime_or_a_terminal() {
    assert_eq!(never(&dependencies(&[])), [""; 0]);
    assert_eq!(never(&dependencies(&["--all-features"])), [""; 0]);
}

#[cfg(not(feature = "live"))]
mod empty {
    //! Nothing is left of handles, bound handles and guards, and nothing is recorded or evaluated.

    use std::mem::size_of;
    use telemetry_core::catalog::*;
    use telemetry_core::config::Config;
    use telemetry_core::guard::*;
    use telemetry_core::handle::{ActiveGuard, Bound, Handle, Ref, Timer};
    use telemetry_core::{
        BoundCounter, BoundGauge, BoundHistogram, Registry, Snapshot, Switch, default_registry, init, is_on,
    };

    fn size_of_value<T>(_: &T) -> usize {
        size_of::<T>()
    }

    fn size_in_registry<C: telemetry_core::cell::Cell, S>(handle: &Handle<C, S>) -> usize
    where
        S: telemetry_core::Schema<Cell = C>,
    {
        size_of_value(&handle.in_registry(&Registry::new(&Config::default())))
    }

    #[test]
    fn handles_take_no_room() {
        assert_eq!(
            size_of_value(&AGENT_RUNS) + size_of_value(&AGENT_ACTIVE) + size_of_value(&AGENT_RUN_DURATION),
            0
        );
        assert_eq!(size_in_registry(&AGENT_RUNS) + size_in_registry(&AGENT_ACTIVE), 0);
        assert_eq!(size_of::<BoundCounter>() + size_of::<BoundGauge>() + size_of::<BoundHistogram>(), 0);
        assert_eq!(size_of::<Bound<telemetry_core::cell::GaugeCell>>(), 0);
        assert_eq!(size_of::<Ref<'_, telemetry_core::cell::CounterCell>>(), 0);
        assert_eq!(size_of::<Registry>(), 0);
    }

    #[test]
    fn guards_take_no_room() {
        let sizes = [
            size_of::<AgentRun>(),
            size_of::<AxeCycle>(),
            size_of::<BeadTransition>(),
            size_of::<HookExecution>(),
            size_of::<LlmInvocation>(),
            size_of::<MentorExecution>(),
            size_of::<NotificationSending>(),
            size_of::<VcsAction>(),
            size_of::<WorkflowExecution>(),
            size_of::<WorkspaceLease>(),
            size_of::<Timer<'_>>(),
            size_of::<ActiveGuard<'_>>(),
        ];
        assert_eq!(sizes, [0; 12]);
    }

    #[test]
    fn nothing_can_be_turned_on_and_nothing_is_recorded() {
        assert_eq!(init(&Config { enabled: Some(true), ..Config::default() }), Switch::Absent);
        assert!(!is_on() && default_registry().is_none());
        let registry = Registry::new(&Config::default());
        AGENT_RUNS.with(|| unreachable!("labels are not evaluated")).inc();
        AGENT_RUNS.in_registry(&registry).with(|| unreachable!("nor for a registry of one's own")).inc();
        AgentRun::begin_in(&registry, Agent { llm_provider: "claude", project: "site", workflow: "fix" })
            .ok();
        let mut hook = HookExecution::begin_in(&registry, "lint");
        hook.lasted(std::time::Duration::from_secs(1));
        hook.lasted_unknown();
        hook.retries(2);
        hook.passed();
        AXE_LUMBERJACKS_ACTIVE.set(3);
        drop(AXE_LUMBERJACKS_ACTIVE.track());
        assert_eq!(registry.snapshot(), Snapshot::default());
    }
}
