//! Changes of labels, and matchers.

use crate::bench::series;

#[test]
fn a_label_is_replaced_where_the_whole_value_matches() {
    let bench = series("x{a=\"one-two\",b=\"z\"} 1");
    let replaced = |arguments: &str| bench.at(0, &format!("label_replace(x, {arguments})"));
    let whole = r#"{__name__="x", a="one-two", b="z", c="two.one"} 1"#;
    assert_eq!(replaced(r#""c", "$2.$1", "a", "(.*)-(.*)""#), whole);
    assert_eq!(replaced(r#""c", "${last}.one", "a", ".*-(?P<last>.*)""#), whole);
    let same = r#"{__name__="x", a="one-two", b="z"} 1"#;
    assert_eq!(replaced(r#""c", "$1", "a", "(one)""#), same);
    assert_eq!(replaced(r#""b", "", "a", ".*""#), r#"{__name__="x", a="one-two"} 1"#);
    assert_eq!(replaced(r#""c", "new", "nothing", """#), r#"{__name__="x", a="one-two", b="z", c="new"} 1"#);
    assert_eq!(replaced(r#""__name__", "y", "a", ".*""#), r#"{__name__="y", a="one-two", b="z"} 1"#);
}

#[test]
fn labels_are_joined() {
    let bench = series("x{a=\"1\",b=\"2\"} 1");
    assert_eq!(
        bench.at(0, r#"label_join(x, "c", "-", "b", "nothing", "a")"#),
        r#"{__name__="x", a="1", b="2", c="2--1"} 1"#
    );
    assert_eq!(bench.at(0, r#"label_join(x, "a", "-")"#), r#"{__name__="x", b="2"} 1"#);
}

#[test]
fn what_cannot_be_a_label_is_refused() {
    let bench = series("x{a=\"1\"} 1\n x{a=\"2\"} 1");
    let error = |expression: &str| bench.error(0, expression).to_string();
    assert_eq!(
        error(r#"label_replace(x, "", "", "a", "")"#),
        "invalid destination label name in label_replace(): "
    );
    let regex = error(r#"label_replace(x, "b", "", "a", "(")"#);
    assert_eq!(regex, "invalid regular expression in label_replace(): (");
    assert_eq!(error(r#"label_join(x, "b", "", "")"#), "invalid source label name in label_join(): ");
    for name in ["é", "a-b", "1a", "a.b", " a"] {
        let replaced = error(&format!(r#"label_replace(x, "{name}", "", "a", "")"#));
        assert_eq!(replaced, format!("invalid destination label name in label_replace(): {name}"));
        let joined = error(&format!(r#"label_join(x, "b", "", "a", "{name}")"#));
        assert_eq!(joined, format!("invalid source label name in label_join(): {name}"));
        let counted = error(&format!(r#"count_values("{name}", x)"#));
        assert_eq!(counted, format!("invalid label name {name:?}"));
    }
    assert!(
        error(r#"label_replace(x, "a", "", "", "")"#)
            .starts_with("vector cannot contain metrics with the same labelset")
    );
}

#[test]
fn a_label_grows_no_longer_than_64_kib() {
    let bench = series("x{a=\"0123456789abcdef\"} 1");
    let nested = |call: &str, arguments: &str, depth: usize| {
        format!("{}x{}", format!("{call}(").repeat(depth), format!(", {arguments})").repeat(depth))
    };
    for (call, arguments) in [
        ("label_replace", r#""a", "$1$1$1$1", "a", "(.*)""#),
        ("label_join", r#""a", "", "a", "a", "a", "a""#),
    ] {
        let longest = bench.at(0, &nested(call, arguments, 6));
        assert_eq!(longest.len(), 65_536 + r#"{__name__="x", a=""} 1"#.len(), "{call}");
        let error = bench.error(0, &nested(call, arguments, 7));
        assert_eq!(error.to_string(), "the value of label `a` would be longer than 65536 bytes", "{call}");
        assert_eq!(error.class(), telemetry_query::ErrorClass::Execution);
    }
    // What very many references would make is not made before it is refused.
    let references = format!(r#""a", "{}", "a", "(.*)""#, "${1}".repeat(200_000));
    assert!(bench.error(0, &nested("label_replace", &references, 1)).to_string().contains("65536"));
    let separator = format!(r#""a", "{}", "a", "b""#, "-".repeat(65_536));
    assert!(bench.error(0, &nested("label_join", &separator, 1)).to_string().contains("65536"));
}

#[test]
fn matchers() {
    let bench = series("x{a=\"one\"} 1\n x{a=\"two\"} 2\n x 3");
    let found = |matcher: &str| bench.number(0, &format!("sum(x{{{matcher}}})"));
    assert_eq!(found(r#"a="one""#), 1.0);
    assert_eq!(found(r#"a!="one""#), 5.0);
    assert_eq!(found(r#"a=~"o|t""#.replace('o', "o.*").as_str()), 1.0);
    assert_eq!(found(r#"a=~".+o""#), 2.0);
    assert_eq!(found(r#"a!~".+o""#), 4.0);
    assert_eq!(found(r#"a="""#), 3.0);
    assert_eq!(found(r#"a=~"|one""#), 4.0);
}

#[test]
fn a_dot_stands_for_a_line_break_too() {
    let mut bench = series("");
    let labels = telemetry_query::Labels::new([("__name__", "x"), ("a", "1\n2")]);
    bench.store.append(&labels, [telemetry_query::Sample::new(0, 1.0)]);
    assert_eq!(bench.at(0, r#"count(x{a=~"1.2"})"#), "{} 1");
    assert_eq!(bench.at(0, r#"count(x{a!~"1.2"})"#), "");
    assert!(bench.at(0, r#"label_replace(x, "b", "y", "a", "1.2")"#).contains(r#"b="y""#));
}
