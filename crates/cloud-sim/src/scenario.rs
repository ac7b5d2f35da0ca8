//! Accounts to start from.

use std::collections::BTreeMap;
use std::str::FromStr;

use engine::cloud::Tags;
use engine::cloud::hosting::JobKind;
use engine::cloud::identity::{CreateRole, LinkedService};
use engine::cloud::network::{CreateSecurityGroup, CreateSubnet, Direction, Peer, Rule, Traffic, Zone};
use ipnet::Ipv4Net;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::hosting::{AppRecord, BranchRecord, JobRecord};
use crate::world::World;

/// The account of every practice account.
pub const ACCOUNT_ID: &str = "123456789012";
/// Its region.
pub const REGION: &str = "ap-northeast-1";
/// The runbook's VPC.
pub const RUNBOOK_VPC: &str = "vpc-0484f20452b5a7773";
/// The runbook's two public subnets, both in 1a.
pub const RUNBOOK_SUBNETS: [&str; 2] = ["subnet-0d9d1c034ff3310ca", "subnet-0ae8225ddbc930c8b"];
/// The older security group that the runbook's tasks reused.
pub const RUNBOOK_TASK_GROUP: &str = "sg-023a5d27e13e2a967";
/// The runbook's Amplify app.
pub const RUNBOOK_APP: &str = "d2m7v0919kqx4t";

/// An account to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// The account as it was on the morning of the runbook: a VPC whose two public subnets are in the same zone, an
    /// older security group, an execution role, an Amplify app.
    Runbook,
    /// The default VPC and nothing else.
    Fresh,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Runbook, Self::Fresh];

    /// Its name: `runbook`, `fresh`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Runbook => "runbook",
            Self::Fresh => "fresh",
        }
    }
}

impl std::fmt::Display for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// No scenario has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no practice account {0:?}; there are: runbook, fresh")]
pub struct UnknownScenario(pub String);

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(text: &str) -> Result<Self, UnknownScenario> {
        Self::ALL
            .into_iter()
            .find(|known| known.name() == text)
            .ok_or_else(|| UnknownScenario(text.to_owned()))
    }
}

fn range(octets: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new(octets.into(), prefix).unwrap_or_default()
}

fn named(name: &str) -> Tags {
    Tags::from([("Name".to_owned(), name.to_owned())])
}

impl World {
    /// An account as the scenario says, at a time.
    pub fn scenario(scenario: Scenario, now: Timestamp) -> Self {
        let mut world = Self::bare(ACCOUNT_ID, REGION, now);
        let zone = |letter: &str, id: &str| Zone {
            name: format!("{REGION}{letter}"),
            id: id.to_owned(),
        };
        world.network.zones = vec![
            zone("a", "apne1-az4"),
            zone("c", "apne1-az1"),
            zone("d", "apne1-az2"),
        ];
        match scenario {
            Scenario::Runbook => world.runbook(),
            Scenario::Fresh => world.fresh(),
        }
        world
    }

    /// A VPC with an internet gateway; answers the gateway.
    fn ground(&mut self, vpc: &str, cidr: Ipv4Net, is_default: bool, tags: &Tags) -> String {
        self.make_vpc(vpc.to_owned(), cidr, is_default, tags.clone());
        let gateway = self.create_internet_gateway(tags.clone()).id;
        built(self.attach_internet_gateway(&gateway, vpc));
        gateway
    }

    fn subnet(&mut self, id: &str, vpc: &str, cidr: Ipv4Net, zone_id: &str, tags: Tags) {
        let wanted = CreateSubnet {
            vpc_id: vpc.to_owned(),
            cidr,
            zone_id: zone_id.to_owned(),
            tags,
        };
        built(self.make_subnet(id.to_owned(), wanted, true));
    }

