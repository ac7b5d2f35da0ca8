//! AWS as the engine sees it: one trait per area, typed requests and answers, one error.
//!
//! Implemented by `cloud-aws` (the official SDK) and `cloud-sim` (the practice account), file by file under the same
//! names. Every list is complete: adapters paginate to the end. Every `create_*` tags the resource in the same call.
//! "Not there" is `None`, never an error, wherever a method answers `Option`.

pub mod balancing;
pub mod compute;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod edge;
pub mod error;
pub mod hosting;
pub mod identity;
pub mod logs;
pub mod network;
pub mod registry;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use error::{AwsFault, CloudError, Result};

/// Resource tags, in a stable order.
pub type Tags = BTreeMap<String, String>;

/// The tag that names the stack a resource belongs to.
pub const TAG_STACK: &str = "slipway:stack";
/// The tag that names the run that created a resource.
pub const TAG_RUN: &str = "slipway:run";

/// One AWS account in one region, with every area's calls.
#[derive(Clone)]
pub struct Cloud {
    /// Region code, for example `ap-northeast-1`.
    pub region: String,
    /// STS and IAM.
    pub identity: Arc<dyn identity::Identity>,
    /// EC2 networking.
    pub network: Arc<dyn network::Network>,
    /// ECR.
    pub registry: Arc<dyn registry::Registry>,
    /// ECS.
    pub compute: Arc<dyn compute::Compute>,
    /// Elastic Load Balancing v2.
    pub balancing: Arc<dyn balancing::Balancing>,
    /// CloudWatch Logs.
    pub logs: Arc<dyn logs::Logs>,
    /// Amplify Hosting.
    pub hosting: Arc<dyn hosting::Hosting>,
    /// The data plane: DNS answers and HTTP through the load balancer, as a visitor gets them.
    pub edge: Arc<dyn edge::Edge>,
}
