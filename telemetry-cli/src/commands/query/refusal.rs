//! Why there is no answer, with the place in the expression where the server names one.

use crate::failure::Failure;
use crate::tables::harmless;
use telemetry_stack::source::SourceError;

/// A line that is longer is not repeated to point into it.
const LONGEST_LINE: usize = 160;

/// What to do where nobody answers.
const ADVICE: &str = "`telemetry up` keeps a history that can be asked; another Prometheus is named by --from, or by \
                      telemetry.prometheus.url. `telemetry status` says what answers where.";

/// The failure that this error is.
pub(super) fn failure(error: &SourceError, expr: &str) -> Failure {
    match error {
        SourceError::Query(words) => {
            let failure = Failure::new(format!("the query is refused: {}", harmless(words)));
            match pointed(words, expr) {
                Some(pointed) => failure.advice(pointed),
                None => failure,
            }
        }
        other => {
            Failure::new(format!("no answer to the query: {}", harmless(&other.to_string()))).advice(ADVICE)
        }
    }
}

/// The line of the expression that the words name, with a mark below the place.
fn pointed(words: &str, expr: &str) -> Option<String> {
    let (line, column) = place(words)?;
    let line = expr.lines().nth(line.checked_sub(1)?)?;
    let before = line.get(..column.checked_sub(1)?.min(line.len()))?;
    let (shown, before) = (harmless(line), harmless(before).chars().count());
    (shown.chars().count() <= LONGEST_LINE).then(|| format!("{shown}\n  {:before$}^", ""))
}

/// The line and the column in bytes, from 1, that stand as `1:8: ` in front of what is wrong there.
fn place(words: &str) -> Option<(usize, usize)> {
    let before = words.split(": ").find(|part| {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        digits && part.contains(':')
    })?;
    let (line, column) = before.split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "bad_data: invalid parameter \"query\": 1:8: parse error: unclosed left parenthesis";

    #[test]
    fn a_mark_stands_below_the_place() {
        assert_eq!(pointed(WORDS, "rate(up").as_deref(), Some("rate(up\n         ^"));
        assert_eq!(pointed("2:1: parse error: x", "a +\n}").as_deref(), Some("}\n  ^"));
    }

    #[test]
    fn a_place_that_is_none_is_not_pointed_at() {
        for (words, expr) in [
            (WORDS, "ééé\u{e9}("),
            ("3:1: x", "up"),
            ("0:0: x", "up"),
            ("execution: expanding series: 12", "up"),
            ("99999999999999999999:1: x", "up"),
            (WORDS, &*"x".repeat(1_000)),
        ] {
            let pointed = pointed(words, expr);
            assert!(pointed.is_none(), "{words} {expr}: {pointed:?}");
        }
    }

    #[test]
    fn only_who_does_not_answer_is_looked_for_elsewhere() {
        let refused = failure(&SourceError::Query("x\u{1b}[2J".to_owned()), "up");
        assert_eq!(refused.line(), "the query is refused: x\\u{1b}[2J");
        let nobody = failure(&SourceError::Unreachable("refused".to_owned()), "up");
        assert_eq!(nobody.line(), "no answer to the query: refused");
    }
}
