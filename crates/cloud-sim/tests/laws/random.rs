//! Every valid spec gives a plan that passes the linter, finishes on the practice account, and takes no longer than
//! its critical path.

use cloud_sim::{ImageProfile, Scenario};
use engine::plan::schedule;
use engine::run::{RunState, summary};
use engine::spec::validate::validate;
use engine::spec::{ImageSource, StackSpec};
use proptest::prelude::*;

use crate::specs::{scenario, spec};
use crate::stage::Stage;

async fn finishes(scenario: Scenario, mut spec: StackSpec) -> Result<(), TestCaseError> {
    if scenario == Scenario::Fresh {
        spec.roles.execution = None;
    }
    prop_assert_eq!(validate(&spec), []);
    let mut stage = Stage::new(scenario);
    let image = ImageProfile::fastapi()
        .listening(spec.container.port)
        .on(&[spec.container.architecture]);
    if let ImageSource::Repository { repository, tag } = &spec.image {
        stage
            .cell
            .look(|world| world.expect_push(repository, tag, image, 2));
    }
    let plan = stage.plan(&spec).await;
    let state = stage.run(&plan, "run-1").await;
    prop_assert_eq!(state, RunState::Succeeded, "{:#?}", stage.blocked());
    let summary = summary(&plan, &stage.ledger.records());
    let ratio = summary.makespan_ms as f64 / summary.critical_path_ms as f64;
    let expected_ms = 1_000.0 * f64::from(schedule(&plan).makespan_s);
    prop_assert!(
        summary.makespan_ms as f64 <= 1.05 * expected_ms,
        "{expected_ms} ms expected: {summary:?}"
    );
    prop_assert!(ratio <= 1.05, "{ratio}: {summary:?}");
    let again = stage.plan(&spec).await;
    prop_assert!(again.is_settled(), "{again:#?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_valid_spec_comes_true(scenario in scenario(), spec in spec()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(finishes(scenario, spec))?;
    }
}
