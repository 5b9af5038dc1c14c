//! What is above and below every view: who tells what is shown and how old it is, and the keys.

use super::super::skin::Skin;
use super::super::state::App;
use ratatui::Frame;
use ratatui::layout::Rect;

/// The line above the view.
pub(super) fn head(_frame: &mut Frame<'_>, _area: Rect, _app: &App, _skin: Skin) {}

/// The line below the view.
pub(super) fn foot(_frame: &mut Frame<'_>, _area: Rect, _app: &App, _skin: Skin) {}
