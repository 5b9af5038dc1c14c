//! The frames.
//!
//! | module | responsible for |
//! |---|---|
//! | here | which part is where |
//! | `around` | what is above and below every view: the source, the badge, the keys |
//! | `summary` | numbers, health, alerts and tables |
//! | `charts` | panels over time |
//! | `overlay` | the keys, and what there is to choose from |

mod around;
mod charts;
mod overlay;
mod summary;

use super::skin::Skin;
use super::state::{App, View};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};

/// The smallest terminal for which there is a layout; in a smaller one a line says so.
pub(super) const SMALLEST: (u16, u16) = (60, 15);

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, app: &App, skin: Skin) {
    let area = frame.area();
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(area);
    around::head(frame, head, app, skin);
    match app.shown() {
        View::Summary => summary::draw(frame, body, app, skin),
        View::Charts => charts::draw(frame, body, app, skin),
    }
    around::foot(frame, foot, app, skin);
    overlay::draw(frame, body, app, skin);
}
