//! How two vectors are matched, and how elements are grouped.

use promql_parser::parser::{BinModifier, LabelModifier, VectorMatchCardinality};

use super::{Cardinality, Grouping};

pub(super) fn grouping(modifier: &LabelModifier) -> Grouping {
    match modifier {
        LabelModifier::Include(names) => Grouping::By(names.labels.clone()),
        LabelModifier::Exclude(names) => Grouping::Without(names.labels.clone()),
    }
}

pub(super) fn cardinality(modifier: Option<&BinModifier>) -> Cardinality {
    match modifier.map(|modifier| &modifier.card) {
        Some(VectorMatchCardinality::ManyToOne(taken)) => Cardinality::ManyToOne(taken.labels.clone()),
        Some(VectorMatchCardinality::OneToMany(taken)) => Cardinality::OneToMany(taken.labels.clone()),
        _ => Cardinality::OneToOne,
    }
}
