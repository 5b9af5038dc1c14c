//! The ledger as the processes of a host see it: what one counts is there for all, once, and survives whoever counted it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};
use telemetry_core::Registry;
use telemetry_core::catalog::{
    AGENT_ACTIVE, AgentActive, BEAD_ACTIVE, BeadActive, LLM_INVOCATION_DURATION, LLM_OUTPUT_TOKENS,
    LLM_RETRIES, LlmInvocationDuration, LlmOutputTokens, LlmRetries,
};
use telemetry_core::config::Config;
use telemetry_core::exposition::{self, Format, Value};
use telemetry_core::guard::WorkspaceLease;
use telemetry_push::{Acquired, Carry, Error, Ledger, Release};

/// A ledger in a folder of its own.
struct Host {
    folder: tempfile::TempDir,
    config: Config,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { ledger_path: Some(folder.path().join("state")), ..Config::default() };
        Self { folder, config }
    }

    fn ledger(&self) -> Ledger {
        Ledger::new(&self.config).unwrap()
    }

    /// What a process has: a registry of its own, and a road into the ledger.
    fn process(&self) -> (Registry, Carry) {
        let registry = Registry::new(&self.config);
        (registry.clone(), Carry::new(self.ledger(), registry))
    }

    fn value(&self, name: &str, values: &[&str]) -> Option<f64> {
        let totals = self.ledger().totals(&mut Vec::new()).unwrap()?;
        let families = totals.families();
        let family = families.iter().find(|family| family.name == name)?;
        let metric = family
            .metrics
            .iter()
            .find(|metric| metric.labels.iter().map(|l| &*l.value).eq(values.iter().copied()))?;
        Some(match &metric.value {
            Value::Counter(counter) => counter.value,
            Value::Gauge(value) => *value,
            Value::Histogram(histogram) => histogram.count.unwrap(),
            other => unreachable!("{other:?} in a ledger"),
        })
    }
}

fn count_retries(registry: &Registry, provider: &str, retries: u64) {
    LLM_RETRIES.in_registry(registry).with(|| LlmRetries { provider }).add(retries);
}

#[test]
fn what_several_processes_count_adds_up_and_each_merge_counts_once() {
    let host = Host::new();
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), None);
    for _ in 0..3 {
        let (registry, mut carry) = host.process();
        count_retries(&registry, "a", 2);
        carry.merge().unwrap();
        carry.merge().unwrap();
        count_retries(&registry, "a", 5);
        LLM_INVOCATION_DURATION
            .in_registry(&registry)
            .with(|| LlmInvocationDuration { provider: "a" })
            .observe(0.7);
        carry.merge().unwrap();
    }
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(21.0));
    assert_eq!(host.value("sase_llm_invocation_duration_seconds", &["a"]), Some(3.0));
}

#[test]
fn a_series_that_was_only_created_is_there_at_0() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    LLM_OUTPUT_TOKENS.in_registry(&registry).touch(|| LlmOutputTokens { provider: "a" });
    carry.merge().unwrap();
    assert_eq!(host.value("sase_llm_output_tokens_total", &["a"]), Some(0.0));
}

#[test]
fn a_live_gauge_is_the_sum_over_the_living_and_0_when_nobody_is() {
    let host = Host::new();
    let labels = || AgentActive { llm_provider: "a", project: "p" };
    let (first, mut first_carry) = host.process();
    let (second, mut second_carry) = host.process();
    AGENT_ACTIVE.in_registry(&first).with(labels).add(2);
    AGENT_ACTIVE.in_registry(&second).with(labels).add(3);
    first_carry.merge().unwrap();
    second_carry.merge().unwrap();
    assert_eq!(host.value("sase_agent_active", &["a", "p"]), Some(5.0));
    drop(second_carry);
    assert_eq!(host.value("sase_agent_active", &["a", "p"]), Some(2.0));
    drop(first_carry);
    assert_eq!(host.value("sase_agent_active", &["a", "p"]), Some(0.0), "0 and not gone");
}

