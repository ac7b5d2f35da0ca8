//! From what was typed in the wizard to a spec, and back. Pure: every problem at once, nothing lost.

mod fields;
mod fill;
#[cfg(test)]
mod laws;
mod lines;
mod network;
mod service;

pub(super) use fill::{defaults, from_spec};

use app::backend::drafts::{FormValues, WizardStep};
use engine::spec::field;
use engine::spec::problem::{Problem, ProblemCode};
use engine::spec::validate::validate;
use engine::spec::{FrontendSpec, ImageSource, LogSpec, RoleSpec, SPEC_VERSION, StackSpec, WhenMissing};

/// What a draft comes to.
pub(super) struct Reading {
    /// The spec, when nothing is wrong.
    pub(super) spec: Option<StackSpec>,
    /// Everything that is wrong, by page.
    pub(super) problems: Vec<(WizardStep, Problem)>,
}

/// The page on which a field stands.
pub(super) fn page_of(field: &str) -> WizardStep {
    match field.split('.').next().unwrap_or_default() {
        "image" => WizardStep::Image,
        "network" => WizardStep::Network,
        "container" | "health" | "service" | "logs" | "roles" | "tags" => WizardStep::Service,
        "frontend" => WizardStep::Frontend,
        _ => WizardStep::Account,
    }
}

/// Reads a draft. `region` is the connection's.
pub(super) fn read(values: &FormValues, region: &str) -> Reading {
    let mut form = Form {
        values,
        problems: Vec::new(),
    };
    let spec = form.spec(region);
    let mut problems = form.problems;
    let spec = spec.filter(|_| problems.is_empty());
    if let Some(spec) = &spec {
        problems.extend(validate(spec).into_iter().map(|problem| Problem {
            field: typed_as(&problem.field),
            ..problem
        }));
    }
    let good = problems.is_empty();
    let problems = problems
        .into_iter()
        .map(|problem| (page_of(&problem.field), problem))
        .collect();
    Reading {
        spec: spec.filter(|_| good),
        problems,
    }
}

/// The form's name for a field of the spec.
fn typed_as(field: &str) -> String {
    match field {
        "container.cpu" | "container.memory_mib" => "container.size".to_owned(),
        "image.repository" => "image.new_repository".to_owned(),
        _ if field.starts_with("container.environment") => "container.environment".to_owned(),
        _ if field.starts_with("container.secrets") => "container.secrets".to_owned(),
        _ if field.starts_with("network.allow_from") => "network.allow_from".to_owned(),
        _ if field.starts_with("network.subnets") => "network.subnets".to_owned(),
        _ if field.starts_with("frontend.variables") => "frontend.variables".to_owned(),
        _ if field.starts_with("tags") => "tags".to_owned(),
        _ => field.to_owned(),
    }
}

struct Form<'a> {
    values: &'a FormValues,
    problems: Vec<Problem>,
}

impl Form<'_> {
    fn spec(&mut self, region: &str) -> Option<StackSpec> {
        if self.one("connection").is_empty() {
            self.refuse("connection", ProblemCode::Missing, "");
        }
        let name = self.take("name", field::name);
        let environment = self.take("environment", field::environment);
        let image = self.image();
        let network = self.network();
        let container = self.container();
        let health = self.health();
        let service = self.service();
        let roles = RoleSpec {
            execution: self.optional("roles.execution", field::role_name),
            task: self.optional("roles.task", field::role_arn),
        };
        let retention_days = self.take("logs.retention_days", field::retention_days);
        let group = self.optional("logs.group", field::log_group);
        let tags = self.lines("tags", field::tag);
        let frontend = self.frontend();
        Some(StackSpec {
            version: SPEC_VERSION,
            name: name?,
            environment: environment?,
            region: region.to_owned(),
            image: image?,
            container: container?,
            health: health?,
            network: network?,
            service: service?,
            roles,
            logs: LogSpec {
                retention_days: retention_days?,
                group,
            },
            frontend: frontend?,
            tags,
        })
    }

    fn image(&mut self) -> Option<ImageSource> {
        match self.one("image.choice").to_owned().as_str() {
            "" => {
                self.refuse("image.choice", ProblemCode::Missing, "");
                None
            }
            "new" => {
                let repository = self.take("image.new_repository", field::repository);
                let tag = self.take("image.tag", field::image_reference);
                Some(ImageSource::Repository {
                    repository: repository?,
                    tag: tag?,
                })
            }
            "uri" => {
                let given = self.one("image.uri").to_owned();
                self.take("image.uri", field::image_uri)
                    .map(|_| ImageSource::Uri { uri: given })
            }
            chosen => {
                let (repository, tag) = chosen.split_once(':').unwrap_or((chosen, "latest"));
                Some(ImageSource::Repository {
                    repository: repository.to_owned(),
                    tag: tag.to_owned(),
                })
            }
        }
    }

    /// `Some(None)`: no frontend wanted.
    fn frontend(&mut self) -> Option<Option<FrontendSpec>> {
        if self.one("frontend.app").is_empty() {
            return Some(None);
        }
        let app = self.take("frontend.app", field::frontend_app);
        let branch = self.take("frontend.branch", field::branch);
        let variables = self.words("frontend.variables", field::frontend_variable);
        if variables.is_empty()
            && !self
                .problems
                .iter()
                .any(|problem| problem.field == "frontend.variables")
        {
            self.refuse("frontend.variables", ProblemCode::Missing, "");
        }
        Some(Some(FrontendSpec {
            app: app?,
            branch: branch?,
            variables,
            branch_only: self.one("frontend.branch_only") == "on",
            when_missing: if self.one("frontend.skip_missing") == "on" {
                WhenMissing::Skip
            } else {
                WhenMissing::Fail
            },
        }))
    }
}

#[cfg(test)]
mod tests;
