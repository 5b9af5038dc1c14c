//! What is told of alerts, and when.

use crate::stage::{BEGIN, Stage, alert, failure, labelled, listed, options, set};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use telemetry_query::{Labels, Series, Steps};
use telemetry_stack::rules::{Rule, RuleKind, Rules};
use telemetry_stack::source::{SeenTarget, Source, SourceError};

fn at(second: i64) -> i64 {
    BEGIN + second * 1000
}

#[test]
fn a_notice_says_since_when_until_when_and_where_to_look() {
    let stage = Stage::new();
    let rules = stage.rules(set(vec![labelled(alert("Down", "x == 0", 30), &[("severity", "warning")])]));
    for second in [0, 15, 30, 90] {
        stage.scrape(second, &[("x{job=\"j\"}", 0.0)]);
        rules.evaluate(at(second));
    }
    stage.scrape(100, &[("x{job=\"j\"}", 1.0)]);
    rules.evaluate(at(105));
    let notices = stage.notices();
    let times: Vec<_> = notices
        .iter()
        .map(|notice| {
            let [from, to] = [notice.starts_at, notice.ends_at].map(|time| (time - BEGIN) / 1000);
            (format!("{:?}", notice.event), from, to)
        })
        .collect();
    let expected = [("Pending", 0, 0), ("Firing", 30, 270), ("StillFiring", 30, 330), ("Resolved", 30, 105)];
    assert_eq!(times, expected.map(|(event, from, to)| (event.to_owned(), from, to)));
    assert_eq!(notices[1].labels.to_string(), r#"{alertname="Down", job="j", severity="warning"}"#);
    assert_eq!(notices[1].generator_url, "http://here:9090/graph?g0.expr=x+%3D%3D+0&g0.tab=1");
}

#[test]
fn it_is_kept_firing_for_a_while() {
    let stage = Stage::new();
    let mut rule = alert("A", "x == 0", 0);
    if let RuleKind::Alert { keep_firing, .. } = &mut rule.kind {
        *keep_firing = Duration::from_secs(30);
    }
    let rules = stage.rules(set(vec![rule]));
    for (second, value, told) in
        [(0, 0.0, &["A: Firing"][..]), (15, 1.0, &[]), (30, 1.0, &[]), (45, 1.0, &["A: Resolved"])]
    {
        stage.scrape(second, &[("x", value)]);
        rules.evaluate(at(second));
        assert_eq!(stage.told(), told, "{second}");
    }
    assert_eq!(stage.seconds_of("ALERTS{alertstate=\"firing\"}", 0..=60), (0..=44).collect::<Vec<_>>());
}

#[test]
fn a_rule_that_fails_leaves_its_alerts_as_they_are() {
    let stage = Stage::new();
    // From the second on on which `y` comes twice, nothing matches one to one.
    let rules = stage.rules(set(vec![alert("A", "x * on () y", 0)]));
    stage.scrape(0, &[("x", 1.0), ("y{i=\"1\"}", 1.0)]);
    rules.evaluate(at(0));
    stage.scrape(15, &[("x", 1.0), ("y{i=\"1\"}", 1.0), ("y{i=\"2\"}", 1.0)]);
    rules.evaluate(at(15));
    assert!(failure(&rules.groups()).contains("many-to-many"), "{}", failure(&rules.groups()));
    assert_eq!(stage.told(), ["A: Firing"]);
    assert_eq!(listed(&rules), ["A firing"]);
}

#[test]
fn alerts_that_become_one_are_an_error() {
    let stage = Stage::new();
    let rules = stage.rules(set(vec![labelled(alert("A", "x", 0), &[("i", "same")])]));
    stage.scrape(0, &[("x{i=\"1\"}", 1.0), ("x{i=\"2\"}", 1.0)]);
    rules.evaluate(at(0));
    let why = "vector contains metrics with the same labelset after applying alert labels";
    assert_eq!(failure(&rules.groups()), why);
    assert_eq!(stage.told(), [""; 0]);
}

#[test]
fn more_alerts_than_there_may_be_are_an_error_and_none_stays() {
    let stage = Stage::new();
    let mut set = set(vec![alert("A", "x", 0)]);
    set.groups[0].limit = 1;
    let rules = stage.rules(set);
    stage.scrape(0, &[("x{i=\"1\"}", 1.0)]);
    rules.evaluate(at(0));
    stage.scrape(15, &[("x{i=\"2\"}", 1.0)]);
    rules.evaluate(at(15));
    assert_eq!(failure(&rules.groups()), "exceeded limit of 1 with 2 alerts");
    assert_eq!(stage.told(), ["A i=1: Firing", "A i=1: Resolved"]);
    assert_eq!(stage.query("ALERTS", 16), []);
}

#[test]
fn no_number_is_a_value_like_any_other() {
    let stage = Stage::new();
    let rules = stage.rules(set(vec![alert("A", "x", 0)]));
    stage.scrape(0, &[("x", f64::NAN)]);
    rules.evaluate(at(0));
    assert_eq!(stage.told(), ["A: Firing"]);
}

/// A source that says when it is asked, and answers when somebody allows it.
struct Slow {
    asked: mpsc::Sender<String>,
    answer: std::sync::Mutex<mpsc::Receiver<()>>,
}

impl Source for Slow {
    fn instant(&self, expr: &str, _at: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
        self.asked.send(expr.to_owned()).unwrap();
        if expr == "slow" {
            // An end of the test is an answer, too.
            let _allowed = self.answer.lock().unwrap().recv();
        }
        Ok(vec![(Labels::default(), 1.0)])
    }

    fn range(&self, _expr: &str, _steps: Steps) -> Result<Vec<Series>, SourceError> {
        Ok(Vec::new())
    }

    fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
        Ok(Vec::new())
    }
}

