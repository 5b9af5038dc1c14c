//! The one declaration of a metric: the [`catalog!`](crate::catalog!) macro and the trait that its expansion implements.

use crate::handle::{Seen, Slot};
use crate::label::LabelSet;
use crate::metric::MetricDef;
use crate::registry::Kept;

/// The compile-time side of one metric: its definition, the struct of its labels and the cell that records it.
///
/// Implemented by [`catalog!`](crate::catalog!) for the label struct of each metric, and only there.
pub trait Schema: Send + Sync + 'static {
    /// The label struct, for labels that live as long as `'a`.
    type Labels<'a>: LabelSet;
    /// What records the metric: a counter, a gauge or a histogram.
    type Cell: Kept;
    /// The definition.
    const DEF: &'static MetricDef;

    /// Where the default registry keeps its series of this metric.
    #[doc(hidden)]
    fn slot() -> &'static Slot<Self::Cell>;

    /// The series of the default registry that were recorded on before, by the combination of their values; empty for a metric with an
    /// open label.
    #[doc(hidden)]
    fn seen() -> &'static [Seen<Self::Cell>];
}

/// A metric without labels, on whose handle one can record directly.
pub trait Unlabelled: Schema {
    /// The one, empty label set.
    #[doc(hidden)]
    fn labels() -> Self::Labels<'static>;
}

