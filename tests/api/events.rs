//! Server-sent events.

use super::{start, text, user};
use crate::support::http::{Api, Events};
use std::time::Duration;
use tidings::model::clock::monotonic;

async fn opened(api: &Api) -> (Events, String) {
    let mut events = api.events("/stream").await;
    let welcome = events.wait_for("welcome").await;
    (events, welcome.id.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_comes_as_events_with_ids() {
    let (_folder, server) = start().await;
    let ((_, ada), (_, bob)) = (user(&server, "ada").await, user(&server, "bob").await);
    let (mut events, _) = opened(&bob).await;
    assert!(events.headers.contains(&("content-type".to_owned(), "text/event-stream".to_owned())));
    let sent = ada.post("/users/bob/entries", text("Hello, stream")).await.ok(201);
    let event = events.wait_for("entry").await;
    assert_eq!(event.data["entry"]["entry"]["body"]["text"]["text"], "Hello, stream");
    let id = event.id.unwrap();
    assert!(id.ends_with(&format!(".{}", sent["lsn"])), "{id}");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_gets_what_they_missed_first() {
    let (_folder, server) = start().await;
    let ((_, ada), (_, bob)) = (user(&server, "ada").await, user(&server, "bob").await);
    let (events, id) = opened(&bob).await;
    drop(events);
    ada.post("/users/bob/entries", text("while you were away")).await.ok(201);
    for (api, path) in
        [(bob.header("last-event-id", &id), "/stream".to_owned()), (bob.clone(), format!("/stream?after={id}"))]
    {
        let mut events = api.events(&path).await;
        let page = events.wait_for("changes").await;
        let conversations = page.data["changes"]["conversations"].as_array().unwrap();
        let direct = conversations.iter().find(|one| one["kind"] == "direct").unwrap();
        assert_eq!(direct["entries"][0]["body"]["text"]["text"], "while you were away");
        assert!(page.id.is_some() && page.data["changes"]["more"] == false);
    }
    let mut events = bob.events("/stream?after=1.0").await;
    events.wait_for("restart").await;
    events.wait_for("changes").await;
    assert_eq!(bob.get("/stream?after=yesterday").await.problem(), (400, "invalid".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_session_hears_nothing_more() {
    let (_folder, server) = start().await;
    let (person, ada) = user(&server, "ada").await;
    let other = server.device("ada", person.handle, "phone").await;
    let phone = Api::with_token(server.http, &other.token);
    let (mut events, _) = opened(&phone).await;
    let began = monotonic();
    ada.delete(&format!("/sessions/{}", other.session)).await.ok(200);
    events.wait_for("kicked").await;
    assert!(events.next().await.is_none(), "and the stream ends");
    assert!(monotonic().duration_since(began) < Duration::from_secs(2));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_counts_as_being_there_until_it_is_closed() {
    let (_folder, server) = start().await;
    let (person, ada) = user(&server, "ada").await;
    let (events, _) = opened(&ada).await;
    assert!(server.gateway.hub().is_online(person.handle));
    drop(events);
    let began = monotonic();
    while server.gateway.hub().is_online(person.handle) {
        assert!(monotonic().duration_since(began) < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(server.stop().await);
}
