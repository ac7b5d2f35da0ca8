//! Links into the AWS console.

use engine::plan::action::{Action, PlannedService, PlannedTaskDefinition};

/// The console's page for one id of what a step made. `None` where the console has no page of its own for it: for
/// addresses, and for what is only looked at.
pub fn link(action: &Action, id: &str, region: &str) -> Option<String> {
    let domain = domain(region);
    let home = format!("https://{region}.{domain}");
    let ec2 = |view: &str, key: &str| format!("{home}/ec2/home?region={region}#{view}:{key}={id}");
    let vpc = |view: &str, key: &str| format!("{home}/vpcconsole/home?region={region}#{view}:{key}={id}");
    let role = |name: &str| format!("https://{domain}/iam/home#/roles/details/{name}");
    let is_arn = id.starts_with("arn:");
    Some(match action {
        Action::Cluster { name } => format!("{home}/ecs/v2/clusters/{name}/services?region={region}"),
        Action::Service(PlannedService { cluster, name, .. })
        | Action::Deployment {
            cluster,
            service: name,
            ..
        } => {
            format!("{home}/ecs/v2/clusters/{cluster}/services/{name}/health?region={region}")
        }
        Action::TaskDefinition(PlannedTaskDefinition { family, .. }) => match revision(id) {
            Some(revision) => {
                format!("{home}/ecs/v2/task-definitions/{family}/{revision}/containers?region={region}")
            }
            None => format!("{home}/ecs/v2/task-definitions/{family}?region={region}"),
        },
        Action::Repository { name, .. } | Action::ImagePushed { repository: name, .. } => {
            format!("{home}/ecr/repositories/private/{name}?region={region}")
        }
        Action::LogGroup { name, .. } => {
            format!(
                "{home}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{}",
                name.replace('/', "$252F")
            )
        }
        Action::ExecutionRole { name, .. } => role(name),
        Action::LinkedRole { service } => role(service.role_name()),
        Action::LoadBalancer { .. } if is_arn => ec2("LoadBalancer", "loadBalancerArn"),
        Action::TargetGroup { .. } if is_arn => ec2("TargetGroup", "targetGroupArn"),
        Action::Listener { .. } if is_arn => ec2("ELBListenerV2", "listenerArn"),
        Action::SecurityGroup { .. } if !is_arn => ec2("SecurityGroup", "groupId"),
        Action::Subnet { .. } if !is_arn => vpc("SubnetDetails", "subnetId"),
        Action::Vpc { .. } if !is_arn => vpc("VpcDetails", "VpcId"),
        Action::RouteTable { .. } if !is_arn => vpc("RouteTableDetails", "RouteTableId"),
        Action::InternetGateway { .. } if !is_arn => vpc("InternetGateway", "internetGatewayId"),
        Action::FrontendVariables { app_id, .. } | Action::FrontendRelease { app_id, .. } => {
            format!("{home}/amplify/apps/{app_id}")
        }
        Action::LoadBalancer { .. }
        | Action::TargetGroup { .. }
        | Action::Listener { .. }
        | Action::ClosedPorts { .. }
        | Action::HealthCheck { .. }
        | Action::SecurityGroup { .. }
        | Action::Subnet { .. }
        | Action::Vpc { .. }
        | Action::RouteTable { .. }
        | Action::InternetGateway { .. }
        | Action::Reachable { .. }
        | Action::Remove { .. } => return None,
    })
}

/// Each partition of AWS has a console of its own.
fn domain(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "console.amazonaws.cn",
        government if government.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    }
}

/// `…:task-definition/api:7` → `7`.
fn revision(arn: &str) -> Option<&str> {
    let (_, revision) = arn.rsplit_once("task-definition/")?.1.rsplit_once(':')?;
    Some(revision)
}

#[cfg(test)]
mod tests {
    use engine::cloud::identity::LinkedService;
    use engine::plan::action::Ref;

    use super::*;

    const ARN: &str = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:listener/app/shop-alb/1/2";

    fn listener() -> Action {
        Action::Listener {
            load_balancer: Ref::Known(String::new()),
            port: 80,
            target_group: Ref::Known(String::new()),
        }
    }

    #[test]
    fn a_log_group_link_encodes_its_slashes_twice() {
        let action = Action::LogGroup {
            name: "/ecs/api".into(),
            retention_days: 30,
        };
        let link = link(&action, "/ecs/api", "ap-northeast-1").unwrap();
        assert!(link.ends_with("log-group/$252Fecs$252Fapi"), "{link}");
    }

    #[test]
    fn a_listener_is_found_by_its_arn() {
        let link = link(&listener(), ARN, "ap-northeast-1").unwrap();
        assert_eq!(
            link,
            format!(
                "https://ap-northeast-1.console.aws.amazon.com/ec2/home?region=ap-northeast-1#ELBListenerV2:listenerArn={ARN}"
            )
        );
    }

    #[test]
    fn a_role_that_aws_makes_is_a_role_like_any_other() {
        let action = Action::LinkedRole {
            service: LinkedService::Ecs,
        };
        assert_eq!(
            link(&action, "arn:aws:iam::1:role/x", "us-east-1").unwrap(),
            "https://console.aws.amazon.com/iam/home#/roles/details/AWSServiceRoleForECS"
        );
    }

    #[test]
    fn every_partition_has_its_own_console() {
        let to = |region: &str| link(&listener(), ARN, region).unwrap();
        assert!(to("cn-north-1").starts_with("https://cn-north-1.console.amazonaws.cn/ec2/"));
        assert!(to("us-gov-west-1").starts_with("https://us-gov-west-1.console.amazonaws-us-gov.com/ec2/"));
    }

    #[test]
    fn the_revision_that_was_made_is_the_one_that_opens() {
        assert_eq!(
            revision("arn:aws:ecs:ap-northeast-1:1:task-definition/shop-api:7"),
            Some("7")
        );
        assert_eq!(revision("shop-api"), None);
    }

    #[test]
    fn an_address_has_no_page_in_the_console() {
        let action = Action::LoadBalancer {
            name: "shop-alb".into(),
            subnets: Vec::new(),
            security_groups: Vec::new(),
        };
        assert_eq!(link(&action, "shop.example.com", "us-east-1"), None);
    }
}
