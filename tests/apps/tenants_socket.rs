//! The same over the socket: every command and query of the protocol, with what another app has in it, is answered like one with what
//! is nowhere, and changes nothing.

use super::{administrator, app, start, text};
use crate::protocol::frames::client_samples;
use crate::support::http::Api;
use crate::support::peer::{Peer, Way};
use serde_json::{Map, Value, json};
use tidings::model::{AppId, Command, Query};
use tidings::protocol::{ClientFrame, Encoding};

const SECRET: &str = "the colour of the south wall";

/// Puts these ids in the place of all of their kind.
fn aim(value: &mut Value, at: &Map<String, Value>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                match at.get(name) {
                    // Buttons have labels in words.
                    Some(id) if (inner.is_number() && id.is_number()) || (inner.is_string() && id.is_string()) => {
                        *inner = id.clone();
                    }
                    Some(id) if inner.is_array() && name == "labels" => *inner = json!([id]),
                    _ => aim(inner, at),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|inner| aim(inner, at)),
        _ => {}
    }
}

fn aimed<T: std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned>(
    sample: &T,
    at: &Map<String, Value>,
) -> (T, String) {
    let mut value = serde_json::to_value(sample).unwrap();
    // A forward's `from` is a conversation; elsewhere it is a place in one.
    if let Some(forward) = value.get_mut("forward") {
        forward["from"] = at["conversation"].clone();
    }
    aim(&mut value, at);
    let read: T = serde_json::from_value(value.clone()).unwrap();
    assert!(!format!("{read:?}").starts_with("Unreadable"), "{value}");
    (read, value.to_string())
}

fn ids(conversation: u64, seq: u64, label: u64, (media, code): (&str, &str), session: u64) -> Map<String, Value> {
    let all = json!({"conversation": conversation, "seq": seq, "label": label, "labels": label, "media": media, "code": code,
                     "session": session});
    all.as_object().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_command_and_no_query_of_the_socket_finds_a_way_into_another_app() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    app(&server, &admin, "one").await;
    app(&server, &admin, "other").await;
    let mut people = Vec::new();
    for number in [2, 3] {
        for id in ["ada", "bob", "cy"] {
            people.push(server.person_of(AppId(number), id).await);
        }
    }
    let ada = Api::with_token(server.http, &people[0].token);
    let new = json!({"group": {"title": SECRET, "members": ["bob"], "rules": {"kind": "public"}}});
    let group = ada.post("/conversations", new).await.ok(201)["conversation"]["id"].as_u64().unwrap();
    let entries = format!("/conversations/{group}/entries");
    let seq = ada.post(&entries, text(SECRET)).await.ok(201)["entry"]["seq"].as_u64().unwrap();
    let media = ada.raw("POST", "/media?name=x", SECRET.as_bytes()).await.ok(201)["media"].as_str().unwrap().to_owned();
    ada.post(&entries, json!({"media": {"kind": "file", "media": media}})).await.ok(201);
    ada.put("/me/profile", json!({"name": SECRET})).await.ok(200);
    let label = ada.post("/contact-labels", json!({"name": SECRET})).await.ok(201)["label"].as_u64().unwrap();
    let code = ada.post(&format!("/groups/{group}/invites"), json!({})).await.ok(201)["code"].clone();
    let (there, session) = (ids(group, seq, label, (&media, code.as_str().unwrap()), people[0].session.0), 999_999);
    let nowhere = ids(999_999, seq, 999_999, (&"0".repeat(32), &"A".repeat(code.as_str().unwrap().len())), session);
    let state = async || {
        let mut seen = Vec::new();
        for (person, id) in people.iter().zip(["ada", "bob", "cy"]) {
            let api = Api::with_token(server.http, &person.token);
            for path in ["/me", "/contacts", "/contact-requests", "/contact-labels", "/sessions", "/blocks"] {
                seen.push(format!("{id} {}", api.get(path).await.ok(200)));
            }
        }
        for path in [&entries, &format!("/conversations/{group}/members"), &format!("/groups/{group}/invites")] {
            seen.push(ada.get(path).await.ok(200).to_string());
        }
        // Positions in the one order are no secret and go on with what others do; so does when somebody was here last.
        let mut text = seen.join("\n");
        for moving in ["\"as_of\":", "\"last_seen\":", "\"used\":"] {
            let mut from = 0;
            while let Some(at) = text[from..].find(moving).map(|at| at + from + moving.len()) {
                let end = text[at..].find(['}', ',']).unwrap() + at;
                text.replace_range(at..end, "");
                from = at;
            }
        }
        text
    };
    let before = state().await;
    let (mut peer, _) = Peer::log_in(&server, Way::Tcp(Encoding::Json), &people[3].token).await;
    let (mut asked, mut wrong) = (0, Vec::new());
    for (name, frame) in client_samples() {
        let (sent, across, without) = match &frame {
            // The first would end the session that asks, and the others ask for nothing.
            ClientFrame::Submit { command: Command::LogOut {}, .. }
            | ClientFrame::Hello(_)
            | ClientFrame::Sync(_)
            | ClientFrame::Ping { .. } => continue,
            ClientFrame::Submit { command, .. } => {
                let ((across, sent), (nothing, other)) = (aimed::<Command>(command, &there), aimed(command, &nowhere));
                let across = peer.execute(across).await.map_err(|refused| refused.code);
                let without = peer.execute(nothing).await.map_err(|refused| refused.code);
                let differs = sent != other;
                let same = across.as_ref().err() == without.as_ref().err();
                (sent, format!("{across:?}"), differs.then_some(same))
            }
            ClientFrame::Query { query, .. } => {
                let ((across, sent), (nothing, other)) = (aimed::<Query>(query, &there), aimed(query, &nowhere));
                let across = peer.query(across).await.map_err(|refused| refused.code);
                let without = peer.query(nothing).await.map_err(|refused| refused.code);
                let differs = sent != other;
                let same = across.as_ref().err() == without.as_ref().err();
                (sent, format!("{across:?}"), differs.then_some(same))
            }
            frame => {
                let (across, sent) = aimed(frame, &there);
                peer.send(&across).await;
                peer.ping(7).await;
                (sent, String::new(), None)
            }
        };
        asked += 1;
        if across.contains("south wall") || without == Some(false) {
            wrong.push(format!("{name}: {sent}: {across}"));
        }
    }
    let heard = format!("{:?}", peer.early);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 70, "{asked}");
    assert!(!heard.contains("south wall"), "{heard}");
    assert_eq!(state().await, before, "nothing of it was changed");
    assert!(server.stop().await);
}
