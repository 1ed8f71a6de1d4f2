//! `/conversations`: the list, one of them, making one, and one's own side of it.

use super::answers::{Changed, created, log_tag, replayed, with_tag};
use super::caller::{Caller, unexpected, unexpected_result};
use super::extract::{At, Find, Json};
use super::problem::Problem;
use super::{ApiState, ROOT};
use crate::model::{
    Answer, Code, Command, CommandResult, Conversation, ConversationId, CursorMove, GroupRules, Lsn, Name, Query, Seq,
    SystemCommand, Timestamp, UserId,
};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(list, make))
        .routes(routes!(one, change))
        .routes(routes!(read))
        .routes(routes!(delivered))
}

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// Where the last page's `next` said.
    #[serde(default)]
    after: Option<u32>,
    /// How many at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of the caller's conversations.
#[derive(Serialize, ToSchema)]
pub struct ConversationList {
    /// Pinned first, then by newest entry, each with its newest entry.
    conversations: Vec<Conversation>,
    /// Ask again with `after` set to this; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<u32>,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// One conversation.
#[derive(Serialize, ToSchema)]
pub struct OneConversation {
    /// The conversation with its newest entries.
    conversation: Conversation,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// A conversation to make.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NewConversation {
    /// The direct chat with a user; there is one for each two users.
    Direct {
        /// The other one.
        user: UserId,
    },
    /// A group with the caller as its owner.
    Group {
        /// Its title.
        title: Name,
        /// Its first members besides the caller, at most 100.
        #[serde(default, deserialize_with = "crate::model::list::read")]
        members: Vec<UserId>,
        /// Its rules; what is absent is as in a private group.
        #[serde(default)]
        rules: GroupRules,
    },
}

/// What to change on one's own side of a conversation; what is absent stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OwnSide {
    /// Keep it at the top of the list.
    #[schema(nullable = false)]
    pinned: Option<bool>,
    /// Silent until then, in milliseconds since 1970-01-01 UTC; a time far away is for ever, `null` ends the silence.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Timestamp>)]
    #[allow(clippy::option_option, reason = "absent and null mean different things")]
    muted_until: Option<Option<Timestamp>>,
    /// Take it out of the list until its next message.
    #[schema(nullable = false)]
    hidden: Option<bool>,
    /// `true`: show it as unread until it is read again. (`false` is what reading does.)
    #[schema(nullable = false)]
    marked_unread: Option<bool>,
}

/// Tells a field that is `null` from one that is absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// How far one has got.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpTo {
    /// Up to this entry, which must be there.
    seq: Seq,
}

/// List one's conversations
#[utoipa::path(get, path = "/conversations", tag = "conversations", params(Part),
    responses((status = 200, description = "A page of them.", body = ConversationList)))]
async fn list(caller: Caller, Find(part): Find<Part>) -> Result<Json<ConversationList>, Problem> {
    let skip = part.after.unwrap_or(0);
    match caller.ask(Query::Conversations { skip, limit: part.limit.unwrap_or(20) }).await? {
        Answer::Conversations { conversations, more, as_of } => {
            let next = more.then(|| skip.saturating_add(conversations.len() as u32));
            Ok(Json(ConversationList { conversations, next, as_of }))
        }
        _ => Err(unexpected()),
    }
}

/// Open a direct chat or create a group
#[utoipa::path(post, path = "/conversations", tag = "conversations",
    request_body = NewConversation,
    responses((status = 201, description = "It is there now; a direct chat may have been there before.", body = OneConversation)))]
async fn make(caller: Caller, Json(new): Json<NewConversation>) -> Result<Response, Problem> {
    let command = match new {
        NewConversation::Direct { user } => Command::OpenDirect { user },
        NewConversation::Group { title, members, rules } => Command::CreateGroup { title, members, rules },
    };
    let outcome = caller.submit(command).await?;
    let CommandResult::Conversation { conversation } = outcome.result else {
        return Err(unexpected_result(&outcome.result));
    };
    let body = show(&caller, conversation).await?;
    let response = created(&format!("{ROOT}/conversations/{conversation}"), Json(body));
    Ok(replayed(response, outcome.duplicate))
}

