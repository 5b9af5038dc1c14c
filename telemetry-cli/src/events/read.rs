//! A line of JSON as an event, and what is wrong with one in words that a person can act on.

use super::Event;
use super::known::did_you_mean;
use serde_json::error::Category;

/// The event that this line describes.
pub(super) fn object(line: &str) -> Result<Event, String> {
    // A list would be read too: its first element as the name of the event, and the others as its fields.
    if !line.trim_start().starts_with('{') {
        return Err("expected a JSON object, such as {\"event\":\"mentor\",\"status\":\"ok\"}".to_owned());
    }
    serde_json::from_str(line).map_err(|error| sentence(&error))
}

/// What is wrong. Where in the line is told of JSON that is none; of the rest it is not known, since fields come in any order.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rfind(" at line ").and_then(|end| text.get(..end)).unwrap_or(&text);
    match error.classify() {
        Category::Data => {
            format!("{}{}", what.replacen("unknown variant", "unknown name", 1), suggestion(what))
        }
        Category::Syntax | Category::Eof | Category::Io => {
            format!("no JSON: {what} at column {}", error.column())
        }
    }
}

/// Which of the names that a message of serde lists was meant by the one that it begins with.
fn suggestion(what: &str) -> String {
    let quoted: Vec<_> = what.split('`').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [name, known @ ..] if what.starts_with("unknown ") => did_you_mean(name, known),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Event;

    #[test]
    fn what_is_wrong_with_a_line_is_said_with_what_would_be_right() {
        for (line, expected) in [
            ("", "expected a JSON object, such as {\"event\":\"mentor\",\"status\":\"ok\"}"),
            (
                "[\"mentor\",\"ok\"]",
                "expected a JSON object, such as {\"event\":\"mentor\",\"status\":\"ok\"}",
            ),
            ("{\"event\":\"mentor\",", "no JSON: EOF while parsing a value at column 18"),
            ("{\"event\":\"mentor\",\"status\":\"ok\"} {}", "no JSON: trailing characters at column 34"),
            ("{\"status\":\"ok\"}", "missing field `event`"),
            ("{\"event\":\"mentor\"}", "missing field `status`"),
            (
                "{\"event\":\"mentor\",\"status\":null}",
                "invalid type: null, expected one of `ok`, `error`, `killed`, `other`",
            ),
            (
                "{\"event\":\"mentor\",\"status\":\"eror\"}",
                "unknown value `eror`, expected one of `ok`, `error`, `killed`, `other`; did you mean `error`?",
            ),
            (
                "{\"event\":\"mentor\",\"status\":\"\"}",
                "unknown value ``, expected one of `ok`, `error`, `killed`, `other`",
            ),
            (
                "{\"event\":\"mentor\",\"statu\":\"ok\"}",
                "unknown field `statu`, expected `status`; did you mean `status`?",
            ),
            ("{\"event\":\"mentor\",\"status\":\"ok\",\"status\":\"ok\"}", "duplicate field `status`"),
            ("{\"event\":\"zombie\",\"event\":\"zombie\"}", "duplicate field `event`"),
        ] {
            assert_eq!(Event::read(line).unwrap_err(), expected, "{line}");
        }
    }

    #[test]
    fn an_unknown_event_or_action_is_said_with_those_that_are_known() {
        let error = Event::read("{\"event\":\"notificaton\"}").unwrap_err();
        assert!(error.starts_with("unknown name `notificaton`, expected one of `agent`, `llm`"), "{error}");
        assert!(error.ends_with("; did you mean `notification`?"), "{error}");
        let error = Event::read("{\"event\":\"workspace\",\"action\":\"aquire\"}").unwrap_err();
        assert!(error.ends_with("did you mean `acquire`?"), "{error}");
    }
}
