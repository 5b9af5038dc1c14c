//! A short difference of two texts, for a person who wants to see what changed in a generated file.
//!
//! It shows one hunk in the notation of a unified diff: everything between the first and the last line that differ. That
//! is all a stale file needs, and keeps this a page of code.

/// Unchanged lines shown on either side of what differs, as `diff -u` does by default.
const CONTEXT: usize = 3;
/// Lines of a hunk that are shown before the rest is counted; a screen's worth.
const SHOWN: usize = 40;

/// The difference from `old` to `new`, one line each, or nothing when their lines are the same.
pub(crate) fn hunk(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let same_start = common(old.iter(), new.iter());
    if same_start == old.len() && same_start == new.len() {
        return String::new();
    }
    let same_end = common(old[same_start..].iter().rev(), new[same_start..].iter().rev());
    shortened(&lines(&old, &new, same_start, same_end))
}

fn common<'a>(left: impl Iterator<Item = &'a &'a str>, right: impl Iterator<Item = &'a &'a str>) -> usize {
    left.zip(right).take_while(|(left, right)| left == right).count()
}

fn lines(old: &[&str], new: &[&str], same_start: usize, same_end: usize) -> Vec<String> {
    let (old_end, new_end) = (old.len() - same_end, new.len() - same_end);
    let first = same_start.saturating_sub(CONTEXT);
    let after = same_end.min(CONTEXT);
    let mark = |sign: char| move |line: &&str| format!("{sign}{line}");
    let mut hunk = vec![format!("@@ line {} @@", same_start + 1)];
    hunk.extend(old[first..same_start].iter().map(mark(' ')));
    hunk.extend(old[same_start..old_end].iter().map(mark('-')));
    hunk.extend(new[same_start..new_end].iter().map(mark('+')));
    hunk.extend(new[new_end..new_end + after].iter().map(mark(' ')));
    hunk
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
        assert_eq!(hunk(old, new), "@@ line 5 @@\n b\n c\n d\n-e\n+E\n+E2\n f\n g\n h");
    }

    #[test]
    fn additions_and_removals_at_the_ends_are_shown() {
        assert_eq!(hunk("", "new\n"), "@@ line 1 @@\n+new");
        assert_eq!(hunk("a\na\n", "a\n"), "@@ line 2 @@\n a\n-a");
    }

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(hunk("a\nb\n", "a\nb\n"), "");
    }

    #[test]
    fn a_long_difference_is_cut_and_counted() {
        let new: String = (0..100).map(|n| format!("{n}\n")).collect();
        let shown = hunk("", &new);
        assert_eq!(shown.lines().count(), SHOWN + 1);
        assert!(shown.ends_with("… and 61 more lines"), "{shown}");
    }
}
