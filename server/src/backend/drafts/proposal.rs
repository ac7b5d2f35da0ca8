//! What the pages propose while nobody chose. What somebody typed stays.

use app::backend::drafts::{AppChoice, FormValues};
use engine::cloud::registry::{Architecture, ImageFacts};

use crate::clouds::OpenCloud;

/// The image says which port it listens on.
pub(super) fn port(values: &mut FormValues, facts: Option<&ImageFacts>) {
    let typed = values.get("container.port").and_then(|all| all.first());
    if typed.is_none_or(|value| value.trim().is_empty()) {
        let port = facts
            .and_then(|facts| facts.exposed_ports.first().copied())
            .unwrap_or(8080);
        values.insert("container.port".to_owned(), vec![port.to_string()]);
    }
}

/// An image for one platform runs on that one. What somebody chose stays.
pub(super) fn architecture(values: &mut FormValues, typed: &FormValues, facts: Option<&ImageFacts>) {
    let field = "container.architecture";
    if let Some([only]) = facts.map(|facts| facts.architectures.as_slice())
        && !typed.contains_key(field)
    {
        let name = match only {
            Architecture::X86_64 => "x86_64",
            Architecture::Arm64 => "arm64",
        };
        values.insert(field.to_owned(), vec![name.to_owned()]);
    }
}

/// While nobody chose: the only app, or the only one that is named like the stack; with `main`, or else its first branch.
/// Answers whether one was proposed.
pub(super) fn frontend(values: &mut FormValues, apps: &[AppChoice]) -> bool {
    if values.contains_key("frontend.app") {
        return false;
    }
    let stack = values
        .get("name")
        .and_then(|names| names.first())
        .map_or("", String::as_str);
    let alike: Vec<&AppChoice> = apps
        .iter()
        .filter(|app| !stack.is_empty() && app.name.starts_with(stack))
        .collect();
    let app = match (alike.as_slice(), apps) {
        ([app], _) => *app,
        (_, [app]) => app,
        _ => return false,
    };
    let has_main = app.branches.iter().any(|branch| branch == "main");
    if let Some(branch) = app.branches.first().filter(|_| !has_main) {
        values.insert("frontend.branch".to_owned(), vec![branch.clone()]);
    }
    values.insert("frontend.app".to_owned(), vec![app.id.clone()]);
    true
}

/// The image says which port it listens on; an execution role that every account knows is offered when it is there.
pub(super) async fn service(values: &mut FormValues, facts: Option<&ImageFacts>, open: &OpenCloud) {
    port(values, facts);
    if !values.contains_key("roles.execution") {
        const USUAL: &str = "ecsTaskExecutionRole";
        // Whether the role can be read decides nothing here: the plan checks it.
        if let Ok(Some(_)) = open.cloud.identity.role(USUAL).await {
            values.insert("roles.execution".to_owned(), vec![USUAL.to_owned()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(id: &str, name: &str, branches: &[&str]) -> AppChoice {
        AppChoice {
            id: id.to_owned(),
            name: name.to_owned(),
            domain: String::new(),
            branches: branches.iter().map(ToString::to_string).collect(),
            variables: Vec::new(),
        }
    }

    fn named(stack: &str) -> FormValues {
        FormValues::from([("name".to_owned(), vec![stack.to_owned()])])
    }

    #[test]
    fn the_only_frontend_is_proposed_and_of_several_the_one_named_like_the_stack() {
        let mut values = named("shop");
        assert!(frontend(&mut values, &[app("d1", "site", &["release", "dev"])]));
        assert_eq!(values["frontend.app"], ["d1"]);
        assert_eq!(values["frontend.branch"], ["release"]);

        let several = [
            app("d1", "site", &["main"]),
            app("d2", "shop-web", &["dev", "main"]),
        ];
        let mut values = named("shop");
        assert!(frontend(&mut values, &several));
        assert_eq!(values["frontend.app"], ["d2"]);
        assert_eq!(values.get("frontend.branch"), None);

        let mut values = named("other");
        assert!(!frontend(&mut values, &several));
        let mut values = named("shop");
        values.insert("frontend.app".to_owned(), vec![String::new()]);
        assert!(!frontend(&mut values, &several));
        assert_eq!(values["frontend.app"], [""]);
    }
}
