//! The pusher's bounds, and what a failure leaves for the next one.

use crate::server::{Reply, Server};
use std::fs::{self, File};
use std::time::{Duration, Instant};
use telemetry_core::Registry;
use telemetry_core::catalog::{LLM_RETRIES, LlmRetries};
use telemetry_core::config::{Address, Config};
use telemetry_push::{Carry, Error, Ledger, PushError, Pushed, Pusher, Wish};

/// What a bound may be missed by on a busy machine.
const SLACK: Duration = Duration::from_secs(5);

/// A ledger with something in it.
struct Host {
    _folder: tempfile::TempDir,
    carry: Carry,
    registry: Registry,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config { ledger_path: Some(folder.path().join("state")), ..Config::default() };
        config.prometheus.instance = Some("here".to_owned());
        let registry = Registry::new(&config);
        let carry = Carry::new(Ledger::new(&config).unwrap(), registry.clone());
        let mut host = Self { _folder: folder, carry, registry };
        host.count();
        host
    }

    fn count(&mut self) {
        LLM_RETRIES.in_registry(&self.registry).with(|| LlmRetries { provider: "p" }).add(1);
        self.carry.merge().unwrap();
    }

    fn pusher(&self, server: &Server) -> Pusher {
        Pusher::new(self.carry.ledger(), &Address::parse(&server.url()).unwrap()).unwrap()
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.carry.ledger().place().folder.join(name)
    }
}

fn push(pusher: &Pusher, wish: Wish) -> Result<Pushed, Error> {
    pusher.push(wish, &mut Vec::new())
}

fn within(pusher: &Pusher, millis: u64) -> (Result<Pushed, Error>, Duration) {
    let began = Instant::now();
    let pushed = pusher.push_within(Wish::Passing, Duration::from_millis(millis), &mut Vec::new());
    (pushed, began.elapsed())
}

#[test]
fn the_totals_are_sent_once_under_the_ledgers_group() {
    let (mut host, server) = (Host::new(), Server::start((0..3).map(|_| Reply::status(200))));
    let pusher = host.pusher(&server);
    assert_eq!(push(&pusher, Wish::Passing).unwrap(), Pushed::Current);
    assert_eq!(within(&pusher, 10_000).0.unwrap(), Pushed::Current, "it is known to have them");
    assert_eq!(server.requests().len(), 1);
    host.count();
    assert_eq!(within(&pusher, 10_000).0.unwrap(), Pushed::Current);
    assert_eq!(push(&pusher, Wish::Explicit).unwrap(), Pushed::Current);
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[0].line, "PUT /metrics/job/sase_agent/instance/here HTTP/1.1");
    assert!(String::from_utf8_lossy(&requests[1].body).contains("{provider=\"p\"} 2"));
}

#[test]
fn a_failure_is_not_repeated_and_others_hold_off() {
    let (host, server) = (Host::new(), Server::start((0..9).map(|_| Reply::status(503))));
    let pusher = host.pusher(&server);
    assert!(matches!(push(&pusher, Wish::Passing), Err(Error::Push(PushError::Status { status: 503, .. }))));
    assert_eq!(push(&pusher, Wish::Passing).unwrap(), Pushed::HeldOff);
    assert_eq!(within(&pusher, 10_000).0.unwrap(), Pushed::HeldOff);
    assert_eq!(server.requests().len(), 1);
    assert!(push(&pusher, Wish::Explicit).is_err(), "a person is not held off");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_ledger_that_is_gone_has_nothing_to_push_and_nothing_is_made_in_its_place() {
    let (host, server) = (Host::new(), Server::start([Reply::status(200)]));
    let (pusher, folder) = (host.pusher(&server), host.file(""));
    fs::remove_dir_all(&folder).unwrap();
    for wish in [Wish::Passing, Wish::Explicit] {
        assert_eq!(push(&pusher, wish).unwrap(), Pushed::Nothing);
    }
    assert_eq!(within(&pusher, 10_000).0.unwrap(), Pushed::Nothing);
    assert!(!folder.exists() && server.requests().is_empty());
}

#[test]
fn a_ledger_that_goes_while_it_is_pushed_leaves_nothing() {
    let (host, server) = (Host::new(), Server::start([Reply::Hang]));
    let (pusher, folder) = (host.pusher(&server), host.file(""));
    let pushing = std::thread::spawn(move || within(&pusher, 2000).0);
    server.await_requests(1);
    fs::remove_dir_all(&folder).unwrap();
    // As where it is just being removed, or was made anew.
    fs::create_dir(&folder).unwrap();
    let pushed = pushing.join().unwrap();
    assert!(matches!(pushed, Err(Error::Push(PushError::Timeout { .. }))), "{pushed:?}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn what_somebody_else_took_for_a_visit_is_not_sent() {
    let host = Host::new();
    let server = Server::start([
        Reply::saying(200, "text/html", "<html>"),
        Reply::saying(200, "text/plain", "welcome"),
    ]);
    let pusher = host.pusher(&server);
    for _ in 0..2 {
        assert!(push(&pusher, Wish::Explicit).is_err());
        let state = fs::read_to_string(host.file("push.state")).unwrap();
        assert!(state.contains("\nid=\n"), "{state}");
    }
}

#[test]
fn all_of_it_ends_in_time_when_the_gateway_hangs_and_that_is_written_down() {
    let (host, server) = (Host::new(), Server::start([Reply::Hang]));
    let pusher = host.pusher(&server);
    let (pushed, took) = within(&pusher, 500);
    assert!(matches!(&pushed, Err(Error::Push(PushError::Timeout { .. }))), "{pushed:?}");
    assert!(took < Duration::from_millis(500) + SLACK, "{took:?}");
    assert!(fs::read_to_string(host.file("push.state")).unwrap().contains("failures=1\n"));
    let (pushed, _) = within(&pusher, 10_000);
    assert_eq!(pushed.unwrap(), Pushed::HeldOff);
}

#[test]
fn all_of_it_ends_in_time_when_another_pushes() {
    let (host, server) = (Host::new(), Server::start([]));
    let mut pusher = host.pusher(&server);
    pusher.patience = Duration::from_secs(600);
    let lock = File::create(host.file("push.lock")).unwrap();
    lock.lock().unwrap();
    let (pushed, took) = within(&pusher, 100);
    assert_eq!(pushed.unwrap(), Pushed::LeftToAnother);
    assert!(took < SLACK, "{took:?}");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn no_time_at_all_sends_nothing_and_notes_no_failure() {
    let (host, server) = (Host::new(), Server::start([Reply::status(200)]));
    let pusher = host.pusher(&server);
    let (pushed, _) = within(&pusher, 0);
    assert!(matches!(pushed, Ok(Pushed::Behind) | Err(Error::Busy { .. })), "{pushed:?}");
    assert_eq!(server.requests().len(), 0);
    assert_eq!(push(&pusher, Wish::Passing).unwrap(), Pushed::Current);
}

#[test]
fn it_blocks_inside_a_runtime_too() {
    let (host, server) = (Host::new(), Server::start([Reply::status(200)]));
    let pusher = host.pusher(&server);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(async { push(&pusher, Wish::Explicit) }).unwrap(), Pushed::Current);
}
