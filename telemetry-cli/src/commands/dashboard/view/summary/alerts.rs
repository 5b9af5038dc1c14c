//! What is pending and what fires, the worst first.

use super::super::super::look::{Alert, Alerts, Look};
use super::health::MARK;
use super::ink::{self, Ink, Piece, behind, columns, line};
use ratatui::layout::Rect;
use ratatui::style::Style;
use telemetry_catalog::quantity::seconds;

/// What is said where it is known that there is nothing to tell of.
const NONE: &str = "none is pending, none fires";

/// How many alerts there are to be shown.
pub(super) fn count(look: &Look) -> usize {
    match &look.alerts {
        Alerts::Known(alerts) => alerts.len(),
        Alerts::Unknown(_) => 0,
    }
}

/// Draws them: in a box where there is room for one, else a line for each, as far as there are lines.
pub(super) fn draw(ink: &mut Ink<'_>, area: Rect, look: &Look, now: i64) {
    let is_boxed = area.height > 2;
    let inside = if is_boxed { ink.boxed(area, &title(ink, look)) } else { area };
    let faint = ink.skin.faint();
    let (lead, colon) = if is_boxed { ("", "") } else { ("Alerts ", ": ") };
    match &look.alerts {
        Alerts::Known(alerts) if alerts.is_empty() => {
            let elsewhere = elsewhere(look).map_or_else(String::new, |others| format!("; {others}"));
            ink.write(line(inside, 0), &format!("{}{colon}{NONE}{elsewhere}", lead.trim_end()), faint);
        }
        Alerts::Known(alerts) => {
            let others = elsewhere(look).filter(|_| !is_boxed);
            listed(ink, inside, alerts, others.as_deref(), now);
        }
        Alerts::Unknown(why) => {
            let colon = if why.is_empty() { "" } else { ": " };
            ink.write(line(inside, 0), &format!("{lead}not known{colon}{}", ink::clean(why)), faint);
        }
    }
}

fn title(ink: &Ink<'_>, look: &Look) -> Vec<Piece> {
    let name = ("Alerts".to_owned(), ink.skin.strong());
    let Alerts::Known(alerts) = &look.alerts else { return vec![name] };
    let firing = alerts.iter().filter(|alert| alert.is_firing);
    let worst = firing.clone().map(|alert| alert.verdict).max();
    let fires = worst.map(|worst| (format!(" {MARK} {} firing", firing.count()), ink.skin.verdict(worst)));
    let others = elsewhere(look).filter(|_| !alerts.is_empty());
    let others = others.map(|others| (format!("  {others}"), ink.skin.faint()));
    [name].into_iter().chain(fires).chain(others).collect()
}

/// How many alerts are not of the subsystem that is shown alone; nothing where there are none.
fn elsewhere(look: &Look) -> Option<String> {
    let count = look.elsewhere?.alerts;
    let more = if self::count(look) > 0 { " more" } else { "" };
    (count > 0).then(|| format!("{count}{more} elsewhere"))
}

/// As many as there is room for, each with its sentence below it where there is room for all of those; how many more there are stands at
/// the end, and how many are elsewhere at that of the first.
fn listed(ink: &mut Ink<'_>, area: Rect, alerts: &[Alert], elsewhere: Option<&str>, now: i64) {
    let height = usize::from(area.height);
    let each = if alerts.len() * 2 <= height { 2 } else { 1 };
    let fit = height / each;
    let more = alerts.len().saturating_sub(fit);
    for (place, alert) in alerts.iter().take(fit).enumerate() {
        let mut row = line(area, place * each);
        if let Some(others) = elsewhere.filter(|_| place == 0) {
            let faint = ink.skin.faint();
            row = ink.write_right(row, &format!("  {others}"), faint);
        }
        if more > 0 && place + 1 == fit {
            let faint = ink.skin.faint();
            row = ink.write_right(row, &format!("  +{more} more (a)"), faint);
        }
        let rest = ink.pieces(row, &named(ink, alert, now));
        let sentence = ink::clean(&alert.sentence);
        if each == 2 {
            ink.write(behind(line(area, place * each + 1), 2), &sentence, Style::new());
        } else if rest.width > columns("  …") {
            ink.write(behind(rest, 2), &sentence, Style::new());
        }
    }
}

/// The verdict, the name, and what it does since when. What is only pending is not as bad yet.
fn named(ink: &Ink<'_>, alert: &Alert, now: i64) -> [Piece; 3] {
    let skin = ink.skin;
    let (state, name_style) =
        if alert.is_firing { ("firing", skin.strong()) } else { ("pending", Style::new()) };
    [
        (format!("{MARK} {} ", alert.verdict), skin.verdict(alert.verdict)),
        (ink::clean(&alert.name), name_style),
        (format!(" {state}{}", since(alert.since, now)), skin.faint()),
    ]
}

/// How long already. A clock that is behind says nothing.
fn since(since: Option<i64>, now: i64) -> String {
    let age =
        |since: i64| f64::from(i32::try_from(now.saturating_sub(since).max(0) / 1000).unwrap_or(i32::MAX));
    since.map(|since| format!(" for {}", seconds(age(since)))).unwrap_or_default()
}
