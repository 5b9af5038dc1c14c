//! Rules: what is evaluated every interval, which alerts follow from it, and who is told.
//!
//! | module | responsible for |
//! |---|---|
//! | `set` | rules as data: groups, recording and alert rules |
//! | `file` | reading them from a Prometheus rule file |
//! | `generated` | those that follow from the catalog |
//! | `template` | the templates in labels and annotations |
//! | `engine` | evaluating them, and the states of alerts |
//! | `notice` | what is told of an alert, and to whom |

mod engine;
mod file;
mod generated;
mod notice;
mod set;
mod template;

pub use engine::metrics;
pub use engine::{
    ActiveAlert, AlertState, GroupStatus, RuleHealth, RuleOptions, RuleStatus, Rules, RulesError,
};
pub use file::RuleFileError;
pub use notice::{Event, Notice, Notifier};
pub use set::{Rule, RuleGroup, RuleKind, RuleSet};
pub use template::{Template, TemplateData, TemplateError};
