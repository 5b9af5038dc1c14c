//! What is tried of targets that answer or do not, and of groups that are pushed or not.

use super::course::Course;
use super::stage::{EXPOSITION, Fate, Outcome, Stage, foreign, series};
use crate::indicator::seen;
use crate::target::{EXPOSITION_JOB, GATEWAY_JOB};
use telemetry_core::catalog::BUILD_INFO;

/// A second target of the same job, which is well.
const NEIGHBOUR: &str = "127.0.0.2:9464";

/// An instance of a job, and how one of its series goes.
type Target<'a> = (&'a str, &'a str);

fn outcome((job, instance): Target<'_>, value: f64) -> Outcome {
    Outcome { labels: vec![job.to_owned(), instance.to_owned()], value, counts: true }
}

/// A target that answered goes away; what comes of it has a value, as its neighbour that still answers has.
fn put_on(stage: &mut Stage<'_>, about: &str, job: &str, up: Course, (value, counts): (Option<f64>, bool)) {
    let mut play = stage.play(about);
    let (target, neighbour) = ((job, EXPOSITION), (job, NEIGHBOUR));
    play.series = vec![(foreign("up", target), up), (foreign("up", neighbour), Course::of(1.0))];
    play.outcomes = value.map(|value| Outcome { counts, ..outcome(target, value) }).into_iter().collect();
    play.outcomes.push(outcome(neighbour, 1.0));
    // The neighbour alone is enough for something to be seen.
    play.also = vec![(seen(), vec![Outcome { labels: Vec::new(), value: 1.0, counts: true }])];
    stage.put_on(play);
}

/// A target that never answered is alone: nothing is seen, however long it is asked.
fn alone(stage: &mut Stage<'_>, about: &str) {
    let mut play = stage.play(about);
    let target = (EXPOSITION_JOB, EXPOSITION);
    play.series = vec![(foreign("up", target), Course::of(0.0))];
    play.outcomes = vec![Outcome { counts: false, ..outcome(target, 0.0) }];
    play.also = vec![(seen(), Vec::new())];
    stage.put_on(play);
}

pub(super) fn gateway(stage: &mut Stage<'_>) {
    let begins = stage.begins(Fate::Usual);
    let goes = Course::of(1.0).then(begins, 0.0);
    put_on(stage, "the gateway no longer answers", GATEWAY_JOB, goes.clone(), (Some(0.0), true));
    put_on(
        stage,
        "the gateway answers again",
        GATEWAY_JOB,
        goes.then(begins + stage.reset(), 1.0),
        (Some(1.0), true),
    );
    put_on(stage, "the gateway answers", GATEWAY_JOB, Course::of(1.0), (Some(1.0), true));
    put_on(
        stage,
        "the gateway is no longer asked",
        GATEWAY_JOB,
        Course::of(1.0).leaves(begins),
        (None, true),
    );
    nothing(stage, "no gateway is asked");
}

pub(super) fn exposition(stage: &mut Stage<'_>) {
    let begins = stage.begins(Fate::Usual);
    let goes = Course::of(1.0).then(begins, 0.0);
    put_on(stage, "it no longer answers", EXPOSITION_JOB, goes.clone(), (Some(0.0), true));
    put_on(stage, "it never answered", EXPOSITION_JOB, Course::of(0.0), (Some(0.0), false));
    put_on(
        stage,
        "it answers again",
        EXPOSITION_JOB,
        goes.then(begins + stage.reset(), 1.0),
        (Some(1.0), true),
    );
    put_on(stage, "it answers", EXPOSITION_JOB, Course::of(1.0), (Some(1.0), true));
    put_on(stage, "it is no longer asked", EXPOSITION_JOB, Course::of(1.0).leaves(begins), (None, true));
    alone(stage, "the only one never answered");
    nothing(stage, "nothing is asked");
}

fn nothing(stage: &mut Stage<'_>, about: &str) {
    stage.put_on(stage.play(about));
}

/// Time begins at 0, so that whoever pushed a day ago did so before the beginning.
pub(super) fn since_push(stage: &mut Stage<'_>) {
    let job = stage.config.prometheus.job.clone();
    let limit = stage.levels().first().map_or(0.0, |level| level.limit);
    let (step, begins) = (stage.step, stage.begins(Fate::Usual));
    // The first evaluation after which the alert has held for long enough is the next.
    let fires = begins + step;
    let last = f64::from(begins - step / 8) - limit;
    let mut put_on = |about: &str, job: &str, pushed: Course, at: Option<f64>| {
        let mut play = stage.play(about);
        let neighbour = (job, "neighbour");
        play.series = vec![
            (foreign("push_time_seconds", (job, "host")), pushed),
            (foreign("push_time_seconds", neighbour), Course::of(0.0)),
        ];
        let ages =
            [at.map(|at| ("host", at)), (job == stage.config.prometheus.job).then_some(("neighbour", 0.0))];
        let aged = |(instance, at): (&str, f64)| outcome((job, instance), f64::from(fires) - at);
        play.outcomes = ages.into_iter().flatten().map(aged).collect();
        stage.put_on(play);
    };
    put_on("nothing was pushed for longer than the limit", &job, Course::of(last), Some(last));
    let limit_itself = f64::from(fires) - limit;
    put_on(
        "nothing was pushed for just as long as the limit",
        &job,
        Course::of(limit_itself),
        Some(limit_itself),
    );
    let again = f64::from(begins + step / 2);
    put_on("it was pushed again", &job, Course::of(last).then(begins + step / 2, again), Some(again));
    put_on("the group was taken away", &job, Course::of(last).leaves(begins), None);
    put_on("it is the group of somebody else", &format!("not {job}"), Course::of(last), None);
}

pub(super) fn stranger(stage: &mut Stage<'_>) {
    let (begins, reset) = (stage.begins(Fate::Usual), stage.reset());
    let mut put_on = |about: &str, up: Course, info: Option<Course>, value: f64| {
        let mut play = stage.play(about);
        let (target, neighbour) = ((EXPOSITION_JOB, EXPOSITION), (EXPOSITION_JOB, NEIGHBOUR));
        let told = |target| series(BUILD_INFO.def(), "", &[], target);
        play.series = vec![(foreign("up", target), up), (foreign("up", neighbour), Course::of(1.0))];
        play.series.push((told(neighbour), Course::of(1.0)));
        play.series.extend(info.map(|course| (told(target), course)));
        play.outcomes = vec![outcome(target, value), outcome(neighbour, 0.0)];
        stage.put_on(play);
    };
    let answers = || Course::of(0.0).then(begins, 1.0);
    put_on("somebody answers who is not ours", answers(), None, 1.0);
    put_on("ours was taken over", Course::of(1.0), Some(Course::of(1.0).leaves(begins)), 1.0);
    put_on("ours answers", answers(), Some(Course::absent().then(begins, 1.0)), 0.0);
    put_on("nobody answers", Course::of(1.0).then(reset, 0.0), None, 0.0);
}
