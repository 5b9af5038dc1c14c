//! Signals: the counts are flushed, and the process fares as it would have without the guard.

use crate::gateway::Gateway;
use crate::host::{Child, Host, eventually};
use libc::{SIGABRT, SIGHUP, SIGINT, SIGTERM};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) fn each_ends_the_process_after_the_flush() {
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        let host = Host::new();
        let mut child = host.start("park");
        child.signal(signal);
        assert_eq!(child.end().signal(), Some(signal));
        assert_eq!((host.counted(), host.living()), (Some(5.0), 0), "signal {signal}");
    }
}

/// The runtime has taken back the signal stack of the main thread by then, which gets the signal and lives on until the flush is over.
pub(crate) fn one_that_comes_while_another_thread_exits() {
    let host = Host::new().with_bound(Duration::from_secs(60));
    let mut child = host.start("exit-in-thread-when-told");
    let held = host.lock_ledger();
    fs::write(host.folder().join("exit"), "").unwrap();
    eventually("the process is ending", || {
        fs::read_dir(host.ledger_folder().join("waiting"))
            .is_ok_and(|waiting| waiting.count() > 0)
            .then_some(())
    });
    child.signal(SIGTERM);
    drop(held);
    let status = child.end();
    assert!(status.code() == Some(7) || status.signal() == Some(SIGTERM), "{status}");
    assert_eq!((host.counted(), host.living()), (Some(5.0), 0));
}

pub(crate) fn what_nohup_ignores_stays_ignored() {
    let host = Host::new();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\""]).arg(std::env::current_exe().unwrap());
    host.prepare(&mut shell, "command");
    let mut child = Child::start(shell);
    child.says("exit status: 7"); // so its commands ignore it too
    child.signal(SIGHUP);
    child.signal(SIGTERM);
    assert_eq!(child.end().signal(), Some(SIGTERM));
    assert_eq!(host.counted(), Some(5.0));
}

pub(crate) fn a_handler_of_the_host_decides() {
    for program in ["host-before", "host-after", "tokio-before", "tokio-after", "c-before"] {
        let host = Host::new();
        let mut child = host.start(program);
        for _ in 0..2 {
            child.signal(SIGTERM);
            child.says("handled");
            eventually("the counts are flushed", || (host.counted() == Some(5.0)).then_some(()));
        }
        assert!(child.has_ended().is_none(), "{program}");
        assert_eq!(host.living(), 1, "{program} goes on counting");
    }
}

pub(crate) fn a_host_that_waits_for_signals_gets_them() {
    let host = Host::new();
    let mut child = host.start("sigwait");
    child.signal(SIGTERM);
    child.says("handled");
    assert_eq!(child.end().signal(), Some(SIGABRT));
    assert_eq!(host.counted(), Some(5.0));
}

pub(crate) fn the_first_process_of_a_container_lives_on() {
    let contained = ["--map-root-user", "--pid", "--fork", "--kill-child", "--"];
    let works = Command::new("unshare").args(contained).arg("true").output();
    if !works.is_ok_and(|output| output.status.success()) {
        return println!("skipped: this system lets nobody make a container");
    }
    let host = Host::new();
    let mut unshare = Command::new("unshare");
    unshare.args(contained).arg(std::env::current_exe().unwrap());
    host.prepare(&mut unshare, "first-process");
    let mut child = Child::start(unshare);
    eventually("it goes on counting", || (host.counted() == Some(6.0)).then_some(()));
    assert!(child.has_ended().is_none());
}

pub(crate) fn processes_that_stop_at_once_lose_nothing() {
    let host = Host::new();
    let mut children: Vec<_> = (0..20).map(|_| host.start("park-a-minute")).collect();
    children.iter().for_each(|child| child.signal(SIGTERM));
    for child in &mut children {
        assert_eq!(child.end().signal(), Some(SIGTERM));
    }
    assert_eq!((host.counted(), host.living()), (Some(100.0), 0));
}

pub(crate) fn a_second_signal_ends_it_at_once() {
    let gateway = Gateway::that_never_answers();
    let host = Host::pushing_to(gateway.url());
    // It would wait for the gateway for a minute.
    let mut child = host.start("park-a-minute");
    child.signal(SIGTERM);
    eventually("the counts are merged", || (host.counted() == Some(5.0)).then_some(()));
    assert!(child.has_ended().is_none(), "it waits for the gateway");
    let status = eventually("it ends", || {
        child.signal(SIGTERM);
        child.has_ended()
    });
    assert_eq!(status.signal(), Some(SIGTERM));
}

pub(crate) fn two_signals_in_one_blow_are_one() {
    // A busy machine seldom is so fast.
    for _ in 0..50 {
        let host = Host::new();
        let mut child = host.start("park");
        // The ledger is locked, so that the flush cannot be over before the second signal.
        let lock = host.lock_ledger();
        let begun = Instant::now();
        for _ in 0..10 {
            child.signal(SIGTERM);
            thread::yield_now();
        }
        let in_one_blow = begun.elapsed() < Duration::from_millis(50);
        drop(lock);
        assert_eq!(child.end().signal(), Some(SIGTERM));
        if in_one_blow {
            return assert_eq!(host.counted(), Some(5.0));
        }
    }
    panic!("this machine is too slow to send ten signals within 50 ms");
}

pub(crate) fn signals_can_be_left_alone() {
    let host = Host::new();
    let mut child = host.start("park-without-signals");
    child.signal(SIGTERM);
    assert_eq!(child.end().signal(), Some(SIGTERM));
    assert_eq!(host.counted(), None, "nobody caught the signal");
}

pub(crate) fn after_the_guard_signals_do_what_they_did_before() {
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        let mut child = Host::new().start("park-after-the-guard");
        child.signal(signal);
        assert_eq!(child.end().signal(), Some(signal));
    }
}
