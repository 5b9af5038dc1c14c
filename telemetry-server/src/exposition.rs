//! What is served: a registry, and whatever else a program has to tell.

use crate::flight::Flight;
use crate::limits::Limits;
use crate::merge::Merged;
use crate::metrics::Instruments;
use crate::process;
use crate::source::{Asked, Named, Source, SourceFailure};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;
use telemetry_core::config::Config;
use telemetry_core::exposition::{Family, Format, write};
use telemetry_core::snapshot::SnapshotMetric;
use telemetry_core::{Registry, build_info, default_registry};

/// Whether the program is ready, or why it is not.
type Check = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Who wants to know of each source that is left out.
type Observer = Box<dyn Fn(&SourceFailure) + Send + Sync>;

/// What a server tells: every metric of a registry, `telemetry_build_info`, how the server itself was scraped, and the families of
/// other sources.
///
/// ```
/// use telemetry_core::exposition::{Family, FamilyKind, Format, Metric};
/// use telemetry_server::Exposition;
///
/// let load = || vec![Family::new("load", FamilyKind::Gauge).with_metrics([Metric::gauge(Vec::new(), 0.5)])];
/// let exposition = Exposition::default().with(load);
/// assert!(exposition.text(Format::Text).ends_with("# TYPE load gauge\nload 0.5\n"));
/// ```
pub struct Exposition {
    /// The registry, unless it is the default one, which may be turned on later.
    registry: Option<Registry>,
    sources: Vec<Named>,
    /// While nobody has decided, a stand-alone server has them and a router has not.
    process_metrics: Option<bool>,
    pub(crate) limits: Limits,
    pub(crate) instruments: Arc<Instruments>,
    pub(crate) service: Service,
    pub(crate) readiness: Readiness,
    on_failure: Option<Observer>,
}

/// What `/info` says of the program.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) since: Instant,
}

/// What `/ready` asks.
#[derive(Default)]
pub(crate) struct Readiness {
    pub(crate) check: Option<Check>,
    pub(crate) calls: Arc<Flight<Result<(), String>>>,
}

impl Default for Exposition {
    /// The series of the default registry, whether it is on already or will be later.
    fn default() -> Self {
        Self {
            registry: None,
            sources: Vec::new(),
            process_metrics: None,
            limits: Limits::default(),
            instruments: Arc::default(),
            service: Service { name: program(), version: None, since: Instant::now() },
            readiness: Readiness::default(),
            on_failure: None,
        }
    }
}

