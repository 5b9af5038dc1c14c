//! Rule files that are read, and such that are refused.

use super::{LONGEST, RuleFileError};
use crate::rules::{RuleKind, RuleSet, TemplateData};
use proptest::prelude::*;
use std::time::Duration;
use telemetry_query::Labels;

const GOOD: &str = "\
# A comment
groups:
- name: g
  interval: 1m
  query_offset: 30s
  limit: 5
  labels: {team: '{{ $labels.a }}', severity: none}
  rules:
  - record: a:b
    expr: sum(up)
    labels:
      raw: '{{ x'
  - alert: A
    expr: |
      up
        == 0
    for: 5m
    keep_firing_for: 1m
    labels:
      severity: &page page
      version: 1.10
    annotations:
      summary: *page
      text: |
        first
        {{ $value }}
      folded: >
        first
        {{ $value }}
- name: h
  rules:
  - {record: c, expr: 1}
";

fn read(text: &str) -> RuleSet {
    RuleSet::parse("f", text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> (usize, String) {
    match RuleSet::parse("f", text) {
        Err(RuleFileError::Wrong { line, what, .. }) => (line, what),
        other => panic!("{text}: {other:?}"),
    }
}

/// The texts of labels or annotations, filled in.
fn filled(templates: &[(String, super::super::Template)]) -> Vec<String> {
    let labels = Labels::new([("a", "x")]);
    let data = TemplateData { labels: &labels, value: 2.5, external_url: "" };
    templates.iter().map(|(name, template)| format!("{name}={}", template.expand(&data))).collect()
}

#[test]
fn everything_that_a_file_may_say() {
    let set = read(GOOD);
    assert_eq!((set.len(), set.alerts().count(), set.groups.len()), (3, 1, 2));
    let group = &set.groups[0];
    assert_eq!((&*group.name, &*group.file, group.limit), ("g", "f", 5));
    assert_eq!(
        (group.interval, group.query_offset),
        (Some(Duration::from_secs(60)), Duration::from_secs(30))
    );
    let [record, alert] = &group.rules[..] else { panic!("{group:?}") };
    assert_eq!((record.name(), &*record.expr), ("a:b", "sum(up)"));
    // The labels of a recording rule are no templates, and those of the group come first.
    assert_eq!(filled(&record.labels), ["team={{ $labels.a }}", "severity=none", "raw={{ x"]);
    assert_eq!((alert.name(), &*alert.expr), ("A", "up\n  == 0"));
    assert_eq!(filled(&alert.labels), ["team=x", "severity=page", "version=1.10"]);
    let RuleKind::Alert { hold, keep_firing, annotations, .. } = &alert.kind else { panic!("{alert:?}") };
    assert_eq!((*hold, *keep_firing), (Duration::from_secs(300), Duration::from_secs(60)));
    assert_eq!(filled(annotations), ["summary=page", "text=first\n2.5\n", "folded=first 2.5\n"]);
    assert_eq!((set.groups[1].interval, &*set.groups[1].rules[0].expr), (None, "1"));
}

#[test]
fn it_reads_the_same_with_other_ends_of_lines_and_a_mark_of_order() {
    assert_eq!(read(&format!("\u{feff}{}", GOOD.replace('\n', "\r\n"))), read(GOOD));
}

#[test]
fn every_refusal_says_its_line_and_its_reason() {
    for (from, to, line, what) in [
        ("- name: g", "- nam: g", 3, "`nam` is not known here; there are name, interval, "),
        ("- name: g", "- name: ''", 3, "a group needs a `name`"),
        ("interval: 1m", "interval: 90", 4, "`90` is no duration"),
        ("query_offset: 30s", "query_offset: -1s", 5, "`-1s` is no duration"),
        ("limit: 5", "limit: many", 6, "a whole number"),
        ("team: '{{ $labels.a }}'", "team: '{{ $labls.a }}'", 7, "`$labls`"),
        ("team:", "te-am:", 7, "`te-am` is no name of a label"),
        ("record: a:b", "record: a-b", 9, "`a-b` is no name of a metric"),
        ("record: a:b", "record: a:b\n    alert: B", 10, "this has both"),
        ("- record: a:b\n    expr", "- expr", 9, "`record` or `alert`"),
        ("record: a:b", "record: a:b\n    for: 1m", 10, "`for` belongs to alert rules"),
        ("record: a:b", "record: a:b\n    annotations:\n      a: b", 11, "`annotations` belongs to"),
        ("expr: sum(up)", "exp: sum(up)", 10, "`exp` is not known here"),
        ("    expr: sum(up)\n", "", 9, "a rule needs an `expr`"),
        ("expr: sum(up)", "expr: sum(up", 10, "parse error"),
        ("expr: sum(up)", "expr: nobody(up)", 10, "nobody"),
        ("expr: sum(up)", "expr: [up]", 10, "text"),
        ("raw: '{{ x'", "__name__: x", 12, "`__name__` cannot be a label"),
        ("raw: '{{ x'", "raw: a\n      raw: b", 13, "`raw` stands here twice"),
        ("for: 5m", "for: 5 m", 17, "`5 m` is no duration"),
        ("keep_firing_for: 1m", "keep_firing_for: x", 18, "`x` is no duration"),
        (
            "severity: &page page",
            "severity: &page '{{ query }}'",
            20,
            "the function `query` is not supported here",
        ),
        ("version: 1.10", "version: [1]", 21, "text"),
        ("summary: *page", "summary: *pge", 23, "anchor"),
        ("summary: *page", "sum-mary: *page", 20, "`sum-mary` is no name of an annotation"),
        (
            "first\n        {{ $value }}\n      folded",
            "first\n        {{ range }}\n      folded",
            26,
            "`range` is not supported",
        ),
        (
            "folded: >\n        first\n        {{ $value }}",
            "folded: >\n        first\n        {{ if }}",
            27,
            "a value is missing",
        ),
        ("- name: h", "- name: g", 30, "a second group `g`"),
        ("{record: c, expr: 1}", "{record: c, expr: 1}\n---\na: b", 34, "one document"),
        ("- {record: c, expr: 1}", "- {record: c, expr: 1", 33, "'}'"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let (found, said) = refused(&GOOD.replacen(from, to, 1));
        assert!(
            found == line && said.contains(what),
            "{to}: expected line {line} and {what}, but {found}: {said}"
        );
    }
}

#[test]
fn what_is_taken_over_counts_less_than_what_stands_there() {
    let set = read(
        "groups:\n- name: g\n  rules:\n  - &a\n    alert: A\n    expr: up\n    labels: &l {a: '1', b: '1'}\n  - <<: *a\n    alert: B\n    \
         labels:\n      <<: [{b: '3'}, *l]\n      c: '2'\n",
    );
    let rules = &set.groups[0].rules;
    assert_eq!((rules[1].name(), &*rules[1].expr), ("B", "up"));
    assert_eq!(filled(&rules[1].labels), ["c=2", "b=3", "a=1"]);
}

#[test]
fn of_several_files_each_counts_once() {
    let mut set = read(GOOD);
    set.merge(RuleSet::parse("other", GOOD).unwrap());
    set.merge(read(GOOD));
    let names: Vec<_> = set.groups.iter().map(|group| (&*group.file, &*group.name)).collect();
    assert_eq!(names, [("f", "g"), ("f", "h"), ("other", "g"), ("other", "h")]);
}

#[test]
fn nothing_is_read_from_files_without_rules() {
    for text in ["", "\n", "# x\n", "---\n", "--- \n...\n", "null", "groups:", "groups: ~\n---\n"] {
        assert!(read(text).is_empty(), "{text:?}");
    }
}

#[test]
fn what_is_hostile_is_refused_in_time_and_memory() {
    let nested = |open: &str| format!("groups: {}", open.repeat(100_000));
    let laughs = (1..30).fold("a0: &a0 [x]\n".to_owned(), |text, at| {
        format!("{text}a{at}: &a{at} [*a{0}, *a{0}, *a{0}, *a{0}]\n", at - 1)
    });
    let merges = (1..40).fold("groups:\n- &g0 {name: g0}\n".to_owned(), |text, at| {
        format!("{text}- &g{at} {{<<: [*g{0}, *g{0}, *g{0}], name: g{at}}}\n", at - 1)
    });
    for text in [nested("["), nested("{a: "), nested("- "), laughs, "\0".repeat(1000), "&a ".repeat(1000)] {
        refused(&text);
    }
    let _ = RuleSet::parse("f", &merges);
    assert!(refused(&"#".repeat(LONGEST + 1)).1.contains("at most 16 MiB"));
    read(&"# comment\n".repeat(10_000));
}

#[test]
fn a_large_file_is_read() {
    let rule =
        |at: usize| format!("  - record: r{at}\n    expr: sum by (job) (rate(x_total{{a=\"{at}\"}}[5m]))\n");
    let text = format!("groups:\n- name: g\n  rules:\n{}", (0..2_000).map(rule).collect::<String>());
    assert_eq!(read(&text).len(), 2_000);
    assert_eq!(refused(&format!("{text}  - record: x\n")).0, 4_004);
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yml");
    assert!(matches!(RuleSet::read(&file), Err(RuleFileError::Read { .. })));
    for no_file in [folder.path(), std::path::Path::new("/dev/null")] {
        let error = RuleSet::read(no_file).unwrap_err();
        assert!(
            matches!(&error, RuleFileError::Read { source, .. } if source.to_string() == "it is not a plain file")
        );
    }
    std::fs::write(&file, b"groups:\n# \xff\n").unwrap();
    assert!(matches!(RuleSet::read(&file), Err(RuleFileError::Wrong { line: 2, .. })));
    std::fs::File::create(&file).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(RuleSet::read(&file), Err(RuleFileError::Wrong { line: 1, .. })));
    std::fs::write(&file, GOOD).unwrap();
    assert_eq!(RuleSet::read(&file).unwrap().groups[0].file, file.display().to_string());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_to_a_file_nothing_panics(
        changes in prop::collection::vec((0..GOOD.len(), 0..12_usize, prop::sample::select(vec![
            "", "{{", "}}", "[", "]", "{", "}", "&a ", "*a", "\n", "\n- ", ": ", "'", "\"", "|", ">", "\t", "<<", "~", "!x ", "---\n", "é", "#",
        ])), 1..6),
    ) {
        let mut text = GOOD.to_owned();
        for (at, length, put) in changes {
            let boundary = |at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let (at, end) = (boundary(at), boundary(at + length));
            text.replace_range(at..end, put);
        }
        match RuleSet::parse("f", &text) {
            Ok(_) => {}
            Err(RuleFileError::Wrong { line, what, .. }) => {
                prop_assert!(line >= 1 && line <= text.lines().count() + 1 && !what.is_empty(), "{line}: {what}\n{text}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn a_file_that_is_named_twice_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let [file, link, other] = ["r.yml", "link.yml", "other.yml"].map(|name| folder.path().join(name));
    std::fs::write(&file, GOOD).unwrap();
    std::fs::write(&other, GOOD).unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let dotted = folder.path().join(".").join("r.yml");
    let once = RuleSet::read(&file).unwrap();
    assert_eq!(RuleSet::read_all(&[file.clone(), dotted, link]).unwrap(), once);
    assert_eq!(RuleSet::read_all(&[file, other]).unwrap().len(), 2 * once.len());
    let missing = RuleSet::read_all(&[folder.path().join("missing.yml")]);
    assert!(matches!(missing, Err(RuleFileError::Read { .. })));
}
