//! What holds for the whole command line: every command explains itself, and an option means the same wherever it is.

use crate::commands::completions::visible;
use clap::{Arg, Command};
use std::collections::BTreeMap;

/// Letters that mean something else than elsewhere, with what they mean there.
const OTHER_LETTERS: &[(&str, char, &str)] = &[("export-config", 'f', "force")];

/// Names that somebody may give to an option that exists under another one.
const SYNONYMS: &[(&str, &str)] = &[
    ("output-format", "format"),
    ("fmt", "format"),
    ("url", "from"),
    ("server", "from"),
    ("address", "from"),
    ("wait", "timeout"),
    ("max-time", "timeout"),
    ("sub-system", "subsystem"),
    ("target", "from"),
    ("overwrite", "force"),
    ("yes", "force"),
    ("dir", "output"),
];

/// Every command with its full name, those above before those below.
fn commands() -> Vec<(String, Command)> {
    fn walk(name: &str, command: &Command, found: &mut Vec<(String, Command)>) {
        found.push((name.to_owned(), command.clone()));
        command
            .get_subcommands()
            .for_each(|below| walk(format!("{name} {}", below.get_name()).trim(), below, found));
    }
    let mut found = Vec::new();
    walk("", &visible(), &mut found);
    found
}

fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| !argument.is_positional())
}

#[test]
fn every_command_says_what_it_does_and_gives_examples_of_itself() {
    for (name, command) in commands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(about.len() > 10 && !about.ends_with('.'), "{name}: {about:?}");
        let extra = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        // The last word of an event of two is explained at the first.
        let explained = extra.starts_with("Examples:\n  telemetry ");
        assert!(explained || name.starts_with("record "), "{name}: {extra}");
        let own = extra.lines().skip(1).take_while(|line| line.starts_with("  "));
        // What does not fit a line goes on in the next, further to the right.
        let own = own.filter(|line| !line.starts_with("   "));
        assert!(own.clone().all(|line| line.contains(&name)) || name == "serve", "{name}: {extra}");
        assert!(
            own.clone().all(|line| line.len() <= 98),
            "{name}: an example does not fit a line of the help"
        );
    }
}

#[test]
fn every_option_is_explained_in_a_sentence_without_a_stop() {
    for (name, command) in commands() {
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty() && !help.ends_with('.'), "{name}: {}: {help:?}", argument.get_id());
        }
    }
}

#[test]
fn commands_whose_exit_codes_are_answers_list_them() {
    for (name, command) in
        commands().into_iter().filter(|(name, _)| ["alerts", "health"].contains(&name.as_str()))
    {
        let extra = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let listed = ["0 ", "1 ", "2 ", "3 ", "64 "].iter().all(|code| extra.contains(code));
        assert!(extra.contains("\nExit codes: ") && listed, "{name}: {extra}");
    }
}

#[test]
fn an_option_means_the_same_wherever_it_is() {
    let mut letters: BTreeMap<char, &str> = BTreeMap::new();
    let mut others = OTHER_LETTERS.to_vec();
    let all = commands();
    let options = all.iter().flat_map(|(name, command)| options(command).map(move |option| (name, option)));
    for (name, option) in options {
        let long =
            option.get_long().unwrap_or_else(|| panic!("{name}: {} has no long name", option.get_id()));
        let synonym = SYNONYMS.iter().find(|(other, _)| *other == long);
        assert_eq!(synonym, None, "{name} --{long}");
        let Some(letter) = option.get_short() else { continue };
        if let Some(at) =
            others.iter().position(|(at, other, meaning)| (*at, *other, *meaning) == (name, letter, long))
        {
            others.swap_remove(at);
            continue;
        }
        assert_eq!(*letters.entry(letter).or_insert(long), long, "{name} -{letter}");
    }
    assert!(others.is_empty(), "no command needs these: {others:?}");
    for (letter, long) in [
        ('f', "format"),
        ('j', "json"),
        ('s', "subsystem"),
        ('S', "source"),
        ('q', "quiet"),
        ('v', "verbose"),
    ] {
        assert_eq!(letters.get(&letter), Some(&long));
    }
}

#[test]
fn an_option_with_a_letter_has_it_in_every_command_and_its_value_is_called_the_same() {
    let mut forms: BTreeMap<String, (Option<char>, String)> = BTreeMap::new();
    for (name, command) in commands() {
        for option in options(&command).filter(|option| {
            ["format", "json", "subsystem", "source", "timeout", "from"]
                .contains(&option.get_long().unwrap_or_default())
        }) {
            let value = option.get_value_names().map(|names| names.join(" ")).unwrap_or_default();
            // What may be asked for under `--from` differs, and the name of the value says what.
            let value = if option.get_long() == Some("from") { String::new() } else { value };
            let long = option.get_long().unwrap_or_default().to_owned();
            let form = (option.get_short(), value);
            assert_eq!(*forms.entry(long.clone()).or_insert(form.clone()), form, "{name} --{long}");
        }
    }
}
