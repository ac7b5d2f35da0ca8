//! What a task needs to start, and what AWS says when it does not have it.

use engine::cloud::compute::TaskDefinition;

use super::definitions::platform;
use super::task::TaskRecord;
use crate::image::ImageProfile;
use crate::registry::Missing;
use crate::world::World;

/// What stands in the way of a task.
pub(super) enum Hindrance {
    /// Nothing answers; AWS tries for minutes before it says this.
    Unroutable(String),
    /// AWS says this at once.
    Refused(String),
}

impl World {
    /// Registry credentials and secrets (catalogue N1, N3–N6, A5).
    pub(super) fn check_init(&self, task: &TaskRecord, definition: &TaskDefinition) -> Result<(), Hindrance> {
        let head = "ResourceInitializationError: unable to pull secrets or registry auth:";
        let region = &self.region;
        let role = definition.execution_role_arn.as_deref().unwrap_or_default();
        let role_name = role.rsplit('/').next().unwrap_or(role);
        let user = format!(
            "arn:aws:sts::{}:assumed-role/{role_name}/{}",
            self.account_id, task.id
        );
        let routed = task
            .subnet_id
            .as_ref()
            .is_some_and(|subnet| self.https_out(subnet, task.public_ip.is_some(), &task.security_groups));
        if self.is_ecr(&definition.container.image) {
            if !routed {
                return Err(Hindrance::Unroutable(format!(
                    "{head} The task cannot pull registry auth from Amazon ECR: There is a connection issue between \
                     the task and Amazon ECR. Check your task network configuration. RequestError: send request \
                     failed caused by: Post \"https://api.ecr.{region}.amazonaws.com/\": dial tcp \
                     52.119.216.1:443: i/o timeout"
                )));
            }
            let action = "ecr:GetAuthorizationToken";
            if !self.role_allows(role, action, "*") {
                return Err(Hindrance::Refused(format!(
                    "{head} execution resource retrieval failed: unable to retrieve ecr registry auth: service call \
                     has been retried 1 time(s): AccessDeniedException: User: {user} is not authorized to perform: \
                     {action} on resource: * because no identity-based policy allows the {action} action"
                )));
            }
        }
        for arn in definition.container.secrets.values() {
            self.check_secret(arn, role, &user, routed)?;
        }
        Ok(())
    }

    fn check_secret(&self, arn: &str, role: &str, user: &str, routed: bool) -> Result<(), Hindrance> {
        let head = "ResourceInitializationError: unable to pull secrets or registry auth:";
        let asm = arn.contains(":secretsmanager:");
        let (short, action) = if asm {
            ("asm", "secretsmanager:GetSecretValue")
        } else {
            ("ssm", "ssm:GetParameters")
        };
        if !routed {
            return Err(Hindrance::Unroutable(if asm {
                format!(
                    "{head} unable to retrieve secret from asm: There is a connection issue between the task and AWS \
                     Secrets Manager. Check your task network configuration. failed to fetch secret {arn} from secrets \
                     manager: operation error Secrets Manager: GetSecretValue, context deadline exceeded"
                )
            } else {
                format!(
                    "{head} unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems \
                     Manager. There is a connection issue between the task and AWS Systems Manager Parameter Store. \
                     Check your task network configuration. context deadline exceeded"
                )
            }));
        }
        // A JSON key may follow the ARN of a secret: arn:…:secret:name:key::
        let resource = arn.splitn(8, ':').take(7).collect::<Vec<_>>().join(":");
        let resource = if asm { resource } else { arn.to_owned() };
        if !self.role_allows(role, action, &resource) {
            return Err(Hindrance::Refused(format!(
                "{head} execution resource retrieval failed: unable to retrieve secret from {short}: service call has \
                 been retried 1 time(s): AccessDeniedException: User: {user} is not authorized to perform: {action} \
                 on resource: {resource} because no identity-based policy allows the {action} action"
            )));
        }
        let here = arn.contains(&format!(":{}:{}:", self.region, self.account_id));
        if !here || self.compute.lost_secrets.iter().any(|lost| lost == arn) {
            return Err(Hindrance::Refused(if asm {
                format!(
                    "{head} execution resource retrieval failed: unable to retrieve secret from asm: service call has \
                     been retried 1 time(s): failed to fetch secret {arn} from secrets manager: \
                     ResourceNotFoundException: Secrets Manager can't find the specified secret."
                )
            } else {
                let name = arn.split_once(":parameter").map_or(arn, |(_, name)| name);
                format!(
                    "{head} execution resource retrieval failed: unable to retrieve secrets from ssm: service call has \
                     been retried 1 time(s): invalid ssm parameters: {name}"
                )
            }));
        }
        Ok(())
    }

