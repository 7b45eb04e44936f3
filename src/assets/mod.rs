//! Everything that a user may change, found, layered, read and checked: settings, formats, teams, recipes, motions,
//! prompts, keys and themes.
//!
//! A built-in file is embedded in the binary; a file of the same path in the config folder stands over it. What the files
//! mean is said elsewhere: in the domain, and by the layers above.

pub mod action;
pub mod config;
pub mod error;
pub mod in_force;
pub mod key;
pub mod keymap;
pub mod library;
pub mod motion_import;
pub mod motion_pack;
mod motion_rows;
pub mod motions;
pub mod parse;
pub mod paths;
pub mod prompts;
pub mod setting;
mod shelf;
pub mod source;
pub mod theme;
mod tournament;
pub mod transcripts;
mod wording;
mod write;

pub use action::{Action, Context};
pub use config::Config;
pub use error::AssetError;
pub use in_force::{Provenance, Setting, settings_in_force};
pub use key::{Key, KeyName};
pub use keymap::Keymap;
pub use library::Library;
pub use motion_import::{Imported, Rejected};
pub use motions::Motions;
pub use paths::Paths;
pub use prompts::Prompts;
pub use setting::{replace_settings, save_setting};
pub use source::{AssetText, Origin};
pub use theme::{Colour, Style, Theme};
pub use tournament::{read_questions, read_tournament};
pub use transcripts::{Import, Sourced};
pub use wording::is_sentence;
pub use write::replace_file;
