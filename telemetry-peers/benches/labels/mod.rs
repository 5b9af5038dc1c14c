//! Labels as `measured` wants them: a group for each metric, and the texts that its open labels may have, which it is told beforehand.

use lasso::{Rodeo, RodeoReader, Spur};
use std::hash::BuildHasher;

/// Texts that are found by a hash of this kind.
pub(crate) type Texts<S> = RodeoReader<Spur, S>;

/// Each of these texts, once.
pub(crate) fn known<S: BuildHasher + Default>(texts: impl IntoIterator<Item: AsRef<str>>) -> Texts<S> {
    let mut rodeo = Rodeo::with_hasher(S::default());
    for text in texts {
        rodeo.get_or_intern(text.as_ref());
    }
    rodeo.into_reader()
}

/// `open_labels!(Time in TimeSet of Known: provider, workflow)` is the label group `Time` of open labels whose texts a `Known` has, and the
/// `TimeSet` that is made of one for each of them.
macro_rules! open_labels {
    ($group:ident in $set:ident of $known:ident: $($label:ident),+) => {
        #[derive(Debug, Clone, Copy, measured::LabelGroup)]
        #[label(set = $set)]
        struct $group<'a> {
            $(#[label(fixed_with = $known)] $label: &'a str,)+
        }
    };
}
pub(crate) use open_labels;
