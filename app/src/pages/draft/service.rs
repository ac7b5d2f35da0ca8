//! Wizard: container, size, health, deployment.

use leptos::prelude::*;

use super::super::money;
use super::{Onward, Wizard, problems, retyped, wizard_page};
use crate::backend::drafts::{self, WizardStep};
use crate::components::*;
use crate::i18n::{Locale, locale, t};
use crate::routes;

/// The service.
#[component]
pub fn ServicePage(
    /// Id of the draft.
    id: String,
) -> impl IntoView {
    wizard_page(
        id,
        WizardStep::Service,
        |backend, id| async move { backend.service_page(&id).await },
        |mut page: drafts::ServicePage, around| {
            let l = locale();
            retyped(&mut page.draft, &around);
            let seen = page.draft.seen.clone();
            let step = WizardStep::Service;
            let found = problems(&page.draft, step, &around);
            let draft = page.draft.clone();
            let text = move |field: &str| draft.value(field).to_owned();
            let lines = |field: &str| {
                page.draft
                    .values
                    .get(field)
                    .map(|all| all.join("\n"))
                    .unwrap_or_default()
            };
            let (environment, secrets, tags) = (
                lines("container.environment"),
                lines("container.secrets"),
                lines("tags"),
            );
            let rollback = text("service.rollback") == "on";
            let arm = text("container.architecture") == "arm64";
            let action = routes::draft(&page.draft.id, step);
            let proposals = proposals(l, &page);
            let (sizes, price) = (sizes(&page), price(l, &page));
            let (f1, f2, f3, f4) = (found.clone(), found.clone(), found.clone(), found.clone());
            let (t1, t2, t3) = (text.clone(), text.clone(), text.clone());
            view! {
                <Wizard draft=page.draft step around lead=proposals>
                    <form method="post" action=action novalidate=true class="stack">
                        <ProblemSummary problems=found/>
                        <Panel title=t!(l, wizard.service.container) end=price>
                            <div class="grid">
                                <TextField name="container.port" label=t!(l, wizard.service.port) kind="number" min="1" max="65535" value=text("container.port") hint=t!(l, wizard.service.port_hint) problems=f1.clone() required=true/>
                                <SelectField name="container.size" label=t!(l, wizard.service.size) options=sizes value=text("container.size") hint=t!(l, wizard.service.size_hint) problems=f1.clone()/>
                                <TextField name="service.desired_count" label=t!(l, wizard.service.desired) kind="number" min="0" max="100" value=text("service.desired_count") hint=t!(l, wizard.service.desired_hint) problems=f1.clone() required=true/>
                                <TextField name="container.name" label=t!(l, wizard.service.container_name) value=text("container.name") problems=f1.clone() mono=true required=true/>
                            </div>
                            <Choices legend=t!(l, wizard.service.architecture) name="container.architecture" problems=f1.clone()>
                                <Choice name="container.architecture" value="x86_64" checked=!arm>"x86_64 (linux/amd64)"</Choice>
                                <Choice name="container.architecture" value="arm64" checked=arm why=t!(l, wizard.service.arm_why)>"arm64 (linux/arm64)"</Choice>
                            </Choices>
                            <TextArea name="container.command" label=t!(l, wizard.service.command) value=text("container.command") hint=t!(l, wizard.service.command_hint) problems=f1 rows=2/>
                        </Panel>
                        <Panel title=t!(l, wizard.service.health)>
                            <div class="grid">
                                <TextField name="health.path" label=t!(l, wizard.service.path) value=t1("health.path") hint=t!(l, wizard.service.path_hint) problems=f2.clone() mono=true required=true/>
                                <TextField name="health.matcher" label=t!(l, wizard.service.matcher) value=t1("health.matcher") problems=f2.clone() mono=true required=true/>
                                <TextField name="health.grace_s" label=t!(l, wizard.service.grace) kind="number" unit=t!(l, wizard.service.seconds) value=t1("health.grace_s") hint=t!(l, wizard.service.grace_hint) problems=f2.clone() required=true/>
                            </div>
                            <Disclosure summary=t!(l, wizard.service.timings)>
                                <div class="grid">
                                    <TextField name="health.interval_s" label=t!(l, wizard.service.interval) kind="number" unit=t!(l, wizard.service.seconds) value=t1("health.interval_s") problems=f2.clone() required=true/>
                                    <TextField name="health.timeout_s" label=t!(l, wizard.service.timeout) kind="number" unit=t!(l, wizard.service.seconds) value=t1("health.timeout_s") problems=f2.clone() required=true/>
                                    <TextField name="health.healthy_threshold" label=t!(l, wizard.service.healthy) kind="number" value=t1("health.healthy_threshold") problems=f2.clone() required=true/>
                                    <TextField name="health.unhealthy_threshold" label=t!(l, wizard.service.unhealthy) kind="number" value=t1("health.unhealthy_threshold") problems=f2.clone() required=true/>
                                    <TextField name="health.drain_s" label=t!(l, wizard.service.drain) kind="number" unit=t!(l, wizard.service.seconds) value=t1("health.drain_s") problems=f2 required=true/>
                                </div>
                            </Disclosure>
                        </Panel>
                        <Panel title=t!(l, wizard.service.settings)>
                            <TextArea name="container.environment" label=t!(l, wizard.service.environment) value=environment hint=t!(l, wizard.service.environment_hint) placeholder="LOG_LEVEL=info" problems=f3.clone()/>
                            <TextArea name="container.secrets" label=t!(l, wizard.service.secrets) value=secrets hint=t!(l, wizard.service.secrets_hint) placeholder="DATABASE_URL=arn:aws:secretsmanager:…" problems=f3/>
                        </Panel>
                        <Panel title=t!(l, wizard.service.deployment)>
                            <Check name="service.rollback" label=t!(l, wizard.service.rollback) checked=rollback hint=t!(l, wizard.service.rollback_hint)/>
                            <div class="grid">
                                <TextField name="service.failure_threshold" label=t!(l, wizard.service.threshold) kind="number" value=t2("service.failure_threshold") hint=t!(l, wizard.service.threshold_hint) problems=f4.clone() required=true/>
                                <TextField name="service.minimum_healthy_percent" label=t!(l, wizard.service.minimum) kind="number" unit="%" value=t2("service.minimum_healthy_percent") problems=f4.clone() required=true/>
                                <TextField name="service.maximum_percent" label=t!(l, wizard.service.maximum) kind="number" unit="%" value=t2("service.maximum_percent") problems=f4.clone() required=true/>
                                <TextField name="logs.retention_days" label=t!(l, wizard.service.retention) kind="number" unit=t!(l, wizard.service.days) value=t2("logs.retention_days") problems=f4.clone() required=true/>
                                <TextField name="logs.group" label=t!(l, kind.log_group) value=t3("logs.group") hint=t!(l, wizard.service.log_group_hint) problems=f4.clone() mono=true/>
                                <TextField name="roles.execution" label=t!(l, wizard.service.execution_role) value=t3("roles.execution") hint=t!(l, wizard.service.execution_role_hint) problems=f4.clone() mono=true/>
                                <TextField name="roles.task" label=t!(l, wizard.service.task_role) value=t3("roles.task") hint=t!(l, wizard.service.task_role_hint) problems=f4.clone() mono=true/>
                            </div>
                            <TextArea name="tags" label=t!(l, wizard.service.tags) value=tags hint=t!(l, wizard.service.tags_hint) placeholder="Team=payments" problems=f4/>
                        </Panel>
                        <Onward step seen/>
                    </form>
                </Wizard>
            }
        },
    )
}

