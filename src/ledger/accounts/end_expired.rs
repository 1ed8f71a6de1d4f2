//! End sessions that are too old or were not used for too long. Those that are gone or have been used meanwhile are passed over.

use super::Ending;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{Code, CommandResult, Effect, EndReason, SessionId, Timestamp, UserKind, limits};
use crate::store::records::{SessionRow, UserRow};
use crate::store::{Fault, Read, Tables};

/// Whether a session is over by its age or by not being used. Tokens of bots last until they are revoked.
pub fn is_expired(state: &impl Read, row: &SessionRow, now: Timestamp) -> Result<bool, Fault> {
    let over = now.since_ms(row.created) > limits::SESSION_AGE_MS || now.since_ms(row.seen) > limits::SESSION_IDLE_MS;
    Ok(over && state.get::<UserRow>(&row.user)?.is_none_or(|user| user.kind != UserKind::Bot))
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    sessions: &[SessionId],
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, sessions)?;
    let count = plan.len() as u32;
    for ending in plan {
        ending.apply(tables, effects)?;
    }
    Ok(CommandResult::Removed { count, more: false })
}

fn decide(state: &impl Read, order: &Order, sessions: &[SessionId]) -> Result<Vec<Ending>, Stop> {
    if sessions.len() > limits::SESSIONS_PER_COMMAND_MAX {
        let limit = limits::SESSIONS_PER_COMMAND_MAX;
        return refuse(
            Code::TooLarge,
            format!("At most {limit} sessions are ended at once; end the others afterwards."),
        );
    }
    let mut endings = Vec::new();
    for session in sessions {
        match state.get::<SessionRow>(session)? {
            Some(row) if is_expired(state, &row, order.at)? => {
                endings.push(Ending { session: *session, row, reason: EndReason::Expired, by: None });
            }
            Some(_) | None => {}
        }
    }
    Ok(endings)
}
