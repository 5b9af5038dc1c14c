//! The panels, board after board.

use super::super::Report;
use super::super::pictures::Picture;
use super::counted;
use crate::page::view::parts;
use maud::{Markup, PreEscaped, html};
use telemetry_catalog::panel::{Board, Panel, Row, Visualization};
use telemetry_catalog::verdict::Verdict;

/// A panel with what came of it.
type Shown<'r> = (&'r Panel, &'r Picture);

/// Every panel of every board.
pub(super) fn all(report: &Report) -> Markup {
    let mut pictures = report.pictures.iter();
    html! {
        section #charts aria-labelledby="charts-title" {
            h2 #charts-title { "Charts" }
            p.note { "Every panel of the dashboards over the period; those that show the present show its end. Closed sections of charts are not printed." }
            @for board in &report.boards {
                @let shown: Vec<Shown<'_>> = board.panels().zip(pictures.by_ref()).collect();
                (one(report, board, &shown))
            }
        }
    }
}

fn one(report: &Report, board: &Board, shown: &[Shown<'_>]) -> Markup {
    let drawn = shown.iter().filter(|(_, picture)| matches!(picture, Picture::Drawn(_))).count();
    html! {
        details.board open[is_important(report, board) && drawn > 0] {
            summary {
                h3 { (title_of(board)) }
                span.note { " " (counted(drawn, "chart")) }
            }
            // A link to what is inside unfolds it, and a link to the whole does not.
            div id=(board.uid) {
                @for row in &board.rows { (charts(row, shown)) }
                (without(shown))
            }
        }
    }
}

/// What a board is called.
pub(super) fn title_of(board: &Board) -> &'static str {
    board.subsystem.map_or("Overview", |subsystem| subsystem.title)
}

/// The overview, and what is not well.
fn is_important(report: &Report, board: &Board) -> bool {
    let condition = report.conditions.iter().find(|condition| Some(condition.subsystem) == board.subsystem);
    condition.is_none_or(|condition| matches!(condition.verdict, Verdict::Warning | Verdict::Critical))
}

fn charts(row: &Row, shown: &[Shown<'_>]) -> Markup {
    let own = |panel: &Panel| row.panels.iter().any(|of| of.id == panel.id);
    let drawn = shown.iter().filter_map(|(panel, picture)| match picture {
        Picture::Drawn(svg) if own(panel) => Some((*panel, svg)),
        _ => None,
    });
    let drawn: Vec<_> = drawn.collect();
    let numbers = drawn.iter().all(|(panel, _)| panel.visualization == Visualization::Stat);
    html! {
        @if !drawn.is_empty() {
            h4.row { (row.title) }
            div.panels.numbers[numbers] { @for (panel, svg) in drawn { (chart(panel, svg)) } }
        }
    }
}

fn chart(panel: &Panel, svg: &str) -> Markup {
    html! {
        figure.panel id=(format!("panel-{}", panel.id)) {
            figcaption { h5 { a href=(format!("#panel-{}", panel.id)) { (panel.title) } } p.note { (prose(&panel.description)) " Unit: " (panel.unit.as_str()) "." } }
            div.picture { (PreEscaped(svg)) }
        }
    }
}

/// A description, in which what stands between backticks is code.
fn prose(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() { @if place % 2 == 1 { code { (part) } } @else { (part) } }
    }
}

/// The panels that are not drawn, and why.
fn without(shown: &[Shown<'_>]) -> Markup {
    let titles = |wanted: &Picture| {
        let titles =
            shown.iter().filter(|(_, picture)| *picture == wanted).map(|(panel, _)| panel.title.as_str());
        titles.collect::<Vec<_>>().join("; ")
    };
    let (empty, long) = (titles(&Picture::Empty), titles(&Picture::TooLong));
    html! {
        @for (panel, picture) in shown {
            @if let Picture::Trouble(why) = picture { p.error { (panel.title) " is not known: " (parts::foreign(why)) } }
        }
        @if !empty.is_empty() { p.note.without { b { "No data in this period: " } (empty) } }
        @if !long.is_empty() { p.note.without { b { "Not drawn, since the report would be too long: " } (long) } }
    }
}
