//! Killed without warning in the middle of pushes: what was acknowledged counts exactly once, and what was not at most once.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use crate::support::wait::PATIENCE;
use crate::support::{Up, eventually};

use super::clients_wire::{Wire, page, value};

/// How many programs push at the same time.
const CLIENTS: usize = 8;

/// How many pushes are acknowledged in all, at least.
const PUSHES: u64 = 10_000;

/// How often it is killed among them.
const KILLS: u64 = 5;

/// What one client knows of its pushes. It has at most one that is not answered.
#[derive(Debug, Clone, Copy, Default)]
struct Account {
    sent: u64,
    acknowledged: u64,
}

/// Pushes in all clients until the stack is killed, and starts it again, several times; looks at each client's account after each.
///
/// `push` sends the push of that client with that number, and has the status if it was answered.
fn killed_again_and_again(
    push: impl Fn(&mut Wire, usize, u64) -> Option<u16> + Sync,
    look: impl Fn(&str, usize, &mut Account) + Sync,
) {
    let mut up = Up::start(&[]);
    let mut accounts = [Account::default(); CLIENTS];
    let acknowledged = AtomicU64::new(0);
    for round in 1..=KILLS {
        let address = up.gateway();
        thread::scope(|scope| {
            for (client, account) in accounts.iter_mut().enumerate() {
                let (push, acknowledged) = (&push, &acknowledged);
                scope.spawn(move || push_until_killed(address, client, account, push, acknowledged));
            }
            await_pushes(&acknowledged, round * PUSHES / KILLS);
            up.kill();
        });
        up.restart();
        let page = page(up.gateway());
        for (client, account) in accounts.iter_mut().enumerate() {
            look(&page, client, account);
        }
    }
    assert!(acknowledged.into_inner() >= PUSHES);
}

/// Waits until so many pushes are acknowledged, for as long as there are more and more: each is a write to the disk.
fn await_pushes(acknowledged: &AtomicU64, enough: u64) {
    let mut seen = acknowledged.load(Ordering::Relaxed);
    while seen < enough {
        seen = eventually("another push is acknowledged", || {
            Some(acknowledged.load(Ordering::Relaxed)).filter(|now| *now > seen)
        });
    }
}

/// Sends one push after the other, each once. A push that is not answered is the last one.
fn push_until_killed(
    address: SocketAddr,
    client: usize,
    account: &mut Account,
    push: impl Fn(&mut Wire, usize, u64) -> Option<u16>,
    acknowledged: &AtomicU64,
) {
    // It may be killed before this client has come.
    let Ok(mut wire) = Wire::connect(address) else { return };
    let begun = Instant::now();
    // It is killed long before, unless the test has failed already.
    while begun.elapsed() < 20 * PATIENCE {
        account.sent += 1;
        let Some(status) = push(&mut wire, client, account.sent) else { return };
        assert_eq!(status, 200, "push {} of client {client}", account.sent);
        account.acknowledged = account.sent;
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

/// The value of a series of a client, with the labels that its group has.
fn value_of(page: &str, name: &str, group: &str, client: usize, more: &str) -> u64 {
    let labels = |le: &str| format!("{name}{{client=\"{client}\",instance=\"\",job=\"{group}\"{le}}}");
    value(page, &labels(more)).unwrap_or_default()
}

#[test]
fn the_last_acknowledged_push_or_one_sent_after_it_is_there_in_whole() {
    let push = |wire: &mut Wire, client: usize, number: u64| {
        let body = format!("# TYPE kept_total counter\nkept_total {number}\ntwin {number}\n");
        let shared = format!(
            "# TYPE kept{client}_total counter\nkept{client}_total{{client=\"{client}\"}} {number}\n"
        );
        // One group of each client, and one to which all of them push what they have.
        let sent = match number % 2 {
            0 => wire.send("PUT", &format!("/metrics/job/own/client/{client}"), body.as_bytes()),
            _ => wire.send("POST", "/metrics/job/all", shared.as_bytes()),
        };
        sent.ok().map(|answer| answer.status)
    };
    killed_again_and_again(push, |page, client, account| {
        let own = value_of(page, "kept_total", "own", client, "");
        let twin = value_of(page, "twin", "own", client, "");
        assert_eq!(own, twin, "client {client}: a push was kept by half");
        let shared = value_of(page, &format!("kept{client}_total"), "all", client, "");
        let (kept, other) = (own.max(shared), own.min(shared));
        let Account { sent, acknowledged } = *account;
        assert!(
            [acknowledged, sent].contains(&kept),
            "client {client}: {kept}, not {acknowledged} or {sent}"
        );
        assert_eq!(other, kept.saturating_sub(1), "client {client}: the push before the last");
        *account = Account { sent: kept, acknowledged: kept };
    });
}

#[test]
fn every_acknowledged_push_is_added_exactly_once_and_no_other_one_twice() {
    let push = |wire: &mut Wire, client: usize, number: u64| {
        let label = format!("client=\"{client}\"");
        let body = format!(
            "# TYPE pushes counter\npushes{{{label}}} 1\n# TYPE took histogram\n\
             took_bucket{{{label},le=\"1\"}} {0}\ntook_bucket{{{label},le=\"+Inf\"}} 1\n\
             took_sum{{{label}}} 2\ntook_count{{{label}}} 1\n",
            number % 2
        );
        let path = "/metrics/job/sum/clearmode/aggregate";
        wire.send("POST", path, body.as_bytes()).ok().map(|answer| answer.status)
    };
    killed_again_and_again(push, |page, client, account| {
        let of = |name: &str, le: &str| value_of(page, name, "sum", client, le);
        let pushes = of("pushes", "");
        let Account { sent, acknowledged } = *account;
        assert!(
            [acknowledged, sent].contains(&pushes),
            "client {client}: {pushes}, not {acknowledged} or {sent}"
        );
        let histogram = [of("took_count", ""), of("took_bucket", ",le=\"+Inf\""), of("took_sum", "") / 2];
        assert_eq!(histogram, [pushes; 3], "client {client}: a push was added by half");
        assert_eq!(of("took_bucket", ",le=\"1\""), pushes.div_ceil(2), "client {client}");
        *account = Account { sent: pushes, acknowledged: pushes };
    });
}
