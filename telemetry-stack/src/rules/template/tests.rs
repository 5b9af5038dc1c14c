//! Templates and what becomes of them.

use super::{Template, TemplateData};
use telemetry_query::Labels;

pub(super) fn expanded(text: &str, value: f64) -> String {
    let labels = Labels::new([("provider", "claude"), ("instance", "host:9090"), ("empty", "")]);
    let template = Template::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    template.expand(&TemplateData { labels: &labels, value, external_url: "http://x:9090" })
}

#[test]
fn what_is_filled_in() {
    for (text, expected) in [
        ("plain", "plain"),
        ("", ""),
        ("{{ $labels.provider }} is {{ $value }}", "claude is 1234.5"),
        ("{{ .Labels.provider }}{{ $.Value }}{{ .ExternalURL }}", "claude1234.5http://x:9090"),
        ("[{{ $labels.nobody }}{{ $labels.empty }}]", "[]"),
        ("a  {{- 1 -}}  b", "a1b"),
        ("a {{/* nothing */}} b{{- /* and */ -}} c", "a  bc"),
        ("{{ if gt $value 1000.0 }}much{{ else }}little{{ end }}", "much"),
        ("{{ with $labels.provider }}<{{ . }}>{{ else }}none{{ end }}", "<claude>"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}", "2"),
        ("{{ $value | humanize | printf \"%q\" }}", "\"1.234k\""),
        ("{{ printf `%s|%5d|%-5s|%t` \"a\" 3 \"b\" true }}", "a|    3|b    |true"),
        ("{{ reReplaceAll \"(.*):.*\" \"$1!\" $labels.instance }}", "host!"),
        ("{{ or $labels.nobody \"x\" }}{{ and 1 0 }}{{ not true }}", "x0false"),
        ("{{ index $labels \"provider\" | len }}", "6"),
        (
            "{{ gt $value 1 }}",
            "<error expanding template: error calling gt: incompatible types for comparison: float64 and int (a number without a point is an int)>",
        ),
    ] {
        assert_eq!(expanded(text, 1234.5), expected, "{text}");
    }
}
