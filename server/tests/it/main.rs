//! The server on a real PostgreSQL: its program as people run it, and its router without a network.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says where it stopped"
)]

mod another_run;
mod apply;
mod bad_input;
mod bed;
mod crash;
mod database;
mod emulator;
mod events;
mod exits;
mod gate;
mod headers;
mod health;
mod pages;
mod people;
mod practice;
mod serving;
mod site;
mod web;
mod wiring;
mod wizard;
