//! A step of `telemetry doctor`: how it ended on one line, and below it what was found and what to do.

use super::grid::{Paint, painted};
use super::harmless;
use super::wrap::wrapped;
use crate::commands::doctor::{Outcome, Step};
use crate::output::Screen;
use telemetry_catalog::quantity::seconds;

/// How far what was found is indented.
const INDENT: &str = "    ";

/// The step as lines. On a terminal it begins with a mark, and what is too long goes on in the next line.
pub(crate) fn step(step: &Step, screen: Screen) -> String {
    let paint = paint(step.outcome);
    let outcome = painted(&format!("{:<13}", step.outcome.as_str()), paint, screen);
    let mark = match screen.width {
        Some(_) => painted(&format!("{} ", mark(step.outcome)), paint, screen),
        None => String::new(),
    };
    let name = painted(&format!("{:<14}", step.name.as_str()), Paint::Strong, screen);
    let mut text = format!("{mark}{name}{outcome}{:>8}\n", seconds(step.seconds));
    let advice = step.advice.iter().map(|advice| (advice, Paint::Plain, "-> "));
    let said = step.said.iter().map(|said| (said, Paint::Faint, ""));
    for (sentence, paint, begins) in said.chain(advice) {
        for (number, line) in
            wrapped(&harmless(sentence), INDENT.len() + begins.len(), screen).iter().enumerate()
        {
            let begins = if number == 0 { begins.to_owned() } else { " ".repeat(begins.len()) };
            text += &format!("{INDENT}{}\n", painted(&format!("{begins}{line}"), paint, screen));
        }
    }
    text
}

const fn mark(outcome: Outcome) -> char {
    match outcome {
        Outcome::Ok => '✓',
        Outcome::Failed => '✗',
        _ => '–',
    }
}

const fn paint(outcome: Outcome) -> Paint {
    match outcome {
        Outcome::Ok => Paint::Good,
        Outcome::Failed => Paint::Critical,
        Outcome::Skipped => Paint::Warning,
        Outcome::NotTestable | Outcome::NotUsed => Paint::Faint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::{Finding, Name};
    use std::time::Duration;

    fn found() -> Step {
        let finding = Finding::failed("no answer from http://localhost:9091: connection\u{1b}[2J refused");
        finding
            .advice("Start a Pushgateway there, or say where one is.")
            .at(Name::Push, Duration::from_millis(3))
    }

    #[test]
    fn in_a_pipe_each_sentence_is_one_line() {
        let expected = "\
push          failed           3 ms
    no answer from http://localhost:9091: connection\\u{1b}[2J refused
    -> Start a Pushgateway there, or say where one is.
";
        assert_eq!(step(&found(), Screen::PLAIN), expected);
    }

    #[test]
    fn on_a_terminal_there_is_a_mark_and_no_line_is_too_long() {
        let mut narrow = Screen::PLAIN;
        narrow.width = Some(40);
        let text = step(&found(), narrow);
        assert!(text.starts_with("✗ push"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert!(text.contains("\n       where one is.\n") || text.contains("\n       "), "{text}");
        assert!(step(&found(), Screen { colour: true, ..Screen::PLAIN }).contains('\u{1b}'));
    }
}
