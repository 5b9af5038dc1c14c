//! Rule files that are read, and such that are refused.

use super::RuleFileError;
use crate::rules::RuleSet;

fn refused(text: &str) -> (usize, String) {
    match RuleSet::parse("f", text) {
        Err(RuleFileError::Wrong { line, what, .. }) => (line, what),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn it_says_line_and_reason() {
    let good = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    annotations:\n      x: |\n        a\n        {{ $value }}\n";
    assert_eq!(RuleSet::parse("f", good).unwrap().len(), 1);
    for (from, to, line, what) in [
        ("expr: up == 0", "expr: up =", 5, "parse error"),
        ("{{ $value }}", "{{ query }}", 9, "`query`"),
        ("alert: A", "alrt: A", 4, "`alrt`"),
        ("name: g", "nam: g", 2, "`nam`"),
    ] {
        let (found, said) = refused(&good.replace(from, to));
        assert_eq!(found, line, "{said}");
        assert!(said.contains(what), "{said}");
    }
}
