//! Elastic Load Balancing v2.

use super::network::Ground;
use super::{
    Checked, During, PREFIX, Patience, already_exists, ensure, in_use, not_found, tagged, tags, there,
};
use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::cloud::balancing::{CreateLoadBalancer, CreateTargetGroup, HealthCheck, ListenerAction};

/// Load balancer, target groups, listener. `clock` paces the wait for released network interfaces.
///
/// # Errors
/// The first promise that was not kept.
pub async fn balancing(cloud: &Cloud, clock: &dyn Clock) -> Checked {
    let ground = Ground::make(cloud, [10, 78]).await?;
    let elb = &cloud.balancing;
    let name = format!("{PREFIX}-alb");
    ensure(
        elb.load_balancer(&name)
            .await
            .during("load_balancer before")?
            .is_none(),
        "a missing ALB is None",
    )?;
    let wanted = CreateLoadBalancer {
        name: name.clone(),
        internet_facing: true,
        subnet_ids: ground.subnet_ids.clone(),
        security_groups: vec![ground.group_id.clone()],
        tags: tags(),
    };
    let made = elb
        .create_load_balancer(wanted)
        .await
        .during("create_load_balancer")?;
    ensure(
        made.dns_name.contains(&name),
        format!("the DNS name holds the name: {}", made.dns_name),
    )?;
    let read = there(elb.load_balancer(&name).await.during("load_balancer")?, "the ALB")?;
    tagged(&read.tags, "the ALB")?;
    ensure(
        read.arn == made.arn && read.vpc_id == ground.vpc_id && read.internet_facing,
        "the ALB is as asked",
    )?;
    let mut subnets = read.subnet_ids.clone();
    let mut asked = ground.subnet_ids.clone();
    subnets.sort();
    asked.sort();
    ensure(subnets == asked, format!("the ALB's subnets: {subnets:?}"))?;
    ensure(
        read.security_groups == [ground.group_id.clone()],
        "the ALB's security groups",
    )?;
    elb.set_security_groups(&made.arn, std::slice::from_ref(&ground.group_id))
        .await
        .during("set_security_groups")?;

    let groups = target_groups(cloud, &ground).await?;
    let [first, second] = groups;
    let listener = elb
        .create_http_listener(&made.arn, 80, &first, tags())
        .await
        .during("create_http_listener")?;
    already_exists(
        elb.create_http_listener(&made.arn, 80, &first, tags()).await,
        "create_http_listener again",
    )?;
    let listeners = elb.listeners(&made.arn).await.during("listeners")?;
    ensure(
        listeners.len() == 1,
        format!("one listener, got {}", listeners.len()),
    )?;
    tagged(&listeners[0].tags, "the listener")?;
    ensure(
        listeners[0].port == 80
            && listeners[0].protocol == "HTTP"
            && listeners[0].action
                == ListenerAction::Forward {
                    target_group_arn: first.clone(),
                },
        format!("the listener forwards to its target group: {:?}", listeners[0]),
    )?;
    let wired = there(
        elb.target_group(&format!("{PREFIX}-a"))
            .await
            .during("target_group")?,
        "the target group",
    )?;
    ensure(
        wired.load_balancer_arns == [made.arn.clone()],
        "the target group knows its load balancer",
    )?;
    in_use(
        elb.delete_target_group(&first).await,
        "delete_target_group that a listener forwards to",
    )?;
    elb.forward_listener(&listener.arn, &second)
        .await
        .during("forward_listener")?;
    let listeners = elb.listeners(&made.arn).await.during("listeners")?;
    ensure(
        listeners[0].action
            == ListenerAction::Forward {
                target_group_arn: second.clone(),
            },
        "the listener forwards to the other one",
    )?;
    elb.delete_listener(&listener.arn)
        .await
        .during("delete_listener")?;
    ensure(
        elb.listeners(&made.arn)
            .await
            .during("listeners after")?
            .is_empty(),
        "no listener is left",
    )?;
    elb.delete_target_group(&first)
        .await
        .during("delete_target_group")?;
    elb.delete_target_group(&second)
        .await
        .during("delete_target_group")?;
    ensure(
        elb.target_group(&format!("{PREFIX}-a"))
            .await
            .during("target_group after")?
            .is_none(),
        "a deleted target group is None",
    )?;
    elb.delete_load_balancer(&made.arn)
        .await
        .during("delete_load_balancer")?;
    ensure(
        elb.load_balancer(&name)
            .await
            .during("load_balancer after")?
            .is_none(),
        "a deleted ALB is None",
    )?;
    not_found(elb.listeners(&made.arn).await, "listeners of a deleted ALB")?;

    let patience = Patience { clock };
    patience
        .until_free("the ALB's interfaces to be released", || async {
            let left = cloud.network.network_interfaces(&ground.group_id).await?;
            match left.is_empty() {
                true => Ok(()),
                false => Err(crate::cloud::CloudError::InUse {
                    fault: waiting_for_interfaces(left.len()),
                }),
            }
        })
        .await?;
    ground.remove(cloud).await
}

fn waiting_for_interfaces(count: usize) -> crate::cloud::AwsFault {
    crate::cloud::AwsFault {
        operation: "ec2:DescribeNetworkInterfaces".into(),
        code: "DependencyViolation".into(),
        message: format!("{count} network interfaces are still there"),
        request_id: None,
    }
}

async fn target_groups(cloud: &Cloud, ground: &Ground) -> Result<[String; 2], super::Failure> {
    let elb = &cloud.balancing;
    let health_check = HealthCheck {
        path: "/health".into(),
        interval_s: 10,
        timeout_s: 5,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
        matcher: "200".into(),
    };
    let mut arns = [String::new(), String::new()];
    for (arn, letter) in arns.iter_mut().zip(["a", "b"]) {
        let wanted = CreateTargetGroup {
            name: format!("{PREFIX}-{letter}"),
            port: 8080,
            vpc_id: ground.vpc_id.clone(),
            health_check: health_check.clone(),
            tags: tags(),
        };
        *arn = elb
            .create_target_group(wanted)
            .await
            .during("create_target_group")?
            .arn;
    }
    let name = format!("{PREFIX}-a");
    let read = there(
        elb.target_group(&name).await.during("target_group")?,
        "the target group",
    )?;
    tagged(&read.tags, "the target group")?;
    ensure(
        read.protocol == "HTTP"
            && read.port == 8080
            && read.target_type == "ip"
            && read.vpc_id == ground.vpc_id,
        format!("the target group is as asked: {read:?}"),
    )?;
    ensure(
        read.health_check == health_check,
        format!("its health check is as asked: {:?}", read.health_check),
    )?;
    ensure(
        read.load_balancer_arns.is_empty(),
        "no listener forwards to it yet",
    )?;
    let changed = HealthCheck {
        path: "/ready".into(),
        matcher: "200-299".into(),
        interval_s: 15,
        ..health_check
    };
    elb.set_health_check(&arns[0], &changed)
        .await
        .during("set_health_check")?;
    elb.set_deregistration_delay(&arns[0], 30)
        .await
        .during("set_deregistration_delay")?;
    let read = there(
        elb.target_group(&name).await.during("target_group")?,
        "the target group",
    )?;
    ensure(
        read.health_check == changed,
        format!("the changed health check: {:?}", read.health_check),
    )?;
    ensure(
        read.deregistration_delay_s == 30,
        format!("the drain: {}", read.deregistration_delay_s),
    )?;
    ensure(
        elb.target_health(&arns[0])
            .await
            .during("target_health")?
            .is_empty(),
        "it has no targets yet",
    )?;
    Ok(arns)
}
