//! The value of an open label: any text but none, since Prometheus takes a label without a value for no label.

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

/// What the value of a label must be.
const TEXT: &str = "a text that is not empty";

/// A text that is not empty.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Label(String);

impl Label {
    fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }
}

impl Deref for Label {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Sentences quote it like any other text.
impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::new(text).ok_or_else(|| format!("expected {TEXT}"))
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(LabelReader)
    }
}

struct LabelReader;

impl Visitor<'_> for LabelReader {
    type Value = Label;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TEXT)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Label, E> {
        Label::new(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}
