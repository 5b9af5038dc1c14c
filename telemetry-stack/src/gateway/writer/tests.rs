//! What becomes of pushes, with a disk that fails when told to and a clock that is set.

use super::super::families::{Bounds, Syntax, families};
use super::super::state::Limits;
use super::super::store::tests::Disk;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};
use telemetry_core::exposition::Format;

const SECOND: Nanos = 1_000_000_000;

/// A writer with its disk and its clock.
struct Scene {
    writer: Writer,
    disk: Disk,
    now: Arc<AtomicU64>,
    ttl: Option<Duration>,
}

impl Scene {
    fn new() -> Self {
        Self::with_ttl(None)
    }

    fn with_ttl(ttl: Option<Duration>) -> Self {
        let (disk, now) = (Disk::default(), Arc::new(AtomicU64::new(SECOND)));
        Self { writer: open(&disk, &now, ttl), disk, now, ttl }
    }

    fn reopen(&mut self) {
        self.writer = open(&self.disk, &self.now, self.ttl);
    }

    fn pass(&self, seconds: u64) {
        self.now.fetch_add(seconds * SECOND, Ordering::Relaxed);
    }

    fn work(&mut self, deeds: Vec<(GroupKey, Deed)>) -> Vec<Result<(), u16>> {
        let (jobs, answers): (Vec<_>, Vec<_>) = deeds.into_iter().map(job).unzip();
        self.writer.work(jobs.into_iter());
        let outcome = |mut answer: oneshot::Receiver<Result<(), Refusal>>| answer.try_recv().unwrap();
        answers.into_iter().map(|answer| outcome(answer).map_err(|refusal| refusal.status.as_u16())).collect()
    }

    fn push(&mut self, job: &str, body: &str) -> Result<(), u16> {
        self.work(vec![set(job, body, true, None)]).remove(0)
    }

    fn add(&mut self, job: &str, body: &str) -> Result<(), u16> {
        self.work(vec![add(job, body)]).remove(0)
    }

    /// What readers see, without the times.
    fn seen(&self) -> String {
        let groups = self.writer.published.living(self.now.load(Ordering::Relaxed));
        let families = groups.iter().flat_map(|group| &group.families);
        let families = families.filter(|family| !super::super::group::is_time(family.name()));
        families.map(|family| family.lines.replace("instance=\"\",", "")).collect()
    }

    fn times(&self, job: &str) -> Option<Times> {
        self.writer.state.get(&key(job)).map(|group| group.times)
    }

    fn break_disk(&self, kind: Option<ErrorKind>) {
        self.disk.0.lock().unwrap().broken = kind;
    }
}

fn open(disk: &Disk, now: &Arc<AtomicU64>, ttl: Option<Duration>) -> Writer {
    let limits = Limits { groups: 10, series: 1000, bytes: 1_000_000, ttl };
    let now = Arc::clone(now);
    let clock: Clock = Arc::new(move || now.load(Ordering::Relaxed));
    let (published, instruments) = (Arc::new(Published::new(ttl)), Arc::default());
    Writer::new(State::new(limits), Box::new(disk.clone()), published, instruments, clock).unwrap()
}

fn key(job: &str) -> GroupKey {
    GroupKey::new([("job", job)])
}

fn read(job: &str, body: &str) -> Vec<Family<'static>> {
    let bounds = Bounds { series: 1000, bytes: 1_000_000 };
    families(body.as_bytes(), Syntax::Lines(Format::Text), &key(job), bounds).unwrap()
}

fn set(job: &str, body: &str, replace: bool, ttl: Option<Duration>) -> (GroupKey, Deed) {
    let families = read(job, body).into_iter().map(|family| Kept::new(family, 0)).collect();
    (key(job), Deed::Set { families, replace, ttl })
}

fn add(job: &str, body: &str) -> (GroupKey, Deed) {
    (key(job), Deed::Add { families: read(job, body), ttl: None })
}

