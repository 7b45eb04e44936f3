//! Pure string work: names, hashes, safety. No I/O.

pub mod hash;
pub mod nearest;
