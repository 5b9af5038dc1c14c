//! The conditions by which a selector chooses series.

use regex::Regex;

/// A condition on one label.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The label's name; `__name__` for that of the metric.
    pub name: String,
    /// What its value must be.
    pub condition: Condition,
}

/// What the value of a label must be. A label that is not there has the empty value.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Condition {
    /// Exactly this.
    Equal(String),
    /// Anything but this.
    NotEqual(String),
    /// As a whole, what the expression describes.
    Matches(Regex),
    /// As a whole, anything but what the expression describes.
    MatchesNot(Regex),
}

impl Matcher {
    /// Requires that a label has exactly this value.
    pub fn equal(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), condition: Condition::Equal(value.into()) }
    }

    /// Whether a label of this value satisfies the condition.
    #[must_use]
    pub fn accepts(&self, value: &str) -> bool {
        match &self.condition {
            Condition::Equal(wanted) => wanted == value,
            Condition::NotEqual(unwanted) => unwanted != value,
            Condition::Matches(regex) => regex.is_match(value),
            Condition::MatchesNot(regex) => !regex.is_match(value),
        }
    }

    /// The one value that is accepted, where there is only one.
    #[must_use]
    pub fn exactly(&self) -> Option<&str> {
        match &self.condition {
            Condition::Equal(value) => Some(value),
            _ => None,
        }
    }
}

/// A regular expression that describes the whole of a text, in which a dot stands for a line break too, as in Prometheus 3.
pub(crate) fn whole(regex: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?s:{regex})$"))
}
