//! Ratings: pure sums over games, and the statistics that say how far a rating or a judge can be trusted. Every ladder is
//! a fold; nothing here is stored, and nothing here knows where games or cases come from.

pub mod agreement;
pub mod calibration;
pub mod caution;
pub mod elo;
pub mod game;
pub mod interval;
pub mod ladder;

pub use game::{Game, Selection};
pub use ladder::{Ladder, RatingChange};
