//! The engine runs debates: it executes effects, owns cancellation, ceilings and recovery, and publishes what happens.
//!
//! Front ends send a [`Command`](command::Command) to the [`EngineHandle`](handle::EngineHandle), ask its
//! [`Queries`](queries::Queries), and read a [`Subscription`](publish::Subscription). Nothing here draws, prints or
//! parses arguments.

pub mod assemble;
pub mod audit;
mod bench;
pub mod brief;
pub mod bundle;
mod call;
mod civility;
pub mod clinic;
pub mod coaching;
pub mod command;
pub mod company;
mod consult;
pub mod court;
mod desk;
pub mod doctor;
mod drafts;
mod drive;
pub mod error;
pub mod evidence;
pub mod export;
pub mod handle;
pub mod interrupt;
mod jobs;
pub mod judging;
pub mod ladders;
mod lease;
mod ledger;
mod log;
mod open;
mod opinion;
mod prospects;
pub mod publish;
pub mod queries;
mod ratings;
pub mod record;
mod router;
mod running;
mod seat;
mod seed;
pub mod session;
mod speak;
mod specimen;
mod stored;
pub mod study;
pub mod surroundings;
pub mod tournament;
mod weigh;
