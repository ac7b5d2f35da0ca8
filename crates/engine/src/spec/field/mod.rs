//! Checks of single fields, from text. The reader of documents and the wizard's forms use the same ones.

mod named;
mod network;

use std::ops::RangeInclusive;

use super::image::{self, ImageName};
use super::problem::ProblemCode;
use super::region::{self, REGIONS, Region};
use super::rule::NameRule;
use super::{fargate, limits, spelling};
pub use named::{NAMED, named};
pub use network::{cidr, security_group_id, subnet_cidr, subnet_id, vpc_cidr, vpc_id};
pub(super) use network::{cidr_value, subnet_value, vpc_value};

/// What a check answers.
pub type Checked<T> = Result<T, ProblemCode>;

fn bad_name(rule: NameRule) -> ProblemCode {
    ProblemCode::BadName { rule }
}

fn ensure<T>(right: bool, value: T, otherwise: impl FnOnce() -> ProblemCode) -> Checked<T> {
    if right { Ok(value) } else { Err(otherwise()) }
}

fn given(text: &str) -> Checked<&str> {
    let text = text.trim();
    ensure(!text.is_empty(), text, || ProblemCode::Missing)
}

fn is_label(text: &str, length: RangeInclusive<usize>) -> bool {
    length.contains(&text.len())
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Name of a stack.
///
/// # Errors
/// [`ProblemCode::BadName`]; the same for every check here: what would be right.
pub fn name(text: &str) -> Checked<String> {
    let text = given(text)?;
    ensure(is_label(text, 2..=24), text.to_owned(), || {
        bad_name(NameRule::Stack)
    })
}

/// Environment label.
///
/// # Errors
/// What would be right.
pub fn environment(text: &str) -> Checked<String> {
    name(text)
}

/// Region code.
///
/// # Errors
/// What would be right.
pub fn region(text: &str) -> Checked<Region> {
    let text = given(text)?;
    region::find(text).ok_or_else(|| ProblemCode::UnknownRegion {
        nearest: spelling::nearest(text, REGIONS.iter().map(|region| region.code)).map(str::to_owned),
    })
}

/// A whole number within a range of [`limits`].
///
/// # Errors
/// What would be right.
pub fn number(text: &str, range: RangeInclusive<u64>) -> Checked<u64> {
    let text = given(text)?;
    let out_of_range = || ProblemCode::OutOfRange {
        min: *range.start(),
        max: *range.end(),
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ProblemCode::NotANumber);
    }
    let value = text.parse::<u64>().map_err(|_| out_of_range())?;
    ensure(range.contains(&value), value, out_of_range)
}

/// TCP port.
///
/// # Errors
/// What would be right.
pub fn port(text: &str) -> Checked<u16> {
    // The range is that of u16.
    number(text, limits::PORT).map(|value| u16::try_from(value).unwrap_or(u16::MAX))
}

/// CPU units.
///
/// # Errors
/// What would be right.
pub fn cpu(text: &str) -> Checked<u32> {
    let value = number(text, 0..=u64::from(u32::MAX))?;
    cpu_value(u32::try_from(value).unwrap_or(u32::MAX))
}

pub(super) fn cpu_value(cpu: u32) -> Checked<u32> {
    ensure(fargate::CPU_CHOICES.contains(&cpu), cpu, || {
        ProblemCode::NotOneOf {
            choices: fargate::CPU_CHOICES.iter().map(u32::to_string).collect(),
        }
    })
}

/// Memory in MiB, for a number of CPU units.
///
/// # Errors
/// What would be right.
pub fn memory_mib(cpu: u32, text: &str) -> Checked<u32> {
    let value = number(text, 0..=u64::from(u32::MAX))?;
    memory_value(cpu, u32::try_from(value).unwrap_or(u32::MAX))
}

pub(super) fn memory_value(cpu: u32, memory_mib: u32) -> Checked<u32> {
    ensure(fargate::is_pair(cpu, memory_mib), memory_mib, || {
        ProblemCode::CpuMemoryPair {
            valid_memory_mib: fargate::memory_choices(cpu),
        }
    })
}

/// Path of a health check.
///
/// # Errors
/// What would be right.
pub fn path(text: &str) -> Checked<String> {
    let text = given(text)?;
    let right = text.starts_with('/')
        && text.len() <= 1024
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#'));
    ensure(right, text.to_owned(), || ProblemCode::BadPath)
}

/// Status codes that count as healthy: 200–499, single, listed or as a range.
///
/// # Errors
/// What would be right.
pub fn matcher(text: &str) -> Checked<String> {
    let text = given(text)?;
    let code = |part: &str| {
        part.parse::<u16>()
            .ok()
            .filter(|code| part.len() == 3 && (200..=499).contains(code))
    };
    let right = text.split(',').all(|part| match part.split_once('-') {
        Some((from, to)) => matches!((code(from), code(to)), (Some(from), Some(to)) if from <= to),
        None => code(part).is_some(),
    });
    ensure(right, text.to_owned(), || bad_name(NameRule::Matcher))
}

/// An image's full name with tag or digest.
///
/// # Errors
/// What would be right.
pub fn image_uri(text: &str) -> Checked<ImageName> {
    ImageName::parse(given(text)?).ok_or(ProblemCode::BadImage)
}

/// Name of an ECR repository.
///
/// # Errors
/// What would be right.
pub fn repository(text: &str) -> Checked<String> {
    let text = given(text)?;
    let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let right = starts_well && (2..=256).contains(&text.len()) && image::is_path(text);
    ensure(right, text.to_owned(), || bad_name(NameRule::Repository))
}

