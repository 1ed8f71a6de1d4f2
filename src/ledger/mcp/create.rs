//! Make a token for MCP. Those whose time is over make room for it.

use super::{belongs, is_over, is_revoked, of_user, own, remove};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{
    Code, CommandResult, ConversationId, ConversationKind, McpAccess, McpTokenId, Name, Timestamp, TokenHash,
    UserActor, UserKind, limits,
};
use crate::store::records::{ConversationRow, McpTokenHashRow, McpTokenRow};
use crate::store::{Read, Tables};

/// What is asked for.
pub(in crate::ledger) struct NewToken<'a> {
    pub name: &'a Name,
    pub conversations: &'a [ConversationId],
    pub access: McpAccess,
    pub expires: Option<Timestamp>,
    pub token: TokenHash,
}

struct Plan {
    row: McpTokenRow,
    /// Those whose time is over, when there is no room otherwise.
    over: Vec<McpTokenId>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    by: &UserActor,
    new: &NewToken<'_>,
) -> Result<CommandResult, Stop> {
    let Plan { row, over } = decide(tables, order, by, new)?;
    for token in over {
        remove(tables, by.user, token)?;
    }
    let token = McpTokenId(order.lsn.0);
    tables.put(&row.hash, McpTokenHashRow { user: by.user, token })?;
    tables.put(&(by.user, token), row)?;
    Ok(CommandResult::Done {})
}

fn decide(state: &impl Read, order: &Order, by: &UserActor, new: &NewToken<'_>) -> Result<Plan, Stop> {
    let user = own(state, by)?;
    if user.kind != UserKind::Person {
        return refuse(Code::Forbidden, "Tokens for MCP are for people; a program of its own has a token of a bot.");
    }
    if is_revoked(state, order.at, (by.user, &user))? {
        return refuse(Code::Conflict, "Your tokens were revoked up to now; try again in a moment.");
    }
    if new.expires.is_some_and(|expires| expires <= order.at) {
        return refuse(Code::Invalid, "`expires` is not after now; name a later time, or none.");
    }
    let most = limits::MCP_CONVERSATIONS_MAX;
    let mut conversations = new.conversations.to_vec();
    conversations.sort_unstable();
    conversations.dedup();
    if !(1..=most).contains(&conversations.len()) {
        return refuse(Code::Invalid, format!("`conversations` names 1 to {most} conversations that the token opens."));
    }
    for conversation in &conversations {
        let row = state.get::<ConversationRow>(conversation)?;
        let here = row.is_some_and(|row| row.app == by.app && row.kind != ConversationKind::Feed);
        if !here || !belongs(state, by.user, *conversation)? {
            return not_yours(*conversation);
        }
    }
    let there = of_user(state, by.user)?;
    let mut over = Vec::new();
    if there.len() >= limits::MCP_TOKENS_MAX {
        over.extend(there.iter().filter(|(_, row)| is_over(row, order.at)).map(|(token, _)| *token));
        if over.is_empty() {
            let most = limits::MCP_TOKENS_MAX;
            return refuse(Code::Full, format!("You have {most} tokens for MCP, as many as there may be; revoke one."));
        }
    }
    if state.get::<McpTokenHashRow>(&new.token)?.is_some() {
        return refuse(Code::Conflict, "This token is in use; draw another one.");
    }
    let row = McpTokenRow {
        name: new.name.clone(),
        hash: new.token,
        conversations,
        access: new.access,
        credential: user.credential,
        created: order.at,
        used: None,
        expires: new.expires,
    };
    Ok(Plan { row, over })
}

fn not_yours<T>(conversation: ConversationId) -> Result<T, Stop> {
    refuse(
        Code::NotFound,
        format!("There is no conversation {conversation} that you belong to; GET /api/v1/conversations lists yours."),
    )
}
