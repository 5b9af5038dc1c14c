//! What is judged from which answers.

use super::*;
use telemetry_catalog::promql::Scope;
use telemetry_core::catalog::{AGENT, BEADS, LLM, VCS};

fn check(alert: &str) -> Check {
    checks(&Config::default()).into_iter().find(|check| check.indicator.alert == alert).unwrap()
}

fn rows(rows: &[(&str, f64)]) -> Vec<(Labels, f64)> {
    let labels = |provider: &str| Labels::new([("provider", provider), ("__name__", "recorded")]);
    rows.iter().map(|(provider, value)| (labels(provider), *value)).collect()
}

fn finding(alert: &str, value: &[(&str, f64)], events: &[(&str, f64)]) -> Finding {
    let check = check(alert);
    let judged = check.judged(&HealthThresholds::default(), &rows(value), &rows(events));
    Finding { indicator: check.indicator, judged: Ok(judged) }
}

fn trouble(alert: &str) -> Finding {
    Finding { indicator: check(alert).indicator, judged: Err(Unjudged::Trouble("refused".to_owned())) }
}

fn of(subsystem: &'static Subsystem, findings: &[Finding]) -> Condition {
    condition(subsystem, findings, None)
}

fn alarmed(findings: &[Finding]) -> Condition {
    condition(&LLM, findings, Some((Verdict::Critical, "LlmErrors")))
}

#[test]
fn the_worst_of_several_decides_and_is_named() {
    let values = [("a", 0.01), ("b", 0.3), ("c", 0.9)];
    let found = finding("LlmErrors", &values, &[("a", 100.0), ("b", 100.0), ("c", 2.0)]);
    assert_eq!(found.verdict(), Some(Verdict::Critical));
    assert!(found.said().starts_with("b: 30"), "{}", found.said());
}

#[test]
fn idle_is_healthy_and_what_was_never_measured_does_not_count() {
    let (idle, silent) = (finding("LlmErrors", &[], &[("a", 0.0)]), finding("LlmSlow", &[], &[]));
    assert_eq!((idle.verdict(), silent.verdict()), (Some(Verdict::Healthy), None));
    assert_eq!(of(&LLM, &[idle, silent.clone()]).verdict, Verdict::Healthy);
    let alone = of(&LLM, &[silent]);
    assert!(alone.verdict == Verdict::Unknown && alone.is_silent());
}

#[test]
fn what_is_there_and_does_not_stand_still_is_healthy() {
    let found = finding("BeadsStalled", &[], &[("", 3.0)]);
    assert_eq!((found.verdict(), found.said().as_str()), (Some(Verdict::Healthy), "no sign of it"));
    assert_eq!(finding("BeadsStalled", &[], &[]).verdict(), None);
    assert_eq!(finding("BeadsStalled", &[("", 3.0)], &[("", 3.0)]).verdict(), Some(Verdict::Warning));
    assert_eq!(finding("LlmSlow", &[], &[("a", 9.0)]).verdict(), Some(Verdict::Healthy));
}

#[test]
fn an_alert_that_fires_makes_its_subsystem_at_least_as_bad() {
    let condition = alarmed(&[finding("LlmErrors", &[("a", 0.0)], &[("a", 9.0)])]);
    assert_eq!((condition.verdict, condition.reason.as_str()), (Verdict::Critical, "LlmErrors is firing"));
    assert_eq!(alarmed(&[]).verdict, Verdict::Critical);
}

#[test]
fn trouble_is_unknown_and_told() {
    let condition = of(&LLM, &[trouble("LlmErrors")]);
    assert_eq!(condition.verdict, Verdict::Unknown);
    assert!(condition.reason.ends_with("refused") && !condition.is_silent());
}

