//! The functions of a template.

use super::run::grow;
use super::value::Value;
use super::{format, humanize, word};

/// A function.
#[derive(Debug)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: &'static str,
    /// How few arguments it takes.
    least: usize,
    /// How many arguments it takes.
    most: usize,
    /// What it does.
    pub(super) call: Call,
}

/// What a function does.
#[derive(Debug)]
pub(super) enum Call {
    /// Something with the values of all its arguments.
    All(fn(&[Value]) -> Result<Value, String>),
    /// It takes the first argument of this truth.
    Until(bool),
    /// It tells where the rules are looked at.
    Address,
}

const ANY: usize = usize::MAX;

const fn function(
    name: &'static str,
    least: usize,
    most: usize,
    call: fn(&[Value]) -> Result<Value, String>,
) -> Function {
    Function { name, least, most, call: Call::All(call) }
}

/// All that are known here.
static FUNCTIONS: [Function; 29] = [
    Function { name: "and", least: 1, most: ANY, call: Call::Until(false) },
    function("eq", 1, ANY, equal),
    Function { name: "externalURL", least: 0, most: 0, call: Call::Address },
    function("ge", 2, 2, |values| less(values).map(|less| Value::Bool(!less))),
    // As in Go, where greater is what is not less and not equal: that is so of NaN.
    function("gt", 2, 2, |values| less_or_equal(values).map(|is_so| Value::Bool(!is_so))),
    function("html", 0, ANY, |values| word::html(&print(values)?)),
    function("humanize", 1, 1, |values| humanize::humanize(number(values)?)),
    function("humanize1024", 1, 1, |values| humanize::humanize_1024(number(values)?)),
    function("humanizeDuration", 1, 1, |values| humanize::duration(number(values)?)),
    function("humanizePercentage", 1, 1, |values| humanize::percentage(number(values)?)),
    function("humanizeTimestamp", 1, 1, |values| humanize::timestamp(number(values)?)),
    function("index", 1, ANY, index),
    function("le", 2, 2, |values| less_or_equal(values).map(Value::Bool)),
    function("len", 1, 1, length),
    function("lt", 2, 2, |values| less(values).map(Value::Bool)),
    function("match", 2, 2, |values| word::matches(text(values, 0)?, text(values, 1)?)),
    function("ne", 2, 2, |values| values[0].equals(&values[1]).map(|equal| Value::Bool(!equal))),
    function("not", 1, 1, |values| Ok(Value::Bool(!values[0].is_true()))),
    Function { name: "or", least: 1, most: ANY, call: Call::Until(true) },
    function("print", 0, ANY, |values| print(values).map(Value::Text)),
    function("printf", 1, ANY, |values| format::printf(text(values, 0)?, &values[1..]).map(Value::Text)),
    function("println", 0, ANY, |values| print_line(values).map(Value::Text)),
    function("reReplaceAll", 3, 3, |values| {
        word::replace_all(text(values, 0)?, text(values, 1)?, text(values, 2)?)
    }),
    function("safeHtml", 1, 1, |values| Ok(Value::Text(text(values, 0)?.to_owned()))),
    function("stripPort", 1, 1, |values| word::strip_port(text(values, 0)?)),
    function("title", 1, 1, |values| word::title(text(values, 0)?)),
    function("toLower", 1, 1, |values| word::to_lower(text(values, 0)?)),
    function("toUpper", 1, 1, |values| word::to_upper(text(values, 0)?)),
    function("urlquery", 0, ANY, |values| word::url_query(&print(values)?)),
];

/// What Prometheus or Go know besides.
const REFUSED: [&str; 19] = [
    "args",
    "call",
    "first",
    "graphLink",
    "js",
    "label",
    "now",
    "parseDuration",
    "pathPrefix",
    "query",
    "slice",
    "sortByLabel",
    "stripDomain",
    "strvalue",
    "tableLink",
    "tmpl",
    "toDuration",
    "toTime",
    "value",
];

