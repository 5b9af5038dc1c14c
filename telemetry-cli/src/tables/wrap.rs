//! Sentences in lines as long as the screen is wide.

use crate::output::Screen;

/// The least room for a sentence; on a screen that is narrower, lines are longer than the screen.
const LEAST: usize = 20;

/// A sentence in lines that fit behind so many columns of the screen. A word that is longer than that has a line of its own.
pub(crate) fn wrapped(sentence: &str, behind: usize, screen: Screen) -> Vec<String> {
    let Some(width) = screen.width else { return vec![sentence.to_owned()] };
    let room = usize::from(width).saturating_sub(behind).max(LEAST);
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                *line += &format!(" {word}");
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_full_before_the_next_begins_and_no_word_is_cut() {
        let narrow = Screen { width: Some(24), ..Screen::PLAIN };
        let sentence = "one two three four five a_word_that_is_longer_than_any_line six";
        let lines = ["one two three four", "five", "a_word_that_is_longer_than_any_line", "six"];
        assert_eq!(wrapped(sentence, 4, narrow), lines);
        assert_eq!(wrapped(sentence, 4, Screen::PLAIN), [sentence]);
    }
}
