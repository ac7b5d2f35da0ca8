//! What the engine promises, from the outside.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

mod accounts;
mod examples;
mod fulfil;
mod plan;
mod plan_destroy;
mod plan_export;
mod plan_laws;
mod plan_lint;
mod policy;
mod prices;
mod random;
mod spec;
