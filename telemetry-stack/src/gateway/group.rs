//! A group as it is kept, in memory and on the disk: who it is, when it was pushed, and its families as lines of text.
//!
//! Nothing here is ever changed. A push makes a new group, which shares with the one before what the push leaves alone.

use prost::Message;
use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use telemetry_core::exposition::{Family, FamilyKind, Format, Label, Metric, ParseError, parse, write};

/// The family that says when a group was last pushed.
pub(super) const PUSH_TIME: &str = "push_time_seconds";

/// The family that says when a push to a group was last refused.
pub(super) const FAILURE_TIME: &str = "push_failure_time_seconds";

/// The help texts of the two, as the Pushgateway has them.
const TIMES: [(&str, &str); 2] = [
    (PUSH_TIME, "Last Unix time when changing this group in the Pushgateway succeeded."),
    (FAILURE_TIME, "Last Unix time when changing this group in the Pushgateway failed."),
];

/// Stands between names and values in a key. No text in UTF-8 has this byte, so that no two groups have the same key.
const BETWEEN: u8 = 0xff;

/// The kinds that the text format tells apart, each with the number that stands for it on the disk: its position.
const KINDS: [FamilyKind; 5] =
    [FamilyKind::Counter, FamilyKind::Gauge, FamilyKind::Histogram, FamilyKind::Summary, FamilyKind::Untyped];

/// Nanoseconds since 1970, or 0 for never.
pub(super) type Nanos = u64;

/// Which group it is: its labels, sorted by name. Keys compare as their first labels do.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct GroupKey(Arc<[u8]>);

/// What all series of a family share, and all groups that say the same of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) name: Box<str>,
    pub(super) kind: FamilyKind,
    pub(super) help: Option<Box<str>>,
}

/// A family of a group.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) head: Arc<Head>,
    /// When it was pushed.
    pub(super) pushed: Nanos,
    /// Its samples in the text format, the labels of the group included. Each line is a series.
    pub(super) lines: Box<str>,
    pub(super) series: usize,
}

/// A group. Its families are sorted by name, each name occurs once, and the two that tell its times are among them.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) key: GroupKey,
    pub(super) times: Times,
    pub(super) families: Box<[Arc<Kept>]>,
}

/// When a group was pushed, and for how long that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Times {
    /// The last push that succeeded.
    pub(super) pushed: Nanos,
    /// The last push that was refused.
    pub(super) failed: Nanos,
    /// How long the group lives, where its last successful push said so.
    pub(super) ttl: Option<Duration>,
}

impl GroupKey {
    /// The key of the group with these labels, which are sorted by name and each there once.
    pub(super) fn new<'l>(labels: impl IntoIterator<Item = (&'l str, &'l str)>) -> Self {
        let mut key = Vec::new();
        for (name, value) in labels {
            if !key.is_empty() {
                key.push(BETWEEN);
            }
            key.extend_from_slice(name.as_bytes());
            key.push(BETWEEN);
            key.extend_from_slice(value.as_bytes());
        }
        Self(key.into())
    }

    /// The labels in the order of their names.
    pub(super) fn labels(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let mut texts =
            self.0.split(|byte| *byte == BETWEEN).map(|text| str::from_utf8(text).unwrap_or_default());
        std::iter::from_fn(move || texts.next().zip(texts.next()))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for GroupKey {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl Borrow<[u8]> for GroupKey {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.labels()).finish()
    }
}

impl Head {
    /// The lines that describe the family.
    pub(super) fn describe(&self, out: &mut String) {
        write(&[self.family()], Format::Text, out);
    }

    fn family(&self) -> Family<'_> {
        let family = Family::new(&*self.name, self.kind);
        match &self.help {
            Some(help) => family.with_help(&**help),
            None => family,
        }
    }
}

impl Kept {
    /// A family in the form in which it is kept. Its kind is one of the text format's.
    pub(super) fn new(family: Family<'_>, pushed: Nanos) -> Self {
        let help = family.help.as_deref().map(Box::from);
        let head = Arc::new(Head { name: Box::from(&*family.name), kind: family.kind, help });
        let mut text = String::new();
        write(&[Family { help: None, ..family }], Format::Text, &mut text);
        // The first line is the one with the type, which the head already says.
        let lines = text.split_once('\n').map_or("", |(_type, lines)| lines);
        Self::from_lines(head, pushed, lines.into())
    }

