//! The plan as AWS CLI (version 2) commands: one step's, and all of them as a Bash script.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::shell::{Command, Piece, Word};
use super::{cli_create, cli_remove, prelude};
use crate::cloud::TAG_STACK;
use crate::plan::action::{Action, OutputName, Outputs, Ref};
use crate::plan::{Change, Plan, PlannedStep, Purpose, StepId};

/// Tries, 5 seconds apart, until a new role is known everywhere.
const ROLE_TRIES: u32 = 24;

/// What is known while commands are written.
pub(super) struct Values<'a> {
    pub(super) plan: &'a Plan,
    pub(super) outputs: &'a BTreeMap<StepId, Outputs>,
}

impl Values<'_> {
    /// The value of a reference, or the shell variable that will hold it.
    pub(super) fn word(&self, reference: &Ref) -> Word {
        match (self.plan.value(reference, self.outputs), reference) {
            (Some(value), _) => value.into(),
            (None, Ref::Known(value)) => value.into(),
            (None, Ref::Output { step, name }) => Piece::Variable(variable(step, *name)).into(),
        }
    }

    pub(super) fn words(&self, references: &[Ref]) -> Vec<Word> {
        references.iter().map(|reference| self.word(reference)).collect()
    }

    /// An output of the step itself: known, or in a variable that an earlier command of the step fills.
    pub(super) fn own(&self, step: &StepId, name: OutputName) -> Word {
        self.word(&Ref::output(step, name))
    }

    /// Tags for what is created.
    pub(super) fn tags(&self, name: Option<&str>) -> Vec<(String, String)> {
        let mut tags = self.plan.spec.tags.clone();
        tags.insert(TAG_STACK.to_owned(), self.plan.spec.name.clone());
        if let Some(name) = name {
            tags.insert("Name".to_owned(), name.to_owned());
        }
        tags.into_iter().collect()
    }
}

/// The shell variable for an output: `LOAD_BALANCER_ARN`.
pub(super) fn variable(step: &StepId, name: OutputName) -> String {
    let name = match name {
        OutputName::Arn => "arn",
        OutputName::Id => "id",
        OutputName::Name => "name",
        OutputName::DnsName => "dns_name",
        OutputName::Uri => "uri",
        OutputName::Url => "url",
        OutputName::Digest => "digest",
        OutputName::Association => "association",
        OutputName::Before => "before",
        OutputName::Granted => "granted",
    };
    let letter = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    format!("{step}_{name}").chars().map(letter).collect()
}

fn step_commands(values: &Values<'_>, step: &PlannedStep) -> Vec<Command> {
    match (&step.action, step.change) {
        (Action::Remove { target }, _) => cli_remove::commands(target),
        _ => cli_create::commands(values, step),
    }
}

/// The commands that do what a step does, with the real values that are known: from `outputs` of a run, or from the plan.
/// Empty for a step that changes nothing.
pub fn commands(plan: &Plan, step: &PlannedStep, outputs: &BTreeMap<StepId, Outputs>) -> Vec<String> {
    let values = Values { plan, outputs };
    step_commands(&values, step).iter().map(Command::shown).collect()
}

/// The whole plan as a Bash script. Ids that AWS gives are kept in variables.
pub fn script(plan: &Plan, outputs: &BTreeMap<StepId, Outputs>) -> String {
    let values = Values { plan, outputs };
    let mut text = String::new();
    let what = match plan.purpose {
        Purpose::Apply => "Deployment",
        Purpose::Prepare => "Repository",
        Purpose::Destroy => "Removal",
    };
    let Plan {
        account_id,
        region,
        made_at,
        spec,
        ..
    } = plan;
    let commands: Vec<Vec<Command>> = plan
        .steps
        .iter()
        .map(|step| step_commands(&values, step))
        .collect();
    let all: Vec<&Command> = commands.iter().flatten().collect();
    let body: String = all.iter().map(|command| command.scripted() + "\n").collect();
    let read: String = all.iter().map(|command| command.reads()).collect();
    let is_read = |variable: &str| read.contains(&format!("${{{variable}}}"));
    // Writing to a string can't fail.
    let _ = writeln!(
        text,
        "#!/usr/bin/env bash\n\
         # {what} of the stack {}, planned {made_at}. It may be started again after it was cut off.\n\
         set -euo pipefail\n\
         export AWS_REGION={region} AWS_DEFAULT_REGION={region} AWS_PAGER=''\n\n\
         {}\n\
         if [ \"$(aws sts get-caller-identity --query Account --output text)\" != {account_id} ]; then\n  \
           echo 'This plan is for account {account_id}.' >&2\n  \
           exit 1\n\
         fi",
        spec.name,
        prelude::programs(&body),
    );
    text.push_str(&prelude::newer_cli(&body));
    text.push_str(&prelude::functions(&body));
    for (step, commands) in plan.steps.iter().zip(commands) {
        let change = format!("{:?}", step.change).to_lowercase();
        let _ = writeln!(
            text,
            "\n# {change}: {} {}",
            step.action.kind(),
            one_line(&step.action.name())
        );
        for command in commands {
            let _ = writeln!(text, "{}", command.keeping_only(is_read).scripted());
        }
    }
    text
}

/// A name in a comment must not end the comment.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

impl Values<'_> {
    /// Whether the plan makes a role that AWS needs a moment to spread.
    pub(super) fn makes_roles(&self) -> bool {
        let makes = |step: &PlannedStep| {
            let is_role = matches!(
                step.action,
                Action::LinkedRole { .. } | Action::ExecutionRole { .. }
            );
            is_role && creates(step.change)
        };
        self.plan.steps.iter().any(makes)
    }

    /// A command that may come too early for a new role.
    pub(super) fn after_roles(&self, command: Command) -> Command {
        match self.makes_roles() {
            true => command.tried(ROLE_TRIES),
            false => command,
        }
    }
}

/// Whether a step's thing has to be made.
pub(super) fn creates(change: Change) -> bool {
    change == Change::Create
}
