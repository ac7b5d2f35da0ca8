//! A security group: ours with exactly the rules asked for, or the user's own with the missing rules added.

use async_trait::async_trait;

use super::ownership::Owner;
use super::{Context, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::cloud::network::{CreateSecurityGroup, Direction, Peer, Rule, SecurityGroup as Group};
use crate::plan::action::{GroupRole, OutputName, PlannedRule, Ref, RulePeer};

pub(crate) struct SecurityGroup {
    pub(crate) role: GroupRole,
    pub(crate) vpc: Ref,
    pub(crate) name: String,
    pub(crate) adopt: Option<String>,
    pub(crate) ingress: Vec<PlannedRule>,
    pub(crate) egress: Option<Vec<PlannedRule>>,
}

/// How the description of every rule begins that Slipway adds to a group which is not its own. After a crash it is
/// the only witness of who added the rule.
pub fn grant_mark(stack: &str) -> String {
    format!("slipway:{stack} ")
}

/// Longest description of a rule that EC2 takes.
const DESCRIPTION_LIMIT: usize = 255;

/// The description of a rule: with the mark where the group is not ours.
pub fn rule_description(stack: &str, adopted: bool, description: &str) -> String {
    let mark = grant_mark(stack);
    let text = match adopted && !description.starts_with(&mark) {
        true => format!("{mark}{description}"),
        false => description.to_owned(),
    };
    text.chars().take(DESCRIPTION_LIMIT).collect()
}

impl SecurityGroup {
    fn rules(&self, context: &Context<'_>, planned: &[PlannedRule]) -> Result<Vec<Rule>, StepError> {
        let mut rules = resolved(context, planned)?;
        for rule in &mut rules {
            rule.description = rule_description(context.stack, self.adopt.is_some(), &rule.description);
        }
        Ok(rules)
    }

    async fn find(&self, context: &Context<'_>, vpc: &str) -> Result<Option<Group>, StepError> {
        let groups = context.cloud.network.security_groups(vpc).await?;
        Ok(groups.into_iter().find(|group| match &self.adopt {
            Some(id) => group.id == *id,
            None => group.name == self.name,
        }))
    }

    fn description(&self, stack: &str) -> String {
        match self.role {
            GroupRole::LoadBalancer => format!("Slipway stack {stack}: load balancer"),
            GroupRole::Task => format!("Slipway stack {stack}: tasks"),
        }
    }
}

/// Planned rules with the ids of the groups they speak of.
pub(super) fn resolved(context: &Context<'_>, planned: &[PlannedRule]) -> Result<Vec<Rule>, StepError> {
    let mut rules = Vec::with_capacity(planned.len());
    for rule in planned {
        let peer = match &rule.peer {
            RulePeer::Cidr(range) => Peer::Cidr(*range),
            RulePeer::Group(group) => Peer::Group(context.value(group)?),
        };
        rules.push(Rule {
            traffic: rule.traffic,
            peer,
            description: rule.description.clone(),
        });
    }
    Ok(rules)
}

/// The same permission, whatever its description says.
pub(super) fn same(one: &Rule, other: &Rule) -> bool {
    one.traffic == other.traffic && one.peer == other.peer
}

/// Those of `wanted` that `present` lacks.
fn lacking(wanted: &[Rule], present: &[Rule]) -> Vec<Rule> {
    wanted
        .iter()
        .filter(|rule| !present.iter().any(|other| same(rule, other)))
        .cloned()
        .collect()
}

#[async_trait]
impl Step for SecurityGroup {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ec2:DescribeSecurityGroups",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupEgress",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let network = &context.cloud.network;
        let vpc = context.value(&self.vpc)?;
        let mut did = context.did;
        let found = match self.find(context, &vpc).await? {
            Some(found) => found,
            None => {
                if let Some(id) = &self.adopt {
                    return Ok(context.vanished(id, "ec2:DescribeSecurityGroups").into());
                }
                let wanted = CreateSecurityGroup {
                    vpc_id: vpc.clone(),
                    name: self.name.clone(),
                    description: self.description(context.stack),
                    tags: context.tags_named(&self.name),
                };
                let made = network.create_security_group(wanted).await?;
                did = Some(Outcome::Created);
                // Read it again: only a read tells the rules AWS gave it.
                match self.find(context, &vpc).await? {
                    Some(found) => found,
                    None => {
                        return Ok(Waiting::new(WaitingCode::Appearing)
                            .with("what", made.id)
                            .poll(1)
                            .having(did));
                    }
                }
            }
        };
        let owner = context.owner(&found.tags);
        if owner == Owner::Somebody && self.adopt.is_none() {
            return Ok(context
                .name_taken("security_group", &self.name, "ec2:DescribeSecurityGroups")
                .into());
        }
        let mut changed = false;
        let incoming = lacking(&self.rules(context, &self.ingress)?, &found.ingress);
        if !incoming.is_empty() {
            network
                .authorize(&found.id, Direction::Ingress, &incoming)
                .await?;
            changed = true;
        }
        if self.adopt.is_none() {
            let extra = lacking(&found.ingress, &self.rules(context, &self.ingress)?);
            if !extra.is_empty() {
                network.revoke(&found.id, Direction::Ingress, &extra).await?;
                changed = true;
            }
        }
        if let (Some(planned), None) = (&self.egress, &self.adopt) {
            let wanted = self.rules(context, planned)?;
            let outgoing = lacking(&wanted, &found.egress);
            if !outgoing.is_empty() {
                network.authorize(&found.id, Direction::Egress, &outgoing).await?;
                changed = true;
            }
            let extra = lacking(&found.egress, &wanted);
            if !extra.is_empty() {
                network.revoke(&found.id, Direction::Egress, &extra).await?;
                changed = true;
            }
        }
        let group = match changed {
            true => self.find(context, &vpc).await?.unwrap_or(found),
            false => found,
        };
        let mut outputs: crate::plan::action::Outputs = [
            (OutputName::Id, group.id.clone()),
            (OutputName::Name, group.name.clone()),
        ]
        .into();
        let mut outcome = context.ended(owner, changed);
        if did == Some(Outcome::Created) {
            outcome = Outcome::Created;
        }
        if self.adopt.is_some() {
            let mark = grant_mark(context.stack);
            let granted: Vec<&Rule> = group
                .ingress
                .iter()
                .filter(|rule| rule.description.starts_with(&mark))
                .collect();
            if !granted.is_empty() {
                // Plain data always serialises.
                outputs.insert(
                    OutputName::Granted,
                    serde_json::to_string(&granted).unwrap_or_default(),
                );
            }
        }
        Ok(Progress::Done { outcome, outputs })
    }
}
