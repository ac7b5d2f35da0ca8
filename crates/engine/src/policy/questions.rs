//! The policy as questions: what to ask AWS to know whether credentials may do everything in it.

use std::collections::BTreeMap;

use super::scope::Place;
use super::{ACTIONS, Lent, Scope};
use crate::cloud::identity::Question;

/// The last part of the names of things that are asked about; nothing of this name has to exist.
const NAME: &str = "slipway-check";

/// A thing that this action is about: service and the rest of its ARN. `None`: the action knows no resources.
/// Source: the resource types of the Service Authorization Reference.
fn thing(action: &str, scope: Scope) -> Option<(&'static str, String)> {
    let (service, call) = action.split_once(':')?;
    let has = |words: &[&str]| words.iter().any(|word| call.contains(word));
    let found = match service {
        "ec2" => {
            let id = "0123456789abcdef0";
            let kind = match () {
                () if scope == Scope::MakeInside => ("vpc/vpc", id),
                () if has(&["InternetGateway"]) => ("internet-gateway/igw", id),
                () if has(&["Route"]) => ("route-table/rtb", id),
                () if has(&["Subnet"]) => ("subnet/subnet", id),
                () if has(&["SecurityGroup"]) => ("security-group/sg", id),
                () => ("vpc/vpc", id),
            };
            ("ec2", format!("{}-{}", kind.0, kind.1))
        }
        "ecr" => ("ecr", format!("repository/{NAME}")),
        "ecs" if has(&["Cluster"]) => ("ecs", format!("cluster/{NAME}")),
        "ecs" if has(&["TaskDefinition"]) => ("ecs", format!("task-definition/{NAME}:1")),
        "ecs" => ("ecs", format!("service/{NAME}/{NAME}")),
        "elasticloadbalancing" if has(&["TargetGroup"]) => (
            "elasticloadbalancing",
            format!("targetgroup/{NAME}/0123456789abcdef"),
        ),
        "elasticloadbalancing" if has(&["ModifyListener", "DeleteListener"]) => (
            "elasticloadbalancing",
            format!("listener/app/{NAME}/0123456789abcdef/0123456789abcdef"),
        ),
        "elasticloadbalancing" => (
            "elasticloadbalancing",
            format!("loadbalancer/app/{NAME}/0123456789abcdef"),
        ),
        "logs" => ("logs", format!("log-group:/ecs/{NAME}")),
        "amplify" if has(&["Branch"]) => ("amplify", "apps/slipwaycheck/branches/main".to_owned()),
        "amplify" if has(&["Job"]) => ("amplify", "apps/slipwaycheck/branches/main/jobs/1".to_owned()),
        "amplify" => ("amplify", "apps/slipwaycheck".to_owned()),
        _ => return None,
    };
    Some(found)
}

/// ARNs of roles that actions of this scope are about.
fn roles(scope: Scope, place: &Place<'_>) -> Vec<String> {
    match scope {
        Scope::LinkedRole => {
            vec![place.role("aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")]
        }
        // Lent ones by their names. A wildcard in a name is as good as any letters.
        _ => scope
            .resources(place)
            .into_iter()
            .filter(|arn| arn.contains(":role/"))
            .map(|arn| arn.replace('*', NAME))
            .collect(),
    }
}

/// Everything in the policy as questions: the same actions, each on a thing that they are about, in the situation that
/// the policy asks for. Questions on the same thing are one.
pub fn questions(account_id: &str, region: &str, lent: &Lent) -> Vec<Question> {
    let place = Place::new(account_id, region, lent);
    let mut asked: BTreeMap<(Option<String>, _), Vec<String>> = BTreeMap::new();
    for grant in ACTIONS {
        let (action, scope) = (grant.action, grant.scope);
        if scope.resources(&place).is_empty() {
            continue;
        }
        let things = match scope {
            Scope::Anywhere => vec![None],
            _ if action.starts_with("iam:") => roles(scope, &place).into_iter().map(Some).collect(),
            _ => vec![thing(action, scope).map(|(service, rest)| place.arn(service, &rest))],
        };
        for thing in things {
            let actions = asked.entry((thing, scope.example(&place))).or_default();
            actions.push(action.to_owned());
        }
    }
    asked
        .into_iter()
        .map(|((resource, context), actions)| Question {
            actions,
            resource,
            context,
        })
        .collect()
}
