//! Wizard: the network. What was found, what is proposed, and the way a packet goes.

use leptos::prelude::*;

use super::{Onward, Wizard, problems, retyped, trouble_note, wizard_page};
use crate::backend::drafts::{self, GroupChoice, ProposedSubnet, SubnetChoice, SubnetFitness, WizardStep};
use crate::charts::{Hop, HopState, PathWay};
use crate::components::*;
use crate::i18n::{Locale, locale, t, tn};
use crate::routes;

/// VPC, subnets, security groups.
#[component]
pub fn NetworkPage(
    /// Id of the draft.
    id: String,
) -> impl IntoView {
    wizard_page(
        id,
        WizardStep::Network,
        |backend, id| async move { backend.network_page(&id).await },
        |mut page: drafts::NetworkPage, around| {
            let l = locale();
            retyped(&mut page.draft, &around);
            let seen = page.draft.seen.clone();
            let step = WizardStep::Network;
            let found = problems(&page.draft, step, &around);
            let value = |field: &str| page.draft.value(field).to_owned();
            let (chosen_vpc, chosen_group) = (value("network.vpc"), value("network.task_security_group"));
            let (cidr, allow) = (
                value("network.new_vpc_cidr"),
                page.draft
                    .values
                    .get("network.allow_from")
                    .map(|all| all.join(", "))
                    .unwrap_or_default(),
            );
            let is_new = chosen_vpc == "new";
            let mut vpcs: Vec<_> = page
                .vpcs
                .iter()
                .map(|vpc| {
                    let name = vpc.name.clone().or_else(|| {
                        vpc.is_default
                            .then(|| t!(l, wizard.network.default_vpc).to_owned())
                    });
                    SelectOption::new(
                        &vpc.id,
                        format!(
                            "{} · {}{}",
                            vpc.id,
                            vpc.cidr,
                            name.map(|name| format!(" · {name}")).unwrap_or_default()
                        ),
                    )
                })
                .collect();
            vpcs.push(SelectOption::new("new", t!(l, wizard.network.new_vpc)));
            let vpc_hint = tn!(l, page.vpcs.len(), wizard.network.vpcs_found);
            let lead = lead(l, &page);
            let subnets: Vec<_> = page
                .subnets
                .iter()
                .map(|subnet| subnet_choice(l, subnet))
                .collect();
            let proposed: Vec<_> = page
                .proposed
                .iter()
                .map(|subnet| proposed_choice(l, subnet))
                .collect();
            let port = page.draft.value("container.port").to_owned();
            let groups: Vec<_> = page
                .groups
                .iter()
                .map(|group| group_choice(l, group, &chosen_group, &port))
                .collect();
            let path = ways(l, &page, &port);
            let trouble = page.trouble.clone().map(|fault| trouble_note(l, fault));
            let action = routes::draft(&page.draft.id, step);
            let (shown, offered) = (
                chosen_vpc.clone(),
                !page.proposed.is_empty() || page.kept_range.is_some(),
            );
            let zones_of = zones_of(&page);
            let kept = page.kept_range.clone();
            let own = chosen_group.is_empty() || chosen_group == "new";
            view! {
                <Wizard draft=page.draft step around lead>
                    <div class="cols">
                        <form class="panel" method="post" action=action novalidate=true>
                            <div class="body">
                                {trouble}
                                <ProblemSummary problems=found.clone()/>
                                <input type="hidden" name="network.shown_vpc" value=shown/>
                                {offered.then(|| view! { <input type="hidden" name="network.offered" value="1"/> })}
                                {kept.map(|range| view! { <input type="hidden" name="network.proposed" value=range/> })}
                                {zones_of}
                                <SelectField name="network.vpc" label="VPC" options=vpcs value=chosen_vpc hint=vpc_hint problems=found.clone() mono=true/>
                                <div class="actions without-script"><Button small=true name="go" value="stay">{t!(l, wizard.network.show_vpc)}</Button></div>
                                {is_new.then(|| view! {
                                    <TextField name="network.new_vpc_cidr" label=t!(l, wizard.network.new_range) value=cidr problems=found.clone() mono=true required=true/>
                                })}
                                <Choices legend=t!(l, wizard.network.subnets) name="network.subnets" hint=t!(l, wizard.network.subnets_hint) problems=found.clone()>
                                    {subnets}
                                    {proposed}
                                </Choices>
                                <Choices legend=t!(l, wizard.network.groups) name="network.task_security_group" problems=found.clone()>
                                    <Choice name="network.task_security_group" value="new" checked=own why=t!(l, wizard.network.two_groups_why, port = port)>{t!(l, wizard.network.two_groups)}</Choice>
                                    {groups}
                                </Choices>
                                <TextField name="network.allow_from" label=t!(l, wizard.network.allow_from) value=allow hint=t!(l, wizard.network.allow_from_hint) placeholder="0.0.0.0/0" problems=found mono=true/>
                                <Onward step seen/>
                            </div>
                        </form>
                        {path}
                    </div>
                </Wizard>
            }
        },
    )
}

fn zone_names(page: &drafts::NetworkPage) -> String {
    let names: Vec<_> = page.zones.iter().map(|zone| short_zone(&zone.name)).collect();
    names.join(" · ")
}

/// Which zone each subnet is in, for the check of what is ticked.
fn zones_of(page: &drafts::NetworkPage) -> Vec<AnyView> {
    page.subnets
        .iter()
        .map(|subnet| {
            let (name, value) = if subnet.fitness == SubnetFitness::Own {
                ("network.own_zones", subnet.zone.id.clone())
            } else {
                ("network.zone_of", format!("{}={}", subnet.id, subnet.zone.id))
            };
            view! { <input type="hidden" name=name value=value/> }.into_any()
        })
        .collect()
}

