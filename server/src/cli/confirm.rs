//! Asking before something happens.

use std::io::{BufRead, IsTerminal};

use engine::plan::Plan;
use tokio::sync::oneshot;

use super::failure::Failure;
use super::output;

/// What was agreed to: everything (`--yes`), or the plans that somebody has seen. A plan is what was shown.
pub(super) struct Consent {
    to_all: bool,
    given: Option<Plan>,
}

impl Consent {
    /// With `--yes` nothing is asked.
    pub(super) fn new(to_all: bool) -> Self {
        Self { to_all, given: None }
    }

    /// Asks, unless this very plan was agreed to.
    ///
    /// # Errors
    /// Those of [`ask`].
    pub(super) async fn to(&mut self, plan: &Plan, question: &str, word: &str) -> Result<(), Failure> {
        if !self.needed(plan) {
            return Ok(());
        }
        if self.given.is_some() {
            output::note("this is not the plan that you agreed to: the account changed in between");
        }
        ask(self.to_all, question, word).await?;
        self.given = Some(plan.clone());
        Ok(())
    }

    fn needed(&self, plan: &Plan) -> bool {
        !self.to_all && self.given.as_ref().is_none_or(|given| !same(given, plan))
    }
}

/// Asks for a word, unless everything is agreed to. Without a terminal there is nobody to ask.
///
/// # Errors
/// [`Failure::Declined`] for any other word; [`Failure::Usage`] when nobody can be asked.
pub(super) async fn ask(yes: bool, question: &str, word: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("nobody is there to confirm: say --yes".to_owned()));
    }
    output::note(&format!("{question} Type {word} to go on:"));
    if typed().await?.trim() == word {
        Ok(())
    } else {
        Err(Failure::Declined)
    }
}

/// Whether both say the same; when they were made, and from which snapshot, is not what somebody agrees to.
fn same(one: &Plan, other: &Plan) -> bool {
    (
        one.purpose,
        &one.spec,
        &one.account_id,
        &one.region,
        &one.steps,
        &one.findings,
    ) == (
        other.purpose,
        &other.spec,
        &other.account_id,
        &other.region,
        &other.steps,
        &other.findings,
    )
}

/// A line from the terminal. On a thread of its own: Ctrl-C must not wait for the line.
async fn typed() -> Result<String, Failure> {
    let (give, take) = oneshot::channel();
    std::thread::spawn(move || {
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer).map(|_| answer);
        // The command may have been interrupted meanwhile.
        let _unwanted = give.send(read);
    });
    match take.await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Failure::other("no answer", error)),
        Err(error) => Err(Failure::other("no answer", error)),
    }
}

#[cfg(test)]
mod tests {
    use cloud_sim::clock::TokioClock;
    use cloud_sim::{Scenario, World};
    use engine::spec::read;

    use super::*;

    async fn plan() -> Plan {
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        let clock = std::sync::Arc::new(TokioClock::new(now, 1.0));
        let (cloud, _cell) = cloud_sim::memory::account(World::scenario(Scenario::Runbook, now), clock);
        let text = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../examples/vendor0919.toml"
        ));
        let spec = read::from_toml(&text.unwrap()).unwrap();
        let snapshot = engine::snapshot::observe(&cloud, &spec, now).await.unwrap();
        engine::plan::apply(&spec, &snapshot, now)
    }

    #[tokio::test]
    async fn another_plan_than_the_agreed_one_is_asked_about_again() {
        let plan = plan().await;
        let mut consent = Consent::new(false);
        assert!(consent.needed(&plan));
        consent.given = Some(plan.clone());
        let mut later = plan.clone();
        later.made_at = "2026-11-23T10:01:00Z".parse().unwrap();
        assert!(!consent.needed(&later), "the same steps, planned again");
        later.steps.pop();
        assert!(consent.needed(&later), "other steps");
        assert!(!Consent::new(true).needed(&later), "--yes goes on");
    }
}
