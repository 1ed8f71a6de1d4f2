//! Tokens for MCP: made by their user, told once; and the notes of what was called with them.

use super::{Administration, unexpected};
use crate::auth::{self, Token};
use crate::model::{
    ConversationId, McpAccess, McpCall, McpTokenId, McpTokenInfo, Name, Refusal, Secret, SystemCommand, Timestamp,
    UserActor,
};

/// A token for MCP to be made.
#[derive(Clone, Debug)]
pub struct NewMcpToken {
    /// What it is called.
    pub name: Name,
    /// The conversations that it opens.
    pub conversations: Vec<ConversationId>,
    /// What it lets its program do there.
    pub access: McpAccess,
    /// From when on it opens nothing.
    pub expires: Option<Timestamp>,
}

/// A token for MCP with its secret, told this once.
#[derive(Clone, Debug)]
pub struct MadeMcpToken {
    /// The token.
    pub token: McpTokenInfo,
    /// What is sent as `Authorization: Bearer`.
    pub secret: Secret,
}

impl Administration {
    /// The tokens of the user of a session.
    pub async fn mcp_tokens(&self, by: &UserActor) -> Result<Vec<McpTokenInfo>, Refusal> {
        self.engine.mcp_tokens(by.clone()).await
    }

    /// Makes one.
    pub async fn create_mcp_token(&self, by: &UserActor, new: NewMcpToken) -> Result<MadeMcpToken, Refusal> {
        let secret = Token::draw_mcp();
        let command = SystemCommand::CreateMcpToken {
            by: by.clone(),
            name: new.name,
            conversations: new.conversations,
            access: new.access,
            expires: new.expires,
            token: secret.hash(),
        };
        let number = McpTokenId(self.carry_out(&auth::server(), command).await?.lsn.0);
        let token = self.mcp_tokens(by).await?.into_iter().find(|one| one.token == number).ok_or_else(unexpected)?;
        Ok(MadeMcpToken { token, secret: secret.secret() })
    }

    /// Makes one useless.
    pub async fn revoke_mcp_token(&self, by: &UserActor, token: McpTokenId) -> Result<(), Refusal> {
        self.carry_out(&auth::server(), SystemCommand::RevokeMcpToken { by: by.clone(), token }).await.map(drop)
    }

    /// Writes down that a tool was called.
    pub async fn note_mcp_call(&self, by: &UserActor, call: McpCall) -> Result<(), Refusal> {
        let Some(token) = by.session.mcp() else { return Err(unexpected()) };
        let command = SystemCommand::NoteMcpCall { user: by.user, token, call };
        self.carry_out(&auth::server(), command).await.map(drop)
    }
}
