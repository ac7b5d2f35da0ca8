//! Snapshots for tests: the runbook's account as it was that morning, and a fresh account.

use std::collections::BTreeMap;

use engine::cloud::identity::{Caller, Role};
use engine::cloud::network::{
    InternetGateway, Route, RouteTable, RouteTableAssociation, RouteTarget, SecurityGroup, Subnet, Vpc, Zone,
};
use engine::cloud::registry::{Architecture, ImageFacts, Repository};
use engine::snapshot::{FrontendState, Snapshot};
use jiff::Timestamp;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "ap-northeast-1";

pub(crate) fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().expect("a time")
}

pub(crate) fn zone(letter: &str) -> Zone {
    let id = match letter {
        "a" => "apne1-az4",
        "c" => "apne1-az1",
        _ => "apne1-az2",
    };
    Zone {
        name: format!("{REGION}{letter}"),
        id: id.to_owned(),
    }
}

pub(crate) fn subnet(id: &str, vpc: &str, cidr: &str, letter: &str, free: u32) -> Subnet {
    Subnet {
        id: id.to_owned(),
        vpc_id: vpc.to_owned(),
        cidr: cidr.parse().expect("a range"),
        zone: zone(letter),
        free_addresses: free,
        map_public_ip: true,
        tags: BTreeMap::new(),
    }
}

pub(crate) fn table(id: &str, vpc: &str, main: bool, igw: Option<&str>, subnets: &[&str]) -> RouteTable {
    let anywhere = "0.0.0.0/0".parse().expect("a range");
    let route = |id: &str| Route {
        destination: anywhere,
        target: RouteTarget::InternetGateway(id.to_owned()),
        active: true,
    };
    let associate = |subnet: &&str| RouteTableAssociation {
        id: format!("rtbassoc-{subnet}"),
        subnet_id: (*subnet).to_owned(),
    };
    RouteTable {
        id: id.to_owned(),
        vpc_id: vpc.to_owned(),
        main,
        associations: subnets.iter().map(associate).collect(),
        routes: igw.map(route).into_iter().collect(),
        tags: BTreeMap::new(),
    }
}

pub(crate) fn vpc(id: &str, cidr: &str, is_default: bool) -> Vpc {
    Vpc {
        id: id.to_owned(),
        cidrs: vec![cidr.parse().expect("a range")],
        is_default,
        dns: Some(true),
        tags: BTreeMap::new(),
    }
}

pub(crate) fn group(id: &str, name: &str, vpc: &str) -> SecurityGroup {
    SecurityGroup {
        id: id.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        vpc_id: vpc.to_owned(),
        ingress: Vec::new(),
        egress: Vec::new(),
        tags: BTreeMap::new(),
    }
}

pub(crate) fn role(name: &str) -> Role {
    Role {
        name: name.to_owned(),
        arn: format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        trusted_services: vec!["ecs-tasks.amazonaws.com".into()],
        attached_policies: vec![
            "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy".into(),
        ],
        inline_policies: Vec::new(),
        tags: BTreeMap::new(),
    }
}

pub(crate) fn image_facts() -> ImageFacts {
    ImageFacts {
        digest: format!("sha256:{}", "ab".repeat(32)),
        architectures: vec![Architecture::X86_64],
        exposed_ports: vec![8080],
        user: String::new(),
        entrypoint: Vec::new(),
        command: vec!["uvicorn".into()],
        has_curl: Some(false),
        size_bytes: 70_000_000,
        pushed_at: None,
    }
}

pub(crate) fn repository(name: &str) -> Repository {
    Repository {
        name: name.to_owned(),
        arn: format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"),
        uri: format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}"),
        scan_on_push: false,
        lifecycle_policy: None,
        tags: BTreeMap::new(),
    }
}

