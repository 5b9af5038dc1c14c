//! What is said where there is nothing to show.

use super::super::Room;
use super::super::shared::Trouble;
use super::super::span::Span;
use super::frame::{Frame, name};
use super::parts;
use crate::words;
use maud::{Markup, html};
use telemetry_catalog::panel::Board;
use telemetry_charts::Size;

/// The page for a board that there is not.
pub(in super::super) fn unknown_board(room: &Room, uid: &str) -> Markup {
    missing(room, "There is no such board", uid, &boards(room))
}

/// The page for a panel that there is not.
pub(in super::super) fn unknown_panel(room: &Room, id: &str) -> Markup {
    let panels = html! {
        @for board in &room.boards {
            h2 { (name(board)) }
            ul.columns { @for panel in board.panels() { li { a href=(format!("/panel/{}", panel.id)) { (panel.title) } } } }
        }
    };
    missing(room, "There is no such panel", id, &panels)
}

/// The page for a time over which no chart goes.
pub(in super::super) fn unknown_span(room: &Room, given: &str) -> Markup {
    let spans = html! {
        ul { @for span in Span::ALL { li { a href=(format!("/?range={}", span.as_str())) { "The last " (span.words()) } } } }
    };
    missing(room, "Charts do not go over such a time", given, &spans)
}

fn boards(room: &Room) -> Markup {
    let link = |board: &Board| html! { a href=(format!("/board/{}", board.uid)) { (name(board)) } };
    html! { ul { @for board in &room.boards { li { (link(board)) } } } }
}

fn missing(room: &Room, title: &str, given: &str, known: &Markup) -> Markup {
    Frame::of(room, title, "").page(&html! {
        h1 { (title) }
        p { "Asked for was " code { (parts::foreign(given)) } ". These are known:" }
        (known)
    })
}

/// The picture in the place of a chart that could not be made, with the reason.
pub(in super::super) fn picture_of_trouble(trouble: &Trouble, size: Size) -> String {
    let (width, height) = (size.width, size.height);
    let (middle, below) = (height / 2, height / 2 + 20);
    let text = words::cut(&trouble.to_string());
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) role="img" {
            title { "Not known: " (text) }
            g font-family="system-ui, sans-serif" text-anchor="middle" fill="#808691" {
                text x=(width / 2) y=(middle) font-size="14" { "not known" }
                text x=(width / 2) y=(below) font-size="11" { (text) }
            }
        }
    };
    drawn.into_string()
}