#[test]
fn the_fleet_is_healthy_only_where_that_is_known_of_now() {
    let healthy = || of(&AGENT, &[finding("AgentRunsFailing", &[("", 0.0)], &[])]);
    let silent = || of(&BEADS, &[]);
    let doubtful = || of(&LLM, &[trouble("LlmErrors")]);
    assert_eq!(overall(&[healthy(), silent()], true), Verdict::Healthy);
    assert_eq!(overall(&[healthy(), silent()], false), Verdict::Unknown);
    assert_eq!(overall(&[healthy(), doubtful()], true), Verdict::Unknown);
    assert_eq!(overall(&[silent()], true), Verdict::Unknown);
    let listening = || of(&OWN, &[finding("PushgatewayDown", &[("", 1.0)], &[])]);
    assert_eq!(listening().verdict, Verdict::Healthy);
    assert_eq!(overall(&[silent(), listening()], true), Verdict::Unknown, "nobody has pushed yet");
    assert_eq!(overall(&[listening()], true), Verdict::Healthy, "it is all that was asked for");
    assert_eq!(overall(&[healthy(), listening()], true), Verdict::Healthy);
    assert_eq!(overall(&[healthy(), doubtful(), alarmed(&[])], false), Verdict::Critical);
}

#[test]
fn what_is_asked_keeps_the_labels_of_its_indicator() {
    for Check { indicator, value, events, .. } in checks(&Config::default()) {
        assert_eq!(value.by(), indicator.by, "{}", indicator.alert);
        if let Some(events) = events {
            assert_eq!(events.by(), indicator.by, "{}", indicator.alert);
        }
    }
}

#[test]
fn what_is_not_testable_makes_nothing_healthy_and_leaves_the_rest_what_it_is() {
    let not_testable = |alert| Finding {
        indicator: check(alert).indicator,
        judged: Err(Unjudged::NotTestable("it follows a number over time")),
    };
    let beads = of(&BEADS, &[not_testable("BeadsStalled")]);
    assert_eq!((beads.verdict, beads.is_silent()), (Verdict::Unknown, true));
    assert_eq!(beads.reason, "no data: not testable from a ledger");
    let vcs =
        of(&VCS, &[finding("VcsOperationsFailing", &[], &[]), not_testable("WorkspaceReleasesFailing")]);
    assert_eq!(vcs.reason, "no data: nothing of it was measured; 1 not testable from a ledger");
    let healthy = finding("LlmErrors", &[("a", 0.0)], &[("a", 9.0)]);
    let llm = of(&LLM, &[healthy, not_testable("LlmOutputTokensSurge")]);
    assert_eq!(llm.verdict, Verdict::Healthy);
    assert_eq!(llm.reason, "1 check is within its limits; 1 not testable from a ledger");
    assert_eq!(overall(&[llm, beads], true), Verdict::Healthy);
}

#[test]
fn another_window_stands_in_where_events_are_counted_and_nowhere_else() {
    let window = Window::of_seconds(1_801);
    for check in checks_over(&Config::default(), Some(window)) {
        let (alert, written) = (check.indicator.alert, check.value.written(&Scope::plain()));
        if counts(&check.indicator.measure) {
            assert!(check.over == window && written.contains("[1801s]"), "{alert}: {written}");
        } else {
            assert!(check.over == check.indicator.over && !written.contains("1801s"), "{alert}: {written}");
        }
    }
    assert!(checks(&Config::default()).iter().all(|check| check.over == check.indicator.over));
}

#[test]
fn a_percentile_beyond_the_last_bound_is_more_than_that_bound() {
    let slow = |value: f64| finding("LlmSlow", &[("a", value)], &[("a", 9.0)]);
    assert_eq!(slow(600.0).shown().as_deref(), Some("> 600 s"));
    assert!(slow(600.0).said().starts_with("a: > 600 s, critical at "), "{}", slow(600.0).said());
    assert_eq!(slow(599.0).shown().as_deref(), Some("9 m 59 s"));
    let share = finding("LlmErrors", &[("a", 1.0)], &[("a", 9.0)]);
    assert_eq!(share.shown().as_deref(), Some("100.0 %"), "what is no percentile has no last bound");
}

#[test]
fn what_lies_beyond_a_limit_and_says_nothing_is_not_called_within_it() {
    let few = finding("LlmErrors", &[("a", 0.5)], &[("a", 2.0)]);
    let llm = of(&LLM, &[few, finding("LlmSlow", &[("a", 1.0)], &[("a", 2.0)])]);
    assert_eq!(llm.verdict, Verdict::Healthy);
    assert_eq!(llm.reason, "1 check is within its limits; 1 beyond a limit, of too few events to tell");
}
