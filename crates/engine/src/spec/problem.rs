//! A problem with one field of a spec or form.

use serde::{Deserialize, Serialize};

use super::rule::NameRule;

/// What is wrong with a field. The panel translates the code; `Display` is the English sentence of the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Path of the field, for example `container.memory_mib`.
    pub field: String,
    /// What is wrong, and what would be right.
    pub code: ProblemCode,
    /// What was given, as text; empty where it might be a secret.
    pub given: String,
}

/// Every kind of problem. Data carried by a variant is what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ProblemCode {
    /// Nothing given.
    Missing,
    /// Not a number.
    NotANumber,
    /// Outside `min..=max`.
    OutOfRange {
        /// Smallest allowed.
        min: u64,
        /// Largest allowed.
        max: u64,
    },
    /// A name that breaks the rule.
    BadName {
        /// Which one.
        rule: NameRule,
    },
    /// A command with a quote that is not closed.
    OpenQuote,
    /// Not one of the valid choices.
    NotOneOf {
        /// The valid ones.
        choices: Vec<String>,
    },
    /// Fargate has no such CPU/memory pair (catalogue B1).
    CpuMemoryPair {
        /// Memory sizes valid for this CPU, MiB.
        valid_memory_mib: Vec<u32>,
    },
    /// A path must start with `/` and hold no space, `?` or `#`; ≤ 1024 characters.
    BadPath,
    /// Not an IPv4 range, or host bits are set.
    BadCidr {
        /// The nearest right one, where one can be made out.
        nearest: Option<String>,
    },
    /// The VPC's range must be private and /16 to /27: two subnets have to fit in.
    BadVpcRange,
    /// A subnet's range must be /16 to /28.
    BadSubnetRange,
    /// Another kind of value is needed.
    WrongType {
        /// What is needed.
        expected: ValueKind,
    },
    /// Makes no sense together with another field.
    ConflictsWith {
        /// The other field.
        other: String,
    },
    /// Not an image name with tag or digest (catalogue D9).
    BadImage,
    /// Not an ARN of Secrets Manager or SSM.
    BadSecretArn,
    /// Behind the name of a secret, ECS takes three parts or none.
    SecretParts,
    /// Not a role ARN.
    BadRoleArn,
    /// Not a region that Slipway knows.
    UnknownRegion {
        /// The nearest known one by spelling.
        nearest: Option<String>,
    },
    /// Not an environment variable name.
    BadVariable,
    /// Given twice (for example as variable and as secret).
    Twice,
    /// A load balancer takes one subnet in each zone, and another one is in this one's.
    SameZone {
        /// The other subnet.
        other: String,
    },
    /// Another stack of the account has this name.
    Taken,
    /// Must be less than another field.
    NotLessThan {
        /// The other field.
        other: String,
    },
    /// Rounding leaves no room to replace a task (catalogue B11).
    NoRoomToDeploy,
    /// A version this build does not read.
    UnknownVersion {
        /// The version it reads.
        supported: u32,
    },
    /// A field nobody knows; `nearest` is the known one by spelling.
    UnknownField {
        /// The nearest known field.
        nearest: Option<String>,
    },
    /// Not readable as TOML or JSON at all.
    Syntax {
        /// 1-based line.
        line: Option<usize>,
        /// The parser's words.
        message: String,
    },
    /// A tag key that AWS or Slipway reserves (`aws:`, `slipway:`), or one that is too long.
    BadTag,
}

/// Kinds of values in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Text, in quotes.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A list.
    List,
    /// A table of names and values.
    Table,
}

impl std::fmt::Display for ValueKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text => "text in quotes",
            Self::Boolean => "true or false",
            Self::List => "a list in square brackets",
            Self::Table => "a table of names and values",
        })
    }
}

impl std::error::Error for Problem {}

