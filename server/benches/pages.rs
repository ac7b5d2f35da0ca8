//! How long the server works on its main pages, with several readers at once who each ask again as soon as they have
//! their answer: a panel with 1,000 monitors and a day of looks, on the private PostgreSQL.
//!
//! From the request to the last byte of the answer, compressed, without the network.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench tells its figures on standard output, and stops where it cannot go on"
)]
#![recursion_limit = "512"]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/bed.rs"]
mod bed;
mod support;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/web.rs"]
mod web;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use app::backend::drafts::WizardStep;
use app::routes;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::drafts::{self, Content};
use store::health::rollups::{self, Retention};
use store::health::{Kind, Monitor};
use store::{connections, health, stacks};
use uuid::Uuid;

use bed::Bed;
use support::seed::{self, Seeded};
use support::{chart, history};
use web::Browser;

/// Stacks of a panel with 1,000 monitors.
const MANY: usize = 1_000_usize.div_ceil(seed::MONITORS);
/// Stacks of a panel as the budget means it.
const STACKS: usize = 100;
/// Readers at once.
const READERS: usize = 4;
/// What each of them asks for before it counts, and then.
const WARM: usize = 15;
const COUNTED: usize = 150;
/// What a page may take, 99 times of 100.
const BUDGET: Duration = Duration::from_millis(25);
/// What a monitor's chart may take.
const CHART: Duration = Duration::from_millis(50);
const SESSION: &str = "slipway_session";

fn main() {
    support::work(measure());
}

async fn measure() {
    let bed = Bed::new().await;
    let browser = Browser::signed_in(&bed).await;
    eprintln!("{MANY} stacks, each with a run and its ledger");
    let seeded = seed::stacks(&bed.db, MANY, None).await;
    let drafts = seed_drafts(&bed).await;
    eprintln!("a day of looks at all of them");
    let long_watched = seed_history(&bed).await;

    page(&browser, &format!("dashboard, {MANY} stacks"), routes::HOME).await;
    for (number, one) in seeded.iter().enumerate() {
        if number >= STACKS {
            stacks::remove(&bed.db, one.stack).await.unwrap();
        }
    }
    support::analyse(&bed.path("data"));
    page(&browser, &format!("dashboard, {STACKS} stacks"), routes::HOME).await;
    let Seeded { stack, run } = seeded[STACKS / 2];
    for (what, path) in [
        ("a stack", routes::stack(stack)),
        ("its runs", routes::stack_runs(stack)),
        ("a run", routes::run(run)),
        (
            "wizard: network, an account with 10 stacks",
            routes::draft(drafts.crowded, WizardStep::Network),
        ),
        (
            "wizard: network, the runbook's account",
            routes::draft(drafts.runbook, WizardStep::Network),
        ),
        (
            "review, an account with 10 stacks",
            routes::draft(drafts.crowded, WizardStep::Review),
        ),
        (
            "review, the runbook's account",
            routes::draft(drafts.runbook, WizardStep::Review),
        ),
        ("connections", routes::CONNECTIONS.to_owned()),
    ] {
        page(&browser, what, &path).await;
    }

    for (what, mut took) in [
        ("the chart of 24 hours", chart::day(&bed.db, &long_watched).await),
        (
            "a chart of 90 days",
            chart::ninety_days(&bed.db, &long_watched).await,
        ),
    ] {
        let what = format!("{what}, data and drawing: p99");
        tell(&what, percentile(&mut took, 99), CHART, "50 ms");
    }
}

/// One line for the workshop's table.
fn tell(what: &str, took: Duration, budget: Duration, against: &str) {
    let ratio = took.as_secs_f64() / budget.as_secs_f64();
    println!(
        "bench {}",
        json!({ "what": what, "ratio": ratio, "against": against, "most": 1.0 })
    );
}

struct Drafts {
    crowded: Uuid,
    runbook: Uuid,
}

/// The runbook's stack as somebody has filled it in, in two accounts.
async fn seed_drafts(bed: &Bed) -> Drafts {
    let draft = async |name: &str| {
        let connection = connections::by_name(&bed.db, name).await.unwrap().id;
        let typed = [
            ("connection", connection.to_string()),
            ("name", "vendor0919".to_owned()),
            ("image.choice", "new".to_owned()),
            ("image.new_repository", "vendor0919-api".to_owned()),
            ("container.port", "8080".to_owned()),
            ("frontend.app", "none".to_owned()),
        ];
        let values: BTreeMap<String, Vec<String>> = typed
            .into_iter()
            .map(|(field, value)| (field.to_owned(), vec![value]))
            .collect();
        let content = Content {
            by: None,
            connection_id: Some(connection),
            values: &values,
            step: WizardStep::Review.slug(),
        };
        drafts::create(&bed.db, content, None).await.unwrap().id
    };
    Drafts {
        crowded: draft("team-05").await,
        runbook: draft("practice:runbook").await,
    }
}

/// A day of looks at every monitor, and 90 days at one of them; answers that one.
async fn seed_history(bed: &Bed) -> Monitor {
    let now = Timestamp::now();
    let all = health::all(&bed.db).await.unwrap();
    let one = [all.iter().find(|it| it.kind == Kind::Http).unwrap().clone()];
    let back = |hours| now - SignedDuration::from_hours(hours);
    history::looks(&bed.db, &one, back(90 * 24), 300).await;
    history::looks(&bed.db, &all, back(24), 30).await;
    rollups::roll_up(&bed.db, Timestamp::now())
        .await
        .unwrap()
        .unwrap();
    rollups::expire(&bed.db, now, Retention::default()).await.unwrap();
    support::analyse(&bed.path("data"));
    let [one] = one;
    one
}

/// Measures a page under load.
async fn page(browser: &Browser, what: &str, path: &str) {
    eprintln!("{what}");
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            let mut reader = browser.another();
            reader.set_cookie(SESSION, browser.cookie(SESSION).unwrap());
            tokio::spawn(read(reader, path.to_owned()))
        })
        .collect();
    let mut took = Vec::new();
    for reader in readers {
        took.extend(reader.await.unwrap());
    }
    for (name, percent) in [("p50", 50), ("p99", 99)] {
        tell(
            &format!("{what}: {name}"),
            percentile(&mut took, percent),
            BUDGET,
            "25 ms",
        );
    }
}

async fn read(mut reader: Browser, path: String) -> Vec<Duration> {
    let mut took = Vec::with_capacity(COUNTED);
    for number in 0..WARM + COUNTED {
        let request = Request::get(&path)
            .header(header::ACCEPT, "text/html")
            .header(header::ACCEPT_LANGUAGE, "ja")
            .header(header::ACCEPT_ENCODING, "gzip, br");
        let began = Instant::now();
        let response = reader.open(request, Body::empty()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.into_body().collect().await.unwrap();
        if number >= WARM {
            took.push(began.elapsed());
        }
    }
    took
}

/// The least that so many percent did not exceed.
fn percentile(took: &mut [Duration], percent: usize) -> Duration {
    took.sort();
    took[(took.len() * percent).div_ceil(100).saturating_sub(1)]
}
