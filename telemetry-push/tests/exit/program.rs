//! The programs that these tests start: each counts, and then ends or goes on as its name says.

use crate::{host, system};
use rustix::process::{Signal, WaitOptions, kill_process, waitpid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::env;
use std::mem;
use std::panic;
use std::path::PathBuf;
use std::process::{self, abort};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;
use telemetry_core::Registry;
use telemetry_core::catalog::{AGENT_ACTIVE, AgentActive, LLM_RETRIES, LlmRetries};
use telemetry_core::config::{Address, Carrier, Config};
use telemetry_push::{EXIT_BOUND, ExitGuard, Flushed, PushOnExit, Pushed};

static GUARD: OnceLock<ExitGuard> = OnceLock::new();

/// Is the program that the environment asks for; says whether it was one.
pub(crate) fn run() -> bool {
    let Ok(name) = env::var("EXIT_PROGRAM") else { return false };
    let program = PROGRAMS.iter().find(|(program, _)| *program == name);
    program.unwrap_or_else(|| panic!("there is no program {name}")).1();
    true
}

const PROGRAMS: &[(&str, fn())] = &[
    ("drop", || {
        let guard = started();
        drop(guard);
        // Nothing is done by this end of the process, so it was the drop.
        abort();
    }),
    ("panic", || {
        let guard = started();
        let caught = panic::catch_unwind(move || {
            let _guard = guard;
            panic::resume_unwind(Box::new("it ends here"));
        });
        assert!(caught.is_err());
        abort();
    }),
    ("panic-in-thread", || {
        let guard = started();
        let thread = thread::spawn(move || {
            let _guard = guard;
            panic::resume_unwind(Box::new("it ends here"));
        });
        assert!(thread.join().is_err());
        abort();
    }),
    ("exit", || {
        GUARD.set(started()).unwrap();
        process::exit(7);
    }),
    ("exit-in-thread", || {
        GUARD.set(started()).unwrap();
        thread::spawn(|| process::exit(7));
        park();
    }),
    ("exit-in-thread-when-told", || {
        GUARD.set(started()).unwrap();
        thread::spawn(|| {
            host::eventually("it is told", || folder().join("exit").exists().then_some(()));
            process::exit(7);
        });
        park();
    }),
    ("return", || mem::forget(started())),
    ("park", || {
        let _guard = started();
        park();
    }),
    ("park-a-minute", || {
        let _guard = ready(options().bound(Duration::from_secs(60)).start().unwrap());
        park();
    }),
    ("park-without-signals", || {
        let _guard = ready(options().signals(false).start().unwrap());
        park();
    }),
    ("park-after-the-guard", || {
        drop(options().start().unwrap());
        say("ready");
        park();
    }),
    ("twice", two_guards),
    ("one-after-the-other", || {
        drop(started());
        let second = options().start().unwrap();
        count(1);
        drop(second);
        abort();
    }),
    ("host-before", || with_handlers(signal_hook_handler, Order::Before)),
    ("host-after", || with_handlers(signal_hook_handler, Order::After)),
    ("tokio-before", || with_handlers(tokio_handler, Order::Before)),
    ("tokio-after", || with_handlers(tokio_handler, Order::After)),
    ("c-before", || with_handlers(c_handler, Order::Before)),
    ("command", || {
        let _guard = started();
        let status = process::Command::new("sh").args(["-c", "kill -HUP $$; exit 7"]).status().unwrap();
        say(&format!("{status}"));
        park();
    }),
    ("first-process", || {
        assert_eq!(process::id(), 1);
        let guard = started();
        kill_process(rustix::process::getpid(), Signal::TERM).unwrap();
        host::eventually("the counts are flushed", || {
            (host::counted_below(&folder()) == Some(5.0)).then_some(())
        });
        count(1);
        assert!(guard.flush().durable);
        park();
    }),
    ("sigwait", || {
        let guard = options().start().unwrap();
        system::block(SIGTERM);
        let guard = ready(guard);
        system::wait_for(SIGTERM);
        say("handled");
        drop(guard);
        abort();
    }),
    ("in-tokio", || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { drop(started()) });
        abort();
    }),
    ("fork", || forked(drop)),
    ("fork-exit", || {
        forked(|guard| {
            mem::forget(guard);
            process::exit(0);
        });
    }),
    ("fork-flush", || {
        forked(|guard| {
            assert!(!guard.is_active());
            assert_eq!(guard.flush(), Flushed::default());
        });
    }),
    ("fork-signal", forked_and_signalled),
    ("fork-guard", forked_with_a_guard),
    ("every", || {
        let _guard = ready(options().every(Duration::ZERO).start().unwrap());
        park();
    }),
    ("every-with-a-pause", || {
        let _guard = ready(options().every(Duration::ZERO).start().unwrap());
        // Ten periods and more; what comes after them is the only way to tell that they are over.
        thread::sleep(Duration::from_secs(1));
        say("idle");
        park();
    }),
    ("flush", || {
        let guard = started();
        let pushed = guard.flush();
        assert!(pushed.durable && matches!(pushed.pushed, Some(Pushed::Current)), "{pushed:?}");
        abort();
    }),
    ("start", || {
        let options = options();
        count(5);
        let _guard = ready(options.start().unwrap());
        park();
    }),
    ("off", || does_nothing(&Config { enabled: Some(false), ..config() })),
    ("not-on", || {
        let guard = telemetry_push::push_on_exit(&Config { enabled: None, ..config() }).unwrap();
        assert!(!guard.is_active());
        say("ready");
    }),
    ("none", || does_nothing(&Config { carrier: Carrier::None, ..config() })),
    ("advice", || {
        let mut config = Config { ledger_path: None, ..config() };
        config.prometheus.instance = None;
        telemetry_core::init(&config);
        let guard = PushOnExit::new(&config).on_problem(|problem| say(&problem.to_string()));
        let _guard = ready(guard.start().unwrap());
    }),
    ("problems", || {
        let guard = options().on_problem(|problem| say(&problem.to_string()));
        let guard = ready(guard.start().unwrap());
        let flushed = [guard.flush(), guard.flush()];
        assert!(flushed.iter().all(|flushed| flushed.durable), "{flushed:?}");
    }),
];

