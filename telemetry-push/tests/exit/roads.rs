//! Where the counts go, where they do not, and what is said about it.

use crate::gateway::Gateway;
use crate::host::{Host, counted_in, eventually};
use libc::SIGTERM;
use std::os::unix::process::ExitStatusExt;

fn arrives(gateway: &Gateway, count: f64) {
    let arrived = || gateway.last().and_then(|body| counted_in(&body)).filter(|counted| *counted == count);
    eventually("the counts arrive", arrived);
}

pub(crate) fn everything_is_pushed_at_the_start_and_at_the_end() {
    let gateway = Gateway::that_takes_everything();
    let host = Host::pushing_to(gateway.url());
    let mut child = host.start("start");
    arrives(&gateway, 5.0);
    child.signal(SIGTERM);
    assert_eq!(child.end().signal(), Some(SIGTERM));
    for (program, count) in [("drop", 15.0), ("exit", 20.0), ("flush", 25.0), ("in-tokio", 30.0)] {
        host.run(program);
        assert_eq!(gateway.last().and_then(|body| counted_in(&body)), Some(count), "{program}");
    }
    host.run("drop");
    let last = gateway.last().unwrap();
    assert!(last.contains("sase_agent_active{llm_provider=\"p\",project=\"p\"} 0"), "nobody lives:\n{last}");
}

pub(crate) fn where_telemetry_is_off_nothing_is_made() {
    for program in ["off", "not-on", "none"] {
        let host = Host::new();
        assert!(host.run(program).success(), "{program}");
        assert!(host.is_untouched(), "{program}");
    }
}

pub(crate) fn other_roads_are_merged_and_not_pushed() {
    let host = Host::new();
    assert_eq!(host.run("exit").code(), Some(7));
    assert_eq!(host.counted(), Some(5.0));
    assert!(!host.ledger_folder().join("push.lock").exists(), "nobody tried to push");
}

pub(crate) fn problems_are_told_and_never_printed() {
    // A port on which nothing listens: it was free a moment ago.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let host = Host::pushing_to(&format!("http://{address}"));
    let said = host.start("problems").rest();
    let refused = said.iter().filter(|line| line.contains("connection refused")).count();
    assert_eq!(refused, 1, "told once: {said:?}");
    let silent = host.command("drop").output().unwrap();
    assert!(silent.stderr.is_empty() && silent.stdout == b"ready\n", "{silent:?}");
}
