//! What a file may not set that was merely found in the current folder: agents run inside cloned repositories, where
//! a stranger may have written it. It may set thresholds and names. It may not send the user's credentials somewhere
//! else, name files to be read and sent or a folder to be written to, or open a listener to the network.

use std::collections::BTreeSet;
use std::path::Path;

use super::assignment::Assignment;
use super::settings::{Found, Setting, settings};
use super::{Config, ConfigError, Origin};

/// What becomes of the values of a file that was merely found.
pub(super) struct Verdict {
    /// The values to apply, among them the user's own addresses where those stay in force.
    pub(super) kept: Vec<Assignment>,
    pub(super) refused: Vec<Refused>,
}

/// A value that is not applied.
pub(super) struct Refused {
    assignment: Assignment,
    /// The value in the form that the table shows it in, to see whether anybody misses it.
    value: Option<String>,
    reason: String,
}

/// The addresses of which these assignments set any part.
pub(super) fn addresses(assignments: &[Assignment]) -> Vec<&'static str> {
    let addresses: BTreeSet<_> = assignments.iter().filter_map(|each| each.setting.address()).collect();
    addresses.into_iter().collect()
}

/// The settings that no found file may have, apart from those of addresses: what the user's own file says of them stays in
/// force beside a found file, or that could take the lock off the user's listener by saying nothing.
pub(super) fn the_users_alone() -> impl Iterator<Item = &'static str> {
    let alone = |setting: &&Setting| setting.found == Found::Never && setting.address().is_none();
    settings().filter(alone).map(|setting| setting.key)
}

/// Judges the values of a found file. `above` is what environment and flags say, `users` what the user's own file says
/// of the addresses that the found file sets, and of what is the user's alone. Values have to be right even where they are refused.
pub(super) fn judge(
    found: Vec<Assignment>,
    above: &[Assignment],
    users: &[Assignment],
) -> Result<Verdict, ConfigError> {
    let mut verdict = Verdict { kept: in_force(&found, above, users), refused: Vec::new() };
    for assignment in found {
        let mut alone = Config::default();
        assignment.apply(&mut alone)?;
        match objection(&assignment, &alone, above, users) {
            None => verdict.kept.push(assignment),
            Some(reason) => {
                let value = assignment.setting.value_in(&alone);
                verdict.refused.push(Refused { assignment, value, reason });
            }
        }
    }
    Ok(verdict)
}

/// Where the found file's address is refused, everything is as if it had not named that address. What is the user's alone is in
/// force in any case.
fn in_force(found: &[Assignment], above: &[Assignment], users: &[Assignment]) -> Vec<Assignment> {
    let guarded = |address| credential(address, above, users).is_some();
    let addresses: Vec<_> = addresses(found).into_iter().filter(|address| guarded(address)).collect();
    let of_these = |each: &&Assignment| each.setting.address().is_none_or(|own| addresses.contains(&own));
    users.iter().filter(of_these).cloned().collect()
}

/// Where credentials for an address are configured, if they are.
fn credential<'a>(address: &str, above: &'a [Assignment], users: &'a [Assignment]) -> Option<&'a Assignment> {
    above
        .iter()
        .chain(users)
        .find(|each| each.setting.address() == Some(address) && each.setting.is_credential())
}

fn objection(
    assignment: &Assignment,
    alone: &Config,
    above: &[Assignment],
    users: &[Assignment],
) -> Option<String> {
    let address = assignment.setting.address();
    if let Some(known) = address.and_then(|address| credential(address, above, users)) {
        let key = known.setting.full_key();
        return Some(format!("{key} is set in {}, and would go to wherever this file says", known.origin));
    }
    match assignment.setting.found {
        Found::Never => Some("it names what to read or write on this machine, or whom to believe".to_owned()),
        Found::Loopback if !alone.prometheus.exposition_listen.is_loopback() => {
            Some("it would open a listener to the network".to_owned())
        }
        Found::May | Found::Loopback | Found::UnlessCredentials => None,
    }
}

impl Refused {
    /// What to tell the user; nothing where the configuration has the very same value from elsewhere.
    pub(super) fn warning(&self, config: &Config) -> Option<String> {
        if self.value == self.assignment.setting.value_in(config) {
            return None;
        }
        let (at, key) = (&self.assignment.origin, self.assignment.setting.full_key());
        let file = match at {
            Origin::File { path, .. } => Path::new(".").join(path).display().to_string(),
            _ => at.to_string(),
        };
        Some(format!(
            "{at}: {key}: not applied, because this file was merely found here and {}; \
             if you trust the file, name it: --config {file} or SASE_CONFIG={file}",
            self.reason
        ))
    }
}