impl Exposition {
    /// The series of this registry. The [`Default`] is those of the default registry, whether it is on already or will be later.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self { registry: Some(registry.clone()), ..Self::default() }
    }

    /// Tells what this source has to tell, too. It is called `source_1` or as many as there are, which is how
    /// `telemetry_exposition_source_errors_total` names it; see [`with_named`](Self::with_named).
    ///
    /// A family that was told before is not told again, nor is a series; so where two sources have the same one, the first is
    /// right. A family whose name or label names are not allowed is left out, because Prometheus would refuse all the others with
    /// it.
    #[must_use]
    pub fn with(self, source: impl Source) -> Self {
        let name = format!("source_{}", self.sources.len() + 1);
        self.with_named(name, source)
    }

    /// Tells what this source has to tell, as [`with`](Self::with) does, and calls it by this name.
    #[must_use]
    pub fn with_named(mut self, name: impl Into<String>, source: impl Source) -> Self {
        let named = Named::new(name.into(), source);
        self.instruments.expect_source(&named.name);
        self.sources.push(named);
        self
    }

    /// Whether the metrics of the process (`process_cpu_seconds_total`, `process_resident_memory_bytes` and so on) are told.
    ///
    /// A stand-alone server tells them unless this says otherwise, and a [`router`](Self::router) does not: the application may have
    /// them from elsewhere. On other systems than Linux there are none.
    #[must_use]
    pub fn with_process_metrics(self, told: bool) -> Self {
        Self { process_metrics: Some(told), ..self }
    }

    /// How much of the server anybody may have.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// What `/info` says: the name and the version of the program. Unless it is told, the name is that of the executable, and there is
    /// no version.
    #[must_use]
    pub fn with_service(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.service = Service { name: name.into(), version: Some(version.into()), ..self.service };
        self
    }

    /// What `/ready` asks, beside whether scrapes are answered in time, before it says that the program is ready; the error is the
    /// reason for which it is not, and is told to whoever asks. It is called on a thread of its own, by one request at a time, and
    /// has [`Limits::source_time`].
    #[must_use]
    pub fn ready_when<E: fmt::Display>(
        mut self,
        check: impl Fn() -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.readiness.check = Some(Arc::new(move || check().map_err(|reason| reason.to_string())));
        self
    }

    /// Is told of each source that is left out of a scrape, on the thread that makes the answer, such as to log it.
    #[must_use]
    pub fn on_source_failure(mut self, tell: impl Fn(&SourceFailure) + Send + Sync + 'static) -> Self {
        self.on_failure = Some(Box::new(tell));
        self
    }

    /// The exposition as it is now. Every metric of the catalog has its type and help before anything was recorded on it.
    ///
    /// It takes as long as the slowest source, and no longer than [`Limits::source_time`] beyond what the writing takes.
    #[must_use]
    pub fn text(&self, format: Format) -> String {
        let told = self.ask_sources();
        let own = self.instruments.metrics();
        let mut others = Merged::default();
        others.add([build_info::family()]);
        others.add(own.iter().map(SnapshotMetric::family));
        if self.process_metrics == Some(true) {
            others.add(process::families());
        }
        others.add(told);
        with_others(&self.registry(), others.into_families(), format)
    }

    /// Decides about the metrics of the process where nobody has.
    pub(crate) fn or_process_metrics(mut self, told: bool) -> Self {
        self.process_metrics.get_or_insert(told);
        self
    }

    /// What the sources tell that answer in time. All are asked before any is waited for, so that they take as long as one.
    fn ask_sources(&self) -> Vec<Family<'static>> {
        let limit = self.limits.source_time;
        let asked: Vec<_> = self.sources.iter().map(|source| (source, source.ask(limit))).collect();
        let deadline = Instant::now() + limit;
        asked.into_iter().flat_map(|(source, asked)| self.wait_for(source, asked, deadline)).collect()
    }

    fn wait_for(&self, source: &Named, asked: Asked, deadline: Instant) -> Vec<Family<'static>> {
        source.wait(asked, deadline).unwrap_or_else(|failure| {
            self.instruments.source_failed(&failure.source, failure.reason);
            if let Some(tell) = &self.on_failure {
                tell(&failure);
            }
            Vec::new()
        })
    }

    /// The registry; an empty one while the default one is off.
    fn registry(&self) -> Registry {
        let registry = self.registry.as_ref().or_else(|| default_registry());
        registry.cloned().unwrap_or_else(|| Registry::new(&Config::default()))
    }
}

/// The registry and other families as one exposition.
fn with_others(registry: &Registry, others: Vec<Family<'_>>, format: Format) -> String {
    let mut text = String::new();
    if registry.write_with(&others, format, &mut text) {
        return text;
    }
    let (snapshot, mut merged) = (registry.snapshot(), Merged::default());
    merged.add(snapshot.families());
    merged.add(others);
    write(&merged.into_families(), format, &mut text);
    text
}

