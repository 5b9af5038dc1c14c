//! The command line as people see it: without what is hidden, which shells and manual pages would show.

use crate::args::Cli;
use clap::{Command, CommandFactory as _};

/// The commands and options that are not hidden.
pub(crate) fn visible() -> Command {
    without_hidden(&Cli::command())
}

/// A command built anew from what is shown of it, since clap takes nothing away.
fn without_hidden(command: &Command) -> Command {
    let mut shown = Command::new(kept(command.get_name()))
        .args(command.get_arguments().filter(|argument| !argument.is_hide_set()))
        .subcommands(command.get_subcommands().filter(|command| is_word(command)).map(without_hidden))
        .subcommand_required(command.is_subcommand_required_set());
    for (set, text) in [
        (Command::about as fn(Command, clap::builder::StyledStr) -> Command, command.get_about()),
        (Command::long_about, command.get_long_about()),
        (Command::after_help, command.get_after_help()),
    ] {
        shown = text.into_iter().fold(shown, |shown, text| set(shown, text.clone()));
    }
    match command.get_version() {
        Some(version) => shown.version(kept(version)).propagate_version(true),
        None => shown,
    }
}

/// A command that is shown and called by a word. After `-` neither a page nor a function of a shell can be named; the text of the command
/// above tells of it.
fn is_word(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "-"
}

/// clap wants its names for as long as the program runs, which ends when it has printed them.
fn kept(name: &str) -> &'static str {
    name.to_owned().leak()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_a_command_line_of_its_own() {
        visible().debug_assert();
        let names: Vec<_> =
            visible().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        assert!(visible().find_subcommand("record").unwrap().find_subcommand("-").is_none());
        assert!(names.contains(&"run".to_owned()) && !names.contains(&"demo-part".to_owned()), "{names:?}");
    }
}
