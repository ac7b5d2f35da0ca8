//! The practice account keeps every promise of the cloud traits.

use std::sync::Arc;

use cloud_sim::clock::TokioClock;
use cloud_sim::{Scenario, World, memory, scenario};
use engine::clock::Clock;
use engine::cloud::{Cloud, conformance};
use jiff::Timestamp;

fn account(start: Scenario) -> (Cloud, Arc<cloud_sim::MemoryCell>, Arc<dyn Clock>) {
    let epoch = Timestamp::constant(1_795_392_000, 0);
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::new(epoch, 1.0));
    let (cloud, cell) = memory::account(World::scenario(start, epoch), clock.clone());
    (cloud, cell, clock)
}

macro_rules! leaves_nothing_behind {
    ($name:ident, |$cloud:ident, $clock:ident| $check:expr) => {
        #[tokio::test(start_paused = true)]
        async fn $name() {
            for start in Scenario::ALL {
                let ($cloud, cell, $clock) = account(start);
                let before = cell.look(|world| world.comparable());
                if let Err(failure) = $check.await {
                    panic!("{start}: {failure}");
                }
                // AWS lets go of the last things a little later.
                $clock.sleep(std::time::Duration::from_secs(120)).await;
                assert_eq!(
                    cell.look(|world| world.comparable()),
                    before,
                    "{start}: something is left"
                );
            }
        }
    };
}

leaves_nothing_behind!(
    identity_keeps_its_promises,
    |cloud, _clock| conformance::identity(&cloud)
);
leaves_nothing_behind!(network_keeps_its_promises, |cloud, _clock| conformance::network(
    &cloud
));
leaves_nothing_behind!(
    registry_keeps_its_promises,
    |cloud, _clock| conformance::registry(&cloud)
);
leaves_nothing_behind!(logs_keep_their_promises, |cloud, _clock| conformance::logs(
    &cloud
));
leaves_nothing_behind!(balancing_keeps_its_promises, |cloud, clock| {
    conformance::balancing(&cloud, clock.as_ref())
});
leaves_nothing_behind!(compute_keeps_its_promises, |cloud, clock| conformance::compute(
    &cloud,
    clock.as_ref()
));
leaves_nothing_behind!(deployments_keep_their_promises, |cloud, clock| {
    conformance::deployments(&cloud, clock.as_ref())
});

#[tokio::test(start_paused = true)]
async fn hosting_keeps_its_promises() {
    let (cloud, _, clock) = account(Scenario::Runbook);
    if let Err(failure) = conformance::hosting(&cloud, clock.as_ref(), scenario::RUNBOOK_APP, "main").await {
        panic!("{failure}");
    }
}