#[test]
fn a_state_is_the_last_write_even_of_an_old_value_and_creating_it_writes_nothing() {
    let host = Host::new();
    let labels = || BeadActive { project: "p", status: "open" };
    let (first, mut first_carry) = host.process();
    let (second, mut second_carry) = host.process();
    let (third, mut third_carry) = host.process();
    let set = |registry: &Registry, carry: &mut Carry, value: f64| {
        BEAD_ACTIVE.in_registry(registry).with(labels).set(value);
        carry.merge().unwrap();
        host.value("sase_bead_active", &["p", "open"])
    };
    assert_eq!(set(&first, &mut first_carry, 5.0), Some(5.0));
    assert_eq!(set(&second, &mut second_carry, 3.0), Some(3.0));
    assert_eq!(set(&first, &mut first_carry, 5.0), Some(5.0));
    BEAD_ACTIVE.in_registry(&third).touch(labels);
    third_carry.merge().unwrap();
    drop((first_carry, second_carry, third_carry));
    assert_eq!(host.value("sase_bead_active", &["p", "open"]), Some(5.0), "it outlives its processes");
}

#[test]
fn a_file_that_is_no_ledger_is_set_aside_and_said_once() {
    for contents in [&b"rubbish {{{"[..], b"# TYPE foreign counter\nforeign_total 7\n", b"\xff\xfe", b""] {
        let host = Host::new();
        let (registry, mut carry) = host.process();
        count_retries(&registry, "a", 1);
        carry.merge().unwrap();
        let file = host.ledger().file();
        fs::write(&file, contents).unwrap();
        count_retries(&registry, "a", 1);
        assert_eq!(carry.merge().unwrap().notes.len(), 1, "{contents:?}");
        count_retries(&registry, "a", 1);
        assert_eq!(carry.merge().unwrap().notes, Vec::<String>::new());
        assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(2.0));
        assert!(
            files_in(file.parent().unwrap(), "set-aside").iter().any(|kept| kept == contents),
            "nothing is lost"
        );
    }
}

#[test]
fn a_ledger_that_was_cut_short_is_never_taken_for_a_smaller_one() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    count_retries(&registry, "a", 1);
    count_retries(&registry, "b", 1);
    carry.merge().unwrap();
    let file = host.ledger().file();
    let whole = fs::read(&file).unwrap();
    // Without its final newline the file is still whole.
    for end in (0..whole.len() - 1).step_by(3) {
        fs::write(&file, &whole[..end]).unwrap();
        let read = host.ledger().totals(&mut Vec::new());
        assert!(matches!(&read, Err(Error::Damaged { .. })), "cut at {end}: {read:?}");
        let window = host.ledger().window(Duration::from_secs(60), SystemTime::now(), &mut Vec::new());
        assert!(matches!(&window, Err(Error::Damaged { .. })), "cut at {end}: {window:?}");
        assert_eq!(fs::read(&file).unwrap(), whole[..end], "a reader leaves it as it is");
    }
}

#[test]
fn a_merge_that_fails_adds_nothing_and_the_next_one_carries_it() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    count_retries(&registry, "a", 1);
    carry.merge().unwrap();
    let obstacle = host.ledger().file().with_file_name("ledger.new");
    fs::create_dir(&obstacle).unwrap();
    count_retries(&registry, "a", 1);
    let error = carry.merge().unwrap_err();
    assert!(error.to_string().contains("ledger.new"), "{error}");
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(1.0));
    fs::remove_dir(&obstacle).unwrap();
    count_retries(&registry, "a", 1);
    carry.merge().unwrap();
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(3.0));
}

#[test]
fn the_series_limit_holds_for_the_ledger_too() {
    let mut host = Host::new();
    host.config.max_series_per_metric = 3;
    for i in 0..10 {
        let (registry, mut carry) = host.process();
        count_retries(&registry, &i.to_string(), 1);
        carry.merge().unwrap();
    }
    assert_eq!(host.value("sase_llm_retries_total", &["2"]), Some(1.0));
    assert_eq!(host.value("sase_llm_retries_total", &["3"]), None);
    assert_eq!(host.value("sase_llm_retries_total", &["__overflow__"]), Some(7.0));
    assert_eq!(host.value("telemetry_series_overflow_total", &["sase_llm_retries_total"]), Some(7.0));
}

mod old {
    telemetry_core::catalog! {
        /// A catalog of an older program.
        pub OLD = "Old", "old";
        /// Time
        histogram(&[1.0, 2.0]) TIME = "app_time_seconds", Time;
        /// Things
        counter THINGS = "app_things_total", Things<'a> { colour: &'a str };
    }
}

mod new {
    telemetry_core::catalog! {
        /// The same catalog, with other buckets and labels.
        pub NEW = "New", "new";
        /// Time
        histogram(&[1.0, 5.0]) TIME = "app_time_seconds", Time;
        /// Things
        counter THINGS = "app_things_total", Things<'a> { shape: &'a str };
    }
}

