//! What Slipway decides. No IO, no clock, no random source: all three are parameters.

pub mod clock;
pub mod cloud;
pub mod diagnosis;
pub mod health;
pub mod plan;
pub mod policy;
pub mod prices;
pub mod run;
pub mod snapshot;
pub mod spec;
pub mod step;
