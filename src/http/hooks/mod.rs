//! `/hooks/{secret}`: what other systems post into a conversation, each in its own dialect at one address. Whoever has the address
//! posts; nothing is read through it.
//!
//! In reading order: this file (the address, limits, which dialect it is), `words` (their words as ours), then a file for each
//! dialect: `slack` (Mattermost's too) with `mrkdwn` and `rich`, `grafana`, `alertmanager`, `forge` (GitHub, Gitea and their kin),
//! `group_robots` (`WeCom`, `DingTalk`, Feishu), `push` (ntfy, Gotify, plain words) with `parts`, their forms. `emoji` knows their names.

mod alertmanager;
mod calls;
mod emoji;
mod forge;
mod grafana;
mod group_robots;
mod mrkdwn;
mod parts;
mod push;
mod rich;
mod slack;
mod words;

pub use calls::{Call, Calls};

use super::Peer;
use super::api::problem::Problem;
use super::api::{ApiState, form};
use crate::model::{AppId, Code, HookId, Post, Refusal, Secret};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use http_body_util::{BodyExt, Limited};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Largest body, in bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a body may take to come.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// What is understood.
const KNOWN: &str = "Send it as one of these: Slack's and Mattermost's (`text`, `blocks`, `attachments`), Grafana's, Alertmanager's, \
                     GitHub's and Gitea's (with their headers), ntfy's and Gotify's (`message`), WeCom's and DingTalk's (`msgtype`), Feishu's \
                     (`msg_type`), or plain words.";
/// Posts of one call.
const POSTS_MAX: usize = 32;

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// What is shown.
    pub post: Post,
    /// What names it: the next one of that name changes it.
    pub group: Option<String>,
    /// Whether that is over.
    pub closes: bool,
}

impl Incoming {
    /// A post that stands for itself.
    pub const fn alone(post: Post) -> Self {
        Self { post, group: None, closes: false }
    }
}

/// The elements of a list in JSON; none when it is no list.
fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter()
}

/// The addresses of webhooks. What programs put behind the address of their kind of server is taken as well, and so is an address in the
/// form of Slack's, for those that look at it.
pub fn router() -> Router<ApiState> {
    let take = || post(take).put(take);
    Router::new()
        .route("/hooks/{secret}", take())
        .route("/hooks/{secret}/message", take())
        .route("/services/{team}/{app}/{secret}", take())
}

/// What stands in the path.
#[derive(Deserialize)]
struct Address {
    secret: String,
}

async fn take(
    State(api): State<ApiState>,
    Extension(peer): Extension<Peer>,
    Path(Address { secret }): Path<Address>,
    request: Request,
) -> Response {
    match taken(&api, &peer, secret, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn taken(api: &ApiState, peer: &Peer, secret: String, request: Request) -> Result<Response, Problem> {
    let Some((hook, app)) = api.office.hook_of(&Secret::new(secret))? else {
        // Whoever tries addresses is slowed down like whoever tries passwords.
        api.office.knocked(peer.address).await?;
        let words = "There is no such webhook; whoever manages the conversation has its address.";
        return Err(Problem::new(Code::NotFound, words));
    };
    api.calls.count(hook)?;
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_WITHIN, Limited::new(body, BODY_BYTES_MAX).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => {
            return Err(Problem::new(Code::TooLarge, format!("A call has at most {BODY_BYTES_MAX} bytes; send less.")));
        }
        Err(_) => {
            let words = "The body did not come in time; send it faster.";
            return Err(Problem::new(Code::Invalid, words).with_status(StatusCode::REQUEST_TIMEOUT));
        }
    };
    let read = read(&self::parts::with_query(parts.headers, parts.uri.query()), &body);
    let now = api.engine().clock().now();
    let (dialect, all) = match read {
        Ok(read) => read,
        Err(words) => {
            api.calls.note(hook, Call { at: now, dialect: "unknown", posts: 0, problem: Some(words.clone()) });
            return Err(Problem::new(Code::Invalid, words));
        }
    };
    let (posts, refused) = post_all(api, (hook, app), all).await;
    let problem = refused.as_ref().map(|refusal| refusal.message.to_string());
    api.calls.note(hook, Call { at: now, dialect, posts, problem });
    match refused {
        // What was posted would be posted once more if its sender were told to come again.
        Some(refusal) if posts == 0 => Err(refusal.into()),
        Some(_) | None => Ok(answer(dialect, posts)),
    }
}

/// Posts one after the other, until one is refused; how many were posted.
async fn post_all(api: &ApiState, (hook, app): (HookId, AppId), all: Vec<Incoming>) -> (u32, Option<Refusal>) {
    let mut posts = 0;
    // A payload that says nothing is taken and passed over, so that its sender does not send it again.
    for one in all.into_iter().filter(|one| !one.post.is_empty()).take(POSTS_MAX) {
        // Each post is a command of the app.
        let posted = match api.gateway.take_app_turn(app) {
            Ok(()) => api.office.post(hook, one.post, one.group, one.closes).await,
            Err(refusal) => Err(refusal),
        };
        match posted {
            Ok(_) => posts += 1,
            Err(refusal) => return (posts, Some(refusal)),
        }
    }
    (posts, None)
}

/// What each kind of program takes for a yes.
fn answer(dialect: &str, posts: u32) -> Response {
    match dialect {
        "slack" => "ok".into_response(),
        "wecom_dingtalk" | "feishu" => axum::Json(group_robots::yes(dialect)).into_response(),
        _ => axum::Json(json!({"id": "0", "event": "message", "posts": posts})).into_response(),
    }
}

/// Which dialect a call is in, and what it says; else what is wrong.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<(&'static str, Vec<Incoming>), String> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let whole_kind = kind;
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Ok(text) = std::str::from_utf8(body) else {
        return Err("The body is no text in UTF-8; webhooks take words, and no files.".to_owned());
    };
    let fields = match kind.as_str() {
        "application/x-www-form-urlencoded" => Some(form(text)),
        "multipart/form-data" => Some(parts::of_form(whole_kind, text)?),
        _ => None,
    };
    if let Some(fields) = fields {
        if let Some((_, payload)) = fields.iter().find(|(name, _)| name == "payload") {
            let payload = serde_json::from_str(payload).map_err(|error| format!("`payload` is no JSON: {error}."))?;
            return json_of(headers, &payload);
        }
        if fields.iter().any(|(name, _)| name == "message") {
            let object: serde_json::Map<String, Value> =
                fields.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
            return Ok(("gotify", push::read(&Value::Object(object))));
        }
        if kind == "multipart/form-data" {
            return Err("The form has neither `message` (as Gotify's) nor `payload` (as Slack's).".to_owned());
        }
    }
    let begins = text.trim_start().starts_with('{');
    if kind == "application/json" || kind.ends_with("+json") || begins {
        match serde_json::from_str(text) {
            Ok(payload) => return json_of(headers, &payload),
            Err(error) if kind.ends_with("json") => return Err(format!("The body is no JSON: {error}.")),
            Err(_) => {}
        }
    }
    Ok(("plain", push::plain_words(headers, text)))
}

