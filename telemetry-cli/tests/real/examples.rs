//! The examples in every `--help`, executed.