    fn from_lines(head: Arc<Head>, pushed: Nanos, lines: Box<str>) -> Self {
        let series = lines.bytes().filter(|byte| *byte == b'\n').count();
        Self { head, pushed, lines, series }
    }

    pub(super) fn name(&self) -> &str {
        &self.head.name
    }

    /// The text from which [`read`] makes the family again.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.lines.len() + 64);
        self.head.describe(&mut text);
        text.push_str(&self.lines);
        text
    }

    /// How much it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.lines.len()
    }
}

/// The family that a [text](Kept::text) holds.
///
/// # Errors
/// When the text is none: a file from elsewhere.
pub(super) fn read(text: &str) -> Result<Option<Family<'_>>, ParseError> {
    Ok(parse(text, Format::Text)?.into_iter().next())
}

impl Group {
    /// A group with these families in any order, and the two that tell its times.
    pub(super) fn new(
        key: GroupKey,
        times: Times,
        families: impl IntoIterator<Item = Arc<Kept>>,
        now: Nanos,
    ) -> Self {
        let own = [times.pushed, times.failed];
        let own =
            TIMES.iter().zip(own).map(|((name, help), time)| Arc::new(time_of(&key, name, help, time, now)));
        let pushed = families.into_iter().filter(|family| !is_time(family.name()));
        let mut families: Vec<_> = pushed.chain(own).collect();
        families.sort_by(|one, other| one.name().cmp(other.name()));
        Self { key, times, families: families.into() }
    }

    /// The family of this name.
    pub(super) fn family(&self, name: &str) -> Option<&Arc<Kept>> {
        let at = self.families.binary_search_by(|family| family.name().cmp(name)).ok()?;
        self.families.get(at)
    }

    /// How many series it has, those that tell its times included.
    pub(super) fn series(&self) -> usize {
        self.families.iter().map(|family| family.series).sum()
    }

    /// How much it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        let families: usize = self.families.iter().map(|family| family.size()).sum();
        size_of::<Self>() + self.key.as_bytes().len() + families
    }

    /// When it vanishes, if it does. What was never pushed successfully counts from its failure.
    pub(super) fn expiry(&self, default: Option<Duration>) -> Option<Nanos> {
        let Times { pushed, failed, ttl } = self.times;
        let ttl = u64::try_from(ttl.or(default)?.as_nanos()).unwrap_or(u64::MAX);
        Some(if pushed == 0 { failed } else { pushed }.saturating_add(ttl))
    }

    /// Whether the last push succeeded.
    pub(super) fn is_well(&self) -> bool {
        self.times.pushed > self.times.failed
    }

    /// The form on the disk.
    pub(super) fn encode(&self) -> Vec<u8> {
        let Times { pushed, failed, ttl } = self.times;
        let ttl_millis = ttl.map_or(0, |ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        let families = self.families.iter().filter(|family| !is_time(family.name()));
        let families = families.map(|family| StoredFamily::from(&**family)).collect();
        StoredGroup { pushed, failed, ttl_millis, families }.encode_to_vec()
    }

    /// The group that was kept under this key.
    ///
    /// # Errors
    /// When the bytes are none.
    pub(super) fn decode(key: GroupKey, bytes: &[u8]) -> Result<Self, prost::DecodeError> {
        let StoredGroup { pushed, failed, ttl_millis, families } = StoredGroup::decode(bytes)?;
        let ttl = (ttl_millis > 0).then(|| Duration::from_millis(ttl_millis));
        let families = families.into_iter().map(|family| Arc::new(family.into()));
        Ok(Self::new(key, Times { pushed, failed, ttl }, families, pushed.max(failed)))
    }
}

/// Whether a family is one that tells the times of a group.
pub(super) fn is_time(name: &str) -> bool {
    name == PUSH_TIME || name == FAILURE_TIME
}

/// The labels of everything in the group, sorted by name: its own, and an empty `instance` where it has none.
fn labels_of(key: &GroupKey) -> Vec<Label<'_>> {
    let mut labels: Vec<_> = key.labels().map(|(name, value)| Label::new(name, value)).collect();
    if let Err(at) = labels.binary_search_by(|label| (*label.name).cmp(INSTANCE)) {
        labels.insert(at, Label::new(INSTANCE, ""));
    }
    labels
}

/// The label that every series has.
pub(super) const INSTANCE: &str = "instance";

