//! `telemetry completions`: what a shell needs to complete commands and options.

mod visible;

use crate::failure::Failure;
use crate::output::print;
use crate::session::Session;
use clap::Args;
use clap_complete::{Shell, generate};
use std::process::ExitCode;

pub(crate) use visible::visible;

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry completions bash > ~/.local/share/bash-completion/completions/telemetry
  telemetry completions zsh > ~/.zfunc/_telemetry
  telemetry completions fish > ~/.config/fish/completions/telemetry.fish
  telemetry completions elvish > ~/.config/elvish/lib/telemetry.elv
  telemetry completions powershell >> profile.ps1

A shell that is started anew reads them. For zsh, ~/.zshrc needs `fpath+=~/.zfunc` before `compinit`; for elvish, rc.elv needs \
`use telemetry`; for PowerShell, append to the file that `$PROFILE` names.")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, _session: &Session) -> Result<ExitCode, Failure> {
    print(&text(args.shell))
}

fn text(shell: Shell) -> String {
    let mut script = Vec::new();
    generate(shell, &mut visible(), "telemetry", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    #[test]
    fn every_shell_completes_what_is_shown_and_nothing_hidden() {
        for shell in Shell::value_variants() {
            let text = text(*shell);
            assert!(
                text.contains("export-config") && text.contains("--pushgateway") || text.contains("snapshot"),
                "{shell}"
            );
            assert!(!text.contains("demo-part") && !text.contains("passing"), "{shell}");
        }
    }
}
