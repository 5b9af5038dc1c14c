//! Templates and what becomes of them. That Prometheus makes the same of them is a test with its own checker.

use super::{LONGEST, Template, TemplateData};
use proptest::prelude::*;
use telemetry_query::Labels;

fn filled(template: &Template, value: f64) -> String {
    let labels = Labels::new([("provider", "claude"), ("instance", "host:9090"), ("empty", "")]);
    template.expand(&TemplateData { labels: &labels, value, external_url: "http://x:9090" })
}

fn expanded(text: &str, value: f64) -> String {
    filled(&Template::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")), value)
}

#[test]
fn what_is_filled_in() {
    for (text, expected) in [
        ("plain", "plain"),
        ("", ""),
        ("{{ $labels.provider }} is {{ $value }}", "claude is 1234.5"),
        ("{{ .Labels.provider }}{{ $.Value }}{{ .ExternalURL }}", "claude1234.5http://x:9090"),
        ("{{ $externalURL }} {{ externalURL }}", "http://x:9090 http://x:9090"),
        ("[{{ $labels.nobody }}{{ $labels.empty }}]", "[]"),
        ("a  {{- 1 -}}  b", "a1b"),
        ("a {{/* nothing */}}b{{- /* and */ -}} c", "a bc"),
        ("{{ if gt $value 1000.0 }}much{{ else }}little{{ end }}", "much"),
        ("{{ if false }}a{{ else if eq 1 1 }}b{{ else }}c{{ end }}", "b"),
        ("{{ with $labels.provider }}<{{ . }}>{{ else }}none{{ end }}", "<claude>"),
        ("{{ with $labels.nobody }}<{{ . }}>{{ else }}{{ .Value }}{{ end }}", "1234.5"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}", "2"),
        ("{{ $value | humanize | printf \"%q\" }}", "\"1.234k\""),
        ("{{ printf `%s|%5d|%-5s|%t` \"a\" 3 \"b\" true }}", "a|    3|b    |true"),
        ("{{ reReplaceAll \"(.*):.*\" \"$1!\" $labels.instance }}", "host!"),
        ("{{ or $labels.nobody \"x\" }}{{ and 1 0 }}{{ not true }}", "x0false"),
        ("{{ index $labels \"provider\" | len }}", "6"),
        ("{{ (index $labels \"provider\") | toUpper | title }}", "CLAUDE"),
    ] {
        assert_eq!(expanded(text, 1234.5), expected, "{text}");
    }
}

#[test]
fn numbers_for_people() {
    for (function, value, expected) in [
        ("humanize", 0.0, "0"),
        ("humanize", 1_234_567.0, "1.235M"),
        ("humanize", -0.00012, "-120u"),
        ("humanize", 1e-10, "100p"),
        ("humanize", f64::NAN, "NaN"),
        ("humanize", f64::INFINITY, "+Inf"),
        ("humanize1024", 1_048_576.0, "1Mi"),
        ("humanizeDuration", 0.0, "0s"),
        ("humanizeDuration", 90_061.5, "1d 1h 1m 1s"),
        ("humanizeDuration", -61.0, "-1m 1s"),
        ("humanizeDuration", 0.0123, "12.3ms"),
        ("humanizeDuration", 59.9999, "60s"),
        ("humanizePercentage", 0.123_456, "12.35%"),
        ("humanizeTimestamp", 1_435_065_584.128, "2015-06-23 13:19:44.128 +0000 UTC"),
        ("humanizeTimestamp", 0.0, "1970-01-01 00:00:00 +0000 UTC"),
    ] {
        assert_eq!(expanded(&format!("{{{{ $value | {function} }}}}"), value), expected, "{function}");
    }
}

#[test]
fn what_is_not_known_is_refused_by_name_and_line() {
    for (text, line, what) in [
        ("a\n{{ query \"up\" }}", 2, "the function `query` is not supported here; there are and, eq, "),
        ("{{ nonsense }}", 1, "the function `nonsense` is not known"),
        ("\n\n{{ range .Labels }}{{ end }}", 3, "`range`"),
        ("{{ define \"x\" }}{{ end }}", 1, "`define`"),
        ("{{ template \"x\" }}", 1, "`template`"),
        ("{{ block \"x\" . }}{{ end }}", 1, "`block`"),
        ("{{ first }}", 1, "`first`"),
        ("{{ $externalLabels.x }}", 1, "`$externalLabels`"),
        ("{{ .ExternalLabels.x }}", 1, "`.ExternalLabels`"),
        ("{{ $nobody }}", 1, "`$nobody`; there are $labels, $value, $externalURL"),
        ("{{ . }}", 1, "`.` alone"),
        ("{{ printf \"%v\" $ }}", 1, "`$` alone"),
        ("{{ printf \"%c\" 5 }}", 1, "`%c`"),
        ("{{ printf \"%*d\" 5 5 }}", 1, "`*`"),
        ("{{ printf \"%[1]d\" 5 }}", 1, "`[`"),
        ("{{ printf \"%#v\" 5 }}", 1, "`%#v`"),
        ("{{ 'a' }}", 1, "single quotes"),
        ("{{ 1_000 }}", 1, "`1_000`"),
        ("{{ 0x1p4 }}", 1, "`0x1p4`"),
        ("{{ if true\n}}\n", 2, "`if` without `end`"),
        ("{{ if true }}{{ else }}", 1, "`else` without `end`"),
        ("{{ with 1 }}", 1, "`with` without `end`"),
        ("{{ end }}", 1, "`end` without"),
        ("{{ 1\n", 1, "`{{` without `}}`"),
        ("{{ }}", 1, "a value is missing"),
        ("{{ \"a\n\" }}", 1, "a string that does not end"),
        ("{{ 1 + 2 }}", 1, "'+'"),
        ("{{ (1 }}", 1, "`}}` is not expected"),
        ("{{ 1 | \"x\" }}", 1, "a literal"),
    ] {
        let error = Template::parse(text).unwrap_err();
        assert!(error.line == line && error.what.contains(what), "{text}: {error:?}");
    }
}

#[test]
fn an_error_takes_the_place_of_the_whole_text() {
    let error = "<error expanding template: error calling gt: incompatible types for comparison: float64 and int \
                 (a number without a point is an int)>";
    assert_eq!(expanded("before {{ gt $value 1 }} behind", 2.0), error);
}

#[test]
fn nothing_grows_without_bound() {
    let doubled =
        format!("{{{{ $x := \"0123456789\" }}}}{}{{{{ $x }}}}", "{{ $x = print $x $x }}".repeat(60));
    let replaced = "{{ $x := printf \"%60000d\" 1 }}{{ reReplaceAll \" \" $x $x }}";
    for text in [&doubled, replaced, "{{ printf \"%900000d\" 1 }}", "{{ printf \"%.900000f\" 1.0 }}"] {
        assert!(expanded(text, 1.0).starts_with("<error expanding template: "), "{text}");
    }
    assert_eq!(expanded("{{ printf \"%99999999d\" 5 }}", 1.0), "%!(NOVERB)%!(EXTRA int=5)");
    assert_eq!(expanded(&"x".repeat(LONGEST), 1.0).len(), LONGEST);
    assert!(Template::parse(&"x".repeat(LONGEST + 1)).is_err());
    for (open, close) in [("{{ if true }}", "{{ end }}"), ("{{ with 1 }}", "{{ end }}")] {
        assert!(Template::parse(&format!("{}{}", open.repeat(51), close.repeat(51))).is_err());
        assert_eq!(expanded(&format!("{}x{}", open.repeat(50), close.repeat(50)), 1.0), "x");
    }
    assert!(Template::parse(&format!("{{{{ {}", "(".repeat(30_000))).is_err());
    let many = format!("{{{{ if false }}}}{}{{{{ end }}}}", "{{ else if false }}".repeat(3_000));
    assert_eq!(expanded(&many, 1.0), "");
}

#[test]
fn a_literal_means_itself() {
    let literal = Template::literal("{{ $value }}");
    assert_eq!((filled(&literal, 1.0), literal.text()), ("{{ $value }}".to_owned(), "{{ $value }}"));
    assert_ne!(literal, Template::parse("{{ $value }}").unwrap());
}

/// Pieces of templates, of which some go together.
const PIECES: [&str; 44] = [
    "{{",
    "}}",
    "{{-",
    "-}}",
    "{{ ",
    " }}",
    "{{/*",
    "*/}}",
    "if ",
    "else",
    "with ",
    "end",
    "$labels",
    "$value",
    ".Labels",
    ".a",
    "$x",
    " := ",
    " = ",
    " | ",
    "(",
    ")",
    "\"a\"",
    "`b`",
    "\\",
    "\"",
    "5",
    "-1.5e3",
    "0x1",
    " ",
    "\n",
    "printf ",
    "\"%5.2f%d%q\"",
    "humanize",
    "gt ",
    "index ",
    "humanizeTimestamp",
    "reReplaceAll ",
    "é",
    "{",
    "}",
    ",",
    "and ",
    "title ",
];

proptest! {
    #[test]
    fn whatever_the_template_nothing_panics(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..30), value: f64) {
        if let Ok(template) = Template::parse(&pieces.concat()) {
            filled(&template, value);
        }
    }

    #[test]
    fn whatever_an_action_says_nothing_panics(pieces in prop::collection::vec(prop::sample::select(&PIECES[12..]), 0..12), value: f64) {
        if let Ok(template) = Template::parse(&format!("{{{{ {} }}}}", pieces.join(" "))) {
            filled(&template, value);
        }
    }

    #[test]
    fn whatever_the_format_nothing_panics(format in "(%[-+ #0]{0,2}[0-9]{0,6}(\\.[0-9]{0,6})?[vdsqfeEgGtxXcz%é]?|[a-z%é]){0,6}", value: f64, whole: i64) {
        let text = format!("{{{{ $f := `{format}` }}}}{{{{ printf $f $value {whole} \"aé\" true $labels }}}}");
        filled(&Template::parse(&text).unwrap(), value);
    }
}
