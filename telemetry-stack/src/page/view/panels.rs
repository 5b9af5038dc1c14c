//! Panels as pictures with their texts.

use super::super::charts::{self, Now, Values};
use super::super::look::Shown;
use super::super::span::{Choice, Span};
use super::super::{Recorded, Room};
use super::frame::{name, to};
use super::parts;
use maud::{Markup, html};
use telemetry_catalog::panel::{Board, OVERVIEW_UID, Panel, Row, Visualization};

/// The most values in a table.
const ROWS: usize = 200;

/// The panels of a board, row after row, with the choice of the time.
pub(super) fn section(
    room: &Room,
    board: Option<&Board>,
    shown: &[Shown<'_>],
    choice: Choice,
    at: i64,
    path: &str,
) -> Markup {
    let of = |panel: &Panel| shown.iter().find(|shown| shown.panel.id == panel.id);
    html! {
        section #charts aria-labelledby="charts-title" {
            div.heading {
                h2 #charts-title { "Charts of the last " (choice.span.words()) }
                (spans(choice, path))
            }
            @for row in board.into_iter().flat_map(|board| &board.rows) {
                h3.row { (row.title) }
                div.panels.numbers[row.panels.iter().all(is_number)].even[is_even(row)] {
                    @for shown in row.panels.iter().filter_map(of) { (small(room, shown, row, choice, at)) }
                }
            }
        }
    }
}

/// The times that can be chosen, as links.
fn spans(chosen: Choice, path: &str) -> Markup {
    html! {
        nav.spans aria-label="Time range of the charts" {
            ul {
                @for span in Span::ALL {
                    li {
                        a href=(format!("{}#charts", to(path, Choice { span, is_asked: true, ..chosen }))) aria-current=[(span == chosen.span).then_some("true")]
                            aria-label=(format!("Last {}", span.words())) { (span.as_str()) }
                    }
                }
            }
        }
    }
}

fn small(room: &Room, shown: &Shown<'_>, row: &Row, choice: Choice, at: i64) -> Markup {
    let panel = shown.panel;
    // Many rows with long names need the whole width.
    let is_wide = panel.visualization == Visualization::StateTimeline && panel.queries.len() > 2;
    let width = match () {
        () if is_wide => charts::WIDE,
        () if is_number(panel) => charts::SMALL,
        () if is_even(row) => charts::HALF,
        () => charts::USUAL,
    };
    html! {
        article.panel.wide[is_wide] id=(format!("panel-{}", panel.id)) {
            h4 { a href=(to(&format!("/panel/{}", panel.id), choice)) title=(panel.description) { (panel.title) } }
            (picture(room, shown, choice, at, width))
        }
    }
}

/// Whether its panels stand two by two.
const fn is_even(row: &Row) -> bool {
    row.panels.len() == 4
}

fn is_number(panel: &Panel) -> bool {
    panel.visualization == Visualization::Stat
}

/// The picture, drawn for narrow screens where the screen is one. Its address changes when there is something new to see.
fn picture(room: &Room, shown: &Shown<'_>, choice: Choice, at: i64, width: u32) -> Markup {
    let period = charts::changes(choice.span, room.page.interval).max(1);
    let rows = rows(shown);
    let address = |width: u32| {
        let (id, span, period) = (&shown.panel.id, choice.span.as_str(), at / period);
        format!("/chart/{id}.svg?range={span}&width={width}&rows={rows}&t={period}")
    };
    let size = |width| charts::size(shown.panel, width, rows);
    let (size, narrow, wall) = (
        size(width),
        size(if width == charts::SMALL { charts::SMALLEST } else { charts::NARROW }),
        size(charts::WALL),
    );
    html! {
        picture {
            @if width == charts::WIDE {
                source media="(min-width: 2200px)" srcset=(address(wall.width)) width=(wall.width) height=(wall.height);
            }
            @if width == charts::USUAL {
                source media="(min-width: 2200px)" srcset=(address(narrow.width)) width=(narrow.width) height=(narrow.height);
            }
            @if width > narrow.width {
                source media="(max-width: 480px)" srcset=(address(narrow.width)) width=(narrow.width) height=(narrow.height);
            }
            img src=(address(width)) width=(size.width) height=(size.height) loading="lazy" decoding="async"
                alt=(charts::alternative(shown.panel, choice.span, &shown.values));
        }
    }
}

