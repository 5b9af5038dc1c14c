//! Asking the history of the demo, over its HTTP API as everybody does.

use crate::failure::Failure;
use reqwest::Url;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use telemetry_core::config::Address;
use telemetry_push::http::client;
use tokio::runtime::{Builder, Runtime};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks one API.
pub(super) struct Asker {
    runtime: Runtime,
    client: reqwest::Client,
    url: String,
}

/// A series of an answer.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    /// Its labels, without the name where the expression takes it away.
    pub(super) metric: BTreeMap<String, String>,
    value: (f64, String),
}

impl Answer {
    /// The value; NaN where it is none.
    pub(super) fn value(&self) -> f64 {
        self.value.1.parse().unwrap_or(f64::NAN)
    }
}

/// What the API says to an instant query.
#[derive(Deserialize)]
struct Told {
    data: Option<Data>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Answer>,
}

impl Asker {
    /// For the API at this address, such as `http://127.0.0.1:9090`.
    pub(super) fn new(api: &str) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let client = client(&Address::parse(api)?, PATIENCE)?;
        Ok(Self { runtime, client, url: format!("{api}/api/v1/query") })
    }

    /// What an expression is now: a series or more.
    pub(super) fn instant(&self, expression: &str) -> Result<Vec<Answer>, Failure> {
        let url = Url::parse_with_params(&self.url, [("query", expression)])?;
        let answer = async { self.client.get(url).send().await?.bytes().await };
        let told: Told = serde_json::from_slice(&self.runtime.block_on(answer)?)?;
        match (told.data, told.error) {
            (Some(data), _) => Ok(data.result),
            (None, error) => Err(Failure::new(format!(
                "the history does not answer {expression}: {}",
                error.unwrap_or_default()
            ))),
        }
    }
}
