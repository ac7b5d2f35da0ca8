//! The pages. Each is one file; the addresses are in `router.rs`.

pub mod connection;
pub mod connection_new;
pub mod connections;
pub mod errors;
mod loaded;
pub mod setup;
pub mod sign_in;
pub mod styleguide;
