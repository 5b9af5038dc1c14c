//! Which of the two formats a client would rather have.

use telemetry_core::exposition::Format;

/// The versions of OpenMetrics that the one we write satisfies.
const VERSIONS: [&str; 2] = ["1.0.0", "0.0.1"];

/// The weights that a header gives to the two formats: by their names, and by ranges that hold for more.
#[derive(Debug, Default, Clone, Copy)]
struct Wishes {
    open_metrics: Option<f64>,
    application: Option<f64>,
    text: Option<f64>,
    any_text: Option<f64>,
    anything: Option<f64>,
}

/// The format that an `Accept` header asks for.
///
/// It is OpenMetrics where the header names that with at least the weight of the text format, as Prometheus does, or where the text
/// format would be refused; and text for everybody else, since everybody reads it. Of several ranges the one that says most holds.
pub(crate) fn format_for(accept: &str) -> Format {
    let wishes = Wishes::read(accept);
    let text = wishes.text.or(wishes.any_text).or(wishes.anything).unwrap_or(0.0);
    let named = wishes.open_metrics.unwrap_or(0.0);
    let unnamed = wishes.open_metrics.or(wishes.application).or(wishes.anything).unwrap_or(0.0);
    if (named > 0.0 && named >= text) || (unnamed > 0.0 && text == 0.0) {
        Format::OpenMetrics
    } else {
        Format::Text
    }
}

/// What a client weighs, without its parameters, and the weight: 1 where none is given, 0 where it is no number from 0 to 1.
pub(crate) fn weighed(wish: &str) -> (&str, f64) {
    let mut parts = wish.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight = weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
    (name, if (0.0..=1.0).contains(&weight) { weight } else { 0.0 })
}

impl Wishes {
    fn read(accept: &str) -> Self {
        let mut wishes = Self::default();
        for range in accept.split(',') {
            let (media_type, weight) = weighed(range);
            let place = match media_type.to_ascii_lowercase().as_str() {
                "application/openmetrics-text" if is_ours(range) => &mut wishes.open_metrics,
                "application/*" => &mut wishes.application,
                "text/plain" => &mut wishes.text,
                "text/*" => &mut wishes.any_text,
                "*/*" => &mut wishes.anything,
                _ => continue,
            };
            *place = Some(place.map_or(weight, |there| there.max(weight)));
        }
        wishes
    }
}

/// Whether the version of OpenMetrics that a range asks for, if it asks for any, is one that we write.
fn is_ours(range: &str) -> bool {
    let mut parameters = range.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let version = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("version"));
    version.is_none_or(|(_, version)| VERSIONS.contains(&version.trim().trim_matches('"')))
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
        for accept in [
            PROMETHEUS,
            PROMETHEUS_3,
            "Application/OpenMetrics-Text",
            "application/openmetrics-text;q=0.1",
            "application/openmetrics-text; version=\"1.0.0\"",
            "application/openmetrics-text;q=0.5, application/openmetrics-text;version=2.0.0",
            "application/openmetrics-text;q=0.5, text/plain;q=0.5",
            "text/plain;q=0, */*",
            "text/*;q=0, application/openmetrics-text;q=0.1",
            "application/*",
        ] {
            assert_eq!(format_for(accept), Format::OpenMetrics, "{accept}");
        }
    }

    #[test]
    fn text_goes_to_everybody_else() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for accept in [
            "",
            "*/*",
            browser,
            "application/openmetrics-text;q=0.5,text/plain",
            "application/openmetrics-text;q=0, */*;q=0.1",
            "application/openmetrics-text;version=2.0.0, text/plain;q=0.1",
            "application/openmetrics-text;q=x",
            "application/openmetrics-text;q=NaN",
            "application/openmetrics-text;q=2, text/plain;q=0.1",
            "application/*;q=0.9, text/plain;q=0.1",
            ",;,q=1",
        ] {
            assert_eq!(format_for(accept), Format::Text, "{accept}");
        }
    }
}
