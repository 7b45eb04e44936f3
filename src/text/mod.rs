//! Pure work on strings: making text safe to show, fencing it for a model, counting words, checking quotes.
//!
//! Nothing here reads a file, a clock or a model. Text is stored raw; it is made safe on its way out.

pub mod bar;
pub mod citations;
pub mod count;
pub mod echo;
pub mod fence;
pub mod find;
pub mod hash;
pub mod html;
pub mod json;
pub mod language;
pub mod name;
pub mod nearest;
pub mod overlap;
pub mod quote;
pub mod resemblance;
pub mod runs;
pub mod sanitize;
pub mod sentences;
pub mod sparkline;
pub mod words;
pub mod wrap;
