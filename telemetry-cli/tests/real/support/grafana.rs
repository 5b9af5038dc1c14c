//! What Grafana's own types have to say of a dashboard.

use serde_json::{Value, json};

use super::npm::Workshop;

/// The type that a dashboard must have, made from those that Grafana publishes.
const TYPES: &str = include_str!("../npm/dashboard.ts");

/// A version of Grafana whose types are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grafana {
    /// The last 10.4, which is the oldest that dashboards are made for.
    Oldest,
    /// The one in the generated compose files.
    Shipped,
    /// The latest when the packages were last brought up to date.
    Latest,
}

impl Grafana {
    pub(crate) const ALL: [Self; 3] = [Self::Oldest, Self::Shipped, Self::Latest];

    /// The installed package.
    fn package(self) -> &'static str {
        match self {
            Self::Oldest => "grafana-schema-10",
            Self::Shipped => "grafana-schema-11",
            Self::Latest => "grafana-schema-latest",
        }
    }

    /// What the types of this version have to say of dashboards, each a name and its JSON: lines that begin with
    /// `NAME.ts(LINE,COLUMN)`. Nothing when they are content.
    pub(crate) fn complaints(self, dashboards: &[(&str, &str)]) -> String {
        let workshop = Workshop::new();
        workshop.write("dashboard.ts", TYPES);
        for (name, text) in dashboards {
            workshop.write(&format!("{name}.ts"), &module(name, text));
        }
        let include: Vec<_> = dashboards.iter().map(|(name, _)| format!("{name}.ts")).collect();
        workshop.compile(&json!(include), &self.paths())
    }

    /// Which packages the imports of the types stand for.
    fn paths(self) -> Value {
        let folder = |package: &str| format!("./node_modules/{package}");
        let panels = |package: &str| format!("{}/dist/esm/raw/composable/*", folder(package));
        json!({
            "@grafana/schema": [folder(self.package())],
            "panels/*": [panels(self.package())],
            "grafana-10/*": [panels(Self::Oldest.package())],
        })
    }
}

/// A TypeScript module that holds the dashboard, each line where it is in the JSON.
fn module(name: &str, text: &str) -> String {
    // TypeScript takes more than JSON does, such as comments.
    let parsed: Result<Value, _> = serde_json::from_str(text);
    assert!(parsed.is_ok(), "{name} is not JSON: {parsed:?}");
    // The operator must follow on the line on which the dashboard ends.
    let text = text.trim_end();
    format!("import type {{ Dashboard }} from \"./dashboard\"; export default {text} satisfies Dashboard;\n")
}

/// Checks dashboards, each a name such as `overview.json` and its JSON, against the types of every version of Grafana: the
/// dashboard, each panel with the options and field settings of its visualization, its queries, variables, links and
/// annotations. Fails with the compiler's words.
///
/// The test has required `Node` and `NpmPackages`.
pub(crate) fn typecheck_dashboards(dashboards: &[(&str, &str)]) -> Result<(), String> {
    let complaint = |version: Grafana| Some(version.complaints(dashboards)).filter(|said| !said.is_empty());
    let all: Vec<_> = Grafana::ALL
        .into_iter()
        .filter_map(|version| Some(format!("{}:\n{}", version.package(), complaint(version)?)))
        .collect();
    if all.is_empty() { Ok(()) } else { Err(all.join("\n")) }
}
