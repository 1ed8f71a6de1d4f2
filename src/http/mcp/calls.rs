//! What a call of a tool does: the same commands and queries as everywhere, given through the token, and a line of the audit log before
//! the answer leaves.

use super::shown::{Message, conversation, stretch};
use super::tools;
use crate::http::api::{ApiState, key};
use crate::model::growing::{REASON_BYTES_MAX, shortened};
use crate::model::{
    Actor, Answer, Code, Command, CommandResult, Content, ConversationId, Key, McpAccess, McpCall, McpTool, Query,
    Refusal, Search, Seq, Target, Text, UserActor, limits,
};
use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, Implementation, JsonObject,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::oneshot;

/// The route on which a word that names a message counts.
const SEND_ROUTE: &str = "mcp send_message";

/// Who calls, and what they may.
#[derive(Clone)]
pub struct Calls(Arc<Inner>);

struct Inner {
    api: ApiState,
    actor: UserActor,
    access: McpAccess,
}

/// What is asked of `list_conversations`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Listing {
    skip: u32,
    limit: Option<u32>,
}

/// What is asked of `read_messages`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    conversation: ConversationId,
    #[serde(default)]
    before: Option<Seq>,
    #[serde(default)]
    after: Option<Seq>,
    #[serde(default)]
    limit: Option<u32>,
}

/// What is asked of `search_messages`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Searching {
    q: String,
    #[serde(default)]
    conversation: Option<ConversationId>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    limit: Option<u32>,
}

/// What is asked of `send_message`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sending {
    conversation: ConversationId,
    text: String,
    #[serde(default)]
    markdown: bool,
    #[serde(default)]
    reply_to: Option<Seq>,
    #[serde(default)]
    idempotency_key: Option<String>,
}

impl Calls {
    /// Calls through a token.
    pub fn new(api: ApiState, actor: UserActor, access: McpAccess) -> Self {
        Self(Arc::new(Inner { api, actor, access }))
    }
}

impl ServerHandler for Calls {
    fn get_info(&self) -> ServerConfig {
        let about = Implementation::new("tidings", env!("CARGO_PKG_VERSION")).with_title("Tidings");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(about)
            .with_instructions(tools::INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all(self.0.access)))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        McpTool::of(name).map(tools::one)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = McpTool::of(&request.name);
        let arguments = request.arguments.unwrap_or_default();
        // In a task of its own: a caller who hangs up does not end a call between what it does and its line of the audit log.
        let (told, answer) = oneshot::channel();
        let calls = Arc::clone(&self.0);
        self.0.api.tasks.spawn("mcp call", async move {
            // Nobody may be there to hear it any more.
            drop(told.send(calls.audited(tool, arguments).await));
        });
        let answer = answer.await.unwrap_or_else(|_| Err(unexpected()));
        match answer {
            Err(refusal) if tool.is_none() && refusal.code == Code::Unsupported => {
                Err(ErrorData::invalid_params(refusal.message, None))
            }
            Ok(value) => Ok(CallToolResult::structured(value).into()),
            Err(refusal) => Ok(CallToolResult::error(vec![ContentBlock::text(words(&refusal))]).into()),
        }
    }
}

/// A refusal in the words of a tool: what is wrong, its stable code, and when to try again.
fn words(refusal: &Refusal) -> String {
    match refusal.retry_after_ms {
        Some(ms) => format!("{refusal} Try again in {} s.", ms.div_ceil(1_000).max(1)),
        None => refusal.to_string(),
    }
}

impl Inner {
    /// Does what is asked and writes it down, refused or not. Without the line there is no answer; a message is sent in one step with
    /// its line.
    async fn audited(&self, tool: Option<McpTool>, arguments: JsonObject) -> Result<Value, Refusal> {
        let place = arguments.get("conversation").and_then(Value::as_u64).map(ConversationId);
        let done = match tool {
            None => Err(Refusal::new(
                Code::Unsupported,
                "There is no tool of this name; `tools/list` shows those there are.",
            )),
            Some(McpTool::ListConversations) => self.list(arguments).await,
            Some(McpTool::ReadMessages) => self.read(arguments).await,
            Some(McpTool::SearchMessages) => self.search(arguments).await,
            Some(McpTool::SendMessage) => match self.send(arguments).await {
                Ok((value, false)) => return Ok(value),
                Ok((value, true)) => Ok(value),
                Err(refusal) => Err(refusal),
            },
        };
        let refused = done.as_ref().err().map(|refusal| refusal.code);
        let call = McpCall { tool, conversation: place, refused };
        self.api.office.note_mcp_call(&self.actor, call).await?;
        done
    }

