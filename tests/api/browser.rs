//! Browser sessions: the cookie, and who may use it.

use super::{start, text, with_password};
use crate::support::http::{Api, Reply};
use crate::support::in_process::{Server, device};
use crate::support::peer::SOON;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tidings::protocol::{Auth, ClientFrame, Hello, ServerFrame};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

/// Logs a browser in; gives the cookie as it is sent back.
async fn browser(server: &Server) -> (Reply, String) {
    with_password(server, "ada", "correct horse").await;
    let page = Api::at(server.http).header("sec-fetch-site", "same-origin");
    let reply = page.post("/sessions", json!({"user": "ada", "password": "correct horse", "cookie": true})).await;
    reply.ok(201);
    let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    (reply, cookie)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_keeps_its_session_where_no_script_can_read_it() {
    let (_folder, server) = start().await;
    let (reply, cookie) = browser(&server).await;
    let set = reply.header("set-cookie").unwrap();
    assert!(set.starts_with("tidings=tds_") && set.contains("; Path=/;"), "plain http: {set}");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && !set.contains("Domain"), "{set}");
    assert_eq!(reply.json()["token"], serde_json::Value::Null, "not in the answer");
    let own = Api::at(server.http).header("cookie", &cookie);
    assert_eq!(own.get("/me").await.ok(200)["profile"]["user"], "ada");
    let left = own.header("sec-fetch-site", "same-origin").delete("/sessions/current").await;
    assert!(left.header("set-cookie").unwrap().starts_with("tidings=; Path=/; Max-Age=0"));
    assert_eq!(own.get("/me").await.problem(), (401, "session_revoked".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_change_nothing_with_somebodys_cookie() {
    let (_folder, server) = start().await;
    let (_, cookie) = browser(&server).await;
    let own = Api::at(server.http).header("cookie", &cookie);
    let host = server.http.to_string();
    let origin = format!("http://{host}");
    let evil = format!("http://evil.{host}");
    let foreign = [
        vec![],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("sec-fetch-site", "cross-site"), ("origin", &*origin)],
        vec![("origin", "null")],
        vec![("origin", "https://evil.example")],
        vec![("origin", &*evil)],
    ];
    for headers in foreign {
        let api = headers.iter().fold(own.clone(), |api, (name, value)| api.header(name, value));
        let reply = api.post("/users/ada/entries", text("forged")).await;
        assert_eq!(reply.problem(), (403, "forbidden".to_owned()), "{headers:?}");
        assert_eq!(api.delete("/sessions/current").await.problem(), (403, "forbidden".to_owned()), "{headers:?}");
        // Without an `Origin` reading is harmless: no other page sees the answer. With one it is a page that might.
        let read = if headers.iter().any(|(name, _)| *name == "origin") { 401 } else { 200 };
        assert_eq!(api.get("/me").await.status, read, "{headers:?}");
        let login = headers.iter().fold(Api::at(server.http), |api, (name, value)| api.header(name, value));
        let body = json!({"user": "ada", "password": "correct horse", "cookie": true});
        assert_eq!(login.post("/sessions", body).await.problem(), (403, "forbidden".to_owned()), "{headers:?}");
    }
    for (name, value) in [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none"), ("origin", &*origin)] {
        let reply = own.header(name, value).delete("/sessions/999").await;
        assert_eq!(reply.problem(), (404, "not_found".to_owned()), "{name}: {value}");
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bearer_token_needs_no_origin() {
    let (_folder, server) = start().await;
    let (_, cookie) = browser(&server).await;
    let token = cookie.strip_prefix("tidings=").unwrap();
    let api = Api::at(server.http).header("authorization", &format!("Bearer {token}"));
    let reply = api.header("sec-fetch-site", "cross-site").delete("/sessions/current").await;
    assert_eq!(reply.status, 200);
    assert!(server.stop().await);
}

/// Opens a WebSocket with some headers and says `hello` with the cookie; the answer, or the status of the refused upgrade.
async fn hello(server: &Server, headers: &[(&'static str, &str)]) -> Result<ServerFrame, u16> {
    let mut request = format!("ws://{}/ws", server.http).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "tidings.v1.json".parse().unwrap());
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let mut socket = match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => socket,
        Err(Error::Http(response)) => return Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    };
    let hello = Hello { auth: Auth::Cookie {}, device: device("tab"), resume: None, client: "test".to_owned() };
    let text = serde_json::to_string(&ClientFrame::Hello(hello)).unwrap();
    socket.send(Message::Text(text.into())).await.unwrap();
    match tokio::time::timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap() {
        Message::Text(text) => Ok(serde_json::from_str(&text).unwrap()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_socket_of_our_own_page_logs_in_with_the_cookie_and_no_other() {
    let (_folder, server) = start().await;
    let (_, cookie) = browser(&server).await;
    let origin = format!("http://{}", server.http);
    let welcome = hello(&server, &[("cookie", &cookie), ("origin", &origin)]).await;
    let Ok(ServerFrame::Welcome(welcome)) = welcome else { panic!("{welcome:?}") };
    assert_eq!((welcome.user.as_str(), welcome.token), ("ada", None));
    assert_eq!(hello(&server, &[("cookie", &cookie), ("origin", "https://evil.example")]).await, Err(403));
    assert_eq!(hello(&server, &[("cookie", &cookie), ("origin", "null")]).await, Err(403));
    for headers in [vec![("cookie", &*cookie)], vec![("origin", &*origin)], vec![]] {
        match hello(&server, &headers).await {
            Ok(ServerFrame::Refused(refused)) => assert_eq!(refused.code.as_str(), "unauthenticated"),
            other => panic!("{headers:?}: {other:?}"),
        }
    }
    assert!(server.stop().await);
}
