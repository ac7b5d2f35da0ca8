//! The wizard as a browser meets it: what a draft may become, and what colleagues do to each other.

use app::backend::drafts::FormValues;
use axum::http::{Request, StatusCode, header};
use cloud_sim::{Fault, FaultPlan};
use engine::run::RunOptions;
use engine::spec::ImageSource;
use slipway::runs::start;
use store::drafts;
use store::users::{NewUser, Role};
use uuid::Uuid;

use crate::bed::Bed;
use crate::site::Site;
use crate::web::{Browser, PASSWORD};

/// The draft of an address such as `/drafts/ID/account`.
fn draft_of(address: &str) -> Uuid {
    address.split('/').nth(2).unwrap().parse().unwrap()
}

async fn new_draft(browser: &mut Browser) -> Uuid {
    draft_of(browser.post("/drafts/new", &[]).await.leads_to())
}

async fn values(bed: &Bed, draft: Uuid) -> FormValues {
    let row = drafts::get(&bed.db, draft).await.unwrap();
    row.values_as().unwrap()
}

/// The value of a hidden field of a page.
fn hidden(body: &str, name: &str) -> String {
    let field = body
        .split("<input")
        .find(|field| field.contains(&format!("name=\"{name}\"")))
        .unwrap_or_else(|| panic!("{name} in {body}"));
    let value = field.split("value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

/// Another person, signed in on a browser of their own.
async fn colleague(site: &Site) -> Browser {
    let browser = &site.browser;
    let password = browser.panel.passwords.hash(PASSWORD.to_owned()).await.unwrap();
    let new = NewUser {
        email: "colleague@example.com",
        display_name: "Colleague",
        password: &password,
        locale: "ja",
        role: Role::Owner,
    };
    store::users::create(&site.bed.db, new).await.unwrap();
    let mut other = browser.another();
    other.sign_in("colleague@example.com", PASSWORD).await;
    other
}

#[tokio::test]
async fn the_name_of_a_stack_is_refused_with_the_way_to_change_that_stack() {
    let mut site = Site::with_stack().await;
    let draft = new_draft(&mut site.browser).await;
    let page = format!("/drafts/{draft}/account");
    let connection = site.connection.id.to_string();
    let fields = [
        ("connection", connection.as_str()),
        ("name", "hello"),
        ("environment", "production"),
    ];
    let refused = site.browser.post(&page, &fields).await;
    assert_eq!(refused.leads_to(), format!("{page}?checked=1"));
    let shown = site.browser.get(&format!("{page}?checked=1")).await;
    assert!(shown.body.contains("data-code=\"taken\""), "{}", shown.body);
    assert!(shown.body.contains(&format!("/stacks/{}/edit", site.stack)));
    // Nor can the repository be made under its name.
    let fields = [
        ("image.choice", "new"),
        ("image.new_repository", "hello-api"),
        ("image.tag", "v1"),
    ];
    site.browser
        .post(&format!("/drafts/{draft}/repository"), &fields)
        .await;
    let runs = store::runs::of_stack(&site.bed.db, site.stack, 10).await.unwrap();
    assert_eq!(runs.len(), 1, "only the one that built it");
}

#[tokio::test]
async fn a_draft_that_changes_a_stack_keeps_its_name_and_its_account() {
    let mut site = Site::with_stack().await;
    let edit = format!("/stacks/{}/edit", site.stack);
    let draft = draft_of(site.browser.post(&edit, &[]).await.leads_to());
    let other = store::connections::by_name(&site.bed.db, "practice:runbook")
        .await
        .unwrap()
        .id
        .to_string();
    let page = format!("/drafts/{draft}/account");
    let fields = [
        ("connection", other.as_str()),
        ("name", "another"),
        ("environment", "staging"),
    ];
    site.browser.post(&page, &fields).await;
    let kept = values(&site.bed, draft).await;
    assert_eq!(kept["name"], ["hello"]);
    assert_eq!(kept["connection"], [site.connection.id.to_string()]);
    assert_eq!(kept["environment"], ["staging"]);
    site.browser.set_cookie("slipway_locale", "en");
    let shown = site.browser.get(&page).await;
    assert!(shown.body.contains("Change to hello"), "{}", shown.body);
}

#[tokio::test]
async fn making_a_repository_leaves_a_live_stack_as_it_is() {
    let mut site = Site::with_stack().await;
    let before = store::stacks::get(&site.bed.db, site.stack).await.unwrap();
    let mut spec = before.spec().unwrap();
    spec.image = ImageSource::Repository {
        repository: "hello-api".to_owned(),
        tag: "v1".to_owned(),
    };
    spec.container.port = 9999;
    let plan = start::plan_prepare(&site.open, &spec).await.unwrap();
    let run = start::start(
        &site.browser.panel,
        &site.connection,
        &plan,
        &RunOptions { wait: true },
        None,
    )
    .await
    .unwrap();
    slipway::runs::execute::drive(&site.browser.panel, run.id)
        .await
        .unwrap();
    let after = store::stacks::get(&site.bed.db, site.stack).await.unwrap();
    assert_eq!((run.stack_id, after.spec), (site.stack, before.spec));
    let dashboard = site.browser.get("/").await;
    assert!(
        dashboard.body.contains(&format!("\"/stacks/{}\"", site.stack)),
        "the stack is still on the dashboard: {}",
        dashboard.body
    );
}

#[tokio::test]
async fn a_repository_without_its_stack_is_listed_and_can_be_taken_down() {
    let mut site = Site::new().await;
    let spec = Site::spec_with_repository("shop");
    let plan = start::plan_prepare(&site.open, &spec).await.unwrap();
    let run = start::start(
        &site.browser.panel,
        &site.connection,
        &plan,
        &RunOptions { wait: true },
        None,
    )
    .await
    .unwrap();
    slipway::runs::execute::drive(&site.browser.panel, run.id)
        .await
        .unwrap();
    let dashboard = site.browser.get("/").await;
    let away = format!("/stacks/{}/destroy", run.stack_id);
    assert!(dashboard.body.contains(&away), "{}", dashboard.body);
    assert!(!dashboard.body.contains(&format!("\"/stacks/{}\"", run.stack_id)));
    let page = site.browser.get(&away).await;
    assert_eq!(page.status, StatusCode::OK);
    let digest = hidden(&page.body, "digest");
    let fields = [("digest", digest.as_str()), ("name", "shop")];
    let removal = site.browser.post(&away, &fields).await;
    let run: Uuid = removal
        .leads_to()
        .strip_prefix("/runs/")
        .unwrap()
        .parse()
        .unwrap();
    slipway::runs::execute::drive(&site.browser.panel, run)
        .await
        .unwrap();
    let left = site.open.cloud.registry.repositories().await.unwrap();
    assert!(left.iter().all(|repository| repository.name != "shop-api"));
}

#[tokio::test]
async fn run_it_twice_is_one_run_and_the_draft_leads_to_it() {
    let mut site = Site::with_stack().await;
    let edit = format!("/stacks/{}/edit", site.stack);
    let draft = draft_of(site.browser.post(&edit, &[]).await.leads_to());
    let review = format!("/drafts/{draft}/review");
    let page = site.browser.get(&review).await;
    let digest = hidden(&page.body, "digest");
    let apply = format!("/drafts/{draft}/apply");
    let first = site.browser.post(&apply, &[("digest", &digest)]).await;
    let run = first.leads_to().to_owned();
    assert!(run.starts_with("/runs/"), "{run}");
    let second = site.browser.post(&apply, &[("digest", &digest)]).await;
    assert_eq!(second.leads_to(), run, "the other click of two");
    let after = site.browser.get(&review).await;
    assert_eq!(after.status, StatusCode::GONE);
    assert!(after.body.contains(&format!("href=\"{run}\"")), "{}", after.body);
    let arrival = site.browser.get(&format!("/drafts/{draft}/image/events")).await;
    assert_eq!(arrival.status, StatusCode::GONE, "nobody waits for its image");
    assert_eq!(drafts::list(&site.bed.db).await.unwrap(), []);
}

#[tokio::test]
async fn a_colleagues_save_of_another_page_stays() {
    let mut site = Site::new().await;
    let mut other = colleague(&site).await;
    let draft = new_draft(&mut site.browser).await;
    let account = format!("/drafts/{draft}/account");
    let shown = site.browser.get(&account).await;
    let seen = hidden(&shown.body, "seen");
    let page = format!("/drafts/{draft}/frontend");
    other.post(&page, &[("frontend.app", "")]).await;
    let fields = [("name", "shop"), ("environment", "staging"), ("seen", &seen)];
    site.browser.post(&account, &fields).await;
    let kept = values(&site.bed, draft).await;
    assert_eq!(kept["name"], ["shop"]);
    assert!(kept.contains_key("frontend.app"), "{kept:?}");
}

#[tokio::test]
async fn a_colleagues_newer_save_of_the_same_page_is_not_overwritten_unseen() {
    let mut site = Site::new().await;
    let mut other = colleague(&site).await;
    let draft = new_draft(&mut site.browser).await;
    let account = format!("/drafts/{draft}/account");
    let shown = site.browser.get(&account).await;
    let seen = hidden(&shown.body, "seen");
    other
        .post(&account, &[("name", "theirs"), ("environment", "production")])
        .await;
    let mine = [("name", "mine"), ("environment", "production"), ("seen", &seen)];
    let refused = site.browser.post(&account, &mine).await;
    let back = refused.leads_to().to_owned();
    assert!(back.contains("notice="), "{back}");
    assert_eq!(values(&site.bed, draft).await["name"], ["theirs"]);
    let shown = site.browser.get(&back).await;
    assert!(
        shown.body.contains("value=\"mine\""),
        "what was typed is still there: {}",
        shown.body
    );
    // Having seen it, one may insist.
    let seen = hidden(&shown.body, "seen");
    let mine = [("name", "mine"), ("environment", "production"), ("seen", &seen)];
    site.browser.post(&account, &mine).await;
    assert_eq!(values(&site.bed, draft).await["name"], ["mine"]);
}

#[tokio::test]
async fn an_untouched_draft_of_ones_own_serves_again() {
    let mut site = Site::new().await;
    let first = new_draft(&mut site.browser).await;
    assert_eq!(new_draft(&mut site.browser).await, first);
    let mut other = colleague(&site).await;
    assert_ne!(new_draft(&mut other).await, first, "somebody else's is theirs");
    site.browser
        .post(&format!("/drafts/{first}/account"), &[("name", "shop")])
        .await;
    assert_ne!(
        new_draft(&mut site.browser).await,
        first,
        "this one is being worked on"
    );
    let dashboard = site.browser.get("/").await;
    assert!(dashboard.body.contains(&format!("/drafts/{first}/discard")));
}

#[tokio::test]
async fn what_aws_refuses_is_left_out_or_leaves_the_wizard_standing() {
    let mut site = Site::with_stack().await;
    site.browser.set_cookie("slipway_locale", "en");
    let edit = format!("/stacks/{}/edit", site.stack);
    let draft = draft_of(site.browser.post(&edit, &[]).await.leads_to());
    site.fault(FaultPlan::at_action("ecr:DescribeRepositories", Fault::Denied))
        .await;
    let image = site.browser.get(&format!("/drafts/{draft}/image")).await;
    assert_eq!(image.status, StatusCode::OK, "a public image needs no registry");
    assert!(image.body.contains("ecr:DescribeRepositories"), "{}", image.body);
    site.fault(FaultPlan::at_action("ec2:DescribeVpcs", Fault::Denied))
        .await;
    let page = format!("/drafts/{draft}/network");
    let network = site.browser.get(&page).await;
    assert_eq!(network.status, StatusCode::BAD_GATEWAY);
    for wanted in [
        "class=\"steps\"".to_owned(),
        format!("href=\"{page}\""),
        format!("href=\"/connections/{}\"", site.connection.id),
        format!("href=\"/drafts/{draft}/image\""),
    ] {
        assert!(network.body.contains(&wanted), "{wanted} in {}", network.body);
    }
}

#[tokio::test]
async fn own_subnets_count_as_a_zone_when_a_stack_is_changed() {
    let site = Site::runbook_stack().await;
    let mut browser = site.browser;
    let edit = format!("/stacks/{}/edit", site.stack);
    let draft = draft_of(browser.post(&edit, &[]).await.leads_to());
    let page = browser.get(&format!("/drafts/{draft}/network")).await;
    assert!(
        !page.body.contains("name=\"network.proposed\""),
        "no third subnet is proposed: {}",
        page.body
    );
    assert!(page.body.contains("name=\"network.own_zones\""));
}

#[tokio::test]
async fn a_form_after_the_session_leads_back_to_its_page() {
    let mut site = Site::new().await;
    let draft = new_draft(&mut site.browser).await;
    let mut nobody = site.browser.another();
    let request = Request::post(format!("/drafts/{draft}/account"))
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(
            header::REFERER,
            format!("http://panel.test/drafts/{draft}/account?checked=1"),
        )
        .header("sec-fetch-site", "same-origin");
    let page = nobody.send(request, "name=shop".into()).await;
    assert_eq!(
        page.leads_to(),
        format!("/sign-in?next=/drafts/{draft}/account&note=expired")
    );
}
