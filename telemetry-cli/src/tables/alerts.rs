//! The page of `telemetry list --alerts`: what is watched, and from where on somebody is told.

use super::grid::{Cell, Paint};
use super::listing::{Entry, Section, listing};
use crate::output::Screen;
use telemetry_catalog::indicator::{Indicator, Level, Unit, indicators};
use telemetry_catalog::promql::Window;
use telemetry_catalog::quantity::seconds;
use telemetry_catalog::rules::amount;
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;

/// The whole page. Where the screen has no room for five columns, what an alert measures stands below it.
pub(crate) fn alerts(
    of: impl Iterator<Item = &'static Subsystem>,
    config: &Config,
    screen: Screen,
) -> String {
    let sections: Vec<_> = of.map(|subsystem| section(subsystem, config, screen)).collect();
    listing(&["ALERT", "LIMITS", "WINDOW", "FOR", "MEASURES"], &sections, screen)
}

fn section(subsystem: &'static Subsystem, config: &Config, screen: Screen) -> Section {
    let own = indicators().filter(|indicator| indicator.subsystem == subsystem);
    Section {
        title: subsystem.title.to_owned(),
        slug: subsystem.slug.to_owned(),
        entries: own.map(|indicator| entry(indicator, config, screen)).collect(),
    }
}

fn entry(indicator: &Indicator, config: &Config, screen: Screen) -> Entry {
    let over = match indicator.over {
        Window::ZERO => "-".to_owned(),
        over => seconds(over.seconds().into()),
    };
    Entry {
        cells: vec![
            Cell::new(indicator.alert, Paint::Strong),
            Cell::plain(limits(indicator, config, screen)),
            Cell::plain(over),
            Cell::plain(seconds(indicator.hold.seconds().into())),
        ],
        last: measures(indicator),
    }
}

/// Each severity with the limit at which it begins.
pub(super) fn limits(indicator: &Indicator, config: &Config, screen: Screen) -> String {
    let limit = |Level { severity, limit }: Level| {
        let (sign, amount) = (indicator.beyond.sign(), limit_text(indicator.unit, limit));
        // One character alone cannot say it in ASCII.
        let sign = if screen.utf8 || sign.is_ascii() { sign } else { ">=" };
        format!("{} {sign} {amount}", severity.as_str())
    };
    let levels = indicator.limits.levels(&config.health_thresholds);
    levels.into_iter().map(limit).collect::<Vec<_>>().join(", ")
}

/// A limit as people read it; the rules have the shorter notation of Prometheus.
fn limit_text(unit: Unit, limit: f64) -> String {
    match unit {
        Unit::Seconds => seconds(limit),
        Unit::Share => amount(unit, limit).replace('%', " %"),
        Unit::Count | Unit::Times | Unit::State => amount(unit, limit),
    }
}

fn measures(indicator: &Indicator) -> String {
    match indicator.by {
        [] => indicator.title.to_owned(),
        labels => format!("{}, by {}", indicator.title, labels.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_catalog::subsystems;
    use telemetry_core::catalog::{AGENT, VCS};

    #[test]
    fn a_line_has_the_configured_limits_in_their_unit() {
        let mut config = Config::default();
        config.health_thresholds.error_rate_warn = 7.5;
        let expected = "\
ALERT                     LIMITS                            WINDOW  FOR  MEASURES

VCS / Workspace (vcs)
VcsOperationsFailing      warning ≥ 7.5 %, critical ≥ 25 %  15 m    2 m  Share of VCS operations that failed, by provider
WorkspaceReleasesFailing  warning ≥ 5, critical ≥ 20        1 h     2 m  Workspace releases that failed, by project
";
        assert_eq!(alerts([&VCS].into_iter(), &config, Screen::PLAIN), expected);
        let ascii = alerts([&VCS].into_iter(), &config, Screen { utf8: false, ..Screen::PLAIN });
        assert!(ascii.contains("warning >= 7.5 %, critical >= 25 %") && ascii.is_ascii(), "{ascii}");
        let page = alerts([&AGENT].into_iter(), &config, Screen::PLAIN);
        assert!(page.contains("warning ≥ 5 m, critical ≥ 10 m"), "{page}");
    }

    #[test]
    fn every_alert_fits_on_a_screen_of_eighty_columns() {
        let page = alerts(subsystems(), &Config::default(), Screen { width: Some(80), ..Screen::PLAIN });
        assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
        assert!(indicators().all(|indicator| page.contains(indicator.alert)), "{page}");
    }
}
