//! The commands that people keep, with real values in them.

use app::backend::stacks::HandyCommand;
use engine::plan::action::OutputName;
use engine::spec::StackSpec;
use engine::spec::names::Names;

use crate::runs::outcome::StackOutputs;

/// Every command whose values are known.
pub(super) fn commands(spec: &StackSpec, outputs: &StackOutputs) -> Vec<HandyCommand> {
    let names = Names::of(spec);
    let region = &spec.region;
    let (cluster, service) = (&names.cluster, &names.service);
    let arn = |step: &str| {
        outputs
            .steps
            .get(&step.into())
            .and_then(|answered| answered.get(&OutputName::Arn))
            .cloned()
    };
    let mut all = vec![
        (
            "service_counts",
            format!(
                "aws ecs describe-services --region {region} --cluster {cluster} --services {service} \\\n  --query 'services[0].{{running:runningCount,pending:pendingCount,desired:desiredCount}}'"
            ),
        ),
        (
            "task_address",
            format!(
                "task=$(aws ecs list-tasks --region {region} --cluster {cluster} --service-name {service} --query 'taskArns[0]' --output text)\neni=$(aws ecs describe-tasks --region {region} --cluster {cluster} --tasks \"$task\" \\\n  --query \"tasks[0].attachments[0].details[?name=='networkInterfaceId'].value\" --output text)\naws ec2 describe-network-interfaces --region {region} --network-interface-ids \"$eni\" \\\n  --query 'NetworkInterfaces[0].Association.PublicIp' --output text"
            ),
        ),
    ];
    if let Some(target_group) = arn("target_group") {
        all.push((
            "target_health",
            format!(
                "aws elbv2 describe-target-health --region {region} \\\n  --target-group-arn {target_group} \\\n  --query 'TargetHealthDescriptions[].TargetHealth'"
            ),
        ));
    }
    if let Some(load_balancer) = arn("load_balancer") {
        all.push((
            "listeners",
            format!("aws elbv2 describe-listeners --region {region} \\\n  --load-balancer-arn {load_balancer} --query 'Listeners[].[Port,Protocol,DefaultActions[0].Type]'"),
        ));
    }
    all.push((
        "logs",
        format!("aws logs tail {} --region {region} --follow", names.log_group),
    ));
    if let Some(url) = &outputs.url {
        let base = url.trim_end_matches('/');
        let base = base.strip_suffix(&spec.health.path).unwrap_or(base);
        all.push(("answer", format!("curl -i {base}{}", spec.health.path)));
    }
    all.push(("redeploy", format!("aws ecs update-service --region {region} --cluster {cluster} --service {service} --force-new-deployment")));
    all.push(("scale", format!("aws ecs update-service --region {region} --cluster {cluster} --service {service} --desired-count 2")));
    all.into_iter()
        .map(|(code, command)| HandyCommand {
            code: code.to_owned(),
            command,
        })
        .collect()
}