fn folder() -> PathBuf {
    env::var_os("EXIT_FOLDER").unwrap().into()
}

/// The configuration of the host that started this program.
fn config() -> Config {
    let mut config = Config {
        enabled: Some(true),
        carrier: Carrier::Serve,
        ledger_path: Some(folder()),
        ..Config::default()
    };
    config.prometheus.instance = Some("test".to_owned());
    if let Ok(url) = env::var("EXIT_GATEWAY") {
        config.carrier = Carrier::Push;
        config.prometheus.pushgateway_url = Address::parse(&url).unwrap();
    }
    config
}

/// A guard of the default registry, with the bound that the test asks for.
fn options() -> PushOnExit<'static> {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    let config = CONFIG.get_or_init(config);
    telemetry_core::init(config);
    let bound = env::var("EXIT_BOUND_MS").ok().map(|bound| Duration::from_millis(bound.parse().unwrap()));
    PushOnExit::new(config).bound(bound.unwrap_or(EXIT_BOUND))
}

/// A guard, and five counts after it was started.
fn started() -> ExitGuard {
    ready(options().start().unwrap())
}

fn ready(guard: ExitGuard) -> ExitGuard {
    assert!(guard.is_active());
    AGENT_ACTIVE.with(|| AgentActive { llm_provider: "p", project: "p" }).set(1.0);
    count(5);
    say("ready");
    guard
}

fn count(retries: u64) {
    LLM_RETRIES.with(|| LlmRetries { provider: "p" }).add(retries);
}

/// Whole lines only, and at once.
fn say(line: &str) {
    println!("{line}");
}

fn park() -> ! {
    loop {
        thread::park();
    }
}

fn does_nothing(config: &Config) {
    let registry = Registry::new(config);
    let guard = PushOnExit::new(config).registry(&registry).start().unwrap();
    LLM_RETRIES.in_registry(&registry).with(|| LlmRetries { provider: "p" }).inc();
    assert!(!guard.is_active());
    assert_eq!(guard.flush(), Flushed::default());
    say("ready");
}

fn two_guards() {
    let second = options().start().unwrap();
    let first = started();
    assert!(first.flush().durable);
    count(1);
    drop(first);
    drop(second);
    abort();
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Before,
    After,
}

/// A host with a handler of its own, which says so and lets the process live.
fn with_handlers(install: fn() -> Box<dyn FnMut()>, order: Order) {
    if order == Order::Before {
        let mut wait = install();
        let _guard = started();
        wait();
    } else {
        let guard = options().start().unwrap();
        let mut wait = install();
        let _guard = ready(guard);
        wait();
    }
}

/// Says `handled` twice, as the signal comes twice.
fn handled_twice(mut wait: impl FnMut() + 'static) -> Box<dyn FnMut()> {
    Box::new(move || {
        for _ in 0..2 {
            wait();
            say("handled");
        }
        park();
    })
}

fn signal_hook_handler() -> Box<dyn FnMut()> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&flag)).unwrap();
    }
    handled_twice(move || wait_for(&flag))
}

fn c_handler() -> Box<dyn FnMut()> {
    system::catch_in_c_style(SIGTERM);
    handled_twice(|| wait_for(&system::CAUGHT))
}

fn tokio_handler() -> Box<dyn FnMut()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut signals = runtime
        .block_on(async { tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) })
        .unwrap();
    handled_twice(move || runtime.block_on(signals.recv()).unwrap())
}

fn wait_for(flag: &AtomicBool) {
    while !flag.swap(false, Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Forks, waits for the child to end well, says so, and goes on waiting.
fn forked(in_child: fn(ExitGuard)) {
    let guard = started();
    let Some(child) = system::fork() else {
        in_child(guard);
        process::exit(0);
    };
    let (_, status) = waitpid(Some(child), WaitOptions::empty()).unwrap().unwrap();
    assert_eq!(status.exit_status(), Some(0));
    say("child ended");
    park();
}

fn forked_and_signalled() {
    let _guard = started();
    let Some(child) = system::fork() else { park() };
    kill_process(child, Signal::TERM).unwrap();
    let (_, status) = waitpid(Some(child), WaitOptions::empty()).unwrap().unwrap();
    assert_eq!(status.terminating_signal(), Some(SIGTERM));
    say("child ended");
    park();
}

/// The child counts three in a registry of its own, and ends by a signal; the parent counts five and ends by its guard.
fn forked_with_a_guard() {
    let guard = started();
    let Some(child) = system::fork() else {
        let config = config();
        let registry = Registry::new(&config);
        let _guard = PushOnExit::new(&config).registry(&registry).start().unwrap();
        LLM_RETRIES.in_registry(&registry).with(|| LlmRetries { provider: "p" }).add(3);
        kill_process(rustix::process::getpid(), Signal::TERM).unwrap();
        park();
    };
    let (_, status) = waitpid(Some(child), WaitOptions::empty()).unwrap().unwrap();
    assert_eq!(status.terminating_signal(), Some(SIGTERM));
    drop(guard);
}
