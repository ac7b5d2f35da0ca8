//! What it costs: an estimate from dated list prices and stated assumptions.
//!
//! The file holds on-demand list prices of the main regions. A region that is not in it is estimated with Tokyo's prices,
//! which are among the higher ones, and [`Region::is_exact`] says so.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::cloud::registry::Architecture;
use crate::plan::Change;
use crate::plan::action::{Action, PlannedService};
use crate::snapshot::Snapshot;
use crate::spec::StackSpec;

const FILE: &str = include_str!("2026-11.json");
/// The region whose prices stand in for unknown ones.
const STAND_IN: &str = "ap-northeast-1";

/// A price file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// The day the prices were looked up.
    pub as_of: String,
    /// What they are.
    pub note: String,
    /// Yen for a dollar, for display only; of the same day.
    pub usd_jpy: f64,
    /// What is assumed about use.
    pub assumptions: Assumptions,
    regions: BTreeMap<String, RegionPrices>,
}

/// What is assumed about use.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumptions {
    /// Hours in a month.
    pub hours_per_month: f64,
    /// Load balancer capacity units of a small service.
    pub lcus: f64,
    /// GB of logs that one task writes in a month.
    pub log_gb_per_task_month: f64,
    /// GB of an image in ECR.
    pub image_gb: f64,
}

/// US dollars, per unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionPrices {
    /// Fargate on x86, vCPU-hour.
    pub fargate_x86_vcpu_hour: f64,
    /// Fargate on x86, GB-hour.
    pub fargate_x86_gb_hour: f64,
    /// Fargate on arm64, vCPU-hour.
    pub fargate_arm_vcpu_hour: f64,
    /// Fargate on arm64, GB-hour.
    pub fargate_arm_gb_hour: f64,
    /// ALB, hour.
    pub alb_hour: f64,
    /// ALB capacity unit, hour.
    pub alb_lcu_hour: f64,
    /// Public IPv4 address, hour.
    pub public_ipv4_hour: f64,
    /// NAT gateway, hour (to compare with: Slipway makes none).
    pub nat_gateway_hour: f64,
    /// ECR storage, GB-month.
    pub ecr_gb_month: f64,
    /// CloudWatch Logs ingestion, GB.
    pub logs_ingest_gb: f64,
}

/// Prices of one region.
#[derive(Debug, Clone, Copy)]
pub struct Region {
    /// The prices.
    pub prices: RegionPrices,
    /// False when another region's prices stand in.
    pub is_exact: bool,
}

static PRICES: LazyLock<Prices> = LazyLock::new(|| {
    // The file is part of the program, and a test reads it.
    serde_json::from_str(FILE).unwrap_or_default()
});

/// The prices this build knows.
pub fn prices() -> &'static Prices {
    &PRICES
}

impl Prices {
    /// Prices of a region.
    pub fn region(&self, code: &str) -> Region {
        let known = self.regions.get(code).copied();
        let prices = known
            .or_else(|| self.regions.get(STAND_IN).copied())
            .unwrap_or_default();
        Region {
            prices,
            is_exact: known.is_some(),
        }
    }

    /// Codes of the regions in the file.
    pub fn known_regions(&self) -> impl Iterator<Item = &str> {
        self.regions.keys().map(String::as_str)
    }

    /// US dollars as yen, for display.
    pub fn yen(&self, usd: f64) -> f64 {
        usd * self.usd_jpy
    }
}

/// A task with its public address, US dollars a month.
pub fn task_monthly_usd(region: &str, cpu: u32, memory_mib: u32, architecture: Architecture) -> f64 {
    let prices = prices();
    let rates = prices.region(region).prices;
    let (vcpu, gb) = match architecture {
        Architecture::X86_64 => (rates.fargate_x86_vcpu_hour, rates.fargate_x86_gb_hour),
        Architecture::Arm64 => (rates.fargate_arm_vcpu_hour, rates.fargate_arm_gb_hour),
    };
    let hour = vcpu * f64::from(cpu) / 1024.0 + gb * f64::from(memory_mib) / 1024.0 + rates.public_ipv4_hour;
    hour * prices.assumptions.hours_per_month
}

/// An ALB with one public address per zone, US dollars a month.
pub fn load_balancer_monthly_usd(region: &str, zones: usize) -> f64 {
    let prices = prices();
    let rates = prices.region(region).prices;
    let zones = u32::try_from(zones).unwrap_or(u32::MAX);
    let hour = rates.alb_hour
        + rates.alb_lcu_hour * prices.assumptions.lcus
        + rates.public_ipv4_hour * f64::from(zones);
    hour * prices.assumptions.hours_per_month
}

/// Logs of some tasks, US dollars a month.
pub fn logs_monthly_usd(region: &str, tasks: u32) -> f64 {
    let prices = prices();
    prices.region(region).prices.logs_ingest_gb * prices.assumptions.log_gb_per_task_month * f64::from(tasks)
}

/// A repository with one image, US dollars a month.
pub fn repository_monthly_usd(region: &str) -> f64 {
    let prices = prices();
    prices.region(region).prices.ecr_gb_month * prices.assumptions.image_gb
}

/// What a whole stack costs while it runs in two zones, US dollars a month.
pub fn stack_monthly_usd(spec: &StackSpec) -> f64 {
    let container = &spec.container;
    let task = task_monthly_usd(
        &spec.region,
        container.cpu,
        container.memory_mib,
        container.architecture,
    );
    let tasks = spec.service.desired_count;
    task * f64::from(tasks)
        + load_balancer_monthly_usd(&spec.region, 2)
        + logs_monthly_usd(&spec.region, tasks)
}

/// US dollars a month that exist because of a step.
pub(crate) fn step_monthly_usd(
    action: &Action,
    change: Change,
    spec: &StackSpec,
    snapshot: &Snapshot,
) -> f64 {
    let region = &snapshot.region;
    match (change, action) {
        (Change::Create, Action::LoadBalancer { subnets, .. }) => {
            load_balancer_monthly_usd(region, subnets.len())
        }
        (Change::Create, Action::LogGroup { .. }) => logs_monthly_usd(region, spec.service.desired_count),
        (Change::Create, Action::Repository { .. }) => repository_monthly_usd(region),
        (Change::Create | Change::Update, Action::Service(PlannedService { desired, .. })) => {
            let container = &spec.container;
            let task = task_monthly_usd(
                region,
                container.cpu,
                container.memory_mib,
                container.architecture,
            );
            task * f64::from(*desired) - service_now_monthly_usd(snapshot)
        }
        _ => 0.0,
    }
}

/// What the service costs as it is.
fn service_now_monthly_usd(snapshot: &Snapshot) -> f64 {
    use crate::cloud::compute::ServiceStatus;
    match (&snapshot.service, &snapshot.task_definition) {
        (Some(service), Some(now)) if service.status == ServiceStatus::Active => {
            let task = task_monthly_usd(&snapshot.region, now.cpu, now.memory_mib, now.architecture);
            task * f64::from(service.desired)
        }
        _ => 0.0,
    }
}
