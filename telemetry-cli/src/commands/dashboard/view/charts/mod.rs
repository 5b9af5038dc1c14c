//! Panels over time.

use super::super::skin::Skin;
use super::super::state::App;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws the panels that are shown, or the one that fills the screen.
pub(super) fn draw(_frame: &mut Frame<'_>, _area: Rect, _app: &App, _skin: Skin) {}
