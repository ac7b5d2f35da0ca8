//! The components with their states.

use jiff::{Timestamp, ToSpan};
use leptos::prelude::*;

use crate::{
    charts::{Hop, HopState, PathWay},
    components::*,
    format::Currency,
    i18n::{locale, t},
};

/// Notes, states, buttons, tables, code, empty.
#[component]
pub fn PieceSection() -> impl IntoView {
    let l = locale();
    // A fixed moment, so that the page is the same whenever it is looked at.
    let now = Timestamp::from_second(1_795_410_660).unwrap_or_default();
    view! {
        <Note tone=Tone::Bad title=t!(l, styleguide.note_bad)>
            {t!(l, styleguide.note_bad_text)} " " <a href="#charts">{t!(l, styleguide.note_bad_link)}</a>
        </Note>
        <Note tone=Tone::Warn title=t!(l, styleguide.note_warn)>{t!(l, styleguide.note_warn_text)}</Note>
        <Note tone=Tone::Ok>{t!(l, flash.saved)}</Note>
        <Note>{t!(l, styleguide.note_plain)}</Note>
        <ErrorNote
            title=t!(l, styleguide.error)
            why=t!(l, styleguide.error_why)
            code="AccessDeniedException"
            message="User: arn:aws:iam::123456789012:user/aiko is not authorized to perform: ecs:CreateCluster"
            request_id="7c1f5c1e-6f7f-4f0e-9d3a-1f2b3c4d5e6f"
            next=view! {
                <Button small=true plain=true>{t!(l, styleguide.retry)}</Button>
                <LinkButton href="#form" small=true kind=ButtonKind::Quiet>{t!(l, styleguide.show_policy)}</LinkButton>
            }
        />
        <div class="cols">
            <Panel title=t!(l, styleguide.states) end=t!(l, styleguide.states_end)>
                <div class="actions">
                    <State tone=Tone::Ok word=t!(l, styleguide.healthy)/>
                    <State tone=Tone::Warn word=t!(l, styleguide.drift)/>
                    <State tone=Tone::Bad word=t!(l, styleguide.down)/>
                    <State tone=Tone::Wait word=t!(l, slip.running) live=true/>
                    <State tone=Tone::None word=t!(l, slip.kept)/>
                    <Tag>"production"</Tag>
                    <Tag>{t!(l, styleguide.new)}</Tag>
                </div>
                <div class="actions">
                    <Button kind=ButtonKind::Primary plain=true>{t!(l, styleguide.apply)}</Button>
                    <Button plain=true>"AWS CLI"</Button>
                    <Button kind=ButtonKind::Quiet plain=true>{t!(l, styleguide.back)}</Button>
                    <Button kind=ButtonKind::Danger plain=true>{t!(l, styleguide.stop)}</Button>
                    <Button plain=true disabled=true>{t!(l, styleguide.apply)}</Button>
                    <Button kind=ButtonKind::Primary plain=true busy=true>{t!(l, styleguide.apply)}</Button>
                    <Button plain=true small=true>{t!(l, styleguide.retry)}</Button>
                    <Confirm open=t!(l, styleguide.stop) question=t!(l, styleguide.stop_question) danger=true>
                        <div class="actions"><Button kind=ButtonKind::Danger plain=true>{t!(l, styleguide.stop)}</Button></div>
                    </Confirm>
                </div>
                <Progress label=t!(l, styleguide.progress) value=Some(132.0) max=215.0 end="2:12 / 3:35"/>
                <Progress label=t!(l, styleguide.progress_open)/>
            </Panel>
            <Panel title=t!(l, state.loading)>
                <Skeleton/>
            </Panel>
        </div>
        <Panel
            title=t!(l, styleguide.made)
            beside=view! { <Tag>"3"</Tag> }
            end=view! { <a href="#charts">{t!(l, styleguide.charts)}</a> }
            flush=true
        >
            <Table label=t!(l, styleguide.made) wide=true>
                <thead>
                    <tr>
                        <th>{t!(l, styleguide.kind)}</th>
                        <th>"ID"</th>
                        <th>{t!(l, styleguide.same_in_cli)}</th>
                        <th class="num">{t!(l, styleguide.cost)}</th>
                        <th class="num">{t!(l, latency.time)}</th>
                    </tr>
                </thead>
                <tbody>
                    <tr>
                        <td>"ALB" <span class="why">{t!(l, styleguide.facing)}</span></td>
                        <td><AwsId id="arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:loadbalancer/app/vendor0919-alb/50dc6c495c0c9188" console="https://ap-northeast-1.console.aws.amazon.com/ec2/home"/></td>
                        <td>
                            <Disclosure summary=t!(l, styleguide.show)>
                                <Code text="aws elbv2 create-load-balancer --name vendor0919-alb \\\n  --subnets subnet-0d9d1c034ff3310ca subnet-0fad2d28b04a7e2b5 \\\n  --security-groups sg-0fa3ee4b2af769436"/>
                            </Disclosure>
                        </td>
                        <td class="num"><Cost currency=Currency::Jpy amount=Some(2760.0) bare=true/></td>
                        <td class="num"><Clock seconds=92/></td>
                    </tr>
                    <tr>
                        <td>{t!(l, styleguide.subnet)}</td>
                        <td><AwsId id="subnet-0fad2d28b04a7e2b5"/></td>
                        <td></td>
                        <td class="num"><Cost currency=Currency::Jpy amount=None/></td>
                        <td class="num"><Ago at=now - 12.minutes() now=now/></td>
                    </tr>
                </tbody>
            </Table>
            <Pager newer="#made" older="#made"/>
        </Panel>
        <div class="cols">
            <Panel title=t!(l, styleguide.code)>
                <Code title="AWS CLI" text="docker build --platform linux/amd64 -t vendor0919-api .\ndocker push 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/vendor0919-api:v1.8.2"/>
            </Panel>
            <Panel title=t!(l, styleguide.settings) flush=true>
                <Rows>
                    <Row name=t!(l, styleguide.region)>"ap-northeast-1"</Row>
                    <Row name=t!(l, styleguide.image)><code>"vendor0919-api:v1.8.2"</code></Row>
                    <Row name=t!(l, latency.time)><When at=now/></Row>
                </Rows>
            </Panel>
        </div>
        <Panel flush=true>
            <Empty title=t!(l, styleguide.empty) actions=view! { <LinkButton href="#form" kind=ButtonKind::Primary>{t!(l, styleguide.new_stack)}</LinkButton> }>
                {t!(l, styleguide.empty_text)}
            </Empty>
        </Panel>
    }
    .into_any()
}

