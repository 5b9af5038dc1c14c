//! `telemetry config init`: writes the commented example. Nothing that was there is lost.

mod target;

use crate::failure::{Failure, warn};
use crate::output::{print, print_to};
use crate::session::Session;
use crate::tables::harmless;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use target::{Before, Target};
use telemetry_core::config::{Sources, example_yaml};

/// Write a configuration file in which every setting stands as a comment
///
/// Where the file is there without a section `telemetry`, the section is added at its end, and the rest of it stays as it is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry config init
  telemetry config init --user
  telemetry config init --print | less")]
pub(crate) struct InitArgs {
    /// The file to write [default: ./sase.yml]
    #[arg(value_name = "FILE", conflicts_with_all = ["user", "print"])]
    file: Option<PathBuf>,
    /// Write the user's own file, $XDG_CONFIG_HOME/sase/sase.yml or ~/.config/sase/sase.yml
    #[arg(long, conflicts_with = "print")]
    user: bool,
    /// Write anew what has a section already; what was there is kept beside it
    #[arg(long, conflicts_with = "print")]
    force: bool,
    /// Print it and write nothing
    #[arg(long)]
    print: bool,
}

pub(crate) fn run(args: &InitArgs, session: &Session) -> Result<ExitCode, Failure> {
    if args.print {
        return print(&example_yaml());
    }
    let path = path(args)?;
    let target = Target::look(&path)?;
    let said = match target.before() {
        Before::Nothing => {
            target.create(&example_yaml())?;
            format!("wrote {}", path.display())
        }
        Before::WithoutSection(text) => {
            target.replace(&appended(text))?;
            format!(
                "added the section telemetry to the end of {}, and left the rest as it was",
                path.display()
            )
        }
        Before::WithSection | Before::Unreadable(_) if args.force => {
            let kept = target.keep()?;
            target.replace(&example_yaml())?;
            format!("wrote {} anew; what was there is {} now", path.display(), kept.display())
        }
        Before::WithSection => return Err(left(&path, "it has a section telemetry already")),
        Before::Unreadable(error) => return Err(left(&path, &error.to_string())),
    };
    say_what_is_read(&path, session);
    print_to(
        session.screen(),
        &format!("{}. It was read again to check it: every setting has its default.\n", harmless(&said)),
    )
}

fn path(args: &InitArgs) -> Result<PathBuf, Failure> {
    if !args.user {
        return Ok(args.file.clone().unwrap_or_else(|| PathBuf::from("sase.yml")));
    }
    let folder = Sources::from_process().user_config_dir.ok_or_else(|| {
        Failure::new("there is no folder for the user's configuration")
            .advice("Set HOME or XDG_CONFIG_HOME to an absolute path, or name a FILE.")
    })?;
    Ok(folder.join("sase/sase.yml"))
}

fn left(path: &Path, why: &str) -> Failure {
    Failure::new(format!("{} was left as it is: {why}", path.display())).advice(
        "`telemetry config init --print` prints the example, and --force writes it anew and keeps the former file beside it.",
    )
}

/// An empty line between the two would become part of a text that keeps its last lines, so that there is none.
fn appended(text: &str) -> String {
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{newline}{}", example_yaml())
}

/// Somebody who has written a file expects it to be read.
fn say_what_is_read(path: &Path, session: &Session) {
    let Ok(loaded) = session.load() else { return };
    let same = |file: &PathBuf| file.canonicalize().ok() == path.canonicalize().ok();
    if let Some(file) = loaded.file.filter(|file| !same(file)) {
        warn(&format!(
            "here, {} is read instead: see `telemetry config show`",
            harmless(&file.display().to_string())
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_is_the_beginning_of_what_is_written() {
        for text in ["", "a: 1\n", "a: 1", "a: |+\n  x\n\n"] {
            let whole = appended(text);
            assert!(whole.starts_with(text) && whole.ends_with(&example_yaml()), "{text:?}");
            assert!(!whole.contains("1#"), "{text:?}");
        }
    }
}
