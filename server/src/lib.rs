//! Slipway: the panel's web server, the workers that execute runs, and the command line.
// Views are types: the type of a page is the tree of everything in it.
#![recursion_limit = "512"]

pub mod backend;
pub mod cli;
pub mod clouds;
pub mod config;
pub mod health;
pub mod housekeeping;
pub mod panel;
pub mod people;
pub mod policy;
pub mod practice;
pub mod runs;
pub mod web;
