//! What a debate is: motions, formats, teams, events, ballots, and the pure machine that says what happens next.
//!
//! Only std and serde live here (and `thiserror`, which leaves no trace at run time). No async, no I/O, no clock, no randomness: time and seeds come in as inputs.
//! The event log ([`event::Event`]) is the only record of a debate; everything else is a fold over it.

pub mod audience;
pub mod ballot;
pub mod certificate;
pub mod clinic;
pub mod debate;
pub mod event;
pub mod evidence;
pub mod format;
pub mod hash;
pub mod judgement;
pub mod machine;
pub mod motion;
pub mod opening;
pub mod persuasion;
pub mod prospect;
pub mod ranking;
pub mod recipe;
#[cfg(test)]
pub mod sample;
pub mod seat;
pub mod speech;
pub mod team;
pub mod tournament;
pub mod transcript;
pub mod usage;
pub mod verdict;
