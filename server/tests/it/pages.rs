//! What the pages of stacks, runs and connections say when things did not go as asked.

use std::time::Duration;

use app::backend::error::{PanelError, PanelErrorCode};
use axum::http::StatusCode;
use engine::cloud::AwsFault;
use engine::run::RunOptions;
use engine::spec::ImageSource;
use slipway::health::scheduler;
use slipway::runs::execute::drive;
use slipway::runs::start;
use store::connections::{Credentials, Settings};
use store::health;
use store::health::results;
use uuid::Uuid;

use crate::bed::Bed;
use crate::site::Site;
use crate::web::{Browser, EMAIL, PASSWORD};

impl Site {
    /// Every monitor looks once.
    async fn look(&self) {
        let due = health::claim_due(&self.bed.db, 16).await.unwrap();
        let seen = scheduler::look_at(&self.browser.panel, &due).await;
        results::save(&self.bed.db, &seen).await.unwrap();
    }

    /// Asks for a run of another image, and leaves it there.
    async fn ask_for(&self, image: &str) -> Uuid {
        let mut spec = Self::spec();
        spec.image = ImageSource::Uri {
            uri: image.to_owned(),
        };
        let plan = start::plan_apply(&self.open, &spec).await.unwrap();
        let panel = &self.browser.panel;
        let run = start::start(panel, &self.connection, &plan, &RunOptions { wait: true }, None)
            .await
            .unwrap();
        run.id
    }

    /// Fails a run as a whole.
    async fn fail(&self, run: Uuid, error: &PanelError) {
        let db = &self.bed.db;
        store::runs::claim(db, run, "somebody", Duration::from_secs(10))
            .await
            .unwrap()
            .unwrap();
        store::runs::fail(db, run, "somebody", error).await.unwrap();
    }
}

fn refusal() -> PanelError {
    PanelError {
        fault: Some(AwsFault {
            operation: "sts:AssumeRole".to_owned(),
            code: "AccessDenied".to_owned(),
            message: "this role is not for you".to_owned(),
            request_id: Some("r-1".to_owned()),
        }),
        ..PanelError::new(PanelErrorCode::Aws)
    }
}

