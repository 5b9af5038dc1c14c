//! The panels that are named, and what an unknown name may have meant.

use crate::failure::Failure;
use crate::tables::harmless;
use telemetry_catalog::panel::{Board, Panel};

/// How alike two names must be for one to be offered in the place of the other.
const ALIKE: f64 = 0.75;

/// The most names that are offered.
const OFFERED: usize = 3;

/// The panels of these names in their order, each once.
pub(super) fn panels(boards: &[Board], names: &[String]) -> Result<Vec<Panel>, Failure> {
    let mut panels: Vec<Panel> = Vec::new();
    for name in names {
        let found = boards.iter().flat_map(Board::panels).find(|panel| panel.id == *name);
        let panel = found.ok_or_else(|| unknown(boards, name))?;
        if !panels.contains(panel) {
            panels.push(panel.clone());
        }
    }
    Ok(panels)
}

fn unknown(boards: &[Board], name: &str) -> Failure {
    let meant = match &nearest(boards, name)[..] {
        [] => String::new(),
        [only] => format!("; did you mean {only}?"),
        [most @ .., last] => format!("; did you mean {} or {last}?", most.join(", ")),
    };
    Failure::usage(format!("unknown panel: {}{meant}", harmless(name)))
        .advice("`telemetry list --panels` lists them by their names")
}

/// The names that are most like this one, or have all of its words in them; the nearest first.
fn nearest<'b>(boards: &'b [Board], name: &str) -> Vec<&'b str> {
    let name = name.to_lowercase().replace([' ', '_'], "-");
    let words: Vec<_> = name.split('-').filter(|word| word.len() > 2).collect();
    let alike = |id: &str| {
        let has_words = !words.is_empty() && words.iter().all(|word| id.contains(word));
        strsim::jaro_winkler(&name, id) + if has_words { 1.0 } else { 0.0 }
    };
    let ids = boards.iter().flat_map(Board::panels).map(|panel| panel.id.as_str());
    let mut near: Vec<_> = ids.map(|id| (alike(id), id)).filter(|(alike, _)| *alike > ALIKE).collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut near: Vec<_> = near.into_iter().map(|(_, id)| id).collect();
    near.dedup();
    near.truncate(OFFERED);
    near
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_catalog::panel::boards;
    use telemetry_core::config::Config;

    fn picked(names: &[&str]) -> Result<Vec<String>, String> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let panels = panels(&boards(&Config::default()), &names).map_err(|failure| failure.line())?;
        Ok(panels.into_iter().map(|panel| panel.id).collect())
    }

    #[test]
    fn panels_come_in_the_order_in_which_they_are_named_and_once() {
        let names = ["overview-health", "agent-runs-failing", "overview-health"];
        assert_eq!(picked(&names).unwrap(), ["overview-health", "agent-runs-failing"]);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_ones() {
        let told = picked(&["agent-runs-fialing"]).unwrap_err();
        assert!(
            told.starts_with("unknown panel: agent-runs-fialing; did you mean agent-runs-failing"),
            "{told}"
        );
        let told = picked(&["Failing Runs"]).unwrap_err();
        assert!(told.contains("agent-runs-failing"), "{told}");
        assert_eq!(picked(&["xyz\u{1b}[31m"]).unwrap_err().matches('\u{1b}').count(), 0);
        assert!(!picked(&[""]).unwrap_err().contains("did you mean"));
    }
}
