//! Connections: practice accounts and real ones.

use async_trait::async_trait;
use engine::cloud::AwsFault;
use engine::cloud::identity::{Caller, Permission, Verdict};
use serde::{Deserialize, Serialize};

use super::Answer;

/// What a connection leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConnectionKind {
    /// A simulated account.
    Practice {
        /// `runbook` or `fresh`.
        scenario: String,
        /// How much faster than the wall its clock runs.
        speed: u32,
    },
    /// A real one.
    Aws {
        /// Where the credentials come from.
        credentials: CredentialSource,
        /// Endpoint of an emulator or VPC endpoint, when it is not AWS's own.
        endpoint: Option<String>,
    },
}

/// Where real credentials come from. Slipway stores no keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum CredentialSource {
    /// The SDK's default chain (environment, container or instance role, SSO).
    Default,
    /// A named profile of the server's AWS configuration.
    Profile {
        /// Its name.
        name: String,
    },
    /// A role assumed with the default chain.
    AssumeRole {
        /// Role ARN.
        role_arn: String,
        /// Whether an external id is set (its value never leaves the server).
        has_external_id: bool,
    },
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Region.
    pub region: String,
    /// What it leads to.
    pub kind: ConnectionKind,
    /// Stacks that use it.
    pub stacks: u32,
    /// The last test, if any.
    pub last_test: Option<ConnectionTest>,
}

/// Result of "test connection".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionTest {
    /// When (UTC).
    pub at: jiff::Timestamp,
    /// Who the credentials belong to, or what AWS said.
    pub identity: Result<Caller, AwsFault>,
    /// An answer for each action that Slipway may need, on each thing it may need it on.
    pub permissions: Vec<Permission>,
    /// What AWS said instead of answers.
    pub unchecked: Option<AwsFault>,
    /// Milliseconds until AWS answered.
    pub took_ms: u64,
}

impl ConnectionTest {
    /// AWS said of an action that may be needed that it is not allowed.
    pub fn lacks_permissions(&self) -> bool {
        self.permissions
            .iter()
            .any(|permission| match permission.verdict {
                Verdict::Missing | Verdict::Forbidden | Verdict::Organization => true,
                Verdict::Allowed | Verdict::Unknown(_) => false,
            })
    }
}

/// A connection, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionForm {
    /// `practice` or `aws`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Practice: scenario.
    pub scenario: String,
    /// AWS: region.
    pub region: String,
    /// AWS: `default`, `profile` or `assume_role`.
    pub source: String,
    /// AWS: profile name.
    pub profile: String,
    /// AWS: role ARN.
    pub role_arn: String,
    /// AWS: external id. When a connection is changed, an empty one leaves it as it is.
    pub external_id: String,
    /// AWS: when a connection is changed, it has no external id any more.
    pub drop_external_id: bool,
    /// AWS: endpoint URL; empty: AWS's own.
    pub endpoint: String,
}

/// Connections.
#[async_trait]
pub trait Connections: Send + Sync {
    /// All of them, practice accounts first.
    async fn connections(&self) -> Answer<Vec<ConnectionView>>;
    /// One.
    async fn connection(&self, id: &str) -> Answer<ConnectionView>;
    /// Add one; answers its id.
    async fn add_connection(&self, form: ConnectionForm) -> Answer<String>;
    /// Change one. What kind it is stays, and so does the region while stacks are in it.
    async fn edit_connection(&self, id: &str, form: ConnectionForm) -> Answer<()>;
    /// Ask AWS who we are and what we may do; the result is kept.
    async fn test_connection(&self, id: &str) -> Answer<ConnectionTest>;
    /// Put a practice account back to its scenario's morning. Its stacks are forgotten.
    async fn reset_practice(&self, id: &str) -> Answer<()>;
    /// Remove one that no stack uses.
    async fn remove_connection(&self, id: &str) -> Answer<()>;
    /// The least-privilege IAM policy for a real account, as JSON text.
    async fn policy(&self, id: &str) -> Answer<String>;
}
