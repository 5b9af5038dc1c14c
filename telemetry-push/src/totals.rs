//! The totals that a ledger holds, and the file that they are kept in.
//!
//! The file is a text exposition, so that anything that reads the format can read it. What the ledger keeps for itself stands in
//! comment lines, which every parser skips:
//!
//! ```text
//! # telemetry: ledger format=1 id=5f0c… generation=17 half_hour=979840 born=1763712000
//! # telemetry: taken 8d21…
//! # telemetry: lease sase_workspace_active{lease="ws-7",project="site"} 1763712000
//! # telemetry: combine sase_agent_active live
//! … the exposition …
//! # telemetry: end
//! ```

use crate::families::{END, Families, NoFamilies, OWN, PREFIX, own_lines};
use crate::lease::{Lease, Leases};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use telemetry_core::exposition::{self, Family, Format, ParseError};

const FORMAT: &str = "1";

/// What stands behind the prefix of a ledger's first line, and of no other file's.
const LEDGER: &str = "ledger ";

/// What the lines begin with that describe a family.
const DESCRIPTIONS: [&str; 2] = ["# HELP ", "# TYPE "];

/// The totals of a ledger at one generation.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Which ledger this is; made anew whenever a ledger begins anew.
    pub id: String,
    /// How many times the ledger was replaced.
    pub generation: u64,
    /// The half hour, counted from 1970, in which the ledger was last replaced.
    pub(crate) half_hour: u64,
    /// When the ledger was first written, in seconds since 1970; `None` before that, and in one of a version that did not write it down.
    pub(crate) born: Option<u64>,
    /// The waiting changes that are in these totals, and whose files may still be there.
    pub(crate) taken: BTreeSet<String>,
    pub(crate) leases: Leases,
    pub(crate) families: Families,
}

/// Why a file is no ledger.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoLedger {
    #[error("it does not begin with a line of the telemetry ledger")]
    Foreign,
    #[error("it is no file")]
    NoFile,
    #[error("it is too long")]
    TooLong,
    #[error("it is not UTF-8")]
    NotText,
    #[error("its line {0} is none of a ledger")]
    Strange(usize),
    #[error("a lease in it cannot be read")]
    Lease,
    #[error("its format is {0}, which this version does not know")]
    Format(String),
    #[error(transparent)]
    Families(#[from] NoFamilies),
    #[error(transparent)]
    Parse(#[from] ParseError),
}

impl Totals {
    /// An empty ledger of this identity.
    #[must_use]
    pub(crate) fn new(id: String) -> Self {
        Self {
            id,
            generation: 0,
            half_hour: 0,
            born: None,
            taken: BTreeSet::new(),
            leases: Leases::default(),
            families: Families::default(),
        }
    }

    /// Whether nothing was ever recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    /// The totals as families of an exposition: the catalog's in its order, then the others by name.
    #[must_use]
    pub fn families(&self) -> Vec<Family<'_>> {
        self.families.exposition()
    }

    /// How many series there are.
    #[must_use]
    pub fn series(&self) -> usize {
        self.families().iter().map(|family| family.metrics.len()).sum()
    }

    /// The workspaces that are held by lease, with their ids.
    pub fn leases(&self) -> impl Iterator<Item = (&str, &Lease)> {
        self.leases.0.iter().map(|(id, lease)| (id.as_str(), lease))
    }

    /// The totals as text exposition, without the lines that the ledger keeps for itself.
    #[must_use]
    pub fn exposition(&self) -> String {
        let mut text = String::new();
        exposition::write(&self.families(), Format::Text, &mut text);
        text
    }

    /// Replaces every live gauge by its sum over the living and the leases. Says whether anything changed.
    pub(crate) fn set_live(&mut self, mut living: Families, max_series: usize) -> bool {
        self.leases.show(&mut living);
        self.families.set_live(&living, max_series)
    }

    /// The text of the ledger's file.
    pub(crate) fn file(&self) -> String {
        let Self { id, generation, half_hour, .. } = self;
        let born = self.born.map(|born| format!(" born={born}")).unwrap_or_default();
        let mut text = format!(
            "{PREFIX}{LEDGER}format={FORMAT} id={id} generation={generation} half_hour={half_hour}{born}\n"
        );
        for id in &self.taken {
            let _ = writeln!(text, "{PREFIX}taken {id}");
        }
        self.leases.write(&mut text);
        self.families.write(&mut text);
        text
    }

    /// Reads the text of a ledger's file.
    pub(crate) fn parse(text: &str) -> Result<Self, NoLedger> {
        let totals = parse_header(text.lines().next().unwrap_or_default())?;
        check_comments(text)?;
        Ok(Self {
            taken: own_lines(text, "taken ").map(str::to_owned).collect(),
            leases: Leases::read(text)?,
            families: Families::read(text)?,
            ..totals
        })
    }
}

/// Whether these bytes begin as the file of a ledger does, whatever becomes of it further on.
#[must_use]
pub fn is_ledger(bytes: &[u8]) -> bool {
    bytes.strip_prefix(PREFIX.as_bytes()).is_some_and(|rest| rest.starts_with(LEDGER.as_bytes()))
}

