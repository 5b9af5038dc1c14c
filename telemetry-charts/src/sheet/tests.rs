//! What holds for sheets.
