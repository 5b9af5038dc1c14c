//! Killed in the middle of pushes: what was acknowledged counts once, and what was not counts at most once.

use crate::http::{Request, get};
use crate::place::Process;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// How many clients push at the same time, each a series of its own to a group that all share, and a group of its own.
const CLIENTS: usize = 4;

/// How often the gateway is killed.
const KILLS: u64 = 6;

/// What one client knows of its pushes.
#[derive(Default)]
struct Account {
    acknowledged: AtomicU64,
    sent: AtomicU64,
    /// The last number that it set with an acknowledged ordinary push.
    set: AtomicU64,
}

#[test]
fn every_acknowledged_push_counts_exactly_once() {
    let folder = tempfile::tempdir().unwrap();
    let accounts: [Account; CLIENTS] = Default::default();
    for round in 0..KILLS {
        let mut process = Process::start(folder.path());
        let (address, stop) = (process.address, AtomicBool::new(false));
        check(address, &accounts);
        thread::scope(|scope| {
            for (client, account) in accounts.iter().enumerate() {
                let stop = &stop;
                scope.spawn(move || push_until(stop, address, client, account));
            }
            // Each time at another moment.
            thread::sleep(Duration::from_millis(50 + 37 * round));
            process.kill();
            stop.store(true, Ordering::Relaxed);
        });
    }
    let process = Process::start(folder.path());
    check(process.address, &accounts);
    let all: u64 = accounts.iter().map(|account| account.acknowledged.load(Ordering::Relaxed)).sum();
    assert!(all > KILLS, "only {all} pushes were acknowledged");
}

fn push_until(stop: &AtomicBool, address: SocketAddr, client: usize, account: &Account) {
    while !stop.load(Ordering::Relaxed) {
        let number = account.sent.fetch_add(1, Ordering::Relaxed) + 1;
        let counter = format!("# TYPE c counter\nc{{client=\"{client}\"}} 1\n");
        let sum = Request::new("POST", "/metrics/job/all/clearmode/aggregate", &counter).send(address);
        match sum.map(|answer| answer.status) {
            Ok(200) => account.acknowledged.fetch_add(1, Ordering::Relaxed),
            _ => return,
        };
        let gauge = format!("g {number}\n");
        let path = format!("/metrics/job/own/client/{client}");
        if Request::new("PUT", &path, &gauge).send(address).is_ok_and(|answer| answer.status == 200) {
            account.set.store(number, Ordering::Relaxed);
        }
    }
}

fn check(address: SocketAddr, accounts: &[Account]) {
    let page = get(address, "/metrics").body;
    let value = |series: &str| -> Option<u64> {
        page.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    };
    for (client, account) in accounts.iter().enumerate() {
        let sum = value(&format!("c{{client=\"{client}\",instance=\"\",job=\"all\"}} ")).unwrap_or_default();
        let (least, most) =
            (account.acknowledged.load(Ordering::Relaxed), account.sent.load(Ordering::Relaxed));
        assert!((least..=most).contains(&sum), "{client}: {sum} is not between {least} and {most}");
        // From now on it is known which of them were kept.
        account.acknowledged.store(sum, Ordering::Relaxed);
        account.sent.store(sum, Ordering::Relaxed);
        let set = value(&format!("g{{client=\"{client}\",instance=\"\",job=\"own\"}} ")).unwrap_or_default();
        assert!(set >= account.set.load(Ordering::Relaxed), "{client}: {set}");
        account.set.store(0, Ordering::Relaxed);
    }
}
