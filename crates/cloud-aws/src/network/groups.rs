//! Security groups and their rules.

use aws_sdk_ec2::types::ResourceType;
use engine::cloud::network::{CreateSecurityGroup, Direction, Peer, Rule, SecurityGroup, Traffic};
use engine::cloud::{CloudError, Result};
use ipnet::Ipv4Net;

use super::Ec2;
use super::convert::{self, filter, permission, required, tag_specification};

impl Ec2 {
    pub(super) async fn groups_of(&self, vpc_id: &str) -> Result<Vec<SecurityGroup>> {
        const OPERATION: &str = "ec2:DescribeSecurityGroups";
        let mut pages = self
            .client
            .describe_security_groups()
            .filters(filter("vpc-id", vpc_id))
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = self.gate.call(OPERATION, pages.try_next()).await? {
            for group in page.security_groups() {
                found.push(convert::security_group(OPERATION, group)?);
            }
        }
        Ok(found)
    }

    pub(super) async fn create_group(&self, group: CreateSecurityGroup) -> Result<SecurityGroup> {
        const OPERATION: &str = "ec2:CreateSecurityGroup";
        let request = self
            .client
            .create_security_group()
            .group_name(&group.name)
            .description(&group.description)
            .vpc_id(&group.vpc_id)
            .set_tag_specifications(
                tag_specification(ResourceType::SecurityGroup, &group.tags).map(|tags| vec![tags]),
            );
        let answer = self.gate.call(OPERATION, request.send()).await?;
        // EC2 answers the id only. What a new group holds is documented: nothing in, everything out.
        Ok(SecurityGroup {
            id: required(OPERATION, "groupId", answer.group_id())?,
            name: group.name,
            description: group.description,
            vpc_id: group.vpc_id,
            ingress: Vec::new(),
            egress: vec![Rule {
                traffic: Traffic::All,
                peer: Peer::Cidr(Ipv4Net::default()),
                description: String::new(),
            }],
            tags: group.tags,
        })
    }

    pub(super) async fn add_rules(&self, group_id: &str, direction: Direction, rules: &[Rule]) -> Result<()> {
        if rules.is_empty() {
            return Ok(());
        }
        match self.authorize_at_once(group_id, direction, rules).await {
            // EC2 refuses the whole call for one rule that is there already, so the others go one by one.
            Err(CloudError::AlreadyExists { .. }) if rules.len() > 1 => {
                for rule in rules {
                    there_is_fine(
                        self.authorize_at_once(group_id, direction, std::slice::from_ref(rule))
                            .await,
                    )?;
                }
                Ok(())
            }
            outcome => there_is_fine(outcome),
        }
    }

    pub(super) async fn take_rules(
        &self,
        group_id: &str,
        direction: Direction,
        rules: &[Rule],
    ) -> Result<()> {
        if rules.is_empty() {
            return Ok(());
        }
        match self.revoke_at_once(group_id, direction, rules).await {
            Err(CloudError::NotFound { fault })
                if fault.code == "InvalidPermission.NotFound" && rules.len() > 1 =>
            {
                for rule in rules {
                    gone_is_fine(
                        self.revoke_at_once(group_id, direction, std::slice::from_ref(rule))
                            .await,
                    )?;
                }
                Ok(())
            }
            outcome => gone_is_fine(outcome),
        }
    }

    async fn authorize_at_once(&self, group_id: &str, direction: Direction, rules: &[Rule]) -> Result<()> {
        match direction {
            Direction::Ingress => {
                const OPERATION: &str = "ec2:AuthorizeSecurityGroupIngress";
                let permissions = rules
                    .iter()
                    .map(|rule| permission(OPERATION, rule))
                    .collect::<Result<Vec<_>>>()?;
                let request = self.client.authorize_security_group_ingress().group_id(group_id);
                self.gate
                    .call(OPERATION, request.set_ip_permissions(Some(permissions)).send())
                    .await?;
            }
            Direction::Egress => {
                const OPERATION: &str = "ec2:AuthorizeSecurityGroupEgress";
                let permissions = rules
                    .iter()
                    .map(|rule| permission(OPERATION, rule))
                    .collect::<Result<Vec<_>>>()?;
                let request = self.client.authorize_security_group_egress().group_id(group_id);
                self.gate
                    .call(OPERATION, request.set_ip_permissions(Some(permissions)).send())
                    .await?;
            }
        }
        Ok(())
    }

    async fn revoke_at_once(&self, group_id: &str, direction: Direction, rules: &[Rule]) -> Result<()> {
        match direction {
            Direction::Ingress => {
                const OPERATION: &str = "ec2:RevokeSecurityGroupIngress";
                let permissions = rules
                    .iter()
                    .map(|rule| permission(OPERATION, rule))
                    .collect::<Result<Vec<_>>>()?;
                let request = self.client.revoke_security_group_ingress().group_id(group_id);
                self.gate
                    .call(OPERATION, request.set_ip_permissions(Some(permissions)).send())
                    .await?;
            }
            Direction::Egress => {
                const OPERATION: &str = "ec2:RevokeSecurityGroupEgress";
                let permissions = rules
                    .iter()
                    .map(|rule| permission(OPERATION, rule))
                    .collect::<Result<Vec<_>>>()?;
                let request = self.client.revoke_security_group_egress().group_id(group_id);
                self.gate
                    .call(OPERATION, request.set_ip_permissions(Some(permissions)).send())
                    .await?;
            }
        }
        Ok(())
    }
}

/// A rule that is gone already is what revoking wants.
fn gone_is_fine(outcome: Result<()>) -> Result<()> {
    match outcome {
        Err(CloudError::NotFound { fault }) if fault.code == "InvalidPermission.NotFound" => Ok(()),
        other => other,
    }
}

/// A rule that is there already is what authorizing wants.
fn there_is_fine(outcome: Result<()>) -> Result<()> {
    match outcome {
        Err(CloudError::AlreadyExists { .. }) => Ok(()),
        other => other,
    }
}
