//! Accounts.

use store::users::{self, NewUser, PasswordHash, Role, User};
use store::{Conflict, Database, Error};
use uuid::Uuid;

use crate::testbed::TestDb;

pub(crate) fn new_user<'a>(email: &'a str, password: &'a PasswordHash) -> NewUser<'a> {
    NewUser {
        email,
        display_name: "Ada",
        password,
        locale: "ja",
        role: Role::Owner,
    }
}

pub(crate) async fn ada(db: &Database) -> User {
    let password = PasswordHash::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned());
    users::create(db, new_user("ada@example.com", &password))
        .await
        .unwrap()
}

#[tokio::test]
async fn an_account_is_found_by_its_address_in_any_spelling() {
    let bed = TestDb::new().await;
    assert!(!users::any(&bed.db).await.unwrap());
    let made = ada(&bed.db).await;
    assert!(users::any(&bed.db).await.unwrap());
    let (found, password) = users::credentials(&bed.db, "  Ada@Example.COM ")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found, made);
    assert!(password.expose().starts_with("$argon2id$"));
    assert_eq!(users::get(&bed.db, made.id).await.unwrap(), made);
    assert!(
        users::credentials(&bed.db, "eve@example.com")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn language_password_and_last_sign_in_can_change() {
    let bed = TestDb::new().await;
    let made = ada(&bed.db).await;
    assert_eq!(made.last_login_at, None);
    users::note_login(&bed.db, made.id).await.unwrap();
    users::set_locale(&bed.db, made.id, "en").await.unwrap();
    users::set_password(&bed.db, made.id, &PasswordHash::new("new".to_owned()))
        .await
        .unwrap();
    let (found, password) = users::credentials(&bed.db, "ada@example.com")
        .await
        .unwrap()
        .unwrap();
    assert!(found.last_login_at.is_some());
    assert_eq!(found.locale, "en");
    assert_eq!(password.expose(), "new");
    let unknown = users::set_locale(&bed.db, made.id, "tlh").await.unwrap_err();
    assert_eq!(unknown.conflict(), Some(Conflict::Other));
}

#[tokio::test]
async fn nobody_is_not_found() {
    let bed = TestDb::new().await;
    assert!(matches!(
        users::get(&bed.db, Uuid::now_v7()).await,
        Err(Error::NotFound { what: "user" })
    ));
    assert!(matches!(
        users::note_login(&bed.db, Uuid::now_v7()).await,
        Err(Error::NotFound { .. })
    ));
}
