//! What the parser of arguments has to say: help, or what is wrong with them.

use crate::args::Cli;
use crate::failure::{Exit, Failure};
use crate::tables::harmless;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Command, CommandFactory as _};
use std::io;
use std::process::ExitCode;

/// Prints it: what is wrong as every failure is told, and help as it is. The exit code 2 of clap for wrong usage is 64 here, since 2 is the
/// critical verdict of other commands. Help that cannot be written is a failure like any other result.
pub(crate) fn report(error: Error) -> ExitCode {
    let error = with_known(error);
    if error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return failure(&error).report(false);
    }
    match error.print() {
        _ if error.use_stderr() => Exit::Usage.into(),
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Failure::new("cannot write the help to standard output").because(error).report(false)
        }
        _ => ExitCode::SUCCESS,
    }
}

/// What is wrong in one sentence, and below it tips, how the command is used, and where more is said.
fn failure(error: &Error) -> Failure {
    let text = error.to_string();
    let mut paragraphs = text.trim_end().split("\n\n").map(str::trim);
    let first = paragraphs.next().unwrap_or_default();
    let sentence = first.strip_prefix("error: ").unwrap_or(first);
    let help = format!("`{} --help` says what it takes", command_line(error));
    let others = paragraphs.filter(|paragraph| !paragraph.starts_with("For more information"));
    let lines = others.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty());
    let advice: Vec<_> = lines.map(told).chain([help]).collect();
    Failure::usage(told(sentence)).advice(advice.join("\n  "))
}

/// The words of a line, as harmless as they can be told. What was typed may be an address with a password where none belongs.
fn told(line: &str) -> String {
    let word = |word: &str| match word.rsplit_once('@') {
        Some((before, host)) if before.contains(':') => format!("…@{host}"),
        _ => word.to_owned(),
    };
    harmless(&line.split_whitespace().map(word).collect::<Vec<_>>().join(" "))
}

/// The same, with the commands or events that there are where one is named that is none of them.
fn with_known(mut error: Error) -> Error {
    if error.kind() == ErrorKind::InvalidSubcommand {
        let (mut tips, known) = (tips(&error), known(&of_usage(&error)));
        tips.push(StyledStr::from(known));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    error
}

/// What clap says by itself.
fn tips(error: &Error) -> Vec<StyledStr> {
    match error.get(ContextKind::Suggested) {
        Some(ContextValue::StyledStrs(tips)) => tips.clone(),
        _ => Vec::new(),
    }
}

/// The command in whose usage the error is told.
fn of_usage(error: &Error) -> Command {
    named(error).1
}

/// How that command is called.
fn command_line(error: &Error) -> String {
    named(error).0
}

/// Both: the words of the usage that are commands, and the last of these.
fn named(error: &Error) -> (String, Command) {
    // What is wrong with a value is told without the usage.
    let usage = error.get(ContextKind::Usage).map_or_else(typed, ToString::to_string);
    let words = usage.split_whitespace().skip_while(|word| *word != "telemetry").skip(1);
    words.fold(("telemetry".to_owned(), Cli::command()), |(line, command), word| {
        match command.find_subcommand(word).cloned() {
            Some(found) => (format!("{line} {word}"), found),
            None => (line, command),
        }
    })
}

/// What was typed, under the name that the program has in its usage.
fn typed() -> String {
    let arguments = std::env::args_os().skip(1);
    arguments.fold("telemetry".to_owned(), |line, word| format!("{line} {}", word.to_string_lossy()))
}

fn known(command: &Command) -> String {
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    format!("known are: {}", shown.map(Command::get_name).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(arguments: &[&str]) -> String {
        let arguments = ["telemetry"].iter().chain(arguments);
        with_known(Cli::read(arguments).unwrap_err()).to_string()
    }

    #[test]
    fn who_names_what_is_not_there_hears_what_is_and_what_is_nearest() {
        let event = said(&["record", "nosuch"]);
        assert!(event.contains("known are: agent, llm,") && event.contains("notification"), "{event}");
        assert!(!event.contains("snapshot") && event.contains(", -"), "{event}");
        assert!(said(&["record", "hok"]).contains("'hook'"));
        assert!(said(&["record", "workspace", "nosuch"]).contains("acquire"));
        let command = said(&["nosuch"]);
        assert!(command.contains("snapshot") && !command.contains("demo-part"), "{command}");
    }

    #[test]
    fn a_password_where_no_address_belongs_is_not_repeated() {
        for typed in ["http://me:hunter2@host:9091", "me:hunter2@host:9091"] {
            for arguments in [&["status", typed][..], &["list", "-s", typed], &[typed]] {
                let arguments = ["telemetry"].iter().chain(arguments);
                let failure = failure(&with_known(Cli::read(arguments).unwrap_err()));
                let told = format!("{failure:?}");
                assert!(!told.contains("hunter2") && told.contains("host:9091"), "{told}");
            }
        }
    }

    #[test]
    fn wrong_usage_is_told_as_every_failure_is() {
        let of = |arguments: &[&str]| {
            let arguments = ["telemetry"].iter().chain(arguments);
            failure(&with_known(Cli::read(arguments).unwrap_err()))
        };
        let typed = of(&["config", "show", "--formt", "json"]);
        assert!(typed.is_usage());
        assert_eq!(typed.line(), "unexpected argument '--formt' found");
        let told = format!("{typed:?}");
        for words in [
            "a similar argument exists: '--format'",
            "`telemetry config show --help` says",
            "Usage: telemetry config show",
        ] {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(!told.contains("For more information") && !told.contains("error: "), "{told}");
        let missing = of(&["query"]);
        assert_eq!(missing.line(), "the following required arguments were not provided: <EXPR>");
        let value = of(&["list", "-f", "x\u{1b}[2J"]).line();
        assert!(
            value.contains("[possible values: rich, json, markdown]") && !value.contains('\u{1b}'),
            "{value}"
        );
    }

    #[test]
    fn what_is_wrong_otherwise_is_said_as_it_was() {
        let said = said(&["list", "--nosuch"]);
        assert!(said.contains("--nosuch") && !said.contains("known are"), "{said}");
    }
}