fn json_of(headers: &HeaderMap, payload: &Value) -> Result<(&'static str, Vec<Incoming>), String> {
    if let Some(event) = forge::event(headers) {
        return Ok(("forge", forge::read(&event, payload)));
    }
    if grafana::is(payload) {
        return Ok(("grafana", grafana::read(payload)));
    }
    if alertmanager::is(payload) {
        return Ok(("alertmanager", alertmanager::read(payload)));
    }
    // These have a member `text` as Slack's have, or `content` as Discord's.
    if let Some(dialect) = group_robots::dialect(payload) {
        return Ok((dialect, group_robots::read(payload)?));
    }
    // Of these only a part would be understood, and the rest lost without a word.
    let teams = |one: &Value| one.get("contentType").is_some();
    let others = [
        (payload.get("@type").is_some() || list(payload.get("attachments")).any(teams), "a card of Microsoft Teams"),
        (
            payload.get("embeds").is_some()
                || payload.get("content").is_some() && !slack::is(payload) && !push::is(payload),
            "a message for Discord",
        ),
    ];
    if let Some((_, what)) = others.iter().find(|(is, _)| *is) {
        return Err(format!("This is {what}, which is not known here. {KNOWN}"));
    }
    if slack::is(payload) {
        return Ok(("slack", slack::read(payload)));
    }
    if push::is(payload) {
        return Ok(("push", push::read(payload)));
    }
    Err(format!("This JSON is in none of the forms that are known here. {KNOWN}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(headers: &[(&'static str, &'static str)], body: &str) -> Option<&'static str> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        read(&headers, body.as_bytes()).ok().map(|(dialect, _)| dialect)
    }

    #[test]
    fn one_address_tells_the_dialects_apart() {
        const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
        const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
        const MULTIPART: (&str, &str) = ("content-type", "multipart/form-data; boundary=\"x\"");
        for (headers, body, expected) in [
            (&[JSON][..], r#"{"text":"hello"}"#, Some("slack")),
            (&[FORM], "payload=%7B%22text%22%3A%22hello+there%22%7D", Some("slack")),
            (&[], r#"{"text":"curl without a header"}"#, Some("slack")),
            (&[JSON, ("x-github-event", "ping")], r#"{"zen":"x"}"#, Some("forge")),
            (&[JSON, ("x-gitea-event", "push"), ("x-github-event", "push")], "{}", Some("forge")),
            (&[JSON], r#"{"groupKey":"x","version":"4","alerts":[]}"#, Some("alertmanager")),
            (&[JSON], r#"{"orgId":1,"groupKey":"x","alerts":[]}"#, Some("grafana")),
            (&[JSON], r#"{"topic":"t","message":"m"}"#, Some("push")),
            (&[JSON], r#"{"message":"m","title":"t","priority":5}"#, Some("push")),
            (&[JSON], r#"{"version":"1.0","message":"m","title":"t","attachments":[],"type":"info"}"#, Some("push")),
            (&[JSON], r#"{"text":"","attachments":[]}"#, Some("slack")),
            (&[FORM], "message=hello&title=x", Some("gotify")),
            (&[], "just words", Some("plain")),
            (&[("title", "x")], "ntfy's words", Some("plain")),
            (&[("content-type", "text/plain")], "{not json", Some("plain")),
            (&[JSON], "{not json", None),
            (&[JSON], "[1]", None),
            (&[JSON], r#"{"a":1}"#, None),
            (&[FORM], "payload=nothing", None),
            (
                &[MULTIPART],
                "--x\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\nhello\r\n--x--\r\n",
                Some("gotify"),
            ),
            (&[MULTIPART], "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhello\r\n--x--\r\n", None),
            (&[JSON], r#"{"content":"hi","embeds":[{"title":"x"}]}"#, None),
            (&[JSON], r#"{"@type":"MessageCard","title":"x","text":"y"}"#, None),
            (
                &[JSON],
                r#"{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive"}]}"#,
                None,
            ),
        ] {
            assert_eq!(dialect(headers, body), expected, "{body}");
        }
        assert!(read(&HeaderMap::new(), &[0xff, 0xfe]).is_err());
    }
}