#[test]
fn a_metric_of_another_shape_begins_anew_and_says_so_once() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    old::TIME.in_registry(&registry).observe(1.5);
    old::THINGS.in_registry(&registry).with(|| old::Things { colour: "red" }).inc();
    count_retries(&registry, "a", 1);
    assert_eq!(carry.merge().unwrap().notes.len(), 0);
    let (registry, mut carry) = host.process();
    new::TIME.in_registry(&registry).observe(4.0);
    new::THINGS.in_registry(&registry).with(|| new::Things { shape: "round" }).inc();
    let notes = carry.merge().unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("app_time_seconds has other buckets")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("app_things_total has other labels")), "{notes:?}");
    new::TIME.in_registry(&registry).observe(4.0);
    assert_eq!(carry.merge().unwrap().notes.len(), 0);
    assert_eq!(host.value("app_time_seconds", &[]), Some(2.0));
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(1.0), "the others stay");
}

#[test]
fn processes_at_once_lose_nothing() {
    let host = Host::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let (registry, mut carry) = host.process();
                for _ in 0..20 {
                    count_retries(&registry, "a", 1);
                    carry.merge().unwrap();
                }
            });
        }
    });
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(160.0));
}

/// Holds the lock of the ledger, as another process in the middle of a merge does.
fn hold(host: &Host) -> fs::File {
    let lock = fs::File::open(host.ledger().file().with_file_name("ledger.lock")).unwrap();
    lock.lock().unwrap();
    lock
}

/// How many changes wait beside the ledger.
fn waiting(host: &Host) -> usize {
    fs::read_dir(host.ledger().file().with_file_name("waiting")).map_or(0, Iterator::count)
}

const SHORT: Duration = Duration::from_millis(30);

#[test]
fn who_waits_in_vain_leaves_the_change_for_the_next() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    count_retries(&registry, "a", 1);
    carry.merge().unwrap();
    let held = hold(&host);
    count_retries(&registry, "a", 10);
    let merged = carry.merge_within(SHORT).unwrap();
    assert!(!merged.durable);
    count_retries(&registry, "a", 100);
    carry.merge_within(SHORT).unwrap();
    assert_eq!(waiting(&host), 2);
    // Its process may die; what it left is there.
    drop((carry, held));
    let (_, mut other) = host.process();
    assert!(other.merge().unwrap().durable);
    assert_eq!((waiting(&host), host.value("sase_llm_retries_total", &["a"])), (0, Some(111.0)));
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(111.0), "and it counts once");
}

#[test]
fn a_reader_adds_what_waits_even_where_no_ledger_is_yet() {
    let host = Host::new();
    fs::create_dir_all(host.ledger().file().parent().unwrap()).unwrap();
    fs::write(host.ledger().file().with_file_name("ledger.lock"), "").unwrap();
    let held = hold(&host);
    let (registry, mut carry) = host.process();
    count_retries(&registry, "a", 3);
    carry.merge_within(SHORT).unwrap();
    drop(held);
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(3.0));
}

#[test]
fn those_who_wait_are_merged_together() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    count_retries(&registry, "a", 1);
    carry.merge().unwrap();
    let generation = || host.ledger().totals(&mut Vec::new()).unwrap().unwrap().generation;
    let before = generation();
    let held = hold(&host);
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let (registry, mut carry) = host.process();
                count_retries(&registry, "a", 1);
                assert!(carry.merge_within(Duration::from_secs(60)).unwrap().durable);
            });
        }
        while waiting(&host) < 20 {
            std::thread::yield_now();
        }
        drop(held);
    });
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(21.0));
    let after = generation();
    assert!(after - before < 20, "{before} to {after}");
}

#[test]
fn a_change_that_waits_is_taken_back_where_the_ledger_cannot_be_written() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    count_retries(&registry, "a", 1);
    carry.merge().unwrap();
    let obstacle = host.ledger().file().with_file_name("ledger.new");
    fs::create_dir(&obstacle).unwrap();
    let held = hold(&host);
    count_retries(&registry, "a", 1);
    std::thread::scope(|scope| {
        let merge = scope.spawn(|| carry.merge_within(Duration::from_secs(60)));
        while waiting(&host) < 1 {
            std::thread::yield_now();
        }
        drop(held);
        assert!(merge.join().unwrap().is_err());
    });
    assert_eq!(waiting(&host), 0);
    fs::remove_dir(&obstacle).unwrap();
    carry.merge().unwrap();
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(2.0));
}