    async fn ask(&self, query: Query) -> Result<Answer, Refusal> {
        self.api.gateway.query(&self.actor, query).await
    }

    async fn list(&self, arguments: JsonObject) -> Result<Value, Refusal> {
        let Listing { skip, limit } = read(arguments)?;
        let limit =
            limit.unwrap_or(limits::MCP_CONVERSATIONS_MAX as u32).clamp(1, limits::MCP_CONVERSATIONS_MAX as u32);
        let answer = self.ask(Query::Conversations { skip, limit }).await?;
        let Answer::Conversations { conversations, more, .. } = answer else { return Err(unexpected()) };
        let next = more.then(|| skip.saturating_add(conversations.len() as u32));
        let shown: Vec<Value> = conversations.iter().map(conversation).collect();
        Ok(json!({"conversations": shown, "next": next}))
    }

    async fn read(&self, arguments: JsonObject) -> Result<Value, Refusal> {
        let Reading { conversation, before, after, limit } = read(arguments)?;
        if before.is_some() && after.is_some() {
            return Err(invalid("Give one of `before` and `after`."));
        }
        let limit = limit.unwrap_or(tools::PAGE_MESSAGES).clamp(1, tools::PAGE_MESSAGES_MAX);
        let (from, to) = (after.map(Seq::next), before.map(|before| Seq(before.0.saturating_sub(1))));
        let answer = self.ask(Query::Entries { conversation, from, to, limit }).await?;
        let Answer::Entries { entries, floor, head, .. } = answer else { return Err(unexpected()) };
        let page = stretch(&entries);
        let next = match (page.first(), page.last()) {
            (Some(_), Some(last)) if from.is_some() => (last.seq < head).then(|| json!({"after": last.seq})),
            (Some(first), Some(_)) => (first.seq > floor).then(|| json!({"before": first.seq})),
            _ => None,
        };
        let messages: Vec<Message> = page.iter().filter_map(|entry| Message::of(conversation, entry)).collect();
        Ok(json!({"conversation": conversation, "messages": messages, "next": next}))
    }

    async fn search(&self, arguments: JsonObject) -> Result<Value, Refusal> {
        let Searching { q, conversation, cursor, limit } = read(arguments)?;
        let limit = limit.unwrap_or(tools::PAGE_HITS);
        let search = Search { q, conversation, cursor, limit, ..Search::default() };
        let answer = self.ask(Query::Search(Box::new(search))).await?;
        let Answer::Found { hits, next, complete, .. } = answer else { return Err(unexpected()) };
        let messages: Vec<Message> = hits.iter().filter_map(|hit| Message::of(hit.conversation, &hit.entry)).collect();
        Ok(json!({"messages": messages, "next": next, "complete": complete}))
    }

    /// Sends; says also whether it had been sent before.
    async fn send(&self, arguments: JsonObject) -> Result<(Value, bool), Refusal> {
        let Sending { conversation, text, markdown, reply_to, idempotency_key } = read(arguments)?;
        let engine = self.api.engine();
        let key = match idempotency_key {
            Some(word) => key::read(SEND_ROUTE, &word).ok_or_else(|| {
                invalid(
                    "`idempotency_key` must have 1 to 255 visible ASCII characters, best of all those of a new UUID.",
                )
            })?,
            None => Key::new(engine.clock().now()),
        };
        self.api.gateway.take_turn(&self.actor)?;
        let content = Content::Text(Text { text, markdown, reply_to, ..Text::default() });
        let command = Command::Send { to: Target::Conversation(conversation), content };
        let sent = engine.execute(Actor::User(self.actor.clone()), Some(key), command.into()).await?;
        let CommandResult::Appended { conversation, seq, at, .. } = sent.result else { return Err(unexpected()) };
        let told = json!({"conversation": conversation, "seq": seq, "at": at.utc(), "duplicate": sent.duplicate});
        Ok((told, sent.duplicate))
    }
}

/// The arguments of a tool.
fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Refusal> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| {
        let reason = shortened(error.to_string(), REASON_BYTES_MAX);
        Refusal::new(Code::Invalid, format!("The arguments are not right: {reason}."))
    })
}

fn invalid(words: &'static str) -> Refusal {
    Refusal::new(Code::Invalid, words)
}

/// The engine gave another kind of answer than was asked for, or a call ended in a panic.
fn unexpected() -> Refusal {
    tracing::error!("a call at /mcp gave something else than it should");
    Refusal::new(Code::Unavailable, "The server made a mistake; try again, and tell the operator if it stays so.")
}
