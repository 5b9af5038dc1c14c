//! A light for each subsystem, with a word for who sees no colours, and why.

use super::super::super::look::Look;
use super::super::super::skin::Skin;
use super::flow::{self, Item};
use super::ink::{self, Ink, Piece, behind, columns, line};
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::cmp::Reverse;
use telemetry_catalog::verdict::Verdict;
use telemetry_core::metric::Subsystem;
use telemetry_stack::health::Condition;

/// The light.
pub(super) const MARK: &str = "●";

/// The columns of a light and the longest word behind it, with the blanks that follow.
const WORDS: u16 = 12;

/// The blanks between two lights; their marks tell them apart.
const GAP: u16 = 1;

/// From so many columns on subsystems have their titles; in less their short names leave more to the reason.
const TITLES: u16 = 80;

/// Draws it: a list in a box where there is room for one, else the lights behind each other.
pub(super) fn draw(ink: &mut Ink<'_>, area: Rect, look: &Look) {
    if usize::from(area.height) < look.health.len().max(1) + 2 {
        return flow::draw(ink, area, &items(ink.skin, look), GAP);
    }
    let mut title = vec![("Health ".to_owned(), ink.skin.strong()), light(ink.skin, look.verdict)];
    if let Some(fleet) = fleet(ink.skin, look) {
        title.push(("  ".to_owned(), Style::new()));
        title.extend(fleet);
    }
    let inside = ink.boxed(area, &title);
    if look.health.is_empty() {
        let faint = ink.skin.faint();
        ink.write(line(inside, 0), &untold(look), faint);
    }
    let name = |condition: &Condition| {
        let Subsystem { title, slug, .. } = *condition.subsystem;
        if inside.width < TITLES { slug } else { title }
    };
    let names = look.health.iter().map(|condition| columns(name(condition))).max().unwrap_or_default();
    // What is bad has a second line for its reason, where there is room for all.
    let tall = usize::from(inside.height) >= lines(look);
    let mut place = 0;
    for condition in &look.health {
        let height = if tall && is_bad(condition) { 2 } else { 1 };
        row(ink, Rect { height, ..line(inside, place) }, condition, (name(condition), names));
        place += usize::from(height);
    }
}

/// How many lines the list has where every reason has the room that it may need.
pub(super) fn lines(look: &Look) -> usize {
    look.health.len().max(1) + look.health.iter().filter(|condition| is_bad(condition)).count()
}

fn is_bad(condition: &Condition) -> bool {
    condition.verdict > Verdict::Unknown
}

/// How many lines the lights fill behind each other.
pub(super) fn flowing(look: &Look, width: u16) -> usize {
    flow::height(&items(Skin { colour: false, utf8: true }, look), GAP, width)
}

fn row(ink: &mut Ink<'_>, rows: Rect, condition: &Condition, (name, names): (&str, u16)) {
    let (skin, row) = (ink.skin, Rect { height: 1, ..rows });
    ink.pieces(row, &[light(skin, condition.verdict)]);
    let title = behind(row, WORDS);
    let reason = ink::clean(&condition.reason);
    if is_bad(condition) {
        ink.write(title, name, skin.strong());
        ink.sentence(Rect { height: rows.height, ..behind(title, names + 2) }, &reason, Style::new());
    } else {
        ink.write(title, name, Style::new());
        ink.write(behind(title, names + 2), &reason, skin.faint());
    }
}

/// What it all comes to, then a light for each subsystem, the worst first: what has no room is never worse than what is seen. A light
/// without a word is that of what is well, and the worst has its reason.
fn items(skin: Skin, look: &Look) -> Vec<Item> {
    if look.health.is_empty() {
        return vec![vec![("Health ".to_owned(), skin.strong()), (untold(look), skin.faint())]];
    }
    let colon = (":".to_owned(), Style::new());
    if let Some(fleet) = fleet(skin, look) {
        return look.health.iter().map(|condition| alone(skin, condition)).chain([fleet]).collect();
    }
    let whole = vec![("Health ".to_owned(), skin.strong()), light(skin, look.verdict), colon];
    let mut conditions: Vec<_> = look.health.iter().collect();
    conditions.sort_by_key(|condition| Reverse(condition.verdict));
    let item = |(place, condition): (usize, &&Condition)| {
        let style = skin.verdict(condition.verdict);
        let is_worst = place == 0 && is_bad(condition);
        let word = match condition.verdict {
            Verdict::Healthy => String::new(),
            verdict if is_worst => format!(" {verdict}: {}", ink::clean(&condition.reason)),
            verdict => format!(" {verdict}"),
        };
        let name = (format!(" {}", condition.subsystem.slug), Style::new());
        vec![(MARK.to_owned(), style), name, (word, style)]
    };
    [whole].into_iter().chain(conditions.iter().enumerate().map(item)).collect()
}

/// The light of a subsystem that is shown alone, with the reason where it is not well.
fn alone(skin: Skin, condition: &Condition) -> Item {
    let reason = format!(": {}", ink::clean(&condition.reason));
    let reason = (if condition.verdict == Verdict::Healthy { String::new() } else { reason }, Style::new());
    vec![("Health ".to_owned(), skin.strong()), light(skin, condition.verdict), reason]
}

/// How the whole fleet is, where one subsystem is shown.
fn fleet(skin: Skin, look: &Look) -> Option<Item> {
    let verdict = look.elsewhere?.fleet;
    Some(vec![("fleet ".to_owned(), skin.faint()), light(skin, verdict)])
}

/// A light with its word.
pub(super) fn light(skin: Skin, verdict: Verdict) -> Piece {
    (format!("{MARK} {verdict}"), skin.verdict(verdict))
}

fn untold(look: &Look) -> String {
    format!("not known{}", super::why(look))
}
