//! The screen: what a person sees and presses. The Elm architecture: [`Model`] is the state, [`Msg`] what happened,
//! [`update()`] changes the one by the other and asks for [`Cmd`]s, [`view()`] draws.
//!
//! `update` and `view` are pure, but for caches of wrapped lines. `run` is the shell around them: it reads the terminal
//! and the engine, performs commands and decides when to draw.

mod answers;
mod arena;
mod bars;
mod composer;
mod field;
mod interval;
mod keys;
mod meter;
mod model;
mod msg;
mod pace;
mod pane;
mod perform;
mod picker;
mod run;
mod screens;
mod terminal;
mod theme;
mod transcript;
mod update;
mod view;

pub use model::{Model, Options};
pub use msg::{Answer, Choice, Cmd, Facts, Msg, Purpose, Timer};
pub use perform::{perform, play};
pub use run::{First, Opening, ScreenError, run};
pub use update::update;
pub use view::view;
