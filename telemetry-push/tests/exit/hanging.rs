//! Whatever hangs, the process ends.

use crate::gateway::Gateway;
use crate::host::Host;
use libc::{SIGABRT, SIGTERM};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

/// What the processes promise.
const BOUND: Duration = Duration::from_millis(500);

/// What they get on a loaded machine. Without a bound each of these would hang for ever, or for as long as its own patience.
const ENOUGH: Duration = Duration::from_secs(10);

/// Ends in each way, after `hang` was called while it runs.
fn ends_in_each_way(host: &Host, hang: impl Fn()) {
    for (program, signal) in [("park", SIGTERM), ("drop", SIGABRT), ("exit", 0), ("return", 0)] {
        // These end by themselves, so they find it hanging; the other one only at its end.
        let waits = program == "park";
        if !waits {
            hang();
        }
        let begun = Instant::now();
        let mut child = host.start(program);
        if waits {
            hang();
            child.signal(SIGTERM);
        }
        assert_eq!(child.end().signal().unwrap_or(0), signal, "{program}");
        assert!(begun.elapsed() < ENOUGH, "{program} took {:?}", begun.elapsed());
    }
}

pub(crate) fn a_gateway_that_never_answers() {
    let gateway = Gateway::that_never_answers();
    let host = Host::pushing_to(gateway.url()).with_bound(BOUND);
    ends_in_each_way(&host, || ());
    assert_eq!(host.counted(), Some(20.0), "what each counted is in the ledger all the same");
    let state = fs::read_to_string(host.ledger_folder().join("push.state")).unwrap();
    assert!(!state.contains("failures=0"), "others do not know to hold off:\n{state}");
}

pub(crate) fn a_ledger_that_is_locked() {
    let host = Host::new().with_bound(BOUND);
    let mut child = host.start("park");
    let _held = host.lock_ledger();
    child.signal(SIGTERM);
    assert_eq!(child.end().signal(), Some(SIGTERM));
    ends_in_each_way(&host, || ());
}

/// A pipe with no writer, in place of the file: whoever opens it waits for ever, as for a disk that does not answer.
pub(crate) fn a_disk_that_never_answers() {
    let host = Host::new().with_bound(BOUND);
    let hang = || {
        let file = host.ledger_folder().join("ledger.prom");
        fs::create_dir_all(host.ledger_folder()).unwrap();
        let _was_not_there = fs::remove_file(&file);
        mknodat(CWD, &file, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    };
    ends_in_each_way(&host, hang);
}