/// Rules with a group for each, every 100 ms.
fn groups(stage: &Stage, source: Slow, rules: Vec<Rule>) -> Arc<Rules> {
    let mut groups = set(rules);
    let all = groups.groups.remove(0);
    groups.groups.extend(all.rules.iter().enumerate().map(|(number, rule)| {
        let (name, rules) = (format!("g{number}"), vec![rule.clone()]);
        telemetry_stack::rules::RuleGroup { name, rules, ..all.clone() }
    }));
    let mut options = options(stage.state());
    options.interval = Duration::from_millis(100);
    let history = Arc::clone(&stage.history);
    Arc::new(Rules::new(groups, Arc::new(source), history, Vec::new(), options).unwrap())
}

#[test]
fn a_group_that_takes_long_keeps_neither_others_nor_the_end_waiting() {
    let stage = Stage::new();
    let ((asked, questions), (_allow, answer)) = (mpsc::channel(), mpsc::channel());
    let source = Slow { asked, answer: answer.into() };
    let rules = groups(&stage, source, vec![alert("A", "slow", 0), alert("B", "fast", 0)]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = Arc::clone(&rules);
    let run = std::thread::spawn(move || {
        let begun = runtime.block_on(async {
            let stopped = async { drop(stopped.await) };
            running.run(stopped).await;
            Instant::now()
        });
        runtime.shutdown_background();
        begun
    });
    let mut counts = (0, 0);
    while counts.0 < 1 || counts.1 < 5 {
        match questions.recv_timeout(Duration::from_secs(30)).unwrap().as_str() {
            "slow" => counts.0 += 1,
            _ => counts.1 += 1,
        }
    }
    assert_eq!(counts.0, 1, "one evaluation is under way");
    // Nobody who asks waits for it either.
    assert_eq!(rules.groups().len(), 2);
    let begun = Instant::now();
    drop(stop);
    let ended = run.join().unwrap();
    assert!(
        ended.saturating_duration_since(begun) < Duration::from_secs(10),
        "it ends within a second when nobody else needs the machine"
    );
    assert_eq!(listed(&rules), ["B firing"]);
}
