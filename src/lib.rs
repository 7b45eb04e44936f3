//! `rhetor`: a debate arena in the terminal.
//!
//! ARCHITECTURE.md shows the house. Each folder is a layer or a part; an import goes to a lower row, never up.

pub mod agent;
pub mod assets;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod domain;
pub mod engine;
pub mod evidence;
pub mod judge;
pub mod model;
pub mod rating;
pub mod store;
pub mod text;
pub mod tui;
