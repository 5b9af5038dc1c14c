//! A Prometheus of others as a source, by its HTTP API.

use super::document::{Data, Document, Element, Point, Stretch, Target, Targets, Told};
use super::{SeenTarget, Source, SourceError, with_causes};
use chrono::DateTime;
use reqwest::header::{CONNECTION, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use std::time::Duration;
use telemetry_core::config::Address;
use telemetry_push::http::{SetupError, authorize, client, is_refused, root_cause};
use telemetry_query::{Labels, Sample, Series, Steps, Value};
use tokio::runtime::{Builder, Runtime};

/// How long an answer may take: the 2 minutes of a query, and the time to say that it took too long.
const TIMEOUT: Duration = Duration::from_secs(125);

/// The longest answer that is read, in bytes.
const MOST: usize = 64 * 1024 * 1024;

/// Why a Prometheus cannot be asked at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TheirsError {
    /// The address cannot be used.
    #[error(transparent)]
    Address(#[from] SetupError),
    /// The operating system gives not what waiting for answers needs.
    #[error("cannot wait for answers of the network")]
    Runtime(#[source] std::io::Error),
}

/// What a Prometheus says to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The result.
    pub value: Value,
    /// What is wrong with it, or may be, in the server's words. That native histograms were left out is among it.
    pub warnings: Vec<String>,
}

/// A Prometheus, which is asked by its HTTP API.
///
/// It can be asked from any thread that may block, several at a time; not from a task of an asynchronous runtime.
#[derive(Debug)]
pub struct Theirs {
    address: Address,
    base: String,
    client: Client,
    timeout: Duration,
    /// Taken out when this is dropped, which may happen where nobody may wait.
    runtime: Option<Runtime>,
}

impl Theirs {
    /// Asks the Prometheus at this address, whose path is that of its page.
    ///
    /// # Errors
    /// [`TheirsError`].
    pub fn new(address: Address) -> Result<Self, TheirsError> {
        Self::within(address, TIMEOUT)
    }

    /// The same with another bound on the time that an answer may take.
    ///
    /// # Errors
    /// [`TheirsError`].
    pub fn within(address: Address, timeout: Duration) -> Result<Self, TheirsError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(TheirsError::Runtime)?;
        let client = client(&address, timeout)?;
        let base = format!("{}/api/v1", address.url.trim_end_matches('/'));
        Ok(Self { address, base, client, timeout, runtime: Some(runtime) })
    }

    /// The result of an expression at a time, in milliseconds since 1970, of whatever type it is.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn query(&self, expr: &str, at: i64) -> Result<Answer, SourceError> {
        let parameters = [("query", expr), ("time", &*seconds(at)), ("timeout", &*self.limit())];
        self.ask_with_warnings("query", &parameters)?.try_into().map_err(|error| self.said_here(error))
    }

    /// The values of an expression at these times.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn query_range(&self, expr: &str, steps: Steps) -> Result<Answer, SourceError> {
        let [start, end, step] = [steps.start, steps.end, steps.step].map(seconds);
        let limit = self.limit();
        let parameters =
            [("query", expr), ("start", &*start), ("end", &*end), ("step", &*step), ("timeout", &*limit)];
        self.ask_with_warnings("query_range", &parameters)?.try_into().map_err(|error| self.said_here(error))
    }

    /// The values that a label has there: of every series, or of those that a selector matches. The label `__name__` has the metrics' names.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn label_values(&self, label: &str, selector: Option<&str>) -> Result<Vec<String>, SourceError> {
        let parameters: Vec<_> = selector.map(|selector| ("match[]", selector)).into_iter().collect();
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.ask(&format!("label/{label}/values?{query}"), &[])
    }

    /// How long the server may think about a query: no longer than it is waited for.
    fn limit(&self) -> String {
        format!("{}ms", self.timeout.as_millis().max(1))
    }

    /// Asks for data, by POST where there are parameters: an expression may be longer than a URL.
    fn ask<T: DeserializeOwned>(&self, path: &str, parameters: &[(&str, &str)]) -> Result<T, SourceError> {
        self.ask_with_warnings(path, parameters).map(|told| told.data)
    }

    /// The same with what is said beside the data.
    fn ask_with_warnings<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Told<T>, SourceError> {
        let url = format!("{}/{path}", self.base);
        let request = if parameters.is_empty() {
            self.client.get(url)
        } else {
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
            self.client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)
        };
        let gone = || SourceError::Unreachable("it is not asked any more".to_owned());
        self.runtime.as_ref().ok_or_else(gone)?.block_on(self.answer(request))
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Told<T>, SourceError> {
        let request = authorize(request, &self.address);
        let request = request.map_err(|error| SourceError::Unreachable(with_causes(&error)))?;
        // A connection that is kept would be looked after only while somebody asks.
        let response = request.header(CONNECTION, "close").send().await;
        let response = response.map_err(|error| self.failed(error))?;
        let status = response.status();
        let body = self.body(response).await?;
        let answer: Document<T> = serde_json::from_slice(&body).map_err(|error| {
            let what = match () {
                () if !status.is_success() => format!("HTTP status {status}"),
                () => not_a_prometheus(&body, &error),
            };
            SourceError::Unreachable(format!("{}: {what}", self.address.url))
        })?;
        match answer {
            Document::Success(told) => Ok(told),
            Document::Error { kind, error } => Err(SourceError::Query(format!("{kind}: {error}"))),
        }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, SourceError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error))? {
            if body.len() + chunk.len() > MOST {
                let what = format!("{}: longer than {} MiB", self.address.url, MOST / 1024 / 1024);
                return Err(SourceError::Unreachable(what));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// What cannot be read in an answer, with the address from which it came.
    fn said_here(&self, error: SourceError) -> SourceError {
        match error {
            SourceError::Unreachable(what) => {
                SourceError::Unreachable(format!("{}: {what}", self.address.url))
            }
            error => error,
        }
    }

    fn failed(&self, error: reqwest::Error) -> SourceError {
        let what = match () {
            () if error.is_timeout() => format!("no answer within {} s", self.timeout.as_secs_f64()),
            () if is_refused(&error) => "connection refused".to_owned(),
            () => root_cause(&error.without_url()),
        };
        SourceError::Unreachable(format!("{}: {what}", self.address.url))
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Source for Theirs {
    fn instant(&self, expr: &str, at: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
        let at = seconds(at);
        match self.ask("query", &[("query", expr), ("time", &at), ("timeout", "2m")])? {
            Data::Vector { result } => {
                let elements = result.into_iter().filter_map(element).collect::<Result<_, _>>();
                elements.map_err(|error| self.said_here(error))
            }
            Data::Scalar { result } => Ok(vec![(Labels::default(), number(&result.1)?)]),
            Data::Matrix { .. } => {
                Err(SourceError::Query("a matrix is neither a vector nor a scalar".to_owned()))
            }
            Data::String { .. } => {
                Err(SourceError::Query("a string is neither a vector nor a scalar".to_owned()))
            }
        }
    }

    fn range(&self, expr: &str, steps: Steps) -> Result<Vec<Series>, SourceError> {
        let [start, end, step] = [steps.start, steps.end, steps.step].map(seconds);
        let parameters =
            [("query", expr), ("start", &*start), ("end", &*end), ("step", &*step), ("timeout", "2m")];
        match self.ask("query_range", &parameters)? {
            Data::Matrix { result } => {
                let series = result.into_iter().map(series).filter_map(Result::transpose);
                series.collect::<Result<_, _>>().map_err(|error| self.said_here(error))
            }
            _ => Err(SourceError::Unreachable(format!("{}: the answer is not a matrix", self.address.url))),
        }
    }

    fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
        let targets: Targets = self.ask("targets?state=active", &[])?;
        Ok(targets.active.into_iter().map(seen).collect())
    }
}

/// What answers in place of a Prometheus: where that is a web page, it is named, and else what is wrong with the JSON.
#[must_use]
pub fn not_a_prometheus(body: &[u8], error: &impl std::fmt::Display) -> String {
    let is_page = body.trim_ascii_start().starts_with(b"<");
    let what = if is_page { "it is a web page".to_owned() } else { error.to_string() };
    format!("what answers there is no Prometheus: {what}")
}

/// A time as the API takes it.
fn seconds(milliseconds: i64) -> String {
    let (sign, size) = (if milliseconds < 0 { "-" } else { "" }, milliseconds.unsigned_abs());
    format!("{sign}{}.{:03}", size / 1000, size % 1000)
}

impl TryFrom<Told<Data>> for Answer {
    type Error = SourceError;

    fn try_from(told: Told<Data>) -> Result<Self, SourceError> {
        let mut left_out = 0;
        let value = match told.data {
            Data::Scalar { result } => Value::Scalar(sample(&result)?),
            Data::String { result: Point(at, text) } => Value::String { timestamp: milliseconds(at), text },
            Data::Vector { result } => {
                let (floats, histograms): (Vec<_>, Vec<_>) =
                    result.into_iter().partition(|element| element.value.is_some());
                left_out = histograms.len();
                let element = |Element { metric, value }| {
                    Some(value.as_ref().map(sample)?.map(|sample| (metric.0, sample)))
                };
                Value::Vector(floats.into_iter().filter_map(element).collect::<Result<_, _>>()?)
            }
            Data::Matrix { result } => {
                let (floats, histograms): (Vec<_>, Vec<_>) =
                    result.into_iter().partition(|stretch| !stretch.values.is_empty());
                left_out = histograms.len();
                let series = floats.into_iter().map(series).filter_map(Result::transpose);
                Value::Matrix(series.collect::<Result<_, _>>()?)
            }
        };
        let histograms = (left_out > 0).then(|| format!("{left_out} native histograms are not shown"));
        Ok(Self { value, warnings: told.warnings.into_iter().chain(told.infos).chain(histograms).collect() })
    }
}

fn number(text: &str) -> Result<f64, SourceError> {
    text.parse().map_err(|_| SourceError::Unreachable(format!("{text:?} is no number")))
}

/// `None` for a native histogram. A value that cannot be read makes the whole answer unreadable: without it, a sum would be wrong unseen.
fn element(element: Element) -> Option<Result<(Labels, f64), SourceError>> {
    let value = element.value?;
    Some(number(&value.1).map(|value| (element.metric.0, value)))
}

/// The same for values over time.
fn series(stretch: Stretch) -> Result<Option<Series>, SourceError> {
    let samples: Vec<_> = stretch.values.iter().map(sample).collect::<Result<_, _>>()?;
    Ok((!samples.is_empty()).then_some(Series { labels: stretch.metric.0, samples }))
}

fn sample(Point(at, value): &Point) -> Result<Sample, SourceError> {
    Ok(Sample::new(milliseconds(*at), number(value)?))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a time is far within the range, and has whole milliseconds"
)]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

fn seen(mut target: Target) -> SeenTarget {
    let time = DateTime::parse_from_rfc3339(&target.last_scrape).ok();
    SeenTarget {
        job: target.labels.remove("job").unwrap_or_default(),
        instance: target.labels.remove("instance").unwrap_or_default(),
        up: match target.health.as_str() {
            "up" => Some(true),
            "down" => Some(false),
            _ => None,
        },
        // The beginning of Go's calendar is how Prometheus says that there was no scrape.
        last_scrape: time.map(|time| time.timestamp_millis()).filter(|time| *time > 0),
        error: target.last_error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: DeserializeOwned>(text: &str) -> T {
        match serde_json::from_str(text).unwrap() {
            Document::Success(Told { data, .. }) => data,
            Document::Error { kind, error } => panic!("{kind}: {error}"),
        }
    }

    #[test]
    fn numbers_are_read_as_prometheus_writes_them_and_histograms_are_left_out() {
        let text = r#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"a":"1"},"value":[1700000000.5,"NaN"]}, {"metric":{"a":"2"},"value":[1700000000,"+Inf"]},
            {"metric":{"a":"3"},"value":[1700000000,"-Inf"]}, {"metric":{},"value":[1700000000,"1.5e+300"]},
            {"metric":{"a":"4"},"histogram":[1700000000,{"count":"1"}]}]}}"#;
        let Data::Vector { result } = read(text) else { panic!("it is a vector") };
        let values: Vec<_> =
            result.into_iter().filter_map(element).map(|element| element.unwrap().1).collect();
        assert!(values[0].is_nan());
        assert_eq!(values[1..], [f64::INFINITY, f64::NEG_INFINITY, 1.5e300]);
    }

    #[test]
    fn what_is_no_time_or_no_number_makes_the_answer_unreadable() {
        let matrix = |points: &str| {
            let text = format!(
                r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":{points}}}]}}}}"#
            );
            let read: Result<Document<Data>, _> = serde_json::from_str(&text);
            read.map_err(|error| error.to_string()).and_then(|document| match document {
                Document::Success(told) => Answer::try_from(told).map_err(|error| error.to_string()),
                Document::Error { kind, .. } => Err(kind),
            })
        };
        assert!(matrix(r#"[[1,"1"],[253402300799,"2"]]"#).is_ok());
        for (points, why) in [
            (r#"[[1e300,"1"]]"#, "1e300 is no time"),
            (r#"[[-253402300800,"1"]]"#, "is no time"),
            (r#"[[1,"1"],[2,"abc"]]"#, "\"abc\" is no number"),
        ] {
            assert!(matrix(points).unwrap_err().contains(why), "{points}");
        }
    }

    #[test]
    fn what_something_is_may_stand_behind_it_or_be_missing() {
        let point = r#"{"metric":{"a":"1"},"value":[1,"2"]}"#;
        for text in [
            format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{point}]}}}}"#),
            format!(
                r#"{{"data":{{"result":[{point}],"stats":{{}},"resultType":"vector"}},"new":[1],"status":"success"}}"#
            ),
        ] {
            let Data::Vector { result } = read(&text) else { panic!("it is a vector") };
            assert_eq!(result[0].metric.0, Labels::new([("a", "1")]), "{text}");
        }
        let whole =
            |text: &str| serde_json::from_str::<Document<Data>>(text).map_err(|error| error.to_string());
        let refused = whole(r#"{"data":17,"error":"no","errorType":"bad_data","status":"error"}"#);
        assert!(
            matches!(refused, Ok(Document::Error { kind, error }) if (&*kind, &*error) == ("bad_data", "no"))
        );
        for (text, why) in [
            (r#"{"data":{}}"#, "missing field `status`"),
            (r#"{"status":"success"}"#, "missing field `data`"),
            (r#"{"status":"success","data":{"result":[]}}"#, "missing field `resultType`"),
            (r#"{"status":"success","data":{"resultType":"vector"}}"#, "missing field `result`"),
            (r#"{"data":{"result":"1","resultType":"vector"},"status":"success"}"#, "invalid type"),
        ] {
            let error = whole(text).err().unwrap();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn times_go_there_and_back() {
        for time in [0, 1, 1_700_000_000_123, -1, -1_001] {
            assert_eq!(milliseconds(seconds(time).parse().unwrap()), time);
        }
        assert_eq!(seconds(1_700_000_000_023), "1700000000.023");
    }

    #[test]
    fn a_target_that_was_not_scraped_yet_has_no_time() {
        let text = r#"{"status":"success","data":{"activeTargets":[
            {"labels":{"job":"a","instance":"b:1"},"lastError":"","lastScrape":"0001-01-01T00:00:00Z","health":"unknown"},
            {"labels":{"job":"a"},"lastError":"no","lastScrape":"2024-01-02T03:04:05.678901234+01:00","health":"down"}]}}"#;
        let targets: Targets = read(text);
        let seen: Vec<_> = targets.active.into_iter().map(seen).collect();
        assert_eq!((seen[0].up, seen[0].last_scrape, &*seen[0].instance), (None, None, "b:1"));
        assert_eq!((seen[1].up, seen[1].last_scrape), (Some(false), Some(1_704_161_045_678)));
    }

    fn answer(data: &str) -> Answer {
        let text = format!(r#"{{"status":"success","warnings":["slow"],"infos":["odd"],"data":{data}}}"#);
        let Document::Success(told) = serde_json::from_str::<Document<Data>>(&text).unwrap() else {
            panic!("it is a success")
        };
        told.try_into().unwrap()
    }

    #[test]
    fn every_type_of_answer_is_read_with_what_is_said_beside_it() {
        let scalar = answer(r#"{"resultType":"scalar","result":[1.5,"2"]}"#);
        assert_eq!(scalar.value, Value::Scalar(Sample::new(1_500, 2.0)));
        assert_eq!(scalar.warnings, ["slow", "odd"]);
        let text = answer(r#"{"resultType":"string","result":[1,"a"]}"#).value;
        assert_eq!(text, Value::String { timestamp: 1_000, text: "a".to_owned() });
        let vector = answer(
            r#"{"resultType":"vector","result":[{"metric":{"a":"1"},"value":[1,"+Inf"]},
                {"metric":{"a":"2"},"histogram":[1,{"count":"1"}]}]}"#,
        );
        assert_eq!(
            vector.value,
            Value::Vector(vec![(Labels::new([("a", "1")]), Sample::new(1_000, f64::INFINITY))])
        );
        assert_eq!(vector.warnings.last().unwrap(), "1 native histograms are not shown");
        let matrix = answer(r#"{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2,"3"]]}]}"#);
        let samples = vec![Sample::new(1_000, 1.0), Sample::new(2_000, 3.0)];
        assert_eq!(matrix.value, Value::Matrix(vec![Series { labels: Labels::default(), samples }]));
    }
}
