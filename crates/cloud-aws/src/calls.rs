//! What is the same for every call to AWS: a limit per service, a trace, a record of the IAM actions it needs.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::RetryConfig;
use aws_types::request_id::RequestId as _;
use engine::cloud::Result;
use tokio::sync::Semaphore;

use crate::error::cloud_error;

/// Calls to one service that may be under way at once, per connection. AWS counts requests per account and region, so
/// a plan with forty steps must not spend the whole account's budget in its first second.
const CALLS_AT_ONCE: usize = 8;

/// The IAM actions that calls needed, in order of name. Clones share one record.
#[derive(Debug, Clone, Default)]
pub struct CallLog(Arc<Mutex<BTreeSet<String>>>);

impl CallLog {
    /// Every action seen so far, for example `ecs:CreateService`. Actions that a call needs beside its own (tagging on
    /// creation, passing a role) are in it too.
    pub fn actions(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, action: String) {
        let mut actions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        actions.extend(implied(&action).iter().map(|action| (*action).to_owned()));
        actions.insert(action);
    }
}

/// Actions IAM checks beside the call's own, given that every `create_*` tags in the same call.
/// Source: the "Dependent actions" of the Service Authorization Reference.
fn implied(action: &str) -> &'static [&'static str] {
    match action {
        "ec2:CreateVpc"
        | "ec2:CreateSubnet"
        | "ec2:CreateRouteTable"
        | "ec2:CreateInternetGateway"
        | "ec2:CreateSecurityGroup" => &["ec2:CreateTags"],
        "ecr:CreateRepository" => &["ecr:TagResource"],
        "ecs:CreateCluster" => &["ecs:TagResource"],
        "ecs:CreateService" => &["ecs:TagResource"],
        "ecs:RegisterTaskDefinition" => &["ecs:TagResource", "iam:PassRole"],
        "elasticloadbalancing:CreateLoadBalancer"
        | "elasticloadbalancing:CreateTargetGroup"
        | "elasticloadbalancing:CreateListener" => &["elasticloadbalancing:AddTags"],
        "iam:CreateRole" => &["iam:TagRole"],
        "logs:CreateLogGroup" => &["logs:TagResource"],
        _ => &[],
    }
}

/// The IAM action of an SDK operation.
fn action(service: &str, operation: &str) -> String {
    let prefix = match service {
        "Elastic Load Balancing v2" => "elasticloadbalancing",
        "CloudWatch Logs" => "logs",
        other => return format!("{}:{operation}", other.to_ascii_lowercase().replace(' ', "")),
    };
    format!("{prefix}:{operation}")
}

/// Whether a call changes nothing, so that repeating it is harmless.
fn is_read(operation: &str) -> bool {
    ["Describe", "List", "Get", "BatchGet", "Filter", "Simulate"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}

/// A service's share of the connection.
#[derive(Debug)]
pub(crate) struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(CALLS_AT_ONCE))
    }
}

impl Gate {
    /// Makes one call when the service has room for it. `operation` is the call in IAM spelling. On the heap: the SDK's
    /// futures are up to 20 kB, and a plan waits for many at once.
    pub(crate) fn call<'a, T, E>(
        &'a self,
        operation: &'static str,
        request: impl Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>> + Send + 'a,
    ) -> Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        Box::pin(async move {
            // The semaphore is never closed, so there is nothing to learn from the answer.
            let _permit = self.0.acquire().await.ok();
            request.await.map_err(|error| cloud_error(operation, &error))
        })
    }
}

/// When a call began.
#[derive(Debug, Clone, Copy)]
struct Began(Instant);

impl Storable for Began {
    type Storer = StoreReplace<Self>;
}

/// Looks at every call of every client.
#[derive(Debug, Clone)]
pub(crate) struct Witness {
    /// Where the actions are recorded.
    pub(crate) log: Option<CallLog>,
    /// How a call that changes something is made: one attempt. Reads follow the client's own settings.
    pub(crate) once: RetryConfig,
}

impl Intercept for Witness {
    fn name(&self) -> &'static str {
        "slipway"
    }

    fn modify_before_serialization(
        &self,
        _context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let Some(metadata) = cfg.load::<Metadata>().cloned() else {
            return Ok(());
        };
        if let Some(log) = &self.log {
            log.record(action(metadata.service(), metadata.name()));
        }
        let state = cfg.interceptor_state();
        if !is_read(metadata.name()) {
            state.store_put(self.once.clone());
        }
        state.store_put(Began(Instant::now()));
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let (Some(metadata), Some(began)) = (cfg.load::<Metadata>(), cfg.load::<Began>()) else {
            return Ok(());
        };
        let duration_ms = u64::try_from(began.0.elapsed().as_millis()).unwrap_or(u64::MAX);
        let request_id = context
            .response()
            .and_then(|response| response.headers().request_id().map(str::to_owned));
        let status = context.response().map(|response| response.status().as_u16());
        let ok = context.output_or_error().is_some_and(|outcome| outcome.is_ok());
        let span = tracing::debug_span!(
            "aws",
            service = metadata.service(),
            operation = metadata.name(),
            request_id,
            status,
            duration_ms,
            ok,
        );
        // A span around the call would be entered on whatever thread polls it; one made when the answer is known
        // carries the same facts and cannot leak into another task.
        span.in_scope(|| tracing::debug!("called"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_spelt_as_iam_spells_them() {
        assert_eq!(action("ECS", "CreateService"), "ecs:CreateService");
        assert_eq!(
            action("Elastic Load Balancing v2", "DescribeTags"),
            "elasticloadbalancing:DescribeTags"
        );
        assert_eq!(
            action("CloudWatch Logs", "FilterLogEvents"),
            "logs:FilterLogEvents"
        );
        assert_eq!(action("Amplify", "StartJob"), "amplify:StartJob");
    }

    #[test]
    fn a_call_that_tags_on_creation_needs_the_tagging_action_too() {
        let log = CallLog::default();
        log.record("ecs:RegisterTaskDefinition".to_owned());
        let actions: Vec<_> = log.actions().into_iter().collect();
        assert_eq!(
            actions,
            ["ecs:RegisterTaskDefinition", "ecs:TagResource", "iam:PassRole"]
        );
    }

    #[test]
    fn only_reads_are_repeated_by_the_sdk() {
        assert!(
            is_read("DescribeVpcs") && is_read("ListTasks") && is_read("BatchGetImage") && is_read("GetRole")
        );
        assert!(
            !is_read("CreateVpc") && !is_read("StartJob") && !is_read("UpdateApp") && !is_read("AssumeRole")
        );
    }
}
