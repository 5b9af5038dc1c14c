//! The page of all groups: their families merged in the order of names, sent piece by piece and never there as a whole.

use super::group::{Group, Kept};
use bytes::Bytes;
use foldhash::{HashMap, HashMapExt as _};
use hyper::body::{Body, Frame};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// How much is sent at a time, in bytes.
const CHUNK: usize = 64 * 1024;

/// A page that is yet to be sent. It holds the families as they were when it was made.
#[derive(Debug)]
pub(super) struct Page {
    pieces: std::vec::IntoIter<Piece>,
    /// What is being sent, and how much of it was.
    current: Option<(Piece, usize)>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    /// The samples that a group has of a family.
    Lines(Arc<Kept>),
}

impl Page {
    /// The page of these groups, which ends with this text.
    pub(super) fn new(groups: &[Arc<Group>], end: String) -> Self {
        let mut by_name: HashMap<&str, Vec<&Arc<Kept>>> = HashMap::new();
        for family in groups.iter().flat_map(|group| &group.families) {
            by_name.entry(family.name()).or_default().push(family);
        }
        let mut families: Vec<_> = by_name.into_iter().collect();
        families.sort_unstable_by_key(|(name, _)| *name);
        let mut pieces =
            Vec::with_capacity(families.iter().map(|(_, members)| members.len() + 1).sum::<usize>() + 1);
        for (_, members) in families {
            pieces.push(Piece::Text(description(&members)));
            pieces.extend(members.into_iter().map(|family| Piece::Lines(Arc::clone(family))));
        }
        pieces.push(Piece::Text(end));
        Self { pieces: pieces.into_iter(), current: None }
    }
}

/// The lines that describe a family, with the first help text that a group has for it.
fn description(members: &[&Arc<Kept>]) -> String {
    let mut text = String::new();
    let with_help = members.iter().find(|family| family.head.help.is_some());
    if let Some(family) = with_help.or(members.first()) {
        family.head.describe(&mut text);
    }
    text
}

impl Piece {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Lines(family) => &family.lines,
        }
    }
}

impl Iterator for Page {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut chunk = Vec::with_capacity(CHUNK);
        while chunk.len() < CHUNK {
            let Some((piece, sent)) = self.current.take().or_else(|| Some((self.pieces.next()?, 0))) else {
                break;
            };
            let rest = piece.text().as_bytes().get(sent..).unwrap_or_default();
            let taken = rest.len().min(CHUNK - chunk.len());
            chunk.extend_from_slice(rest.split_at(taken).0);
            self.current = (taken < rest.len()).then_some((piece, sent + taken));
        }
        (!chunk.is_empty()).then(|| chunk.into())
    }
}

/// A body that is made while it is sent.
#[derive(Debug)]
pub(super) struct Chunks<I>(pub(super) I);

impl<I: Iterator<Item = Bytes> + Unpin> Body for Chunks<I> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(|chunk| Ok(Frame::data(chunk))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::group::{GroupKey, Times, read};
    use super::*;

    fn group(job: &str, texts: &[&str]) -> Arc<Group> {
        let families = texts.iter().map(|text| Arc::new(Kept::new(read(text).unwrap().unwrap(), 1)));
        let times = Times { pushed: 1_000_000_000, ..Times::default() };
        Arc::new(Group::new(GroupKey::new([("job", job)]), times, families, 1))
    }

    fn text(page: Page) -> String {
        String::from_utf8(page.flatten().collect()).unwrap()
    }

    #[test]
    fn families_of_all_groups_are_merged_in_order() {
        let groups = [
            group("x", &["# TYPE z gauge\nz{job=\"x\"} 1\n", "a{job=\"x\"} 1\n"]),
            group("y", &["# HELP a Said.\n# TYPE a untyped\na{job=\"y\"} 2\n"]),
        ];
        let expected = "# HELP a Said.\n# TYPE a untyped\na{job=\"x\"} 1\na{job=\"y\"} 2\n\
            # HELP push_failure_time_seconds Last Unix time when changing this group in the Pushgateway failed.\n\
            # TYPE push_failure_time_seconds gauge\n\
            push_failure_time_seconds{instance=\"\",job=\"x\"} 0\n\
            push_failure_time_seconds{instance=\"\",job=\"y\"} 0\n\
            # HELP push_time_seconds Last Unix time when changing this group in the Pushgateway succeeded.\n\
            # TYPE push_time_seconds gauge\n\
            push_time_seconds{instance=\"\",job=\"x\"} 1\n\
            push_time_seconds{instance=\"\",job=\"y\"} 1\n\
            # TYPE z gauge\nz{job=\"x\"} 1\nend\n";
        assert_eq!(text(Page::new(&groups, "end\n".to_owned())), expected);
        assert_eq!(text(Page::new(&[], String::new())), "");
    }

    #[test]
    fn no_chunk_is_longer_than_its_measure() {
        let lines: String = (0..20_000).map(|n| format!("a{{n=\"{n}\"}} 1\n")).collect();
        let page = || Page::new(&[group("x", &[&lines])], "end\n".to_owned());
        assert!(page().all(|chunk| chunk.len() <= CHUNK));
        assert!(page().count() > 3);
        assert!(text(page()).contains(&lines));
    }
}
