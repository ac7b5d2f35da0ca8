//! What the preflight found, in the reader's language.

use engine::plan::{Finding, FindingCode, Weight};

use crate::i18n::{Locale, t};
use crate::words::{named_kind, say, value};

/// One sentence for a finding, by what was looked at and how much it weighs.
pub fn finding(l: Locale, finding: &Finding) -> String {
    let values = &finding.values;
    match (finding.code, finding.weight) {
        (FindingCode::TwoZones, Weight::Pass) => say!(l, values, finding.two_zones.pass, zones),
        (FindingCode::TwoZones, Weight::Warn | Weight::Block) => {
            say!(l, values, finding.two_zones.block, zones)
        }
        (FindingCode::VpcChosen, Weight::Pass) => say!(l, values, finding.vpc_chosen.pass, vpc),
        (FindingCode::VpcChosen, Weight::Warn | Weight::Block) => t!(l, finding.vpc_chosen.block).to_owned(),
        (FindingCode::RouteToInternet, Weight::Pass) => t!(l, finding.route_to_internet.pass).to_owned(),
        (FindingCode::RouteToInternet, Weight::Warn | Weight::Block) => {
            say!(l, values, finding.route_to_internet.block, subnets)
        }
        (FindingCode::FreeAddresses, Weight::Pass) => t!(l, finding.free_addresses.pass).to_owned(),
        (FindingCode::FreeAddresses, Weight::Warn | Weight::Block) => {
            say!(l, values, finding.free_addresses.block, subnets)
        }
        (FindingCode::VpcDns, Weight::Pass) => t!(l, finding.vpc_dns.pass).to_owned(),
        (FindingCode::VpcDns, Weight::Warn | Weight::Block) => t!(l, finding.vpc_dns.warn).to_owned(),
        (FindingCode::ImageExists, Weight::Pass) => say!(l, values, finding.image_exists.pass, image),
        (FindingCode::ImageExists, Weight::Warn) => say!(l, values, finding.image_exists.warn, image),
        (FindingCode::ImageExists, Weight::Block) => say!(l, values, finding.image_exists.block, image),
        (FindingCode::ImagePlatform, Weight::Pass) => say!(l, values, finding.image_platform.pass, wanted),
        (FindingCode::ImagePlatform, Weight::Warn | Weight::Block) => {
            say!(l, values, finding.image_platform.block, found, wanted)
        }
        (FindingCode::ImagePort, Weight::Pass) => say!(l, values, finding.image_port.pass, port),
        (FindingCode::ImagePort, Weight::Warn | Weight::Block) => {
            say!(l, values, finding.image_port.warn, exposed, port)
        }
        (FindingCode::ImageUnchecked, _) => t!(l, finding.image_unchecked.warn).to_owned(),
        (FindingCode::ExecutionRole, Weight::Pass) => say!(l, values, finding.execution_role.pass, role),
        (FindingCode::ExecutionRole, Weight::Warn) => {
            say!(l, values, finding.execution_role.warn, role, lacks)
        }
        (FindingCode::ExecutionRole, Weight::Block) => {
            say!(l, values, finding.execution_role.block, role, lacks)
        }
        (FindingCode::NameFree, Weight::Pass) => t!(l, finding.name_free.pass).to_owned(),
        (FindingCode::NameFree, Weight::Warn | Weight::Block) => {
            let kind = named_kind(l, values);
            t!(
                l,
                finding.name_free.block,
                kind = kind,
                name = value(values, "name")
            )
        }
        (FindingCode::KeptForOthers, _) => say!(l, values, finding.kept_for_others.warn, name, by),
        (FindingCode::ServiceDraining, _) => say!(l, values, finding.service_draining.warn, service),
        (FindingCode::TaskGroupOpen, _) => say!(l, values, finding.task_group_open.warn, group, port),
        (FindingCode::PanelShutOut, Weight::Pass) => {
            say!(l, values, finding.panel_shut_out.pass, from, address)
        }
        (FindingCode::PanelShutOut, Weight::Warn) => {
            say!(l, values, finding.panel_shut_out.warn, from, address)
        }
        (FindingCode::PanelShutOut, Weight::Block) => {
            say!(l, values, finding.panel_shut_out.block, from, address, path)
        }
        (FindingCode::SecretsKey, _) => say!(l, values, finding.secrets_key.warn, role),
        (FindingCode::HealthCheckMoves, _) => {
            say!(l, values, finding.health_check_moves.warn, before, after)
        }
        (FindingCode::MixedContent, _) => t!(l, finding.mixed_content.warn).to_owned(),
        (FindingCode::FrontendFound, Weight::Pass) => say!(l, values, finding.frontend_found.pass, app),
        (FindingCode::FrontendFound, Weight::Warn | Weight::Block) => {
            say!(l, values, finding.frontend_found.block, app)
        }
        (FindingCode::BranchOverrides, _) => say!(l, values, finding.branch_overrides.warn, variables),
        (FindingCode::FrontendSkipped, _) => say!(l, values, finding.frontend_skipped.warn, app, why),
        (FindingCode::SameAccount, Weight::Pass) => t!(l, finding.same_account.pass).to_owned(),
        (FindingCode::SameAccount, Weight::Warn | Weight::Block) => {
            say!(l, values, finding.same_account.warn, account)
        }
        (FindingCode::SingleTask, _) => t!(l, finding.single_task.warn).to_owned(),
        (FindingCode::SubnetsSameZone, _) => say!(l, values, finding.subnets_same_zone.block, subnets),
        (FindingCode::SubnetRange, Weight::Pass) => say!(l, values, finding.subnet_range.pass, cidr),
        (FindingCode::SubnetRange, Weight::Warn | Weight::Block) => {
            say!(l, values, finding.subnet_range.block, cidr)
        }
        (FindingCode::ChosenFound, Weight::Pass) => t!(l, finding.chosen_found.pass).to_owned(),
        (FindingCode::ChosenFound, Weight::Warn | Weight::Block) => {
            say!(l, values, finding.chosen_found.block, missing)
        }
        (FindingCode::SameRegion, Weight::Pass) => say!(l, values, finding.same_region.pass, wanted),
        (FindingCode::SameRegion, Weight::Warn | Weight::Block) => {
            say!(l, values, finding.same_region.block, wanted, found)
        }
        (FindingCode::PastUnreadable, _) => say!(l, values, finding.past_unreadable.warn, runs),
    }
}
