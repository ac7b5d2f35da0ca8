//! From what was typed in the wizard to a spec, and back. Pure: every problem at once, nothing lost.

mod fill;
#[cfg(test)]
mod laws;
mod lines;

pub(super) use fill::{defaults, from_spec};

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use app::backend::drafts::{FormValues, WizardStep};
use engine::cloud::registry::Architecture;
use engine::spec::field::{self, Checked};
use engine::spec::problem::{Problem, ProblemCode};
use engine::spec::validate::validate;
use engine::spec::{
    ContainerSpec, FrontendSpec, HealthSpec, ImageSource, LogSpec, NetworkSpec, RoleSpec, SPEC_VERSION,
    ServiceSpec, StackSpec, VpcChoice, WhenMissing, limits,
};

/// An ALB needs this many zones (catalogue H1).
const ZONES_WANTED: usize = 2;

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
    fn one(&self, field: &str) -> &str {
        self.values
            .get(field)
            .and_then(|values| values.first())
            .map_or("", |value| value.trim())
    }

    fn all(&self, field: &str) -> Vec<String> {
        let all = self.values.get(field).into_iter().flatten();
        all.map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect()
    }

    fn refuse(&mut self, field: &str, code: ProblemCode, given: &str) {
        self.problems.push(Problem {
            field: field.to_owned(),
            code,
            given: given.to_owned(),
        });
    }

    fn take<T>(&mut self, field: &str, check: impl FnOnce(&str) -> Checked<T>) -> Option<T> {
        let given = self.one(field).to_owned();
        check(&given)
            .map_err(|code| self.refuse(field, code, &given))
            .ok()
    }

    fn optional<T>(&mut self, field: &str, check: impl FnOnce(&str) -> Checked<T>) -> Option<T> {
        if self.one(field).is_empty() {
            None
        } else {
            self.take(field, check)
        }
    }

    fn number<T: TryFrom<u64>>(&mut self, field: &str, range: RangeInclusive<u64>) -> Option<T> {
        self.take(field, |text| field::number(text, range))
            .and_then(|number| T::try_from(number).ok())
    }

    /// `NAME=value` lines. `check` answers the name and the value as they are kept.
    fn lines<T>(
        &mut self,
        field: &str,
        check: impl Fn(&str, &str) -> Checked<(String, T)>,
    ) -> BTreeMap<String, T> {
        let text = self
            .values
            .get(field)
            .map(|all| all.join("\n"))
            .unwrap_or_default();
        let mut found = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, value) = lines::pair(line);
            match check(&name, &value) {
                // What stands behind the name may be a secret: it is not repeated.
                Err(code) => self.refuse(field, code, &name),
                Ok((kept, value)) => {
                    if found.insert(kept, value).is_some() {
                        self.refuse(field, ProblemCode::Twice, &name);
                    }
                }
            }
        }
        found
    }

    /// Words separated by commas or spaces.
    fn words<T>(&mut self, field: &str, check: impl Fn(&str) -> Checked<T>) -> Vec<T> {
        let text = self.all(field).join(",");
        let words: Vec<&str> = text
            .split([',', ' ', '\n'])
            .filter(|word| !word.is_empty())
            .collect();
        let mut found = Vec::new();
        for word in words {
            match check(word) {
                Ok(value) => found.push(value),
                Err(code) => self.refuse(field, code, word),
            }
        }
        found
    }

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

    fn network(&mut self) -> Option<NetworkSpec> {
        let vpc = match self.one("network.vpc").to_owned().as_str() {
            "" => Some(VpcChoice::Find),
            "new" => self
                .take("network.new_vpc_cidr", field::vpc_cidr)
                .map(VpcChoice::Create),
            _ => self.take("network.vpc", field::vpc_id).map(VpcChoice::Use),
        };
        let is_new = matches!(vpc, Some(VpcChoice::Create(_)));
        let subnets = if is_new {
            Vec::new()
        } else {
            self.words("network.subnets", field::subnet_id)
        };
        let offered = self.one("network.offered") == "1" && !is_new;
        let proposed = if offered {
            self.optional("network.proposed", field::subnet_cidr)
        } else {
            None
        };
        if !is_new {
            self.zones(&subnets, offered, proposed.is_some());
        }
        let task_security_group = match self.one("network.task_security_group") {
            "" | "new" => None,
            _ if is_new => None,
            _ => self.take("network.task_security_group", field::security_group_id),
        };
        let allow_from = self.words("network.allow_from", field::cidr);
        Some(NetworkSpec {
            vpc: vpc?,
            subnets,
            new_subnet_cidr: proposed,
            task_security_group,
            allow_from,
        })
    }

    /// What was ticked has to be in two zones, one subnet in each (catalogue H1). The page says with each subnet which
    /// zone it is in; a draft of which no page was shown has nothing to be checked against.
    fn zones(&mut self, subnets: &[String], offered: bool, proposed: bool) {
        let zone_of: BTreeMap<String, String> = self
            .all("network.zone_of")
            .iter()
            .filter_map(|pair| pair.split_once('='))
            .map(|(subnet, zone)| (subnet.to_owned(), zone.to_owned()))
            .collect();
        let mut taken = BTreeMap::new();
        for subnet in subnets {
            let Some(zone) = zone_of.get(subnet) else { continue };
            if let Some(other) = taken.insert(zone.clone(), subnet.clone()) {
                let code = ProblemCode::SameZone { other };
                self.refuse("network.subnets", code, subnet);
            }
        }
        for zone in self.all("network.own_zones") {
            taken.entry(zone).or_default();
        }
        let known = offered || !zone_of.is_empty();
        if known && !proposed && taken.len() < ZONES_WANTED {
            self.refuse("network.subnets", ProblemCode::Missing, "");
        }
    }

    fn container(&mut self) -> Option<ContainerSpec> {
        let name = self.take("container.name", field::container_name);
        let port = self.take("container.port", field::port);
        let size = self.size();
        let architecture = match self.one("container.architecture") {
            "arm64" => Architecture::Arm64,
            _ => Architecture::X86_64,
        };
        let command = self.command();
        let environment = self.lines("container.environment", |name, value| {
            Ok((field::variable(name)?, value.to_owned()))
        });
        let secrets = self.lines("container.secrets", |name, value| {
            Ok((field::variable(name)?, field::secret_arn(value)?))
        });
        let (cpu, memory_mib) = size?;
        Some(ContainerSpec {
            name: name?,
            port: port?,
            cpu,
            memory_mib,
            architecture,
            command: command?,
            environment,
            secrets,
        })
    }

    /// `256/512`.
    fn size(&mut self) -> Option<(u32, u32)> {
        let given = self.one("container.size").to_owned();
        let (cpu, memory) = given.split_once('/').unwrap_or((&given, ""));
        let checked =
            field::cpu(cpu).and_then(|cpu| field::memory_mib(cpu, memory).map(|memory| (cpu, memory)));
        checked
            .map_err(|code| self.refuse("container.size", code, &given))
            .ok()
    }

    fn command(&mut self) -> Option<Vec<String>> {
        // Browsers send line ends as two characters.
        let given = self.one("container.command").replace("\r\n", "\n");
        match lines::split_words(&given) {
            Some(words) => Some(words),
            None => {
                self.refuse("container.command", ProblemCode::OpenQuote, &given);
                None
            }
        }
    }

    fn health(&mut self) -> Option<HealthSpec> {
        let path = self.take("health.path", field::path);
        let matcher = self.take("health.matcher", field::matcher);
        let interval_s = self.number("health.interval_s", limits::HEALTH_INTERVAL_S);
        let timeout_s = self.number("health.timeout_s", limits::HEALTH_TIMEOUT_S);
        let healthy_threshold = self.number("health.healthy_threshold", limits::HEALTH_THRESHOLD);
        let unhealthy_threshold = self.number("health.unhealthy_threshold", limits::HEALTH_THRESHOLD);
        let grace_s = self.number("health.grace_s", limits::HEALTH_GRACE_S);
        let drain_s = self.number("health.drain_s", limits::DRAIN_S);
        Some(HealthSpec {
            path: path?,
            matcher: matcher?,
            interval_s: interval_s?,
            timeout_s: timeout_s?,
            healthy_threshold: healthy_threshold?,
            unhealthy_threshold: unhealthy_threshold?,
            grace_s: grace_s?,
            drain_s: drain_s?,
        })
    }

    fn service(&mut self) -> Option<ServiceSpec> {
        let desired_count = self.number("service.desired_count", limits::DESIRED_COUNT);
        let failure_threshold = match self.one("service.failure_threshold") {
            "0" => Some(0),
            _ => self.number("service.failure_threshold", limits::FAILURE_THRESHOLD),
        };
        let minimum = self.number("service.minimum_healthy_percent", limits::MINIMUM_HEALTHY_PERCENT);
        let maximum = self.number("service.maximum_percent", limits::MAXIMUM_PERCENT);
        Some(ServiceSpec {
            desired_count: desired_count?,
            failure_threshold: failure_threshold?,
            rollback: self.one("service.rollback") == "on",
            minimum_healthy_percent: minimum?,
            maximum_percent: maximum?,
        })
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
mod tests {
    use super::*;

    pub(super) fn filled() -> FormValues {
        let mut values = defaults();
        for (field, value) in [
            ("connection", "c"),
            ("name", "vendor0919"),
            ("image.choice", "new"),
            ("image.new_repository", "vendor0919-api"),
            ("container.port", "8080"),
        ] {
            values.insert(field.to_owned(), vec![value.to_owned()]);
        }
        values
    }

    fn codes(values: &FormValues) -> Vec<(WizardStep, String)> {
        let reading = read(values, "ap-northeast-1");
        reading
            .problems
            .into_iter()
            .map(|(page, problem)| (page, problem.field))
            .collect()
    }

    #[test]
    fn proposals_and_four_answers_make_a_spec() {
        let spec = read(&filled(), "ap-northeast-1").spec.unwrap();
        assert_eq!(spec.name, "vendor0919");
        assert_eq!((spec.container.cpu, spec.container.memory_mib), (256, 512));
        assert_eq!(spec.frontend, None);
    }

    #[test]
    fn a_spec_survives_the_way_into_the_form_and_back() {
        let mut spec = read(&filled(), "ap-northeast-1").spec.unwrap();
        spec.container.command = vec![
            "uvicorn".into(),
            "main:app".into(),
            "--header".into(),
            "a b".into(),
        ];
        spec.container.environment = BTreeMap::from([("LOG_LEVEL".into(), "info=debug".into())]);
        spec.service.rollback = false;
        let again = read(&from_spec(&spec, "c"), "ap-northeast-1");
        assert_eq!(again.problems, vec![]);
        assert_eq!(again.spec, Some(spec));
    }

    #[test]
    fn every_wrong_field_is_named_on_its_page_at_once() {
        let mut values = filled();
        for (field, value) in [
            ("name", "Vendor_0919"),
            ("image.new_repository", "UPPER"),
            ("network.allow_from", "10.0.0.1/99"),
            ("container.size", "256/4096"),
            ("container.port", "99999"),
            ("health.path", "health"),
            ("container.environment", "1BAD=x"),
            ("logs.retention_days", "31"),
        ] {
            values.insert(field.to_owned(), vec![value.to_owned()]);
        }
        let found = codes(&values);
        for (page, field) in [
            (WizardStep::Account, "name"),
            (WizardStep::Image, "image.new_repository"),
            (WizardStep::Network, "network.allow_from"),
            (WizardStep::Service, "container.size"),
            (WizardStep::Service, "container.port"),
            (WizardStep::Service, "health.path"),
            (WizardStep::Service, "container.environment"),
            (WizardStep::Service, "logs.retention_days"),
        ] {
            assert!(found.contains(&(page, field.to_owned())), "{field} in {found:?}");
        }
    }

    #[test]
    fn an_untyped_draft_asks_for_what_has_no_proposal() {
        let fields: Vec<_> = codes(&defaults()).into_iter().map(|(_, field)| field).collect();
        assert_eq!(fields, ["connection", "name", "image.choice", "container.port"]);
    }

    #[test]
    fn refusing_the_only_second_zone_is_a_problem() {
        let mut values = filled();
        values.insert("network.offered".to_owned(), vec!["1".to_owned()]);
        assert_eq!(
            codes(&values),
            [(WizardStep::Network, "network.subnets".to_owned())]
        );
        values.insert("network.proposed".to_owned(), vec!["10.0.10.0/24".to_owned()]);
        assert_eq!(codes(&values), []);
    }

    #[test]
    fn a_ticked_subnet_in_the_second_zone_is_as_good_as_the_proposed_one() {
        let mut values = filled();
        values.insert("network.offered".to_owned(), vec!["1".to_owned()]);
        let (a, b, c) = (
            "subnet-0aaaaaaaaaaaaaaaa",
            "subnet-0bbbbbbbbbbbbbbbb",
            "subnet-0cccccccccccccccc",
        );
        let zones = [
            format!("{a}=apne1-az4"),
            format!("{b}=apne1-az1"),
            format!("{c}=apne1-az4"),
        ];
        values.insert("network.zone_of".to_owned(), zones.to_vec());
        values.insert("network.subnets".to_owned(), vec![a.to_owned(), b.to_owned()]);
        assert_eq!(codes(&values), []);
        values.insert("network.subnets".to_owned(), vec![a.to_owned()]);
        assert_eq!(
            codes(&values),
            [(WizardStep::Network, "network.subnets".to_owned())]
        );
        // One of the stack's own counts.
        values.insert("network.own_zones".to_owned(), vec!["apne1-az1".to_owned()]);
        assert_eq!(codes(&values), []);
    }

    #[test]
    fn two_subnets_in_one_zone_are_a_problem_at_once() {
        let mut values = filled();
        let (a, b, c) = (
            "subnet-0aaaaaaaaaaaaaaaa",
            "subnet-0bbbbbbbbbbbbbbbb",
            "subnet-0cccccccccccccccc",
        );
        let zones = [
            format!("{a}=apne1-az4"),
            format!("{b}=apne1-az1"),
            format!("{c}=apne1-az4"),
        ];
        values.insert("network.zone_of".to_owned(), zones.to_vec());
        let ticked = [a, b, c].map(str::to_owned).to_vec();
        values.insert("network.subnets".to_owned(), ticked);
        let problems = read(&values, "ap-northeast-1").problems;
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].1.code, ProblemCode::SameZone { other: a.to_owned() });
        assert_eq!(problems[0].1.given, c);
    }

    #[test]
    fn a_page_says_the_same_of_a_field_while_it_is_typed_as_after_it_was_sent() {
        for name in field::NAMED {
            for text in ["", "0", "99999", "-1", "x", "Not Right!", "10.0.0.1/33", "AWS_X"] {
                let mut values = filled();
                let choice = if name == "image.uri" { "uri" } else { "new" };
                values.insert("image.choice".to_owned(), vec![choice.to_owned()]);
                values.insert("image.uri".to_owned(), vec!["nginx:1".to_owned()]);
                values.insert("network.vpc".to_owned(), vec!["new".to_owned()]);
                values.insert("frontend.app".to_owned(), vec!["d123".to_owned()]);
                values.insert(name.to_owned(), vec![text.to_owned()]);
                let mut form = Form {
                    values: &values,
                    problems: Vec::new(),
                };
                form.spec("ap-northeast-1");
                let sent = form.problems.iter().find(|problem| problem.field == name);
                let typed = field::named(name, text).err();
                // That one of several is needed is known only when the whole is there.
                if text.is_empty() && name == "frontend.variables" {
                    continue;
                }
                assert_eq!(
                    sent.map(|problem| &problem.code),
                    typed.as_ref(),
                    "{name}: {text:?}"
                );
            }
        }
    }
}