/// Fields and choices with their problems, and the path.
#[component]
pub fn FormSection() -> impl IntoView {
    let l = locale();
    let problems = Problems::from(vec![
        FieldProblem {
            field: "port".into(),
            code: "port_range".into(),
            message: t!(l, styleguide.port_wrong).into(),
        },
        FieldProblem {
            field: "subnets".into(),
            code: "two_zones".into(),
            message: t!(l, styleguide.zones_wrong).into(),
        },
    ]);
    let vpcs = vec![
        SelectOption::new("vpc-1", "vpc-0484f20452b5a7773 · 10.0.0.0/16 · vendor"),
        SelectOption::new("vpc-2", "vpc-0aa1bb2cc3dd4ee5f · 172.31.0.0/16 · default"),
    ];
    view! {
        <div class="cols" id="form">
            <Panel title=t!(l, styleguide.forms)>
                <ProblemSummary problems=problems.clone()/>
                <form method="get" action="/styleguide">
                    <SelectField name="vpc" label="VPC" options=vpcs value="vpc-1" hint=t!(l, styleguide.vpc_hint)/>
                    <Choices legend=t!(l, styleguide.subnets) name="subnets" problems=problems.clone()>
                        <Choice name="subnets" value="a" many=true checked=true why=t!(l, styleguide.subnet_a_why) state=view! { <State tone=Tone::Ok word=t!(l, styleguide.usable)/> }>
                            <code>"10.0.2.0/24"</code> " · apne1-az4 (1a) " <Tag>{t!(l, styleguide.public)}</Tag>
                        </Choice>
                        <Choice name="subnets" value="b" many=true disabled=true why=t!(l, styleguide.subnet_b_why) state=view! { <State tone=Tone::None word=t!(l, styleguide.same_zone)/> }>
                            <code>"10.0.3.0/24"</code> " · apne1-az4 (1a) " <Tag>{t!(l, styleguide.public)}</Tag>
                        </Choice>
                        <Choice name="subnets" value="c" many=true checked=true why=t!(l, styleguide.subnet_c_why) state=view! { <State tone=Tone::Wait word=t!(l, styleguide.proposed)/> }>
                            <code>"10.0.10.0/24"</code> " · apne1-az1 (1c) " <Tag>{t!(l, styleguide.new)}</Tag>
                        </Choice>
                    </Choices>
                    <Choices legend=t!(l, styleguide.groups) name="group">
                        <Choice name="group" value="two" checked=true why=t!(l, styleguide.group_two_why)>{t!(l, styleguide.group_two)}</Choice>
                        <Choice name="group" value="old" why=t!(l, styleguide.group_old_why) state=view! { <State tone=Tone::Warn word=t!(l, styleguide.too_wide)/> }>{t!(l, styleguide.group_old)}</Choice>
                    </Choices>
                    <TextField name="port" label=t!(l, styleguide.port) kind="number" value="99999" min="1" max="65535" required=true problems=problems hint=t!(l, styleguide.port_hint)/>
                    <TextField name="memory" label=t!(l, styleguide.memory) kind="number" value="512" unit="MiB" required=true/>
                    <TextField name="path" label=t!(l, styleguide.health_path) mono=true value="/health" required=true/>
                    <TextField name="account" label=t!(l, styleguide.account) mono=true readonly=true value="123456789012"/>
                    <TextArea name="env" label=t!(l, styleguide.env) placeholder="LOG_LEVEL=info" hint=t!(l, styleguide.env_hint)/>
                    <Check name="wait" label=t!(l, styleguide.wait_for_health) checked=true hint=t!(l, styleguide.wait_hint)/>
                    <div class="actions">
                        <Button kind=ButtonKind::Primary>{t!(l, styleguide.next)}</Button>
                        <LinkButton href="#form" kind=ButtonKind::Quiet>{t!(l, styleguide.back)}</LinkButton>
                    </div>
                </form>
            </Panel>
            <Panel title=t!(l, styleguide.reach)>
                <PathWay
                    label=t!(l, styleguide.reach)
                    hops=vec![
                        Hop::pass(t!(l, styleguide.internet), ":80"),
                        Hop::pass("ALB", "1a · 1c"),
                        Hop::pass(t!(l, styleguide.task), ":8080 /health"),
                    ]
                />
                <PathWay
                    label=t!(l, styleguide.reach)
                    hops=vec![
                        Hop::pass("ALB", "vendor0919-alb"),
                        Hop {
                            title: t!(l, styleguide.group).into(),
                            detail: Some("sg-023a5d27e13e2a967".into()),
                            problem: Some(t!(l, styleguide.group_problem).into()),
                            state: HopState::Stop,
                        },
                        Hop { title: t!(l, styleguide.task).into(), detail: Some("10.0.2.117:8080".into()), problem: None, state: HopState::Beyond },
                    ]
                />
                <p class="muted">{t!(l, styleguide.reach_text)}</p>
            </Panel>
        </div>
    }
    .into_any()
}

