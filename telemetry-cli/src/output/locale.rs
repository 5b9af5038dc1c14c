//! Whether whoever reads the output has said that it shows UTF-8.

use std::ffi::OsString;

/// The variables that name the locale of characters; the first that has a value decides, as in the C library.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];

/// A locale says its charset behind a point. One without it has the charset that its language had before Unicode, and the locale of a
/// process to which nobody gave one is that of C: a terminal gets ASCII then. A pipe has no charset of its own, so that it gets UTF-8
/// unless a locale says otherwise.
pub(super) fn is_utf8(terminal: bool, environment: impl Fn(&str) -> Option<OsString>) -> bool {
    let mut values = VARIABLES.iter().filter_map(|name| environment(name));
    match values.find(|value| !value.is_empty()) {
        Some(locale) => locale.to_str().is_some_and(has_utf8),
        None => !terminal,
    }
}

fn has_utf8(locale: &str) -> bool {
    let charset = locale.split('@').next().and_then(|name| name.split_once('.'));
    charset.is_some_and(|(_, charset)| charset.replace('-', "").eq_ignore_ascii_case("utf8"))
}

#[cfg(test)]
mod tests {
    use super::is_utf8;

    fn of(terminal: bool, environment: &[(&str, &str)]) -> bool {
        is_utf8(terminal, |name| {
            environment.iter().find(|(of, _)| *of == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_first_variable_with_a_value_decides() {
        for (environment, utf8) in [
            (&[("LANG", "en_US.UTF-8")][..], true),
            (&[("LANG", "C.utf8")], true),
            (&[("LANG", "de_DE.UTF-8@euro")], true),
            (&[("LANG", "en_US")], false),
            (&[("LANG", "de_DE.ISO-8859-1")], false),
            (&[("LANG", "C")], false),
            (&[("LANG", "en_US.UTF-8"), ("LC_CTYPE", "C")], false),
            (&[("LC_ALL", ""), ("LC_CTYPE", "C.UTF-8"), ("LANG", "C")], true),
            (&[("LC_ALL", "POSIX"), ("LC_CTYPE", "C.UTF-8")], false),
        ] {
            assert_eq!((of(true, environment), of(false, environment)), (utf8, utf8), "{environment:?}");
        }
    }

    #[test]
    fn without_a_locale_a_terminal_gets_ascii_and_a_pipe_what_it_always_gets() {
        assert_eq!((of(true, &[]), of(false, &[("LANG", "")])), (false, true));
    }
}
