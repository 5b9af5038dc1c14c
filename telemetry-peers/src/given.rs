//! What every library is given to record, wherever benchmarks say the same of it.

/// The bounds of histograms.
pub const BOUNDS: [f64; 10] = [0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// The values of the label `provider`.
pub const PROVIDERS: [&str; 4] = ["claude", "codex", "gemini", "open-weights"];
