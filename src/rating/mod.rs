//! Ratings: pure sums over games. Every ladder is a fold; nothing here is stored, and nothing here knows where games
//! come from.

pub mod caution;
pub mod elo;
pub mod game;
pub mod ladder;

pub use game::{Game, Selection};
pub use ladder::{Ladder, RatingChange};
