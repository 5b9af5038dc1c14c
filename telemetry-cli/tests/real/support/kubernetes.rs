//! What the published types and validators have to say of Kubernetes objects.

use serde_json::json;

use super::npm::Workshop;

/// Judges with the validators, and writes modules for the compiler.
const SCRIPT: &str = include_str!("../npm/kubernetes.mjs");

/// Checks every object of a YAML file, those of the Prometheus operator and Kubernetes' own, against both the validators and
/// the types of its kind. Fails with their words.
///
/// The test has required `Node` and `NpmPackages`.
pub(crate) fn validate_kubernetes(yaml: &str) -> Result<(), String> {
    let workshop = Workshop::new();
    workshop.write("kubernetes.mjs", SCRIPT);
    workshop.write("objects.yaml", yaml);
    let invalid = workshop.run("kubernetes.mjs", &["objects.yaml"]);
    // There is no module where no object has a known kind, and the compiler would complain of just that.
    workshop.write("object-none.ts", "export {};\n");
    let mistyped = workshop.compile(&json!(["object-*.ts"]), &json!({}));
    let all: Vec<_> = [invalid, mistyped].into_iter().filter(|said| !said.is_empty()).collect();
    if all.is_empty() { Ok(()) } else { Err(all.join("\n")) }
}
