//! The pages. Each is one file; the addresses are in `router.rs`.

pub mod connection;
pub mod connection_edit;
pub mod connection_new;
pub mod connections;
pub mod dashboard;
pub mod destroy;
pub mod draft;
pub mod errors;
mod health;
pub mod loaded;
mod money;
pub mod plan_table;
pub mod run;
mod run_failure;
mod run_fix;
pub mod run_live;
pub mod run_sheet;
pub mod runs;
pub mod setup;
pub mod sign_in;
pub mod stack;
mod step_details;
pub mod styleguide;