fn job((key, deed): (GroupKey, Deed)) -> (Job, oneshot::Receiver<Result<(), Refusal>>) {
    let (answer, outcome) = oneshot::channel();
    (Job { key, deed, answer, _share: None }, outcome)
}

#[test]
fn put_replaces_the_group_and_post_its_families() {
    let mut scene = Scene::new();
    scene.push("x", "a 1\nb 1\n").unwrap();
    assert_eq!(scene.work(vec![set("x", "b 2\nc 2\n", false, None)]), [Ok(())]);
    assert_eq!(scene.seen(), "a{job=\"x\"} 1\nb{job=\"x\"} 2\nc{job=\"x\"} 2\n");
    scene.push("x", "c 3\n").unwrap();
    assert_eq!(scene.seen(), "c{job=\"x\"} 3\n");
    scene.push("x", "").unwrap();
    assert_eq!((scene.seen().as_str(), scene.times("x").unwrap().pushed), ("", SECOND));
    assert_eq!(scene.work(vec![(key("x"), Deed::Delete), (key("none"), Deed::Delete)]), [Ok(()), Ok(())]);
    assert_eq!(scene.times("x"), None);
}

#[test]
fn all_that_waits_is_one_transaction_in_the_order_of_coming() {
    let mut scene = Scene::new();
    let counter = "# TYPE c counter\nc 1\n";
    let gauge = "# TYPE c gauge\nc 1\n";
    let deeds = vec![
        add("x", counter),
        add("x", counter),
        set("y", gauge, true, None),
        set("x", counter, true, None),
        add("x", counter),
        set("x", gauge, false, None),
        (key("x"), Deed::Delete),
        add("x", counter),
    ];
    let expected = [Ok(()), Ok(()), Err(400), Ok(()), Ok(()), Ok(()), Ok(()), Ok(())];
    assert_eq!(scene.work(deeds), expected);
    assert_eq!(scene.seen(), "c{job=\"x\"} 1\n");
    assert_eq!(scene.disk.0.lock().unwrap().commits, 1);
}

#[test]
fn a_refused_push_leaves_its_time_and_nothing_else() {
    let mut scene = Scene::new();
    scene.push("x", "# TYPE a gauge\na 1\n").unwrap();
    scene.pass(1);
    assert_eq!(scene.push("y", "# TYPE a counter\na 1\n"), Err(400));
    assert_eq!(scene.times("y").map(|times| (times.pushed, times.failed)), Some((0, 2 * SECOND)));
    scene.work(vec![(key("x"), Deed::Note)]);
    assert_eq!(scene.seen(), "a{job=\"x\"} 1\n");
    scene.pass(1);
    scene.push("x", "a 2\n").unwrap();
    scene.reopen();
    let times = scene.times("x").unwrap();
    assert_eq!((times.pushed, times.failed), (3 * SECOND, 2 * SECOND), "the failure is remembered");
    assert!(scene.times("y").is_some(), "across a restart too");
}

#[test]
fn a_failure_makes_no_group_where_there_is_no_place_for_one() {
    let mut scene = Scene::new();
    for job in 0..10 {
        scene.push(&job.to_string(), "a 1\n").unwrap();
    }
    scene.work(vec![(key("eleventh"), Deed::Note)]);
    assert_eq!(scene.times("eleventh"), None);
    // Its own times would be the series of another group.
    let mut scene = Scene::new();
    scene.push("0", "a 1\n").unwrap();
    let twin = GroupKey::new([("instance", ""), ("job", "0")]);
    scene.work(vec![(twin.clone(), Deed::Note)]);
    assert!(scene.writer.state.get(&twin).is_none());
}

