//! What stacks use that Slipway neither makes nor names.

use std::collections::BTreeSet;

use crate::spec::StackSpec;

/// The name AWS's console gives the execution role of an account.
const USUAL_ROLE: &str = "ecsTaskExecutionRole";

/// What the user lends to stacks. The policy allows Slipway to use it, and the less of it there is, the tighter the
/// policy. A name may hold `*`, which stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lent {
    /// Names of execution roles that specs choose.
    pub execution_roles: BTreeSet<String>,
    /// Names of roles that specs choose for the containers' own calls.
    pub task_roles: BTreeSet<String>,
    /// Log groups that specs name themselves.
    pub log_groups: BTreeSet<String>,
    /// Whether specs read secrets. Slipway must then write a policy into execution roles, and IAM can't limit what such
    /// a policy says: whoever has the connection's credentials can give these roles anything.
    pub secrets: bool,
}

impl Default for Lent {
    /// The account's usual execution role, and nothing else.
    fn default() -> Self {
        Self {
            execution_roles: BTreeSet::from([USUAL_ROLE.to_owned()]),
            task_roles: BTreeSet::new(),
            log_groups: BTreeSet::new(),
            secrets: false,
        }
    }
}

impl Lent {
    /// The usual execution role, and what these specs choose.
    pub fn to<'s>(specs: impl IntoIterator<Item = &'s StackSpec>) -> Self {
        let mut lent = Self::default();
        for spec in specs {
            lent.execution_roles.extend(spec.roles.execution.clone());
            // Specs have these as ARNs; a path is part of what a policy must name.
            let task = spec
                .roles
                .task
                .as_deref()
                .and_then(|arn| arn.split_once(":role/"));
            lent.task_roles.extend(task.map(|(_, name)| name.to_owned()));
            lent.log_groups.extend(spec.logs.group.clone());
            lent.secrets |= !spec.container.secrets.is_empty();
        }
        lent
    }
}
