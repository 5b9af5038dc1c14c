//! What holds for screens.
