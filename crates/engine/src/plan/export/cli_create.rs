//! AWS CLI commands of the steps that make, change or wait.

use serde_json::json;

use super::cli::{Values, creates, variable};
use super::cli_balancing::balancing;
use super::cli_compute::{service, task_definition};
use super::cli_network::{closed_ports, group, network};
use super::prelude;
use super::shell::{Command, Word};
use crate::cloud::hosting::VariableScope;
use crate::plan::action::{Action, OutputName};
use crate::plan::documents::tasks_trust_policy;
use crate::plan::{Change, Difference, PlannedStep};
use crate::spec::names::Names;

/// How often a script looks for an image, 5 seconds apart: an hour.
const IMAGE_TRIES: u32 = 720;

/// `Key=…,Value=…`, as most services take tags. Values are quoted for the CLI's own shorthand.
pub(super) fn tags(values: &Values<'_>) -> Vec<String> {
    values
        .tags(None)
        .iter()
        .map(|(key, value)| format!("Key={},Value={}", shorthand(key), shorthand(value)))
        .collect()
}

/// ECS spells them in lower case.
pub(super) fn ecs_tags(values: &Values<'_>) -> Vec<String> {
    values
        .tags(None)
        .iter()
        .map(|(key, value)| format!("key={},value={}", shorthand(key), shorthand(value)))
        .collect()
}

