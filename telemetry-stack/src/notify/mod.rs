//! Telling people of alerts: by an Alertmanager, by a webhook, and in lines.
//!
//! | module | responsible for |
//! |---|---|
//! | `alertmanager` | the API v2 of Alertmanager |
//! | `webhook` | the JSON that Alertmanager sends to webhooks |
//! | `lines` | a line for each change, for whoever watches the stack |
//! | `queue` | what waits to be told: the newest of each alert |
//! | `courier` | a thread that carries what waits to one receiver, again and again until it has it |
//! | `delivered` | the file of what a webhook was told last of each alert |
//! | `fingerprint` | the number by which Alertmanager knows a label set |
//! | `moment` | times as these formats have them |
//!
//! Every receiver has a courier and a queue of its own, so that one that is away keeps nobody else waiting.

mod alertmanager;
mod courier;
mod delivered;
mod fingerprint;
mod lines;
mod moment;
mod queue;
#[cfg(test)]
mod restarted;
#[cfg(test)]
mod tests;
mod webhook;

pub use alertmanager::alertmanager;
pub use courier::Courier;
pub use lines::{Lines, News};
pub use webhook::{origin, webhook};
