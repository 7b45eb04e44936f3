//! Evidence: where passages come from, and whether a speech quotes them truly.
//!
//! [`EvidenceBase`] is the trait that agents get; [`folder`] serves a plain folder of text and Markdown files. Of the library,
//! [`listing`] finds files, [`reading`] makes passages of them, [`index`] finds these and [`works`] orders them; what puts them into the database and
//! serves debates from it is in the engine. [`web`] searches the web, and [`fetch`] is the only one that fetches its pages. What a side found is kept in the debate's log, not here.

pub mod base;
pub mod bm25;
pub mod error;
pub mod fetch;
pub mod folder;
pub mod fusion;
pub mod index;
pub mod listing;
mod passages;
pub mod query_score;
mod quiet;
pub mod reading;
mod terms;
pub mod verify;
mod walk;
pub mod web;
pub mod works;

pub use base::{EvidenceBase, Passage};
pub use error::EvidenceError;
pub use folder::FolderBase;
pub use verify::{deviation, verify};
