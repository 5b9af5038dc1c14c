//! `telemetry dashboard` in a terminal: keys in, screen out.
//!
//! | module | what somebody before the screen finds |
//! |---|---|
//! | [`numbers`] | what was recorded is what is shown, by whichever source |
//! | [`charts`] | what was measured over time, and again once a server is back |
//! | [`hanging`] | sources that say nothing, while keys answer |
//! | [`keys`] | what each key does |
//! | [`sizes`] | windows of any size, and sizes that change |
//! | [`surroundings`] | terminals with few colours, with none, and without Unicode |
//! | [`leaving`] | the terminal as it was, however the dashboard ends |
//! | [`pictures`] | what is on the screen, as files |
//!
//! What is awaited are words, wherever they stand, so that a better layout fails nothing.

mod charts;
mod hanging;
mod keys;
mod leaving;
mod numbers;
mod pictures;
mod sizes;
mod surroundings;

use std::process::{Command, Stdio};

use crate::support::{Scratch, Tmux, Up, eventually, http};

/// What stands on the screen while the keys are explained, and at no other time.
const HELP: [&str; 2] = ["these keys", "pause, go on"];

/// Where nobody listens.
const NOBODY: &str = "http://127.0.0.1:1";

/// A window as most people have it, one that shows everything, and the smallest for which there is a layout.
const USUAL: (u16, u16) = (80, 24);
const WIDE: (u16, u16) = (120, 40);
const SMALLEST: (u16, u16) = (60, 15);

/// A fleet: where it is counted, where to ask about it, and the folder of whoever does.
struct Fleet {
    folder: Scratch,
    gateway: String,
    api: String,
}

/// How many agents, workspaces and beads there are in a fleet that was pushed. No other number on the screen is any of these by accident.
const ACTIVE: [u32; 3] = [437, 541, 643];

impl Fleet {
    fn new(gateway: &str, api: &str) -> Self {
        Self { folder: Scratch::new(), gateway: gateway.to_owned(), api: api.to_owned() }
    }

    /// One that is counted by this stack.
    fn of(up: &Up) -> Self {
        Self::new(&up.gateway_url(), &up.api().url())
    }

    /// The same with [`ACTIVE`] at work, which the stack has scraped.
    fn at_work(up: &Up) -> Self {
        let fleet = Self::of(up);
        fleet.push(&active(ACTIVE));
        eventually("the fleet is scraped", || {
            (!up.api().query("sase_agent_active").is_empty()).then_some(())
        });
        fleet
    }

    /// The dashboard of somebody who looks at it often. Nothing that may run on this machine is asked, and nobody is given up whom a busy
    /// machine lets wait, unless the arguments say so: else another source would tell the numbers now and then.
    fn dashboard(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.telemetry_pushing_to(&self.gateway);
        command.env("SASE_TELEMETRY_PROMETHEUS__URL", &self.api);
        command.env("SASE_TELEMETRY_PROMETHEUS__ALERTMANAGER_URL", NOBODY);
        command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "1");
        command.args(["dashboard", "-i", "0.5"]).args(arguments);
        if !arguments.contains(&"--timeout") {
            command.args(["--timeout", "1m"]);
        }
        command
    }

    /// Records an event, which is pushed to the gateway.
    fn record(&self, event: &[&str]) {
        let mut command = self.folder.telemetry_pushing_to(&self.gateway);
        let status = command.arg("record").args(event).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "{event:?}");
    }

    /// Pushes an exposition in the name of another host.
    fn push(&self, text: &str) {
        let url = format!("{}/metrics/job/sase_agent/instance/elsewhere", self.gateway);
        let answer = http::put(&url, text).unwrap();
        assert!(answer.status < 300, "{}", answer.body);
    }
}

/// So many agents, workspaces and beads.
fn active([agents, workspaces, beads]: [u32; 3]) -> String {
    format!(
        "# TYPE sase_agent_active gauge\nsase_agent_active{{llm_provider=\"claude\",project=\"site\"}} {agents}\n\
         # TYPE sase_workspace_active gauge\nsase_workspace_active{{project=\"site\"}} {workspaces}\n\
         # TYPE sase_bead_active gauge\nsase_bead_active{{project=\"site\",status=\"open\"}} {beads}\n"
    )
}

/// So many runs of agents that ended well, and that did not.
fn runs(ok: u32, error: u32) -> String {
    let of = |status: &str, runs: u32| {
        format!(
            "sase_agent_runs_total{{llm_provider=\"claude\",workflow=\"fix\",status=\"{status}\"}} {runs}\n"
        )
    };
    format!("# TYPE sase_agent_runs_total counter\n{}{}", of("ok", ok), of("error", error))
}

/// Waits until all these words are on the screen, in whatever case: titles are written as they look best.
fn reads(terminal: &Tmux, words: &[&str]) -> String {
    terminal.until(&format!("{words:?}"), |screen| {
        let screen = screen.to_lowercase();
        words.iter().all(|word| screen.contains(&word.to_lowercase()))
    })
}

/// Waits until some of these words are on the screen.
fn reads_any(terminal: &Tmux, words: &[&str]) -> String {
    terminal.until(&format!("any of {words:?}"), |screen| {
        let screen = screen.to_lowercase();
        words.iter().any(|word| screen.contains(&word.to_lowercase()))
    })
}

/// Ends a dashboard as its user does.
fn quit(terminal: &Tmux) {
    terminal.keys(&["q"]);
    assert_eq!(terminal.ended(), 0);
}
