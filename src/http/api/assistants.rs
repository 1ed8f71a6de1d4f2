//! `/assistants`: those that the caller may use, chats with them, what they do for one device alone; and the answers that are being
//! written in a conversation.

use super::answers::{Changed, created, replayed};
use super::caller::{Caller, unexpected, unexpected_result};
use super::conversations::{OneConversation, show};
use super::extract::{At, Json};
use super::problem::Problem;
use super::{ApiState, ROOT, sse};
use crate::assistant::{Task, TaskEvent};
use crate::model::{
    Answer, AssistantView, Command, CommandResult, ConversationId, DraftView, Lsn, Name, Query, Seq, UserId,
};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use tokio::sync::mpsc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(open))
        .routes(routes!(task))
        .routes(routes!(drafts, stop))
        .routes(routes!(regenerate))
}

/// Assistants.
#[derive(Serialize, ToSchema)]
pub struct AssistantList {
    /// Those that the caller may use, by id.
    assistants: Vec<AssistantView>,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// A chat to be opened.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewChat {
    /// Its title; the first question gives it one when absent.
    #[schema(nullable = false)]
    title: Option<Name>,
}

/// What is open in a conversation.
#[derive(Serialize, ToSchema)]
pub struct DraftList {
    /// The answers that are being written and the questions that wait, oldest first.
    drafts: Vec<DraftView>,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// List the assistants that one may use
#[utoipa::path(get, path = "/assistants", tag = "assistants",
    responses((status = 200, description = "The assistants.", body = AssistantList)))]
async fn list(caller: Caller) -> Result<Json<AssistantList>, Problem> {
    match caller.ask(Query::Assistants {}).await? {
        Answer::Assistants { assistants, as_of } => Ok(Json(AssistantList { assistants, as_of })),
        _ => Err(unexpected()),
    }
}

/// Open a chat with an assistant
///
/// Every message in it is a question. There can be any number of chats, each with its own title.
#[utoipa::path(post, path = "/assistants/{user}/conversations", tag = "assistants",
    request_body = NewChat,
    responses((status = 201, description = "The chat was opened.", body = OneConversation)))]
async fn open(
    caller: Caller,
    At(assistant): At<UserId>,
    Json(NewChat { title }): Json<NewChat>,
) -> Result<Response, Problem> {
    let outcome = caller.submit(Command::OpenAssistant { assistant, title }).await?;
    let CommandResult::Conversation { conversation } = outcome.result else {
        return Err(unexpected_result(&outcome.result));
    };
    let body = show(&caller, conversation).await?;
    let response = created(&format!("{ROOT}/conversations/{conversation}"), Json(body));
    Ok(replayed(response, outcome.duplicate))
}

/// Have something summarised or translated
///
/// What is unread in a conversation, or one message. The answer comes as server-sent events (`piece` with words that follow, then
/// `end`) to this request alone and is kept nowhere; ending the request stops it. It counts as a question.
#[utoipa::path(post, path = "/assistants/{user}/tasks", tag = "assistants",
    request_body = Task,
    responses((status = 200, description = "Events; their data is in this shape.", body = TaskEvent,
        content_type = "text/event-stream")))]
async fn task(caller: Caller, At(assistant): At<UserId>, Json(task): Json<Task>) -> Result<Response, Problem> {
    caller.api().gateway.take_turn(&caller.actor)?;
    let events = caller.api().assistants.task(&caller.actor, &assistant, task).await?;
    Ok(sse::answer(pieces(events)))
}

/// What the answer is made of; dropping it ends the task.
fn pieces(events: mpsc::Receiver<TaskEvent>) -> impl Stream<Item = Result<Bytes, Infallible>> {
    futures_util::stream::unfold(events, |mut events| async move {
        let bytes = match tokio::time::timeout(sse::ALIVE_EVERY, events.recv()).await {
            Err(_) => Bytes::from_static(sse::ALIVE),
            Ok(None) => return None,
            Ok(Some(event)) => event_bytes(&event),
        };
        Some((Ok(bytes), events))
    })
}

fn event_bytes(event: &TaskEvent) -> Bytes {
    // What is written here as `{"piece": {…}}` is an event of this name with what is inside.
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(event) else { return Bytes::new() };
    let text = fields.into_iter().map(|(name, data)| sse::event(&name, None, &data.to_string()));
    Bytes::from(text.collect::<String>())
}

/// Show what is being answered
///
/// Each with what is written so far: pushed `draft` frames go on at its end.
#[utoipa::path(get, path = "/conversations/{conversation}/drafts", tag = "assistants",
    responses((status = 200, description = "What is open.", body = DraftList)))]
async fn drafts(caller: Caller, At(conversation): At<ConversationId>) -> Result<Json<DraftList>, Problem> {
    match caller.ask(Query::Drafts { conversation }).await? {
        Answer::Drafts { drafts, as_of, .. } => Ok(Json(DraftList { drafts, as_of })),
        _ => Err(unexpected()),
    }
}

/// Stop the answer that is being written
///
/// What has come stays, and says that it was stopped. Nothing to stop is no error.
#[utoipa::path(delete, path = "/conversations/{conversation}/drafts", tag = "assistants",
    responses((status = 200, description = "It is being stopped.", body = Changed)))]
async fn stop(caller: Caller, At(conversation): At<ConversationId>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::StopAnswer { conversation }).await?.into())
}

/// Have an answer written again
///
/// It stays until the new one is done, which then stands in its place.
#[utoipa::path(post, path = "/conversations/{conversation}/entries/{seq}/regenerate", tag = "assistants",
    responses((status = 202, description = "It is being written again.", body = Changed)))]
async fn regenerate(caller: Caller, At((conversation, seq)): At<(ConversationId, Seq)>) -> Result<Response, Problem> {
    let changed: Changed = caller.submit(Command::Regenerate { conversation, seq }).await?.into();
    let mut response = changed.into_response();
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}