/// The name of the executable.
fn program() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl fmt::Debug for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources: Vec<_> = self.sources.iter().map(|source| &source.name).collect();
        f.debug_struct("Exposition")
            .field("registry", &self.registry)
            .field("sources", &sources)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Exposition;
    use crate::metrics::EXPOSITION;
    use crate::{FailureReason, Limits, SourceFailure};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;
    use telemetry_core::catalog::{self, AXE_LUMBERJACK_RESTARTS, BUILD_INFO, SERIES_OVERFLOW};
    use telemetry_core::exposition::{Family, FamilyKind, Format, Metric, Value, parse};
    use telemetry_core::{Registry, build_info, config::Config};

    fn value(text: &str, name: &str) -> Option<Value<'static>> {
        let families = parse(text, Format::Text).unwrap();
        let family = families.into_iter().find(|family| family.name == name)?;
        family.metrics.into_iter().next().map(|metric| metric.value.into_owned())
    }

    #[test]
    fn every_family_is_told_before_anything_was_recorded() {
        for format in [Format::Text, Format::OpenMetrics] {
            let text = Exposition::default().text(format);
            let families = parse(&text, format).unwrap();
            let described = families.iter().map(|family| (&*family.name, family.help.as_deref().unwrap()));
            let own = [SERIES_OVERFLOW.def(), BUILD_INFO.def()];
            let ours = catalog::metrics().chain(own).chain(EXPOSITION.metrics.iter().copied());
            assert!(described.eq(ours.map(|def| (def.name, def.help))), "{text}");
            let of_others =
                |family: &&Family<'_>| !EXPOSITION.metrics.iter().any(|def| def.name == family.name);
            let recorded: Vec<_> =
                families.iter().filter(of_others).filter(|family| !family.metrics.is_empty()).collect();
            assert_eq!(recorded, [&build_info::family()]);
        }
    }

    #[test]
    fn a_registry_is_told_as_it_is_now() {
        let registry = Registry::new(&Config::default());
        let exposition = Exposition::of(&registry);
        assert_eq!(value(&exposition.text(Format::Text), "sase_axe_lumberjack_restarts_total"), None);
        AXE_LUMBERJACK_RESTARTS.in_registry(&registry).add(2);
        let text = exposition.text(Format::Text);
        assert!(text.contains("\nsase_axe_lumberjack_restarts_total 2\n"), "{text}");
    }

    #[test]
    fn other_sources_stand_behind_and_cannot_overrule() {
        let gauge = |name: &'static str, value| {
            move || {
                vec![Family::new(name, FamilyKind::Gauge).with_metrics([Metric::gauge(Vec::new(), value)])]
            }
        };
        let restarts = gauge("sase_axe_lumberjack_restarts_total", 9.0);
        let exposition =
            Exposition::default().with(gauge("load", 1.0)).with(gauge("load", 2.0)).with(restarts);
        let text = exposition.text(Format::Text);
        assert_eq!(value(&text, "load"), Some(Value::Gauge(1.0)));
        assert_eq!(value(&text, "sase_axe_lumberjack_restarts_total"), None);
    }
    fn load() -> Vec<Family<'static>> {
        vec![Family::new("load", FamilyKind::Gauge).with_metrics([Metric::gauge(Vec::new(), 1.0)])]
    }

    #[test]
    fn a_source_that_fails_is_left_out_and_told_of() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let exposition = Exposition::default()
            .with_named("ledger", || Err::<Vec<_>, _>("the file is gone"))
            .with(|| -> Vec<_> { panic!("on purpose") })
            .with_named("load", load)
            .on_source_failure(move |failure| heard.lock().unwrap().push(failure.clone()));
        let text = exposition.text(Format::Text);
        assert_eq!(value(&text, "load"), Some(Value::Gauge(1.0)));
        let failure = |source: &str, reason, message: &str| SourceFailure {
            source: source.to_owned(),
            reason,
            message: message.to_owned(),
        };
        let expected = [
            failure("ledger", FailureReason::Error, "the file is gone"),
            failure("source_2", FailureReason::Panic, ""),
        ];
        assert_eq!(*told.lock().unwrap(), expected);
        for (source, reason, count) in
            [("ledger", "error", 1), ("ledger", "panic", 0), ("source_2", "panic", 1), ("load", "timeout", 0)]
        {
            let line = format!(
                "telemetry_exposition_source_errors_total{{source=\"{source}\",reason=\"{reason}\"}} {count}\n"
            );
            assert!(text.contains(&line), "{line}{text}");
        }
    }

    #[test]
    fn a_source_that_does_not_return_is_waited_for_once() {
        let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
        let may_go_on = Mutex::new(may_go_on);
        let hanging = move || {
            let _ended = may_go_on.lock().unwrap().recv();
            load()
        };
        let limits = Limits { source_time: Duration::from_millis(50), ..Limits::default() };
        let exposition =
            Exposition::default().with_limits(limits).with_named("stuck", hanging).with_named("fine", || {
                let [family] = <[_; 1]>::try_from(load()).unwrap();
                vec![Family { name: "fine".into(), ..family }]
            });
        let errors = |text: &str, reason: &str| {
            let start =
                format!("telemetry_exposition_source_errors_total{{source=\"stuck\",reason=\"{reason}\"}} ");
            text.lines().find_map(|line| line.strip_prefix(&start)).unwrap().parse::<u32>().unwrap()
        };
        let first = exposition.text(Format::Text);
        let second = exposition.text(Format::Text);
        assert_eq!((errors(&first, "timeout"), errors(&first, "overdue")), (1, 0));
        assert_eq!((errors(&second, "timeout"), errors(&second, "overdue")), (1, 1));
        for text in [first, second] {
            assert_eq!(value(&text, "load"), None);
            assert_eq!(value(&text, "fine"), Some(Value::Gauge(1.0)));
        }
        drop(go_on);
        while value(&exposition.text(Format::Text), "load").is_none() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_process_is_told_of_where_somebody_wants_it() {
        let told = |exposition: Exposition| exposition.text(Format::Text).contains("\nprocess_");
        let linux = cfg!(target_os = "linux");
        assert!(!told(Exposition::default()));
        assert_eq!(told(Exposition::default().with_process_metrics(true)), linux);
        assert_eq!(told(Exposition::default().or_process_metrics(true)), linux);
        assert!(!told(Exposition::default().with_process_metrics(false).or_process_metrics(true)));
    }
}
