//! Every address of the panel in one place. The patterns are in `router.rs`; a test holds the two together.

/// The dashboard: all stacks.
pub const HOME: &str = "/";
/// The sign-in form.
pub const SIGN_IN: &str = "/sign-in";
/// Every way to reach an AWS account.
pub const CONNECTIONS: &str = "/connections";
/// The form that adds one.
pub const NEW_CONNECTION: &str = "/connections/new";
/// Starts a draft of a stack.
pub const NEW_DRAFT: &str = "/drafts/new";
/// Tokens, components and charts with their states.
pub const STYLEGUIDE: &str = "/styleguide";
/// Where the sign-out form is posted.
pub const SIGN_OUT: &str = "/api/sign_out";

/// The one-time link that makes the owner's account.
pub fn setup(token: &str) -> String {
    format!("/setup/{token}")
}

/// One connection.
pub fn connection(id: impl std::fmt::Display) -> String {
    format!("/connections/{id}")
}

/// One page of a draft.
pub fn draft(id: impl std::fmt::Display, step: DraftStep) -> String {
    format!("/drafts/{id}/{}", step.name())
}

/// One stack.
pub fn stack(id: impl std::fmt::Display) -> String {
    format!("/stacks/{id}")
}

/// Every run of a stack.
pub fn stack_runs(id: impl std::fmt::Display) -> String {
    format!("/stacks/{id}/runs")
}

/// One run.
pub fn run(id: impl std::fmt::Display) -> String {
    format!("/runs/{id}")
}

/// The pages of the wizard, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DraftStep {
    /// Which account and region.
    Account,
    /// Which image.
    Image,
    /// VPC, subnets and security groups.
    Network,
    /// Size, count, environment and health.
    Service,
    /// The Amplify app that calls it.
    Frontend,
    /// The plan.
    Review,
}

impl DraftStep {
    /// Every page in order.
    pub const ALL: [Self; 6] = [
        Self::Account,
        Self::Image,
        Self::Network,
        Self::Service,
        Self::Frontend,
        Self::Review,
    ];

    /// Its part of the address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Image => "image",
            Self::Network => "network",
            Self::Service => "service",
            Self::Frontend => "frontend",
            Self::Review => "review",
        }
    }

    /// The page of that part of an address.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// The page after this one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|step| *step > self)
    }

    /// The page before this one.
    pub fn back(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|step| *step < self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wizard_goes_forward_and_back_over_the_same_pages() {
        let mut seen = vec![DraftStep::Account];
        while let Some(next) = seen.last().and_then(|step| step.next()) {
            assert_eq!(next.back(), seen.last().copied());
            seen.push(next);
        }
        assert_eq!(seen, DraftStep::ALL);
        for step in DraftStep::ALL {
            assert_eq!(DraftStep::from_name(step.name()), Some(step));
        }
        assert_eq!(DraftStep::from_name("https"), None);
    }
}
