//! Finding the name that a person most likely meant.

/// Names are compared up to this many characters: the longest real one has far fewer, and the time grows with the
/// square of the length, which a hostile file chooses.
const LONGEST_COMPARED: usize = 100;

/// The candidate that takes the fewest typing errors to become `name`; the first of several.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates.min_by_key(|candidate| distance(name, candidate))
}

/// Whether two names are so near that the one is likely a misspelling, or the beginning, of the other.
pub(super) fn likely(name: &str, candidate: &str) -> bool {
    let begun = name.len() >= 4 && (candidate.starts_with(name) || name.starts_with(candidate));
    begun || distance(name, candidate) <= candidate.chars().count().div_ceil(3)
}

/// The number of characters to insert, remove, replace or swap with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(LONGEST_COMPARED).collect();
    let b: Vec<char> = b.chars().take(LONGEST_COMPARED).collect();
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_typing_errors() {
        for (a, b, expected) in [
            ("", "", 0),
            ("job", "", 3),
            ("job", "job", 0),
            ("jbo", "job", 1),
            ("jobs", "job", 1),
            ("über", "uber", 1),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (expected, expected), "{a} {b}");
        }
    }

    #[test]
    fn near_names_are_likely_and_far_ones_are_not() {
        assert!(likely("enable", "enabled"));
        assert!(likely("bearer_token", "bearer_token_file"));
        assert!(!likely("colour", "job"));
        assert_eq!(nearest("carier", ["enabled", "carrier"].into_iter()), Some("carrier"));
    }

    #[test]
    fn a_hostile_name_costs_little() {
        assert!(!likely(&"x".repeat(1_000_000), "enabled"));
    }
}
