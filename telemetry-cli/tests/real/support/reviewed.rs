//! Output that somebody has read and found right, kept in `tests/real/reviewed/`.
//!
//! `INSTA_UPDATE=always cargo nextest run …` writes what is new; then it is read, and committed.

/// Holds the text to the reviewed one of this name. Each filter is a regular expression with what stands in place of what it finds: times,
/// ports and folders are other ones each time.
#[track_caller]
pub(crate) fn reviewed(name: &str, text: &str, filters: &[(&str, &str)]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../reviewed");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    filters.iter().for_each(|(pattern, with)| settings.add_filter(pattern, *with));
    settings.bind(|| insta::assert_snapshot!(name, text));
}
