//! The two formats and how a carrier names them in its headers.

/// One of the two formats in which Prometheus reads metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// The text format, version 0.0.4: what every exporter, the Pushgateway and the textfile collector speak.
    #[default]
    Text,
    /// OpenMetrics 1.0: stricter, with exemplars, creation times and units.
    OpenMetrics,
}

impl Format {
    /// The value of a `Content-Type` header for this format, with its version.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The format that a `Content-Type` header announces.
    ///
    /// Whatever is not OpenMetrics is taken for text, because many exporters announce `text/html`, an older version
    /// or nothing at all and send the text format all the same.
    ///
    /// ```
    /// use telemetry_core::exposition::Format;
    ///
    /// assert_eq!(Format::from_content_type("application/openmetrics-text; version=1.0.0"), Format::OpenMetrics);
    /// assert_eq!(Format::from_content_type("text/plain"), Format::Text);
    /// ```
    #[must_use]
    pub fn from_content_type(header: &str) -> Self {
        let media_type = header.split(';').next().unwrap_or_default().trim();
        let open_metrics = media_type.eq_ignore_ascii_case("application/openmetrics-text");
        if open_metrics { Self::OpenMetrics } else { Self::Text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_recognises_its_own_header() {
        for format in [Format::Text, Format::OpenMetrics] {
            assert_eq!(Format::from_content_type(format.content_type()), format);
        }
    }

    #[test]
    fn only_the_media_type_counts() {
        assert_eq!(Format::from_content_type(" Application/OpenMetrics-Text ;x=y"), Format::OpenMetrics);
        assert_eq!(Format::from_content_type("text/plain; was=application/openmetrics-text"), Format::Text);
        assert_eq!(Format::from_content_type(""), Format::Text);
    }
}
