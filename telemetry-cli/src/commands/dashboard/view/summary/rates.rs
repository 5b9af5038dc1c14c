//! What happens per time.

use super::super::super::look::{Look, Rate};
use super::super::super::skin::Skin;
use super::flow::{self, Item};
use super::health::light;
use super::ink::{Ink, Piece, behind, columns, first, line};
use crate::tables::level_lines;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::ops::RangeInclusive;
use telemetry_catalog::quantity::{UNKNOWN, seconds};
use telemetry_catalog::verdict::Verdict;

/// What stands beside a rate that is not known yet: it takes two looks to see something happen.
const LATER: &str = "after the next look";

/// The same where two looks have seen nothing of it: of no events there is no share.
const NOTHING: &str = "nothing happened";

/// The widest course. A longer one says nothing more.
const WIDEST: u16 = 120;

/// The blanks between rates behind each other.
const GAP: u16 = 2;

/// The most lines of a rate with its course. A higher one says nothing more.
const HIGHEST: usize = 8;

/// The columns of the mark and the longest word behind it.
const WORDS: u16 = 10;

/// Draws them: in a box where there is room for one, a line for each where there are so many, else behind each other.
pub(super) fn draw(ink: &mut Ink<'_>, area: Rect, look: &Look) {
    let (count, height) = (look.rates.len(), usize::from(area.height));
    if height >= count + 2 {
        let title = [(title(look), ink.skin.strong())];
        let inside = ink.boxed(area, &title);
        lines(ink, inside, look);
    } else if height >= count {
        lines(ink, area, look);
    } else {
        let is_whole = flowing(look, area.width) <= height;
        let mut rates: Vec<_> = look.rates.iter().collect();
        // Where there is no room for all, what is bad is seen.
        rates.sort_by_key(|rate| !is_whole && !is_bad(rate));
        flow::draw(ink, area, &items(ink.skin, &rates, look), GAP);
    }
}

/// What they are, and over which time where it is known.
fn title(look: &Look) -> String {
    over(look).map_or_else(|| "Rates".to_owned(), |over| format!("Rates, {over}"))
}

/// Over which time everything is that is told per time, in words; nothing until that is known.
pub(in super::super) fn over(look: &Look) -> Option<String> {
    // A look that comes a little later or sooner than a minute after another is not worth a word.
    const MINUTE: RangeInclusive<f64> = 55.0..=75.0;
    let over = look.rates_over?.as_secs_f64().round();
    Some(if MINUTE.contains(&over) { "last minute".to_owned() } else { format!("last {}", seconds(over)) })
}

/// How many lines they fill behind each other.
pub(super) fn flowing(look: &Look, width: u16) -> usize {
    let skin = Skin { colour: false, utf8: true };
    flow::height(&items(skin, &look.rates.iter().collect::<Vec<_>>(), look), GAP, width)
}

fn lines(ink: &mut Ink<'_>, area: Rect, look: &Look) {
    let titles = look.rates.iter().map(|rate| columns(rate.title)).max().unwrap_or_default();
    let values = look.rates.iter().map(|rate| columns(&shown(rate))).max().unwrap_or_default();
    let mut place = 0;
    for (rate, height) in look.rates.iter().zip(heights(&look.rates, area.height.into())) {
        let row = line(area, place);
        let below: Vec<_> = (1..height).map(|more| line(area, place + more)).collect();
        place += height;
        ink.write(row, rate.title, Style::new());
        let row = behind(row, titles + 2);
        ink.write_right(first(row, values), &shown(rate), emphasis(ink.skin, rate));
        let row = behind(row, values + 2);
        let Some(_) = rate.value else {
            let faint = ink.skin.faint();
            ink.write(row, beside(look), faint);
            continue;
        };
        ink.pieces(first(row, WORDS), &verdict(ink.skin, rate));
        // Where there is room, the course has the whole width below the words.
        if below.is_empty() {
            course(ink, &[behind(row, WORDS + 2)], rate);
        } else {
            course(ink, &below, rate);
        }
    }
}

/// How many of so many lines each gets: one, and the courses have what is left.
fn heights(rates: &[Rate], height: usize) -> Vec<usize> {
    let drawn = rates.iter().filter(|rate| rate.value.is_some()).count();
    let spare = height.saturating_sub(rates.len());
    let (each, mut over) = (spare.checked_div(drawn).unwrap_or(0), spare.checked_rem(drawn).unwrap_or(0));
    let of = |rate: &Rate| match rate.value {
        None => 1,
        Some(_) => {
            let more = each + usize::from(over > 0);
            over = over.saturating_sub(1);
            (1 + more).min(HIGHEST)
        }
    };
    rates.iter().map(of).collect()
}

/// How it went, on lines of the same width.
fn course(ink: &mut Ink<'_>, lines: &[Rect], rate: &Rate) {
    let width = lines.first().map_or(0, |line| usize::from(line.width.min(WIDEST)));
    let picture = level_lines(&rate.course, width, lines.len(), ink.skin.screen());
    for (line, picture) in lines.iter().zip(&picture) {
        ink.picture(*line, picture);
    }
}

fn items(skin: Skin, rates: &[&Rate], look: &Look) -> Vec<Item> {
    let item = |rate: &Rate| {
        let title = (format!("{} ", rate.title), Style::new());
        let value = (shown(rate), emphasis(skin, rate));
        let more = match rate.value {
            None => vec![(format!(" {}", beside(look)), skin.faint())],
            // Where there is little room, what is well needs no word.
            Some(_) if rate.verdict == Some(Verdict::Healthy) => Vec::new(),
            Some(_) => verdict(skin, rate),
        };
        let gap = (!more.is_empty() && rate.value.is_some()).then(|| (" ".to_owned(), Style::new()));
        [title, value].into_iter().chain(gap).chain(more).collect()
    };
    rates.iter().copied().map(item).collect()
}

/// What stands beside a rate without a value.
const fn beside(look: &Look) -> &'static str {
    match (look.rates_over, &look.origin.newest) {
        (Some(_), _) => NOTHING,
        (None, Some(_)) => LATER,
        // Where there is no sample, the next look may have none either.
        (None, None) => "no data",
    }
}

fn shown(rate: &Rate) -> String {
    rate.value.map_or_else(|| UNKNOWN.to_owned(), |value| rate.unit.shown(value))
}

/// How its value stands out: in the colour of its verdict, unless that is good or unknown.
fn emphasis(skin: Skin, rate: &Rate) -> Style {
    let bad = rate.verdict.filter(|_| is_bad(rate));
    bad.map_or(Style::new(), |verdict| skin.verdict(verdict)).patch(skin.strong())
}

fn is_bad(rate: &Rate) -> bool {
    rate.verdict.is_some_and(|verdict| verdict > Verdict::Unknown)
}

/// The mark and the word; nothing where nobody said what would be bad.
fn verdict(skin: Skin, rate: &Rate) -> Vec<Piece> {
    rate.verdict.map(|verdict| light(skin, verdict)).into_iter().collect()
}
