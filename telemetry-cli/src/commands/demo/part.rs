//! The parts of the demo that are processes of their own, and that never outlive it.

use super::course::Course;
use super::plan::Plan;
use super::{agent, orchestrator};
use crate::failure::Failure;
use crate::session::Session;
use clap::{Args, Subcommand};
use rustix::process::{Signal, getpid, kill_process};
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// How often it is looked whether the folder is gone, and how long it is waited in between: long enough for a busy machine.
const LOOKS: u32 = 300;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// In how many looks in a row the folder must be gone.
const GONE: u32 = 10;

/// A part of `telemetry demo`, which starts it itself
#[derive(Debug, Args)]
pub(crate) struct PartArgs {
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The daemon that is scraped
    Orchestrator(OrchestratorArgs),
    /// One agent of the plan that follows from these numbers
    Agent(AgentArgs),
}

#[derive(Debug, Args)]
struct OrchestratorArgs {
    /// The folder of the demo, which it removes if the demo is killed and cannot
    #[arg(long)]
    remove: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct AgentArgs {
    #[arg(long)]
    seed: u64,
    #[arg(long)]
    agents: usize,
    /// The duration of the demo in milliseconds
    #[arg(long)]
    millis: u64,
    /// Which agent of the plan it is, from 0
    #[arg(long)]
    number: usize,
    /// The file that says, by being there, that everything is durable and this process may be killed
    #[arg(long)]
    ready: PathBuf,
}

/// How the demo starts an agent.
pub(super) fn agent_arguments(plan: &Plan, number: usize) -> Vec<String> {
    let millis = plan.course.duration().as_millis();
    let words = format!(
        "demo-part agent --seed {} --agents {} --millis {millis} --number {number} --ready",
        plan.seed, plan.agents
    );
    words.split(' ').map(str::to_owned).collect()
}

/// How the demo starts the orchestrator, which removes the folder should the demo be killed.
pub(super) fn orchestrator_arguments(remove: Option<&Path>) -> Vec<OsString> {
    let words = ["demo-part", "orchestrator"].map(OsString::from);
    let folder = remove.map(|folder| [OsString::from("--remove"), folder.into()]);
    words.into_iter().chain(folder.into_iter().flatten()).collect()
}

pub(crate) fn run(args: PartArgs, session: &Session) -> Result<ExitCode, Failure> {
    match args.part {
        Part::Orchestrator(OrchestratorArgs { remove: None }) => {
            orchestrator::run(session, &lines_until_the_demo_ends(|| ()))
        }
        Part::Orchestrator(OrchestratorArgs { remove: Some(folder) }) => {
            orchestrator::run(session, &lines_until_the_demo_ends(move || remove(&folder)))
        }
        Part::Agent(AgentArgs { seed, agents, millis, number, ready }) => {
            let _told = lines_until_the_demo_ends(|| ());
            let plan = Plan::draw(seed, agents, Course::new(Duration::from_millis(millis)));
            let life = plan.lives.get(number).ok_or_else(|| Failure::usage("the plan has no such agent"))?;
            agent::run(life, &ready, session)
        }
    }
}

/// What the demo says on standard input. Its end of the pipe closes when the demo ends, however it does; this process then ends at once, as
/// a kill would end it, so that it touches nothing any more; but first it does what is left to do.
fn lines_until_the_demo_ends(finally: impl FnOnce() + Send + 'static) -> Receiver<String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(io::stdin()).lines().map_while(Result::ok) {
            let _nobody_listens = tell.send(line);
        }
        finally();
        let _killed = kill_process(getpid(), Signal::KILL);
    });
    told
}

/// Removes the folder of a demo that was killed. Its agents end at the same time, and may still write something into it, or make it anew.
fn remove(folder: &Path) {
    let mut gone = 0;
    for _ in 0..LOOKS {
        // What could not be removed now is tried again.
        let _removed = fs::remove_dir_all(folder);
        gone = if folder.exists() { 0 } else { gone + 1 };
        if gone == GONE {
            return;
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}
