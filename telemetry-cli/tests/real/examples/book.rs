//! Every `--help` of the binary, and the examples in them.

use crate::support::Scratch;

/// A line that a help invites to type.
#[derive(Debug)]
pub(crate) struct Example {
    /// The command whose help it is.
    pub(crate) command: String,
    pub(crate) line: String,
}

/// Every command that a help lists, with its own help.
pub(crate) fn commands() -> Vec<(String, String)> {
    let folder = Scratch::new();
    let mut found = Vec::new();
    let mut waiting = vec![String::new()];
    while let Some(command) = waiting.pop() {
        let output = folder.telemetry().args(command.split_whitespace()).arg("--help").output().unwrap();
        assert!(output.status.success(), "{command} --help: {output:?}");
        let help = String::from_utf8(output.stdout).unwrap();
        let below = below(&help).map(|name| format!("{command} {name}").trim().to_owned());
        waiting.extend(below);
        found.push((format!("telemetry {command}").trim().to_owned(), help));
    }
    found.sort();
    found
}

/// The commands that a help lists; that of clap is no command of ours.
fn below(help: &str) -> impl Iterator<Item = &str> {
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help")
}

/// Every example, once: what is indented by two and is a call of ours, or of a program that talks with ours.
pub(crate) fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for (command, help) in commands() {
        // What does not fit a line goes on in the next.
        let help = help.replace(" \\\n", " ");
        let extra = help.lines().skip_while(|line| *line != "Examples:");
        for line in extra.filter_map(|line| line.strip_prefix("  ")).filter(|line| is_call(line)) {
            if examples.iter().all(|example| example.line != line) {
                examples.push(Example { command: command.clone(), line: line.to_owned() });
            }
        }
    }
    examples
}

fn is_call(line: &str) -> bool {
    let words: Vec<_> = line.split_whitespace().collect();
    !line.starts_with(' ') && (words[0] == "curl" || words.contains(&"telemetry")) && words[0] != "-"
}
