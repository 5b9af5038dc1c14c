//! What a rule file may have where.

use super::yaml::Shape;

/// A whole file.
pub(super) static FILE: Shape = Shape::Fields(&[("groups", Shape::List(&GROUP))]);

static GROUP: Shape = Shape::Fields(&[
    ("name", Shape::Text),
    ("interval", Shape::Text),
    ("query_offset", Shape::Text),
    ("limit", Shape::Whole),
    ("labels", Shape::Texts),
    ("rules", Shape::List(&RULE)),
]);

static RULE: Shape = Shape::Fields(&[
    ("record", Shape::Text),
    ("alert", Shape::Text),
    ("expr", Shape::Text),
    ("for", Shape::Text),
    ("keep_firing_for", Shape::Text),
    ("labels", Shape::Texts),
    ("annotations", Shape::Texts),
]);
