//! The practice account: an in-memory AWS account and region whose behaviour emerges from a model.
//!
//! A [`World`] is plain data. It has no clock of its own: whoever holds it says what time it is
//! ([`World::advance`]), and everything that AWS would have done in between happens then, in order. The adapters in
//! this crate implement every trait of [`engine::cloud`] over a [`WorldCell`], which keeps the world somewhere: in
//! memory ([`memory`]) or in a database row.

mod balancing;
pub mod cell;
pub mod clock;
mod comparable;
mod compute;
mod edge;
pub mod fault;
mod hosting;
mod identity;
pub mod image;
mod logs;
pub mod memory;
mod network;
mod policy;
mod refusal;
mod registry;
pub mod scenario;
pub mod timing;
pub mod world;

pub use cell::{CellError, SimCloud, Work, WorldCell};
pub use fault::{Call, Fault, FaultPlan, When};
pub use image::ImageProfile;
pub use memory::MemoryCell;
pub use scenario::Scenario;
pub use world::World;
