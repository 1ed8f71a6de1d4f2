//! The key of secrets is replaced: what apps sign with and what is signed for them goes on working, before, during and after, and
//! whatever ends it in between.

use super::signed::{claims, header, token};
use super::{administrator, app, key, start};
use crate::server::{Server as Binary, Start, binary};
use crate::support::http::Api;
use crate::support::in_process::{Server, quick};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tidings::administration::{Administration, NewAppKey};
use tidings::auth::{self, BEFORE_HOOK, SIGNING, Vault, webhook};
use tidings::model::{
    AppId, AppKeyId, AppKeyKind, AppKeySecret, AppRef, Resealed, Sealed, SecretPlace, SystemCommand, WebhookId,
};
use tidings::store::Read;
use tidings::store::records::{AppKeyRow, BeforeHookRow, WebhookRow};

/// Every secret of the apps of a server, with its app and purpose.
fn sealed(server: &Server) -> Vec<(AppId, &'static str, Sealed)> {
    let (view, mut found) = (server.engine.view(), Vec::new());
    let (first, last) = (AppId(0), AppId(u32::MAX));
    for ((app, _), row) in view.range::<AppKeyRow>(&(first, AppKeyId(0)), &(last, AppKeyId(u64::MAX)), 1_000).unwrap() {
        if let AppKeySecret::Hs256(sealed) = &row.secret {
            found.push((app, SIGNING, sealed.clone()));
        }
    }
    for (app, row) in view.range::<BeforeHookRow>(&first, &last, 1_000).unwrap() {
        let old = row.old.as_ref().map(|old| old.secret.clone());
        found.extend([Some(row.secret.clone()), old].into_iter().flatten().map(|sealed| (app, BEFORE_HOOK, sealed)));
    }
    for ((app, _), row) in
        view.range::<WebhookRow>(&(first, WebhookId(0)), &(last, WebhookId(u64::MAX)), 1_000).unwrap()
    {
        found.extend(row.secrets.iter().map(|one| (app, webhook::PURPOSE, one.sealed.clone())));
    }
    found
}

/// What the secrets say, for whoever has the vault; each can be read.
fn opened(server: &Server, vault: &Vault) -> Vec<(AppId, String)> {
    let open = |(app, purpose, sealed): (AppId, &str, Sealed)| {
        let secret = vault.open_sealed(app, purpose, &sealed).expect("it can be read");
        (app, secret.reveal().to_owned())
    };
    sealed(server).into_iter().map(open).collect()
}

/// Three apps with keys that sign, a before-hook and webhooks, each of them rotated once.
async fn furnish(server: &Server) -> Vec<(u32, u64, String)> {
    let admin = administrator(server).await;
    let mut keys = Vec::new();
    for (nth, name) in ["shop", "desk", "game"].into_iter().enumerate() {
        let api = app(server, &admin, name).await;
        for _ in 0..2 {
            let (kid, secret) = key(&admin, name, "hs256").await;
            keys.push((nth as u32 + 2, kid, secret));
        }
        let hook = json!({"url": "http://127.0.0.1:1025/", "actions": ["contact_request"]});
        api.put(&format!("/apps/{name}/before-hook"), hook).await.ok(201);
        api.post(&format!("/apps/{name}/before-hook/rotation"), json!({})).await.ok(200);
        let hook = json!({"url": "http://127.0.0.1:1025/", "enabled": false});
        let made = api.post(&format!("/apps/{name}/webhooks"), hook).await.ok(201)["webhook"].clone();
        api.post(&format!("/apps/{name}/webhooks/{made}/rotation"), json!({})).await.ok(200);
    }
    keys
}

/// Every key that signs still does.
async fn all_sign(server: &Server, keys: &[(u32, u64, String)]) {
    for (app, kid, secret) in keys {
        let signed = token(secret, &header(*kid), &claims(server, *app, "ada"));
        Api::at(server.http).post("/sessions", json!({"signed": signed})).await.ok(201);
    }
}

fn office(server: &Server) -> Administration {
    Administration::new(server.engine.clone(), server.auth.clone(), "http://localhost", "tidings")
}

