//! The plan in other people's languages, so that nobody is locked in: an AWS CLI script, Terraform, a Mermaid graph.

pub mod cli;
mod cli_balancing;
mod cli_compute;
mod cli_create;
mod cli_network;
mod cli_remove;
pub mod graph;
mod hcl;
mod prelude;
mod shell;
pub mod terraform;
mod terraform_blocks;
mod terraform_compute;
mod terraform_order;
