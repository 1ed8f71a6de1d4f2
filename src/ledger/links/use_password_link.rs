//! Use a password link: set a password. The link is gone then, and all sessions of the user end.

use super::usable;
use crate::ledger::accounts::set_password;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{Code, CommandResult, Effect, LinkPurpose, PasswordHash, TokenHash, UserHandle};
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    token: TokenHash,
    password: &PasswordHash,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let user = decide(tables, order, token)?;
    set_password::run(tables, order, user, password, None, effects)?;
    Ok(CommandResult::User { user })
}

fn decide(state: &impl Read, order: &Order, token: TokenHash) -> Result<UserHandle, Stop> {
    match usable(state, token, order.at)?.purpose {
        LinkPurpose::Password(user) => Ok(user),
        LinkPurpose::SetUp => refuse(Code::NotFound, "This link is for something else; ask for a password link."),
    }
}
