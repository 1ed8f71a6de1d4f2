//! `/conversations/{conversation}/hooks`: webhooks into a conversation, for those who manage it.

use super::ApiState;
use super::answers::created;
use super::caller::Caller;
use super::extract::{At, Find, Json};
use super::problem::Problem;
use crate::administration::MadeHook;
use crate::http::hooks::Call;
use crate::model::{Code, ConversationId, HookId, HookInfo, Name, Secret};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(delete))
        .routes(routes!(rotate))
        .routes(routes!(calls))
}

/// The webhooks of a conversation.
#[derive(Serialize, ToSchema)]
pub struct HookList {
    /// Oldest first.
    hooks: Vec<HookInfo>,
}

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHook {
    /// What it is called: the name of its posts.
    name: Name,
}

/// How a webhook gets another address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// The old address ends at once, for one that others have seen.
    #[serde(default)]
    end_old: bool,
}

/// A webhook with its address.
#[derive(Serialize, ToSchema)]
pub struct HookWithAddress {
    /// The webhook.
    #[serde(flatten)]
    hook: HookInfo,
    /// Where other systems post, told this once. Whoever has it can post.
    #[schema(value_type = String, example = "https://chat.example.org/hooks/…")]
    url: Secret,
}

impl From<MadeHook> for HookWithAddress {
    fn from(MadeHook { hook, url }: MadeHook) -> Self {
        Self { hook, url }
    }
}

/// The last calls of a webhook.
#[derive(Serialize, ToSchema)]
pub struct CallList {
    /// Newest first, at most 20; since the server was started.
    calls: Vec<Call>,
}

/// List the webhooks of a conversation
///
/// For the owner and managers of a group, both sides of a direct chat, and administrators.
#[utoipa::path(get, path = "/conversations/{conversation}/hooks", tag = "hooks",
    responses((status = 200, description = "All of them, without their addresses.", body = HookList)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    At(conversation): At<ConversationId>,
) -> Result<Json<HookList>, Problem> {
    Ok(Json(HookList { hooks: api.office.hooks(&caller.actor, conversation).await? }))
}

/// Make a webhook into a conversation
///
/// One address takes what Slack, Mattermost, Grafana, Alertmanager, GitHub, Gitea, ntfy and Gotify send, and plain words. It posts under its
/// own name and reads nothing.
#[utoipa::path(post, path = "/conversations/{conversation}/hooks", tag = "hooks",
    request_body = NewHook,
    responses((status = 201, description = "The webhook with its address, which is told this once.", body = HookWithAddress)))]
async fn create(
    State(api): State<ApiState>,
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(NewHook { name }): Json<NewHook>,
) -> Result<Response, Problem> {
    caller.take_turn()?;
    let made = api.office.create_hook(&caller.actor, conversation, name).await?;
    let location = format!("{}/conversations/{conversation}/hooks/{}", super::ROOT, made.hook.hook);
    Ok(created(&location, Json(HookWithAddress::from(made))))
}

/// Take a webhook away
///
/// Its address opens nothing any more; what it has posted stays.
#[utoipa::path(delete, path = "/conversations/{conversation}/hooks/{hook}", tag = "hooks",
    params(("hook" = HookId, Path, description = "The number of the webhook.")),
    responses((status = 204, description = "It is gone.")))]
async fn delete(
    State(api): State<ApiState>,
    caller: Caller,
    At(hook): At<(ConversationId, HookId)>,
) -> Result<StatusCode, Problem> {
    caller.take_turn()?;
    api.office.delete_hook(&caller.actor, hook).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook another address
///
/// For 24 hours both post; `old_secret_until` says until when. With `end_old` the old one, and one before it that still posts, end at once.
#[utoipa::path(post, path = "/conversations/{conversation}/hooks/{hook}/rotation", tag = "hooks",
    params(("hook" = HookId, Path, description = "The number of the webhook."), Rotation),
    responses((status = 200, description = "The webhook with its new address.", body = HookWithAddress)))]
async fn rotate(
    State(api): State<ApiState>,
    caller: Caller,
    At(hook): At<(ConversationId, HookId)>,
    Find(Rotation { end_old }): Find<Rotation>,
) -> Result<Json<HookWithAddress>, Problem> {
    caller.take_turn()?;
    Ok(Json(api.office.rotate_hook(&caller.actor, hook, end_old).await?.into()))
}

/// The last calls of a webhook
///
/// When, in which dialect, what came of it, and why it was refused. No words of the posts.
#[utoipa::path(get, path = "/conversations/{conversation}/hooks/{hook}/calls", tag = "hooks",
    params(("hook" = HookId, Path, description = "The number of the webhook.")),
    responses((status = 200, description = "The last ones.", body = CallList)))]
async fn calls(
    State(api): State<ApiState>,
    caller: Caller,
    At((conversation, hook)): At<(ConversationId, HookId)>,
) -> Result<Json<CallList>, Problem> {
    let known = api.office.hooks(&caller.actor, conversation).await?;
    if !known.iter().any(|one| one.hook == hook) {
        return Err(Problem::new(Code::NotFound, format!("This conversation has no webhook {hook}; list them.")));
    }
    Ok(Json(CallList { calls: api.calls.of(hook) }))
}
