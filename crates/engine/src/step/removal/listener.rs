//! Removes a listener.

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};

pub(super) struct Listener {
    pub(super) arn: String,
    pub(super) port: u16,
}

/// The ALB of a listener: its ARN is in the listener's
/// (`…:listener/app/NAME/ID/LISTENER` → `…:loadbalancer/app/NAME/ID`).
fn load_balancer_of(listener: &str) -> Option<String> {
    let (head, tail) = listener.split_once(":listener/")?;
    let (load_balancer, _) = tail.rsplit_once('/')?;
    Some(format!("{head}:loadbalancer/{load_balancer}"))
}

#[async_trait]
impl Step for Listener {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DeleteListener",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let balancing = &context.cloud.balancing;
        let Some(load_balancer) = load_balancer_of(&self.arn) else {
            return Ok(context.gone());
        };
        let listeners = match balancing.listeners(&load_balancer).await {
            Ok(listeners) => listeners,
            Err(error) if error.is_not_found() => return Ok(context.gone()),
            Err(error) => return Err(error.into()),
        };
        let Some(found) = listeners.into_iter().find(|listener| listener.arn == self.arn) else {
            return Ok(context.gone());
        };
        let name = format!("HTTP:{} ({})", self.port, self.arn);
        let source = "elasticloadbalancing:DescribeListeners";
        if let Some(refusal) = context.refuse(&found.tags, "listener", &name, source) {
            return Ok(refusal);
        }
        settled(balancing.delete_listener(&self.arn).await)?;
        Ok(deleted())
    }
}

#[cfg(test)]
mod tests {
    use super::load_balancer_of;

    #[test]
    fn a_listeners_arn_names_its_load_balancer() {
        let listener =
            "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:listener/app/shop-alb/50dc/f2f7";
        let wanted =
            "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:loadbalancer/app/shop-alb/50dc";
        assert_eq!(load_balancer_of(listener).as_deref(), Some(wanted));
        assert_eq!(load_balancer_of("nonsense"), None);
    }
}
