//! A value of a closed label: one of those that the catalog declares, and nothing else.

use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser, ValueParserFactory};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;
use telemetry_core::catalog::{
    BeadOperation, CycleType, HookStatus, KillReason, RetryOutcome, RunStatus, VcsOperation, VcsStatus,
};
use telemetry_core::label::LabelValue;
use telemetry_core::metric::Values;

/// How alike two words must be to be taken for one another: the bound that clap uses for arguments.
const ALIKE: f64 = 0.7;

/// A type of closed labels.
pub(super) trait Closed: LabelValue + Send + Sync + 'static {
    /// The value that is written like this.
    fn known(text: &str) -> Option<Self>;
}

/// What the catalog's types can do already, as a trait. With `RunStatus` it expands to
/// `impl Closed for RunStatus { fn known(text: &str) -> Option<Self> { RunStatus::known(text) } }`.
macro_rules! closed {
    ($($label:ident),+ $(,)?) => {$(
        impl Closed for $label {
            fn known(text: &str) -> Option<Self> {
                Self::known(text)
            }
        }
    )+};
}

closed!(BeadOperation, CycleType, HookStatus, KillReason, RetryOutcome, RunStatus, VcsOperation, VcsStatus);

/// A known value of a closed label, from the command line or from JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known<T>(pub(super) T);

/// The values of this label, as they are written.
fn values<T: Closed>() -> impl Iterator<Item = &'static str> {
    let known: &'static [_] = match T::VALUES {
        Values::Closed(known) => known,
        Values::Open => &[],
    };
    known.iter().map(|value| value.text)
}

/// The flags list the values in their help, and say which one may be meant by another.
impl<T: Closed> ValueParserFactory for Known<T> {
    type Parser = ValueParser;

    fn value_parser() -> ValueParser {
        let read = |text: String| T::known(&text).map(Self).ok_or("unknown value");
        ValueParser::new(PossibleValuesParser::new(values::<T>()).try_map(read))
    }
}

impl<'de, T: Closed> Deserialize<'de> for Known<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

impl<T: Closed> Visitor<'_> for Reader<T> {
    type Value = Known<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", quoted(values::<T>()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Known<T>, E> {
        let unknown =
            || E::custom(format!("unknown value `{text}`, expected one of {}", quoted(values::<T>())));
        T::known(text).map(Known).ok_or_else(unknown)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Known<T>, E> {
        Err(E::invalid_type(Unexpected::Bool(value), &self))
    }
}

fn quoted(names: impl Iterator<Item = &'static str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The end of a sentence about an unknown name: which known one it is most like, if it is like any.
pub(super) fn did_you_mean(name: &str, known: &[&str]) -> String {
    let alike = known.iter().map(|known| (strsim::jaro(name, known), known));
    let nearest = alike.filter(|(alike, _)| *alike > ALIKE).max_by(|(a, _), (b, _)| a.total_cmp(b));
    nearest.map_or_else(String::new, |(_, known)| format!("; did you mean `{known}`?"))
}