/// Declares a subsystem with its metrics: the only place where a metric is named.
///
/// ```
/// use telemetry_core::{catalog, closed_label};
///
/// closed_label! {
///     /// How a brew ended.
///     pub enum BrewStatus { Ok = "ok", Cold = "cold" (failure), Other = "other" }
/// }
///
/// catalog! {
///     /// What the coffee machine tells about itself.
///     pub COFFEE = "Coffee Machine", "coffee";
///
///     /// Cups brewed
///     counter CUPS = "coffee_cups_total", Cups<'a> { bean: &'a str, status: BrewStatus };
///     /// Brewing time
///     histogram(&[1.0, 10.0, 60.0]) BREW_DURATION = "coffee_brew_duration_seconds", BrewDuration<'a> { bean: &'a str };
///     /// Water left in the tank
///     gauge(State) WATER = "coffee_water_litres", Water;
/// }
///
/// CUPS.with(|| Cups { bean: "arabica", status: BrewStatus::Ok }).inc();
/// WATER.set(1.5);
/// assert_eq!(COFFEE.metrics.len(), 3);
/// assert_eq!(CUPS.def().name, "coffee_cups_total");
/// ```
///
/// A metric begins with its kind: `counter`, `gauge(Live)` or `gauge(State)` (how processes combine, see
/// [`Combine`](crate::metric::Combine)), `histogram(bounds)`. The doc comment above it is its help text. For each metric the
/// macro writes, with `CUPS` as the example:
///
/// ```text
/// /// The labels of [`CUPS`].
/// pub struct Cups<'a> { pub bean: &'a str, pub status: BrewStatus }
/// impl LabelSet for Cups<'_> { const LABELS: … = &[bean (open), status (closed, with its values)]; … }
/// impl Schema for Cups<'static> { type Labels<'a> = Cups<'a>; const DEF: … = &MetricDef { … }.checked(); … }
/// /// Cups brewed
/// pub static CUPS: Counter<Cups<'static>> = Counter::new();
/// ```
///
/// and at the end the subsystem, `pub static COFFEE: Subsystem`, with the definitions of all of them.
///
/// A misspelt label, a missing label, a label of another metric and a number where text belongs do not compile:
///
/// ```compile_fail,E0560
/// use telemetry_core::catalog::{AGENT_KILLS, AgentKills, KillReason};
/// AGENT_KILLS.with(|| AgentKills { raeson: KillReason::User }).inc();
/// ```
///
/// ```compile_fail,E0063
/// use telemetry_core::catalog::{AGENT_SPAWNS, AgentSpawns};
/// AGENT_SPAWNS.with(|| AgentSpawns { llm_provider: "claude" }).inc();
/// ```
///
/// ```compile_fail,E0308
/// use telemetry_core::catalog::{AGENT_SPAWNS, LLM_RETRIES, LlmRetries};
/// AGENT_SPAWNS.with(|| LlmRetries { provider: "claude" }).inc();
/// ```
///
/// ```compile_fail,E0308
/// use telemetry_core::catalog::{LLM_RETRIES, LlmRetries};
/// LLM_RETRIES.with(|| LlmRetries { provider: 7 }).inc();
/// ```
///
/// ```compile_fail,E0599
/// use telemetry_core::catalog::LLM_RETRIES; // has a label, so nothing can be recorded without it
/// LLM_RETRIES.inc();
/// ```
///
/// Neither does a name that is taken:
///
/// ```compile_fail,E0080
/// telemetry_core::catalog! {
///     /// Mine.
///     pub MINE = "Mine", "mine";
///     /// Total agent kills
///     counter KILLS = "sase_agent_kills_total", Kills;
/// }
/// # fn main() {}
/// ```
///
/// The same five calls, written correctly:
///
/// ```
/// use telemetry_core::catalog::{AGENT_KILLS, AGENT_SPAWNS, AgentKills, AgentSpawns, KillReason, LLM_RETRIES, LlmRetries};
/// AGENT_KILLS.with(|| AgentKills { reason: KillReason::User }).inc();
/// AGENT_SPAWNS.with(|| AgentSpawns { llm_provider: "claude", project: "site" }).inc();
/// LLM_RETRIES.with(|| LlmRetries { provider: "claude" }).inc();
/// ```
#[macro_export]
macro_rules! catalog {
    (
        $(#[$subsystem_doc:meta])* $vis:vis $subsystem:ident = $title:literal, $slug:literal;
        $($(#[doc = $help:literal])+ $kind:ident $(($($arg:tt)+))? $handle:ident = $name:literal,
            $labels:ident $(<$lt:lifetime>)? $({ $($label:ident: $ty:ty),+ $(,)? })?;)+
    ) => {
        $(
            $crate::declare_labels!($handle $labels [$($lt)?] $($($label: $ty),+)?);
            $crate::declare_schema!($labels [$($lt)?] $kind, $crate::metric::MetricDef {
                handle: stringify!($handle),
                name: $name,
                kind: $crate::declare_kind!(@def $kind $($($arg)+)?),
                help: $crate::metric::help_of(concat!($($help),+)),
                labels: <Self as $crate::label::LabelSet>::LABELS,
            });
            $crate::declare_handle!([$(#[doc = $help])+] $handle $labels [$($lt)?] $kind);
        )+

        $(#[$subsystem_doc])*
        $vis static $subsystem: $crate::metric::Subsystem = $crate::metric::Subsystem {
            title: $title,
            slug: $slug,
            metrics: &[$($handle.def()),+],
        };
        const _: () = $subsystem.check_names();
    };
}

/// The label struct of one metric; part of [`catalog!`](crate::catalog!).
#[doc(hidden)]
#[macro_export]
macro_rules! declare_labels {
    ($handle:ident $labels:ident []) => {
        #[doc = concat!("The labels of [`", stringify!($handle), "`]: none.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $labels;

        impl $crate::label::LabelSet for $labels {
            const LABELS: &'static [$crate::metric::LabelDef] = &[];

            fn with_values<R>(&self, f: impl FnOnce(&[&str]) -> R) -> R {
                f(&[])
            }

            #[inline]
            fn combination(&self) -> usize {
                0
            }

            type Texts<'telemetry_texts> = [&'telemetry_texts str; 0];

            #[inline]
            fn open_values(&self) -> [&str; 0] {
                []
            }
        }

        impl $crate::Unlabelled for $labels {
            #[inline]
            fn labels() -> Self {
                Self
            }
        }
    };
    ($handle:ident $labels:ident [$($lt:lifetime)?] $($label:ident: $ty:ty),+) => {
        #[doc = concat!("The labels of [`", stringify!($handle), "`].")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $labels $(<$lt>)? {
            $(#[doc = concat!("The label `", stringify!($label), "`.")] pub $label: $ty),+
        }

        impl $(<$lt>)? $crate::label::LabelSet for $labels $(<$lt>)? {
            const LABELS: &'static [$crate::metric::LabelDef] = &[$($crate::metric::LabelDef {
                name: $crate::metric::label_of(stringify!($label)),
                values: <$ty as $crate::label::LabelValue>::VALUES,
            }),+];

            fn with_values<R>(&self, f: impl FnOnce(&[&str]) -> R) -> R {
                f(&[$($crate::label::LabelValue::as_str(&self.$label)),+])
            }

            #[inline]
            fn combination(&self) -> usize {
                let combination = 0;
                $(let combination = combination * <$ty as $crate::label::LabelValue>::VALUES.count()
                    + $crate::label::LabelValue::position(&self.$label);)+
                combination
            }

            type Texts<'telemetry_texts>
                = [&'telemetry_texts str; [$(stringify!($label)),+].len()]
            where
                Self: 'telemetry_texts;

            #[inline(always)]
            fn open_values(&self) -> Self::Texts<'_> {
                let mut texts = [""; [$(stringify!($label)),+].len()];
                let mut rest = texts.iter_mut();
                $(if let $crate::metric::Values::Open = <$ty as $crate::label::LabelValue>::VALUES {
                    if let Some(next) = rest.next() {
                        *next = $crate::label::LabelValue::as_str(&self.$label);
                    }
                })+
                texts
            }
        }
    };
}

/// The implementation of [`Schema`] for one metric; part of [`catalog!`](crate::catalog!).
#[doc(hidden)]
#[macro_export]
macro_rules! declare_schema {
    (@body $set:ty, $kind:ident, $def:expr) => {
        type Cell = $crate::declare_kind!(@cell $kind);
        const DEF: &'static $crate::metric::MetricDef = &$def.checked();

        #[inline]
        fn slot() -> &'static $crate::handle::Slot<Self::Cell> {
            static SLOT: $crate::handle::Slot<$crate::declare_kind!(@cell $kind)> = $crate::handle::Slot::new(|| <$set as $crate::Schema>::DEF);
            &SLOT
        }

        #[inline]
        fn seen() -> &'static [$crate::handle::Seen<Self::Cell>] {
            const COUNT: usize = $crate::metric::unkeyed(<$set as $crate::label::LabelSet>::LABELS);
            static SEEN: [$crate::handle::Seen<$crate::declare_kind!(@cell $kind)>; COUNT] = [const { $crate::handle::Seen::new() }; COUNT];
            &SEEN
        }
    };
    ($labels:ident [] $kind:ident, $def:expr) => {
        impl $crate::Schema for $labels {
            type Labels<'set> = $labels;
            $crate::declare_schema!(@body $labels, $kind, $def);
        }
    };
    ($labels:ident [$lt:lifetime] $kind:ident, $def:expr) => {
        impl $crate::Schema for $labels<'static> {
            type Labels<'set> = $labels<'set>;
            $crate::declare_schema!(@body $labels<'static>, $kind, $def);
        }
    };
}

