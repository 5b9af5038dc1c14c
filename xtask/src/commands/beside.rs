//! `cargo xtask beside`, as a program without the feature `beside` has it: the same with that feature, and with optimisation.
//!
//! What it measures with is not built for the sake of the other chores.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::repository::Repository;

/// Arguments that are only handed on.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<OsString>,
}

/// Becomes the program that measures, so that a signal reaches it and nobody else.
pub(crate) fn run(repository: &Repository, options: &Options) -> Outcome {
    let error = measuring(repository, options).exec();
    Err(Failure::new(format!("cannot run cargo: {error}")))
}

fn measuring(repository: &Repository, options: &Options) -> Command {
    let build = ["run", "--quiet", "--release", "--package", "xtask", "--features", "beside"];
    let mut command = repository.cargo(build);
    command.args(["--", "beside"]).args(&options.arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_handed_on() {
        let options = Options { arguments: vec!["--help".into()] };
        let command = measuring(&Repository::open().unwrap(), &options);
        let arguments: Vec<_> = command.get_args().collect();
        assert!(arguments.ends_with(&[
            "beside".as_ref(),
            "--".as_ref(),
            "beside".as_ref(),
            "--help".as_ref()
        ]));
    }
}
