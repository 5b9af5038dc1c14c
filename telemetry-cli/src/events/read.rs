//! A line of JSON as an event, and what is wrong with one in words that a person can act on.

use super::Event;
use super::known::did_you_mean;
use serde_json::error::Category;
use serde_json::{Map, Value};

/// The most that is said of what is wrong with a line, in characters: a name in it can be as long as the line.
const LONGEST: usize = 500;

/// The fields that say of which kind an event is; without them nothing can be said of the others.
const TAGS: [&str; 2] = ["event", "action"];

/// The event that this line describes.
pub(super) fn object(line: &str) -> Result<Event, String> {
    // A list would be read too: its first element as the name of the event, and the others as its fields.
    if !line.trim_start().starts_with('{') {
        return Err("expected a JSON object, such as {\"event\":\"mentor\",\"status\":\"ok\"}".to_owned());
    }
    serde_json::from_str(line).map_err(|error| cut(sentence(&error, line)))
}

/// What is wrong. Where in the line is told of JSON that is none; of the rest it is not known, since fields come in any order, and the
/// field is named instead.
fn sentence(error: &serde_json::Error, line: &str) -> String {
    let text = error.to_string();
    let what = without_place(&text);
    match error.classify() {
        Category::Data => {
            let field = culprit(line, what).map_or_else(String::new, |field| format!("{field}: "));
            format!("{field}{}{}", what.replacen("unknown variant", "unknown name", 1), suggestion(what))
        }
        Category::Syntax | Category::Eof | Category::Io => {
            format!("no JSON: {what} at column {}", error.column())
        }
    }
}

/// The message without the line and column that stand at its end.
fn without_place(text: &str) -> &str {
    text.rfind(" at line ").and_then(|end| text.get(..end)).unwrap_or(text)
}

/// The field whose value this message is about, where it names none: without it, something else is said or nothing at all.
fn culprit(line: &str, what: &str) -> Option<String> {
    if !what.starts_with("invalid ") && !what.starts_with("unknown value ") {
        return None;
    }
    let fields: Map<String, Value> = serde_json::from_str(line).ok()?;
    let says_the_same = |fields: Map<String, Value>| {
        let read = serde_json::from_value::<Event>(Value::Object(fields));
        read.is_err_and(|error| without_place(&error.to_string()) == what)
    };
    let without = |field: &String| {
        let others = fields.iter().filter(|(name, _)| *name != field);
        others.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    // Of several that are wrong, another may be met first now; then none is named.
    if !says_the_same(fields.clone()) {
        return None;
    }
    let mut candidates = fields.keys().filter(|field| !TAGS.contains(&field.as_str()));
    candidates.find(|field| !says_the_same(without(field))).cloned()
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
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
                "status: invalid type: null, expected one of `ok`, `error`, `killed`, `other`",
            ),
            (
                "{\"event\":\"mentor\",\"status\":\"eror\"}",
                "status: unknown value `eror`, expected one of `ok`, `error`, `killed`, `other`; did you mean `error`?",
            ),
            (
                "{\"event\":\"mentor\",\"status\":\"\"}",
                "status: unknown value ``, expected one of `ok`, `error`, `killed`, `other`",
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

    #[test]
    fn the_field_of_a_value_that_cannot_be_is_named() {
        for (field, value, expected) in [
            (
                "input_tokens",
                "-5",
                "input_tokens: invalid value: integer `-5`, expected a whole number up to 1000000000000",
            ),
            (
                "retries",
                "1.5",
                "retries: invalid value: floating point `1.5`, expected a whole number up to 1000000000000",
            ),
            (
                "retries",
                "1000000000001",
                "retries: invalid value: integer `1000000000001`, expected a whole number up to 1000000000000",
            ),
            (
                "seconds",
                "\"12\"",
                "seconds: invalid type: string \"12\", expected a number of seconds from 0 on, such as 12.4",
            ),
            (
                "seconds",
                "-1",
                "seconds: invalid value: floating point `-1.0`, expected a number of seconds from 0 on, such as 12.4",
            ),
            ("error_type", "7", "error_type: invalid type: integer `7`, expected a text that is not empty"),
            (
                "error_type",
                "\"\"",
                "error_type: invalid value: string \"\", expected a text that is not empty",
            ),
            (
                "more",
                "7",
                "unknown field `more`, expected one of `provider`, `status`, `seconds`, `input_tokens`, `output_tokens`, \
              `cache_read_tokens`, `retries`, `error_type`",
            ),
        ] {
            let line =
                format!("{{\"event\":\"llm\",\"provider\":\"p\",\"status\":\"error\",\"{field}\":{value}}}");
            assert_eq!(Event::read(&line).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_sentence_has_an_end() {
        let error = Event::read(&format!("{{\"event\":\"{}\"}}", "ü".repeat(10_000))).unwrap_err();
        assert!(error.starts_with("unknown name `ü") && error.ends_with("ü…"), "{error}");
    }
}
