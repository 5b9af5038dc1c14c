//! What a person should know beside: that what is shown is of before, and whatever the look says.

use super::super::super::look::{Liveness, Look};
use super::super::super::state::App;
use super::ink::{self, Ink, Piece, line};
use ratatui::layout::Rect;
use ratatui::style::Style;
use telemetry_catalog::quantity::seconds;
use telemetry_catalog::verdict::Verdict;

/// Draws as many as there are lines, and says how many more there are.
pub(super) fn draw(ink: &mut Ink<'_>, area: Rect, app: &App, look: &Look) {
    let all = all(app, look);
    let fit = usize::from(area.height);
    for (place, (text, is_warning)) in all.iter().take(fit).enumerate() {
        let mut row = line(area, place);
        if place + 1 == fit && all.len() > fit {
            let faint = ink.skin.faint();
            row = ink.write_right(row, &format!("  +{} more (a)", all.len() - fit), faint);
        }
        let style = if *is_warning { ink.skin.verdict(Verdict::Warning) } else { ink.skin.faint() };
        let mark: Piece = ((if *is_warning { "! " } else { "" }).to_owned(), style);
        ink.pieces(row, &[mark, (ink::clean(text), if *is_warning { Style::new() } else { style })]);
    }
}

/// All of them, the most important first, and whether each is a warning.
pub(super) fn all(app: &App, look: &Look) -> Vec<(String, bool)> {
    let old = aged(app, look).map(|text| (text, true));
    old.into_iter().chain(look.notes.iter().map(|note| (note.clone(), false))).collect()
}

/// How old what is shown is, where it is not of now.
fn aged(app: &App, look: &Look) -> Option<String> {
    let origin = &look.origin;
    if origin.liveness(app.now) == Liveness::Live && origin.trouble.is_none() {
        return None;
    }
    let age = origin.newest.map(|newest| i32::try_from(app.now.saturating_sub(newest).max(0) / 1000));
    let age = age.map(|age| seconds(f64::from(age.unwrap_or(i32::MAX))));
    Some(match (age, &origin.trouble) {
        (Some(age), Some(trouble)) => format!("What follows is {age} old: {trouble}"),
        (Some(age), None) => format!("What follows is {age} old: nothing newer has come in"),
        (None, Some(trouble)) => trouble.clone(),
        (None, None) => format!("{} has no samples", origin.name),
    })
}
