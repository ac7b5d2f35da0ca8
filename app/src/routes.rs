//! Every address of the panel in one place. The patterns are in `router.rs`; a test holds the two together.

use crate::backend::drafts::WizardStep;

/// Every page's address, as the server lists them.
pub const PATTERNS: [&str; 12] = [
    HOME,
    "/setup/{token}",
    SIGN_IN,
    CONNECTIONS,
    NEW_CONNECTION,
    "/connections/{id}",
    "/drafts/{id}/{step}",
    "/stacks/{id}",
    "/stacks/{id}/runs",
    "/stacks/{id}/destroy",
    "/runs/{id}",
    STYLEGUIDE,
];

/// The dashboard: all stacks.
pub const HOME: &str = "/";
/// The sign-in form.
pub const SIGN_IN: &str = "/sign-in";
/// Every way to reach an AWS account.
pub const CONNECTIONS: &str = "/connections";
/// The form that adds one.
pub const NEW_CONNECTION: &str = "/connections/new";
/// Where the form that starts a draft of a stack is posted.
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
pub fn draft(id: impl std::fmt::Display, step: WizardStep) -> String {
    format!("/drafts/{id}/{}", step.slug())
}

/// One stack.
pub fn stack(id: impl std::fmt::Display) -> String {
    format!("/stacks/{id}")
}

/// What taking a stack down would remove.
pub fn destroy_stack(id: impl std::fmt::Display) -> String {
    format!("/stacks/{id}/destroy")
}

/// Every run of a stack.
pub fn stack_runs(id: impl std::fmt::Display) -> String {
    format!("/stacks/{id}/runs")
}

/// One run.
pub fn run(id: impl std::fmt::Display) -> String {
    format!("/runs/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(path: &str, pattern: &str) -> bool {
        let (path, pattern): (Vec<_>, Vec<_>) = (path.split('/').collect(), pattern.split('/').collect());
        path.len() == pattern.len()
            && path
                .iter()
                .zip(&pattern)
                .all(|(part, of)| of.starts_with('{') || part == of)
    }

    #[test]
    fn every_address_that_is_built_is_one_that_is_listed() {
        let built = [
            setup("t0ken"),
            connection(1),
            draft("d", WizardStep::Network),
            stack("s"),
            stack_runs("s"),
            run(7),
        ];
        for path in built {
            assert!(PATTERNS.iter().any(|pattern| fits(&path, pattern)), "{path}");
        }
    }

    #[test]
    fn the_wizard_goes_forward_and_back_over_the_same_pages() {
        let mut seen = vec![WizardStep::Account];
        while let Some(next) = seen.last().and_then(|step| step.next()) {
            assert_eq!(next.back(), seen.last().copied());
            seen.push(next);
        }
        assert_eq!(seen, WizardStep::ALL);
        for step in WizardStep::ALL {
            assert_eq!(WizardStep::from_slug(step.slug()), Some(step));
        }
        assert_eq!(WizardStep::from_slug("https"), None);
    }
}
