//! What the estimate promises.

use engine::cloud::registry::Architecture;
use engine::plan::apply;
use engine::prices::{self, prices};
use engine::spec::region;

use crate::accounts::{fresh, now, runbook};
use crate::examples::{hello, vendor};

#[test]
fn the_price_file_is_dated_and_covers_the_main_regions() {
    let file = prices();
    let _: jiff::civil::Date = file.as_of.parse().expect("a date");
    assert!(file.note.contains("estimate"));
    let main = [
        "ap-northeast-1",
        "ap-northeast-3",
        "ap-southeast-1",
        "us-east-1",
        "us-west-2",
        "eu-west-1",
        "eu-central-1",
    ];
    for code in main {
        assert!(file.region(code).is_exact, "{code}");
    }
    for code in file.known_regions() {
        assert!(region::find(code).is_some(), "{code}");
        let rates = file.region(code).prices;
        for rate in [
            rates.fargate_x86_vcpu_hour,
            rates.alb_hour,
            rates.public_ipv4_hour,
            rates.nat_gateway_hour,
        ] {
            assert!(rate > 0.0 && rate < 1.0, "{code}");
        }
        assert!(
            rates.fargate_arm_vcpu_hour < rates.fargate_x86_vcpu_hour,
            "{code}"
        );
    }
}

#[test]
fn an_unknown_region_is_estimated_and_says_so() {
    let region = prices().region("af-south-1");
    assert!(!region.is_exact);
    assert_eq!(region.prices, prices().region("ap-northeast-1").prices);
}

#[test]
fn a_quarter_vcpu_in_virginia_costs_about_twelve_dollars() {
    // Published: 0.25 vCPU, 0.5 GB around the clock with its public address is about $12 a month.
    let usd = prices::task_monthly_usd("us-east-1", 256, 512, Architecture::X86_64);
    assert!((11.5..13.0).contains(&usd), "{usd}");
}

#[test]
fn a_plans_cost_is_the_stacks_cost_and_only_what_it_adds() {
    let plan = apply(&hello(), &fresh(), now());
    let stack = prices::stack_monthly_usd(&hello());
    assert!(
        (plan.monthly_usd() - stack).abs() < 0.01,
        "{} {stack}",
        plan.monthly_usd()
    );
    let before = runbook();
    let after = crate::fulfil::fulfil(&apply(&vendor(), &before, now()), &before);
    let mut more = vendor();
    more.service.desired_count = 3;
    let task = prices::task_monthly_usd("ap-northeast-1", 256, 512, Architecture::X86_64);
    assert!((apply(&more, &after, now()).monthly_usd() - 2.0 * task).abs() < 0.01);
    more.service.desired_count = 0;
    assert!((apply(&more, &after, now()).monthly_usd() + task).abs() < 0.01);
}
