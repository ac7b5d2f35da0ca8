//! A problem with one field of a spec or form.

use serde::{Deserialize, Serialize};

/// What is wrong with a field. The panel translates the code; `Display` is the English sentence of the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Path of the field, for example `container.memory_mib`.
    pub field: String,
    /// What is wrong, and what would be right.
    pub code: ProblemCode,
    /// What was given, as text.
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
    /// A name that breaks the rule; `rule` is the rule in words a regex-reader understands.
    BadName {
        /// For example `2–24 × [a-z0-9-], starts with a letter`.
        rule: String,
    },
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
    /// The VPC's range must be /16 to /28 and private.
    BadVpcRange,
    /// Not an image name.
    BadImage,
    /// Not an ARN of Secrets Manager or SSM.
    BadSecretArn,
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