/// For how many rows the picture needs room.
fn rows(shown: &Shown<'_>) -> u32 {
    let known = shown.values.as_ref().map_or(0, Vec::len);
    let rows = known.max(shown.panel.queries.len());
    u32::try_from(rows).unwrap_or(charts::MOST_ROWS).min(charts::MOST_ROWS)
}

/// A panel with everything that is known of it.
pub(super) fn large(room: &Room, shown: &Shown<'_>, choice: Choice, at: i64, path: &str) -> Markup {
    let panel = shown.panel;
    let exprs = room.desk.expressions(panel, choice.span);
    html! {
        nav.crumbs aria-label="Where this is" {
            ul { @if let Some(board) = home(room, panel) { li { a href=(to(&address(board), choice)) { (name(board)) } } } }
        }
        h1 { (panel.title) }
        p.lead { (panel.description) @if let Some(read) = read(room, panel) { " " (read) } }
        section #charts aria-labelledby="charts-title" {
            div.heading { h2 #charts-title { "The last " (choice.span.words()) } (spans(choice, path)) }
            article.panel.large { (picture(room, shown, choice, at, charts::WIDE)) }
        }
        section #values aria-labelledby="values-title" {
            h2 #values-title { "Last values" }
            (table(panel, &shown.values))
        }
        section #query aria-labelledby="query-title" {
            h2 #query-title { (if exprs.len() == 1 { "Query" } else { "Queries" }) }
            @for expr in &exprs { pre tabindex="0" { code { (expr) } } }
            @if let Some(indicator) = panel.indicator {
                p { "When this alerts: " a href=(format!("/runbook#{}", indicator.anchor())) { (indicator.alert) " in the runbook" } }
            }
        }
    }
}

/// From where the numbers of a panel come, where that is not what was scraped.
fn read(room: &Room, panel: &Panel) -> Option<&'static str> {
    match (panel.reads_records(), room.page.recorded) {
        (true, Recorded::AsGenerated) => Some("This reads what the recording rules compute."),
        (true, Recorded::Otherwise) if panel.indicator.is_some() => Some(
            "This reads what the rules here record, which may look at another span of time than this says.",
        ),
        _ => None,
    }
}

/// The board on which a panel is.
fn home<'a>(room: &'a Room, panel: &Panel) -> Option<&'a Board> {
    room.boards.iter().find(|board| board.panels().any(|own| own.id == panel.id))
}

fn address(board: &Board) -> String {
    if board.uid == OVERVIEW_UID { "/".to_owned() } else { format!("/board/{}", board.uid) }
}

fn table(panel: &Panel, values: &Values) -> Markup {
    html! {
        @match values {
            Err(trouble) => p.error { "Not known: " (parts::foreign(&trouble.to_string())) },
            Ok(values) if values.is_empty() => p.empty { "No data now." },
            Ok(values) => {
                div.scroll tabindex="0" {
                    table {
                        caption.unseen { "The last value of each series, in " (panel.unit.as_str()) }
                        thead { tr { th scope="col" { "Series" } th scope="col" { "Labels" } th.number scope="col" { "Value" } } }
                        tbody { @for now in values.iter().take(ROWS) { (row(panel, now)) } }
                    }
                }
                @if values.len() > ROWS { p.note { "and " (values.len() - ROWS) " more" } }
            },
        }
    }
}

fn row(panel: &Panel, now: &Now) -> Markup {
    html! {
        tr {
            th scope="row" { (parts::foreign(&now.name)) }
            td.labels { @for (name, value) in &now.labels { code { (parts::foreign(name)) "=" (parts::foreign(value)) } " " } }
            td.number { (panel.unit.shown(now.value)) }
        }
    }
}