#[test]
fn a_full_disk_keeps_nothing_by_half_and_recovers() {
    for (kind, status) in [(ErrorKind::StorageFull, 507), (ErrorKind::PermissionDenied, 500)] {
        let mut scene = Scene::new();
        scene.add("x", "# TYPE c counter\nc 1\n").unwrap();
        let before = scene.seen();
        scene.break_disk(Some(kind));
        let deeds = vec![
            add("x", "# TYPE c counter\nc 1\n"),
            set("y", "a 1\n", true, None),
            (key("x"), Deed::Delete),
        ];
        assert_eq!(scene.work(deeds), [Err(status), Err(status), Err(status)]);
        assert_eq!((scene.seen(), scene.times("y")), (before, None));
        scene.break_disk(None);
        scene.add("x", "# TYPE c counter\nc 1\n").unwrap();
        scene.reopen();
        assert_eq!(scene.seen(), "c{job=\"x\"} 2\n");
    }
}

#[test]
fn what_a_failed_transaction_wrote_after_all_is_put_right() {
    let mut scene = Scene::new();
    scene.add("x", "# TYPE c counter\nc 1\n").unwrap();
    scene.disk.0.lock().unwrap().deceives = true;
    scene.break_disk(Some(ErrorKind::Other));
    assert_eq!(scene.add("x", "# TYPE c counter\nc 1\n"), Err(500));
    assert_eq!(scene.push("new", "a 1\n"), Err(500));
    scene.break_disk(None);
    scene.push("y", "b 1\n").unwrap();
    scene.reopen();
    assert_eq!(scene.seen(), "c{job=\"x\"} 1\nb{job=\"y\"} 1\n");
}

#[test]
fn groups_vanish_when_their_time_is_over() {
    let mut scene = Scene::with_ttl(Some(Duration::from_secs(60)));
    let own = Some(Duration::from_secs(5));
    scene.work(vec![set("own", "a 1\n", true, own), set("default", "a 1\n", true, None)]);
    scene.pass(4);
    scene.work(vec![set("own", "b 1\n", false, own)]);
    scene.pass(4);
    assert_eq!(
        scene.seen(),
        "a{job=\"default\"} 1\na{job=\"own\"} 1\nb{job=\"own\"} 1\n",
        "a push begins it anew"
    );
    scene.pass(1);
    assert_eq!(scene.seen(), "a{job=\"default\"} 1\n", "at once for readers");
    scene.reopen();
    scene.work(Vec::new());
    assert_eq!(scene.disk.0.lock().unwrap().groups.len(), 1, "and then on the disk");
    scene.pass(60);
    assert_eq!(scene.seen(), "");
}

#[test]
fn a_push_to_a_group_whose_time_is_over_begins_it_anew() {
    let mut scene = Scene::with_ttl(Some(Duration::from_secs(5)));
    scene.add("x", "# TYPE c counter\nc 1\nd 1\n").unwrap();
    scene.pass(5);
    scene.add("x", "# TYPE c counter\nc 1\n").unwrap();
    assert_eq!(scene.seen(), "c{job=\"x\"} 1\n");
}

#[test]
fn a_store_of_another_kind_is_refused() {
    let scene = Scene::new();
    scene.disk.0.lock().unwrap().groups.insert(key("x"), vec![0xff]);
    let (published, instruments) = (Arc::new(Published::new(None)), Arc::default());
    let limits = Limits { groups: 1, series: 1, bytes: 1, ttl: None };
    let disk = Box::new(scene.disk.clone());
    let clock: Clock = Arc::new(|| 1);
    assert!(Writer::new(State::new(limits), disk, published, instruments, clock).is_err());
}

#[test]
fn groups_share_what_they_say_alike_after_a_restart_too() {
    let mut scene = Scene::new();
    scene.push("x", "# HELP a Help.\n# TYPE a gauge\na 1\n").unwrap();
    scene.push("y", "# HELP a Help.\n# TYPE a gauge\na 1\n").unwrap();
    for _ in 0..2 {
        let head = |job| Arc::clone(&scene.writer.state.get(&key(job)).unwrap().family("a").unwrap().head);
        assert!(Arc::ptr_eq(&head("x"), &head("y")));
        scene.reopen();
    }
}

