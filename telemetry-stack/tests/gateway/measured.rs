//! What the page of many groups costs, beside a real Pushgateway: run with `--ignored` and `--nocapture`, built for release.

use crate::http::{Request, get};
use crate::place::Process;
use crate::real::{Real, program};
use crate::skip::require;
use std::net::SocketAddr;
use std::time::Instant;

const GROUPS: usize = 10_000;

fn body() -> String {
    let lines = |family: usize| {
        (0..10).map(move |n| {
            format!("some_metric_family_{family}_seconds_total{{status=\"ok\",shard=\"{n}\"}} {n}.5\n")
        })
    };
    let family = |n: usize| {
        let head = format!(
            "# HELP some_metric_family_{n}_seconds_total What it counts.\n# TYPE some_metric_family_{n}_seconds_total counter\n"
        );
        head + &lines(n).collect::<String>()
    };
    (0..4).map(family).collect()
}

fn fill(address: SocketAddr) {
    let body = body();
    std::thread::scope(|scope| {
        for client in 0..8 {
            let body = &body;
            scope.spawn(move || {
                for group in (client..GROUPS).step_by(8) {
                    let path = format!("/metrics/job/load/instance/host-{group}");
                    let status = Request::new("PUT", &path, body).send(address).unwrap().status;
                    // What is not checked is only accepted.
                    assert!([200, 202].contains(&status), "{status}");
                }
            });
        }
    });
}

fn scrape(name: &str, address: SocketAddr, memory: impl Fn(&str) -> u64) {
    println!("{name}: {} MiB after the pushes", memory("VmRSS:") / 1024);
    let mut times = Vec::new();
    let mut length = 0;
    for _ in 0..5 {
        let begun = Instant::now();
        length = get(address, "/metrics").body.len();
        times.push(begun.elapsed());
    }
    let (now, most) = (memory("VmRSS:") / 1024, memory("VmHWM:") / 1024);
    println!("{name}: {length} bytes in {times:?}; {now} MiB now, {most} MiB at most");
}

#[test]
#[ignore = "a measurement"]
fn the_page_of_ten_thousand_groups() {
    require!(program());
    let folder = tempfile::tempdir().unwrap();
    let ours = Process::start(folder.path());
    let begun = Instant::now();
    fill(ours.address);
    println!("ours: {GROUPS} pushes by 8 clients in {:?}", begun.elapsed());
    scrape("ours", ours.address, |line| ours.memory(line));
    drop(ours);
    let again = Process::start(folder.path());
    scrape("ours after a restart", again.address, |line| again.memory(line));
    println!("the file has {} bytes", std::fs::metadata(folder.path().join("gateway.redb")).unwrap().len());
    drop(again);
    // It would check each push against all series that there are, which takes minutes.
    let real = Real::start_with(&["--push.disable-consistency-check"]);
    let begun = Instant::now();
    fill(real.address);
    println!("real: {GROUPS} pushes by 8 clients in {:?}", begun.elapsed());
    scrape("real", real.address, |line| {
        let status = std::fs::read_to_string(format!("/proc/{}/status", real.child.id())).unwrap();
        let line = status.lines().find_map(|found| found.strip_prefix(line)).unwrap();
        line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
    });
}