/// Refuses a file with a comment that is not read: whatever it says would be gone with the next replacement.
fn check_comments(text: &str) -> Result<(), NoLedger> {
    let mut in_head = true;
    for (number, line) in text.lines().enumerate().skip(1).filter(|(_, line)| *line != END) {
        let own = line.strip_prefix(PREFIX);
        in_head &= own.is_some();
        let begins = |begins: &[&str], line: &str| begins.iter().any(|begin| line.starts_with(begin));
        let is_read = match own {
            Some(own) => in_head && begins(&OWN, own),
            None => !line.starts_with('#') || begins(&DESCRIPTIONS, line),
        };
        if !is_read {
            return Err(NoLedger::Strange(number + 1));
        }
    }
    Ok(())
}

fn parse_header(line: &str) -> Result<Totals, NoLedger> {
    let fields =
        line.strip_prefix(PREFIX).and_then(|line| line.strip_prefix(LEDGER)).ok_or(NoLedger::Foreign)?;
    let (mut told, mut is_repeated) = (BTreeMap::new(), false);
    for (name, value) in fields.split(' ').filter_map(|field| field.split_once('=')) {
        is_repeated |= told.insert(name, value).is_some();
    }
    match told.get("format").copied() {
        Some(FORMAT) => {}
        Some(newer) if newer.parse::<u32>().is_ok_and(|format| format > 1) => {
            return Err(NoLedger::Format(newer.to_owned()));
        }
        _ => return Err(NoLedger::Foreign),
    }
    let number = |name| told.get(name).map(|number| number.parse().ok());
    // It becomes part of the names of files.
    let plain =
        |id: &&str| !id.is_empty() && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric());
    let id = told.get("id").copied().filter(plain).ok_or(NoLedger::Foreign)?;
    let generation = number("generation").flatten().ok_or(NoLedger::Foreign)?;
    match (number("half_hour").unwrap_or(Some(0)), number("born")) {
        (Some(half_hour), born) if !is_repeated && born != Some(None) => {
            Ok(Totals { generation, half_hour, born: born.flatten(), ..Totals::new(id.to_owned()) })
        }
        _ => Err(NoLedger::Strange(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with a line of each kind that a ledger keeps for itself.
    const FILE: &str = "# telemetry: ledger format=1 id=a-1 generation=17 half_hour=3 born=5\n\
        # telemetry: taken other\n\
        # telemetry: lease sase_workspace_active{lease=\"w\",project=\"site\"} 1763712000\n\
        # telemetry: combine g state\n\
        # telemetry: created g{a=\"b\"} 0\n\
        # HELP g Help.\n# TYPE g gauge\ng{a=\"b\"} 0\n# telemetry: end\n";

    #[test]
    fn every_line_of_a_ledger_is_read() {
        let totals = Totals::parse(FILE).unwrap();
        assert_eq!((totals.leases().count(), totals.taken.len(), totals.series()), (1, 1, 1));
        assert_eq!(totals.file(), FILE);
    }

    #[test]
    fn a_line_that_would_be_lost_makes_it_no_ledger() {
        for (whole, damaged) in [
            ("# telemetry: taken", "# telemetri: taken"),
            ("# telemetry: lease", "# telemetry: leaze"),
            ("# telemetry: combine", "#telemetry: combine"),
            ("# telemetry: created", "# telemetry: "),
            ("# HELP g Help.\n", "# HELP g Help.\n# telemetry: taken more\n"),
            ("# HELP", "# HELQ"),
            ("lease=\"w\",", ""),
            ("lease=\"w\"", "leash=\"w\""),
            ("lease sase_workspace_active", "lease sase_workspace_alive"),
            ("project=\"site\"} 1763712000", "projekt=\"site\"} 1763712000"),
            ("1763712000", "17637.2000"),
            ("1763712000", "1763712000 5"),
            (" 1763712000\n", " 1763712000\n# telemetry: lease # another\n"),
            (
                " 1763712000\n",
                " 1763712000\n# telemetry: lease sase_workspace_active{lease=\"w\",project=\"b\"} 1763712000\n",
            ),
            (
                " 1763712000\n",
                " 1763712000\n# telemetry: lease sase_workspace_idle{lease=\"w\",project=\"b\"} 1763712000\n",
            ),
            ("combine g", "combine h"),
            ("combine g state", "combine g stale"),
            ("combine g state", "combine g"),
            ("combine g state\n", "combine g state\n# telemetry: combine g live\n"),
            ("created g{a=\"b\"}", "created g{a=\"c\"}"),
            ("created g{a=\"b\"}", "created g{c=\"b\"}"),
            ("created g{a=\"b\"}", "created h{a=\"b\"}"),
            ("created g{a=\"b\"}", "created # g{a=\"b\"}"),
            ("g{a=\"b\"} 0\n# telemetry: end", "g{a=\"b\"} 7\n# telemetry: end"),
            ("generation=17", "generation=l7"),
            ("half_hour=3", "half_hour=e"),
            ("half_hour=3", "half_hour=3 half_hour=4"),
            ("born=5", "born=rmat=1"),
            ("1763712000", "-1"),
            ("1763712000", "1e300"),
            ("id=a-1", "id=../a"),
            ("id=a-1", "id="),
        ] {
            let text = FILE.replacen(whole, damaged, 1);
            assert_ne!(text, FILE);
            assert!(Totals::parse(&text).is_err(), "{text}");
        }
    }
}
