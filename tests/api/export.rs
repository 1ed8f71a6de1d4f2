//! The export: everything that somebody may read is in it, as it was sent, and nothing else.

use super::{text, user};
use crate::support::http::Api;
use crate::support::in_process::{Server, quick};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::time::Duration;
use tidings::model::{Clock, Timestamp};

/// The files of an archive.
fn unpacked(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    (0..archive.len())
        .map(|nth| {
            let mut file = archive.by_index(nth).unwrap();
            let (name, mut bytes) = (file.name().unwrap().into_owned(), Vec::new());
            file.read_to_end(&mut bytes).unwrap();
            (name, bytes)
        })
        .collect()
}

fn lines(file: &[u8]) -> Vec<Value> {
    std::str::from_utf8(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn upload(api: &Api, name: &str, bytes: &[u8]) -> String {
    let raw = api.header("content-type", "application/octet-stream");
    let made = raw.raw("POST", &format!("/media?name={name}"), bytes).await.ok(201);
    made["media"].as_str().unwrap().to_owned()
}

fn file(media: &str) -> Value {
    json!({"media": {"kind": "file", "media": media}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_has_what_its_owner_may_read_and_nothing_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Timestamp(1_700_000_000_000));
    let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
    let ((_, ada), (_, bob), (_, eve)) =
        (user(&server, "ada").await, user(&server, "bob").await, user(&server, "eve").await);

    // More than one page of messages and more than one piece of a file.
    let large: Vec<u8> = (0..300_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let own = upload(&ada, "notes.bin", &large).await;
    let sent = ada.post("/users/bob/entries", file(&own)).await.ok(201);
    let chat = sent["entry"]["conversation"].as_u64().unwrap();
    for nth in 0..230 {
        let from = if nth % 2 == 0 { &ada } else { &bob };
        from.post(&format!("/conversations/{chat}/entries"), text(&format!("message {nth}"))).await.ok(201);
    }
    let theirs = upload(&bob, "answer.bin", b"the answer of Bob").await;
    bob.post(&format!("/conversations/{chat}/entries"), file(&theirs)).await.ok(201);

    // A group that she joins later, and one that she leaves: what is outside of her time there is not hers.
    let group = json!({"group": {"title": "Later", "members": ["eve"]}});
    let later = bob.post("/conversations", group).await.ok(201)["conversation"]["id"].as_u64().unwrap();
    let path = format!("/conversations/{later}");
    bob.post(&format!("{path}/entries"), text("secret before")).await.ok(201);
    bob.post(&format!("{path}/members"), json!({"users": ["ada"]})).await.ok(200);
    bob.post(&format!("{path}/entries"), text("for all of us")).await.ok(201);
    bob.delete(&format!("{path}/members/ada")).await.ok(200);
    bob.post(&format!("{path}/entries"), text("secret after")).await.ok(201);
    let hidden = upload(&eve, "hidden.bin", b"secret file").await;
    eve.post("/users/bob/entries", file(&hidden)).await.ok(201);
    eve.post("/users/bob/entries", text("secret between us")).await.ok(201);

    ada.post("/contact-requests", json!({"user": "bob", "greeting": "It is me."})).await.ok(200);
    ada.post("/contact-labels", json!({"name": "friends"})).await.ok(201);

    let reply = ada.patient().get("/me/export").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/zip")));
    let files = unpacked(&reply.body);

    let mut page = Vec::new();
    for (from, limit) in [(1, 200), (201, 200)] {
        let all =
            ada.get(&format!("{}?from={from}&limit={limit}", format_args!("/conversations/{chat}/entries"))).await;
        page.extend(all.ok(200)["entries"].as_array().unwrap().clone());
    }
    assert_eq!(lines(&files[&format!("messages/{chat}.jsonl")]), page);
    assert_eq!(page.len(), 232);
    assert_eq!(files[&format!("media/{own}-notes.bin")], large);
    assert_eq!(files[&format!("media/{theirs}-answer.bin")], b"the answer of Bob");
    let joined = String::from_utf8_lossy(&files[&format!("messages/{later}.jsonl")]).into_owned();
    assert!(joined.contains("for all of us"), "{joined}");
    for (name, bytes) in &files {
        assert!(!String::from_utf8_lossy(bytes).contains("secret"), "{name} has what is not hers");
    }
    let me = ada.get("/me").await.ok(200);
    assert_eq!(lines(&files["profile.jsonl"]), [me["profile"].clone()]);
    assert_eq!(lines(&files["settings.jsonl"]), [me["settings"].clone()]);
    assert_eq!(lines(&files["labels.jsonl"])[0]["name"], "friends");
    assert_eq!(lines(&files["contact-requests-sent.jsonl"])[0]["to"], "bob");
    let ids: Vec<u64> = lines(&files["conversations.jsonl"]).iter().map(|one| one["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [me["feed"].as_u64().unwrap(), chat, later]);
    let summary = &lines(&files["export.json"])[0];
    assert_eq!((&summary["user"], &summary["files"], &summary["files_missing"]), (&json!("ada"), &json!(2), &json!(0)));
    assert_eq!(files.len(), 11 + 3 + 2, "{:?}", files.keys());

    // Not again so soon; later yes, and others when they like.
    let again = ada.get("/me/export").await;
    assert_eq!(again.problem(), (429, "rate_limited".to_owned()));
    assert!(again.header("retry-after").is_some());
    assert_eq!(bob.patient().get("/me/export").await.status, 200);
    clock.advance(Duration::from_mins(10));
    assert_eq!(ada.patient().get("/me/export").await.status, 200);
    assert!(server.stop().await);
}
