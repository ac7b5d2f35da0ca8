//! Every statement of the store against a real PostgreSQL.
//!
//! `SLIPWAY_TEST_DATABASE_URL` names a server on which the tests may create databases. Without it they start an
//! embedded one, shared by all test processes and stopped by the last.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stopped"
)]

mod connections;
mod database;
mod drafts;
mod embedded;
mod events;
mod health;
mod history;
mod jobs;
mod ledger;
mod practice_accounts;
mod runs;
mod sessions;
mod setup;
mod stacks;
mod testbed;
mod users;