/// The function of that name, or what is wrong with it.
pub(super) fn find(name: &str) -> Result<&'static Function, String> {
    if let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) {
        return Ok(function);
    }
    let names: Vec<_> = FUNCTIONS.iter().map(|function| function.name).collect();
    let what = if REFUSED.contains(&name) { "is not supported here" } else { "is not known" };
    Err(format!("the function `{name}` {what}; there are {}", names.join(", ")))
}

impl Function {
    /// Refuses too few and too many arguments.
    pub(super) fn check_count(&self, count: usize) -> Result<(), String> {
        let Self { name, least, most, .. } = self;
        if count < *least && least != most {
            return Err(format!("wrong number of args for {name}: want at least {least} got {count}"));
        }
        if count < *least || count > *most {
            return Err(format!("wrong number of args for {name}: want {least} got {count}"));
        }
        Ok(())
    }
}

/// A name stands for one function only.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The argument at this place, which must be a text.
fn text(values: &[Value], at: usize) -> Result<&str, String> {
    match values.get(at) {
        Some(Value::Text(text)) => Ok(text),
        other => Err(format!("expected string; found {}", other.map_or("nothing", Value::type_name))),
    }
}

/// The first argument as a number; a text may say one.
fn number(values: &[Value]) -> Result<f64, String> {
    match values.first() {
        Some(Value::Float(value)) => Ok(*value),
        #[expect(clippy::cast_precision_loss, reason = "as Go converts an int")]
        Some(Value::Int(value)) => Ok(*value as f64),
        Some(Value::Text(text)) => said(text).ok_or_else(|| format!("{text:?} is no number")),
        other => Err(format!("can't convert {} to float", other.map_or("nothing", Value::type_name))),
    }
}

/// The number that a text says. One that is too large is none.
fn said(text: &str) -> Option<f64> {
    let value = text.parse::<f64>().ok()?;
    let says_so = text.contains(['n', 'N']);
    (value.is_finite() || says_so).then_some(value)
}

fn equal(values: &[Value]) -> Result<Value, String> {
    let [first, others @ ..] = values else { return Err("missing argument for comparison".to_owned()) };
    if others.is_empty() {
        return Err("missing argument for comparison".to_owned());
    }
    for other in others {
        if first.equals(other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn less(values: &[Value]) -> Result<bool, String> {
    values[0].is_less(&values[1])
}

fn less_or_equal(values: &[Value]) -> Result<bool, String> {
    Ok(less(values)? || values[0].equals(&values[1])?)
}

fn index(values: &[Value]) -> Result<Value, String> {
    match values {
        [value] => Ok(value.clone()),
        [Value::Labels(labels), Value::Text(name)] => Ok(Value::Text(labels.get(name).to_owned())),
        [Value::Labels(_), other] => Err(format!("value has type {}; should be string", other.type_name())),
        [other, ..] => Err(format!("can't index item of type {}", other.type_name())),
        [] => Err("index of nothing".to_owned()),
    }
}

fn length(values: &[Value]) -> Result<Value, String> {
    let length = match &values[0] {
        Value::Text(text) => text.len(),
        Value::Labels(labels) => labels.iter().len(),
        other => return Err(format!("len of type {}", other.type_name())),
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

/// Blanks stand between two values of which none is a text.
fn print(values: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    for (at, value) in values.iter().enumerate() {
        let is_text = |value: &Value| matches!(value, Value::Text(_));
        if at > 0 && !is_text(value) && !is_text(&values[at - 1]) {
            grow(&mut out, " ")?;
        }
        grow(&mut out, &value.written())?;
    }
    Ok(out)
}

fn print_line(values: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    for (at, value) in values.iter().enumerate() {
        grow(&mut out, if at > 0 { " " } else { "" })?;
        grow(&mut out, &value.written())?;
    }
    grow(&mut out, "\n")?;
    Ok(out)
}
