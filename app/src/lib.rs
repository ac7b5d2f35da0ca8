//! The panel.

pub mod backend;
