//! Values in a template: how they are written, compared and taken for true.

use super::float::general;
use telemetry_query::Labels;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// What `.` is at first: labels, value and address.
    Data,
    /// The labels.
    Labels(Labels),
    /// A text.
    Text(String),
    /// A number of Go's type `float64`.
    Float(f64),
    /// A whole number of Go's type `int`.
    Int(i64),
    /// A truth.
    Bool(bool),
}

impl Value {
    /// The type, as Go calls it.
    pub(super) const fn type_name(&self) -> &'static str {
        match self {
            Self::Data => "struct",
            Self::Labels(_) => "map[string]string",
            Self::Text(_) => "string",
            Self::Float(_) => "float64",
            Self::Int(_) => "int",
            Self::Bool(_) => "bool",
        }
    }

    /// Whether it is taken for true: it is not empty and not zero.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Data => true,
            Self::Labels(labels) => !labels.is_empty(),
            Self::Text(text) => !text.is_empty(),
            Self::Float(value) => *value != 0.0,
            Self::Int(value) => *value != 0,
            Self::Bool(value) => *value,
        }
    }

    /// As Go's `%v` writes it.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Data => String::new(),
            Self::Labels(labels) => {
                let pairs: Vec<_> =
                    labels.iter().map(|label| format!("{}:{}", label.name, label.value)).collect();
                format!("map[{}]", pairs.join(" "))
            }
            Self::Text(text) => text.clone(),
            Self::Float(value) => general(*value, None),
            Self::Int(value) => value.to_string(),
            Self::Bool(value) => value.to_string(),
        }
    }

    /// Whether two values are equal; values of different types cannot be compared.
    pub(super) fn equals(&self, other: &Self) -> Result<bool, String> {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => Ok(one == other),
            (Self::Float(one), Self::Float(other)) => Ok(one == other),
            (Self::Int(one), Self::Int(other)) => Ok(one == other),
            (Self::Bool(one), Self::Bool(other)) => Ok(one == other),
            (Self::Labels(_) | Self::Data, _) => Err(format!("non-comparable type {}", self.type_name())),
            (_, Self::Labels(_) | Self::Data) => Err(format!("non-comparable type {}", other.type_name())),
            _ => Err(self.unlike(other)),
        }
    }

    /// Whether one value is less than another.
    pub(super) fn is_less(&self, other: &Self) -> Result<bool, String> {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => Ok(one < other),
            (Self::Float(one), Self::Float(other)) => Ok(one < other),
            (Self::Int(one), Self::Int(other)) => Ok(one < other),
            (Self::Bool(_), Self::Bool(_))
            | (Self::Labels(_) | Self::Data, _)
            | (_, Self::Labels(_) | Self::Data) => Err("invalid type for comparison".to_owned()),
            _ => Err(self.unlike(other)),
        }
    }

    fn unlike(&self, other: &Self) -> String {
        let (one, other) = (self.type_name(), other.type_name());
        format!("incompatible types for comparison: {one} and {other} (a number without a point is an int)")
    }
}
