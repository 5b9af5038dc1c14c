//! Which look each series has: a colour and a dash that follow from its name, so that it keeps them whatever is shown beside it.

/// How many colours series have; beyond, they are told apart by their dashes.
pub const COLOURS: usize = 8;

/// How many looks differ: each colour with each dash.
pub const LOOKS: usize = COLOURS * (1 + DASHES);

/// In how many ways a line is dashed, beside the whole one.
const DASHES: usize = 3;

/// How far apart the colours are that a series tries one after the other; with eight of them it comes to all.
const STRIDE: usize = 3;

/// With this start the names that every installation has, such as percentiles and outcomes, want different colours; a test looks.
const START: u64 = 5885;

/// The look of each series by its name: its colour is the remainder by [`COLOURS`], and how it is dashed the quotient.
///
/// A name wants one colour for ever. Only where two names want the same is one of them given another, always the same one of the two, and
/// never a colour that a third one wants: so a series that is alone in its wish keeps its colour whatever comes and goes, and the others
/// nearly always. Where there are more series than colours, a series has the colour that it wants, dashed. The order of the names
/// does not matter, and the same name has the same look.
///
/// A series that is alone has the first colour, which says nothing of good or bad, whatever it is called.
///
/// Give it all series of a panel, also those that are not shown.
///
/// ```
/// use telemetry_charts::colours::looks;
///
/// let all = looks(&["p50", "p95", "p99"]);
/// assert_eq!(looks(&["p99", "p50"]), [all[2], all[0]]);
/// ```
#[must_use]
pub fn looks(names: &[&str]) -> Vec<usize> {
    let mut order: Vec<(u64, &str)> = names.iter().map(|name| (hash(name), *name)).collect();
    order.sort_unstable();
    order.dedup();
    if order.len() == 1 {
        return vec![0; names.len()];
    }
    let mut found: Vec<Option<usize>> = vec![None; order.len()];
    let mut taken = [false; COLOURS];
    for (look, (hash, _)) in found.iter_mut().zip(&order) {
        let wish = wish(*hash);
        if !std::mem::replace(&mut taken[wish], true) {
            *look = Some(wish);
        }
    }
    let mut dashed = [0; COLOURS];
    for (look, (hash, _)) in found.iter_mut().zip(&order).filter(|(look, _)| look.is_none()) {
        let wish = wish(*hash);
        let free = (1..COLOURS).map(|step| (wish + step * STRIDE) % COLOURS).find(|colour| !taken[*colour]);
        *look = Some(free.unwrap_or_else(|| {
            dashed[wish] = dashed[wish] % DASHES + 1;
            wish + COLOURS * dashed[wish]
        }));
        free.into_iter().for_each(|colour| taken[colour] = true);
    }
    let look = |name: &&str| order.binary_search(&(hash(name), *name)).ok().and_then(|place| found[place]);
    names.iter().map(|name| look(name).unwrap_or_default()).collect()
}

/// The colour that a name wants.
fn wish(hash: u64) -> usize {
    usize::try_from(hash % COLOURS as u64).unwrap_or_default()
}

/// FNV-1a, mixed once more, since its lowest bits alone say little. It is written down here so that it is the same in every version.
fn hash(name: &str) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    const MIX: u64 = 0xff51_afd7_ed55_8ccd;
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    let hash = name.bytes().fold(BASIS ^ START, step);
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(MIX);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use telemetry_catalog::panel::{Board, Visualization, boards, charts};
    use telemetry_core::config::Config;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|place| format!("project-{place}")).collect()
    }

    fn of(names: &[String]) -> Vec<usize> {
        looks(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn no_order_and_no_repetition_changes_a_look() {
        let mut all = names(40);
        let looks = of(&all);
        all.reverse();
        assert!(of(&all).into_iter().rev().eq(looks.iter().copied()));
        let twice: Vec<_> = all.iter().chain(&all).cloned().collect();
        let both = of(&twice);
        assert_eq!(both[..40], both[40..]);
    }

    #[test]
    fn a_series_that_is_alone_has_the_first_colour() {
        for name in names(40) {
            assert_eq!(looks(&[&name, &name]), [0, 0]);
        }
    }

    #[test]
    fn as_many_series_as_there_are_colours_have_one_each() {
        for from in 0..200 {
            let all: Vec<_> = (from..from + COLOURS).map(|place| format!("workflow {place}")).collect();
            let colours: BTreeSet<_> = of(&all).into_iter().collect();
            assert!(colours.len() == COLOURS && colours.iter().all(|look| *look < COLOURS), "{colours:?}");
        }
        let looks: BTreeSet<_> = of(&names(16)).into_iter().collect();
        assert_eq!(looks.len(), 16);
        assert!(of(&names(2000)).into_iter().all(|look| look < LOOKS));
    }

    #[test]
    fn whoever_goes_takes_no_colour_from_one_that_had_what_it_wanted() {
        for count in [3, 8, 20, 60] {
            let all = names(count);
            let before = of(&all);
            for gone in 0..count {
                let mut fewer = all.clone();
                fewer.remove(gone);
                let after = of(&fewer);
                let kept = before.iter().enumerate().filter(|(place, _)| *place != gone).zip(after);
                for ((place, before), after) in kept {
                    let wanted = wish(hash(&all[place]));
                    assert!(*before != wanted || after == wanted, "{} without {}", all[place], all[gone]);
                }
            }
        }
    }

    /// What the catalog itself calls series, in the pictures that nearly everybody has.
    #[test]
    fn names_that_everybody_has_get_what_they_want() {
        let config = Config::default();
        let all: Vec<_> =
            boards(&config).iter().flat_map(Board::panels).cloned().chain(charts(&config)).collect();
        let lines = all.iter().filter(|panel| panel.visualization == Visualization::TimeSeries);
        let fixed = lines.filter(|panel| panel.queries.iter().all(|query| query.legend.labels.is_empty()));
        let mut groups: Vec<Vec<String>> = fixed
            .map(|panel| panel.queries.iter().map(|query| query.legend.text.clone()).collect())
            .collect();
        groups.retain(|group| (2..=COLOURS).contains(&group.len()));
        for known in [["ok", "error", "killed", "other"], ["passed", "failed", "killed", "other"]] {
            groups.push(known.map(str::to_owned).to_vec());
        }
        groups.push(["claude", "gemini", "codex"].map(str::to_owned).to_vec());
        for group in groups {
            let wishes: BTreeSet<_> = group.iter().map(|name| wish(hash(name))).collect();
            assert!(wishes.len() == group.len(), "{group:?} want {wishes:?}");
        }
    }
}
