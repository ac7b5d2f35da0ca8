//! The cloud traits of the engine over the official AWS SDK. The only crate that names `aws_sdk_*`.
//!
//! One file per area, under the names that `engine::cloud` gives them. What is the same for every call lives in three
//! places: [`connect`] makes the clients, `calls` limits, traces and records every call, `error` turns what went wrong
//! into the engine's one error without losing AWS's words.
//!
//! Retries: reads are tried again by the SDK in adaptive mode, three times or `AWS_MAX_ATTEMPTS`. Calls that change something
//! are sent once; the executor reads before it repeats them and says why it waits. A blind repeat after a time-out
//! could make a second VPC or gateway.

mod balancing;
mod calls;
mod compute;
mod connect;
mod edge;
mod error;
mod hosting;
mod identity;
mod logs;
mod moment;
mod network;
mod profile;
mod registry;

pub use calls::CallLog;
pub use connect::{ConnectError, Credentials, Options, Secret, connect, connect_with};
pub use edge::{EdgeOptions, HttpEdge};
