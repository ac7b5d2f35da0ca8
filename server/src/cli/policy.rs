//! `slipway policy`.

use clap::Args;
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
    let text = policy::text(command.account.as_deref(), command.region.as_deref())
        .map_err(|error| Failure::other("the policy can't be written", error))?;
    // The policy is JSON in any case.
    let document: Value =
        serde_json::from_str(&text).map_err(|error| Failure::other("the policy is not JSON", error))?;
    output::json(&document);
    Ok(Exit::Done)
}
