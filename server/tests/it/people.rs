//! First set-up, signing in and out.

use axum::http::StatusCode;

use crate::bed::Bed;
use crate::web::{Browser, EMAIL, PASSWORD};

#[tokio::test]
async fn the_setup_link_works_once() {
    let bed = Bed::new().await;
    let mut browser = Browser::new(&bed).await;
    let token = store::setup::issue(&bed.db).await.unwrap().unwrap();
    let link = format!("/setup/{}", token.expose());
    assert_eq!(browser.get(&link).await.status, StatusCode::OK);
    let fields = [("name", "Owner"), ("email", EMAIL), ("password", PASSWORD)];
    assert_eq!(browser.post(&link, &fields).await.leads_to(), "/");
    assert_eq!(
        browser.get("/connections").await.status,
        StatusCode::OK,
        "set-up signs in"
    );
    let mut second = browser.another();
    assert_eq!(second.get(&link).await.status, StatusCode::NOT_FOUND);
    assert!(second.post(&link, &fields).await.leads_to().contains("notice="));
    assert!(
        second
            .get("/connections")
            .await
            .leads_to()
            .starts_with("/sign-in")
    );
    assert_eq!(store::users::list(&bed.db).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_two_people_with_the_link_one_becomes_the_owner() {
    let bed = Bed::new().await;
    let mut one = Browser::new(&bed).await;
    let mut other = one.another();
    let token = store::setup::issue(&bed.db).await.unwrap().unwrap();
    let link = format!("/setup/{}", token.expose());
    let fields = |email: &'static str| [("name", "Owner"), ("email", email), ("password", PASSWORD)];
    let (first, second) = (fields("one@example.com"), fields("other@example.com"));
    let (a, b) = tokio::join!(one.post(&link, &first), other.post(&link, &second));
    let owners = [a, b].iter().filter(|page| page.leads_to() == "/").count();
    assert_eq!(owners, 1);
    assert_eq!(store::users::list(&bed.db).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_but_never_the_password() {
    let bed = Bed::new().await;
    let mut browser = Browser::new(&bed).await;
    let token = store::setup::issue(&bed.db).await.unwrap().unwrap();
    let link = format!("/setup/{}", token.expose());
    let page = browser
        .post(
            &link,
            &[
                ("name", "Hanako"),
                ("email", "hanako@example.com"),
                ("password", "tiny"),
            ],
        )
        .await;
    let back = page.leads_to().to_owned();
    assert!(back.contains("notice="), "{back}");
    let page = browser.get(&back).await;
    assert!(
        page.body.contains("Hanako") && page.body.contains("hanako@example.com"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("tiny"));
    let mut stranger = browser.another();
    assert!(
        !stranger.get(&back).await.body.contains("Hanako"),
        "a notice belongs to its session"
    );
}

#[tokio::test]
async fn signing_in_changes_the_session_and_signing_out_ends_it() {
    let bed = Bed::new().await;
    let mut browser = Browser::signed_in(&bed).await;
    let first = browser.cookie("slipway_session").unwrap().to_owned();
    assert_eq!(browser.sign_in(EMAIL, PASSWORD).await.leads_to(), "/");
    let second = browser.cookie("slipway_session").unwrap().to_owned();
    assert_ne!(first, second);
    let mut thief = browser.another();
    thief.set_cookie("slipway_session", &first);
    assert!(
        thief.get("/connections").await.leads_to().starts_with("/sign-in"),
        "the old id is dead"
    );
    assert!(
        browser
            .post("/api/sign_out", &[])
            .await
            .leads_to()
            .starts_with("/sign-in")
    );
    thief.set_cookie("slipway_session", &second);
    assert!(
        thief.get("/connections").await.leads_to().starts_with("/sign-in"),
        "the session died on the server"
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_person_look_the_same() {
    let bed = Bed::new().await;
    let browser = Browser::signed_in(&bed).await;
    let (mut one, mut other) = (browser.another(), browser.another());
    let wrong = one.sign_in(EMAIL, "wrong horse").await;
    let unknown = other.sign_in("nobody@example.com", "wrong horse").await;
    assert_eq!(wrong.status, unknown.status);
    let strip = |page: &str| page.split("notice=").next().unwrap().to_owned();
    assert_eq!(strip(wrong.leads_to()), strip(unknown.leads_to()));
    let next = wrong.leads_to().to_owned();
    assert!(
        one.get(&next).await.body.contains(EMAIL),
        "the address is still in the form"
    );
    assert!(one.get("/connections").await.leads_to().starts_with("/sign-in"));
}

#[tokio::test]
async fn a_guesser_is_slowed_down_and_then_heard_again() {
    let bed = Bed::new().await;
    let mut browser = Browser::signed_in(&bed).await.another();
    // The free tries of an address, and those of an account, belong to the unit tests; here it counts that they matter.
    let from = "0.0.0.0".parse().unwrap();
    for _ in 0..12 {
        browser.panel.slow_down.failed(from, "someone@example.com");
    }
    let refused = browser.sign_in(EMAIL, PASSWORD).await;
    assert!(
        refused.leads_to().contains("notice="),
        "even the right password has to wait"
    );
    browser.panel.slow_down.succeeded(from);
    assert_eq!(browser.sign_in(EMAIL, PASSWORD).await.leads_to(), "/");
}

#[tokio::test]
async fn a_form_never_leads_to_another_host() {
    let bed = Bed::new().await;
    let mut browser = Browser::signed_in(&bed).await;
    let fields = [
        ("email", EMAIL),
        ("password", PASSWORD),
        ("next", "//evil.example/"),
    ];
    assert_eq!(browser.post("/sign-in", &fields).await.leads_to(), "/");
}