/// Every size Fargate offers, smallest first.
fn sizes(page: &drafts::ServicePage) -> Vec<SelectOption> {
    page.sizes
        .iter()
        .flat_map(|(cpu, memories)| memories.iter().map(move |memory| (*cpu, *memory)))
        .map(|(cpu, memory)| {
            let label = format!("{} vCPU · {}", f64::from(cpu) / 1024.0, memory_text(memory));
            SelectOption::new(format!("{cpu}/{memory}"), label)
        })
        .collect()
}

fn memory_text(mib: u32) -> String {
    if mib.is_multiple_of(1024) {
        format!("{} GB", mib / 1024)
    } else {
        format!("{mib} MiB")
    }
}

fn price(l: Locale, page: &drafts::ServicePage) -> String {
    let amount = money::text(l, page.task_monthly_usd, page.yen_per_usd);
    t!(
        l,
        wizard.service.price,
        amount = amount,
        of = page.prices_of.clone()
    )
}

/// What the image made us propose, in one sentence.
fn proposals(l: Locale, page: &drafts::ServicePage) -> String {
    match &page.facts {
        Some(facts) if !facts.exposed_ports.is_empty() => {
            let ports: Vec<_> = facts.exposed_ports.iter().map(u16::to_string).collect();
            t!(l, wizard.service.lead_image, ports = ports.join(", "))
        }
        _ => t!(l, wizard.service.lead).to_owned(),
    }
}
