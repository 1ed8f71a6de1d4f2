//! Reactions to entries.

use super::ApiState;
use super::answers::Changed;
use super::caller::Caller;
use super::extract::At;
use super::problem::Problem;
use crate::model::{Command, ConversationId, Emoji, Seq};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(put, take_away))
}

/// React to an entry
///
/// Once for each user and emoji; asking for what is already so changes nothing.
#[utoipa::path(put, path = "/conversations/{conversation}/entries/{seq}/reactions/{emoji}", tag = "messages",
    responses((status = 200, description = "The reaction is there.", body = Changed)))]
async fn put(caller: Caller, place: At<(ConversationId, Seq, Emoji)>) -> Result<Changed, Problem> {
    react(&caller, place, true).await
}

/// Take a reaction away
#[utoipa::path(delete, path = "/conversations/{conversation}/entries/{seq}/reactions/{emoji}", tag = "messages",
    responses((status = 200, description = "The reaction is gone.", body = Changed)))]
async fn take_away(caller: Caller, place: At<(ConversationId, Seq, Emoji)>) -> Result<Changed, Problem> {
    react(&caller, place, false).await
}

async fn react(
    caller: &Caller,
    At((conversation, seq, emoji)): At<(ConversationId, Seq, Emoji)>,
    on: bool,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::React { conversation, seq, emoji, on }).await?.into())
}