#[test]
fn a_file_that_waits_and_is_no_change_is_set_aside_and_said_once() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    count_retries(&registry, "a", 1);
    carry.merge().unwrap();
    let folder = host.ledger().file().with_file_name("waiting");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("strange.prom"), "rubbish").unwrap();
    count_retries(&registry, "a", 1);
    assert_eq!(carry.merge().unwrap().notes.len(), 1);
    count_retries(&registry, "a", 1);
    assert_eq!(carry.merge().unwrap().notes, Vec::<String>::new());
    assert_eq!(files_in(host.ledger().file().parent().unwrap(), "set-aside"), [b"rubbish"]);
}

#[test]
fn nothing_odd_in_the_folders_stops_the_counting() {
    use std::os::unix::fs::symlink;
    let host = Host::new();
    let (registry, mut carry) = host.process();
    AGENT_ACTIVE.in_registry(&registry).with(|| AgentActive { llm_provider: "a", project: "p" }).add(1);
    count_retries(&registry, "a", 1);
    carry.merge().unwrap();
    let folder = host.ledger().file().parent().unwrap().to_owned();
    let victim = host.folder.path().join("victim.prom");
    fs::write(&victim, "").unwrap();
    fs::create_dir_all(folder.join("waiting")).unwrap();
    for name in ["living", "waiting"] {
        fs::create_dir(folder.join(name).join("folder.prom")).unwrap();
        symlink(&victim, folder.join(name).join("link.prom")).unwrap();
        assert!(
            std::process::Command::new("mkfifo")
                .arg(folder.join(name).join("pipe.prom"))
                .status()
                .unwrap()
                .success()
        );
        fs::write(folder.join(name).join(".nfs0001"), "").unwrap();
    }
    let change = |name: &str, amount: &str| {
        let text = format!(
            "# telemetry: change format=1 since=1 boot= host=other\n# TYPE sase_llm_retries_total counter\n\
             sase_llm_retries_total{{provider=\"a\"}} {amount}\n# telemetry: end\n"
        );
        fs::write(folder.join("waiting").join(name), text).unwrap();
    };
    change("fine.prom", "10");
    change("falls.prom", "-5");
    change("nan.prom", "NaN");
    count_retries(&registry, "a", 100);
    assert_eq!(carry.merge().unwrap().notes.len(), 5, "three that are no files, and two that fall");
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(111.0));
    assert!(victim.exists(), "what a link leads to is somebody else's");
}

#[test]
fn a_living_process_shows_nothing_but_live_gauges() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    count_retries(&registry, "a", 1);
    carry.merge().unwrap();
    let living = host.ledger().file().with_file_name("living");
    fs::create_dir_all(&living).unwrap();
    let text = "# TYPE sase_llm_retries_total counter\nsase_llm_retries_total{provider=\"a\"} 100\n# telemetry: end\n";
    fs::write(living.join("1-0.prom"), text).unwrap();
    let alive = fs::File::open(living.join("1-0.prom")).unwrap();
    alive.lock().unwrap();
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(1.0));
}

#[test]
fn while_others_hold_the_ledger_it_is_told_as_of_the_last_merge() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    count_retries(&registry, "a", 1);
    carry.merge().unwrap();
    let _held = hold(&host);
    count_retries(&registry, "a", 10);
    carry.merge_within(SHORT).unwrap();
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(1.0));
}

#[test]
fn two_roads_of_one_registry_carry_each_count_once() {
    let host = Host::new();
    let (registry, mut first) = host.process();
    let mut second = Carry::new(host.ledger(), registry.clone());
    AGENT_ACTIVE.in_registry(&registry).with(|| AgentActive { llm_provider: "a", project: "p" }).add(1);
    count_retries(&registry, "a", 1);
    first.merge().unwrap();
    second.merge().unwrap();
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(1.0));
    assert_eq!(host.value("sase_agent_active", &["a", "p"]), Some(1.0));
    drop(first);
    count_retries(&registry, "a", 1);
    second.merge().unwrap();
    let mut third = Carry::new(host.ledger(), registry);
    third.merge().unwrap();
    assert_eq!(host.value("sase_llm_retries_total", &["a"]), Some(2.0));
    assert_eq!(host.value("sase_agent_active", &["a", "p"]), Some(1.0), "the second shows it now");
}

#[test]
fn where_nothing_was_counted_nothing_is_written() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    count_retries(&registry, "a", 1);
    let merged = carry.merge().unwrap();
    assert_eq!(carry.merge().unwrap(), merged);
    let _held = hold(&host);
    assert_eq!(carry.merge_within(Duration::ZERO).unwrap(), merged, "not even the lock is needed");
}

