//! Ratings: pure sums over games, and the statistics that say how far a rating or a judge can be trusted. Every ladder is
//! a fold; nothing here is stored, and nothing here knows where games or cases come from.

pub mod agreement;
pub mod battles;
pub mod bradley_terry;
pub mod calibration;
pub mod caution;
pub mod connectivity;
pub mod counts;
pub mod cycles;
pub mod effects;
pub mod elo;
pub mod explain;
pub mod game;
pub mod glicko;
pub mod history;
pub mod interval;
pub mod ladder;
pub mod matrix;
pub mod odds;
pub mod pairwise;
pub mod preference;
pub mod record;
pub mod results;
#[cfg(test)]
pub mod simulation;
pub mod table;
pub mod uncertainty;

pub use game::{Game, Selection};
pub use ladder::{Ladder, RatingChange};
