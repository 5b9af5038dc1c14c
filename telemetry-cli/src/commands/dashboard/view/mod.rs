//! The frames.
//!
//! | module | responsible for |
//! |---|---|
//! | here | which part is where |
//! | `head` | what is above every view: the source, the badge, what is wrong |
//! | `foot` | what is below every view: the keys, and what is typed or told |
//! | `text` | texts of anywhere in one line |
//! | `summary` | numbers, health, alerts and tables |
//! | `charts` | panels over time |
//! | `overlay` | the keys, and what there is to choose from |

mod charts;
mod foot;
mod head;
mod overlay;
mod summary;
#[cfg(test)]
mod tests;
mod text;

use super::skin::Skin;
use super::state::{App, View};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

/// The smallest terminal for which there is a layout; in a smaller one a line says so.
pub(super) const SMALLEST: (u16, u16) = (60, 15);

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, app: &App, skin: Skin) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return head::too_small(frame, area);
    }
    let [head, trouble, body, foot] = parts(area, app);
    head::draw(frame, head, app, skin);
    head::trouble(frame, trouble, app, skin);
    match app.shown() {
        View::Summary => summary::draw(frame, body, app, skin),
        View::Charts => charts::draw(frame, body, app, skin),
    }
    foot::draw(frame, foot, app, skin);
    overlay::draw(frame, body, app, skin);
}

/// How much of a terminal the view has.
pub(super) fn body(area: Rect, app: &App) -> Rect {
    let [_, _, body, _] = parts(area, app);
    body
}

/// The line above, what is wrong where anything is, the view, and the line below.
fn parts(area: Rect, app: &App) -> [Rect; 4] {
    let troubles = u16::from(head::has_trouble(app));
    let heights =
        [Constraint::Length(1), Constraint::Length(troubles), Constraint::Min(0), Constraint::Length(1)];
    Layout::vertical(heights).areas(area)
}

/// Which panels of so many are on the screen.
pub(super) fn seen(app: &App, count: usize) -> Vec<usize> {
    charts::seen(app, count, app.body)
}

/// How many panels stand side by side in a view of so many columns and lines.
pub(super) fn columns(count: usize, width: u16, height: u16, zoomed: bool) -> usize {
    if zoomed { 1 } else { charts::columns(count, width, height) }
}
