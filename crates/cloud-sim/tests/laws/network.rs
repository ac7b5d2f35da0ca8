//! A network of the stack's own, cut off midway and drifted.

use cloud_sim::{Fault, FaultPlan};
use engine::cloud::network::RouteTarget;
use engine::plan::Change;
use engine::plan::action::OutputName;
use engine::run::RunState;
use engine::spec::{StackSpec, VpcChoice};
use engine::step::{Outcome, WaitingCode};

use crate::stage::{End, Stage, vendor};

/// The runbook's stack in a VPC of its own.
fn apart() -> StackSpec {
    let mut spec = vendor();
    spec.network.vpc = VpcChoice::Create("10.42.0.0/16".parse().expect("a range"));
    spec
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_before_the_names_are_on_is_followed_by_one_that_turns_them_on() {
    let stage = Stage::runbook();
    let plan = stage.plan(&apart()).await;
    stage.cell.look(|world| {
        world.set_faults(FaultPlan::at_action("ec2:ModifyVpcAttribute", Fault::CrashBefore));
    });
    assert!(matches!(stage.go_on(&plan, "run-1").await, End::Crashed));
    stage.cell.look(|world| world.set_faults(FaultPlan::none()));
    let end = stage.go_on(&plan, "run-1").await;
    assert!(
        matches!(end, End::State(RunState::Succeeded)),
        "{end:?}: {:#?}",
        stage.blocked()
    );
    assert_eq!(stage.record("vpc").outcome, Some(Outcome::Created));
    let id = &stage.record("vpc").outputs[&OutputName::Id];
    let vpcs = stage.cloud.network.vpcs().await.expect("vpcs");
    let vpc = vpcs.iter().find(|vpc| vpc.id == *id).expect("the VPC");
    assert_eq!(vpc.dns, Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_default_route_that_leads_elsewhere_is_put_right() {
    let mut stage = Stage::runbook();
    stage.succeed(&apart(), "run-1").await;
    let table = stage.record("route_table").outputs[&OutputName::Id].clone();
    let anywhere = "0.0.0.0/0".parse().expect("a range");
    for target in [
        RouteTarget::Other("eni-0123456789abcdef0".into()),
        // A gateway that is gone: a black hole.
        RouteTarget::InternetGateway("igw-0123456789abcdef0".into()),
    ] {
        stage.cell.look(|world| world.mislead(&table, anywhere, target));
        let plan = stage.plan(&apart()).await;
        let step = plan.step(&"route_table".into()).expect("the table");
        assert_eq!(step.change, Change::Update);
        let state = stage.run(&plan, "run-2").await;
        assert_eq!(state, RunState::Succeeded, "{:#?}", stage.blocked());
        assert_eq!(stage.record("route_table").outcome, Some(Outcome::Updated));
        for step in stage.plan(&apart()).await.steps {
            assert_eq!(step.change, Change::Keep, "{step:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_right_that_depends_on_a_new_tag_is_waited_for() {
    let stage = Stage::runbook();
    let plan = stage.plan(&apart()).await;
    let denied = FaultPlan::at_action("ec2:ModifyVpcAttribute", Fault::Denied);
    stage.cell.look(|world| world.set_faults(denied));
    let spread = async {
        stage.sleep(20).await;
        let waiting = stage.record("vpc").waiting.map(|why| why.code);
        stage.cell.look(|world| world.set_faults(FaultPlan::none()));
        waiting
    };
    let (end, waiting) = tokio::join!(stage.go_on(&plan, "run-1"), spread);
    assert!(
        matches!(end, End::State(RunState::Succeeded)),
        "{end:?}: {:#?}",
        stage.blocked()
    );
    assert_eq!(waiting, Some(WaitingCode::RightsSpreading));
}