/// What may happen to two groups that count.
#[derive(Debug, Clone)]
enum Step {
    /// Amounts to add: of a counter with one of three label sets, and to a histogram with a bucket below 1.
    Add {
        job: u8,
        label: u8,
        count: u8,
        low: u8,
        high: u8,
        gauge: i8,
    },
    /// The counter becomes just this.
    Set {
        job: u8,
        count: u8,
    },
    Reopen,
    /// So many steps from now on fail.
    Fail,
    Mend,
}

fn step() -> impl Strategy<Value = Step> {
    let add = (0..2u8, 0..3u8, any::<u8>(), any::<u8>(), any::<u8>(), any::<i8>());
    prop_oneof![
        8 => add.prop_map(|(job, label, count, low, high, gauge)| Step::Add { job, label, count, low, high, gauge }),
        1 => (0..2u8, any::<u8>()).prop_map(|(job, count)| Step::Set { job, count }),
        1 => Just(Step::Reopen),
        1 => Just(Step::Fail),
        1 => Just(Step::Mend),
    ]
}

/// What should be there: for each group the counters by label, the histogram's low count, all and sum, and the gauge.
type Reference = BTreeMap<u8, (BTreeMap<u8, u64>, Option<(u64, u64, i64)>)>;

fn expected(reference: &Reference) -> String {
    let mut text = String::new();
    for (job, (counters, rest)) in reference {
        let labels = format!("job=\"{job}\"");
        if let Some((low, all, gauge)) = rest {
            for (label, count) in counters {
                text += &format!("c{{{labels},l=\"{label}\"}} {count}\n");
            }
            text += &format!("g{{{labels}}} {gauge}\n");
            text += &format!("h_bucket{{{labels},le=\"1\"}} {low}\nh_bucket{{{labels},le=\"+Inf\"}} {all}\n");
            text += &format!("h_sum{{{labels}}} {all}\nh_count{{{labels}}} {all}\n");
        } else {
            text += &counters
                .iter()
                .map(|(label, count)| format!("c{{{labels},l=\"{label}\"}} {count}\n"))
                .collect::<String>();
        }
    }
    text
}

proptest! {
    #[test]
    fn sums_are_exact_whatever_happens_between(steps in prop::collection::vec(step(), 1..60)) {
        let (mut scene, mut reference, mut broken) = (Scene::new(), Reference::new(), false);
        for step in steps {
            match step {
                Step::Add { job, label, count, low, high, gauge } => {
                    let all = u64::from(low) + u64::from(high);
                    let body = format!(
                        "# TYPE c counter\nc{{l=\"{label}\"}} {count}\n# TYPE g gauge\ng {gauge}\n# TYPE h histogram\n\
                        h_bucket{{le=\"1\"}} {low}\nh_bucket{{le=\"+Inf\"}} {all}\nh_sum {all}\nh_count {all}\n"
                    );
                    prop_assert_eq!(scene.add(&job.to_string(), &body).is_ok(), !broken);
                    if !broken {
                        let (counters, rest) = reference.entry(job).or_default();
                        *counters.entry(label).or_default() += u64::from(count);
                        let (lows, alls, _) = rest.unwrap_or_default();
                        *rest = Some((lows + u64::from(low), alls + all, i64::from(gauge)));
                    }
                }
                Step::Set { job, count } => {
                    let body = format!("# TYPE c counter\nc{{l=\"0\"}} {count}\n");
                    prop_assert_eq!(scene.push(&job.to_string(), &body).is_ok(), !broken);
                    if !broken {
                        reference.insert(job, (BTreeMap::from([(0, u64::from(count))]), None));
                    }
                }
                Step::Reopen if !broken => scene.reopen(),
                Step::Reopen => {}
                Step::Fail | Step::Mend => {
                    broken = matches!(step, Step::Fail);
                    scene.break_disk(broken.then_some(ErrorKind::StorageFull));
                }
            }
            prop_assert_eq!(sorted(&scene.seen()), sorted(&expected(&reference)));
        }
    }
}

/// The lines in order: a series that was added later stands behind the others.
fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}