    /// The log stream (catalogue N7–N9).
    pub(super) fn check_log(&self, task: &TaskRecord, definition: &TaskDefinition) -> Result<(), Hindrance> {
        let group = &definition.container.log_group;
        let role = definition.execution_role_arn.as_deref().unwrap_or_default();
        let routed = task
            .subnet_id
            .as_ref()
            .is_some_and(|subnet| self.https_out(subnet, task.public_ip.is_some(), &task.security_groups));
        if !routed {
            return Err(Hindrance::Unroutable(
                "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon \
                 CloudWatch log group defined in the task definition. There is a connection issue between the task \
                 and Amazon CloudWatch. Check your network configuration. : signal: killed"
                    .to_owned(),
            ));
        }
        let head = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 \
                    times: failed to create Cloudwatch log stream:";
        let resource = self.arn(
            "logs",
            &format!("log-group:{group}:log-stream:{}", task.log_stream),
        );
        if !self.role_allows(role, "logs:CreateLogStream", &resource) {
            let role_name = role.rsplit('/').next().unwrap_or(role);
            return Err(Hindrance::Refused(format!(
                "{head} AccessDeniedException: User: arn:aws:sts::{}:assumed-role/{role_name}/{} is not authorized to \
                 perform: logs:CreateLogStream on resource: {resource} because no identity-based policy allows the \
                 logs:CreateLogStream action : exit status 1",
                self.account_id, task.id
            )));
        }
        if !self.logs.groups.contains_key(group) {
            return Err(Hindrance::Refused(format!(
                "{head} ResourceNotFoundException: The specified log group does not exist. : exit status 1"
            )));
        }
        Ok(())
    }

    /// The image (catalogue D1–D5).
    pub(super) fn pull_image(
        &self,
        task: &TaskRecord,
        definition: &TaskDefinition,
    ) -> Result<ImageProfile, Hindrance> {
        let uri = &definition.container.image;
        let role = definition.execution_role_arn.as_deref().unwrap_or_default();
        let routed = task
            .subnet_id
            .as_ref()
            .is_some_and(|subnet| self.https_out(subnet, task.public_ip.is_some(), &task.security_groups));
        let host = uri
            .split('/')
            .next()
            .filter(|host| host.contains('.'))
            .unwrap_or("registry-1.docker.io");
        if !routed {
            return Err(Hindrance::Unroutable(format!(
                "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref \
                 {uri}: failed to do request: Head \"https://{host}/v2/\": dial tcp 52.119.216.1:443: i/o timeout"
            )));
        }
        if self.is_ecr(uri) && !self.role_allows(role, "ecr:BatchGetImage", "*") {
            return Err(Hindrance::Refused(format!(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
                 {uri}: unexpected status from HEAD request to https://{host}/v2/: 403 Forbidden"
            )));
        }
        let image = self.pull(uri).map_err(|missing| {
            Hindrance::Refused(match missing {
                Missing::Repository(name) => {
                    format!("CannotPullContainerError: API error (404): repository {name} not found")
                }
                Missing::Reference => format!(
                    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
                     {uri}: {uri}: not found"
                ),
            })
        })?;
        if image.index && !image.architectures.contains(&definition.architecture) {
            return Err(Hindrance::Refused(format!(
                "CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not \
                 contain descriptor matching platform '{}'",
                platform(definition.architecture)
            )));
        }
        Ok(image)
    }
}
