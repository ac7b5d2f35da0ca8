//! The pages. Each is one file; the addresses are in `router.rs`.

pub mod errors;
pub mod styleguide;
