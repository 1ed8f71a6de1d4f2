//! What opens `/mcp` (the Model Context Protocol, by which programs with language models use tools): a token that a user makes for
//! such a program. It names the conversations that the program may know of, and whether it may write there.

use super::{Code, ConversationId, McpTokenId, Name, Timestamp};
use serde::{Deserialize, Serialize};

/// What a token lets its program do in the conversations that it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum McpAccess {
    /// List, read and search.
    #[default]
    Read,
    /// That, and send messages in the name of its user.
    ReadAndSend,
}

/// A token for MCP as its user sees it in the list; its secret is told once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct McpTokenInfo {
    /// Its number.
    pub token: McpTokenId,
    /// What it is called: best of all after the program that has it.
    pub name: Name,
    /// The conversations that it opens, as long as its user belongs to them.
    pub conversations: Vec<ConversationId>,
    /// What it lets its program do there.
    pub access: McpAccess,
    /// When it was made.
    pub created: Timestamp,
    /// When a tool was last called with it.
    pub used: Option<Timestamp>,
    /// From when on it opens nothing; none: it does until it is revoked.
    pub expires: Option<Timestamp>,
    /// Whether it opens anything now: false when its time is over, or when the password was changed since it was made.
    pub open: bool,
}

/// The tools at `/mcp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum McpTool {
    /// The conversations of the token.
    ListConversations,
    /// A page of the history of one.
    ReadMessages,
    /// Messages by their words.
    SearchMessages,
    /// A message in the name of the user.
    SendMessage,
}

impl McpTool {
    /// Every tool.
    pub const ALL: [Self; 4] = [Self::ListConversations, Self::ReadMessages, Self::SearchMessages, Self::SendMessage];

    /// Its name, as everywhere.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ListConversations => "list_conversations",
            Self::ReadMessages => "read_messages",
            Self::SearchMessages => "search_messages",
            Self::SendMessage => "send_message",
        }
    }

    /// The tool of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }
}

/// A call of a tool, for the audit log. Nothing of what was asked for or found is in it but where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct McpCall {
    /// Which tool; none: one that is not there.
    pub tool: Option<McpTool>,
    /// The conversation that it named.
    pub conversation: Option<ConversationId>,
    /// Why it was refused; none: it was not.
    pub refused: Option<Code>,
}
