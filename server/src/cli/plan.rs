//! `slipway plan`, and how a plan is shown.

use std::collections::BTreeMap;
use std::path::PathBuf;

use app::i18n::Locale;
use app::words;
use clap::{Args, ValueEnum};
use engine::plan::{Change, Plan, PlannedStep, Weight, export};
use serde_json::{Value, json};

use super::failure::{Exit, Failure};
use super::{ConnectionArg, Context, account, output, spec_file, storage, table};
use crate::runs::start;

/// Show what `apply` would do.
#[derive(Debug, Args)]
pub(super) struct PlanCommand {
    #[command(flatten)]
    connection: ConnectionArg,
    /// The spec, TOML or JSON; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    spec: PathBuf,
    /// Write the plan in another language instead of showing it
    #[arg(long, value_name = "FORMAT")]
    export: Option<Export>,
}

/// What a plan can be written as.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Export {
    /// A Bash script for the AWS CLI
    Cli,
    /// Terraform
    Terraform,
    /// A Mermaid flow chart
    Mermaid,
    /// The spec, as TOML
    Toml,
}

fn exported(plan: &Plan, format: Export) -> Result<String, Failure> {
    Ok(match format {
        Export::Cli => export::cli::script(plan, &BTreeMap::new()),
        Export::Terraform => export::terraform::hcl(plan),
        Export::Mermaid => export::graph::mermaid(plan),
        Export::Toml => {
            engine::spec::read::to_toml(&plan.spec).map_err(|error| Failure::Usage(error.to_string()))?
        }
    })
}

pub(super) async fn run(context: &Context, command: PlanCommand) -> Result<Exit, Failure> {
    let spec = spec_file::load(&command.spec)?;
    let plan = storage::with_panel(&context.storage, async |panel| {
        let connection = account::resolve(&panel.db, &command.connection.connection).await?;
        account::check_region(&connection, &spec.region)?;
        let open = panel.clouds.open(&connection).await?;
        Ok(start::plan_apply(&open, &spec).await?)
    })
    .await?;
    if let Some(format) = command.export {
        output::line(exported(&plan, format)?.trim_end());
    } else if context.json {
        output::json(&to_json(&plan));
    } else {
        for line in describe(&plan) {
            output::line(&line);
        }
    }
    Ok(if plan.is_blocked() {
        Exit::Blocked
    } else {
        Exit::Done
    })
}

/// The plan as a table, with what the preflight says and what it adds up to.
pub(super) fn describe(plan: &Plan) -> Vec<String> {
    let l = Locale::en;
    let rows: Vec<Vec<String>> = plan
        .steps
        .iter()
        .map(|step| {
            vec![
                sign(step.change).to_owned(),
                words::step::kind(l, &step.action).to_owned(),
                words::step::name(&step.action),
                words::reason::reason(l, step, &plan.steps),
            ]
        })
        .collect();
    let mut lines = Vec::new();
    for (line, step) in table::lines(&rows).into_iter().zip(&plan.steps) {
        lines.push(line);
        let differences = step.differences.iter();
        lines.extend(differences.map(|one| format!("    {}", words::difference::difference(l, one))));
    }
    for finding in plan
        .findings
        .iter()
        .filter(|finding| finding.weight != Weight::Pass)
    {
        let mark = if finding.weight == Weight::Block {
            "blocked"
        } else {
            "note"
        };
        lines.push(format!("{mark}: {}", words::finding::finding(l, finding)));
    }
    let counts = plan.counts();
    lines.push(format!(
        "{} to create, {} to update, {} to adopt, {} to keep, {} to delete, {} to wait for; about {} and {:.2} USD a month",
        counts.create,
        counts.update,
        counts.adopt,
        counts.keep,
        counts.delete,
        counts.wait,
        minutes(engine::plan::schedule(plan).makespan_s),
        plan.monthly_usd(),
    ));
    lines
}

fn sign(change: Change) -> &'static str {
    match change {
        Change::Create => "+",
        Change::Update => "~",
        Change::Keep => "=",
        Change::Adopt => "@",
        Change::Delete => "-",
        Change::Wait => "…",
    }
}

/// A length of time for people.
pub(super) fn minutes(seconds: u32) -> String {
    match seconds {
        0..=90 => format!("{seconds} s"),
        more => format!("{} min", more.div_ceil(60)),
    }
}

/// What a step declares about itself: the calls it may make, the commands that do the same, how it is undone.
fn declared(plan: &Plan, step: &PlannedStep) -> Value {
    json!({
        "id": step.id,
        "iam_actions": engine::step::step(&step.action).iam_actions(),
        "commands": export::cli::commands(plan, step, &BTreeMap::new()),
        "undo": step.undo(),
    })
}

/// The plan for scripts: the plan itself, what its steps declare, and what it adds up to.
pub(super) fn to_json(plan: &Plan) -> Value {
    json!({
        "blocked": plan.is_blocked(),
        "settled": plan.is_settled(),
        "expected_s": engine::plan::schedule(plan).makespan_s,
        "monthly_usd": plan.monthly_usd(),
        "steps": plan.steps.iter().map(|step| declared(plan, step)).collect::<Vec<_>>(),
        "plan": plan,
    })
}