/// One conversation with its newest entries
#[utoipa::path(get, path = "/conversations/{conversation}", tag = "conversations", responses(
    (status = 200, description = "The conversation.", body = OneConversation),
    (status = 304, description = "Nothing has changed since the tag of `If-None-Match`.")))]
async fn one(caller: Caller, headers: HeaderMap, At(conversation): At<ConversationId>) -> Result<Response, Problem> {
    let shown = show(&caller, conversation).await?;
    let tag = log_tag(caller.api(), shown.conversation.changed);
    Ok(with_tag(&headers, &tag, || Json(shown).into_response()))
}

/// Pin, mute, hide or mark as unread
///
/// Changes the caller's own side; others do not notice. Several changes are made one after the other.
#[utoipa::path(patch, path = "/conversations/{conversation}", tag = "conversations",
    request_body = OwnSide,
    responses((status = 200, description = "The conversation as it is now.", body = OneConversation)))]
async fn change(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(side): Json<OwnSide>,
) -> Result<Json<OneConversation>, Problem> {
    let OwnSide { pinned, muted_until, hidden, marked_unread } = side;
    if marked_unread == Some(false) {
        let words = "`marked_unread` can only be set; PUT …/read takes it away.";
        return Err(Problem::new(Code::Invalid, words));
    }
    let commands = [
        pinned.map(|pinned| Command::Pin { conversation, pinned }),
        muted_until.map(|until| Command::Mute { conversation, until }),
        hidden.map(|hidden| Command::Hide { conversation, hidden }),
        marked_unread.map(|_| Command::MarkUnread { conversation }),
    ];
    for command in commands.into_iter().flatten() {
        caller.submit(command).await?;
    }
    Ok(Json(show(&caller, conversation).await?))
}

/// Mark as read
///
/// Everything up to `seq`; a lower one than before changes nothing. In direct chats and small groups others are told.
#[utoipa::path(put, path = "/conversations/{conversation}/read", tag = "conversations",
    request_body = UpTo,
    responses((status = 200, description = "It is read.", body = Changed)))]
async fn read(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(UpTo { seq }): Json<UpTo>,
) -> Result<Changed, Problem> {
    move_cursor(&caller, conversation, None, Some(seq)).await
}

/// Say that a device has everything
///
/// Everything up to `seq`; in direct chats the other one sees it as delivered.
#[utoipa::path(put, path = "/conversations/{conversation}/delivered", tag = "conversations",
    request_body = UpTo,
    responses((status = 200, description = "It is noted.", body = Changed)))]
async fn delivered(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(UpTo { seq }): Json<UpTo>,
) -> Result<Changed, Problem> {
    move_cursor(&caller, conversation, Some(seq), None).await
}

async fn move_cursor(
    caller: &Caller,
    conversation: ConversationId,
    delivered: Option<Seq>,
    read: Option<Seq>,
) -> Result<Changed, Problem> {
    let head = show(caller, conversation).await?.conversation.head;
    let seq = delivered.or(read).unwrap_or(head);
    if seq > head {
        return Err(Problem::new(Code::NotFound, format!("There is no entry with seq {seq} here that you can see.")));
    }
    let (user, session) = (caller.actor.user, Some(caller.actor.session));
    let moves = vec![CursorMove { user, session, conversation, delivered, read }];
    Ok(caller.submit_for_server(SystemCommand::Cursors { moves }).await?.into())
}

/// One of the caller's conversations.
pub async fn show(caller: &Caller, conversation: ConversationId) -> Result<OneConversation, Problem> {
    match caller.ask(Query::Conversation { conversation }).await? {
        Answer::Conversation { conversation, as_of } => Ok(OneConversation { conversation: *conversation, as_of }),
        _ => Err(unexpected()),
    }
}
