//! Any bytes where a ledger has its file, and a change that waits beside it: a merge adds to what can be read, keeps what cannot be read
//! and says so, or leaves all as it is.
//!
//! The input is the file, and behind a separator the change. One that begins with `~` has changes to a whole ledger instead: what is done,
//! two bytes that say where, and a byte that is put there.
#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use telemetry_core::Registry;
use telemetry_core::catalog::{AGENT_ACTIVE, AGENT_RUN_DURATION, AGENT_RUNS, BEAD_ACTIVE};
use telemetry_core::catalog::{AgentActive, AgentRunDuration, AgentRuns, BeadActive, RunStatus};
use telemetry_core::config::Config;
use telemetry_core::exposition::Value;
use telemetry_fuzz::{folder, from_here, records};
use telemetry_push::{Carry, Error, Ledger, Look, Place, Totals, Unreadable};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);

/// The file of a ledger that a real process wrote.
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(whole);

fuzz_target!(|data: &[u8]| {
    let mut parts = records(data, 2);
    let file = match parts.next().unwrap_or_default() {
        [b'~', changes @ ..] => changed(&WHOLE, changes),
        file => file.to_vec(),
    };
    let ledger = empty();
    fs::write(ledger.file(), &file).expect("a file is written");
    if let Some(change) = parts.next() {
        let waiting = ledger.place().folder.join("waiting");
        fs::create_dir(&waiting).expect("a folder is made");
        fs::write(waiting.join("some.prom"), change).expect("a file is written");
    }
    check(&ledger, &file);
});

/// A ledger in a folder with nothing in it.
fn empty() -> Ledger {
    let ledger = Ledger::at(Place::below(from_here(&FOLDER), "job", "instance"), &Config::default());
    let _ = fs::remove_dir_all(&ledger.place().folder);
    fs::create_dir_all(&ledger.place().folder).expect("a folder is made");
    ledger
}

/// Merges one more run into the ledger, and looks at what becomes of what stood there.
fn check(ledger: &Ledger, file: &[u8]) {
    let before = ledger.look();
    if let Ok(Some(totals)) = &before.totals {
        assert_eq!(totals.leases().count(), head(file, "lease ").len(), "a lease was not read");
    }
    let registry = Registry::new(&Config::default());
    count(&registry);
    match Carry::new(ledger.clone(), registry).merge() {
        Ok(merged) => {
            assert!(merged.durable);
            let after = ledger.look();
            let notes = &merged.notes;
            match &before.totals {
                Ok(Some(totals)) => {
                    rises(totals, newest(&after), notes);
                    gauges_stay(file, &fs::read(ledger.file()).expect("a ledger"), notes);
                }
                Ok(None) => {}
                Err(_) => assert!(!notes.is_empty() && is_kept(&after, file), "{notes:?}"),
            }
            assert!(ledger.window(Duration::from_secs(86_400), SystemTime::now(), &mut Vec::new()).is_ok());
            let again = ledger.totals(&mut Vec::new()).ok().flatten();
            let again = again.as_ref().map(Totals::exposition);
            assert_eq!(again.as_deref(), Some(&*newest(&after).exposition()));
        }
        Err(Error::Newer { .. }) => {
            assert!(matches!(before.totals, Err(Unreadable::Closed(_))));
            assert_eq!(fs::read(ledger.file()).expect("the file is there"), file);
        }
        Err(error) => panic!("{error}"),
    }
}

/// The lines of this kind in the head of a ledger's file.
fn head(file: &[u8], kind: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(file);
    let own = text.lines().map_while(|line| line.strip_prefix("# telemetry: "));
    own.filter_map(|line| line.strip_prefix(kind)).map(str::to_owned).collect()
}

/// How gauges are combined is written again as it was read.
fn gauges_stay(before: &[u8], after: &[u8], notes: &[String]) {
    let after = head(after, "combine ");
    for line in head(before, "combine ") {
        let noted =
            notes.iter().any(|note| line.split(' ').next().is_some_and(|name| note.starts_with(name)));
        assert!(noted || after.contains(&line), "{line:?} is not in {after:?}");
    }
}

fn newest(look: &Look) -> &Totals {
    match &look.totals {
        Ok(Some(totals)) => totals,
        other => panic!("what was just merged cannot be read: {other:?}"),
    }
}

/// No lease is gone, and no counter has fallen but one of which was said so.
fn rises(before: &Totals, after: &Totals, notes: &[String]) {
    assert!(after.generation > before.generation || before.generation == u64::MAX);
    assert!(before.leases().eq(after.leases()));
    let counts = counters(after);
    for (series, count) in counters(before) {
        let now = counts.get(&series).copied();
        let risen = now.is_some_and(|now| now >= count || count.is_nan());
        assert!(risen || notes.iter().any(|note| note.starts_with(&series.0)), "{series:?}: {count} {now:?}");
    }
}

/// A metric's name with the labels of a series of it.
type Named = (String, String);

fn counters(totals: &Totals) -> BTreeMap<Named, f64> {
    let mut counts = BTreeMap::new();
    for family in totals.families() {
        for metric in &family.metrics {
            let count = match &metric.value {
                Value::Counter(counter) => Some(counter.value),
                Value::Histogram(histogram) => histogram.count,
                _ => None,
            };
            let series = (family.name.to_string(), format!("{:?}", metric.labels));
            counts.extend(count.map(|count| (series, count)));
        }
    }
    counts
}

/// Whether the bytes of a file that is no ledger were set aside as they were.
fn is_kept(look: &Look, file: &[u8]) -> bool {
    look.set_aside.iter().any(|path| fs::read(path).is_ok_and(|bytes| bytes == file))
}

/// Each four bytes change the ledger once.
fn changed(whole: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut file = whole.to_vec();
    for change in changes.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([change[1], change[2]])) % (file.len() + 1);
        match change[0] % 4 {
            0 => file.truncate(at),
            1 => file.insert(at, change[3]),
            2 if at < file.len() => file[at] ^= 1 << (change[3] % 8),
            _ if at < file.len() => drop(file.remove(at)),
            _ => {}
        }
    }
    file
}

fn count(registry: &Registry) {
    let labels = || AgentRuns { llm_provider: "claude", status: RunStatus::Ok, workflow: "" };
    AGENT_RUNS.in_registry(registry).with(labels).inc();
}

/// A ledger with a family of every kind that a ledger has, and with a lease.
fn whole() -> Vec<u8> {
    let ledger = empty();
    let registry = Registry::new(&Config::default());
    count(&registry);
    let labels = || AgentRunDuration { llm_provider: "claude", workflow: "" };
    AGENT_RUN_DURATION.in_registry(&registry).with(labels).observe(2.5);
    BEAD_ACTIVE.in_registry(&registry).with(|| BeadActive { project: "site", status: "open" }).set(3.0);
    AGENT_ACTIVE
        .in_registry(&registry)
        .with(|| AgentActive { llm_provider: "claude", project: "site" })
        .inc();
    Carry::new(ledger.clone(), registry).merge().expect("a first merge");
    ledger.acquire_workspace("ws 7 \"", "site").expect("a lease");
    fs::read(ledger.file()).expect("a ledger")
}