/// The same small page in one theme.
#[component]
pub fn ThemeSampler(
    /// The theme's name.
    name: &'static str,
) -> impl IntoView {
    let l = locale();
    view! {
        <h3><code>{format!("data-theme=\"{name}\"")}</code></h3>
        <div class="actions">
            <State tone=Tone::Ok word=t!(l, styleguide.healthy)/>
            <State tone=Tone::Warn word=t!(l, styleguide.drift)/>
            <State tone=Tone::Bad word=t!(l, styleguide.down)/>
            <State tone=Tone::Wait word=t!(l, slip.waiting)/>
            <State tone=Tone::None word=t!(l, slip.kept)/>
        </div>
        <div class="actions">
            <Button kind=ButtonKind::Primary plain=true>{t!(l, styleguide.apply)}</Button>
            <Button plain=true>"Terraform"</Button>
            <Button kind=ButtonKind::Danger plain=true>{t!(l, styleguide.stop)}</Button>
            <Button plain=true disabled=true>{t!(l, styleguide.apply)}</Button>
        </div>
        <Note tone=Tone::Warn title=t!(l, styleguide.note_warn)>{t!(l, styleguide.note_warn_text)}</Note>
        <Panel title=t!(l, styleguide.settings)>
            <TextField name=format!("name-{name}") label=t!(l, styleguide.stack_name) value="vendor0919" required=true/>
            <Choice name=format!("choice-{name}") value="one" checked=true why=t!(l, styleguide.group_two_why)>{t!(l, styleguide.group_two)}</Choice>
            <Code text="aws ecs describe-services --cluster vendor0919-cluster"/>
        </Panel>
    }
    .into_any()
}
