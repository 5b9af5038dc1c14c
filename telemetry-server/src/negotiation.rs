//! Which of the two formats a client would rather have.

use telemetry_core::exposition::Format;

/// The format that an `Accept` header asks for.
///
/// It is OpenMetrics where the header names that with at least the weight of what else the text format would satisfy, as
/// Prometheus does; and text for everybody else, since everybody reads it.
pub(crate) fn format_for(accept: &str) -> Format {
    let (mut open_metrics, mut text) = (0.0, 0.0_f64);
    for range in accept.split(',') {
        let (media_type, weight) = parse(range);
        match Format::from_content_type(media_type) {
            Format::OpenMetrics => open_metrics = weight,
            Format::Text => text = text.max(if is_text(media_type) { weight } else { 0.0 }),
        }
    }
    if open_metrics > 0.0 && open_metrics >= text { Format::OpenMetrics } else { Format::Text }
}

/// The media type of a range, and its weight: 1 where none is given, 0 where it is no number.
fn parse(range: &str) -> (&str, f64) {
    let mut parts = range.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (media_type, weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
}

fn is_text(media_type: &str) -> bool {
    ["text/plain", "text/*", "*/*"].iter().any(|text| media_type.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::format_for;
    use telemetry_core::exposition::Format;

    /// What Prometheus 2.42 sends.
    const PROMETHEUS: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    /// What Prometheus 3 sends.
    const PROMETHEUS_3: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

    #[test]
    fn open_metrics_goes_to_those_who_would_rather_have_it() {
        for accept in
            [PROMETHEUS, PROMETHEUS_3, "Application/OpenMetrics-Text", "application/openmetrics-text;q=0.1"]
        {
            assert_eq!(format_for(accept), Format::OpenMetrics, "{accept}");
        }
    }

    #[test]
    fn text_goes_to_everybody_else() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let rather_text = "application/openmetrics-text;q=0.5,text/plain";
        let refused = "application/openmetrics-text;q=0, */*;q=0.1";
        for accept in ["", "*/*", browser, rather_text, refused, "application/openmetrics-text;q=x", ",;,q=1"]
        {
            assert_eq!(format_for(accept), Format::Text, "{accept}");
        }
    }
}
