//! A short difference of two texts, for a person who wants to see what changed in a generated file.

use similar::{ChangeTag, TextDiff};

/// Unchanged lines shown on either side of what differs, as `diff -u` does by default.
const CONTEXT: usize = 3;
/// Lines of a difference that are shown before the rest is counted; a screen's worth.
const SHOWN: usize = 60;

/// The difference from `old` to `new` in the notation of a unified diff, or nothing when their lines are the same.
pub(crate) fn hunks(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let difference = TextDiff::from_slices(&old, &new);
    let mut lines = Vec::new();
    for hunk in difference.unified_diff().context_radius(CONTEXT).iter_hunks() {
        lines.push(hunk.header().to_string());
        lines.extend(hunk.iter_changes().map(|change| format!("{}{}", mark(change.tag()), change.value())));
    }
    shortened(&lines)
}

const fn mark(tag: ChangeTag) -> char {
    match tag {
        ChangeTag::Equal => ' ',
        ChangeTag::Delete => '-',
        ChangeTag::Insert => '+',
    }
}

fn shortened(lines: &[String]) -> String {
    let mut text = lines[..lines.len().min(SHOWN)].join("\n");
    if lines.len() > SHOWN {
        text.push_str(&format!("\n… and {} more lines", lines.len() - SHOWN));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown_with_its_surroundings() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let new = "a\nb\nc\nd\nE\nE2\nf\ng\nh\n";
        assert_eq!(hunks(old, new), "@@ -2,7 +2,8 @@\n b\n c\n d\n-e\n+E\n+E2\n f\n g\n h");
    }

    #[test]
    fn what_lies_between_two_changes_far_apart_is_left_out() {
        let old: String = (1..=40).map(|n| format!("{n}\n")).collect();
        let new = old.replacen("5\n", "five\n", 1).replace("30\n", "");
        let expected = "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n\
                        @@ -27,7 +27,6 @@\n 27\n 28\n 29\n-30\n 31\n 32\n 33";
        assert_eq!(hunks(&old, &new), expected);
    }

    #[test]
    fn additions_and_removals_at_the_ends_are_shown() {
        assert_eq!(hunks("", "new\n"), "@@ -0,0 +1 @@\n+new");
        assert_eq!(hunks("a\nb\n", "a\n"), "@@ -1,2 +1 @@\n a\n-b");
    }

    #[test]
    fn equal_lines_have_no_difference() {
        assert_eq!(hunks("a\nb\n", "a\nb\n"), "");
        assert_eq!(hunks("a\nb\n", "a\r\nb"), "");
    }

    #[test]
    fn a_long_difference_is_cut_and_counted() {
        let new: String = (0..100).map(|n| format!("{n}\n")).collect();
        let shown = hunks("", &new);
        assert_eq!(shown.lines().count(), SHOWN + 1);
        assert!(shown.ends_with("… and 41 more lines"), "{shown}");
    }
}
