//! Runs: starting them, executing them, taking over those whose process died.

pub mod execute;
pub mod outcome;
pub mod start;
pub mod watch;
pub mod worker;
