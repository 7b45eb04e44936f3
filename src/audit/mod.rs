//! Audits: how far to trust a judge. Cases with known answers become transcripts, what the judge said of them becomes a
//! report.
//!
//! Everything here is pure: [`forms`] reads the lines of a file, [`sample`] draws from them, each suite says what it wants
//! heard and folds what came back, and the report is written as text ([`table`]) or as a page ([`page`]). The engine reads
//! files and asks judges.

pub mod agreement;
pub mod bias;
pub mod case;
pub mod certificate;
mod curve;
pub mod docket;
mod document;
pub mod forms;
pub mod hearing;
pub mod injection;
pub mod keys;
pub mod lists;
pub mod material;
pub mod page;
pub mod pointwise;
pub mod report;
pub mod sample;
pub mod scaling;
pub mod table;
