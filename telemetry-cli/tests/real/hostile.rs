//! Servers that lie, hang or drip.
