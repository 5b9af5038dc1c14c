//! What there is to choose from: panels, sections, subsystems and series.

use super::super::look::{Alert, Alerts, Look, Section};
use super::App;
use crate::output::Screen;
use crate::tables::{harmless, wrapped};
use telemetry_catalog::panel::{Board, Panel, Visualization, board_of, charts};
use telemetry_catalog::subsystems;
use telemetry_core::metric::Subsystem;
use telemetry_stack::health::Condition;

/// A series of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Choice {
    /// The id of the panel.
    pub(in super::super) panel: String,
    pub(in super::super) name: String,
    pub(in super::super) is_hidden: bool,
}

/// The panels of the charts: those of the subsystem that is shown, else those that tell most of the whole fleet.
pub(in super::super) fn charts_of(app: &App) -> Vec<Panel> {
    match app.subsystem {
        Some(subsystem) => of_board(board_of(subsystem, &app.plan.config)),
        None => charts(&app.plan.config),
    }
}

/// The panels of a board: those of states at the end, since the summary tells the same of now and a small screen has room for few.
fn of_board(board: Board) -> Vec<Panel> {
    let panels = board.rows.into_iter().flat_map(|row| row.panels);
    let is_of_states = |panel: &Panel| panel.visualization == Visualization::StateTimeline;
    let (states, others): (Vec<_>, Vec<_>) = panels.partition(is_of_states);
    others.into_iter().chain(states).collect()
}

/// The sections of the summary: all that were found, or that of the subsystem that is shown.
pub(in super::super) fn sections_of(app: &App) -> Vec<&Section> {
    let is_shown =
        |section: &&Section| app.subsystem.is_none_or(|shown| shown.slug == section.subsystem.slug);
    app.look.iter().flat_map(|look| &look.sections).filter(is_shown).collect()
}

/// The columns that a list leaves to its border and its mark, and those by which a sentence is indented that goes on.
const AROUND: usize = 4;
const INDENT: usize = 4;

/// Everything that has no room elsewhere: why each subsystem is as it is, every alert, and every note, each in as many lines as it needs.
pub(in super::super) fn troubles_of(app: &App) -> Vec<String> {
    let Some(look) = &app.look else { return Vec::new() };
    let screen = Screen { width: Some(app.body.0), ..Screen::PLAIN };
    let all = conditions_and_alerts(look).into_iter().chain(notes(app, look));
    all.flat_map(|text| {
        let lines = wrapped(&harmless(&text), AROUND + INDENT, screen).into_iter().enumerate();
        lines.map(|(place, line)| if place == 0 { line } else { format!("{:INDENT$}{line}", "") })
    })
    .collect()
}

/// Why there are no charts, why what is shown is of before, and what a person should know beside.
fn notes(app: &App, look: &Look) -> Vec<String> {
    let charts = app.no_courses.iter().map(|why| format!("no charts: {why}"));
    let source = look.origin.trouble.iter().map(|why| format!("{} did not tell: {why}", look.origin.name));
    charts.chain(source).chain(look.notes.iter().map(|note| format!("note: {note}"))).collect()
}

fn conditions_and_alerts(look: &Look) -> Vec<String> {
    let why = |condition: &Condition| {
        format!("{} {}: {}", condition.verdict, condition.subsystem.slug, condition.reason)
    };
    let state = |alert: &Alert| if alert.is_firing { "firing" } else { "pending" };
    let alert = |alert: &Alert| {
        [format!("{} {} {}", alert.verdict, alert.name, state(alert)), format!("  {}", alert.sentence)]
    };
    let alerts = match &look.alerts {
        Alerts::Known(alerts) if alerts.is_empty() => vec!["no alert is pending, none fires".to_owned()],
        Alerts::Known(alerts) => alerts.iter().flat_map(alert).collect(),
        Alerts::Unknown(why) if why.is_empty() => vec!["alerts are not known".to_owned()],
        Alerts::Unknown(why) => vec![format!("alerts are not known: {why}")],
    };
    look.health.iter().map(why).chain(alerts).collect()
}

/// All subsystems, then each of them.
pub(in super::super) fn subsystems_of() -> Vec<Option<&'static Subsystem>> {
    std::iter::once(None).chain(subsystems().map(Some)).collect()
}

/// The series of the panel with the focus that pass the filter.
pub(in super::super) fn series_of(app: &App) -> Vec<Choice> {
    let Some(panel) = charts_of(app).into_iter().nth(app.focus) else { return Vec::new() };
    let measured =
        app.courses.iter().flat_map(|courses| &courses.panels).find(|one| one.panel.id == panel.id);
    let series = measured.and_then(|one| one.course.as_ref().ok()).map_or(&[][..], |course| &course.series);
    let choice = |name: &String| {
        let key = (panel.id.clone(), name.clone());
        let is_hidden = app.hidden.contains(&key);
        Choice { panel: key.0, name: key.1, is_hidden }
    };
    series.iter().map(|series| &series.name).filter(|name| app.passes(name)).map(choice).collect()
}
