//! What must not reach the YAML library, because it would take hours or all memory over it. The program may run where
//! a stranger wrote the file, so that one megabyte of text must not be able to stop it.
//!
//! Aliases are no matter for here: the reader counts what they expand to.

/// The characters at which the library goes over all brackets that are open, to see whether a key may still begin.
const TOKENS: &[u8] = b"[]{},:?\"'!&*";

/// The steps that the library may take over open brackets: about 1.5 s of an optimised build on a slow machine. A
/// file of 200 KiB in dense JSON stays under it, as does one of any permitted length in the usual indented style.
const MOST_STEPS: usize = 200_000_000;

/// Why the text must not be read, if so.
pub(super) fn objection(text: &str) -> Option<&'static str> {
    if has_tag_directive(text) {
        Some("has a %TAG directive, which no configuration needs")
    } else if steps(text.as_bytes()) > MOST_STEPS {
        Some("has so many brackets inside one another that reading it would take too long")
    } else {
        None
    }
}

/// The library copies the text that such a directive stands for into every tag that uses it, hundreds of kilobytes
/// into a hundred thousand tags.
fn has_tag_directive(text: &str) -> bool {
    let line_start = |before: &str| {
        before.chars().next_back().is_none_or(|c| "\n\r\u{85}\u{2028}\u{2029}\u{feff}".contains(c))
    };
    text.match_indices("%TAG").any(|(start, _)| line_start(&text[..start]))
}

/// An upper bound of the steps that the library takes over open brackets.
///
/// A closing bracket counts only if no quote, comment or tag began after its opening one: otherwise it may be part of
/// a text, put there to make the nesting look harmless.
fn steps(text: &[u8]) -> usize {
    let (mut open, mut never_closed, mut steps) = (0_usize, 0_usize, 0_usize);
    for byte in text {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            b'"' | b'\'' | b'#' | b'!' => never_closed += std::mem::take(&mut open),
            _ => {}
        }
        if TOKENS.contains(byte) {
            steps = steps.saturating_add(open + never_closed);
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_directives_are_refused_where_they_are_directives() {
        for text in ["%TAG ! x\n---\n", "\u{feff}%TAG", "%YAML 1.1\n%TAG", "a\r%TAG", "a\u{2028}%TAG"] {
            assert!(objection(text).is_some_and(|why| why.contains("%TAG")), "{text:?}");
        }
        assert_eq!(objection("a: %TAG\nb: 100%TAG\n %TAG"), None);
    }

    #[test]
    fn deep_nesting_is_refused_however_it_is_hidden() {
        let deep = "[".repeat(20_000);
        for text in [
            deep.clone(),
            "{".repeat(20_000),
            "[ # ]\n".repeat(20_000),
            format!("{}{}", "[ \"]\", ".repeat(10_000), "1, ".repeat(10_000)),
            format!("{}{}", "[ ']', ".repeat(10_000), "1, ".repeat(10_000)),
            format!("{}{}", "[ !<]> 1, ".repeat(10_000), "1, ".repeat(10_000)),
            format!("{deep}\"{}\"", "]".repeat(20_000)),
        ] {
            assert!(objection(&text).is_some_and(|why| why.contains("brackets")), "{:?}", &text[..20]);
        }
    }

    #[test]
    fn ordinary_files_pass_at_any_length() {
        for line in ["key: [1, 2, {a: b}]\n", "- name: \"a [b] c\"\n", "  don't (see [1]), or {x}: y\n"] {
            assert_eq!(objection(&line.repeat(1_000_000 / line.len())), None, "{line:?}");
        }
        let json = r#"{"name": "x", "list": [1, 2], "more": {"a": "b"}}, "#;
        assert_eq!(objection(&json.repeat(100_000 / json.len())), None);
    }
}
