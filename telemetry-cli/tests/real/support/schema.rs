//! What docs/schema promises of the JSON that commands print.

use serde_json::Value;
use std::path::Path;

/// Reads what a command printed and holds it to its schema, `docs/schema/<name>.schema.json`.
#[track_caller]
pub(crate) fn conforms(name: &str, printed: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema");
    let file = root.join(format!("{name}.schema.json"));
    let schema = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let document: Value = serde_json::from_str(printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let wrong: Vec<_> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{printed}");
    document
}