fn file(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("secrets.key")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_secrets_are_encrypted_with_the_next_key_while_the_server_runs() {
    let (folder, server) = start().await;
    let keys = furnish(&server).await;
    let (before, old) = (opened(&server, &server.auth.vault), file(folder.path()));
    assert_eq!(before.len(), 3 * (2 + 2 + 2));
    let rotated = office(&server).rotate_secrets(&auth::operator()).await.unwrap();
    assert_eq!((rotated.number, rotated.changed, rotated.unreadable), (1, before.len() as u64, 0));
    assert!(!folder.path().join("secrets.key.next").exists());
    assert_ne!(file(folder.path()), old);
    // The new key alone reads everything; the old one nothing.
    let new = Vault::open(folder.path()).unwrap();
    assert_eq!(opened(&server, &new), before);
    let kept = tempfile::tempdir().unwrap();
    std::fs::write(kept.path().join("secrets.key"), &old).unwrap();
    let old = Vault::open(kept.path()).unwrap();
    assert!(sealed(&server).iter().all(|(app, purpose, sealed)| old.open_sealed(*app, purpose, sealed).is_none()));
    all_sign(&server, &keys).await;
    // Once more, and after a restart.
    assert_eq!(office(&server).rotate_secrets(&auth::operator()).await.unwrap().number, 2);
    assert!(server.stop().await);
    let server = Server::start(folder.path(), quick()).await;
    all_sign(&server, &keys).await;
    assert_eq!(opened(&server, &server.auth.vault), before);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_that_ends_between_two_steps_is_finished_later_and_all_works_until_then() {
    let (folder, server) = start().await;
    let mut keys = furnish(&server).await;
    let before: BTreeSet<_> = opened(&server, &server.auth.vault).into_iter().collect();
    // The next key is there, and nothing is encrypted with it.
    assert_eq!(server.auth.vault.begin().await.unwrap(), 1);
    assert!(server.stop().await);
    let server = Server::start(folder.path(), quick()).await;
    all_sign(&server, &keys).await;
    // Some secrets are encrypted with it; what is new is as well.
    let vault = server.auth.vault.clone();
    for (app, purpose, sealed) in sealed(&server).into_iter().take(1) {
        let place = SecretPlace::Key(AppKeyId(keys[0].1));
        let after = vault.seal(app, purpose, &vault.open_sealed(app, purpose, &sealed).unwrap()).unwrap();
        let secrets = vec![Resealed { place, before: sealed, after }];
        server.engine.execute(auth::server(), None, SystemCommand::Reseal { app, secrets }.into()).await.unwrap();
    }
    let newest = || sealed(&server).iter().filter(|(_, _, sealed)| vault.is_newest(sealed)).count();
    assert_eq!(newest(), 1);
    let home = NewAppKey { kind: AppKeyKind::Hs256, name: None, public_key: None, scopes: None };
    let made = office(&server).create_app_key(&auth::operator(), AppRef("home".to_owned()), home).await.unwrap();
    keys.push((1, made.key.key.0, made.secret.unwrap().reveal().to_owned()));
    assert_eq!(newest(), 2);
    assert!(server.stop().await);
    let server = Server::start(folder.path(), quick()).await;
    all_sign(&server, &keys).await;
    // It is finished by asking again: the same key, and what was left.
    let rotated = office(&server).rotate_secrets(&auth::operator()).await.unwrap();
    assert_eq!((rotated.number, rotated.changed), (1, before.len() as u64 - 1));
    let after: BTreeSet<_> = opened(&server, &Vault::open(folder.path()).unwrap()).into_iter().collect();
    assert!(after.is_superset(&before));
    all_sign(&server, &keys).await;
    assert!(server.stop().await);
}

/// What was changed while it was encrypted anew stays as it is now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_is_another_one_by_now_is_not_written_over() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    let hook = json!({"url": "http://127.0.0.1:1025/", "enabled": false});
    let made = shop.post("/apps/shop/webhooks", hook).await.ok(201)["webhook"].as_u64().unwrap();
    let (app, _, stale) = sealed(&server).pop().unwrap();
    for _ in 0..2 {
        shop.post(&format!("/apps/shop/webhooks/{made}/rotation"), json!({})).await.ok(200);
    }
    let now = sealed(&server);
    let (place, after) = (SecretPlace::Webhook(WebhookId(made)), Sealed(vec![7]));
    for (app, place) in [(app, place), (AppId(77), place), (app, SecretPlace::BeforeHook)] {
        let secrets = vec![Resealed { place, before: stale.clone(), after: after.clone() }];
        server.engine.execute(auth::server(), None, SystemCommand::Reseal { app, secrets }.into()).await.unwrap();
    }
    assert!(!now.iter().any(|(_, _, one)| *one == stale));
    assert_eq!(sealed(&server), now);
    // And nobody but the server itself writes any.
    let secrets = Vec::new();
    let command = SystemCommand::Reseal { app, secrets };
    let refused = server.engine.execute(auth::operator(), None, command.clone().into()).await;
    assert!(refused.is_ok(), "the operator is the server's own");
    let by = tidings::model::Actor::App(auth::app_actor(app, AppKeyId(made)));
    assert!(server.engine.execute(by, None, command.into()).await.is_err());
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_rotates_and_a_kill_at_any_time_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let keys = {
        let server = Server::start(folder.path(), quick()).await;
        let keys = furnish(&server).await;
        assert!(server.stop().await);
        keys
    };
    // Killed after longer and longer, wherever that is.
    for wait_ms in [0, 10, 20, 40, 60, 80, 120, 160, 240, 400] {
        let mut running = binary(folder.path()).args(["secrets", "rotate", "--data", "."]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait_ms));
        // It may have ended by itself.
        drop(running.kill());
        running.wait().unwrap();
        let vault = Vault::open(folder.path()).unwrap();
        drop(vault);
    }
    let server = Server::start(folder.path(), quick()).await;
    all_sign(&server, &keys).await;
    assert_eq!(opened(&server, &server.auth.vault).len(), 18, "each can be read");
    assert!(server.stop().await);
    // And through a server that runs.
    let running = Binary::on(folder.path(), Start::default());
    // What a killed one has left is finished first, however much of it there is.
    running.command(&["secrets", "rotate"], "").ok();
    let said = running.command(&["secrets", "rotate"], "").ok();
    assert!(said.contains("18 secrets were encrypted with it"), "{said}");
    assert!(running.command(&["audit"], "").ok().contains("secrets.rotate"));
    let shown: Value = serde_json::from_str(&running.command(&["app", "show", "shop", "--json"], "").ok()).unwrap();
    assert_eq!(shown["keys"].as_array().unwrap().len(), 3);
    drop(running);
    assert!(!folder.path().join("secrets.key.next").exists());
    let server = Server::start(folder.path(), quick()).await;
    all_sign(&server, &keys).await;
    assert!(server.stop().await);
}