#[tokio::test]
async fn what_runs_is_what_was_seen_and_not_what_was_asked_for() {
    let mut site = Site::with_stack().await;
    site.look().await;
    let run = site.ask_for("public.ecr.aws/nginx/nginx:9.99").await;
    site.fail(run, &refusal()).await;
    let page = site.browser.get(&format!("/stacks/{}", site.stack)).await;
    assert!(
        page.body.contains("public.ecr.aws/nginx/nginx:1.27"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("nginx:9.99"), "nobody runs that");
    let stack = store::stacks::get(&site.bed.db, site.stack).await.unwrap();
    let asked = stack.spec().unwrap().image;
    assert!(
        matches!(asked, ImageSource::Uri { uri } if uri.ends_with("9.99")),
        "a draft begins with what was asked for"
    );
}

#[tokio::test]
async fn before_the_first_look_the_last_run_that_succeeded_says_what_runs() {
    let mut site = Site::with_stack().await;
    let run = site.ask_for("public.ecr.aws/nginx/nginx:9.99").await;
    site.fail(run, &refusal()).await;
    let page = site.browser.get(&format!("/stacks/{}", site.stack)).await;
    assert!(page.body.contains("nginx:1.27") && !page.body.contains("nginx:9.99"));
}

#[tokio::test]
async fn a_run_that_failed_as_a_whole_says_why_in_awss_words() {
    let mut site = Site::with_stack().await;
    let run = site.ask_for("public.ecr.aws/nginx/nginx:9.99").await;
    site.fail(run, &refusal()).await;
    let page = site.browser.get(&format!("/runs/{run}")).await;
    assert!(page.body.contains("this role is not for you"), "{}", page.body);
    assert!(
        page.body.contains(&format!("action=\"/runs/{run}/edit\"")),
        "it can be changed and run again"
    );
    assert!(
        page.body.contains("data-offset=\"32400\""),
        "the live part knows the distance from UTC"
    );
}

#[tokio::test]
async fn only_the_newest_run_is_gone_on_with() {
    let mut site = Site::with_stack().await;
    site.browser.set_cookie("slipway_locale", "en");
    let old = site.ask_for("public.ecr.aws/nginx/nginx:9.99").await;
    site.fail(old, &refusal()).await;
    let new = site.ask_for("public.ecr.aws/nginx/nginx:9.98").await;
    site.fail(new, &refusal()).await;
    let page = site.browser.get(&format!("/runs/{old}")).await;
    assert!(!page.body.contains(&format!("/runs/{old}/resume")));
    assert!(
        page.body.contains(&format!("href=\"/runs/{new}\"")),
        "{}",
        page.body
    );
    let refused = site.browser.post(&format!("/runs/{old}/resume"), &[]).await;
    let back = refused.leads_to().to_owned();
    let said = site.browser.get(&back).await;
    assert!(said.body.contains("The stack has a newer run."), "{}", said.body);
    let resume = format!("/runs/{new}/resume");
    assert_eq!(
        site.browser.post(&resume, &[]).await.leads_to(),
        format!("/runs/{new}")
    );
    let again = site.browser.post(&resume, &[]).await;
    let back = again.leads_to().to_owned();
    let said = site.browser.get(&back).await;
    assert!(
        said.body.contains("There is nothing to go on with."),
        "{}",
        said.body
    );
}

#[tokio::test]
async fn a_run_that_is_changed_begins_with_what_it_was_to_bring_about() {
    let mut site = Site::with_stack().await;
    let run = site.ask_for("public.ecr.aws/nginx/nginx:9.99").await;
    site.fail(run, &refusal()).await;
    let began = site
        .browser
        .post(&format!("/runs/{run}/edit"), &[("page", "service")])
        .await;
    assert!(began.leads_to().ends_with("/service"), "{}", began.leads_to());
    let draft: Uuid = began.leads_to().split('/').nth(2).unwrap().parse().unwrap();
    let row = store::drafts::get(&site.bed.db, draft).await.unwrap();
    assert_eq!(row.stack_id, Some(site.stack));
    assert_eq!(row.values["image.uri"][0], "public.ecr.aws/nginx/nginx:9.99");
}

#[tokio::test]
async fn a_run_that_waits_for_its_image_shows_how_to_push_and_plays_it() {
    let mut site = Site::new().await;
    let spec = Site::spec_with_repository("shop");
    let plan = start::plan_apply(&site.open, &spec).await.unwrap();
    let panel = site.browser.panel.clone();
    let run = start::start(&panel, &site.connection, &plan, &RunOptions { wait: true }, None)
        .await
        .unwrap();
    let driving = tokio::spawn(async move { drive(&panel, run.id).await.unwrap() });
    let page = format!("/runs/{}", run.id);
    crate::bed::until("a wait for the image", async || {
        let steps = store::runs::steps(&site.bed.db, run.id).await.unwrap();
        let waits = steps.iter().any(|step| {
            step.waiting
                .as_ref()
                .is_some_and(|waiting| waiting.code == engine::step::WaitingCode::ImagePush)
        });
        waits.then_some(())
    })
    .await;
    let shown = site.browser.get(&page).await;
    assert!(shown.body.contains("docker push"), "{}", shown.body);
    assert!(shown.body.contains(&format!("action=\"{page}/push\"")));
    assert_eq!(
        site.browser.post(&format!("{page}/push"), &[]).await.leads_to(),
        page
    );
    let image = crate::bed::until("the image", async || {
        site.open.cloud.registry.image("shop-api", "v1").await.unwrap()
    })
    .await;
    assert!(!image.digest.is_empty());
    driving.abort();
}

#[tokio::test]
async fn a_stack_that_was_taken_down_is_its_history_and_nothing_else() {
    let mut site = Site::with_stack().await;
    let db = &site.bed.db;
    let stack = store::stacks::get(db, site.stack).await.unwrap();
    let plan = start::plan_destroy(db, &site.open, &stack).await.unwrap();
    let panel = site.browser.panel.clone();
    let run = start::start(&panel, &site.connection, &plan, &RunOptions { wait: true }, None)
        .await
        .unwrap();
    drive(&panel, run.id).await.unwrap();
    site.browser.set_cookie("slipway_locale", "en");
    let page = site.browser.get(&format!("/stacks/{}", site.stack)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Taken down at"), "{}", page.body);
    assert!(page.body.contains(&format!("/runs/{}", run.id)), "its runs stay");
    for dead in [
        format!("/stacks/{}/edit", site.stack),
        format!("/stacks/{}/destroy", site.stack),
        "http://hello".to_owned(),
        "aws ecs".to_owned(),
    ] {
        assert!(!page.body.contains(&dead), "{dead}");
    }
    let edit = site
        .browser
        .post(&format!("/stacks/{}/edit", site.stack), &[])
        .await;
    assert!(edit.leads_to().contains("notice="));
}

#[tokio::test]
async fn a_stack_that_nobody_can_see_is_not_called_well() {
    let mut site = Site::with_stack().await;
    site.browser.set_cookie("slipway_locale", "en");
    let unseen = site.browser.get("/").await;
    assert!(!unseen.body.contains("all is well"), "{}", unseen.body);
    assert!(unseen.body.contains("can’t be seen"));
    site.look().await;
    let seen = site.browser.get("/").await;
    assert!(seen.body.contains("all is well"), "{}", seen.body);
}

#[tokio::test]
async fn a_lost_password_is_replaced_with_a_link_that_works_once() {
    let bed = Bed::new().await;
    let mut browser = Browser::signed_in(&bed).await;
    let printed = bed.run(&["owner", "reset-password", "--json"]).await.good();
    assert_eq!(printed["email"], EMAIL);
    let link = printed["link"].as_str().unwrap();
    let path = link.strip_prefix("http://127.0.0.1:3000").unwrap();
    let mut other = browser.another();
    assert_eq!(other.get(path).await.status, StatusCode::OK);
    let refused = other.post(path, &[("password", "short")]).await;
    assert!(refused.leads_to().contains("notice="));
    let password = "a new horse for the battery";
    assert_eq!(other.post(path, &[("password", password)]).await.leads_to(), "/");
    assert!(
        browser
            .get("/connections")
            .await
            .leads_to()
            .starts_with("/sign-in"),
        "other sessions are over"
    );
    let mut third = browser.another();
    assert_eq!(third.get(path).await.status, StatusCode::NOT_FOUND);
    assert!(
        third
            .sign_in(EMAIL, PASSWORD)
            .await
            .leads_to()
            .contains("notice=")
    );
    assert_eq!(third.sign_in(EMAIL, password).await.leads_to(), "/");
}

#[tokio::test]
async fn a_connection_is_changed_where_it_stands() {
    let mut site = Site::with_stack().await;
    let page = format!("/connections/{}", site.connection.id);
    let renamed = site
        .browser
        .post(&format!("{page}/edit"), &[("name", "playground")])
        .await;
    assert_eq!(renamed.leads_to(), format!("{page}?note=saved"));
    let after = store::connections::get(&site.bed.db, site.connection.id)
        .await
        .unwrap();
    assert_eq!(
        (after.name.as_str(), after.settings),
        ("playground", site.connection.settings)
    );
    let taken = site
        .browser
        .post(&format!("{page}/edit"), &[("name", "practice:runbook")])
        .await;
    assert!(taken.leads_to().contains("notice="));
}

#[tokio::test]
async fn a_look_at_a_connection_asks_nobody() {
    let bed = Bed::new().await;
    let mut browser = Browser::signed_in(&bed).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let settings = Settings::Aws {
        credentials: Credentials::Default,
        region: "ap-northeast-1".to_owned(),
        endpoint: Some(format!("http://{}", listener.local_addr().unwrap())),
    };
    let connection = store::connections::create(&bed.db, "prod", &settings, None)
        .await
        .unwrap();
    let page = browser.get(&format!("/connections/{}", connection.id)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("ecs:CreateService"), "the policy is there");
    let asked = listener.accept().unwrap_err();
    assert_eq!(asked.kind(), std::io::ErrorKind::WouldBlock, "nobody was asked");
}
