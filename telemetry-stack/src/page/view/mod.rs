//! Pages as HTML. Whatever comes from elsewhere is escaped where it is written; nothing here looks anything up.
//!
//! | module | responsible for |
//! |---|---|
//! | `frame` | what all pages have around them |
//! | `parts` | symbols, badges and times |
//! | `status` | health, alerts and numbers |
//! | `panels` | panels as pictures with their texts |
//! | `surroundings` | targets, what listens, and what to do next |
//! | `missing` | what is said where there is nothing |

mod frame;
mod missing;
mod panels;
pub(crate) mod parts;
mod status;
mod surroundings;

use super::Room;
use super::look::{Look, Overview, Shown};
use super::span::Choice;
use frame::Frame;
use maud::{Markup, html};
use telemetry_catalog::panel::Board;

pub(super) use missing::{picture_of_trouble, unknown_board, unknown_panel, unknown_span};

/// The page at the top.
pub(super) fn overview(
    room: &Room,
    look: &Look,
    overview: &Overview,
    board: Option<&Board>,
    shown: &[Shown<'_>],
    choice: Choice,
) -> Markup {
    let frame = Frame::of(room, "Overview", "/").with(look).over(choice);
    frame.page(&html! {
        (status::hero(room, look, choice))
        (status::alerts(room, &look.alerts, look.at))
        (status::tiles(&overview.tiles))
        (panels::section(room, board, shown, choice, look.at, "/"))
        (surroundings::all(room, overview, look.at))
    })
}

/// The page of a board.
pub(super) fn board(room: &Room, look: &Look, board: &Board, shown: &[Shown<'_>], choice: Choice) -> Markup {
    let path = format!("/board/{}", board.uid);
    let title = frame::name(board);
    Frame::of(room, title, &path).with(look).over(choice).page(&html! {
        h1 { (title) }
        @if let Some(subsystem) = board.subsystem { (status::condition(room, look, subsystem)) }
        (panels::section(room, Some(board), shown, choice, look.at, &path))
    })
}

/// The page of a panel.
pub(super) fn panel(room: &Room, look: &Look, shown: &[Shown<'_>], choice: Choice) -> Markup {
    let Some(shown) = shown.first() else { return html! {} };
    let path = format!("/panel/{}", shown.panel.id);
    let frame = Frame::of(room, &shown.panel.title, &path).with(look).over(choice);
    frame.page(&panels::large(room, shown, choice, look.at, &path))
}

/// A page that was Markdown.
pub(super) fn document(room: &Room, title: &str, path: &str, text: &Markup) -> Markup {
    Frame::of(room, title, path).page(&html! { article.prose { (text) } })
}
