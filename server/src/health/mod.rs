//! Health: what is watched, how it is looked at, and what people see of it.

pub mod history;
pub mod now;
