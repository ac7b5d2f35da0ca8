//! `slipway policy`.

use clap::Args;
use engine::policy::{LONGEST, Lent};
use engine::spec::field;
use engine::spec::problem::Problem;
use serde_json::Value;

use super::failure::{Exit, Failure};
use super::{Context, output};
use crate::policy;

/// Print the least-privilege IAM policy.
#[derive(Debug, Args)]
pub(super) struct PolicyCommand {
    /// Twelve digits: resources are limited to this account
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    account: Option<String>,
    /// Resources are limited to this region
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// An execution role that specs choose, beside ecsTaskExecutionRole; may be given several times
    #[arg(long, value_name = "NAME", value_parser = name)]
    role: Vec<String>,
    /// A role that specs choose for their containers' own calls; may be given several times
    #[arg(long, value_name = "NAME", value_parser = name)]
    task_role: Vec<String>,
    /// A log group that specs name themselves; may be given several times
    #[arg(long, value_name = "NAME", value_parser = name)]
    log_group: Vec<String>,
    /// Specs read secrets: Slipway may write policies into execution roles. IAM can't limit what these say
    #[arg(long)]
    secrets: bool,
}

/// A name without anything that would end an ARN or widen a policy to everything.
fn name(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-/#*".contains(&byte);
    let says_something = text.bytes().any(|byte| byte.is_ascii_alphanumeric());
    if text.len() <= 512 && text.bytes().all(fits) && says_something {
        Ok(text.to_owned())
    } else {
        Err("a name, in which * stands for any characters".to_owned())
    }
}

fn account(text: &str) -> Result<String, String> {
    let valid = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if valid {
        Ok(text.to_owned())
    } else {
        Err("an AWS account has twelve digits".to_owned())
    }
}

pub(super) fn run(_context: &Context, command: PolicyCommand) -> Result<Exit, Failure> {
    if let Some(region) = &command.region {
        field::region(region).map_err(|code| {
            Failure::Problems(vec![Problem {
                field: "region".to_owned(),
                given: region.clone(),
                code,
            }])
        })?;
    }
    let mut lent = Lent::default();
    lent.execution_roles.extend(command.role);
    lent.task_roles.extend(command.task_role);
    lent.log_groups.extend(command.log_group);
    lent.secrets = command.secrets;
    let text = policy::text(command.account.as_deref(), command.region.as_deref(), &lent)
        .map_err(|error| Failure::other("the policy can't be written", error))?;
    // The policy is JSON in any case.
    let document: Value =
        serde_json::from_str(&text).map_err(|error| Failure::other("the policy is not JSON", error))?;
    let length = document.to_string().len();
    if length > LONGEST {
        output::note(&format!(
            "slipway: this policy has {length} characters and a managed policy holds {LONGEST}: put * into names that \
             begin or end alike"
        ));
    }
    output::json(&document);
    Ok(Exit::Done)
}
