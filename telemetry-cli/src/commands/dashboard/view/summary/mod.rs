//! The summary: numbers, health, alerts and tables.

use super::super::skin::Skin;
use super::super::state::App;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws it.
pub(super) fn draw(_frame: &mut Frame<'_>, _area: Rect, _app: &App, _skin: Skin) {}
