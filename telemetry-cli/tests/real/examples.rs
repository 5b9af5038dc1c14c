//! The examples of every `--help`, run as they are written: on the default ports, by a shell, beside a stack that runs as the examples
//! take for granted.
//!
//! They run in a network of their own, so that the default ports are free and the hosts that examples name are this machine. Where the
//! system gives none, the test reports itself as skipped.

pub(crate) mod book;
mod stage;

use crate::support::{Scratch, require, skip};
use book::{Example, commands, examples};
use stage::Stage;
use std::process::{Command, Stdio};

/// Set where the test runs in a network of its own already.
const INSIDE: &str = "TELEMETRY_TEST_EXAMPLES_INSIDE";

/// How an example ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With this exit code.
    With(i32),
    /// It runs until Ctrl-C, on ports that the stack must not have; then with this exit code.
    Server(i32),
    /// It takes a terminal over until `q` is pressed.
    Terminal,
}

/// Files that an example finds in its folder: their names and texts.
type Files = &'static [(&'static str, &'static str)];

/// The command that needs a terminal.
const SHOWN: &str = "telemetry dashboard";

/// What `make` finds where examples call it.
const MAKEFILE: Files = &[("Makefile", "test agent:\n\t@true\n")];

/// What does not end with 0, or needs something in its folder. An entry that no example needs is a mistake.
const SPECIAL: &[(&str, End, Files)] = &[
    ("telemetry demo", End::Server(130), &[]),
    ("telemetry demo --agents 12 --duration 5m", End::Server(130), &[]),
    ("telemetry demo --duration 60s --seed 7", End::Server(130), &[]),
    ("telemetry demo --keep", End::Server(130), &[]),
    ("telemetry up", End::Server(0), &[]),
    ("telemetry up --retention 90d --data-dir ~/telemetry", End::Server(0), &[]),
    ("telemetry up --scrape localhost:9100 --scrape https://build.example/metrics", End::Server(0), &[]),
    ("telemetry up --gateway-port 19091 --api-port 19090", End::Server(0), &[]),
    ("telemetry up --alertmanager localhost:9093", End::Server(0), &[]),
    (
        "telemetry up --rules team.yml --webhook https://chat.example/hooks/alerts",
        End::Server(0),
        &[("team.yml", "groups: [{name: team, rules: [{alert: A, expr: vector(0) > 1}]}]\n")],
    ),
    ("telemetry --set carrier=serve serve", End::Server(0), &[]),
    ("telemetry --set carrier=serve serve --listen 127.0.0.1:9465", End::Server(0), &[]),
    (
        "telemetry --set health_thresholds.error_rate_warn=5 export-config -f",
        End::With(0),
        &[("sase-monitoring/.keep", "")],
    ),
    // Nothing was recorded in its folder.
    ("telemetry health -S ledger -v", End::With(3), &[]),
    ("telemetry snapshot --watch", End::Server(130), &[]),
    ("mkdir -p metrics && telemetry serve --textfile metrics", End::Server(0), &[]),
    (
        "telemetry push backup.prom --job backup --grouping instance=build-1",
        End::With(0),
        &[("backup.prom", "backup_size_bytes 1\n")],
    ),
    ("telemetry run -- make test", End::With(0), MAKEFILE),
    ("telemetry run --timeout 30m --retries 2 -- make test", End::With(0), MAKEFILE),
    ("telemetry run --metrics-from report.jsonl -- make agent", End::With(0), MAKEFILE),
    ("telemetry config check sase.yml", End::With(0), &[("sase.yml", "telemetry: {carrier: push}\n")]),
];

#[test]
fn every_example_of_every_help_does_what_it_says() {
    require!(Tmux);
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let Some(mut command) = in_a_network_of_its_own() else {
        return skip::skip(skip::test_name(&|| ()), "needs the right to a network of its own");
    };
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// This very test, in a network where nothing runs and every host of an example is this one, and on a machine where root has left nothing:
/// what `telemetry up` keeps in `/var/lib` would be there for the next test, and the history of one before would be here.
fn in_a_network_of_its_own() -> Option<Command> {
    const PREPARE: &str = "ip link set lo up && echo \"$HOSTS\" > /dev/shm/hosts.$$ && mount --bind /dev/shm/hosts.$$ /etc/hosts && \
                           rm /dev/shm/hosts.$$ && mount -t tmpfs none /srv && mount -t tmpfs none /var/lib";
    let hosts = "127.0.0.1 localhost gateway.example prometheus.example build.example chat.example";
    let ways: [&[&str]; 2] = [&["--net", "--mount"], &["--user", "--map-root-user", "--net", "--mount"]];
    let command = |way: &[&str], then: &str| {
        let mut command = Command::new("unshare");
        command.args(way).env("HOSTS", hosts).args(["sh", "-c", &format!("{PREPARE} && {then}")]);
        command
    };
    let may = |way: &&&[&str]| {
        let mut trial = command(way, "true");
        trial.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let way = ways.iter().find(may)?;
    let mut command = command(way, "exec \"$0\" \"$@\"");
    command.arg(std::env::current_exe().unwrap()).env(INSIDE, "1");
    command.args(["--exact", "examples::every_example_of_every_help_does_what_it_says", "--nocapture"]);
    Some(command)
}

fn inside() {
    let examples = examples();
    assert!(examples.len() > 30, "{examples:#?}");
    let needless: Vec<_> =
        SPECIAL.iter().filter(|(line, ..)| !examples.iter().any(|example| example.line == *line)).collect();
    assert!(needless.is_empty(), "no example needs these: {needless:#?}");
    let (servers, others): (Vec<_>, Vec<_>) =
        examples.iter().partition(|example| matches!(end(example).0, End::Server(_)));
    let mut wrong = Vec::new();
    let stage = Stage::with_the_stack();
    others.iter().for_each(|example| wrong.extend(trouble(example, &stage)));
    drop(stage);
    let stage = Stage::empty();
    servers.iter().for_each(|example| wrong.extend(trouble(example, &stage)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn end(example: &Example) -> (End, Files) {
    let special = SPECIAL.iter().find(|(line, ..)| *line == example.line);
    let usual = if example.line.starts_with(SHOWN) { End::Terminal } else { End::With(0) };
    special.map_or((usual, &[]), |(_, end, files)| (*end, *files))
}

/// What is wrong with an example.
fn trouble(example: &Example, stage: &Stage) -> Option<String> {
    let (end, files) = end(example);
    let folder = Scratch::new();
    stage.furnish(&folder, files);
    let (expected, (code, said)) = match end {
        End::With(code) => (code, stage.run(&folder, &example.line)),
        End::Server(code) => (code, stage.interrupt(&folder, &example.line)),
        End::Terminal => (0, stage.watch(&folder, &example.line)),
    };
    let told =
        format!("{}: `{}` ended with {code:?}, not {expected}:\n{said}", example.command, example.line);
    (code != Some(expected)).then_some(told)
}

#[test]
fn every_command_says_what_it_is_and_gives_examples() {
    for (command, help) in commands() {
        let about = help.lines().next().unwrap_or_default();
        assert!(about.len() > 10 && !about.ends_with('.'), "{command}: {about:?}");
        for line in help.lines().filter(|line| line.starts_with("  telemetry ")) {
            assert!(line.len() <= 98, "{command}: no room for {line:?} beside the margins of a help");
        }
    }
}
