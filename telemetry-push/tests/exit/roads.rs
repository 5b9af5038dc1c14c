//! Where the counts go, where they do not, and what is said about it.

use crate::gateway::Gateway;
use crate::host::{Host, counted_in, eventually};
use libc::SIGTERM;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

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

pub(crate) fn a_container_whose_names_do_not_last_is_advised_once_and_not_pushed() {
    let gateway = Gateway::that_takes_everything();
    let host = Host::pushing_to(gateway.url());
    if fs::metadata(host.folder()).unwrap().dev() != fs::metadata("/").unwrap().dev() {
        return println!("skipped: the temporary folder is a volume, which lasts");
    }
    // The folder of root's ledger is the machine's own, so root is somebody else here.
    let mut command = if rustix::process::geteuid().is_root() {
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-user=1000", "--"]).arg(std::env::current_exe().unwrap());
        unshare
    } else {
        Command::new(std::env::current_exe().unwrap())
    };
    host.prepare(&mut command, "advice");
    command.env("KUBERNETES_SERVICE_HOST", "10.0.0.1").env("XDG_STATE_HOME", host.folder());
    for told in [1, 0] {
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| *line != "ready").collect();
        assert_eq!(lines.len(), told, "{lines:?}");
        assert!(lines.iter().all(|line| line.contains("do not leave it")), "{lines:?}");
    }
    assert_eq!(gateway.last(), None);
    let instances: Vec<_> = fs::read_dir(host.folder().join("telemetry/sase_agent")).unwrap().collect();
    let ledger = fs::read_to_string(instances[0].as_ref().unwrap().path().join("ledger.prom")).unwrap();
    assert_eq!((instances.len(), counted_in(&ledger)), (1, Some(10.0)));
}