fn empty() -> Snapshot {
    Snapshot {
        taken_at: now(),
        caller: Caller {
            account_id: ACCOUNT.into(),
            arn: format!("arn:aws:iam::{ACCOUNT}:user/aiko"),
        },
        region: REGION.into(),
        zones: vec![zone("a"), zone("c"), zone("d")],
        vpcs: Vec::new(),
        vpc_id: None,
        subnets: Vec::new(),
        route_tables: Vec::new(),
        internet_gateways: Vec::new(),
        security_groups: Vec::new(),
        repository: None,
        repository_images: 0,
        image: None,
        log_group: None,
        execution_role: None,
        secrets_policy: None,
        ecs_linked_role: false,
        elb_linked_role: false,
        cluster: None,
        task_definition: None,
        task_definition_arns: Vec::new(),
        leftovers: Default::default(),
        service: None,
        load_balancer: None,
        listeners: Vec::new(),
        target_group: None,
        healthy_targets: 0,
        panel_address: None,
        frontend: FrontendState::NotWanted,
    }
}

/// Default VPC with a public subnet in each zone, nothing else.
pub(crate) fn fresh() -> Snapshot {
    let id = "vpc-00000000000000001";
    Snapshot {
        vpcs: vec![vpc(id, "172.31.0.0/16", true)],
        vpc_id: Some(id.into()),
        subnets: vec![
            subnet("subnet-0000000000000000a", id, "172.31.32.0/20", "a", 4091),
            subnet("subnet-0000000000000000c", id, "172.31.0.0/20", "c", 4091),
            subnet("subnet-0000000000000000d", id, "172.31.16.0/20", "d", 4091),
        ],
        route_tables: vec![table(
            "rtb-00000000000000001",
            id,
            true,
            Some("igw-00000000000000001"),
            &[],
        )],
        internet_gateways: vec![InternetGateway {
            id: "igw-00000000000000001".into(),
            vpc_id: Some(id.into()),
            tags: BTreeMap::new(),
        }],
        security_groups: vec![group("sg-00000000000000001", "default", id)],
        ..empty()
    }
}

/// The runbook's account: both public subnets in one zone, an older security group open to the world.
pub(crate) fn runbook() -> Snapshot {
    let id = "vpc-0484f20452b5a7773";
    let (one, two) = ("subnet-0d9d1c034ff3310ca", "subnet-0ae8225ddbc930c8b");
    Snapshot {
        vpcs: vec![vpc(id, "10.0.0.0/16", false)],
        vpc_id: Some(id.into()),
        subnets: vec![
            subnet(one, id, "10.0.2.0/24", "a", 250),
            subnet(two, id, "10.0.3.0/24", "a", 251),
            subnet("subnet-0123456789abcdef0", id, "10.0.4.0/24", "c", 251),
        ],
        route_tables: vec![
            table("rtb-0000000000000000f", id, true, None, &[]),
            table(
                "rtb-00000000000000002",
                id,
                false,
                Some("igw-00000000000000002"),
                &[one, two],
            ),
        ],
        internet_gateways: vec![InternetGateway {
            id: "igw-00000000000000002".into(),
            vpc_id: Some(id.into()),
            tags: BTreeMap::new(),
        }],
        security_groups: vec![group("sg-023a5d27e13e2a967", "vendor0918-sg", id)],
        repository: Some(repository("vendor0919-api")),
        repository_images: 1,
        image: Some(image_facts()),
        execution_role: Some(role("ecsTaskExecutionRole")),
        ecs_linked_role: true,
        elb_linked_role: true,
        frontend: FrontendState::Found {
            app_id: "d1a2b3c4d5e6f7".into(),
            app_name: "vendor0919-web".into(),
            default_domain: "d1a2b3c4d5e6f7.amplifyapp.com".into(),
            values: BTreeMap::new(),
            other_names: vec!["AMPLIFY_MONOREPO_APP_ROOT".into()],
            overridden_by_branch: Vec::new(),
            built: true,
        },
        ..empty()
    }
}
