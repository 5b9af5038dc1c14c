//! The charts on the screen as a sheet.

use super::super::look::{Courses, Measured};
use super::super::state::App;
use super::super::view::seen;
use crate::commands::chart::sheet;
use telemetry_charts::{Chart, Part, Series, Sheet};

/// The panels that are on the screen, with those of their series that are.
pub(super) fn sheet_of<'c>(app: &App, courses: &'c Courses) -> Sheet<'c> {
    let shown = seen(app, courses.panels.len()).into_iter().filter_map(|place| courses.panels.get(place));
    let mut left_out = 0;
    let parts = shown.map(|measured| part(app, courses, measured, &mut left_out)).collect();
    let mut sheet = sheet(parts, &courses.place, courses.at);
    if left_out > 0 {
        let series = if left_out == 1 {
            "one series is hidden".to_owned()
        } else {
            format!("{left_out} series are hidden")
        };
        sheet.title = format!("{} ({series})", sheet.title);
    }
    sheet
}

fn part<'c>(app: &App, courses: &Courses, measured: &'c Measured, left_out: &mut usize) -> Part<'c> {
    let panel = &measured.panel;
    match &measured.course {
        Ok(course) => {
            let mut chart = course.chart(panel);
            let all = chart.series.len();
            chart.series.retain(|series| is_seen(app, &panel.id, series));
            *left_out += all - chart.series.len();
            Part { chart, trouble: None }
        }
        Err(trouble) => {
            let length = i64::try_from(courses.range.seconds()).unwrap_or_default() * 1000;
            let (start, end) = (courses.at - length, courses.at);
            let chart = Chart { panel, series: Vec::new(), left_out: 0, start, end, step: 1000 };
            Part { chart, trouble: Some(trouble.clone()) }
        }
    }
}

fn is_seen(app: &App, panel: &str, series: &Series) -> bool {
    let is_hidden = app.hidden.iter().any(|(of, name)| of == panel && *name == series.name);
    !is_hidden && app.passes(&series.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::dashboard::{Plan, Source};
    use std::time::Duration;
    use telemetry_catalog::panel::overview;
    use telemetry_core::config::Config;
    use telemetry_query::Steps;
    use telemetry_stack::panels::{Course, Span};

    fn app() -> App {
        let app = App::new(Plan {
            config: Config::default(),
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(2),
            source: Source::Auto,
            charts: true,
            range: Span::Hour,
            subsystem: None,
        });
        App { body: (80, 22), ..app }
    }

    fn courses() -> Courses {
        let series = ["claude", "codex"]
            .map(|name| Series { name: name.to_owned(), points: vec![(0, 1.0), (1000, 2.0)] });
        let course =
            Course { series: series.to_vec(), left_out: 0, steps: Steps { start: 0, end: 1000, step: 1000 } };
        let measured = |panel: &telemetry_catalog::panel::Panel| Measured {
            panel: panel.clone(),
            course: Ok(course.clone()),
        };
        let board = overview(&Config::default());
        let mut panels: Vec<_> = board.panels().take(3).map(measured).collect();
        panels[2].course = Err("no answer".to_owned());
        Courses { at: 1000, range: Span::Hour, place: "http://here".to_owned(), panels }
    }

    fn names(sheet: &Sheet<'_>) -> Vec<Vec<String>> {
        let names = |part: &Part<'_>| part.chart.series.iter().map(|series| series.name.clone()).collect();
        sheet.parts.iter().map(names).collect()
    }

    #[test]
    fn what_is_hidden_or_filtered_is_not_drawn_and_said() {
        let (mut app, courses) = (app(), courses());
        assert_eq!(
            names(&sheet_of(&app, &courses)),
            [vec!["claude", "codex"], vec!["claude", "codex"], vec![]]
        );
        app.hidden.insert((courses.panels[0].panel.id.clone(), "codex".to_owned()));
        let sheet = sheet_of(&app, &courses);
        assert_eq!(names(&sheet), [vec!["claude"], vec!["claude", "codex"], vec![]]);
        assert!(sheet.title.ends_with("(one series is hidden)"), "{}", sheet.title);
        app.filter = "CLAU".to_owned();
        let sheet = sheet_of(&app, &courses);
        assert_eq!(names(&sheet), [vec!["claude"], vec!["claude"], vec![]]);
        assert!(sheet.title.ends_with("(2 series are hidden)"), "{}", sheet.title);
        assert_eq!(sheet.parts[2].trouble.as_deref(), Some("no answer"));
    }

    #[test]
    fn what_would_have_to_be_scrolled_to_is_not_saved() {
        let mut courses = courses();
        courses.panels = courses.panels.iter().cycle().take(14).cloned().collect();
        for (place, one) in courses.panels.iter_mut().enumerate() {
            one.panel.title = place.to_string();
        }
        let titles = |focus| {
            let sheet = sheet_of(&App { focus, ..app() }, &courses);
            sheet.parts.iter().map(|part| part.chart.panel.title.clone()).collect::<Vec<_>>()
        };
        // On 22 lines there is no room for more than one panel and the line about the others.
        assert_eq!((titles(0), titles(9)), (vec!["0".to_owned()], vec!["9".to_owned()]));
        let wall = App { body: (400, 200), ..app() };
        assert_eq!(sheet_of(&wall, &courses).parts.len(), 14);
    }

    #[test]
    fn the_panel_that_fills_the_screen_stands_alone() {
        let (mut app, courses) = (app(), courses());
        (app.zoomed, app.focus) = (true, 1);
        let sheet = sheet_of(&app, &courses);
        assert_eq!((sheet.parts.len(), &sheet.title), (1, &courses.panels[1].panel.title));
    }
}
