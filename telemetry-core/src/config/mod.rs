//! The configuration: what may be set, where it is read from, and who may set it.
//!
//! The plain types ([`Config`] and what it holds) are always here. Reading them from the file `sase.yml`, from
//! variables named `SASE_TELEMETRY_…` and from flags needs the cargo feature `config`; each of these three goes over
//! the one before. Everything about a setting stands once, in the table of `settings`: the readers, the
//! suggestions in error messages, the origin of each value, the reference page and the example file come from it.
//!
//! | module | responsible for |
//! |---|---|
//! | `model` | the plain types and their defaults |
//! | `address`, `secret` | the address of a server, and reading its password or token when it is needed |
//! | `settings`, `slot` | the table, and the kinds of values in it |
//! | `guard`, `yaml` | what the YAML library must not see, and the only place that knows the library |
//! | `file`, `sources` | finding and reading the file; everything that comes from outside |
//! | `assignment` | turning file, environment and flags into assignments to settings |
//! | `trust` | what a file may not set that nobody named |
//! | `checks` | contradictions between two settings |
//! | `load` | the order of it all |
//! | `reference`, `write` | the reference page and the example file; a configuration as a file |
//! | `error`, `origin`, `suggest` | what went wrong, where, and what would be right |
//!
//! Nothing here watches the file or writes to it, and no secret is read before it is used.

mod address;
mod model;
mod secret;

#[cfg(feature = "config")]
mod assignment;
#[cfg(feature = "config")]
mod checks;
#[cfg(feature = "config")]
mod error;
#[cfg(feature = "config")]
mod file;
#[cfg(feature = "config")]
mod guard;
#[cfg(feature = "config")]
mod load;
#[cfg(feature = "config")]
mod origin;
#[cfg(feature = "config")]
mod reference;
#[cfg(feature = "config")]
mod settings;
#[cfg(feature = "config")]
mod slot;
#[cfg(feature = "config")]
mod sources;
#[cfg(feature = "config")]
mod suggest;
#[cfg(feature = "config")]
mod trust;
#[cfg(feature = "config")]
mod write;
#[cfg(feature = "config")]
mod yaml;

pub use address::{Address, AddressError};
pub use model::{Carrier, Config, ExpositionAuth, ExpositionTls, HealthThresholds, Prometheus};
pub use secret::SecretError;

#[cfg(feature = "config")]
pub use self::{
    error::ConfigError,
    load::{Inspection, Loaded, has_section, inspect, load},
    origin::Origin,
    reference::{example_yaml, reference_markdown},
    settings::{NamedFile, Setting, find_setting, settings},
    sources::Sources,
    write::config_yaml,
};