/// `ap-northeast-1c` → `1c`.
fn short_zone(name: &str) -> String {
    name.rsplit('-').next().unwrap_or(name).to_owned()
}

fn lead(l: Locale, page: &drafts::NetworkPage) -> String {
    if page.vpc_id.is_none() {
        t!(l, wizard.network.lead_new).to_owned()
    } else if page.proposed.is_empty() {
        t!(l, wizard.network.lead_ready, zones = zone_names(page))
    } else {
        let made: Vec<_> = page
            .proposed
            .iter()
            .map(|subnet| short_zone(&subnet.zone.name))
            .collect();
        t!(l, wizard.network.lead_missing, zones = made.join(" · "))
    }
}

fn subnet_choice(l: Locale, subnet: &SubnetChoice) -> AnyView {
    let (tone, word, why) = match subnet.fitness {
        SubnetFitness::Usable => (
            Tone::Ok,
            t!(l, wizard.network.usable),
            t!(l, wizard.network.usable_why),
        ),
        SubnetFitness::SameZone => (
            Tone::None,
            t!(l, wizard.network.same_zone),
            t!(l, wizard.network.same_zone_why),
        ),
        SubnetFitness::Private => (
            Tone::None,
            t!(l, wizard.network.private),
            t!(l, wizard.network.private_why),
        ),
        SubnetFitness::Full => (
            Tone::Warn,
            t!(l, wizard.network.full),
            t!(l, wizard.network.full_why),
        ),
        SubnetFitness::Own => (Tone::Ok, t!(l, wizard.network.own), t!(l, wizard.network.own_why)),
    };
    let name = subnet
        .name
        .as_ref()
        .map(|name| format!("{name} · "))
        .unwrap_or_default();
    let why = format!(
        "{name}{} · {} · {why}",
        subnet.id,
        t!(l, wizard.network.free, count = subnet.free_addresses)
    );
    let place = format!(" · {} ({}) ", subnet.zone.id, short_zone(&subnet.zone.name));
    let public = subnet.fitness != SubnetFitness::Private;
    let fixed = !public || subnet.fitness == SubnetFitness::Own;
    let cidr = subnet.cidr.clone();
    view! {
        <Choice name="network.subnets" value=subnet.id.clone() checked=subnet.checked disabled=fixed many=true why state=move || view! { <State tone word/> }>
            <code>{cidr}</code> {place} {public.then(|| view! { <Tag>{t!(l, wizard.network.public)}</Tag> })}
        </Choice>
    }
    .into_any()
}

fn proposed_choice(l: Locale, subnet: &ProposedSubnet) -> AnyView {
    let place = format!(" · {} ({}) ", subnet.zone.id, short_zone(&subnet.zone.name));
    let cidr = subnet.cidr.clone();
    view! {
        <Choice name="network.proposed" value=cidr.clone() checked=true many=true why=t!(l, wizard.network.proposed_why) state=move || view! { <State tone=Tone::Wait word=t!(l, wizard.network.proposed)/> }>
            <code>{cidr}</code> {place} <Tag>{t!(l, wizard.network.made)}</Tag>
        </Choice>
    }
    .into_any()
}

fn group_choice(l: Locale, group: &GroupChoice, chosen: &str, port: &str) -> AnyView {
    let open = group.open_to_world;
    let why = if open {
        format!("{} · {}", group.id, t!(l, wizard.network.open_why, port = port))
    } else {
        group.id.clone()
    };
    let name = t!(l, wizard.network.keep_group, name = group.name.clone());
    let badge = open.then(|| view! { <State tone=Tone::Warn word=t!(l, wizard.network.open)/> });
    view! {
        <Choice name="network.task_security_group" value=group.id.clone() checked=group.id == chosen why
            state=badge>
            {name}
        </Choice>
    }
    .into_any()
}

/// Both ways: a visitor to the task, and the task to what it needs.
fn ways(l: Locale, page: &drafts::NetworkPage, port: &str) -> AnyView {
    let enough = page.zones.len() >= 2;
    let health = page.draft.value("health.path").to_owned();
    let balancer = Hop {
        title: "ALB".to_owned(),
        detail: Some(zone_names(page)),
        problem: (!enough).then(|| t!(l, wizard.network.one_zone).to_owned()),
        state: if enough { HopState::Pass } else { HopState::Stop },
    };
    let after = if enough { HopState::Pass } else { HopState::Beyond };
    let task = Hop {
        title: t!(l, wizard.network.task).to_owned(),
        detail: Some(format!(":{port} {health}")),
        problem: None,
        state: after,
    };
    let inbound = vec![Hop::pass(t!(l, wizard.network.internet), ":80"), balancer, task];
    let outbound = vec![
        Hop::pass(t!(l, wizard.network.task), t!(l, wizard.network.public_ip)),
        Hop::pass("IGW", t!(l, wizard.network.each_subnet)),
        Hop::pass("ECR · Logs", ":443"),
    ];
    view! {
        <Panel title=t!(l, wizard.network.reach)>
            <PathWay hops=inbound label=t!(l, wizard.network.way_in)/>
            <PathWay hops=outbound label=t!(l, wizard.network.way_out)/>
            <p class="muted">{if enough { t!(l, wizard.network.reach_good) } else { t!(l, wizard.network.reach_bad) }}</p>
        </Panel>
    }
    .into_any()
}
