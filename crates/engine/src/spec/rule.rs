//! The rules that names and the like have to follow, as codes: the panel says them in the reader's language.

use serde::{Deserialize, Serialize};

/// A rule for one line of text. `Display` is the English phrase of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameRule {
    /// Name of a stack or environment: the shortest of AWS's limits that it becomes part of.
    Stack,
    /// Status codes of a target group's matcher.
    Matcher,
    /// Name of an ECR repository.
    Repository,
    /// Tag or digest of an image.
    ImageReference,
    /// Name of a container.
    Container,
    /// Name of an IAM role.
    Role,
    /// Name of a log group.
    LogGroup,
    /// Id of a VPC.
    VpcId,
    /// Id of a subnet.
    SubnetId,
    /// Id of a security group.
    SecurityGroupId,
    /// Id or name of an Amplify app.
    FrontendApp,
    /// Name of a branch.
    Branch,
    /// External id of an assumed role (STS AssumeRole, `ExternalId`).
    ExternalId,
    /// Address of an endpoint.
    Endpoint,
    /// Name of a connection.
    Connection,
    /// Name of a person.
    Person,
    /// E-mail address.
    Email,
    /// A connection on the command line.
    ConnectionArgument,
}

impl NameRule {
    /// Every rule.
    pub const ALL: [Self; 18] = [
        Self::Stack,
        Self::Matcher,
        Self::Repository,
        Self::ImageReference,
        Self::Container,
        Self::Role,
        Self::LogGroup,
        Self::VpcId,
        Self::SubnetId,
        Self::SecurityGroupId,
        Self::FrontendApp,
        Self::Branch,
        Self::ExternalId,
        Self::Endpoint,
        Self::Connection,
        Self::Person,
        Self::Email,
        Self::ConnectionArgument,
    ];
}

impl std::fmt::Display for NameRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Stack => "2–24 × [a-z0-9-], starts with a letter, does not end with a hyphen",
            Self::Matcher => "status codes from 200 to 499: 200, or 200,204, or 200-299",
            Self::Repository => "2–256 × [a-z0-9._/-], starts with a letter, no registry host in front",
            Self::ImageReference => "1–128 × [A-Za-z0-9_.-], or sha256: and 64 hexadecimal digits",
            Self::Container => "1–64 × [A-Za-z0-9_-]",
            Self::Role => "1–64 × [A-Za-z0-9+=,.@_-]; the name, not the ARN",
            Self::LogGroup => "1–512 × [A-Za-z0-9_/.#-], does not start with aws/",
            Self::VpcId => "vpc- and 8 or 17 hexadecimal digits",
            Self::SubnetId => "subnet- and 8 or 17 hexadecimal digits",
            Self::SecurityGroupId => "sg- and 8 or 17 hexadecimal digits",
            Self::FrontendApp => "1–255 characters",
            Self::Branch => "1–255 characters, no space",
            Self::ExternalId => "2–1224 × [A-Za-z0-9_+=,.@:/-]",
            Self::Endpoint => "http:// or https:// with a host",
            Self::Connection => "1–64 characters on one line",
            Self::Person => "1–254 bytes",
            Self::Email => "name@example.com",
            Self::ConnectionArgument => "aws:PROFILE@REGION or aws:default@REGION",
        })
    }
}
