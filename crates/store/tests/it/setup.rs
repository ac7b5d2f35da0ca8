//! The one-time setup link.

use store::users::PasswordHash;
use store::{Conflict, setup, users};

use crate::testbed::TestDb;
use crate::users::{ada, new_user};

fn password() -> PasswordHash {
    PasswordHash::new("$argon2id$x".to_owned())
}

#[tokio::test]
async fn a_link_makes_the_first_account_once() {
    let bed = TestDb::new().await;
    let link = setup::issue(&bed.db).await.unwrap().unwrap();
    assert!(
        setup::valid_until(&bed.db, link.expose())
            .await
            .unwrap()
            .is_some()
    );
    let password = password();
    let owner = setup::redeem(&bed.db, link.expose(), new_user("ada@example.com", &password))
        .await
        .unwrap();
    assert_eq!(users::list(&bed.db).await.unwrap(), vec![owner]);
    assert!(
        setup::valid_until(&bed.db, link.expose())
            .await
            .unwrap()
            .is_none()
    );
    let again = setup::redeem(&bed.db, link.expose(), new_user("eve@example.com", &password))
        .await
        .unwrap_err();
    assert_eq!(again.conflict(), Some(Conflict::SetupLinkSpent));
}

#[tokio::test]
async fn of_people_with_links_at_the_same_moment_exactly_one_wins() {
    let bed = TestDb::new().await;
    // Two replicas' links, each used by three people. Both are there before anybody tries.
    let links = [
        setup::issue(&bed.db).await.unwrap().unwrap(),
        setup::issue(&bed.db).await.unwrap().unwrap(),
    ];
    let mut attempts = Vec::new();
    for (n, link) in links.iter().enumerate() {
        for m in 0..3 {
            let (db, token) = (bed.db.clone(), link.expose().to_owned());
            attempts.push(tokio::spawn(async move {
                let (email, password) = (format!("p{n}{m}@example.com"), password());
                setup::redeem(&db, &token, new_user(&email, &password))
                    .await
                    .is_ok()
            }));
        }
    }
    let mut won = 0;
    for attempt in attempts {
        won += usize::from(attempt.await.unwrap());
    }
    assert_eq!(won, 1);
    assert_eq!(users::list(&bed.db).await.unwrap().len(), 1);
}

#[tokio::test]
async fn unknown_and_expired_links_are_refused() {
    let bed = TestDb::new().await;
    let link = setup::issue(&bed.db).await.unwrap().unwrap();
    let password = password();
    let wrong = setup::redeem(&bed.db, "0123", new_user("eve@example.com", &password))
        .await
        .unwrap_err();
    assert_eq!(wrong.conflict(), Some(Conflict::SetupLinkSpent));
    bed.execute("UPDATE setup_links SET expires_at = now() - interval '1 second'")
        .await;
    assert!(
        setup::valid_until(&bed.db, link.expose())
            .await
            .unwrap()
            .is_none()
    );
    let late = setup::redeem(&bed.db, link.expose(), new_user("ada@example.com", &password))
        .await
        .unwrap_err();
    assert_eq!(late.conflict(), Some(Conflict::SetupLinkSpent));
    assert!(!users::any(&bed.db).await.unwrap());
}

#[tokio::test]
async fn a_panel_with_an_account_gives_no_more_links() {
    let bed = TestDb::new().await;
    let early = setup::issue(&bed.db).await.unwrap().unwrap();
    ada(&bed.db).await;
    assert!(setup::issue(&bed.db).await.unwrap().is_none());
    assert!(
        setup::valid_until(&bed.db, early.expose())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn the_database_does_not_hold_the_link() {
    let bed = TestDb::new().await;
    let link = setup::issue(&bed.db).await.unwrap().unwrap();
    let mut session = bed.side_door().await;
    let text: String = sqlx::query_scalar("SELECT setup_links::text FROM setup_links")
        .fetch_one(&mut session)
        .await
        .unwrap();
    assert!(!text.contains(link.expose()));
}

#[tokio::test]
async fn a_lost_password_is_replaced_once_and_every_session_is_over() {
    let bed = TestDb::new().await;
    let ada = ada(&bed.db).await;
    let first = setup::issue_reset(&bed.db, ada.id).await.unwrap();
    let second = setup::issue_reset(&bed.db, ada.id).await.unwrap();
    assert!(
        setup::valid_until(&bed.db, first.expose())
            .await
            .unwrap()
            .is_none(),
        "it makes no first account"
    );
    assert_eq!(
        setup::reset_of(&bed.db, first.expose()).await.unwrap(),
        Some(ada.clone())
    );
    let new = PasswordHash::new("$argon2id$new".to_owned());
    let reset = setup::redeem_reset(&bed.db, first.expose(), &new).await.unwrap();
    assert_eq!(reset.id, ada.id);
    let (_, stored) = users::credentials(&bed.db, "ada@example.com")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.expose(), new.expose());
    for spent in [first, second] {
        assert_eq!(setup::reset_of(&bed.db, spent.expose()).await.unwrap(), None);
        let again = setup::redeem_reset(&bed.db, spent.expose(), &new)
            .await
            .unwrap_err();
        assert_eq!(again.conflict(), Some(Conflict::SetupLinkSpent));
    }
    let late = setup::issue_reset(&bed.db, ada.id).await.unwrap();
    bed.execute("UPDATE setup_links SET expires_at = now() - interval '1 second'")
        .await;
    assert_eq!(setup::reset_of(&bed.db, late.expose()).await.unwrap(), None);
    assert!(setup::redeem_reset(&bed.db, late.expose(), &new).await.is_err());
}
