//! The templates in labels and annotations: the part of Go's language for templates that rule files use.
//!
//! What is known here means exactly what it means to Prometheus; everything else is refused when the template is read, by name and line.
//!
//! | module | responsible for |
//! |---|---|
//! | `token` | from text to tokens, with what is trimmed and commented away |
//! | `number` | numbers in a template |
//! | `tree`, `parse` | from tokens to a tree, and what is refused |
//! | `run` | filling in |
//! | `value` | values: how they are written, compared and taken for true |
//! | `function`, `humanize`, `word` | the functions |
//! | `format`, `float` | `printf` and numbers as Go writes them |

mod float;
mod format;
mod function;
mod humanize;
mod number;
mod parse;
mod run;
#[cfg(test)]
mod tests;
mod token;
mod tree;
mod value;
mod word;

use std::sync::Arc;
use telemetry_query::Labels;
use tree::Node;

/// How long a template and what becomes of it may be, in bytes. People read neither; a notification of this size is refused by most who
/// would pass it on.
pub(super) const LONGEST: usize = 64 * 1024;

/// A template that was read.
///
/// ```
/// use telemetry_query::Labels;
/// use telemetry_stack::rules::{Template, TemplateData};
///
/// let labels = Labels::new([("provider", "claude")]);
/// let template = Template::parse("{{ $labels.provider }} fails {{ $value | humanizePercentage }}")?;
/// let data = TemplateData { labels: &labels, value: 0.125, external_url: "http://localhost:9090" };
/// assert_eq!(template.expand(&data), "claude fails 12.5%");
/// assert_eq!(Template::parse("{{ query \"up\" }}").unwrap_err().line, 1);
/// # Ok::<(), telemetry_stack::rules::TemplateError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Template {
    text: Arc<str>,
    nodes: Arc<[Node]>,
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

impl TemplateError {
    fn new(line: usize, what: impl Into<String>) -> Self {
        Self { what: what.into(), line }
    }
}

impl Template {
    /// Reads a template of at most 64 KiB.
    ///
    /// # Errors
    /// Where it is none, or says something that is not known here.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > LONGEST {
            return Err(TemplateError::new(1, format!("a template may have at most {LONGEST} bytes")));
        }
        Ok(Self { text: text.into(), nodes: parse::parse(&token::tokens(text)?)?.into() })
    }

    /// A text that is no template: it means itself, whatever stands in it.
    ///
    /// ```
    /// use telemetry_stack::rules::Template;
    ///
    /// assert_eq!(Template::literal("{{ x }}").text(), "{{ x }}");
    /// ```
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self { text: text.into(), nodes: [Node::Text(text.to_owned())].into() }
    }

    /// The template as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text with everything filled in, of at most 64 KiB. Where that cannot be done, `<error expanding template: …>` stands in the
    /// place of the whole text, as Prometheus has it.
    #[must_use]
    pub fn expand(&self, data: &TemplateData<'_>) -> String {
        run::run(&self.nodes, data).unwrap_or_else(|what| format!("<error expanding template: {what}>"))
    }
}

/// What was read from the same text in the same way is the same.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.nodes == other.nodes
    }
}
