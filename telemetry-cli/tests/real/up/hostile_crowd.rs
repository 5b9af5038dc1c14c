//! Far more groups than anybody has: they are read while they are pushed, and the memory does not grow with each push.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::support::{Up, eventually, exposition};

use super::clients_wire::{Wire, page, value};
use super::hostile::memory;

/// How many groups there are.
const GROUPS: usize = 10_000;

/// How many clients push them.
const CLIENTS: usize = 32;

/// The most memory that the gateway may take for them, in KiB; about a third of it is what it takes.
const MOST: u64 = 120_000;

/// How often the page is read while they are pushed.
const PAGES: usize = 20;

/// Pushes all groups, each with the same number in two of its metrics.
fn push(gateway: SocketAddr, round: usize, pushed: &AtomicUsize) {
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                let mut wire = Wire::connect(gateway).unwrap();
                for group in (client..GROUPS).step_by(CLIENTS) {
                    let number = round * GROUPS + group;
                    let body = format!("# TYPE one counter\none {number}\nanother{{l=\"v\"}} {number}\n");
                    let answer =
                        wire.send("PUT", &format!("/metrics/job/crowd/group/{group}"), body.as_bytes());
                    assert_eq!(answer.unwrap().status, 200);
                    pushed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
}

/// Every number of one metric by its group.
fn numbers(page: &str, metric: &str) -> BTreeMap<String, u64> {
    let lines = page.lines().filter_map(|line| line.strip_prefix(metric)?.strip_prefix('{'));
    let group = |line: &str| line.split("group=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    lines.map(|line| (group(line), line.rsplit_once(' ').unwrap().1.parse().unwrap())).collect()
}

/// Reads the page after each part of the pushes: each time it is whole, with every push in it as a whole.
fn read_meanwhile(pushed: &AtomicUsize, gateway: SocketAddr) {
    for part in 1..=PAGES {
        let enough = || (pushed.load(Ordering::Relaxed) >= part * GROUPS / PAGES).then_some(());
        eventually("more groups are pushed", enough);
        let page = page(gateway);
        exposition::families(&page);
        let numbers = [numbers(&page, "one"), numbers(&page, "another")];
        assert!(numbers[0] == numbers[1], "a push is there by half");
        assert!(numbers[0].len() >= part * GROUPS / PAGES, "an acknowledged push is not there");
    }
}

#[test]
fn ten_thousand_groups_are_read_while_they_are_pushed_and_leak_nothing() {
    let up = Up::start(&["--no-history"]);
    let (gateway, pushed) = (up.gateway(), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| read_meanwhile(&pushed, gateway));
        push(gateway, 0, &pushed);
    });
    let once = memory(&up, "VmRSS:");
    push(gateway, 1, &pushed);
    let read = page(gateway);
    let twice = memory(&up, "VmRSS:");
    println!("{once} KiB after all groups, {twice} KiB after all of them again");
    let numbers = numbers(&read, "one");
    assert_eq!(numbers.len(), GROUPS);
    assert!(
        numbers.iter().all(|(group, number)| *number == (GROUPS + group.parse::<usize>().unwrap()) as u64)
    );
    assert_eq!(value(&read, "telemetry_gateway_groups"), Some(GROUPS as u64));
    assert!(twice < MOST, "{twice} KiB for {GROUPS} groups");
    assert!(twice < once + once / 4, "{once} KiB became {twice} KiB with the same groups");
}
