//! The policy as IAM reads it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::scope::{Limit, Place};
use super::{ACTIONS, Lent, Scope};

/// Characters of a managed policy, spaces not counted.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const LONGEST: usize = 6_144;

fn condition(limits: Vec<Limit>) -> Option<Value> {
    let mut operators = Map::new();
    for limit in limits {
        let (operator, key, value) = match limit {
            // "Null: false" reads: the key is there. Any stack's name will do.
            Limit::Present(key) => ("Null", key, json!("false")),
            Limit::OneOf(key, values) => ("StringEquals", key.to_owned(), one_or_many(values)),
            Limit::Arn(key, arn) => ("ArnEquals", key.to_owned(), json!(arn)),
        };
        operators.entry(operator).or_insert_with(|| json!({}))[key] = value;
    }
    (!operators.is_empty()).then_some(Value::Object(operators))
}

/// A policy has little room: no names, and no brackets around one value.
fn one_or_many(mut values: Vec<String>) -> Value {
    match values.len() {
        1 => json!(values.remove(0)),
        _ => json!(values),
    }
}

struct Statement {
    resources: Vec<String>,
    limits: Vec<Limit>,
    actions: Vec<&'static str>,
}

impl Statement {
    /// The services whose things it is about.
    fn services(&self) -> BTreeSet<&str> {
        self.resources
            .iter()
            .map(|arn| arn.split(':').nth(2).unwrap_or("*"))
            .collect()
    }

    /// Whether both in one statement say what they say in two: under the same limits, and about the same things or
    /// about things of other services, for no action reaches into another service.
    fn can_take(&self, other: &Self) -> bool {
        let everywhere = |one: &Self| one.services().contains("*");
        self.limits == other.limits
            && (self.resources == other.resources
                || !everywhere(self) && !everywhere(other) && self.services().is_disjoint(&other.services()))
    }
}

/// The policy for one account and region, as an IAM policy document. `*` stands for any account or region. It fits into
/// one managed policy ([`LONGEST`]) unless many names are lent.
pub fn document(account_id: &str, region: &str, lent: &Lent) -> Value {
    let place = Place::new(account_id, region, lent);
    let mut statements: Vec<Statement> = Vec::new();
    for scope in Scope::ALL {
        let found = Statement {
            resources: scope.resources(&place),
            limits: scope.limits(&place),
            actions: ACTIONS
                .iter()
                .filter(|grant| grant.scope == scope)
                .map(|grant| grant.action)
                .collect(),
        };
        if found.resources.is_empty() {
            continue;
        }
        match statements.iter_mut().find(|known| known.can_take(&found)) {
            Some(known) => {
                if known.resources != found.resources {
                    known.resources.extend(found.resources);
                }
                known.actions.extend(found.actions);
            }
            None => statements.push(found),
        }
    }
    let statements: Vec<Value> = statements
        .into_iter()
        .map(
            |Statement {
                 resources,
                 limits,
                 actions,
             }| {
                let mut statement = Map::new();
                statement.insert("Effect".to_owned(), json!("Allow"));
                statement.insert("Action".to_owned(), json!(actions));
                statement.insert("Resource".to_owned(), one_or_many(resources));
                if let Some(condition) = condition(limits) {
                    statement.insert("Condition".to_owned(), condition);
                }
                Value::Object(statement)
            },
        )
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}
