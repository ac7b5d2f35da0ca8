//! Health: what is watched of a stack, the looks themselves, and what people are shown of them.
//!
//! Three monitors per stack, each looked at every 30 seconds of the wall's clock, practice accounts included. Every
//! process that serves the panel looks; the database hands each due monitor to one of them.

pub mod collector;
pub mod history;
pub mod monitors;
pub mod now;
pub mod prober;
pub mod scheduler;
pub mod sight;
