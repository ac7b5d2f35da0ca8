//! The arithmetic of health: whether something is up, for how long it was, and how fast it answered.

pub mod histogram;
pub mod state;
pub mod uptime;