fn time_of(key: &GroupKey, name: &'static str, help: &'static str, time: Nanos, now: Nanos) -> Kept {
    let seconds = Duration::from_nanos(time).as_secs_f64();
    let family = Family::new(name, FamilyKind::Gauge).with_help(help);
    Kept::new(family.with_metrics([Metric::gauge(labels_of(key), seconds)]), now)
}

/// A group on the disk, without what its key says.
#[derive(Clone, PartialEq, Message)]
struct StoredGroup {
    #[prost(fixed64, tag = "1")]
    pushed: u64,
    #[prost(fixed64, tag = "2")]
    failed: u64,
    #[prost(uint64, tag = "3")]
    ttl_millis: u64,
    #[prost(message, repeated, tag = "4")]
    families: Vec<StoredFamily>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredFamily {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint32, tag = "2")]
    kind: u32,
    #[prost(string, optional, tag = "3")]
    help: Option<String>,
    #[prost(fixed64, tag = "4")]
    pushed: u64,
    #[prost(string, tag = "5")]
    lines: String,
}

impl From<&Kept> for StoredFamily {
    fn from(kept: &Kept) -> Self {
        let kind = KINDS.iter().position(|kind| *kind == kept.head.kind).unwrap_or(KINDS.len() - 1);
        Self {
            name: kept.name().to_owned(),
            kind: u32::try_from(kind).unwrap_or_default(),
            help: kept.head.help.as_deref().map(str::to_owned),
            pushed: kept.pushed,
            lines: kept.lines.to_string(),
        }
    }
}

impl From<StoredFamily> for Kept {
    fn from(stored: StoredFamily) -> Self {
        let kind = usize::try_from(stored.kind).ok().and_then(|kind| KINDS.get(kind));
        let head = Head {
            name: stored.name.into(),
            kind: kind.copied().unwrap_or_default(),
            help: stored.help.map(String::into_boxed_str),
        };
        Self::from_lines(Arc::new(head), stored.pushed, stored.lines.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> Group {
        let labels = vec![Label::new("instance", ""), Label::new("job", "x")];
        let family = Family::new("a_total", FamilyKind::Counter).with_help("a\nb");
        let kept = Kept::new(family.with_metrics([Metric::counter(labels, 3.0)]), 7);
        let times = Times { pushed: 1_500_000_000, failed: 0, ttl: Some(Duration::from_secs(2)) };
        Group::new(GroupKey::new([("job", "x")]), times, [Arc::new(kept)], 1_500_000_000)
    }

    #[test]
    fn a_group_is_read_back_from_the_disk() {
        let group = group();
        let back = Group::decode(group.key.clone(), &group.encode()).unwrap();
        assert_eq!(format!("{back:?}"), format!("{group:?}"));
        assert_eq!(&*back.family("a_total").unwrap().lines, "a_total{instance=\"\",job=\"x\"} 3\n");
        assert_eq!(
            &*back.family(PUSH_TIME).unwrap().lines,
            "push_time_seconds{instance=\"\",job=\"x\"} 1.5\n"
        );
        assert_eq!((back.series(), back.is_well()), (3, true));
        assert!(Group::decode(group.key, b"\xff").is_err());
    }

    #[test]
    fn keys_keep_their_labels_apart() {
        let key = GroupKey::new([("a", ""), ("job", "x")]);
        assert_eq!(key.labels().collect::<Vec<_>>(), [("a", ""), ("job", "x")]);
        assert_ne!(GroupKey::new([("ab", "c")]), GroupKey::new([("a", "bc")]));
    }

    #[test]
    fn a_group_vanishes_after_its_own_time_or_the_default() {
        let mut group = group();
        assert_eq!(group.expiry(None), Some(3_500_000_000));
        group.times.ttl = None;
        assert_eq!(group.expiry(None), None);
        assert_eq!(group.expiry(Some(Duration::from_secs(1))), Some(2_500_000_000));
        group.times = Times { failed: 5, ..Times::default() };
        assert_eq!(group.expiry(Some(Duration::from_nanos(1))), Some(6));
    }

    #[test]
    fn a_family_is_read_back_with_its_kind_and_help() {
        let group = group();
        let text = group.family("a_total").unwrap().text();
        let family = read(&text).unwrap().unwrap();
        assert_eq!((family.kind, family.help.as_deref()), (FamilyKind::Counter, Some("a\nb")));
        assert_eq!(family.metrics.len(), 1);
    }
}
