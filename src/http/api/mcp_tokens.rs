//! `/mcp-tokens`: what opens `/mcp` for a program with a language model, made by its user.

use super::ApiState;
use super::answers::created;
use super::caller::Caller;
use super::extract::{At, Json};
use super::problem::Problem;
use crate::administration;
use crate::model::{ConversationId, McpAccess, McpTokenId, McpTokenInfo, Name, Secret, Timestamp};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(revoke))
}

/// The caller's tokens for MCP.
#[derive(Serialize, ToSchema)]
pub struct McpTokenList {
    /// Oldest first.
    tokens: Vec<McpTokenInfo>,
}

/// A token for MCP to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMcpToken {
    /// What it is called: best of all after the program that gets it.
    name: Name,
    /// The conversations that it opens, 1 to 64 of those that the caller belongs to.
    #[serde(deserialize_with = "crate::model::list::read")]
    #[schema(min_items = 1, max_items = 64)]
    conversations: Vec<ConversationId>,
    /// What it lets its program do there.
    #[serde(default)]
    access: McpAccess,
    /// From when on it opens nothing, in milliseconds since 1970-01-01 UTC; when absent, until it is revoked.
    #[serde(default)]
    expires: Option<Timestamp>,
}

/// A token for MCP that was made.
#[derive(Serialize, ToSchema)]
pub struct MadeMcpToken {
    /// The token.
    #[serde(flatten)]
    token: McpTokenInfo,
    /// What the program sends as `Authorization: Bearer`, told this once.
    #[schema(value_type = String, example = "tdm_…")]
    secret: Secret,
    /// Where the program finds this server.
    #[schema(example = "https://chat.example.org/mcp")]
    url: String,
}

/// List one's tokens for MCP
#[utoipa::path(get, path = "/mcp-tokens", tag = "mcp",
    responses((status = 200, description = "All of them, without their secrets.", body = McpTokenList)))]
async fn list(State(api): State<ApiState>, caller: Caller) -> Result<Json<McpTokenList>, Problem> {
    Ok(Json(McpTokenList { tokens: api.office.mcp_tokens(&caller.actor).await? }))
}

/// Make a token for MCP
///
/// It opens `/mcp` alone, for the conversations that it names and as long as the caller belongs to them. It ends when it is revoked,
/// when its time is over, when the caller's password is changed, and with whatever ends everything that the caller has open. Bots make none.
#[utoipa::path(post, path = "/mcp-tokens", tag = "mcp",
    request_body = NewMcpToken,
    responses((status = 201, description = "The token with its secret, which is told this once.", body = MadeMcpToken)))]
async fn create(
    State(api): State<ApiState>,
    caller: Caller,
    Json(new): Json<NewMcpToken>,
) -> Result<Response, Problem> {
    caller.take_turn()?;
    let NewMcpToken { name, conversations, access, expires } = new;
    let new = administration::NewMcpToken { name, conversations, access, expires };
    let made = api.office.create_mcp_token(&caller.actor, new).await?;
    let location = format!("{}/mcp-tokens/{}", super::ROOT, made.token.token);
    let url = format!("{}{}", api.office.url(), crate::http::mcp::PATH);
    Ok(created(&location, Json(MadeMcpToken { token: made.token, secret: made.secret, url })))
}

/// Revoke a token for MCP
///
/// It opens nothing from this moment on.
#[utoipa::path(delete, path = "/mcp-tokens/{token}", tag = "mcp",
    params(("token" = McpTokenId, Path, description = "The number of the token.")),
    responses((status = 204, description = "It is revoked.")))]
async fn revoke(State(api): State<ApiState>, caller: Caller, At(token): At<McpTokenId>) -> Result<StatusCode, Problem> {
    caller.take_turn()?;
    api.office.revoke_mcp_token(&caller.actor, token).await?;
    Ok(StatusCode::NO_CONTENT)
}
