//! Tournaments: who meets whom, on which motion and which side, and what follows from the results so far.
//!
//! Pure: a plan, the fixtures that were paired and how they ended go in, and the next fixtures come out. Every draw follows
//! from the plan's seed. Running matches is the engine's business, ratings are `rating`'s.

pub mod book;
pub mod draw;
pub mod knock_out;
pub mod newcomer;
pub mod pairing;
pub mod plan;
pub mod question;
pub mod round_robin;
pub mod standings;
pub mod swiss;
pub mod turn;

#[cfg(test)]
mod tests;

pub use crate::domain::tournament::book::{Book, End, Fixture, TournamentId};
pub use crate::domain::tournament::pairing::{Next, most_matches, next};
pub use crate::domain::tournament::plan::{
    Concurrency, Entrant, Kind, NewcomerPlan, Planned, Sides, Tournament, TournamentCeilings,
};
pub use crate::domain::tournament::question::Question;
