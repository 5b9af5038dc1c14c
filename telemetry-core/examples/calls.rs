//! Makes calls of one kind and nothing else, for a tool that counts instructions.
//!
//! `calls WORK on|off TIMES` makes `TIMES` calls on each of a hundred label sets. The difference between two numbers of times is the
//! price of the calls alone; that of the work `nothing` is the price of the loop around them. The test `hot_path` does this.
#![expect(clippy::print_stderr, reason = "a program to be run by hand too")]

use std::env;
use std::hint::black_box;
use std::process::ExitCode;
use telemetry_core::catalog::{RunStatus, VcsOperation};
use telemetry_core::{BoundCounter, BoundHistogram, catalog, config::Config, init};

catalog! {
    /// For this program.
    pub CALLS = "Calls", "calls";
    /// Calls with open labels
    counter OPEN = "calls_open_total", Open<'a> { provider: &'a str, project: &'a str, workflow: &'a str };
    /// Calls with closed labels and an open one
    counter MIXED = "calls_mixed_total", Mixed<'a> { provider: &'a str, status: RunStatus, operation: VcsOperation };
    /// Calls with closed labels
    counter CLOSED = "calls_closed_total", Closed { status: RunStatus, operation: VcsOperation };
    /// Calls without labels
    counter PLAIN = "calls_plain_total", Plain;
    /// Time of calls
    histogram(&[0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0]) TIME = "calls_seconds",
        Time<'a> { provider: &'a str, workflow: &'a str };
}

/// One label set, of which the compiler knows nothing.
#[derive(Clone)]
struct Set {
    provider: String,
    project: String,
    workflow: String,
    status: RunStatus,
    operation: VcsOperation,
    seconds: f64,
}

/// How many texts there are of each value, for calls with texts that stand elsewhere each time.
const COPIES: usize = 120;

const PROVIDERS: [&str; 4] = ["claude", "codex", "gemini", "open-weights"];
const WORKFLOWS: [&str; 5] =
    ["fix_failing_tests", "review", "split_commit", "write_docs", "update_dependencies"];

fn sets() -> Vec<Set> {
    let set = |i: usize| Set {
        provider: PROVIDERS[i % 4].to_owned(),
        project: format!("telemetry-{:02}", i / 20),
        workflow: WORKFLOWS[i / 4 % 5].to_owned(),
        status: RunStatus::ALL[i * 7 % 4],
        operation: VcsOperation::ALL[i * 11 % 8],
        seconds: (i * 37 % 400) as f64 + 0.25,
    };
    (0..100).map(set).collect()
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [work, switch, times] = &*arguments else { return usage() };
    let (Ok(times), enabled @ (true | false)) = (times.parse::<usize>(), switch == "on") else {
        return usage();
    };
    // Turned while the program runs and with a value that the compiler does not know: one that is never written would be folded away.
    init(&black_box(Config { enabled: Some(enabled), ..Config::default() }));
    let sets = sets();
    let each = |call: &dyn Fn(&[Set])| (0..times).for_each(|_| call(black_box(&sets)));
    match &**work {
        "nothing" => each(&nothing),
        "open" => each(&open),
        "open-anew" => {
            let copies: Vec<_> = (0..COPIES).map(|_| sets.clone()).collect();
            (0..times).for_each(|pass| open(black_box(&copies[pass % COPIES])));
        }
        "mixed" => each(&mixed),
        "closed" => each(&closed),
        "plain" => each(&plain),
        "histogram" => each(&histogram),
        "bound" => {
            let bound = OPEN.bind(Open { provider: "claude", project: "bound", workflow: "review" });
            each(&|sets| bound_to(&bound, sets));
        }
        "bound-histogram" => {
            let bound = TIME.bind(Time { provider: "claude", workflow: "bound" });
            each(&|sets| bound_histogram(&bound, sets));
        }
        _ => return usage(),
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: calls WORK on|off TIMES, where WORK is nothing, open, open-anew, mixed, closed, plain, bound, histogram or bound-histogram"
    );
    ExitCode::from(64)
}

fn nothing(sets: &[Set]) {
    for set in sets {
        black_box(set);
    }
}

fn open(sets: &[Set]) {
    for set in sets {
        let set = black_box(set);
        OPEN.with(|| Open { provider: &set.provider, project: &set.project, workflow: &set.workflow }).inc();
    }
}

fn mixed(sets: &[Set]) {
    for set in sets {
        let Set { provider, status, operation, .. } = black_box(set);
        MIXED.with(|| Mixed { provider, status: *status, operation: *operation }).inc();
    }
}

fn closed(sets: &[Set]) {
    for set in sets {
        let Set { status, operation, .. } = black_box(set);
        CLOSED.with(|| Closed { status: *status, operation: *operation }).inc();
    }
}

fn plain(sets: &[Set]) {
    for set in sets {
        black_box(set);
        PLAIN.inc();
    }
}

fn bound_to(bound: &BoundCounter, sets: &[Set]) {
    for set in sets {
        black_box(set);
        bound.inc();
    }
}

fn histogram(sets: &[Set]) {
    for set in sets {
        let Set { provider, workflow, seconds, .. } = black_box(set);
        TIME.with(|| Time { provider, workflow }).observe(*seconds);
    }
}

fn bound_histogram(bound: &BoundHistogram, sets: &[Set]) {
    for set in sets {
        bound.observe(black_box(set).seconds);
    }
}
