//! One test binary, a module for each layer.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may unwrap, in its helping functions too")]

mod assets;
mod audit;
mod brief;
mod cli;
mod endpoints;
mod engine;
mod evidence;
mod gpu;
mod journey;
mod judging;
mod ladder;
mod people;
mod players;
mod screen;
mod session;
mod store;
mod support;
mod tournament;
mod web;
