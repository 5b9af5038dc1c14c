//! A forked child never sends what its parent counted, and never disturbs it.

use crate::host::Host;
use libc::SIGTERM;
use std::os::unix::process::ExitStatusExt;

/// The child of this program ends, and nothing happens; then the program ends by a signal and everything is counted once.
fn touches_nothing(program: &str) {
    let host = Host::new();
    let mut child = host.start(program);
    let before = host.ledger();
    child.says("child ended");
    assert_eq!(host.ledger(), before, "{program}: the child merged something");
    assert_eq!(host.living(), living(&before), "{program}: the child took its parent's sign of life");
    assert!(child.has_ended().is_none(), "{program}: the parent lives");
    child.signal(SIGTERM);
    assert_eq!(child.end().signal(), Some(SIGTERM), "{program}");
    assert_eq!(host.counted(), Some(5.0), "{program}");
}

/// Before its live gauges were merged a process has no file of its own.
fn living(ledger: &Option<String>) -> usize {
    usize::from(ledger.as_ref().is_some_and(|ledger| ledger.contains("sase_agent_active{")))
}

pub(crate) fn a_forked_child_that_ends_touches_nothing() {
    for program in ["fork", "fork-exit", "fork-flush"] {
        touches_nothing(program);
    }
}

pub(crate) fn a_forked_child_that_a_signal_ends_touches_nothing() {
    touches_nothing("fork-signal");
}

pub(crate) fn a_forked_child_may_count_for_itself() {
    let host = Host::new();
    assert_eq!(host.run("fork-guard").code(), Some(0));
    assert_eq!(host.counted(), Some(8.0));
}
