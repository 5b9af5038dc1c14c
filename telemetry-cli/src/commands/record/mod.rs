//! `telemetry record`: records what a hook or a script tells, one event as words and flags or many as lines of JSON.

use crate::events::Event;
use crate::failure::{Failure, tell};
use crate::session::Session;
use clap::{Args, Subcommand};
use std::io::{self, IsTerminal, Read};
use std::process::ExitCode;

mod batch;
mod lines;
mod recorder;

use recorder::Recorder;

/// Record one event from a hook or a script, or many from standard input
///
/// What is recorded goes to the ledger and from there to the Pushgateway, if one answers. With `-`, or with no event where standard
/// input is no terminal, each line of it is an event: a JSON object with the name of the event under `event` (the second word of `axe` and
/// `workspace` under `action`) and under the names of the flags, with _ for -, what they say.
#[derive(Debug, Args)]
#[command(
    subcommand_value_name = "EVENT",
    subcommand_help_heading = "Events",
    after_help = "\
Examples:
  telemetry record llm --provider claude --status ok --seconds 12.4 --input-tokens 900
  telemetry record hook --type pre-commit --status passed --seconds 1.5
  telemetry record workspace acquire --id ws-7 --project site
  echo '{\"event\":\"llm\",\"provider\":\"claude\",\"status\":\"ok\",\"seconds\":12.4}' | telemetry record -

Exit codes: 0 recorded, or nothing is to be recorded here; 1 not recorded; 64 wrong usage. A line of
standard input that is wrong records nothing of itself, and the others are recorded. Without `-`
there has to be at least one."
)]
pub(crate) struct RecordArgs {
    #[command(subcommand)]
    what: Option<What>,
}

#[cfg(test)]
impl RecordArgs {
    /// The one event that is recorded.
    pub(crate) const fn event(&self) -> Option<&Event> {
        match &self.what {
            Some(What::Event(event)) => Some(event),
            Some(What::Batch) | None => None,
        }
    }
}

/// What is recorded.
#[derive(Debug, Subcommand)]
enum What {
    #[command(flatten)]
    Event(Event),
    /// The events of standard input, one JSON object a line
    #[command(name = "-")]
    Batch,
}

pub(crate) fn run(args: &RecordArgs, session: &Session) -> Result<ExitCode, Failure> {
    match &args.what {
        Some(What::Event(event)) => one(event, session),
        Some(What::Batch) => batch(session, false),
        None if !io::stdin().is_terminal() => batch(session, true),
        None => Err(no_event()),
    }
}

fn no_event() -> Failure {
    Failure::usage("no event is given")
        .advice("`telemetry record --help` lists the events; with `-` they are read from standard input.")
}

fn one(event: &Event, session: &Session) -> Result<ExitCode, Failure> {
    event.check().map_err(Failure::usage)?;
    let Some(mut recorder) = Recorder::new(session)? else { return Ok(ExitCode::SUCCESS) };
    let recorded = recorder.record(event).map_err(|why| Failure::new(format!("not recorded: {why}")));
    recorded.and_then(|()| recorder.finish())?;
    Ok(ExitCode::SUCCESS)
}

/// Records the lines of standard input. Where nobody said that there are any, there must be one: the word that a script meant to give
/// may have been empty.
fn batch(session: &Session, needs_one: bool) -> Result<ExitCode, Failure> {
    let Some(recorder) = Recorder::new(session)? else {
        drain(io::stdin());
        return Ok(ExitCode::SUCCESS);
    };
    match batch::record(recorder)? {
        0 if needs_one => Err(no_event()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Reads to the end: whoever writes would be ended by a pipe that nobody reads, only because telemetry is off.
fn drain(mut input: impl Read) {
    let _whatever_it_was = io::copy(&mut input, &mut io::sink());
}

/// Says that what is told is not recorded, to whoever asks: it is what they want who turned it off, at each call of a hook.
fn nothing_is_recorded(why: &str, session: &Session) {
    if session.global().verbose {
        tell(&format!("nothing is recorded: {why}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_recorded_is_read_to_its_end_all_the_same() {
        let (reader, mut writer) = io::pipe().unwrap();
        let text = vec![b'x'; 1 << 20];
        std::thread::scope(|scope| {
            let written = scope.spawn(move || io::Write::write_all(&mut writer, &text));
            drain(reader);
            assert!(written.join().unwrap().is_ok());
        });
    }
}
