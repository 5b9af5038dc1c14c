//! What lies over the view: the keys, and what there is to choose from.

use super::super::skin::Skin;
use super::super::state::App;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws it, where there is any.
pub(super) fn draw(_frame: &mut Frame<'_>, _area: Rect, _app: &App, _skin: Skin) {}
