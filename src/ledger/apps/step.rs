//! The next part of what is to be done for a whole app: ending its sessions, deleting it. Steps are repeated (by `workers`) until
//! the app's row in `app_jobs` is gone, so a restart forgets nothing.

use super::step_delete;
use crate::ledger::accounts::{Ending, sessions_of};
use crate::ledger::{Order, Stop, mcp};
use crate::model::{AppId, CommandResult, Effect, EndReason, UserHandle, limits};
use crate::store::records::{AppJobRow, UserIdKey, UserIdRow};
use crate::store::{Read, Tables};

/// Users that one step looks at.
const USERS_AT_ONCE: usize = 256;
/// What follows every user id.
const LAST: &str = "\u{7f}";

/// The sessions that end, those whose tokens for MCP end, and the last user who is done.
struct Plan {
    endings: Vec<Ending>,
    tokens_of: Vec<UserHandle>,
    after: Option<String>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    app: AppId,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Some(job) = tables.get::<AppJobRow>(&app)? else {
        return Ok(CommandResult::Removed { count: 0, more: false });
    };
    match &*job {
        AppJobRow::EndSessions { after } => {
            let plan = decide(tables, app, after, EndReason::Suspended)?;
            let next = plan.after.clone().map(|after| AppJobRow::EndSessions { after });
            apply(tables, app, plan, next, effects)
        }
        AppJobRow::DeleteSessions { after } => {
            let plan = decide(tables, app, after, EndReason::AccountDeleted)?;
            let next = match plan.after.clone() {
                Some(after) => AppJobRow::DeleteSessions { after },
                None => AppJobRow::DeleteConversations { next: crate::model::ConversationId(0) },
            };
            apply(tables, app, plan, Some(next), effects)
        }
        AppJobRow::DeleteConversations { next } => step_delete::conversations(tables, order, app, *next),
        AppJobRow::DeleteUsers => step_delete::users(tables, order, app),
    }
}

fn decide(state: &impl Read, app: AppId, after: &str, reason: EndReason) -> Result<Plan, Stop> {
    let from = UserIdKey { app, folded: after.to_owned() };
    let to = UserIdKey { app, folded: LAST.to_owned() };
    let found = state.range::<UserIdRow>(&from, &to, USERS_AT_ONCE)?;
    let full = found.len() == USERS_AT_ONCE;
    let mut plan = Plan { endings: Vec::new(), tokens_of: Vec::new(), after: None };
    let mut ends = 0;
    for (key, row) in found.into_iter().filter(|(key, _)| key.folded.as_str() > after) {
        let sessions = sessions_of(state, row.user)?;
        let tokens = mcp::of_user(state, row.user)?.len();
        ends += sessions.len() + tokens;
        if ends > limits::SESSIONS_PER_COMMAND_MAX && plan.after.is_some() {
            return Ok(plan);
        }
        if tokens > 0 {
            plan.tokens_of.push(row.user);
        }
        plan.endings.extend(sessions.into_iter().map(|(session, row)| Ending { session, row, reason, by: None }));
        plan.after = Some(key.folded);
    }
    if !full {
        plan.after = None;
    }
    Ok(plan)
}

fn apply(
    tables: &mut Tables<'_>,
    app: AppId,
    plan: Plan,
    next: Option<AppJobRow>,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let count = plan.endings.len() as u32;
    for ending in plan.endings {
        ending.apply(tables, effects)?;
    }
    for user in plan.tokens_of {
        mcp::remove_all(tables, user)?;
    }
    let more = next.is_some();
    match next {
        Some(job) => tables.put(&app, job)?,
        None => tables.remove::<AppJobRow>(&app)?,
    }
    Ok(CommandResult::Removed { count, more })
}
