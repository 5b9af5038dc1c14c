//! Label values and label sets: what a caller writes, checked by the compiler.
//!
//! An open label is `&str`. A closed label is an enum made by [`closed_label!`](crate::closed_label!), so that a value that
//! nobody declared cannot be written.

use crate::metric::{LabelDef, Values};

/// A type whose values can be the value of a label: `&str` for an open label, an enum of
/// [`closed_label!`](crate::closed_label!) for a closed one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a label",
    label = "not a label value",
    note = "an open label is a `&'a str`; a closed label is an enum declared with `closed_label!`"
)]
pub trait LabelValue: Copy {
    /// Which values the type has.
    const VALUES: Values;

    /// The value as it is written in an exposition.
    fn as_str(&self) -> &str;

    /// The place of the value among those that are declared; 0 for an open label.
    #[doc(hidden)]
    #[inline]
    fn position(&self) -> usize {
        0
    }
}

impl LabelValue for &str {
    const VALUES: Values = Values::Open;

    #[inline]
    fn as_str(&self) -> &str {
        self
    }
}

/// The labels of one metric with their values: the structs that [`catalog!`](crate::catalog!) makes.
pub trait LabelSet: Copy {
    /// The declared labels, in the order of the fields.
    const LABELS: &'static [LabelDef];

    /// Calls `f` with the values, in the order of [`LABELS`](Self::LABELS), without allocating.
    fn with_values<R>(&self, f: impl FnOnce(&[&str]) -> R) -> R;

    /// Which combination of closed values this is, of those that there are: the positions of the values as the digits of one number,
    /// the first label in front.
    #[doc(hidden)]
    fn combination(&self) -> usize;

    /// As many texts as there are labels.
    #[doc(hidden)]
    type Texts<'v>: AsRef<[&'v str]>
    where
        Self: 'v;

    /// The open values, in their order, and then an empty text for each closed label.
    #[doc(hidden)]
    fn open_values(&self) -> Self::Texts<'_>;
}

/// Declares a closed label: an enum, its written values, and which of them count as failure.
///
/// The last value is what everything unknown folds to.
///
/// ```
/// telemetry_core::closed_label! {
///     /// How a probe ended.
///     pub enum ProbeStatus { Ok = "ok", Lost = "lost" (failure), Other = "other" }
/// }
///
/// assert_eq!(ProbeStatus::fold("lost"), ProbeStatus::Lost);
/// assert_eq!(ProbeStatus::fold("exploded"), ProbeStatus::Other);
/// assert_eq!(ProbeStatus::known("exploded"), None);
/// assert_eq!(ProbeStatus::Ok.as_str(), "ok");
/// assert!(ProbeStatus::Lost.is_failure());
/// ```
///
/// It expands to the enum with one variant per value, the constant `ALL` of its variants, the methods used above, and the
/// implementation of [`LabelValue`] with `Values::Closed(&[KnownValue { text: "ok", failure: false }, …])`.
#[macro_export]
macro_rules! closed_label {
    (@failure failure) => { true };
    (@failure) => { false };
    ($(#[$doc:meta])* pub enum $name:ident { $($variant:ident = $text:literal $(($failure:ident))?),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $(#[doc = concat!("Written as `", $text, "`.")] $variant),+ }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The value as it is written in an exposition.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Whether the value counts as a failure in every rate.
            #[must_use]
            pub const fn is_failure(self) -> bool {
                match self { $(Self::$variant => $crate::closed_label!(@failure $($failure)?)),+ }
            }

            /// The declared value that is written like this.
            #[must_use]
            pub fn known(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }

            /// The declared value that is written like this, or the last one, to which everything unknown folds.
            #[must_use]
            pub fn fold(text: &str) -> Self {
                Self::known(text).unwrap_or(Self::ALL[Self::ALL.len() - 1])
            }
        }

        impl $crate::label::LabelValue for $name {
            const VALUES: $crate::metric::Values = $crate::metric::Values::Closed(&[$(
                $crate::metric::KnownValue { text: $text, failure: Self::$variant.is_failure() }
            ),+]);

            #[inline]
            fn as_str(&self) -> &str { (*self).as_str() }

            #[inline]
            fn position(&self) -> usize { *self as usize }
        }
    };
}
