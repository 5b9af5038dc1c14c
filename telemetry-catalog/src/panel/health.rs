//! The panels of indicators, and the worst alert of subsystems over time.

use super::{Legend, Panel, Query, Unit, Visualization};
use crate::indicator::{
    AT_LEAST_EVENTS, Indicator, Level, Measure, Severity, Unit as Measured, indicators, seen,
};
use crate::promql::{Vector, Window};
use crate::rules::amount;
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;

/// The panels of a subsystem's health: its worst alert over time, then what each of its indicators measures.
pub(super) fn panels(subsystem: &'static Subsystem, config: &Config) -> Vec<Panel> {
    let worst =
        timeline(&format!("health-{}", subsystem.slug), "Worst alert over time", subsystem, &[subsystem]);
    let own = indicators().filter(|indicator| indicator.subsystem == subsystem);
    let (states, amounts): (Vec<_>, Vec<_>) = own.partition(|indicator| indicator.unit == Measured::State);
    let measured = amounts.into_iter().chain(states).map(|indicator| panel(indicator, config));
    [worst].into_iter().chain(measured).collect()
}

/// The worst alerts of these subsystems over time. Where nothing is up that could tell, there is no state.
pub(super) fn timeline(
    id: &str,
    title: &str,
    subsystem: &'static Subsystem,
    of: &[&'static Subsystem],
) -> Panel {
    let query = |of: &&'static Subsystem| Query { vector: worst_alert(of), legend: Legend::text(of.title) };
    Panel {
        id: id.to_owned(),
        title: title.to_owned(),
        description: "Critical or warning while such an alert fires, quiet while none does, which it is, too, where nothing was ever measured. A gap \
                      is unknown: neither the exposition nor the Pushgateway answered, so that nothing could be seen, or the \
                      rules are not loaded."
            .to_owned(),
        unit: Unit::Health,
        visualization: Visualization::StateTimeline,
        queries: of.iter().map(query).collect(),
        thresholds: Vec::new(),
        indicator: None,
        subsystem,
        stacked: false,
    }
}

fn worst_alert(of: &Subsystem) -> Vector {
    let firing = |severity: Severity| Vector::firing(of, severity);
    firing(Severity::Critical).scaled(2.0).or(firing(Severity::Warning)).or(seen().scaled(0.0))
}

/// What an indicator measures, with its thresholds.
pub(super) fn panel(indicator: &'static Indicator, config: &Config) -> Panel {
    let vector = indicator.signal(config).value;
    Panel {
        id: words(indicator.alert),
        title: indicator.title.to_owned(),
        description: description(indicator, config),
        unit: indicator.unit.into(),
        visualization: match indicator.unit {
            Measured::State => Visualization::StateTimeline,
            _ => Visualization::TimeSeries,
        },
        queries: vec![Query { legend: Legend::of(&vector, indicator.title), vector }],
        thresholds: indicator.limits.levels(&config.health_thresholds),
        indicator: Some(indicator),
        subsystem: indicator.subsystem,
        stacked: false,
    }
}

/// What is measured comes first, and then what it means when the alert fires.
fn description(indicator: &Indicator, config: &Config) -> String {
    let mut sentences = vec![match window(indicator) {
        Some(window) => format!("{}, over the last {}.", indicator.title, window.words()),
        None => format!("{}, at each moment.", indicator.title),
    }];
    if let Measure::Share { .. } = indicator.measure {
        sentences.push(format!("A share of fewer than {AT_LEAST_EVENTS} events raises no alert."));
    }
    sentences.push(format!("{} It means: {}", alerts(indicator, config), indicator.runbook.meaning));
    sentences.join(" ")
}

/// The window that the measure looks at, if it looks at any.
fn window(indicator: &Indicator) -> Option<Window> {
    let of_a_moment = matches!(
        indicator.measure,
        Measure::GatewayUp | Measure::ExpositionUp | Measure::SincePush | Measure::Stranger
    );
    (!of_a_moment).then_some(indicator.over)
}

/// The alert that goes with it. What is true or false has no limit that would tell anything.
fn alerts(indicator: &Indicator, config: &Config) -> String {
    let levels = indicator.limits.levels(&config.health_thresholds);
    let level = |Level { severity, limit }: &Level| match indicator.unit {
        Measured::State => severity.as_str().to_owned(),
        unit => format!("{} {} {}", severity.as_str(), indicator.beyond.sign(), amount(unit, *limit)),
    };
    let levels: Vec<_> = levels.iter().map(level).collect();
    let hold = match indicator.hold {
        Window::ZERO => "at once".to_owned(),
        hold => format!("after {}", hold.words()),
    };
    format!("Alert {}: {}, {hold}.", indicator.alert, levels.join(", "))
}

/// A name of several words, each with a capital letter, as words with hyphens.
fn words(name: &str) -> String {
    name.char_indices().fold(String::new(), |mut words, (at, letter)| {
        if letter.is_uppercase() && at > 0 {
            words.push('-');
        }
        words.extend(letter.to_lowercase());
        words
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::Scope;
    use telemetry_core::catalog::{AGENT, OWN};

    #[test]
    fn the_worst_alert_is_that_which_fires_and_quiet_is_no_health() {
        let expected = r#"max(ALERTS{alertstate="firing", subsystem="agent", severity="critical"}) * 2
or max(ALERTS{alertstate="firing", subsystem="agent", severity="warning"})
or fleet:up:any * 0"#;
        assert_eq!(worst_alert(&AGENT).written(&Scope::rules()), expected);
        let panel = panels(&AGENT, &Config::default()).swap_remove(0);
        assert_eq!((panel.id.as_str(), panel.unit.shown(0.0).as_str()), ("health-agent", "quiet"));
        assert!(!format!("{} {}", panel.title, panel.description).to_lowercase().contains("health"));
    }

    #[test]
    fn the_panel_of_an_indicator_has_its_thresholds_and_says_them() {
        let mut config = Config::default();
        config.health_thresholds.error_rate_warn = 7.5;
        let panels = panels(&AGENT, &config);
        let failing = panels.iter().find(|panel| panel.id == "agent-runs-failing").unwrap();
        assert_eq!(failing.thresholds[0], Level { severity: Severity::Warning, limit: 0.075 });
        assert!(failing.description.contains("warning ≥ 7.5%, critical ≥ 25%, after 2 minutes."));
    }

    #[test]
    fn what_is_up_or_down_is_a_timeline() {
        let panels = panels(&OWN, &Config::default());
        let up = panels.iter().find(|panel| panel.id == "pushgateway-down").unwrap();
        assert_eq!((up.unit, up.visualization), (Unit::State, Visualization::StateTimeline));
        assert!(
            up.description.contains("Alert PushgatewayDown: critical, after 2 minutes."),
            "{}",
            up.description
        );
        assert!(!up.reads_records());
    }
}
