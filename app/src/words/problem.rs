//! What is wrong with a field and what would be right, in the reader's language.

use engine::spec::problem::{Problem, ProblemCode, ValueKind};
use engine::spec::rule::NameRule;

use crate::components::{FieldProblem, Problems};
use crate::i18n::{Locale, t};

/// One sentence that says what would be right.
pub fn problem(l: Locale, problem: &Problem) -> String {
    let given = problem.given.as_str();
    match &problem.code {
        ProblemCode::Missing => t!(l, problem.missing).to_owned(),
        ProblemCode::NotANumber => t!(l, problem.not_a_number, given = given),
        ProblemCode::OutOfRange { min, max } => {
            t!(l, problem.out_of_range, given = given, min = min, max = max)
        }
        ProblemCode::BadName { rule } => t!(l, problem.bad_name, given = given, rule = self::rule(l, *rule)),
        ProblemCode::OpenQuote => t!(l, problem.open_quote).to_owned(),
        ProblemCode::NotOneOf { choices } => {
            t!(l, problem.not_one_of, given = given, choices = choices.join(", "))
        }
        ProblemCode::CpuMemoryPair { valid_memory_mib } => {
            t!(l, problem.cpu_memory_pair, valid = listed(valid_memory_mib))
        }
        ProblemCode::BadPath => t!(l, problem.bad_path, given = given),
        ProblemCode::BadVpcRange => t!(l, problem.bad_vpc_range, given = given),
        ProblemCode::BadImage => t!(l, problem.bad_image, given = given),
        ProblemCode::BadSecretArn => t!(l, problem.bad_secret_arn, given = given),
        ProblemCode::SecretParts => t!(l, problem.secret_parts).to_owned(),
        ProblemCode::BadRoleArn => t!(l, problem.bad_role_arn, given = given),
        ProblemCode::BadVariable => t!(l, problem.bad_variable, given = given),
        ProblemCode::Twice => t!(l, problem.twice, given = given),
        ProblemCode::SameZone { other } => t!(l, problem.same_zone, given = given, other = other),
        ProblemCode::Taken => t!(l, problem.taken, given = given),
        ProblemCode::NotLessThan { other } => t!(l, problem.not_less_than, given = given, other = other),
        ProblemCode::NoRoomToDeploy => t!(l, problem.no_room_to_deploy).to_owned(),
        ProblemCode::UnknownVersion { supported } => {
            t!(l, problem.unknown_version, given = given, supported = supported)
        }
        ProblemCode::Syntax { message, .. } => t!(l, problem.syntax, message = message),
        ProblemCode::BadTag => t!(l, problem.bad_tag, given = given),
        ProblemCode::BadSubnetRange => t!(l, problem.bad_subnet_range, given = given),
        ProblemCode::WrongType { expected } => {
            t!(l, problem.wrong_type, expected = kind_of_value(l, *expected))
        }
        ProblemCode::ConflictsWith { other } => t!(l, problem.conflicts_with, other = other),
        ProblemCode::BadCidr { nearest: None } => t!(l, problem.bad_cidr, given = given),
        ProblemCode::BadCidr {
            nearest: Some(nearest),
        } => t!(l, problem.bad_cidr_nearest, given = given, nearest = nearest),
        ProblemCode::UnknownRegion { nearest: None } => t!(l, problem.unknown_region, given = given),
        ProblemCode::UnknownRegion {
            nearest: Some(nearest),
        } => t!(
            l,
            problem.unknown_region_nearest,
            given = given,
            nearest = nearest
        ),
        ProblemCode::UnknownField { nearest: None } => t!(l, problem.unknown_field, given = given),
        ProblemCode::UnknownField {
            nearest: Some(nearest),
        } => t!(l, problem.unknown_field_nearest, given = given, nearest = nearest),
    }
}

/// A rule as a phrase.
fn rule(l: Locale, rule: NameRule) -> &'static str {
    match rule {
        NameRule::Stack => t!(l, rule.stack),
        NameRule::Matcher => t!(l, rule.matcher),
        NameRule::Repository => t!(l, rule.repository),
        NameRule::ImageReference => t!(l, rule.image_reference),
        NameRule::Container => t!(l, rule.container),
        NameRule::Role => t!(l, rule.role),
        NameRule::LogGroup => t!(l, rule.log_group),
        NameRule::VpcId => t!(l, rule.vpc_id),
        NameRule::SubnetId => t!(l, rule.subnet_id),
        NameRule::SecurityGroupId => t!(l, rule.security_group_id),
        NameRule::FrontendApp => t!(l, rule.frontend_app),
        NameRule::Branch => t!(l, rule.branch),
        NameRule::ExternalId => t!(l, rule.external_id),
        NameRule::Endpoint => t!(l, rule.endpoint),
        NameRule::Connection => t!(l, rule.connection),
        NameRule::Person => t!(l, rule.person),
        NameRule::Email => t!(l, rule.email),
        NameRule::ConnectionArgument => t!(l, rule.connection_argument),
    }
}

fn kind_of_value(l: Locale, kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Text => t!(l, value_kind.text),
        ValueKind::Boolean => t!(l, value_kind.boolean),
        ValueKind::List => t!(l, value_kind.list),
        ValueKind::Table => t!(l, value_kind.table),
    }
}

/// Problems as the form components take them.
pub fn problems<'a>(l: Locale, found: impl IntoIterator<Item = &'a Problem>) -> Problems {
    let found: Vec<_> = found
        .into_iter()
        .map(|item| FieldProblem {
            field: item.field.clone(),
            code: code(&item.code),
            message: problem(l, item),
        })
        .collect();
    found.into()
}

/// The code as it stands in JSON, for tests and for people who search for it.
fn code(code: &ProblemCode) -> String {
    let value = serde_json::to_value(code).unwrap_or_default();
    value
        .get("code")
        .and_then(|code| code.as_str())
        .unwrap_or_default()
        .to_owned()
}

fn listed(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
