//! The adapter over the wire: against the emulator where it has the area, against replayed answers where it has not.
//! `tests/README.md` says which is which.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that cannot go on fails the test that called it"
)]

mod conformance;
mod deployments;
mod emulator;
mod hosting;
mod image;
mod permissions;
mod probing;
mod refusals;
mod replay;
mod stack;