pub(super) fn shorthand(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_alphanumeric() || "_.:/+-@".contains(c));
    if plain && !text.is_empty() {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

pub(super) fn commands(values: &Values<'_>, step: &PlannedStep) -> Vec<Command> {
    let (id, action, change) = (&step.id, &step.action, step.change);
    match action {
        Action::ExecutionRole { .. } => role(values, step),
        Action::SecurityGroup { .. } => group(values, step),
        _ if matches!(change, Change::Keep | Change::Adopt) => Vec::new(),
        Action::LinkedRole { service } => {
            let look = Command::aws("iam", "get-role").set("role-name", service.role_name());
            let create = Command::aws("iam", "create-service-linked-role")
                .set("aws-service-name", service.principal());
            vec![
                create
                    .unless(look, "Role.Arn")
                    .done_when("has been taken|already exists"),
            ]
        }
        Action::Repository { .. } | Action::ImagePushed { .. } | Action::LogGroup { .. } => {
            storage(values, step)
        }
        Action::Cluster { name } => {
            let create = Command::aws("ecs", "create-cluster")
                .set("cluster-name", name)
                .with("tags", ecs_tags(values));
            vec![values.after_roles(create)]
        }
        Action::Vpc { .. }
        | Action::InternetGateway { .. }
        | Action::RouteTable { .. }
        | Action::Subnet { .. } => network(values, id, action, change),
        Action::LoadBalancer { .. } | Action::TargetGroup { .. } | Action::Listener { .. } => {
            balancing(values, id, action, change)
        }
        Action::ClosedPorts { .. } => closed_ports(values, action),
        Action::HealthCheck { .. } => balancing(values, id, action, change),
        Action::TaskDefinition(planned) => task_definition(values, id, planned),
        Action::Service(planned) => service(values, planned, change),
        Action::Deployment {
            cluster,
            service,
            task_definition,
            ..
        } => {
            let look = Command::aws("ecs", "describe-services")
                .set("cluster", cluster)
                .set("services", service)
                .set("query", "services[0].deployments");
            let words = [cluster.into(), service.into(), values.word(task_definition)];
            vec![look.in_script(waits("deployed", &words, step.expected_s))]
        }
        Action::Reachable {
            shut_out: Some(target_group),
            ..
        } => vec![
            Command::aws("elbv2", "wait target-in-service")
                .set("target-group-arn", values.word(target_group)),
        ],
        Action::Reachable {
            dns_name,
            path,
            matcher,
            ..
        } => {
            let url = Word::from("http://").then(values.word(dns_name)).then(path);
            let line = format!("curl -i {}", url.quoted());
            let words = [url, matcher.into()];
            vec![Command::raw(line).in_script(waits("answers", &words, step.expected_s))]
        }
        Action::FrontendVariables {
            app_id,
            scope,
            variables,
            dns_name,
        } => {
            let url = Word::from("http://").then(values.word(dns_name));
            let merged = variables
                .iter()
                .map(|name| format!("{}: $url", json!(name)))
                .collect::<Vec<_>>()
                .join(", ");
            vec![set_variables(
                app_id,
                scope,
                &format!("(. // {{}}) + {{{merged}}}"),
                Some(&url),
            )]
        }
        Action::FrontendRelease { app_id, branch } => {
            let start = Command::aws("amplify", "start-job")
                .set("app-id", app_id)
                .set("branch-name", branch)
                .set("job-type", "RELEASE")
                .capture(variable(id, OutputName::Id), "jobSummary.jobId");
            let job = values.own(id, OutputName::Id);
            let look = Command::aws("amplify", "get-job")
                .set("app-id", app_id)
                .set("branch-name", branch)
                .set("job-id", job.clone());
            let words = [app_id.into(), branch.into(), job];
            vec![start, look.in_script(waits("released", &words, step.expected_s))]
        }
        Action::Remove { .. } => Vec::new(),
    }
}

/// A call of one of the script's functions that wait, with how often it looks.
fn waits(function: &str, words: &[Word], expected_s: u32) -> String {
    let words: Vec<String> = words.iter().map(Word::quoted).collect();
    format!("{function} {} {}", words.join(" "), prelude::tries(expected_s))
}

/// Read, change with jq, write whole: Amplify replaces the map.
pub(super) fn set_variables(
    app_id: &str,
    scope: &VariableScope,
    filter: &str,
    url: Option<&Word>,
) -> Command {
    let app = Word::from(app_id).quoted();
    let (what, place, path) = match scope {
        VariableScope::App => ("app", format!("--app-id {app}"), "app.environmentVariables"),
        VariableScope::Branch { branch } => {
            let branch = Word::from(branch).quoted();
            (
                "branch",
                format!("--app-id {app} --branch-name {branch}"),
                "branch.environmentVariables",
            )
        }
    };
    let url = url
        .map(|url| format!(" --arg url {}", url.quoted()))
        .unwrap_or_default();
    // Amplify ignores an empty map; a key of one space takes the last variable away.
    let filter = format!("{filter} | if . == {{}} then {{\" \": \"\"}} else . end");
    let filter = Word::from(filter).quoted();
    let read = format!("aws amplify get-{what} {place} --query {path} --output json");
    Command::raw(format!(
        "aws amplify update-{what} {place} --environment-variables \\\n  \"$({read} | jq -c{url} {filter})\" > /dev/null"
    ))
}

fn storage(values: &Values<'_>, step: &PlannedStep) -> Vec<Command> {
    let change = step.change;
    match &step.action {
        Action::Repository {
            name,
            scan_on_push,
            lifecycle_policy,
        } => {
            let scan = format!("scanOnPush={scan_on_push}");
            let look = Command::aws("ecr", "describe-repositories").set("repository-names", name);
            let first = if creates(change) {
                Command::aws("ecr", "create-repository")
                    .with("tags", tags(values))
                    .unless(look, "repositories[0].repositoryArn")
            } else {
                Command::aws("ecr", "put-image-scanning-configuration")
            };
            let policy = Command::aws("ecr", "put-lifecycle-policy")
                .set("repository-name", name)
                .set("lifecycle-policy-text", lifecycle_policy);
            vec![
                first
                    .set("repository-name", name)
                    .set("image-scanning-configuration", scan),
                policy,
            ]
        }
        Action::ImagePushed {
            repository,
            reference,
            ..
        } => {
            let kind = if reference.starts_with("sha256:") {
                "imageDigest"
            } else {
                "imageTag"
            };
            let look = Command::aws("ecr", "describe-images")
                .set("repository-name", repository)
                .set("image-ids", format!("{kind}={reference}"));
            // A person pushes it: there is time.
            vec![look.tried(IMAGE_TRIES)]
        }
        Action::LogGroup { name, retention_days } => {
            let map = values
                .tags(None)
                .into_iter()
                .collect::<std::collections::BTreeMap<_, _>>();
            let create = Command::aws("logs", "create-log-group")
                .set("log-group-name", name)
                .set("tags", json!(map).to_string())
                .done_when("ResourceAlreadyExistsException");
            let retention = Command::aws("logs", "put-retention-policy")
                .set("log-group-name", name)
                .set("retention-in-days", retention_days.to_string());
            creates(change)
                .then_some(create)
                .into_iter()
                .chain([retention])
                .collect()
        }
        _ => Vec::new(),
    }
}

/// A role of ours is made whole; somebody else's gets no more than the stack's inline policy.
fn role(values: &Values<'_>, step: &PlannedStep) -> Vec<Command> {
    let Action::ExecutionRole {
        name,
        policy_arn,
        secrets_policy,
        ..
    } = &step.action
    else {
        return Vec::new();
    };
    let differs = |wanted: &str| {
        let is_it = |one: &Difference| matches!(one, Difference::Value { field, .. } if field == wanted);
        step.differences.iter().any(is_it)
    };
    let is_new = creates(step.change);
    let mut commands = Vec::new();
    if is_new {
        let look = Command::aws("iam", "get-role").set("role-name", name);
        let create = Command::aws("iam", "create-role")
            .set("role-name", name)
            .set("assume-role-policy-document", tasks_trust_policy())
            .with("tags", tags(values))
            .capture(variable(&step.id, OutputName::Arn), "Role.Arn");
        commands.push(create.unless(look, "Role.Arn"));
    }
    if is_new || differs("attached_policies") {
        let attach = Command::aws("iam", "attach-role-policy")
            .set("role-name", name)
            .set("policy-arn", policy_arn);
        commands.push(attach);
    }
    let policy_name = Names::of(&values.plan.spec).secrets_policy;
    match secrets_policy {
        Some(document) if is_new || differs("secrets_policy") => {
            let put = Command::aws("iam", "put-role-policy").set("role-name", name);
            commands.push(
                put.set("policy-name", policy_name)
                    .set("policy-document", document),
            );
        }
        None if differs("secrets_policy") => {
            let delete = Command::aws("iam", "delete-role-policy").set("role-name", name);
            commands.push(delete.set("policy-name", policy_name).done_when("NoSuchEntity"));
        }
        _ => {}
    }
    commands
}