/// Tag of an image, or its digest.
///
/// # Errors
/// What would be right.
pub fn image_reference(text: &str) -> Checked<String> {
    let text = given(text)?;
    ensure(
        image::is_tag(text) || image::is_digest(text),
        text.to_owned(),
        || bad_name(NameRule::ImageReference),
    )
}

/// Name of a container.
///
/// # Errors
/// What would be right.
pub fn container_name(text: &str) -> Checked<String> {
    let text = given(text)?;
    let right = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    ensure(right, text.to_owned(), || bad_name(NameRule::Container))
}

/// Name of an environment variable.
///
/// # Errors
/// What would be right.
pub fn variable(text: &str) -> Checked<String> {
    let text = given(text)?;
    let right = text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && text.len() <= 255
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    ensure(right, text.to_owned(), || ProblemCode::BadVariable)
}

/// Name of an Amplify variable: Amplify keeps `AWS…` for itself.
///
/// # Errors
/// What would be right.
pub fn frontend_variable(text: &str) -> Checked<String> {
    let text = variable(text)?;
    ensure(!text.starts_with("AWS"), text, || ProblemCode::BadVariable)
}

/// Parts of a secret's ARN up to its name.
const SECRET_ARN_PARTS: usize = 7;

/// ARN of a Secrets Manager secret or SSM parameter. A JSON key, a version stage and a version ID may follow a secret's
/// name: all three or none, each of them may be empty. With one or two the agent finds an "unexpected ARN format with
/// parameters", and no task starts (Amazon ECS developer guide, "Pass Secrets Manager secrets through environment
/// variables").
///
/// # Errors
/// What would be right.
pub fn secret_arn(text: &str) -> Checked<String> {
    let text = given(text)?;
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let right = match parts.as_slice() {
        ["arn", partition, service, region, account, resource] => {
            let place = is_partition(partition) && !region.is_empty() && is_account(account);
            let thing = match *service {
                "secretsmanager" => resource
                    .strip_prefix("secret:")
                    .is_some_and(|name| !name.is_empty()),
                "ssm" => resource
                    .strip_prefix("parameter/")
                    .is_some_and(|name| !name.is_empty()),
                _ => false,
            };
            place && thing && !text.contains(char::is_whitespace)
        }
        _ => false,
    };
    ensure(right, text.to_owned(), || ProblemCode::BadSecretArn)?;
    let parts_behind_name = text.split(':').count().saturating_sub(SECRET_ARN_PARTS);
    let is_whole = parts.get(2) != Some(&"secretsmanager") || matches!(parts_behind_name, 0 | 3);
    ensure(is_whole, text.to_owned(), || ProblemCode::SecretParts)
}

/// ARN of a role.
///
/// # Errors
/// What would be right.
pub fn role_arn(text: &str) -> Checked<String> {
    let text = given(text)?;
    let right = match text.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        ["arn", partition, "iam", "", account, resource] => {
            let name = resource
                .strip_prefix("role/")
                .and_then(|path| path.rsplit('/').next());
            is_partition(partition) && is_account(account) && name.is_some_and(|name| role_name(name).is_ok())
        }
        _ => false,
    };
    ensure(right, text.to_owned(), || ProblemCode::BadRoleArn)
}

fn is_partition(text: &str) -> bool {
    matches!(text, "aws" | "aws-cn" | "aws-us-gov")
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Name of a role.
///
/// # Errors
/// What would be right.
pub fn role_name(text: &str) -> Checked<String> {
    let text = given(text)?;
    let right = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b));
    ensure(right, text.to_owned(), || bad_name(NameRule::Role))
}

/// Name of a log group.
///
/// # Errors
/// What would be right.
pub fn log_group(text: &str) -> Checked<String> {
    let text = given(text)?;
    let right = (1..=512).contains(&text.len())
        && !text.starts_with("aws/")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-/.#".contains(&b));
    ensure(right, text.to_owned(), || bad_name(NameRule::LogGroup))
}

/// Days of log retention.
///
/// # Errors
/// What would be right.
pub fn retention_days(text: &str) -> Checked<u16> {
    let value = number(text, 0..=u64::from(u16::MAX))?;
    retention_value(u16::try_from(value).unwrap_or(u16::MAX))
}

pub(super) fn retention_value(days: u16) -> Checked<u16> {
    ensure(limits::RETENTION_DAYS.contains(&days), days, || {
        ProblemCode::NotOneOf {
            choices: limits::RETENTION_DAYS.iter().map(u16::to_string).collect(),
        }
    })
}

/// Id or name of an Amplify app.
///
/// # Errors
/// What would be right.
pub fn frontend_app(text: &str) -> Checked<String> {
    let text = given(text)?;
    ensure(
        text.chars().count() <= 255 && !text.contains(char::is_control),
        text.to_owned(),
        || bad_name(NameRule::FrontendApp),
    )
}

/// Name of a branch.
///
/// # Errors
/// What would be right.
pub fn branch(text: &str) -> Checked<String> {
    let text = given(text)?;
    let right = text.chars().count() <= 255 && !text.contains(|c: char| c.is_control() || c.is_whitespace());
    ensure(right, text.to_owned(), || bad_name(NameRule::Branch))
}

/// One extra tag.
///
/// # Errors
/// What would be right.
pub fn tag(key: &str, value: &str) -> Checked<(String, String)> {
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    let lower = key.to_lowercase();
    let right = (1..=128).contains(&key.chars().count())
        && value.chars().count() <= 256
        && key.chars().chain(value.chars()).all(allowed)
        && !lower.starts_with("aws:")
        && !lower.starts_with("slipway:");
    ensure(right, (key.to_owned(), value.to_owned()), || ProblemCode::BadTag)
}
