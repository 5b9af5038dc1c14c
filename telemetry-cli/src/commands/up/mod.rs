//! `telemetry up`: the monitoring stack of one machine in this process.
//!
//! | module | responsible for |
//! |---|---|
//! | `arguments` | what can be said to it |
//! | `options` | what that and the configuration make of the stack |
//! | `hints` | what does not fit together |
//! | `report` | what a person sees of it |

mod arguments;
mod hints;
mod options;
mod report;

use crate::failure::{Failure, warn};
use crate::session::Session;
use crate::supervise::Inherited;
use hints::hints;
use options::options;
use report::Report;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::process::{self, ExitCode};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;
use telemetry_stack::notify::News;
use telemetry_stack::{Stack, StackError};

pub(crate) use arguments::UpArgs;

/// The folder below that of the state of all programs.
const FOLDER: &str = "telemetry-up";

/// How many lines about alerts may wait to be read: a terminal may take nothing for a while.
const MOST_NEWS: usize = 1000;

/// How long the end may take: a little less than the 5 s that are promised.
const END: Duration = Duration::from_millis(4500);

pub(crate) fn run(args: UpArgs, session: &Session) -> Result<ExitCode, Failure> {
    args.check()?;
    let config = session.config()?;
    // Signals that come while it starts are kept for it.
    let signals = signals()?;
    let (tell, news) = mpsc::sync_channel(MOST_NEWS);
    let options = options(args, config, News::to(tell))?;
    let stack = Stack::start(&options).map_err(not_started)?;
    let report = Report::new(session.screen(), &options).start(&stack, news);
    if !stack.runs() {
        report.end("everything that would be started here runs already");
        return Ok(ExitCode::SUCCESS);
    }
    stack.notes().iter().for_each(|note| warn(note));
    hints(&stack, &options.config).iter().for_each(|hint| warn(hint));
    if !options.listen.is_loopback() {
        warn("anybody who reaches this address may read and push: nobody is asked for a password");
    }
    // Whoever sends them is gone only when the process is.
    let _signal = signals.recv();
    let report = report.ending();
    stack.stop();
    report.end("");
    Ok(ExitCode::SUCCESS)
}

/// Why nothing runs, and what to do about it where the words of the stack do not say that.
fn not_started(error: StackError) -> Failure {
    let is_about_the_folder = matches!(error, StackError::Folder(_));
    let failure = Failure::from(error);
    if is_about_the_folder { failure.advice("Another folder is named with --data-dir.") } else { failure }
}

/// The signals that end it. From the first one on the process has only so long, whatever keeps it, such as a terminal that takes nothing;
/// what was acknowledged is on disk already. A second one ends it at once.
fn signals() -> Result<Receiver<i32>, Failure> {
    // `nohup` wants that one to be ignored.
    let ignored = Inherited::read().ignores(SIGHUP);
    let wanted = [SIGTERM, SIGINT, SIGHUP].into_iter().filter(|&signal| signal != SIGHUP || !ignored);
    let mut signals =
        Signals::new(wanted).map_err(|error| Failure::new("cannot catch signals").because(error))?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut coming = signals.forever();
        let first = coming.next().unwrap_or(SIGTERM);
        thread::spawn(|| {
            thread::sleep(END);
            process::exit(0)
        });
        let _told = tell.send(first);
        if let Some(second) = coming.next() {
            process::exit(128 + second);
        }
    });
    Ok(told)
}
