//! What somebody had an assistant do that is kept nowhere counts against their budget like a question.

use super::{Asking, there};
use crate::ledger::accounts::user;
use crate::ledger::refuse::no_such_user;
use crate::ledger::{Order, Stop};
use crate::model::{CommandResult, UserHandle};
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    (assistant, asker): (UserHandle, UserHandle),
    (questions, tokens): (u32, u64),
) -> Result<CommandResult, Stop> {
    decide(tables, order, (assistant, asker), questions)?;
    super::count(tables, (assistant, asker), order.at, (questions, tokens))?;
    Ok(CommandResult::Done {})
}

/// Tokens are counted when they are used, so they are never refused.
fn decide(
    state: &impl Read,
    order: &Order,
    (assistant, asker): (UserHandle, UserHandle),
    questions: u32,
) -> Result<(), Stop> {
    let user_row = user(state, asker)?;
    if questions == 0 {
        return Ok(());
    }
    let found = user(state, assistant)?;
    if found.app != user_row.app {
        return no_such_user(&found.id);
    }
    let row = there(state, found.app, assistant)?;
    Asking { assistant, row: &row, user: asker, user_row: &user_row, at: order.at }.check(state)
}
