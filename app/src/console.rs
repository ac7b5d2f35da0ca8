//! Links into the AWS console.

use engine::plan::action::Action;

/// The console's page for what a step made. `None` where the console has no page of its own for it.
pub fn link(action: &Action, id: &str, region: &str) -> Option<String> {
    let home = format!("https://{region}.console.aws.amazon.com");
    let ec2 = |view: &str, key: &str| format!("{home}/ec2/home?region={region}#{view}:{key}={id}");
    let vpc = |view: &str, key: &str| format!("{home}/vpcconsole/home?region={region}#{view}:{key}={id}");
    Some(match action {
        Action::Cluster { name } => format!("{home}/ecs/v2/clusters/{name}/services?region={region}"),
        Action::Service { cluster, name, .. }
        | Action::Deployment {
            cluster,
            service: name,
            ..
        } => {
            format!("{home}/ecs/v2/clusters/{cluster}/services/{name}/health?region={region}")
        }
        Action::TaskDefinition { family, .. } => {
            format!("{home}/ecs/v2/task-definitions/{family}?region={region}")
        }
        Action::Repository { name, .. } | Action::ImagePushed { repository: name, .. } => {
            format!("{home}/ecr/repositories/private/{name}?region={region}")
        }
        Action::LogGroup { name, .. } => {
            format!(
                "{home}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{}",
                name.replace('/', "$252F")
            )
        }
        Action::ExecutionRole { name, .. } => {
            format!("https://console.aws.amazon.com/iam/home#/roles/details/{name}")
        }
        Action::LoadBalancer { .. } if id.starts_with("arn:") => {
            format!("{home}/ec2/home?region={region}#LoadBalancer:loadBalancerArn={id}")
        }
        Action::TargetGroup { .. } => {
            format!("{home}/ec2/home?region={region}#TargetGroup:targetGroupArn={id}")
        }
        Action::SecurityGroup { .. } => ec2("SecurityGroup", "groupId"),
        Action::Subnet { .. } => vpc("SubnetDetails", "subnetId"),
        Action::Vpc { .. } => vpc("VpcDetails", "VpcId"),
        Action::RouteTable { .. } => vpc("RouteTableDetails", "RouteTableId"),
        Action::InternetGateway { .. } => vpc("InternetGateway", "internetGatewayId"),
        Action::FrontendVariables { app_id, .. } | Action::FrontendRelease { app_id, .. } => {
            format!("{home}/amplify/apps/{app_id}")
        }
        Action::LinkedRole { .. }
        | Action::LoadBalancer { .. }
        | Action::Listener { .. }
        | Action::ClosedPorts { .. }
        | Action::HealthCheck { .. }
        | Action::Reachable { .. }
        | Action::Remove { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_group_link_encodes_its_slashes_twice() {
        let action = Action::LogGroup {
            name: "/ecs/api".into(),
            retention_days: 30,
        };
        let link = link(&action, "/ecs/api", "ap-northeast-1").unwrap();
        assert!(link.ends_with("log-group/$252Fecs$252Fapi"), "{link}");
    }
}
