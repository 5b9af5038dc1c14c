//! Files that are cut short, folders that cannot be written, clocks that jump.
