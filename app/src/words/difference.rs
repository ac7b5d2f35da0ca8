//! What a step changes, in the reader's language.

use engine::cloud::network::{Direction, Peer, Traffic};
use engine::plan::Difference;
use engine::plan::action::{Ref, RulePeer};

use crate::i18n::{Locale, t};

/// One line for each thing that changes.
pub fn difference(l: Locale, difference: &Difference) -> String {
    match difference {
        Difference::Value { field, before, after } => {
            let (before, after) = (value(l, before.as_deref()), value(l, after.as_deref()));
            format!("{field}: {before} → {after}")
        }
        Difference::RuleAdded { direction, rule } => {
            let peer = match &rule.peer {
                RulePeer::Cidr(net) => net.to_string(),
                RulePeer::Group(Ref::Known(id)) => id.clone(),
                RulePeer::Group(Ref::Output { step, .. }) => step.0.clone(),
            };
            let rule = rule_text(l, *direction, rule.traffic, &peer);
            t!(l, difference.rule_added, rule = rule)
        }
        Difference::RuleRemoved { direction, rule } => {
            let peer = match &rule.peer {
                Peer::Cidr(net) => net.to_string(),
                Peer::Group(id) | Peer::Other(id) => id.clone(),
            };
            let rule = rule_text(l, *direction, rule.traffic, &peer);
            t!(l, difference.rule_removed, rule = rule)
        }
    }
}

/// A document is too long for a line: the commands show it whole.
fn value(l: Locale, value: Option<&str>) -> &str {
    match value {
        None | Some("") => t!(l, difference.none),
        Some(text) if text.starts_with('{') => "JSON",
        Some(text) => text,
    }
}

fn rule_text(l: Locale, direction: Direction, traffic: Traffic, peer: &str) -> String {
    let traffic = match traffic {
        Traffic::All => t!(l, difference.everything).to_owned(),
        Traffic::Tcp { from, to } if from == to => format!("TCP {from}"),
        Traffic::Tcp { from, to } => format!("TCP {from}–{to}"),
        Traffic::Udp { from, to } if from == to => format!("UDP {from}"),
        Traffic::Udp { from, to } => format!("UDP {from}–{to}"),
        Traffic::Other { number } => format!("IP {number}"),
    };
    match direction {
        Direction::Ingress => t!(l, difference.incoming, traffic = traffic, peer = peer),
        Direction::Egress => t!(l, difference.outgoing, traffic = traffic, peer = peer),
    }
}