/// The static handle of one metric; part of [`catalog!`](crate::catalog!).
#[doc(hidden)]
#[macro_export]
macro_rules! declare_handle {
    ([$($doc:tt)+] $handle:ident $labels:ident [] $kind:ident) => {
        $($doc)+
        pub static $handle: $crate::declare_kind!(@handle $kind $labels) = $crate::handle::Handle::new();
    };
    ([$($doc:tt)+] $handle:ident $labels:ident [$lt:lifetime] $kind:ident) => {
        $($doc)+
        pub static $handle: $crate::declare_kind!(@handle $kind $labels<'static>) = $crate::handle::Handle::new();
    };
}

/// What follows from the kind of a metric: its cell, its handle and its definition; part of [`catalog!`](crate::catalog!).
#[doc(hidden)]
#[macro_export]
macro_rules! declare_kind {
    (@cell counter) => { $crate::cell::CounterCell };
    (@cell gauge) => { $crate::cell::GaugeCell };
    (@cell histogram) => { $crate::cell::HistogramCell };
    (@handle counter $set:ty) => { $crate::Counter<$set> };
    (@handle gauge $set:ty) => { $crate::Gauge<$set> };
    (@handle histogram $set:ty) => { $crate::Histogram<$set> };
    (@def counter) => { $crate::metric::Kind::Counter };
    (@def gauge Live) => { $crate::metric::Kind::Gauge($crate::metric::Combine::Live) };
    (@def gauge State) => { $crate::metric::Kind::Gauge($crate::metric::Combine::State) };
    (@def histogram $bounds:expr) => { $crate::metric::Kind::Histogram($bounds) };
}