#[test]
fn a_lease_is_held_by_nobody_in_particular_until_it_is_released() {
    let host = Host::new();
    let active = |host: &Host| host.value("sase_workspace_active", &["p"]);
    let (ledger, other) = (host.ledger(), host.ledger());
    assert_eq!(ledger.acquire_workspace("ws-1", "p").unwrap(), Acquired::Now);
    assert!(
        matches!(other.acquire_workspace("ws-1", "q").unwrap(), Acquired::Before(lease) if lease.project == "p")
    );
    assert_eq!(host.value("sase_workspace_releases_total", &["p"]), Some(0.0));
    let (registry, mut carry) = host.process();
    let guard = WorkspaceLease::acquire_in(&registry, "p");
    carry.merge().unwrap();
    assert_eq!(active(&host), Some(2.0), "one by lease and one by a living process");
    drop((guard, carry));
    assert_eq!(active(&host), Some(1.0));
    assert_eq!(other.release_workspace("ws-1", Release::Done).unwrap().unwrap().project, "p");
    assert_eq!(other.release_workspace("ws-1", Release::Done).unwrap(), None);
    assert_eq!(active(&host), Some(0.0));
    ledger.acquire_workspace("ws-2", "p").unwrap();
    ledger.release_workspace("ws-2", Release::Failed).unwrap();
    assert_eq!(active(&host), Some(0.0));
    assert_eq!(host.value("sase_workspace_acquisitions_total", &["p"]), Some(3.0));
    assert_eq!(host.value("sase_workspace_releases_total", &["p"]), Some(1.0), "a failed one is not counted");
}

#[test]
fn a_window_is_asked_of_the_ledger_alone() {
    let host = Host::new();
    let window = || host.ledger().window(Duration::from_secs(3600), SystemTime::now(), &mut Vec::new());
    assert_eq!(window().unwrap(), None);
    let (registry, mut carry) = host.process();
    count_retries(&registry, "a", 3);
    carry.merge().unwrap();
    let window = window().unwrap().unwrap();
    let families = window.families();
    let retries = families.iter().find(|family| family.name == "sase_llm_retries_total").unwrap();
    assert!(matches!(&retries.metrics[0].value, Value::Counter(counter) if counter.value == 3.0));
    assert!(
        window.to.duration_since(window.from).unwrap() < Duration::from_secs(60),
        "it was written just now"
    );
}

#[test]
fn what_is_made_in_a_shared_folder_is_shared() {
    use std::os::unix::fs::PermissionsExt;
    let host = Host::new();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let root = host.folder.path().join("state");
    for (given, folder_mode, file_mode) in
        [(0o777, 0o777, 0o666), (0o1777, 0o755, 0o644), (0o700, 0o755, 0o644)]
    {
        fs::create_dir(&root).unwrap();
        fs::set_permissions(&root, fs::Permissions::from_mode(given)).unwrap();
        let (registry, mut carry) = host.process();
        AGENT_ACTIVE.in_registry(&registry).with(|| AgentActive { llm_provider: "a", project: "p" }).add(1);
        carry.merge().unwrap();
        let folder = host.ledger().place().folder.clone();
        assert_eq!(mode(&folder), folder_mode, "{given:o}");
        for name in ["ledger.lock", "ledger.prom"] {
            assert_eq!(mode(&folder.join(name)), file_mode, "{given:o} {name}");
        }
        drop(carry);
        fs::remove_dir_all(&root).unwrap();
    }
}

#[test]
fn the_file_is_an_exposition_that_anything_can_read() {
    let host = Host::new();
    let (registry, mut carry) = host.process();
    count_retries(&registry, "quote \" brace } comma , newline \n end", 1);
    carry.merge().unwrap();
    let text = fs::read_to_string(host.ledger().file()).unwrap();
    let families = exposition::parse(&text, Format::Text).unwrap();
    assert_eq!(families.len(), 1);
    assert_eq!(families[0].help.as_deref(), Some("LLM retries"));
}

#[test]
fn looking_at_a_ledger_that_is_not_there_makes_nothing() {
    let host = Host::new();
    assert!(host.ledger().totals(&mut Vec::new()).unwrap().is_none());
    assert_eq!(fs::read_dir(host.folder.path()).unwrap().count(), 0);
}

fn files_in(folder: &Path, part: &str) -> Vec<Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.to_string_lossy().contains(part)).map(|path| fs::read(path).unwrap()).collect()
}
