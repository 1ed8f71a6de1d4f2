//! `/mcp`: the Model Context Protocol (streamable HTTP), by which a program with a language model lists, reads, searches and writes
//! in the conversations that a user gave it a token for.
//!
//! It promises: nothing but a token for MCP opens it, and such a token opens nothing else; whatever is outside of the token does not
//! exist here, because the ledger looks at the token at each call; each call of a tool stands in the audit log before its answer
//! leaves; nothing is kept between two requests, so there is no session to fill memory or to be taken over. What people wrote is
//! given as data.
//!
//! In reading order: this file (the door: who asks, how much, how often), [`tools`] (what there is), [`calls`] (what a call does),
//! [`shown`] (what is told of messages). The only room that names `rmcp`, with its files.

mod calls;
mod shown;
mod tools;

use super::Peer;
use super::api::ApiState;
use super::api::caller::bearer;
use super::api::limits::{Asker, Counted, Limits};
use super::api::problem::Problem;
use crate::auth::AddressPrefix;
use crate::model::{Code, McpAccess, Refusal, UserActor};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Extension, Router};
use calls::Calls;
use http_body_util::{BodyExt, Full, Limited};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Where it is.
pub const PATH: &str = "/mcp";
/// Largest body, in bytes: the longest message, with every character escaped, fits.
const BODY_BYTES_MAX: usize = 640 * 1024;
/// How long a body may take to come.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Longest words of the library about what is wrong with a request.
const WORDS_BYTES_MAX: usize = 4 * 1024;

/// What JSON-RPC calls a text that is no JSON.
const PARSE_ERROR: i32 = -32_700;
/// A request that is none.
const INVALID_REQUEST: i32 = -32_600;
/// A "no" before any method was looked at; `data.code` says which.
const REFUSED: i32 = -32_000;

/// What the requests share.
#[derive(Clone)]
struct Door {
    api: ApiState,
    limits: Arc<Limits>,
}

/// The one address.
pub fn router(api: ApiState) -> Router {
    // All tokens of a user count together. Each call of a tool is a line of the audit log, so this bounds that, too.
    let options = api.gateway.options();
    let limits = Arc::new(Limits::new(options.mcp_per_second, options.mcp_burst));
    Router::new().route(PATH, any(enter)).with_state(Door { api, limits })
}

async fn enter(State(door): State<Door>, Extension(peer): Extension<Peer>, request: Request) -> Response {
    let mut counted = None;
    let mut response = match answer(&door, &peer, request, &mut counted).await {
        Ok(response) => response,
        Err(refusal) => no(refusal),
    };
    if let Some(counted) = counted {
        counted.tell(response.headers_mut());
    }
    response
}

async fn answer(
    door: &Door,
    peer: &Peer,
    request: Request,
    counted: &mut Option<Counted>,
) -> Result<Response, Refusal> {
    check_origin(door.api.office.url(), request.headers())?;
    let (actor, access) = match admitted(door, request.headers()) {
        Ok(found) => found,
        Err(refusal) => {
            *counted = count(door, Asker::Address(AddressPrefix::of(peer.address)))?;
            return Err(refusal);
        }
    };
    *counted = count(door, Asker::Mcp(actor.user))?;
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_WITHIN, Limited::new(body, BODY_BYTES_MAX).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => {
            let words = format!("A request has at most {BODY_BYTES_MAX} bytes; send less at once.");
            return Err(Refusal::new(Code::TooLarge, words));
        }
        Err(_) => return Err(Refusal::new(Code::Invalid, "The request did not come in time; send it faster.")),
    };
    if parts.method == axum::http::Method::POST && serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_err() {
        return Ok(error(StatusCode::BAD_REQUEST, PARSE_ERROR, "The request is no JSON.", None));
    }
    let calls = Calls::new(door.api.clone(), actor, access);
    let service =
        StreamableHttpService::new(move || Ok(calls.clone()), Arc::new(NeverSessionManager::default()), config());
    let response = service.handle(Request::from_parts(parts, Full::new(body))).await;
    Ok(in_json_rpc(response.map(Body::new)).await)
}

/// No session is kept, and each answer is one JSON document. `Host` says nothing where a token is asked for; `Origin` was looked at.
fn config() -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(None)
        .with_max_request_body_bytes(BODY_BYTES_MAX)
        .disable_allowed_hosts()
}

/// Refuses pages of other places, wherever their names lead (DNS rebinding). Programs that are no browsers name no origin.
fn check_origin(url: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let own = match url.match_indices('/').nth(2) {
        Some((end, _)) => &url[..end],
        None => url,
    };
    if origin.to_str().is_ok_and(|origin| origin.eq_ignore_ascii_case(own)) {
        return Ok(());
    }
    Err(Refusal::new(Code::Forbidden, "Pages of other places do not use this address; ask without a browser."))
}

/// Who asks. Neither a session token nor a cookie nor a key of an app opens this.
fn admitted(door: &Door, headers: &HeaderMap) -> Result<(UserActor, McpAccess), Refusal> {
    let token = bearer(headers).ok().flatten().ok_or_else(|| {
        let words = "Send a token for MCP as `Authorization: Bearer tdm_…`; its user makes one at /api/v1/mcp-tokens.";
        Refusal::new(Code::Unauthenticated, words)
    })?;
    door.api.gateway.authenticate_mcp(&token)
}

fn count(door: &Door, asker: Asker) -> Result<Option<Counted>, Refusal> {
    door.limits.count(asker).map_err(|(refusal, _)| refusal)
}

/// A refusal as JSON-RPC knows it, with the status and the headers that HTTP has for it.
fn no(refusal: Refusal) -> Response {
    let data = json!({"code": refusal.code, "retry_after_ms": refusal.retry_after_ms});
    let message = refusal.message.clone();
    let plain = Problem::from(refusal).into_response();
    let mut response = error(plain.status(), REFUSED, &message, Some(data));
    for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
        if let Some(value) = plain.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn error(status: StatusCode, code: i32, message: &str, data: Option<serde_json::Value>) -> Response {
    let mut error = json!({"code": code, "message": message});
    if let Some(data) = data {
        error["data"] = data;
    }
    (status, axum::Json(json!({"jsonrpc": "2.0", "id": null, "error": error}))).into_response()
}

/// What the library says in plain words about a request that it cannot take, as an error of JSON-RPC.
async fn in_json_rpc(response: Response) -> Response {
    let json = response.headers().get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static("application/json"));
    if !(response.status().is_client_error() || response.status().is_server_error()) || json {
        return response;
    }
    let (parts, body) = response.into_parts();
    let words = match Limited::new(body, WORDS_BYTES_MAX).collect().await {
        Ok(all) => all.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let mut told = error(parts.status, INVALID_REQUEST, &String::from_utf8_lossy(&words), None);
    if let Some(allow) = parts.headers.get(header::ALLOW) {
        told.headers_mut().insert(header::ALLOW, allow.clone());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_name_an_origin() {
        for (origin, url, fine) in [
            (None, "https://chat.example.org", true),
            (Some("https://chat.example.org"), "https://chat.example.org", true),
            (Some("https://Chat.example.org"), "https://chat.example.org/tidings", true),
            (Some("http://chat.example.org"), "https://chat.example.org", false),
            (Some("https://chat.example.org.evil.example"), "https://chat.example.org", false),
            (Some("https://chat.example.org:8443"), "https://chat.example.org", false),
            (Some("null"), "https://chat.example.org", false),
            (Some(""), "https://chat.example.org", false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(check_origin(url, &headers).is_ok(), fine, "{origin:?} at {url}");
        }
    }
}