    fn fresh(&mut self) {
        let vpc = self.id("vpc");
        let gateway = self.ground(&vpc, range([172, 31, 0, 0], 16), true, &Tags::new());
        let zones = [("apne1-az4", 32), ("apne1-az1", 0), ("apne1-az2", 16)];
        for (zone, third) in zones {
            let id = self.id("subnet");
            self.subnet(&id, &vpc, range([172, 31, third, 0], 20), zone, Tags::new());
        }
        let main = self
            .network
            .tables
            .values()
            .find(|table| table.main)
            .map(|table| table.id.clone());
        built(self.create_internet_route(&main.unwrap_or_default(), range([0, 0, 0, 0], 0), &gateway));
    }

    fn runbook(&mut self) {
        let gateway = self.ground(RUNBOOK_VPC, range([10, 0, 0, 0], 16), false, &named("vendor"));
        let table = built(self.create_route_table(RUNBOOK_VPC, named("vendor-public"))).map(|table| table.id);
        let table = table.unwrap_or_default();
        built(self.create_internet_route(&table, range([0, 0, 0, 0], 0), &gateway));
        for (id, third, name) in [
            (RUNBOOK_SUBNETS[0], 2, "vendor-public-1"),
            (RUNBOOK_SUBNETS[1], 3, "vendor-public-2"),
        ] {
            self.subnet(
                id,
                RUNBOOK_VPC,
                range([10, 0, third, 0], 24),
                "apne1-az4",
                named(name),
            );
            built(self.associate_route_table(&table, id));
        }
        let group = CreateSecurityGroup {
            vpc_id: RUNBOOK_VPC.to_owned(),
            name: "vendor0918-sg".to_owned(),
            description: "vendor0918 api".to_owned(),
            tags: Tags::new(),
        };
        self.make_security_group(RUNBOOK_TASK_GROUP.to_owned(), group);
        let open = Rule {
            traffic: Traffic::Tcp { from: 8080, to: 8080 },
            peer: Peer::Cidr(range([0, 0, 0, 0], 0)),
            description: String::new(),
        };
        built(self.authorize(RUNBOOK_TASK_GROUP, Direction::Ingress, &[open]));

        let long_ago = self
            .now
            .checked_sub(SignedDuration::from_hours(24 * 30))
            .unwrap_or(self.now);
        let morning = std::mem::replace(&mut self.now, long_ago);
        let role = CreateRole {
            name: "ecsTaskExecutionRole".to_owned(),
            trusted_service: "ecs-tasks.amazonaws.com".to_owned(),
            description: "Allows ECS tasks to call AWS services on your behalf.".to_owned(),
            tags: Tags::new(),
        };
        built(self.create_role(role));
        let policy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
        built(self.attach_role_policy("ecsTaskExecutionRole", policy));
        // The role shows that ECS was used here before, so its linked role is there; no load balancer ever was.
        self.link(LinkedService::Ecs, long_ago);
        self.now = morning;

        let variables = BTreeMap::from([("AMPLIFY_MONOREPO_APP_ROOT".to_owned(), "frontend".to_owned())]);
        let yesterday = self
            .now
            .checked_sub(SignedDuration::from_hours(20))
            .unwrap_or(self.now);
        let job = JobRecord {
            id: 1,
            kind: JobKind::WebHook,
            started_at: yesterday,
            compiled: None,
            fails: false,
        };
        let branch = BranchRecord {
            variables: BTreeMap::new(),
            built_variables: variables.clone(),
            jobs: vec![job],
            updated_at: yesterday,
            broken: false,
        };
        let app = AppRecord {
            id: RUNBOOK_APP.to_owned(),
            arn: self.arn("amplify", &format!("apps/{RUNBOOK_APP}")),
            name: "vendor0919-web".to_owned(),
            variables,
            branches: BTreeMap::from([("main".to_owned(), branch)]),
            updated_at: yesterday,
        };
        self.hosting.apps.insert(RUNBOOK_APP.to_owned(), app);
    }
}

/// Building a scenario only asks for what AWS grants; the tests look at the result.
fn built<T>(result: engine::cloud::Result<T>) -> Option<T> {
    debug_assert!(result.is_ok(), "a scenario asked for something impossible");
    result.ok()
}