/// One sentence: the field, what is wrong, what would be right.
impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { field, code, given } = self;
        if let ProblemCode::Syntax { line, message } = code {
            let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            return write!(f, "{place}the document can't be read: {message}");
        }
        let given = shortened(given);
        match code {
            ProblemCode::Missing | ProblemCode::UnknownField { .. } => write!(f, "{field} {code}"),
            _ if given.is_empty() => write!(f, "{field}: {code}"),
            _ => write!(f, "{field} is \"{given}\", but {code}"),
        }
    }
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LONGEST).collect();
    short.push('…');
    short
}

fn hint(nearest: Option<&String>) -> String {
    nearest
        .map(|nearest| format!("; did you mean {nearest}?"))
        .unwrap_or_default()
}

/// The second half of the sentence: what would be right.
impl std::fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing; it has to be given"),
            Self::NotANumber => f.write_str("it has to be a whole number, without quotes"),
            Self::OutOfRange { min, max } => write!(f, "it has to be from {min} to {max}"),
            Self::BadName { rule } => write!(f, "it has to be {rule}"),
            Self::OpenQuote => f.write_str("a quote is not closed; it needs its partner"),
            Self::NotOneOf { choices } => write!(f, "it has to be one of {}", choices.join(", ")),
            Self::CpuMemoryPair { valid_memory_mib } => {
                let sizes: Vec<String> = valid_memory_mib.iter().map(u32::to_string).collect();
                write!(f, "with this CPU Fargate offers only {} MiB", sizes.join(", "))
            }
            Self::BadPath => f.write_str("it has to start with / and hold no space, ? or # (at most 1024 characters)"),
            Self::BadCidr { nearest } => {
                write!(f, "it has to be an IPv4 range such as 10.0.10.0/24{}", hint(nearest.as_ref()))
            }
            Self::BadVpcRange => f.write_str("a VPC's range has to be private (10/8, 172.16/12, 192.168/16) and /16 to /27"),
            Self::BadSubnetRange => f.write_str("a subnet's range has to be /16 to /28"),
            Self::BadImage => {
                f.write_str("it has to be an image name with a tag or digest, such as public.ecr.aws/nginx/nginx:1.27")
            }
            Self::BadSecretArn => f.write_str("it has to be the ARN of a Secrets Manager secret or an SSM parameter"),
            Self::SecretParts => f.write_str(
                "behind the secret's name ECS takes a JSON key, a version stage and a version ID, all three or none; each may be empty, as in arn:…:secret:NAME:KEY::",
            ),
            Self::BadRoleArn => f.write_str("it has to be the ARN of a role, such as arn:aws:iam::123456789012:role/app"),
            Self::UnknownRegion { nearest } => {
                write!(f, "it has to be an AWS region such as ap-northeast-1{}", hint(nearest.as_ref()))
            }
            Self::BadVariable => {
                f.write_str("a variable's name has to be letters, digits and _, not start with a digit (nor, on Amplify, with AWS)")
            }
            Self::Twice => f.write_str("it is given twice; once is right"),
            Self::SameZone { other } => write!(f, "it is in the same zone as {other}; a load balancer takes one subnet per zone"),
            Self::Taken => f.write_str("another stack has this name; change that one, or choose another name"),
            Self::NotLessThan { other } => write!(f, "it has to be less than {other}"),
            Self::NoRoomToDeploy => f.write_str(
                "with this desired count it leaves no room to start a new task before an old one stops; 100 and 200 percent always do",
            ),
            Self::UnknownVersion { supported } => write!(f, "this build reads version {supported}"),
            Self::UnknownField { nearest } => write!(f, "is not a field of a spec{}", hint(nearest.as_ref())),
            Self::Syntax { message, .. } => f.write_str(message),
            Self::BadTag => f.write_str(
                "a tag has a key of 1–128 and a value of up to 256 letters, digits, spaces and _.:/=+-@, and aws: and slipway: are reserved",
            ),
            Self::WrongType { expected } => write!(f, "it has to be {expected}"),
            Self::ConflictsWith { other } => write!(f, "it makes no sense together with {other}; leave one of them out"),
        }
    }
}
