//! Everything Slipway keeps in PostgreSQL, one module per aggregate.
//!
//! This is the only crate that names `sqlx`: callers hold a [`Database`] and call the functions of the
//! aggregate they need, such as [`users::by_email`]. Times at this edge are [`jiff::Timestamp`]; the clock that
//! decides about leases, sessions and expiry is the database's own, because replicas' clocks differ.

pub mod connections;
mod database;
pub mod drafts;
pub mod embedded;
mod error;
pub mod health;
mod instant;
pub mod jobs;
pub mod practice_accounts;
mod reach;
pub mod runs;
pub mod sessions;
pub mod setup;
pub mod stacks;
mod token;
pub mod users;
mod word;

pub use database::{Database, Limits};
pub use error::{Conflict, Error, Result};
pub use reach::Unreachable;
