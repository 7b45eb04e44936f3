//! `rhetor`: a debate arena in the terminal.
//!
//! ARCHITECTURE.md shows the house. Each folder is a layer or a part; an import goes to a lower row, never up.

pub mod clock;
pub mod assets;
pub mod domain;
pub mod evidence;
pub mod judge;
pub mod model;
pub mod rating;
pub mod text;
pub mod store;
pub mod text;
