//! Web Push: the server's key, and where the caller's device is reached while nothing of Tidings is open on it.

use super::ApiState;
use super::answers::Changed;
use super::caller::Caller;
use super::extract::Json;
use super::problem::Problem;
use crate::model::{Command, PushSubscription};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(key)).routes(routes!(subscribe, unsubscribe)).routes(routes!(test))
}

/// The server's key.
#[derive(Serialize, ToSchema)]
pub struct PushKey {
    /// The public key (P-256, uncompressed) that browsers subscribe with, in base64url without padding.
    key: String,
}

/// The key that browsers subscribe with
///
/// For `applicationServerKey` of the Push API. It stays the same for as long as the server keeps its data folder.
#[utoipa::path(get, path = "/push/key", tag = "push",
    responses((status = 200, description = "The key.", body = PushKey)))]
async fn key(caller: Caller) -> Json<PushKey> {
    Json(PushKey { key: caller.api().push.key() })
}

/// Turn notifications on for this device
///
/// The device is the session that asks; a former subscription of it is replaced, and it ends with the session. The address must be
/// one that this server connects to: public and with https, unless its operator allows more.
#[utoipa::path(put, path = "/me/push", tag = "push",
    request_body = PushSubscription,
    responses((status = 200, description = "The device is told of messages from now on.", body = Changed)))]
async fn subscribe(caller: Caller, Json(subscription): Json<PushSubscription>) -> Result<Changed, Problem> {
    caller.api().push.check(&subscription)?;
    let subscription = Some(Box::new(subscription));
    Ok(caller.submit(Command::SetPush { subscription }).await?.into())
}

/// Turn notifications off for this device
#[utoipa::path(delete, path = "/me/push", tag = "push",
    responses((status = 200, description = "The device is not told of anything any more.", body = Changed)))]
async fn unsubscribe(caller: Caller) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SetPush { subscription: None }).await?.into())
}

/// Send a test to this device
///
/// Waits until the push service has taken it; else says what it answered, or which step failed.
#[utoipa::path(post, path = "/me/push/test", tag = "push",
    responses((status = 204, description = "The push service took it; the device shows it in a moment.")))]
async fn test(caller: Caller) -> Result<StatusCode, Problem> {
    caller.api().push.test(&caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
